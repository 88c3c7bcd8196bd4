"""Years by themselves: عام 1949, في 2013, 1436هـ, and spans of two."""

from transforms.core.date_mentions import Read, mention
from transforms.core.date_words import NOT_COUNTED, TO, UNITS, YEAR_CUES
from transforms.core.lexemes import Lexemes
from transforms.core.month_tails import end_of_year
from transforms.core.number_words import SCALES
from transforms.core.partial_dates import Partial, days_of, iso_span

__all__ = ["read_year"]

_OPENING_YEAR_CUES = YEAR_CUES | {
    "في",
    "منذ",
    "حتي",
    "خلال",
    "مطلع",
    "نهايه",
    "بدايه",
    "منتصف",
    "اواخر",
    "اوائل",
    "وفي",
    "ومنذ",
    "بين",
    "اواسط",
    "بنهايه",
    "بحلول",
    "عامي",
    "عامين",
    "اعوام",
    "وعام",
    "العامين",
    "الاعوام",
}
#: Years from the first to the last of a span, at most.
_LONGEST_SPAN = 10


def read_year(lexemes: Lexemes, index: int) -> Read | None:
    """Read a year by itself: with م or هـ, in parentheses, or after a word that asks for one."""
    words, size = lexemes.words, len(lexemes.words)
    year = int(words[index])
    last = end_of_year(lexemes, index)
    before = words[index - 1] if index else ""
    after = words[last + 1] if last + 1 < size else ""
    marked = last > index or _is_span(lexemes, index)
    if index and not lexemes.spaced[index] and before not in ('"', "(", "/", "-", "و", "ال", ".", ",", "ل"):
        return None
    asked = before in _OPENING_YEAR_CUES or (
        before == "و" and index > 1 and words[index - 2].isdecimal() and len(words[index - 2]) == 4
    )
    enclosed = before == "(" and after in (")", "-", "/")
    if after in NOT_COUNTED or after in SCALES or (after in UNITS and not marked):
        return None
    if (
        after in (".", ",")
        and last + 2 < size
        and words[last + 2].isdecimal()
        and not lexemes.spaced[last + 2]
    ):
        return None
    if 1300 <= year <= 1500 and ((marked and words[last] != "م") or before in YEAR_CUES):
        return _read_years(lexemes, index, last, hijri=words[last] != "م" and year >= 1340)
    if 1000 <= year <= 2100 and (
        marked
        or before in YEAR_CUES
        or enclosed
        or (1900 <= year <= 2035 and asked)
        or (1900 <= year <= 2035 and before in TO and index > 1 and words[index - 2].isdecimal())
    ):
        return _read_years(lexemes, index, last, hijri=False)
    return None


def _is_span(lexemes: Lexemes, index: int) -> bool:
    """Whether two years follow each other and the second is marked: 2014-2015م, 1436/1437هـ."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 2 >= size or words[index + 1] not in ("/", "-") or lexemes.spaced[index + 1]:
        return False
    second = words[index + 2]
    if not second.isdecimal() or len(second) != 4 or not 0 < int(second) - int(words[index]) <= _LONGEST_SPAN:
        return False
    return end_of_year(lexemes, index + 2) > index + 2


def _read_years(lexemes: Lexemes, index: int, last: int, *, hijri: bool) -> Read:
    """Read a year, or a span of two: 1436/1437, 2014-2015."""
    words, size = lexemes.words, len(lexemes.words)
    date = Partial(int(words[index]), None, None, hijri)
    days = days_of(date)
    written, value = date.written, iso_span(days, date)
    if (
        last + 2 < size
        and words[last + 1] in ("/", "-")
        and words[last + 2].isdecimal()
        and len(words[last + 2]) == 4
    ):
        other = Partial(int(words[last + 2]), None, None, hijri)
        other_days = days_of(other)
        if date.year is not None and other.year is not None and date.year < other.year <= date.year + 100:
            written = f"{written}..{other.written}"
            value = f"{days[0].isoformat()}/{other_days[1].isoformat()}" if days and other_days else ""
            last = end_of_year(lexemes, last + 2)
    calendar = "hijri" if hijri else "gregorian"
    first, clitic = _cue(lexemes, index)
    return [mention(lexemes, first, last, written, value, clitic=clitic, calendar=calendar)], last + 1


def _cue(lexemes: Lexemes, index: int) -> tuple[int, int]:
    """Return the lexeme at which `عام 1949` begins, and its clitic; the year itself where no such word is before it."""
    before = lexemes.words[index - 1] if index else ""
    if before in YEAR_CUES:
        bare = before.removeprefix("و").removeprefix("ب")
        if before == "لعام":
            return index - 1, 1
        if before == "للعام":
            return index - 1, 1
        return index - 1, len(before) - len(bare)
    return index, 0
