"""Time expressions of a text, found in one pass over its lexemes.

`written` tells what the words say by themselves. Calendar dates: `2015-08-06`, partial `2015-08`, `-08-26` (no year),
`2015`; Hijri with h before it, `h1436-10-08`, `h-11-08`, `h1436`; ranges `a..b`. Relative: `rel0` today, `rel-1 TUE`
yesterday with its weekday, `rel-1M` last month (D W M Y, X decade, C century), `TUE` a bare weekday, `last SAT`, `next SAT`,
`-P3Y` three years ago. Lengths are ISO 8601 (`P3W`), sets `every P1D`, times of day `T20:30`, vague ones as TIMEX3 has them
(`PRESENT_REF`).
"""

import datetime
from collections.abc import Sequence

from schemas.news import DateMention
from transforms.core.calendar_dates import read_from_digits, read_from_month, read_from_ordinal
from transforms.core.date_words import TRIGGERS
from transforms.core.durations import read_duration
from transforms.core.lexemes import Lexemes, read_lexemes
from transforms.core.publication import Reference, estimate_window
from transforms.core.relative_dates import read_relative

__all__ = ["dated_spans", "find_dates", "fragment_dates", "fragment_spans"]

_DIGITS = frozenset("0123456789")
#: A Hijri and a Gregorian date given as one may differ by the sighting of the moon.
_TOLERANCE = datetime.timedelta(days=1)


def find_dates(lexemes: Lexemes, reference: Reference) -> tuple[DateMention, ...]:
    """Return the time expressions in order of their place; they do not overlap. Never raises; linear."""
    found = _scan(lexemes, reference)
    if reference.day is None and reference.window is None and (window := estimate_window(found)) is not None:
        found = _scan(lexemes, Reference(None, "text", window))
    return tuple(_with_conflicts(lexemes, found))


def _scan(lexemes: Lexemes, reference: Reference) -> list[DateMention]:
    words = lexemes.words
    found: list[DateMention] = []
    index, size = 0, len(words)
    triggers = TRIGGERS
    digits = _DIGITS
    while index < size:
        word = words[index]
        if word[0] in digits:
            read = read_from_digits(lexemes, index, reference)
            # Columns of numbers have no lengths of time in them.
            if read is None and index + 1 < size and words[index + 1][0] not in digits:
                read = read_duration(lexemes, index)
        elif word in triggers:
            kind = triggers[word].kind
            if kind == "month":
                read = read_from_month(lexemes, index, reference)
            elif kind == "number":
                read = read_from_ordinal(lexemes, index, reference) or read_duration(lexemes, index)
            else:
                read = read_relative(lexemes, index, reference)
        else:
            index += 1
            continue
        if read is None:
            index += 1
            continue
        for mention in read[0]:
            # What reaches back (an approximation, اول before امس) may have been read already.
            while found and found[-1].end > mention.start:
                found.pop()
            found.append(mention)
        index = max(read[1], index + 1)
    return found


def _with_conflicts(lexemes: Lexemes, found: list[DateMention]) -> list[DateMention]:
    """Mark a Hijri and a Gregorian day joined by الموافق, `/` or parentheses that are not the same day."""
    for number in range(1, len(found)):
        first, second = found[number - 1], found[number]
        if first.calendar == second.calendar or not (first.calendar and second.calendar):
            continue
        between = lexemes.text[first.end : second.start]
        if len(between) > 24 or not (
            _JOINS & set(between.split()) or between.strip() in ("/", "(", "-", "–", "،")
        ):
            continue
        days = [_day(mention.value) for mention in (first, second)]
        if days[0] and days[1] and abs(days[0] - days[1]) > _TOLERANCE:
            found[number - 1] = first._replace(conflict=True)
            found[number] = second._replace(conflict=True)
    return found


_JOINS = frozenset(("الموافق", "الموافق:", "والموافق", "الموافقة", "المصادف", "(الموافق"))


def _day(value: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        return None


def fragment_spans(text: str) -> list[tuple[int, int]]:
    """Return the places of a fragment in which no figure is: its dates and times of day, not its lengths of time."""
    return dated_spans(find_dates(read_lexemes(text), Reference(None, "")))


def dated_spans(found: Sequence[DateMention]) -> list[tuple[int, int]]:
    """Return the places of dates and times: a length of time (26 عاما, also after قبل) is a figure as well."""
    return [
        (mention.start, mention.end)
        for mention in found
        if mention.kind != "duration" and not mention.written.startswith(("-P", "+P"))
    ]


def fragment_dates(text: str, day: datetime.date | None, source: str = "") -> list[str]:
    """Return the calendar and relative dates of a fragment as `written`; lengths, sets and vague times are left out.

    A bare weekday is the last one. `day` is the day the fragment was read; `source` is the outlet (not used yet).
    """
    del source
    lexemes = read_lexemes(text)
    found = find_dates(lexemes, Reference(day, "crawl" if day else ""))
    kept: list[str] = []
    for number, mention in enumerate(found):
        if mention.kind not in ("date", "time") or mention.written.startswith(
            ("P", "+", "FUTURE", "T", "-P")
        ):
            continue
        if mention.written in _WEEKDAY_NAMES:
            # A weekday before its date says nothing more.
            follow = found[number + 1] if number + 1 < len(found) else None
            if follow is not None and follow.calendar and len(text[mention.end : follow.start].split()) <= 1:
                continue
            kept.append(f"last {mention.written}")
        else:
            kept.append(mention.written)
    return kept


_WEEKDAY_NAMES = frozenset(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"))
