"""Robots, turns, back-off and Retry-After as arithmetic."""

import itertools
import time

import pytest

from pipelines.politeness import MAX_RETRY_AFTER_S, Robots, Turns, back_off, read_retry_after

SITE = "https://feeds.example"


def robots(*lines):
    return Robots.parse("\n".join(lines).encode())


def test_the_group_that_names_us_goes_before_that_of_all():
    rules = robots(
        "User-agent: *", "Disallow: /", "", "User-agent: Warraq", "Disallow: /search", "Crawl-delay: 7"
    )
    assert rules.may_read(f"{SITE}/rss.xml")
    assert not rules.may_read(f"{SITE}/search?q=1")
    assert rules.delay_s == 7


def test_the_longest_rule_decides_and_wildcards_count():
    rules = robots(
        "User-agent: *", "Disallow: /*?print=", "Disallow: /a", "Allow: /a/feed", "Disallow: /*.pdf$"
    )
    assert rules.may_read(f"{SITE}/a/feed/rss")
    assert not rules.may_read(f"{SITE}/a/other")
    assert not rules.may_read(f"{SITE}/x?print=1")
    assert not rules.may_read(f"{SITE}/x.pdf")
    assert rules.may_read(f"{SITE}/x.pdf.html")


def test_rules_for_others_do_not_bind_us():
    rules = robots("User-agent: GPTBot", "User-agent: CCBot", "Disallow: /", "", "User-agent: *", "Allow: /")
    assert rules.may_read(f"{SITE}/rss")


def test_an_arabic_path_is_matched_however_it_is_written():
    rules = robots("User-agent: *", "Disallow: /أخبار")
    assert not rules.may_read(f"{SITE}/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/1")


def test_a_huge_crawl_delay_is_cut_to_a_minute():
    assert robots("User-agent: *", "Crawl-delay: 1e9").delay_s == 60
    assert robots("User-agent: *", "Crawl-delay: nan").delay_s == 0
    assert Robots.open_to_all().delay_s == 0


@pytest.mark.parametrize(
    "body",
    ["".join(f"User-agent: x{i}\n" for i in range(15_000)) + "Disallow: /a\n" * 15_000,
     "".join(f"useragent x{i}\n" for i in range(15_000)) + "Disallow: /a\n" * 15_000,
     "User-agent: *\nDisallow: /" + "*a" * 200_000 + "*b\n",
     "User-agent: *\n" + "Disallow: /*a$\n" * 30_000,
     "User-agent: *\n" + "Crawl-delay: " + "9" * 400_000],
)  # fmt: skip
def test_a_hostile_robots_txt_of_500_kb_takes_no_minutes(body):
    began = time.perf_counter()
    robots(body[: 500 << 10]).may_read(f"{SITE}/{'a' * 4000}")
    assert time.perf_counter() - began < 5


def test_a_host_gets_one_request_at_a_time_and_a_pause():
    turns = Turns()
    assert turns.take("a", 0) == 0
    assert turns.take("a", 1) == float("inf")
    assert turns.take("b", 1) == 0
    turns.give_back("a", 5, 2)
    assert turns.take("a", 5.5) == 1.5
    assert turns.take("a", 7) == 0


def test_a_shorter_pause_does_not_cut_a_longer_hold():
    turns = Turns()
    turns.take("a", 0)
    turns.hold("a", 100)
    turns.give_back("a", 1, 2)
    assert turns.take("a", 4) == 96


def test_back_off_doubles_up_to_its_longest_and_is_spread():
    longest = [back_off(n, 60, 3600, 1) for n in range(1, 9)]
    assert longest == [120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert all(back_off(n, 60, 3600, 0) == high / 2 for n, high in enumerate(longest, 1))
    assert back_off(10**9, 60, 3600, 0) == 1800
    assert back_off(1, 7200, 3600, 0) == 3600


def test_back_off_is_never_shorter_than_half_the_interval_it_grows_from():
    for failures, chance in itertools.product((1, 2, 50), (0, 0.5, 0.99)):
        assert back_off(failures, 900, 21_600, chance) >= 900


RETRY_AFTER = {
    "120": 120,
    " 0 ": 0,
    "Tue, 14 Nov 2023 22:14:20 GMT": 60,
    "Tue, 14 Nov 2023 22:12:20 GMT": 0,
    "999999999999999999": MAX_RETRY_AFTER_S,
    "Fri, 31 Dec 9999 23:59:59 GMT": MAX_RETRY_AFTER_S,
    "": 0,
    "soon": 0,
    "-5": 0,
    "1.5": 0,
    "٣٠": 0,
}


@pytest.mark.parametrize("value", RETRY_AFTER)
def test_retry_after_is_seconds_or_a_date_within_a_day(value):
    assert read_retry_after(value, 1_700_000_000) == RETRY_AFTER[value]
