"""Visits to web servers: redirects followed by hand, each hop checked, robots.txt asked, turns kept."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipelines.addresses import Network
from pipelines.fetch import Answer, Fetcher, FetchError
from pipelines.politeness import Robots, Turns, read_retry_after
from pipelines.web_urls import WebUrl, join_url, read_url

__all__ = ["Terms", "Visit", "Visitor"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_WAIT_CODES = frozenset({429, 503})
#: RFC 9309 2.4 and 2.5: kept for a day, read up to 500 KiB.
_ROBOTS_S = 86_400.0
_ROBOTS_BYTES = 500 << 10
#: An origin whose robots.txt cannot be read is asked again after this.
_ROBOTS_FAILED_S = 300.0
_MOST_ORIGINS = 2000
#: A server that wants longer rest is left alone: the feed comes again later.
_PATIENCE_S = 120.0
_USUAL_PORTS = frozenset({80, 443})


class Terms(NamedTuple):
    """How a feed wants its servers treated, and what they may do to us.

    `port` is that of the feed's own URL: besides the usual two the only one that a redirect may lead to.
    """

    allowed: tuple[Network, ...] = ()
    obey_robots: bool = True
    pause_s: float = 2.0
    port: int = 443


class Visit(NamedTuple):
    """The answer at the end of the redirects. `moved_to` is where permanent redirects alone led, else ""."""

    answer: Answer
    moved_to: str = ""


class Visitor:
    """Visits URLs, from several threads; one request at a time per host."""

    def __init__(
        self,
        fetcher: Fetcher,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take what ends every wait, `stopping`; `clock` measures pauses, `now` is Unix time for `Retry-After` dates."""
        self._fetcher = fetcher
        self._stopping = stopping
        self._clock = clock
        self._now = now
        self._turns = Turns()
        self._changed = threading.Condition()
        self._robots: dict[str, tuple[float, Robots | FetchError]] = {}

    def visit(self, url: str, headers: Mapping[str, str], terms: Terms) -> Visit:
        """Return the answer behind a URL, whatever its status. Raises FetchError.

        The seconds of the limits bound the requests together; waiting for a turn is not counted.
        """
        return self._follow(url, headers, terms, robots=terms.obey_robots, max_bytes=None)

    def _follow(
        self, url: str, headers: Mapping[str, str], terms: Terms, *, robots: bool, max_bytes: int | None
    ) -> Visit:
        limits = self._fetcher.limits
        left = limits.seconds
        permanent, moved_to = True, ""
        for hop in range(limits.redirects + 1):
            target = _checked(url, terms, first=hop == 0)
            pause_s = terms.pause_s
            if robots:
                rules = self._rules_of(target, terms)
                if not rules.may_read(target.text):
                    raise FetchError(
                        "robots_disallowed", f"{target.origin}/robots.txt does not allow {target.text}"
                    )
                pause_s = max(pause_s, rules.delay_s)
            answer, took = self._get(target, headers, terms, left, pause_s, max_bytes)
            left -= took
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location:
                return Visit(answer, moved_to)
            permanent = permanent and answer.status in _PERMANENT
            try:
                url = join_url(target.text, location)
            except ValueError as error:
                raise FetchError("bad_url", f"{target.host} redirects to {location[:200]!r}") from error
            moved_to = url if permanent else moved_to
        raise FetchError("too_many_redirects", f"more than {limits.redirects}, the last one to {url[:200]}")

    def _get(
        self,
        target: WebUrl,
        headers: Mapping[str, str],
        terms: Terms,
        left: float,
        pause_s: float,
        max_bytes: int | None,
    ) -> tuple[Answer, float]:
        if left <= 0:
            raise FetchError("timeout", f"the redirects before {target.host} took all the time")
        self._take_turn(target.host)
        began = self._clock()
        try:
            answer = self._fetcher.get(
                target, headers, terms.allowed, left, max_bytes=max_bytes, cut=max_bytes is not None
            )
            if answer.status in _WAIT_CODES:
                wait_s = read_retry_after(answer.headers.get("retry-after", ""), self._now())
                pause_s = max(pause_s, wait_s)
        finally:
            with self._changed:
                self._turns.give_back(target.host, self._clock(), pause_s)
                self._changed.notify_all()
        return answer, self._clock() - began

    def _take_turn(self, host: str) -> None:
        with self._changed:
            while True:
                if self._stopping.is_set():
                    raise FetchError("stopped", host)
                wait = self._turns.take(host, self._clock())
                if wait <= 0:
                    return
                if _PATIENCE_S < wait < float("inf"):
                    raise FetchError("host_on_hold", f"{host} asked for {wait:.0f} s of rest", wait)
                self._changed.wait(min(wait, 0.2))

    def _rules_of(self, target: WebUrl, terms: Terms) -> Robots:
        now = self._clock()
        until, known = self._robots.get(target.origin, (0.0, Robots.open_to_all()))
        if now >= until:
            if len(self._robots) >= _MOST_ORIGINS:
                self._robots.clear()
            known = self._read_robots(target, terms)
            lasts = _ROBOTS_FAILED_S if isinstance(known, FetchError) else _ROBOTS_S
            self._robots[target.origin] = (now + lasts, known)
        if isinstance(known, FetchError):
            raise known
        return known

    def _read_robots(self, target: WebUrl, terms: Terms) -> Robots | FetchError:
        try:
            answer = self._follow(
                f"{target.origin}/robots.txt", {}, terms, robots=False, max_bytes=_ROBOTS_BYTES
            ).answer
        except FetchError as error:
            # What one feed's terms refuse, those of another may allow: that is not kept.
            if error.reason in {"stopped", "host_on_hold"} or error.reason.startswith("refused_"):
                raise
            return FetchError("robots_unreachable", f"{target.origin}/robots.txt: {error}")
        if answer.status == 200:
            return Robots.parse(answer.body)
        if answer.status >= 500 or answer.status == 429:
            # RFC 9309 2.3.1.4: then nothing may be read.
            return FetchError("robots_unreachable", f"{target.origin}/robots.txt: HTTP {answer.status}")
        return Robots.open_to_all()


def _checked(url: str, terms: Terms, *, first: bool) -> WebUrl:
    try:
        target = read_url(url)
    except ValueError as error:
        raise FetchError("bad_url", f"{url[:200]!r} {error}") from error
    if target.port not in _USUAL_PORTS and target.port != terms.port:
        kind = "the URL has" if first else "a redirect leads to"
        raise FetchError("refused_port", f"{kind} port {target.port} of {target.host}")
    return target
