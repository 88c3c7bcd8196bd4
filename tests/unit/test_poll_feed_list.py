"""The list of feeds: defaults, checks, every fault with its place."""

from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.feed_list import read_feed_list

EXAMPLE = Path(__file__).parents[2] / "configs/feeds/feeds.yaml"
GOOD = "version: 1\nfeeds:\n  - {id: a, url: 'https://feeds.example/rss'}\n"


def load(text):
    return read_feed_list("feeds.yaml", read_bytes=lambda _: text.encode())


def faults(text):
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(fault) for fault in caught.value.faults]


def test_the_defaults_are_those_that_the_documentation_names():
    feeds = load(GOOD)
    assert (feeds.max_bytes, feeds.timeout_s, feeds.pause_s, feeds.workers) == (10 << 20, 30, 2, 4)
    (feed,) = feeds.feeds
    assert (feed.interval_s, feed.full_text, feed.obey_robots, feed.allowed) == (900, False, True, ())
    assert (feed.host, feed.port) == ("feeds.example", 443)


def test_the_example_is_right_and_reaches_no_inner_address():
    feeds = read_feed_list(str(EXAMPLE))
    assert len(feeds.feeds) >= 8
    assert all(
        feed.url.startswith("https://") and feed.obey_robots and not feed.allowed for feed in feeds.feeds
    )


def test_a_feed_may_have_an_interval_and_networks_of_its_own():
    text = GOOD.replace("}", ", interval_minutes: 60, allow_addresses: [10.0.0.0/8, '::1']}")
    (feed,) = load(text).feeds
    assert feed.interval_s == 3600
    assert [str(network) for network in feed.allowed] == ["10.0.0.0/8", "::1/128"]


def test_all_faults_are_told_together_each_with_its_place():
    text = """version: 1
pause_seconds: -1
feeds:
  - id: a
    url: file:///etc/passwd
  - id: A
    url: https://feeds.example/1
    allow_addresses: [10.0.0.1/8]
  - id: "../x"
    ulr: https://feeds.example/2
"""
    told = "\n".join(faults(text))
    for part in ("feeds.yaml:2:16 pause_seconds", "feeds.yaml:5:10", "not http or https but file", "feeds.yaml:6:9",
                 "given twice", "feeds.yaml:8:23", "no network", "not of the letters", "did you mean url", "url: is missing"):  # fmt: skip
        assert part in told, (part, told)


@pytest.mark.parametrize(
    ("text", "part"),
    [("", "says nothing"), ("feeds: []\n", "version"), ("version: 1\n", "at least one feed"), ("version: 2\nfeeds: []", "maximum"),
     (GOOD.replace("}", ", active: false}"), "no active feed"), ("version: 1\nfeeds: 7\n", "a list"), ("- 1", "a table"),
     ("contact: \"a\\r\\nHost: b\"\n" + GOOD, "header"), (GOOD.replace("https://", "https://user:secret@"), "password")],
)  # fmt: skip
def test_a_wrong_list_is_refused_with_the_way_out(text, part):
    told = "\n".join(faults(text))
    assert part in told
    assert "secret" not in told


def test_a_list_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match="cannot be read"):
        read_feed_list("/nowhere/feeds.yaml")
