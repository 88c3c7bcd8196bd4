import pytest

from transforms.core.event_times import AHEAD_US, DAY_US, FLAGS, EventTime, event_time

PUBLISHED = 1_459_072_800_000_000
HORIZON = 14 * DAY_US


def test_an_article_is_believed_within_the_horizon():
    for ago in (-AHEAD_US, -1, 0, 1, DAY_US, HORIZON):
        assert event_time(PUBLISHED - ago, PUBLISHED, HORIZON) == EventTime(PUBLISHED - ago, "")


def test_an_article_without_a_time_happened_when_its_message_was_published():
    assert event_time(None, PUBLISHED, HORIZON) == EventTime(PUBLISHED, "event_time_missing")


@pytest.mark.parametrize("ago", [HORIZON + 1, 400 * DAY_US, PUBLISHED])
def test_what_is_older_than_the_horizon_is_brought_to_its_edge(ago):
    assert event_time(PUBLISHED - ago, PUBLISHED, HORIZON) == EventTime(
        PUBLISHED - HORIZON, "event_time_too_old"
    )


@pytest.mark.parametrize("ahead", [AHEAD_US + 1, 700 * DAY_US])
def test_what_is_dated_more_than_a_day_ahead_is_brought_back(ahead):
    assert event_time(PUBLISHED + ahead, PUBLISHED, HORIZON) == EventTime(
        PUBLISHED + AHEAD_US, "event_time_ahead"
    )


def test_nothing_is_ahead_where_output_must_not_wait():
    assert event_time(PUBLISHED + 5, PUBLISHED, HORIZON, ahead_us=0) == EventTime(
        PUBLISHED, "event_time_ahead"
    )


def test_bounds_cannot_be_negative():
    with pytest.raises(ValueError, match="-1 back"):
        event_time(None, PUBLISHED, -1)
    with pytest.raises(ValueError, match="-1 ahead"):
        event_time(None, PUBLISHED, 1, -1)


def test_every_flag_is_of_the_closed_set():
    times = (None, 0, PUBLISHED, 2 * PUBLISHED)
    assert {event_time(time, PUBLISHED, HORIZON).flag for time in times} - {""} == set(FLAGS)
