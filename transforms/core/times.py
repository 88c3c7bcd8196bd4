"""Times as the data gives them -> microseconds UTC."""

import datetime
import email.utils
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["ParsedTime", "iso_utc", "parse_time"]

_UTC = datetime.UTC
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=_UTC)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
#: ISO 8601 as data writes it; `fromisoformat` alone takes any sign for the T, and so reads ids as times.
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}.*)?|\d{8}(?:T\d{2}.*)?")
_SINCE_1970 = re.compile(r"\d{10}|\d{13}|\d{16}")  # seconds, milliseconds, microseconds of our time
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")
#: RFC 5322 3.3: -0000 is UTC of an unknown place. AST is Arabia's here and Atlantic's in the standard: no zone.
_UTC_OF_NOWHERE, _AMBIGUOUS_ZONE = "-0000", " AST"
#: Numbers are seconds, milliseconds or microseconds since 1970: told apart by size, good for the years 1973-5138.
_MILLISECONDS_FROM = 10**11
_MICROSECONDS_FROM = 10**14
#: News before 1900 or after 2200 is a slip; such a time is refused rather than filed under a wrong day.
_YEARS = range(1900, 2200)


class ParsedTime(NamedTuple):
    """A time in microseconds UTC, whether its zone had to be assumed, and its day where it was told."""

    us: int
    zone_assumed: bool
    local_day: datetime.date


def iso_utc(us: int) -> str:
    """Return a time in microseconds since 1970 as ISO 8601 in UTC, with Z."""
    return (_EPOCH + datetime.timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def parse_time(value: str | float, zone: str) -> ParsedTime:
    """Read ISO 8601, RFC 822 (feeds), `YYYY/M/D[ H:M:S]` or a number since 1970; a naive time is in `zone` (IANA).

    A day without a time is its midnight in `zone`. Raises ValueError for anything else, and for years
    outside 1900-2199.
    """
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is no time")  # noqa: TRY004 (bad data, not a bad call)
    if isinstance(value, int | float):
        moment = _from_number(value)
    else:
        moment = _from_text(value.strip().translate(_DIGITS))
    assumed = moment.tzinfo is None
    if moment.year not in _YEARS:
        raise ValueError(f"the year {moment.year} is outside 1900-2199")
    if assumed:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return ParsedTime((moment - _EPOCH) // datetime.timedelta(microseconds=1), assumed, moment.date())


def _from_number(value: float) -> datetime.datetime:
    size = abs(value)
    scale = 1 if size >= _MICROSECONDS_FROM else 1_000 if size >= _MILLISECONDS_FROM else 1_000_000
    try:
        return _EPOCH + datetime.timedelta(microseconds=int(value * scale))
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{value!r} is no time since 1970") from error


def _from_text(text: str) -> datetime.datetime:
    if _SINCE_1970.fullmatch(text):
        return _from_number(int(text))
    if _ISO.fullmatch(text):
        return datetime.datetime.fromisoformat(text)
    slashed = _SLASHED.fullmatch(text)
    if slashed:
        year, month, day, hour, minute, second = (int(part or 0) for part in slashed.groups())
        return datetime.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the caller adds the zone)
    try:
        moment = email.utils.parsedate_to_datetime(text.removesuffix(_AMBIGUOUS_ZONE))
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"{text[:80]!r} is no ISO 8601 or RFC 822 time") from error
    return moment.replace(tzinfo=_UTC) if text.endswith(_UTC_OF_NOWHERE) else moment
