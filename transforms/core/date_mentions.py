"""Mentions of dates, made from what was read: their place, what is written, and the days that it means."""

import datetime

from schemas.news import DateMention
from transforms.core.date_words import TRIGGERS
from transforms.core.lexemes import Lexemes
from transforms.core.month_tails import Tail
from transforms.core.partial_dates import Partial, days_of, iso_span, nearest
from transforms.core.publication import Reference

__all__ = ["Read", "as_mention", "clitic_of", "mention", "partial_iso", "range_mention", "resolve"]

Read = tuple[list[DateMention], int]


def mention(
    lexemes: Lexemes,
    first: int,
    last: int,
    written: str,
    value: str,
    *,
    clitic: int = 0,
    kind: str = "date",
    calendar: str = "",
    relative: bool = False,
    approximate: bool = False,
    conflict: bool = False,
) -> DateMention:
    """Return a mention from lexeme `first` (without the `clitic` characters at its head) to `last`, inclusive."""
    start = lexemes.place(first, clitic) if clitic else lexemes.starts[first]
    return DateMention(
        start, lexemes.ends[last], kind, value, written, calendar, relative, approximate, conflict
    )


def clitic_of(word: str) -> int:
    """Return how many characters of a lexeme that begins a time expression are a clitic."""
    trigger = TRIGGERS.get(word)
    return 0 if trigger is None else trigger.clitic


def resolve(date: Partial, reference: Reference, tail: Tail | None = None) -> Partial:
    """Return a date with its year, as far as the reference tells it."""
    if date.year is not None:
        return date
    direction = tail.direction if tail is not None else None
    day = reference.day
    if tail is not None and tail.within is not None:
        return nearest(date, datetime.date(tail.within, 7, 1))
    if day is None:
        return _in_window(date, reference, direction)
    if direction in (10_000, 10, -10):
        this = nearest(
            Partial(None, date.month, 1 if date.day is None else min(date.day, 28), date.hijri), day
        )
        year = day.year if not date.hijri else this.year
        offset = 0 if direction == 10_000 else 1 if direction == 10 else -1
        return date._replace(year=None if year is None else year + offset)
    return nearest(date, day, direction or 0)


def _in_window(date: Partial, reference: Reference, direction: int | None) -> Partial:
    """Return a date with the only year that fits the days between which the text was published."""
    if reference.window is None or date.hijri:
        return date
    first, last = reference.window
    middle = first + (last - first) / 2
    if direction is not None and abs(direction) == 1:
        both = {nearest(date, first, direction).year, nearest(date, last, direction).year}
        return date._replace(year=both.pop()) if len(both) == 1 else date
    return nearest(date, middle)


def as_mention(
    lexemes: Lexemes,
    first: int,
    last: int,
    date: Partial,
    reference: Reference,
    tail: Tail | None = None,
    clitic: int = 0,
) -> DateMention:
    """Return a mention of one date from lexeme `first` to `last`, resolved as far as `reference` and `tail` tell."""
    resolved = resolve(date, reference, tail)
    days = days_of(resolved)
    value = iso_span(days, resolved) if days else ("" if date.hijri else partial_iso(date))
    return mention(
        lexemes,
        first,
        last,
        date.written,
        value,
        clitic=clitic,
        calendar="hijri" if date.hijri else "gregorian",
        relative=date.year is None,
        conflict=tail is not None and tail.conflict,
    )


def partial_iso(date: Partial) -> str:
    """Return a month and day without a year as ISO 8601:2000 truncated `--04-09`."""
    text = f"--{date.month:02d}" if date.month else ""
    return text + (f"-{date.day:02d}" if date.day else "")


def range_mention(
    lexemes: Lexemes,
    places: tuple[int, int],
    first: Partial,
    second: Partial,
    reference: Reference,
    tail: Tail,
) -> DateMention:
    """Return a mention of the days from `first` to `second`; `places` are its first and last lexeme."""
    begin, end = days_of(resolve(first, reference, tail)), days_of(resolve(second, reference, tail))
    value = f"{begin[0].isoformat()}/{end[1].isoformat()}" if begin and end else ""
    if not value and not first.hijri:
        value = f"{partial_iso(first)}/{partial_iso(second)}"
    return mention(
        lexemes,
        *places,
        f"{first.written}..{second.written}",
        value,
        calendar="hijri" if first.hijri else "gregorian",
        relative=first.year is None,
        conflict=tail.conflict,
    )
