"""Weekdays: their short names, and which day one means beside the day of publication."""

import datetime

from transforms.core.publication import Reference

__all__ = ["DAY_NUMBERS", "NAMES", "resolve_weekday"]

#: By ISO number; the notation of `DateMention.written`.
NAMES = ("", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
#: The first, second … day of what a text tells, in search form.
DAY_NUMBERS = {"الاول": 1, "الثاني": 2, "الثالث": 3, "الرابع": 4, "الخامس": 5, "السادس": 6, "السابع": 7}


def resolve_weekday(day: int, direction: int, reference: Reference) -> str:
    """Return the day (ISO 8601) that a weekday means: last -1, next 1, the one before or after those ±2.

    Bare (0), it is the latest such day at or before the publication day: news tells what was.
    """
    published = reference.day
    if published is None:
        return ""
    back = (published.isoweekday() - day) % 7
    if direction <= 0:
        offset = -back if direction == 0 or back else -7
        offset -= 7 if direction < -1 else 0
    else:
        offset = (7 - back) + (7 if direction > 1 else 0)
    return (published + datetime.timedelta(days=offset)).isoformat()
