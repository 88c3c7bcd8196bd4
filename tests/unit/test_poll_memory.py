"""What the poller remembers, how long, and where items go."""

import json
import sqlite3

import pytest

from pipelines.errors import UsageError
from pipelines.feed_health import write_health
from pipelines.feed_items import FeedItem
from pipelines.feed_memory import FeedMemory, FeedState
from pipelines.feed_sinks import InboxSink, PubSubSink, attributes, open_sink, read_target
from pipelines.outcome import ExitCode, RunFailed

DAY = 86_400.0


def item(key, version="1"):
    pad = lambda text: text.encode().ljust(16)  # noqa: E731
    return FeedItem(pad(key), pad(version), key, "", "", "", "", "", (), "")


def keys(items):
    return [found.guid for found in items]


def row(number=1, **changes):
    return {"title": "خبر", "body": "نص", "source": "صحيفة", "url": f"https://feeds.example/{number}", "author": "",
            "published": "Tue, 02 Jan 2024 03:04:05 GMT", "crawled": "2024-01-02T04:00:00Z"} | changes  # fmt: skip


def test_what_was_sent_is_known_in_the_next_run(tmp_path):
    with FeedMemory(tmp_path) as memory:
        memory.record_sent("f", [item("a"), item("b")], 1)
    with FeedMemory(tmp_path) as memory:
        assert keys(memory.unsent("f", [item("a"), item("c"), item("b")])) == ["c"]
        assert keys(memory.unsent("f", [item("a", "2")])) == ["a"]
        assert keys(memory.unsent("other", [item("a")])) == ["a"]


def test_an_item_is_forgotten_only_after_it_has_long_left_the_feed(tmp_path):
    with FeedMemory(tmp_path) as memory:
        memory.record_sent("f", [item("stays"), item("left")], 0)
        memory.record_read(FeedState("f"), [item("stays")], 50 * DAY, 90 * DAY)
        assert memory.unsent("f", [item("left")]) == []
        memory.record_read(FeedState("f"), [item("stays")], 91 * DAY, 90 * DAY)
        assert keys(memory.unsent("f", [item("stays"), item("left")])) == ["left"]


def test_a_feed_that_never_changes_forgets_nothing(tmp_path):
    # Its last reading is old; what counts is how long an item was gone when the feed was read.
    with FeedMemory(tmp_path) as memory:
        memory.record_sent("f", [item("a")], 0)
        memory.record_state(FeedState("f", polled_s=900 * DAY))
        memory.record_read(FeedState("f"), [item("a"), item("b")], 1000 * DAY, 90 * DAY)
        assert memory.unsent("f", [item("a")]) == []


def test_feeds_that_left_the_list_are_forgotten_in_time(tmp_path):
    with FeedMemory(tmp_path) as memory:
        memory.record_sent("gone", [item("a")], 0)
        memory.record_state(FeedState("gone", polled_s=1))
        memory.forget_others({"f"}, 50 * DAY, 90 * DAY)
        assert memory.unsent("gone", [item("a")]) == []
        memory.forget_others({"f"}, 100 * DAY, 90 * DAY)
        assert keys(memory.unsent("gone", [item("a")])) == ["a"]
        assert memory.state("gone") == FeedState("gone")


def test_the_state_of_a_feed_comes_back_as_it_was(tmp_path):
    state = FeedState(
        "f", "https://x", '"e"', "Mon", b"h", 1.5, 2.5, 3.5, 4.5, 5, 6, 503, "http_status", "HTTP 503", "y"
    )
    with FeedMemory(tmp_path) as memory:
        memory.record_state(state)
        assert memory.state("f") == state


def test_a_second_poller_on_the_same_memory_is_refused(tmp_path):
    with FeedMemory(tmp_path), pytest.raises(RunFailed) as caught:
        FeedMemory(tmp_path)
    assert caught.value.code == ExitCode.LOCKED
    FeedMemory(tmp_path).close()


def test_a_damaged_memory_is_told_and_not_overwritten(tmp_path):
    (tmp_path / "poll.sqlite").write_bytes(b"not a database, but long enough to be one" * 100)
    with pytest.raises(RunFailed, match="move it away"):
        FeedMemory(tmp_path)
    (tmp_path / "poll.sqlite").unlink()
    sqlite3.connect(tmp_path / "poll.sqlite").execute("PRAGMA user_version=99")
    with pytest.raises(RunFailed, match="form 99"):
        FeedMemory(tmp_path)


