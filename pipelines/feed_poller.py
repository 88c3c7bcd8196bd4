"""Polls feeds: what is due, one feed from request to confirmed items, and when it is asked again."""

import dataclasses
import datetime
import hashlib
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from pipelines.charset import decode_feed, decode_page
from pipelines.feed_health import LOGGER, log_poll, write_health
from pipelines.feed_items import FeedItem, item_row, read_feed
from pipelines.feed_list import Feed, FeedList
from pipelines.feed_memory import FeedMemory, FeedState
from pipelines.feed_sinks import Sink
from pipelines.fetch import Answer, FetchError
from pipelines.politeness import back_off, read_retry_after
from pipelines.visits import Terms, Visitor
from transforms.core.pages import Page, PageError

__all__ = ["Poller"]

_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
#: So many items are sent, confirmed and remembered at a time.
_BATCH = 100
#: Where each needs a request of its own.
_PAGES = 10
#: No validator is longer; a server's strange idea is not kept.
_MOST_VALIDATOR = 1024
#: Polls are spread by this share of the interval, so that feeds do not fall into step.
_SPREAD = 0.05
_IDLE_S = 0.2
#: Pages that one poll of a feed fetches; further items wait for the next one.
_MOST_PAGES = 100
#: A larger item is one that `warraq batch` would refuse.
_MOST_ITEM_BYTES = 8 << 20

PageReader = Callable[[str], Page]


class _PollError(Exception):
    """A poll that failed: why, and how long the server wants to be left alone."""

    def __init__(self, reason: str, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.wait_s = wait_s


@dataclasses.dataclass
class _Poll:
    """One poll under way: what it has done so far."""

    feed: Feed
    state: FeedState
    items: int = 0
    sent: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)


