"""Dates with a month or a year: read from lexemes, resolved against the day of publication.

A reader takes the place where it may begin and returns the mentions and the lexeme to go on at, or None.
"""

from schemas.news import DateMention
from transforms.core.date_mentions import Read, as_mention, clitic_of, range_mention
from transforms.core.date_words import (
    MONTH_CUES,
    NAMED_AFTER,
    TO,
    TRIGGERS,
    YEAR_CUES,
)
from transforms.core.lexemes import Lexemes
from transforms.core.month_tails import Tail, end_of_year, read_tail
from transforms.core.months import Month, read_month
from transforms.core.numerals import read_number
from transforms.core.partial_dates import Partial
from transforms.core.publication import Reference
from transforms.core.years import read_year

__all__ = ["read_from_digits", "read_from_month", "read_from_ordinal"]

_MOST_DAYS = 8
_SAFAR = 2


def read_from_digits(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read a date that begins with digits: 12 مايو, 9 – 10 نيسان/ابريل, 26 و27 اغسطس, 7 /3 /1437, 2015."""
    digits = lexemes.words[index]
    if len(digits) <= 2:
        return _numeric(lexemes, index, reference) or _days(lexemes, index, reference)
    if len(digits) == 4:
        return _numeric(lexemes, index, reference) or read_year(lexemes, index)
    return None


def _numeric(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read D/M/YYYY or YYYY/M/D, with `/`, `-` or `.` and blanks around the first two. Newspapers print the day first."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 4 >= size or words[index + 1] not in ("/", "-", ".") or words[index + 3] != words[index + 1]:
        return _day_month(lexemes, index, reference)
    parts = (words[index], words[index + 2], words[index + 4])
    if not all(part.isdecimal() for part in parts):
        return None
    if words[index + 1] == "." and any(lexemes.spaced[index + 1 : index + 5]):
        return None
    if index + 6 < size and words[index + 5] == words[index + 1] and words[index + 6].isdecimal():
        return None  # four numbers and more are no date
    lengths = tuple(map(len, parts))
    if lengths[2] == 4 and lengths[0] <= 2 and lengths[1] <= 2:
        day, month, year = map(int, parts)
    elif lengths[0] == 4 and lengths[1] <= 2 and lengths[2] <= 2:
        year, month, day = map(int, parts)
    else:
        return None
    if month > 12 >= day:
        day, month = month, day
    date = Partial(year, month, day, 1300 <= year <= 1500)
    if not (1300 <= year <= 1500 or 1800 <= year <= 2100) or not date.valid:
        return None
    last = end_of_year(lexemes, index + 4)
    found = as_mention(lexemes, index, last, date, reference)
    return [found], last + 1


def _day_month(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read D/M without a year, only after a weekday, الموافق or بتاريخ."""
    words, size = lexemes.words, len(lexemes.words)
    if index == 0 or index + 2 >= size or words[index + 1] != "/" or not words[index + 2].isdecimal():
        return None
    before = TRIGGERS.get(words[index - 1])
    if words[index - 1] not in ("بتاريخ", "تاريخ") and (
        before is None or before.kind not in ("weekday", "same")
    ):
        return None
    if len(words[index + 2]) > 2 or len(words[index]) > 2:
        return None
    date = Partial(None, int(words[index + 2]), int(words[index]), hijri=False)
    if not date.valid or not date.month or date.month > 12:
        return None
    return [as_mention(lexemes, index, index + 2, date, reference)], index + 3


def _days(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read one or more days and their month."""
    words, size = lexemes.words, len(lexemes.words)
    runs: list[tuple[int, int, int, str]] = []  # day, first lexeme, last lexeme, what parts it from the next
    place = index
    while place < size and len(runs) < _MOST_DAYS:
        digits = words[place]
        if not digits.isdecimal() or len(digits) > 2 or not 1 <= int(digits) <= 31:
            return None
        link, after = _link(words, place + 1, size)
        runs.append((int(digits), place, place, link))
        if not link:
            break
        place = after
    month_at = _to_month(words, place + 1, size)
    month = read_month(
        lexemes,
        month_at,
        words[month_at][clitic_of(words[month_at]) :] if month_at < size and place + 1 != month_at else "",
    )
    if month is None or not runs:
        return None
    if index and words[index - 1] in NAMED_AFTER:
        return [], month.last + 1
    return _with_month(lexemes, runs, month, reference)


def _link(words: list[str], place: int, size: int) -> tuple[str, int]:
    """Return how days are joined at `place` (`..` a range, `,` a list, "" not at all) and where the next one stands."""
    if place + 1 >= size:
        return "", place
    word = words[place]
    if word in ("-", *TO) and words[place + 1].isdecimal():
        return "..", place + 1
    if word in ("و", ",") and words[place + 1].isdecimal():
        return ",", place + 1
    if word in TO and place + 2 < size and words[place + 1] == "ال" and words[place + 2].isdecimal():
        return "..", place + 2
    if word == "," and place + 2 < size and words[place + 1] == "و" and words[place + 2].isdecimal():
        return ",", place + 2
    return "", place


def _to_month(words: list[str], place: int, size: int) -> int:
    """Skip what may stand between day and month: من, من شهر, شهر, `/`, `-`."""
    if place < size and words[place] in ("من", "/", "-"):
        place += 1
    if place < size and words[place] in ("شهر", "شهري", "لشهر"):
        place += 1
    return place


def _with_month(
    lexemes: Lexemes, runs: list[tuple[int, int, int, str]], month: Month, reference: Reference
) -> Read | None:
    if month.number == _SAFAR and month.hijri and not _sure_safar(lexemes, month):
        return None
    tail = read_tail(lexemes, month)
    dates = [Partial(tail.year, month.number, day, month.hijri) for day, *_ in runs]
    if not all(date.valid for date in dates):
        return None
    found: list[DateMention] = []
    number = 0
    while number < len(runs):
        end = number
        while end + 1 < len(runs) and runs[end][3] == "..":
            end += 1
        # The month and year stand with the last; the ones before are days alone.
        last = tail.last if end == len(runs) - 1 else runs[end][2]
        first = runs[number][1]
        if end > number:
            found.append(range_mention(lexemes, (first, last), dates[number], dates[end], reference, tail))
        else:
            found.append(as_mention(lexemes, first, last, dates[number], reference, tail))
        number = end + 1
    after = tail.last + 1
    return _joined(lexemes, found, dates, after, reference) if len(found) == 1 else (found, after)


def _sure_safar(lexemes: Lexemes, month: Month) -> bool:
    """صفر is zero: a month only before a year or هـ, or after شهر or من."""
    words, size = lexemes.words, len(lexemes.words)
    after = words[month.last + 1] if month.last + 1 < size else ""
    return (
        words[month.last - 1] in ("شهر", "من")
        or (after.isdecimal() and len(after) == 4)
        or after in YEAR_CUES
    )


def _joined(
    lexemes: Lexemes, found: list[DateMention], dates: list[Partial], after: int, reference: Reference
) -> Read:
    """Join `30 يناير - 2 فبراير 2015` and `من 28 شعبان الى 3 رمضان` to one range."""
    words, size = lexemes.words, len(lexemes.words)
    place = after
    if place + 1 < size and words[place] in ("-", *TO) and not dates[0].year:
        place += 1
        if words[place] == "ال" and place + 1 < size:
            place += 1
        if words[place].isdecimal() and len(words[place]) <= 2:
            second = _days(lexemes, place, reference)
            if second and len(second[0]) == 1 and ".." not in second[0][0].written:
                other = _partial_of(second[0][0].written)
                if other is not None and other.hijri == dates[0].hijri and other.day:
                    first_date = dates[0]._replace(year=other.year)
                    if other.year and first_date.month and other.month and first_date.month > other.month:
                        first_date = first_date._replace(year=other.year - 1)
                    start = _lexeme_at(lexemes, found[0].start, after)
                    joined = range_mention(
                        lexemes,
                        (start, second[1] - 1),
                        first_date,
                        other,
                        reference,
                        Tail(other.year, None, 0, False, False),
                    )
                    return [joined], second[1]
    return found, after


def _lexeme_at(lexemes: Lexemes, start: int, before: int) -> int:
    while before > 0 and lexemes.starts[before - 1] >= start:
        before -= 1
    return before


def _partial_of(written: str) -> Partial | None:
    """Return the date that a `written` says; None for another notation."""
    hijri = written.startswith("h")
    parts = written.removeprefix("h").split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts[1:]):
        return None
    return Partial(int(parts[0]) if parts[0] else None, int(parts[1]), int(parts[2]), hijri)


def read_from_ordinal(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read a day in words before its month: الخامس عشر من رمضان, اول شوال, غرة محرم."""
    words, size = lexemes.words, len(lexemes.words)
    number = read_number(lexemes, index)
    if number is None or not number.ordinal or not 1 <= number.value <= 31:
        return None
    place = number.last + 1
    if place < size and words[place] == "يوم":
        place += 1
    place = _to_month(words, place, size)
    if place == number.last + 1:
        return None
    month = read_month(lexemes, place)
    if month is None:
        return None
    return _with_month(lexemes, [(int(number.value), index, number.last, "")], month, reference)


def read_from_month(lexemes: Lexemes, index: int, reference: Reference) -> Read | None:
    """Read a month without a day: with a year, a pair, last or next; or with a word before it that asks for a month."""
    words = lexemes.words
    clitic = clitic_of(words[index])
    month = read_month(lexemes, index, words[index][clitic:])
    if month is None:
        return None
    tail = read_tail(lexemes, month)
    before = words[index - 1] if index else ""
    cue = before in MONTH_CUES or (clitic > 0 and words[index][:1] in "بل" and month.sure)
    named = before in ("شهر", "شهري", "لشهر", "بشهر", "وشهر")
    listed = (index > 1 and before == "و") or (clitic > 0 and words[index][0] == "و" and month.sure)
    good = (
        tail.year is not None
        or tail.within is not None
        or tail.paired
        or named
        or (cue and month.sure)
        or (listed and _after_month(lexemes, index))
    )
    if not good and tail.direction is not None:
        good = month.sure or tail.direction != 0
    if (
        not good
        and month.hijri
        and month.number == 9
        and before in ("في", "خلال", "قبل", "بعد", "منذ", "وفي")
    ):
        good = True  # رمضان in, during, before: the month, not the man
    if not good:
        return None
    date = Partial(tail.year, month.number, None, month.hijri)
    return [as_mention(lexemes, index, tail.last, date, reference, tail, clitic)], tail.last + 1


def _after_month(lexemes: Lexemes, index: int) -> bool:
    """Whether a month's name stands right before: ابريل ومايو."""
    for place in (index - 1, index - 2):
        if place >= 0:
            trigger = TRIGGERS.get(lexemes.words[place])
            if trigger is not None and trigger.kind == "month":
                return True
    return False