def test_the_health_of_feeds_is_told_in_one_file(tmp_path):
    states = [FeedState("a", success_s=60, next_s=120, sent=3), FeedState("b", failures=2, reason="timeout")]
    write_health(tmp_path / "health.json", states, 90)
    health = json.loads((tmp_path / "health.json").read_text("utf-8"))
    assert (health["feeds"], health["failing"], health["items_sent"]) == (2, 1, 3)
    assert health["by_feed"]["a"]["last_success"] == "1970-01-01T00:01:00Z"
    assert health["by_feed"]["b"]["last_success"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["health.json"]


def test_an_inbox_file_is_there_whole_or_not_at_all(tmp_path):
    sink = InboxSink(tmp_path / "inbox")
    assert sink.deliver("f", [row(1), row(2)], [b"1", b"2"]).confirmed == (0, 1)
    (path,) = (tmp_path / "inbox").iterdir()
    assert [json.loads(line)["url"][-1] for line in path.read_text("utf-8").splitlines()] == ["1", "2"]


def test_the_same_items_sent_again_replace_their_file(tmp_path):
    sink = InboxSink(tmp_path)
    sink.deliver("f", [row(1)], [b"1"])
    sink.deliver("f", [row(1, crawled="later")], [b"1"])
    sink.deliver("f", [row(2)], [b"2"])
    assert len(list(tmp_path.iterdir())) == 2


def test_an_inbox_that_cannot_be_written_confirms_nothing(tmp_path):
    sink = InboxSink(tmp_path / "inbox")
    (tmp_path / "inbox").rmdir()
    delivery = sink.deliver("f", [row()], [b"1"])
    assert delivery.confirmed == ()
    assert "inbox" in delivery.fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stdout:x",
        "inbox:",
        "inbox",
        "inbox:gs://bucket",
        "pubsub:topic",
        "pubsub:projects/p/topics/",
        "kafka:x",
    ],
)
def test_an_unknown_sink_is_refused_with_the_known_ones(text):
    with pytest.raises(UsageError, match="inbox:DIR or stdout"):
        read_target(text)


def test_known_sinks_are_read():
    assert read_target("inbox:in/box").place == "in/box"
    assert read_target("pubsub:projects/my-project/topics/news").place == "projects/my-project/topics/news"


class Publisher:
    """Behaves like the Pub/Sub client; fails for the messages told."""

    def __init__(self, failing=(), broken=False):
        self.sent = []
        self.failing, self.broken = failing, broken
        self.stopped = False

    def publish(self, topic, data, **found):
        if self.broken:
            raise RuntimeError("no connection")
        self.sent.append((topic, data, found))
        number = len(self.sent) - 1
        return type("Future", (), {"result": lambda _, timeout: self._result(number)})()

    def _result(self, number):
        if number in self.failing:
            raise TimeoutError("too slow")
        return str(number)

    def stop(self):
        self.stopped = True


def test_one_message_is_one_article_with_its_attributes():
    publisher = Publisher()
    sink = PubSubSink("projects/p/topics/t", publisher)
    assert sink.deliver("f", [row()], [b"1"]).confirmed == (0,)
    topic, data, found = publisher.sent[0]
    assert topic == "projects/p/topics/t"
    assert json.loads(data) == row()
    assert found == {"source": "صحيفة", "url": "https://feeds.example/1", "published": "2024-01-02T03:04:05Z",
                     "content_type": "application/json"}  # fmt: skip
    sink.close()
    assert publisher.stopped


def test_only_confirmed_messages_are_confirmed():
    delivery = PubSubSink("t", Publisher(failing={1})).deliver("f", [row(1), row(2), row(3)], [b""] * 3)
    assert delivery.confirmed == (0, 2)
    assert "too slow" in delivery.fault
    assert PubSubSink("t", Publisher(broken=True)).deliver("f", [row()], [b""]).confirmed == ()


def test_attributes_that_pub_sub_would_refuse_are_left_out():
    found = attributes(row(url="https://feeds.example/" + "x" * 2000, published=None, source="ص" * 600))
    assert found == {"content_type": "application/json"}


def test_without_the_extra_pub_sub_is_refused_with_the_way_out(monkeypatch):
    import importlib

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(RunFailed, match=r"warraq\[gcp\]") as caught:
        open_sink(read_target("pubsub:projects/my-project/topics/news"), None)
    assert caught.value.code == ExitCode.USAGE
