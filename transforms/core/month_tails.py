"""What follows the name of a month: its name in another calendar of names, a year, or last, next, this."""

from typing import NamedTuple

from transforms.core.date_words import AFTER, BEFORE, CURRENT, ENDS_OF_YEAR, YEAR_CUES
from transforms.core.lexemes import Lexemes
from transforms.core.months import Month, read_month
from transforms.core.number_words import SCALES

__all__ = ["Tail", "end_of_year", "read_tail"]


class Tail(NamedTuple):
    """What follows a month's name: year, direction (last -1, this 0, next 1), where it ends, pair and conflict."""

    year: int | None
    direction: int | None
    last: int
    paired: bool
    conflict: bool
    #: A Gregorian year beside a Hijri month: رمضان 2020.
    within: int | None = None


def read_tail(lexemes: Lexemes, month: Month) -> Tail:
    """Read what follows a month: the same month in another calendar's name, a year, or last, next, this."""
    words, size = lexemes.words, len(lexemes.words)
    last, paired, conflict = month.last, False, False
    if last + 2 < size and words[last + 1] in ("/", "(", "-") and not month.hijri:
        other = read_month(lexemes, last + 2)
        if other is not None and not other.hijri and (words[last + 1] != "-" or other.number == month.number):
            closed = words[last + 1] == "(" and other.last + 1 < size and words[other.last + 1] == ")"
            if words[last + 1] != "(" or closed:
                paired, conflict = True, other.number != month.number
                last = other.last + (1 if closed else 0)
    year, year_last = _year_after(lexemes, last + 1, hijri=month.hijri)
    if year is not None:
        return Tail(year, None, year_last, paired, conflict)
    if month.hijri:
        within, within_last = _year_after(lexemes, last + 1, hijri=False)
        if within is not None:
            return Tail(None, None, within_last, paired, conflict, within)
    direction = None
    if last + 1 < size:
        word = words[last + 1]
        direction = -1 if word in BEFORE else 1 if word in AFTER else 0 if word in CURRENT else None
        if word == "هذا":
            direction = None
        if direction is not None:
            last += 1
        elif word in ("من", "العام") and (of := _of_year(words, last + 1, size)) is not None:
            direction, last = of
            return Tail(None, direction * 10 if direction else 10_000, last, paired, conflict)
    return Tail(None, direction, last, paired, conflict)


def _of_year(words: list[str], place: int, size: int) -> tuple[int, int] | None:
    """Read من العام الماضي, من هذا العام after a month: the direction of the year, and where it ends."""
    if words[place] == "من":
        place += 1
    if place + 1 < size and words[place] == "هذا" and words[place + 1] in ("العام", "السنه"):
        return 0, place + 1
    if place + 1 < size and words[place] in ("العام", "السنه"):
        word = words[place + 1]
        if word in BEFORE:
            return -1, place + 1
        if word in AFTER:
            return 1, place + 1
        if word in CURRENT:
            return 0, place + 1
    return None


def _year_after(lexemes: Lexemes, place: int, *, hijri: bool) -> tuple[int | None, int]:
    """Read a year after a month: [,] [من] [عام] 2015 [م]."""
    words, size = lexemes.words, len(lexemes.words)
    start = place
    for skipped in (",", "من", "/", "-"):
        if place < size and words[place] == skipped:
            place += 1
            break
    if place < size and words[place] in YEAR_CUES:
        place += 1
    elif place > start and words[start] == "من":
        return None, start - 1
    if place >= size or not words[place].isdecimal() or len(words[place]) != 4:
        return None, start - 1
    year = int(words[place])
    right = 1300 <= year <= 1500 if hijri else 1500 < year <= 2100 or (year >= 1000 and place > start)
    if not right or (place + 1 < size and words[place + 1] in SCALES):
        return None, start - 1
    return year, end_of_year(lexemes, place)


def end_of_year(lexemes: Lexemes, place: int) -> int:
    """Return the last lexeme of a year: with م, هـ, ميلادي after it."""
    words, size = lexemes.words, len(lexemes.words)
    if place + 1 < size and words[place + 1] in ENDS_OF_YEAR:
        # A lone م or ه after a blank may begin another word only before a full stop: م. محمد
        if (
            lexemes.spaced[place + 1]
            and place + 2 < size
            and words[place + 2] == "."
            and words[place + 1] == "م"
        ):
            return place
        return place + 1
    return place
