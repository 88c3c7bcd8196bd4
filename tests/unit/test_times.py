import datetime

import pytest

from transforms.core.times import parse_time


def us(*parts: int) -> int:
    moment = datetime.datetime(*parts, tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("written", "zone", "expected", "assumed"),
    [
        ("2025-03-27T10:00:00Z", "UTC", us(2025, 3, 27, 10), False),
        ("2025-03-27T10:00:00+03:00", "UTC", us(2025, 3, 27, 7), False),
        ("2025-03-27 10:00:00", "Asia/Riyadh", us(2025, 3, 27, 7), True),
        ("2025-03-27", "UTC", us(2025, 3, 27), True),
        ("2025/3/7 09:05:00", "UTC", us(2025, 3, 7, 9, 5), True),
        ("٢٠٢٥-٠٣-٢٧", "UTC", us(2025, 3, 27), True),
        ("Thu, 27 Mar 2025 10:00:00 +0300", "UTC", us(2025, 3, 27, 7), False),
        (1743069600, "UTC", us(2025, 3, 27, 10), False),
        (1743069600000, "UTC", us(2025, 3, 27, 10), False),
        (1743069600000000, "UTC", us(2025, 3, 27, 10), False),
    ],
)
def test_times_as_data_writes_them_become_microseconds_utc(written, zone, expected, assumed):
    assert parse_time(written, zone)[:2] == (expected, assumed)


@pytest.mark.parametrize(
    "written", ["", "yesterday", "الاحد", "2025-13-01", "0001-01-01", "9999-12-31", 1e300, float("nan"), True]
)
def test_what_is_no_time_is_refused(written):
    with pytest.raises(ValueError, match=r"."):
        parse_time(written, "UTC")


def test_zones_that_mean_nothing_or_two_things_are_not_believed():
    assert parse_time("Thu, 27 Mar 2025 10:00:00 -0000", "Asia/Riyadh")[:2] == (us(2025, 3, 27, 10), False)
    assert parse_time("Thu, 27 Mar 2025 10:00:00 AST", "Asia/Riyadh")[:2] == (us(2025, 3, 27, 7), True)


def test_short_hours_are_read_and_ids_are_no_times():
    assert parse_time("2016/3/27 1:2:3", "UTC")[:2] == (us(2016, 3, 27, 1, 2, 3), True)
    for number in ("20160327123", "2016-03-27x10:00"):
        with pytest.raises(ValueError, match="no ISO"):
            parse_time(number, "UTC")


def test_the_day_of_a_time_is_the_one_where_it_was_told():
    assert parse_time("2020-12-25T01:59:50+02:00", "UTC").local_day == datetime.date(2020, 12, 25)
    assert parse_time("2020-12-25T23:30", "Asia/Riyadh").local_day == datetime.date(2020, 12, 25)
    assert parse_time(1_743_033_600, "UTC").local_day == datetime.date(2025, 3, 27)
