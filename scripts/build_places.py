#!/usr/bin/env python3
"""Put `transforms/core/lexicon/places.tsv` in order and check it.

The table is written by hand, by the project's authors; this script is its gatekeeper, not its source.
`python scripts/build_places.py` checks it, then rewrites it sorted. `--check` only reads. Either exits 1
and prints every fault where the table is wrong; a faulty table is never rewritten.

Columns: name, kind, code, country, canonical, name_en, variants (separated by `|`).

* kind: `country`; `capital`; `city`, a seat of government that is no capital or whose status is disputed.
* code: a country's ISO 3166-1 alpha-2 code (XK, not in ISO, for Kosovo); else that code, `:` and a slug
  (`SY:damascus`). No code says whom a place belongs to: القدس stands under PS, as the Arabic press has it.
* canonical: the name as people say it, hamza and all; the name itself, or its end where the name is only
  safe with words before it (`العاصمة الغانية أكرا` -> `أكرا`). A variant must still differ from every other form once folded.
* Countries: the 193 members of the United Nations, and EH, HK, PS, TW, VA, XK.

Precision comes before recall. A name that the press mostly uses for something else, once it is unvowelled
and clitics are off, is in WITHHELD and stands in the table only in a longer form that cannot be misread.

What a list of names cannot settle, and the matcher should: longer names that begin with or contain a
country (أمريكا اللاتينية, أيرلندا الشمالية, ولاية جورجيا, المغرب العربي, صلاة المغرب, جوز الهند,
بحر الصين); السعودية and سورية as adjectives; nisbas in the accusative (سورياً folds to سوريا); the surname
السويد; clubs and papers named after cities (ريال مدريد, واشنطن بوست).
"""

import argparse
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.core.normalize import fold  # noqa: E402

TABLE = ROOT / "transforms" / "core" / "lexicon" / "places.tsv"
COLUMNS = ("name", "kind", "code", "country", "canonical", "name_en", "variants")
KINDS = ("country", "capital", "city")
_MEMBERS = """
    AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM
    CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY
    HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV
    LY MA MC MD ME MG MH MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS
    PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT
    TV TW TZ UA UG US UY UZ VA VC VE VN VU WS XK YE ZA ZM ZW
"""
COUNTRIES = frozenset(_MEMBERS.split())
#: City states, countries without an official capital, and disputed seats.
WITHOUT_CAPITAL = frozenset(("EH", "HK", "IL", "MC", "NR", "PS", "SG", "SM", "VA"))
#: Bare forms that must not come in: what the press more often, or just as well, means by them.
WITHHELD = {
    "مالي": "financial; Mali only as جمهورية مالي, دولة مالي",
    "ماليه": "financial (مالية); Malé only after العاصمة",
    "بنين": "sons, boys; Benin only as جمهورية بنين, دولة بنين",
    "عمان": "Oman or Amman; only as سلطنة عمان, العاصمة الأردنية عمان",
    "كوريا": "South or North",
    "الكونغو": "two countries and a river",
    "الكونجو": "two countries and a river",
    "سيول": "floods; Seoul only as سيئول, سيؤول or after العاصمة",
    "مسقط": "مسقط رأس, birthplace",
    "الرباط": "ligament, in sports news",
    "أكرا": "with ب: باكراً, early",
    "دكا": "دكّاً, to dust",
    "صنعا": "صنعاً, doing",
    "سوفا": "with ك: كسوفاً, eclipse",
    "أبيا": "أبياً, proud",
    "تلابيب": "بتلابيب, by the collar",
    "لومي": "my blame; dried lime",
    "سيشل": "will paralyse; only as جزر سيشل, سيشيل",
    "كوبا": "كوبا أمريكا and other cups; Cuba only as جمهورية كوبا, جزيرة كوبا",
    "لاوس": "with ك: كلاوس, Klaus; Laos only as جمهورية لاوس, دولة لاوس",
    "كيف": "how; Kyiv only as كييف",
    "فينا": "in us; Vienna only as فيينا",
    "العيون": "eyes, springs; and a town in Saudi Arabia",
    "ديلي": "Daily, in names of newspapers",
    "ليما": "a surname of players; Limassol",
    "صوفيا": "a given name; آيا صوفيا",
    "دومينيكا": "a given name",
    "فيكتوريا": "a given name, a lake, an Australian state",
    "روسو": "Rousseau; a town in Mauritania",
    "موروني": "a surname",
    "هراري": "a surname; of Harar",
    "باستير": "Pasteur",
    "بليز": "Blaise",
    "بيرن": "Byrne",
    "شيلي": "Shelley, Shelly",
    "ويلينغتون": "a given name of Brazilian players",
    "ويلنغتون": "the same",
    "سانتياغو": "سانتياغو برنابيو and other Santiagos",
    "سانتياجو": "the same",
    "سان خوسيه": "San Jose in California",
    "مكسيكو": "نيو مكسيكو",
    "جورجتاون": "a university; a town in Malaysia",
    "جورج تاون": "the same",
    "كينغستون": "a maker of memory; towns elsewhere",
    "كينجستون": "the same",
    "ريجا": "a surname",
    "ملاوي": "a town in Egypt; Malawi only as مالاوي",
    "بولونيا": "Poland or Bologna",
    "نور سلطان": "a person, and Astana for three years",
    "العربية السعودية": "an adjective: الخطوط الجوية العربية السعودية",
}
_ARABIC = re.compile(r"[ء-ي]+( [ء-ي]+)*")
_CODE = re.compile(r"[A-Z]{2}(:[a-z]+(-[a-z]+)*)?")
_CLITICS = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل")


