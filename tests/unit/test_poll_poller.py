"""Polling from request to confirmed items, against a server on loopback: once, again, and after crashes."""

import dataclasses
import json
import threading
from collections import Counter

import pytest
from hostile_server import HOSTILE, HostileServer, answer, resolver

from pipelines.addresses import parse_network
from pipelines.feed_list import Feed, FeedList
from pipelines.feed_memory import FeedMemory
from pipelines.feed_poller import Poller
from pipelines.feed_sinks import Delivery
from pipelines.fetch import Fetcher, Limits
from pipelines.visits import Visitor
from transforms.core.pages import Page, PageError
from transforms.pages import load_page_reader

LIMITS = Limits(max_bytes=1 << 20, seconds=0.8, connect_seconds=2)
TEXT = "اعلنت وزارة الطاقة اليوم عن خطة جديدة"


def item(guid, text=TEXT):
    return f"<item><guid isPermaLink='false'>{guid}</guid><title>{text}</title><link>/{guid}</link><description>{text}</description></item>"


def rss(*items):
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>ص</title>{''.join(items)}</channel></rss>"
    )


class Crash(BaseException):
    """The process ends here."""


class ListSink:
    """Keeps rows; confirms all, or as `confirm` says."""

    def __init__(self):
        self.rows = []
        self.confirm = len
        self.crash_after = False

    def deliver(self, feed_id, rows, names):
        confirmed = range(len(rows))[: self.confirm(rows)]
        self.rows += [rows[index] for index in confirmed]
        if self.crash_after:
            raise Crash
        return Delivery(tuple(confirmed), "" if len(confirmed) == len(rows) else "the sink is full")

    def close(self):
        pass

    def guids(self):
        return [row["guid"] for row in self.rows]


