"""Months and weekdays as Arabic newspapers print them, in search form.

Gregorian months have three sets of names: Egypt and the Gulf (يناير), the Levant and Iraq (كانون الثاني), the Maghreb
(جانفي in Algeria and Tunisia, غشت in Morocco; CLDR 48). Hijri months are those of Umm al-Qura.
"""

from typing import NamedTuple

from transforms.core.lexemes import Lexemes
from transforms.core.normalize import normalize_text

__all__ = ["CLITICS", "WEEKDAYS", "Month", "month_starts", "read_month", "with_clitics"]

#: و ف (and), ب (in), ل (of, for), ك (as) before a word, and two of them.
CLITICS = ("و", "ف", "ب", "ل", "ك", "وب", "ول", "فب", "فل")


class Month(NamedTuple):
    """A month by name: number 1 to 12, of which calendar, its last lexeme, whether the name is only a month."""

    number: int
    hijri: bool
    last: int
    sure: bool


_GREGORIAN = """
يناير جانفي ينايير|كانون الثاني
فبراير فيفري|شباط
مارس|آذار
أبريل إبريل ابريل افريل أفريل|نيسان
مايو ماي|أيار
يونيو يونيه جوان|حزيران
يوليو يوليه جويلية يوليوز|تموز
أغسطس اغسطس أوت غشت|آب
سبتمبر شتنبر|أيلول
أكتوبر اكتوبر|تشرين الأول
نوفمبر نونبر نوڤمبر|تشرين الثاني
ديسمبر دجنبر|كانون الأول
"""
_HIJRI = """
محرم|المحرم
صفر
ربيع الأول|ربيع أول
ربيع الثاني|ربيع الآخر|ربيع ثاني|ربيع ثان|ربيع آخر
جمادى الأولى|جمادى الأول|جماد الأول|جماد أول|جمادى أولى|جماد الأولى
جمادى الآخرة|جمادى الثانية|جمادى الآخر|جمادى الثاني|جماد الآخر|جماد الثاني|جماد الآخرة|جماد ثاني
رجب
شعبان
رمضان
شوال
ذي القعدة|ذو القعدة|ذا القعدة|ذوالقعدة|ذيالقعدة|ذيالقعده
ذي الحجة|ذو الحجة|ذا الحجة|ذوالحجة|ذيالحجة
"""
#: Names that are as often something else: practised, father, zero, forbidden, persons, a French may.
_UNSURE = frozenset(
    normalize_text("مارس آب صفر محرم المحرم رجب شعبان رمضان ماي جوان أوت تموز أيار", "search").split()
)


def _names() -> dict[str, list[tuple[tuple[str, ...], int, bool]]]:
    """Return first word -> (further words, number, hijri), longest first."""
    table: dict[str, list[tuple[tuple[str, ...], int, bool]]] = {}
    for rows, hijri in ((_GREGORIAN, False), (_HIJRI, True)):
        for number, row in enumerate(rows.strip().splitlines(), 1):
            group = row.split("|")
            # In the Gregorian rows the first group holds names of one word each.
            names = group if hijri and " " in row else [*group[0].split(), *group[1:]]
            for name in names:
                first, *rest = normalize_text(name, "search").split()
                entry = (tuple(rest), number, hijri)
                if entry not in table.setdefault(first, []):
                    table[first].append(entry)
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


_NAMES = _names()
#: ISO weekday of each name: Monday is 1.
WEEKDAYS = {
    normalize_text(name, "search"): day
    for day, names in enumerate(
        ("", "الاثنين الإثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
    )
    for name in names.split()
}


def with_clitics(word: str) -> list[tuple[str, int]]:
    """Return a word with each clitic before it, and how many characters the clitic has: ل takes ال to لل."""
    forms = [(word, 0)]
    for clitic in CLITICS:
        if clitic.endswith("ل") and word.startswith("ال"):
            forms.append((clitic + word[1:], len(clitic)))
        else:
            forms.append((clitic + word, len(clitic)))
    return forms


def month_starts() -> frozenset[str]:
    """Return the first words of all month names."""
    return frozenset(_NAMES)


def read_month(lexemes: Lexemes, index: int, word: str = "") -> Month | None:
    """Return the month whose name begins at lexeme `index` (`word`: the lexeme without its clitic)."""
    words = lexemes.words
    if index >= len(words):
        return None
    word = word or words[index]
    for rest, number, hijri in _NAMES.get(word, ()):
        last = index + len(rest)
        if not rest or tuple(words[index + 1 : last + 1]) == rest:
            return Month(number, hijri, last, word not in _UNSURE)
    return None
