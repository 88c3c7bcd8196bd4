"""Words of time expressions and what each begins: one table, looked up once per lexeme."""

from typing import NamedTuple

from transforms.core.months import WEEKDAYS, month_starts, with_clitics
from transforms.core.normalize import normalize_text
from transforms.core.number_words import NUMBER_WORDS

__all__ = [
    "AFTER",
    "APPROXIMATE",
    "BEFORE",
    "CURRENT",
    "DAY_PARTS",
    "EDGES",
    "ENDS_OF_YEAR",
    "MONTH_CUES",
    "NAMED_AFTER",
    "NOT_COUNTED",
    "OF",
    "TO",
    "TRIGGERS",
    "UNITS",
    "YEAR_CUES",
    "Trigger",
    "Unit",
]


class Trigger(NamedTuple):
    """What a lexeme may begin: `kind`, the lexeme without its clitic, and how long the clitic is."""

    kind: str
    bare: str
    clitic: int


class Unit(NamedTuple):
    """A unit of time: ISO letter (D W M Y, H and N for hours and minutes, X ten years, C hundred), how many, definite."""

    letter: str
    count: float | None  # type: ignore[assignment]  # how many; tuple.count is of no use here
    definite: bool


def _set(words: str) -> frozenset[str]:
    return frozenset(normalize_text(words, "search").split())


#: Last, next, this: after a unit, a weekday or a month.
BEFORE = _set(
    "الماضي الماضية الماضيين الفائت الفائتة المنصرم المنصرمة السابق السابقة الأخيرة الأخير الخالية الفارط المنقضي المنقضية"
)
AFTER = _set(
    "المقبل المقبلة القادم القادمة القادمين المقبلين التالي التالية اللاحق اللاحقة الآتي الآتية القابل"
)
CURRENT = _set("الجاري الجارية الحالي الحالية الراهن الراهنة هذا")
#: About, nearly, more than, at least: they belong to a duration.
APPROXIMATE = (
    ("نحو",),
    ("حوالي",),
    ("قرابه",),
    ("زهاء",),
    ("تقريبا",),
    ("اكثر", "من"),
    ("اقل", "من"),
    ("ما", "يقرب", "من"),
    ("ما", "يقارب"),
    ("ما", "لا", "يقل", "عن"),
    ("ما", "يزيد", "عن"),
    ("ما", "يزيد", "علي"),
    ("ما", "لا", "يزيد", "عن"),
    ("ازيد", "من"),
)
TO = _set("إلى حتى ولغاية لغاية وحتى وإلى")
OF = _set("من")
YEAR_CUES = _set("عام العام سنة السنة لعام للعام بعام وعام سنه")
ENDS_OF_YEAR = _set("م ه ميلادي ميلادية هجري هجرية هجريا ميلاديا الميلادي الهجري")
#: Words after which a month by itself is a month.
MONTH_CUES = _set(
    "شهر شهري أشهر لشهر بشهر وشهر نهاية بداية مطلع منتصف أواخر أوائل أواسط منذ في خلال حتى بحلول وفي بنهاية ببداية بمنتصف"
)
EDGES = _set("مطلع بداية أوائل منتصف أواسط نهاية أواخر")
#: 22 May and the like after these name a palace, a street, a revolution.
NAMED_AFTER = _set(
    "قصر شارع ميدان جسر كوبري حي ثورة حركة انقلاب ملعب قاعة مدرسة جامعة مدينة مستشفى محور قاعدة استاد ساحة جمعية مجموعة"
    " شباب ائتلاف حزب لواء تحالف صحيفة مجلة قناة"
)
#: A four-digit number before these is no year.
NOT_COUNTED = _set(
    "% ألف مليون مليار ريال دولار درهم دينار جنيه يورو كلم كم متر طن شخص شخصا مواطن مواطنا موظف طالب وحدة"
)
DAY_PARTS = _set("صباح مساء ظهر عصر فجر ليل ليلة ظهيرة عشية ضحى غداة")
_UNIT_ROWS = """
D|يوم يوما|يومين يومان|أيام أياما
W|أسبوع أسبوعا|أسبوعين أسبوعان|أسابيع
M|شهر شهرا|شهرين شهران|أشهر شهور أشهرا
Y|عام عاما سنة|عامين عامان سنتين سنتان|أعوام سنوات سنين أعواما سنة
H|ساعة|ساعتين ساعتان|ساعات
N|دقيقة|دقيقتين دقيقتان|دقائق
X|عقد عقدا|عقدين عقدان|عقود
C|قرن قرنا|قرنين قرنان|قرون
"""


def _units() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for row in _UNIT_ROWS.strip().splitlines():
        letter, *groups = row.split("|")
        for group, count in zip(groups, (1.0, 2.0, None), strict=True):
            for word in normalize_text(group, "search").split():
                table.setdefault(word, Unit(letter, count, definite=False))
                table.setdefault("ال" + word, Unit(letter, count, definite=True))
    return table


UNITS = _units()
_RELATIVE = "اليوم أمس الأمس غدا الغد غد"
_NOW = "الآن حاليا مؤخرا سابقا قريبا لاحقا آنذاك حينذاك حينئذ وقتذاك"
_SETS = "يوميا أسبوعيا شهريا سنويا اليومي اليومية الأسبوعي الأسبوعية الشهري الشهرية السنوي السنوية سنوية شهرية أسبوعية يومية"
_DECADES = (
    "العشرينيات الثلاثينيات الأربعينيات الخمسينيات الستينيات السبعينيات الثمانينيات التسعينيات العشرينات الثلاثينات"
    " الأربعينات الخمسينات الستينات السبعينات الثمانينات التسعينات"
)
_SEASONS = "الصيف الشتاء الخريف صيف شتاء خريف ربيع"


def _triggers() -> dict[str, Trigger]:
    """Return lexeme -> trigger. Where a lexeme may begin two things, what is added first stands."""
    table: dict[str, Trigger] = {}

    def add(kind: str, words: frozenset[str] | set[str], *, clitics: bool = True) -> None:
        for word in sorted(words):
            for form, length in with_clitics(word) if clitics else [(word, 0)]:
                table.setdefault(form, Trigger(kind, word, length))

    add("relative", _set(_RELATIVE))
    add("weekday", frozenset(WEEKDAYS))
    add("month", month_starts())
    add("now", _set(_NOW), clitics=False)
    add("set", _set(_SETS), clitics=False)
    add("every", _set("كل"))
    add("this", _set("هذا هذه ذلك تلك"))
    add("ago", _set("قبل بعد"), clitics=False)
    add("clock", _set("الساعة"))
    add("part", DAY_PARTS)
    add("night", _set("الليلة"))
    add("edge", EDGES)
    add("decade", _set(_DECADES))
    add("season", _set(_SEASONS), clitics=False)
    add("first", _set("أول"), clitics=False)
    add("same", _set("الموافق"))
    add("meanwhile", _set("نفس ذات"), clitics=False)
    add(
        "unit",
        {word for word, unit in UNITS.items() if unit.letter not in "HN" or unit.count == 2 or unit.definite},
    )
    for word in NUMBER_WORDS:
        table.setdefault(word, Trigger("number", word, 0))
    # وقبل, وبعد are as frequent as the bare words; غدا is also "became" with و only in poems.
    for word in ("قبل", "بعد"):
        table.setdefault("و" + word, Trigger("ago", word, 1))
    return table


TRIGGERS = _triggers()