class Desk:
    """A server, a sink and a memory that outlive the pollers that work with them."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.sink = ListSink()
        self.now = 1_700_000_000.0
        self.stopping = threading.Event()

    def feed(self, path="/rss", name="f", **changes):
        host = "feeds.example"
        feed = Feed(
            name,
            self.server.url(path),
            "",
            900.0,
            False,
            False,
            (parse_network("127.0.0.0/8"),),
            host,
            self.server.port,
        )
        return dataclasses.replace(feed, **changes)

    def run(self, *feeds, page_reader=None):
        listed = FeedList(feeds or (self.feed(),), pause_s=0, max_bytes=LIMITS.max_bytes)
        self.stopping.clear()
        with FeedMemory(self.folder) as memory, Fetcher("test", LIMITS, resolver()) as fetcher:
            self.poller = Poller(
                listed,
                Visitor(fetcher, self.stopping, now=lambda: self.now),
                memory,
                self.sink,
                self.stopping,
                health=self.folder / "health.json",
                page_reader=page_reader,
                now=lambda: self.now,
                chance=lambda: 0.5,
            )
            self.poller.run(once=True)
            return memory.state(listed.feeds[0].id)

    def health(self, name="f"):
        return json.loads((self.folder / "health.json").read_text("utf-8"))["by_feed"][name]


@pytest.fixture
def desk(tmp_path):
    with HostileServer() as server:
        yield Desk(tmp_path, server)


def test_an_item_is_sent_once_across_restarts(desk):
    desk.server.routes["/rss"] = [
        answer(rss(item("1"), item("2"))),
        answer(rss(item("2"), item("3"), item("1"))),
    ]
    desk.run()
    desk.run()
    desk.run()
    assert desk.sink.guids() == ["1", "2", "3"]
    assert desk.health()["items_sent"] == 3


def test_an_item_with_a_new_text_is_sent_again_as_it_is_now(desk):
    desk.server.routes["/rss"] = [
        answer(rss(item("1"), item("2"))),
        answer(rss(item("1", "نص جديد"), item("2"))),
    ]
    desk.run()
    desk.run()
    desk.run()
    assert [(row["guid"], row["body"]) for row in desk.sink.rows] == [
        ("1", TEXT),
        ("2", TEXT),
        ("1", "نص جديد"),
    ]


def test_validators_are_sent_back_and_304_sends_nothing(desk):
    date = "Tue, 14 Nov 2023 22:13:20 GMT"
    desk.server.routes["/rss"] = [
        answer(rss(item("1")), ETag='W/"7"', Last_Modified=date),
        answer(b"", "304 Not Modified"),
    ]
    desk.run()
    state = desk.run()
    assert desk.server.requests[0].headers.get("if-none-match") is None
    assert desk.server.requests[1].headers["if-none-match"] == 'W/"7"'
    assert desk.server.requests[1].headers["if-modified-since"] == date
    assert (state.status, state.reason, state.failures) == (304, "", 0)
    assert desk.sink.guids() == ["1"]


def test_another_url_under_the_same_id_asks_anew_and_sends_nothing_twice(desk):
    desk.server.routes["/rss"] = answer(rss(item("1")), ETag='"7"')
    desk.server.routes["/new"] = answer(rss(item("1"), item("2")))
    desk.run()
    desk.run(desk.feed("/new"))
    assert "if-none-match" not in desk.server.requests[1].headers
    assert desk.sink.guids() == ["1", "2"]


def test_a_crash_between_sink_and_memory_sends_again_and_loses_nothing(desk):
    desk.server.routes["/rss"] = answer(rss(item("1"), item("2")), ETag='"7"')
    desk.sink.crash_after = True
    with pytest.raises(Crash):
        desk.run()
    desk.sink.crash_after = False
    desk.run()
    assert desk.server.requests[1].headers.get("if-none-match") is None
    assert Counter(desk.sink.guids()) == {"1": 2, "2": 2}
    desk.run()
    assert len(desk.sink.rows) == 4


def test_a_crash_between_the_items_and_the_validators_loses_nothing(desk, monkeypatch):
    def crash(*_):
        raise Crash

    desk.server.routes["/rss"] = answer(rss(item("1")), ETag='"7"')
    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(FeedMemory, "record_read", crash)
        desk.run()
    desk.run()
    assert desk.sink.guids() == ["1"]
    assert desk.server.requests[1].headers.get("if-none-match") is None


def test_what_the_sink_did_not_confirm_is_sent_with_the_next_poll(desk):
    desk.server.routes["/rss"] = answer(rss(item("1"), item("2"), item("3")), ETag='"7"')
    desk.sink.confirm = lambda rows: 1
    state = desk.run()
    assert (state.reason, state.detail, state.etag) == ("sink_failed", "the sink is full", "")
    assert desk.sink.guids() == ["1"]
    desk.sink.confirm = len
    desk.now = state.next_s + 1
    assert desk.run().reason == ""
    assert desk.sink.guids() == ["1", "2", "3"]


def test_too_many_requests_are_answered_by_the_rest_that_is_asked_for(desk):
    desk.server.routes["/rss"] = answer(b"", "429 Too Many Requests", Retry_After="7200")
    state = desk.run()
    assert (state.reason, state.status, state.failures) == ("http_status", 429, 1)
    assert 7200 <= state.not_before_s - desk.now <= 7200 * 1.05
    desk.now += 7000
    desk.run()
    assert len(desk.server.requests) == 1
    desk.now += 600
    desk.run()
    assert len(desk.server.requests) == 2


def test_failures_in_a_row_wait_longer_each_time_and_a_success_ends_them(desk):
    desk.server.routes["/rss"] = [answer(b"", "500 Oops")] * 3 + [answer(rss(item("1")))]
    rests = []
    for _ in range(3):
        state = desk.run()
        rests.append(state.next_s - desk.now)
        desk.now = state.next_s + 1
    assert rests == [1350, 2700, 5400]
    assert desk.health()["failures_in_a_row"] == 3
    state = desk.run()
    assert (state.failures, state.not_before_s, state.next_s - desk.now) == (0, 0, 900)
    assert desk.sink.guids() == ["1"]


EXPECTED = {path: "timeout" for path in HOSTILE if "slow" in path} | {
    "/silent": "timeout",
    "/endless-continue": "timeout",
    "/endless-body": "too_large",
    "/endless-chunks": "too_large",
    "/announced": "too_large",
    "/gzip-bomb": "too_large",
    "/double-gzip": "bad_encoding",
    "/zstd": "bad_encoding",
    "/redirects/": "too_many_redirects",
}


def test_a_whole_list_of_hostile_feeds_costs_each_itself_and_the_good_one_nothing(desk):
    desk.server.routes |= {
        "/good": answer(
            rss(item("1"), item("2")).encode("cp1256"), Content_Type="text/xml; charset=windows-1256"
        ),
        "/laughs": answer("<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss(item("&a;"))),
        "/page": answer("<!DOCTYPE html><html>"),
        "/inner": answer(b"", "302 Found", Location="http://10.0.0.1/rss"),
    }
    paths = [*HOSTILE, "/laughs", "/page", "/inner"]
    feeds = [
        desk.feed(path + ("0" if path.endswith("/") else ""), f"f{number}", host=f"h{number}.example")
        for number, path in enumerate(paths)
    ]
    # A host each, so that they are polled side by side.
    feeds = [dataclasses.replace(feed, url=feed.url.replace("feeds.example", feed.host)) for feed in feeds]
    good = desk.feed("/good", "good")
    desk.run(*feeds, good)
    reasons = {path: desk.health(f"f{number}")["reason"] for number, path in enumerate(paths)}
    expected = {path: EXPECTED.get(path, "broken") for path in HOSTILE}
    assert reasons == expected | {"/laughs": "unsafe_xml", "/page": "not_a_feed", "/inner": "refused_address"}
    assert desk.sink.guids() == ["1", "2"]
    assert [row["title"] for row in desk.sink.rows] == [TEXT, TEXT]


def test_feeds_of_one_host_are_polled_one_after_the_other(desk):
    for number in range(6):
        desk.server.routes[f"/{number}"] = answer(rss(item(str(number))))
    desk.run(*(desk.feed(f"/{number}", f"f{number}") for number in range(6)))
    assert desk.server.most_at_once == 1
    assert sorted(desk.sink.guids()) == list("012345")


def read_page(text):
    if "<article>" not in text:
        raise PageError("no article in the page")
    return Page("عنوان", text.partition("<article>")[2], "كاتب", "2024-01-02", "", "")


def test_the_full_text_is_that_of_the_page_and_the_feed_s_own_where_it_has_none(desk):
    desk.server.routes |= {
        "/rss": answer(rss(item("1"), item("2"), item("3"))),
        "/1": answer("<article>النص الكامل".encode("cp1256"), Content_Type="text/html; charset=windows-1256"),
        "/2": answer("<p>nothing"),
    }
    desk.run(desk.feed(full_text=True), page_reader=read_page)
    assert [(row["guid"], row["body"], row["body_from"]) for row in desk.sink.rows] == [
        ("1", "النص الكامل", "page"),
        ("2", TEXT, "feed"),
        ("3", TEXT, "feed"),
    ]
    desk.run(desk.feed(full_text=True), page_reader=read_page)
    assert desk.server.paths().count("/1") == 1


def test_a_page_at_an_inner_address_is_not_fetched(desk):
    desk.server.routes["/rss"] = answer(rss(item("1").replace("/1<", "http://169.254.169.254/latest<")))
    desk.run(desk.feed(full_text=True, allowed=(parse_network("127.0.0.1"),)), page_reader=read_page)
    assert [row["body_from"] for row in desk.sink.rows] == ["feed"]
    assert desk.server.paths() == ["/rss"]


def test_a_cut_feed_sends_what_it_has_and_is_asked_again(desk):
    desk.server.routes["/rss"] = answer(rss(item("1"), item("2"))[:-50], ETag='"7"')
    state = desk.run()
    assert (state.reason, state.etag) == ("truncated_file", "")
    assert desk.sink.guids() == ["1"]


def test_a_thousand_items_are_sent_in_batches_each_confirmed_by_itself(desk):
    desk.server.routes["/rss"] = answer(rss(*(item(str(number), "نص") for number in range(1000))))
    batches = iter([100, 100, 40])
    desk.sink.confirm = lambda rows: next(batches)
    state = desk.run()
    assert len(desk.sink.rows) == 240
    desk.sink.confirm = len
    desk.now = state.next_s + 1
    desk.run()
    assert Counter(desk.sink.guids()) == {str(number): 1 for number in range(1000)}


def test_a_flood_of_pages_is_spread_over_polls(desk, monkeypatch):
    monkeypatch.setattr("pipelines.feed_poller._MOST_PAGES", 3)
    desk.server.routes["/rss"] = answer(rss(*(item(str(number)) for number in range(8))), ETag='"7"')
    counts = []
    for _ in range(4):
        desk.run(desk.feed(full_text=True), page_reader=read_page)
        counts.append(len(desk.sink.rows))
    assert counts == [3, 6, 8, 8]
    assert desk.sink.guids() == list("01234567")


def test_with_once_a_server_that_asked_for_rest_is_no_failure(desk):
    desk.server.routes["/rss"] = answer(b"", "503 Busy", Retry_After="3600")
    assert desk.run().failures == 1
    assert desk.run().failures == 1
    assert (desk.poller.polled, desk.poller.good) == (0, 0)


def test_the_page_of_an_item_is_taken_apart_by_the_extra(desk):
    reader = pytest.importorskip("trafilatura") and load_page_reader()
    story = "".join(
        f"<p>{TEXT} وقال المتحدث باسم الوزارة ان المرحلة رقم {number} تبدأ الاسبوع المقبل.</p>"
        for number in range(6)
    )
    page = f"<html><head><title>{TEXT}</title></head><body><nav>الرئيسية</nav><article><h1>{TEXT}</h1>{story}</article></body></html>"
    desk.server.routes |= {"/rss": answer(rss(item("1"))), "/1": answer(page, Content_Type="text/html")}
    desk.run(desk.feed(full_text=True), page_reader=reader)
    (row,) = desk.sink.rows
    assert row["body_from"] == "page"
    assert "المرحلة رقم 5" in row["body"]
    assert "الرئيسية" not in row["body"]