def read_table(data: bytes) -> tuple[list[list[str]], list[str]]:
    """Return the rows and the faults of the file as such: encoding, newlines, header, number of columns."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [], [f"not UTF-8: {error}"]
    faults = []
    if "\r" in text or not text.endswith("\n"):
        faults.append("lines must end in LF, the last one too")
    if text != unicodedata.normalize("NFC", text):
        faults.append("not in NFC")
    lines = text.split("\n")[:-1]
    if not lines or lines[0].split("\t") != list(COLUMNS):
        return [], [*faults, f"the header must be {' '.join(COLUMNS)}"]
    rows = [line.split("\t") for line in lines[1:]]
    faults += [
        f"line {number}: {len(row)} columns" for number, row in enumerate(rows, 2) if len(row) != len(COLUMNS)
    ]
    return rows, faults


def row_faults(row: list[str]) -> list[str]:
    """Return what is wrong with one row by itself."""
    name, kind, code, country, canonical, name_en, _ = row
    tests = {
        "unknown kind": kind in KINDS,
        "a country's code is alpha-2, others have a slug": (":" not in code) == (kind == "country"),
        "malformed code": _CODE.fullmatch(code) is not None,
        "unknown country": country in COUNTRIES,
        "code and country differ": code[:2] == country,
        "canonical is neither the name nor its end": canonical == name or name.endswith(f" {canonical}"),
        "name_en is missing or padded": bool(name_en) and name_en == name_en.strip(),
    }
    faults = [fault for fault, passed in tests.items() if not passed]
    for form in forms(row):
        if not _ARABIC.fullmatch(form):
            faults.append(f"{form!r}: unvowelled Arabic letters and single blanks only")
        elif len(form) < 3:
            faults.append(f"{form!r}: fewer than three letters")
    return [f"{code}: {fault}" for fault in faults]


def forms(row: list[str]) -> list[str]:
    """Return the name and the variants of a row, as written."""
    return [row[0], *(row[6].split("|") if row[6] else [])]


def form_faults(rows: list[list[str]]) -> list[str]:
    """Return collisions of folded forms, bare or behind a clitic, and forms that are withheld."""
    faults = []
    owners: dict[str, str] = {}
    withheld = {fold(form).text: reason for form, reason in WITHHELD.items()}
    for row in rows:
        for form in forms(row):
            folded = fold(form).text
            if folded in owners:
                faults.append(f"collision: {form} of {row[2]} folds to a form of {owners[folded]}")
            if folded in withheld:
                faults.append(f"{row[2]}: {form} is withheld ({withheld[folded]})")
            owners.setdefault(folded, row[2])
    for folded, code in owners.items():
        for clitic in _CLITICS[1:]:
            rest = folded.removeprefix(clitic)
            if rest != folded and rest in owners:
                faults.append(f"collision: {folded} of {code} is {clitic} + {rest} of {owners[rest]}")
    return faults


def order(row: list[str]) -> tuple[str, str]:
    """Sort by code, then kind: a country, then its cities."""
    return row[2], row[1]


def set_faults(rows: list[list[str]]) -> list[str]:
    """Return missing and repeated codes, countries without a capital, and rows out of order."""
    faults = [f"{code}: {count} rows" for code, count in Counter(row[2] for row in rows).items() if count > 1]
    present = {row[2] for row in rows if row[1] == "country"}
    faults += [f"{code}: no row" for code in sorted(COUNTRIES - present)]
    seated = {row[3] for row in rows if row[1] == "capital"}
    faults += [f"{code}: no capital" for code in sorted(present - seated - WITHOUT_CAPITAL)]
    faults += [
        f"{code}: has a capital, but is in WITHOUT_CAPITAL" for code in sorted(seated & WITHOUT_CAPITAL)
    ]
    return faults


def main(arguments: list[str] | None = None) -> int:
    """Check the table; without `--check`, also rewrite it in order."""
    parser = argparse.ArgumentParser(description="Check places.tsv and put it in order.")
    parser.add_argument("--check", action="store_true", help="write nothing; unsorted rows are a fault")
    parser.add_argument("--table", type=Path, default=TABLE, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    rows, faults = read_table(options.table.read_bytes())
    if not faults:
        faults = [fault for row in rows for fault in row_faults(row)] + form_faults(rows) + set_faults(rows)
        if options.check and rows != sorted(rows, key=order):
            faults.append("rows are not sorted by code, then kind")
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
        return 1
    if not options.check:
        lines = ["\t".join(row) for row in [list(COLUMNS), *sorted(rows, key=order)]]
        options.table.write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
    kinds = Counter(row[1] for row in rows)
    summary = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS)
    print(f"{options.table.name}: {len(rows)} rows ({summary}), {sum(len(forms(row)) for row in rows)} forms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