class Poller:
    """Polls the feeds of a list into a sink. `page_reader` is needed where a feed wants the full text."""

    def __init__(
        self,
        feeds: FeedList,
        visitor: Visitor,
        memory: FeedMemory,
        sink: Sink,
        stopping: threading.Event,
        *,
        health: Path,
        page_reader: PageReader | None = None,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`health` is the file that tells how the feeds are; `now` is Unix time; `stopping` ends the polling."""
        self._feeds = feeds
        self._visitor = visitor
        self._memory = memory
        self._sink = sink
        self._sinking = threading.Lock()
        self._stopping = stopping
        self._health = health
        self._page_reader = page_reader
        self._now = now
        self._chance = chance
        self.sink_fault = ""
        self.polled = self.good = 0

    @property
    def in_vain(self) -> bool:
        """Whether the sink did not take everything, or none of the feeds that were asked could be read."""
        return bool(self.sink_fault) or (self.polled > 0 and not self.good)

    def run(self, *, once: bool) -> None:
        """Poll until told to stop; with `once` every feed once, unless its server asked for rest.

        Hosts are polled side by side, feeds of one host one after the other; `polled` and `good` count. Raises what
        a sink raises for good (BrokenPipeError), sqlite3.Error, and OSError of the health file.
        """
        now = self._now()
        self._memory.forget_others({feed.id for feed in self._feeds.feeds}, now, self._feeds.remember_s)
        due = {feed: self._due(feed, now, once=once) for feed in self._feeds.feeds}
        if once:
            for feed in [feed for feed in due if due[feed] > now]:
                LOGGER.info("%s: left alone for %d s more", feed.id, due.pop(feed) - now)
        try:
            self._run(due, once=once)
        except BaseException:
            self._stopping.set()  # what still runs need not go on
            raise
        self._tell()

    def _run(self, due: dict[Feed, float], *, once: bool) -> None:
        """Poll the feeds of `due` (feed -> Unix time); those under way are not in it."""
        running: dict[Future[FeedState], Feed] = {}
        with ThreadPoolExecutor(self._feeds.workers, thread_name_prefix="poll") as pool:
            while not self._stopping.is_set() and (due or running):
                for feed in self._ready(due, running.values()):
                    del due[feed]
                    running[pool.submit(self.poll, feed)] = feed
                if not running:
                    # No wait of the event's: a signal handler that sets it must not find its lock taken.
                    time.sleep(_IDLE_S)
                    continue
                for future in wait(running, timeout=_IDLE_S, return_when=FIRST_COMPLETED).done:
                    feed = running.pop(future)
                    state = future.result()
                    self.polled += 1
                    self.good += not state.reason
                    if not once:
                        due[feed] = state.next_s
                    self._tell()

    def _ready(self, due: Mapping[Feed, float], running: Collection[Feed]) -> list[Feed]:
        """Return the feeds that can start now: due, of a host that is free, as many as there are workers."""
        now = self._now()
        busy = {feed.host for feed in running}
        ready: list[Feed] = []
        for feed in sorted(due, key=due.__getitem__):
            if due[feed] > now or len(running) + len(ready) >= self._feeds.workers:
                break
            if feed.host not in busy:
                busy.add(feed.host)
                ready.append(feed)
        return ready

    def _due(self, feed: Feed, now: float, *, once: bool) -> float:
        state = self._memory.state(feed.id)
        if state.url != feed.url:
            return now
        # A clock that was set back must not put a feed to sleep for years.
        latest = now + max(feed.interval_s, self._feeds.back_off_s, 86_400.0)
        return min(state.not_before_s if once else state.next_s, latest)

    def _tell(self) -> None:
        write_health(self._health, [self._memory.state(feed.id) for feed in self._feeds.feeds], self._now())

    def poll(self, feed: Feed) -> FeedState:
        """Poll one feed now: ask, read, send what is new, remember. Returns how the feed is then."""
        state = self._memory.state(feed.id)
        if state.url != feed.url:
            # Another document: what was remembered of the old one's answers is void, its items are not.
            state = dataclasses.replace(
                state,
                url=feed.url,
                etag="",
                modified="",
                body_hash=b"",
                moved_to="",
                failures=0,
                reason="",
                detail="",
            )
        poll = _Poll(feed, state)
        now = self._now()
        try:
            self._read(poll)
        except _PollError as error:
            self._failed(poll, now, error)
        except FetchError as error:
            if error.reason == "stopped":
                if poll.sent:
                    self._memory.record_state(poll.state)
                return poll.state
            self._failed(poll, now, _PollError(error.reason, error.detail, error.wait_s))
        log_poll(poll.state, poll.items, poll.sent, poll.notes)
        return poll.state

    def _read(self, poll: _Poll) -> None:
        feed, state = poll.feed, poll.state
        headers = {"Accept": _ACCEPT}
        if state.etag:
            headers["If-None-Match"] = state.etag
        if state.modified:
            headers["If-Modified-Since"] = state.modified
        answer, moved_to = self._visitor.visit(feed.url, headers, self._terms(feed))
        if moved_to and moved_to != state.moved_to:
            poll.notes.append(f"has moved for good to {moved_to[:300]}; change its url")
        poll.state = state = dataclasses.replace(state, status=answer.status, moved_to=moved_to[:4096])
        body_hash = hashlib.sha256(answer.body).digest()
        if answer.status == 304 and (state.etag or state.modified):
            self._memory.record_state(self._succeeded(poll))
        elif answer.status != 200:
            wait_s = read_retry_after(answer.headers.get("retry-after", ""), self._now())
            raise _PollError("http_status", f"HTTP {answer.status}", wait_s)
        elif body_hash == state.body_hash:
            validators = _validators(answer)
            poll.state = dataclasses.replace(state, etag=validators[0], modified=validators[1])
            self._memory.record_state(self._succeeded(poll))
        else:
            self._take(poll, answer, body_hash)

    def _take(self, poll: _Poll, answer: Answer, body_hash: bytes) -> None:
        """Send the new items of a document; only when all are confirmed, remember the document itself."""
        decoded = decode_feed(answer.body, answer.headers.get("content-type", ""))
        if decoded.broken:
            poll.notes.append(f"{decoded.broken} broken bytes of {decoded.codec} became U+FFFD")
        content = read_feed(decoded.text, answer.url, min(self._feeds.max_bytes, _MOST_ITEM_BYTES))
        poll.items = len(content.items)
        unsent = self._memory.unsent(poll.feed.id, content.items)
        now_sent = unsent[:_MOST_PAGES] if poll.feed.full_text else unsent
        self._send(poll, now_sent)
        if not content.complete:
            raise _PollError(*content.faults[-1])
        poll.notes += [f"{reason}: {detail}" for reason, detail in content.faults]
        if len(now_sent) < len(unsent):
            # Nothing is remembered of the document, so that the rest is new again.
            self._memory.record_state(self._succeeded(poll))
            return
        etag, modified = _validators(answer)
        poll.state = dataclasses.replace(poll.state, etag=etag, modified=modified, body_hash=body_hash)
        now = self._now()
        self._memory.record_read(self._succeeded(poll), content.items, now, self._feeds.remember_s)

    def _send(self, poll: _Poll, items: Sequence[FeedItem]) -> None:
        feed = poll.feed
        size = _PAGES if feed.full_text else _BATCH
        for start in range(0, len(items), size):
            batch = [self._with_page(poll, item) for item in items[start : start + size]]
            if self._stopping.is_set():
                raise FetchError("stopped", feed.id)
            crawled = datetime.datetime.fromtimestamp(self._now(), datetime.UTC).isoformat(timespec="seconds")
            rows = [item_row(item, feed.id, feed.source, crawled.replace("+00:00", "Z")) for item in batch]
            with self._sinking:
                delivery = self._sink.deliver(feed.id, rows, [item.key + item.version for item in batch])
            confirmed = [batch[index] for index in delivery.confirmed]
            self._memory.record_sent(feed.id, confirmed, self._now())
            poll.sent += len(confirmed)
            poll.state = dataclasses.replace(poll.state, sent=poll.state.sent + len(confirmed))
            if len(confirmed) < len(batch):
                self.sink_fault = delivery.fault or "not confirmed"
                raise _PollError("sink_failed", self.sink_fault)

    def _with_page(self, poll: _Poll, item: FeedItem) -> FeedItem:
        """Return an item with the body of its page; as it is where the page gives none, so that it is never lost."""
        if not poll.feed.full_text or self._page_reader is None or not item.url:
            return item
        try:
            answer = self._visitor.visit(item.url, {"Accept": _ACCEPT_PAGE}, self._terms(poll.feed)).answer
            if answer.status != 200:
                poll.notes.append(f"{item.url[:200]}: the feed's own text is sent: HTTP {answer.status}")
                return item
            page = self._page_reader(decode_page(answer.body, answer.headers.get("content-type", "")).text)
        except (FetchError, PageError) as error:
            if isinstance(error, FetchError) and error.reason == "stopped":
                raise
            poll.notes.append(f"{item.url[:200]}: the feed's own text is sent: {error}")
            return item
        return dataclasses.replace(
            item,
            body=page.body,
            title=item.title or page.title,
            author=item.author or page.author,
            published=item.published or page.published,
            body_from="page",
        )

    def _terms(self, feed: Feed) -> Terms:
        return Terms(feed.allowed, feed.obey_robots, self._feeds.pause_s, feed.port)

    def _succeeded(self, poll: _Poll) -> FeedState:
        now = self._now()
        spread = 1 + _SPREAD * (2 * self._chance() - 1)
        poll.state = dataclasses.replace(
            poll.state,
            polled_s=now,
            success_s=now,
            next_s=now + poll.feed.interval_s * spread,
            not_before_s=0.0,
            failures=0,
            reason="",
            detail="",
        )
        return poll.state

    def _failed(self, poll: _Poll, now: float, error: _PollError) -> None:
        failures = poll.state.failures + 1
        rest_s = back_off(failures, poll.feed.interval_s, self._feeds.back_off_s, self._chance())
        # Spread what the server asks for too, upwards only.
        rest_s = max(rest_s, error.wait_s * (1 + _SPREAD * self._chance()))
        poll.state = dataclasses.replace(
            poll.state,
            polled_s=now,
            next_s=now + rest_s,
            not_before_s=now + rest_s,
            failures=failures,
            reason=error.reason,
            detail=error.detail[:500],
            status=0 if error.reason != "http_status" else poll.state.status,
        )
        self._memory.record_state(poll.state)


def _validators(answer: Answer) -> tuple[str, str]:
    """Return ETag and Last-Modified as they are to be sent back: printable ASCII, or not at all."""
    found = [answer.headers.get(name, "").strip() for name in ("etag", "last-modified")]
    kept = [
        value if value.isascii() and value.isprintable() and len(value) <= _MOST_VALIDATOR else ""
        for value in found
    ]
    return kept[0], kept[1]
