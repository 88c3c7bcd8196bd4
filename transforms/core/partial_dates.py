"""Dates of which parts may be missing, in two calendars: how they are written, and which days they are.

Hijri is Umm al-Qura (hijridate; 1343 to 1500 AH); before and after it a Hijri date has no Gregorian day here.
"""

import calendar
import datetime
from typing import NamedTuple

from hijridate import Gregorian, Hijri

__all__ = ["Partial", "add_months", "days_of", "iso_span", "nearest", "shift"]

_FIRST_HIJRI, _LAST_HIJRI = 1343, 1500
Days = tuple[datetime.date, datetime.date]


class Partial(NamedTuple):
    """A date as far as it is said: any of year, month, day may be None."""

    year: int | None
    month: int | None
    day: int | None
    hijri: bool

    @property
    def written(self) -> str:
        """`2015-09`, `-08-26`, `h1436-10-08`, `h-11`: missing parts are left out, Hijri has an h before it."""
        text = "h" if self.hijri else ""
        text += "" if self.year is None else f"{self.year:04d}"
        text += "" if self.month is None else f"-{self.month:02d}"
        return text + ("" if self.day is None else f"-{self.day:02d}")

    @property
    def valid(self) -> bool:
        """Whether there can be such a day: 31 February and 31 Shawwal cannot."""
        if self.month is not None and not 1 <= self.month <= 12:
            return False
        if self.day is None:
            return True
        if self.hijri:
            return 1 <= self.day <= 30
        longest = calendar.monthrange(self.year or 2000, self.month)[1] if self.month else 31
        return 1 <= self.day <= longest


def days_of(date: Partial) -> Days | None:
    """Return first and last day (Gregorian) of a date whose year is known, None where that cannot be said."""
    if date.year is None or not date.valid:
        return None
    try:
        if date.hijri:
            return _hijri_days(date)
        month = date.month or 1
        first = datetime.date(date.year, month, date.day or 1)
        if date.day:
            return first, first
        last_month = date.month or 12
        return first, datetime.date(date.year, last_month, calendar.monthrange(date.year, last_month)[1])
    except (ValueError, OverflowError):
        return None


def _hijri_days(date: Partial) -> Days | None:
    year = date.year or 0
    if not _FIRST_HIJRI <= year <= _LAST_HIJRI:
        return None
    if date.day and date.month:
        length = Hijri(year, date.month, 1).month_length()
        # Newspapers count by sight: the 30th of a month of 29 days is the day after.
        first = Hijri(year, date.month, min(date.day, length)).to_gregorian()
        day = datetime.date(*first.datetuple()) + datetime.timedelta(days=max(0, date.day - length))
        return day, day
    month, last_month = date.month or 1, date.month or 12
    begin = Hijri(year, month, 1).to_gregorian()
    end = Hijri(year, last_month, Hijri(year, last_month, 1).month_length()).to_gregorian()
    return datetime.date(*begin.datetuple()), datetime.date(*end.datetuple())


def hijri_year(day: datetime.date) -> int:
    """Return the Hijri year of a day, by arithmetic where Umm al-Qura does not reach."""
    try:
        return int(Gregorian(day.year, day.month, day.day).to_hijri().year)
    except (ValueError, OverflowError):
        return round((day.year - 622) * 33 / 32)


def nearest(date: Partial, day: datetime.date, direction: int = 0) -> Partial:
    """Return the date with the year that brings it nearest to `day`: before it (-1), after it (1), or either (0).

    A date with a year stays as it is.
    """
    if date.year is not None or date.month is None:
        return date
    this = hijri_year(day) if date.hijri else day.year
    best, best_distance = date, None
    for year in (this - 1, this, this + 1):
        days = days_of(date._replace(year=year))
        if days is None:
            continue
        if (direction < 0 and days[1] >= day) or (direction > 0 and days[0] <= day):
            continue
        distance = (
            0 if days[0] <= day <= days[1] else min(abs((days[0] - day).days), abs((days[1] - day).days))
        )
        if best_distance is None or distance < best_distance:
            best, best_distance = date._replace(year=year), distance
    return best


def iso_span(days: Days | None, date: Partial | None = None) -> str:
    """Return days as ISO 8601: one day, a whole month (`2015-09`), a whole year, or `first/last`."""
    if days is None:
        return ""
    first, last = days
    if first == last:
        return first.isoformat()
    if date is not None and not date.hijri and date.day is None:
        return f"{first.year:04d}" if date.month is None else f"{first.year:04d}-{first.month:02d}"
    return f"{first.isoformat()}/{last.isoformat()}"


def add_months(day: datetime.date, months: int) -> datetime.date | None:
    """Return the same day `months` later, or the last of its month; None beyond the years 1 to 9999."""
    month = day.year * 12 + day.month - 1 + months
    year, number = divmod(month, 12)
    if not 1 <= year <= 9999:
        return None
    return datetime.date(year, number + 1, min(day.day, calendar.monthrange(year, number + 1)[1]))


def shift(day: datetime.date, count: float, unit: str) -> str:
    """Return the day, week, month or year that lies `count` units (D W M Y) from `day`, as ISO 8601; "" beyond the calendar."""
    try:
        if unit in ("D", "W"):
            there = day + datetime.timedelta(days=round(count * (7 if unit == "W" else 1)))
            if unit == "W":
                year, week, _ = there.isocalendar()
                return f"{year:04d}-W{week:02d}"
            return there.isoformat()
        moved = add_months(day, round(count * (12 if unit == "Y" else 1)))
    except OverflowError:
        return ""
    if moved is None:
        return ""
    return f"{moved.year:04d}" if unit == "Y" else f"{moved.year:04d}-{moved.month:02d}"
