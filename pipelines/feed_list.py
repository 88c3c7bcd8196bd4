"""The list of feeds to poll: a YAML file -> checked feeds, or every fault with its place."""

import dataclasses
import re
from collections.abc import Callable

from pipelines.addresses import Network, parse_network
from pipelines.config import read_config_bytes, read_yaml
from pipelines.config_build import Path, dotted
from pipelines.errors import ConfigError, Fault
from pipelines.rules_build import RulesBuilder
from pipelines.web_urls import read_url
from pipelines.yaml_nodes import Node, shown
from transforms.core.settings import setting

__all__ = ["Feed", "FeedEntry", "FeedList", "FeedsFile", "read_feed_list"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclasses.dataclass(frozen=True)
class FeedEntry:
    """One feed as the user writes it."""

    id: str = setting("", "Its name in the memory, in health and in file names: letters a-z, digits, . _ -")
    url: str = setting("", "Where it is: RSS 2.0, RSS 1.0 or Atom, by http or https.")
    source: str = setting("", "Name of the outlet in its articles; the title of the feed where it is empty.")
    note: str = setting("", "For readers only.")
    active: bool = setting(True, "Whether it is polled.")
    interval_minutes: float | None = setting(
        None,
        "Minutes between two polls; that of the whole list where it is empty.",
        minimum=1,
        maximum=10_080,
    )
    full_text: bool = setting(
        False, "Fetch the page of each new item and take the body from it (extra html)."
    )
    obey_robots: bool = setting(True, "Ask robots.txt; false only for servers of your own.")
    allow_addresses: tuple[str, ...] = setting(
        (), "Networks that this feed may reach although they are not public, e.g. 10.1.0.0/16."
    )


@dataclasses.dataclass(frozen=True)
class FeedsFile:
    """A list of feeds as the user writes it."""

    version: int = setting(0, "Version of this form: 1.", minimum=1, maximum=1)
    contact: str = setting("", "Address (URL or e-mail) in the User-Agent, for those who run the servers.")
    interval_minutes: float = setting(15.0, "Minutes between two polls of a feed.", minimum=1, maximum=10_080)
    pause_seconds: float = setting(
        2.0,
        "Least pause between two requests to one host; a longer Crawl-delay counts.",
        minimum=0,
        maximum=3600,
    )
    back_off_hours: float = setting(6.0, "Longest pause after failures in a row.", minimum=0.1, maximum=168)
    remember_days: float = setting(
        90.0, "Items are remembered so long after they were last in the feed.", minimum=1, maximum=3650
    )
    workers: int = setting(4, "Hosts that are asked at the same time.", minimum=1, maximum=64)
    max_bytes: int = setting(10 << 20, "Largest answer, packed or not.", minimum=1024, maximum=100 << 20)
    timeout_seconds: float = setting(
        30.0, "Longest time of one answer, redirects and all.", minimum=1, maximum=300
    )
    feeds: tuple[FeedEntry, ...] = setting((), "The feeds.")


@dataclasses.dataclass(frozen=True)
class Feed:
    """One feed, checked. Times are seconds; `host` and `port` are those of its URL."""

    id: str
    url: str
    source: str
    interval_s: float
    full_text: bool
    obey_robots: bool
    allowed: tuple[Network, ...]
    host: str
    port: int


@dataclasses.dataclass(frozen=True)
class FeedList:
    """The active feeds and what holds for all of them; times are seconds."""

    feeds: tuple[Feed, ...]
    contact: str = ""
    pause_s: float = 2.0
    back_off_s: float = 21_600.0
    remember_s: float = 7_776_000.0
    workers: int = 4
    max_bytes: int = 10 << 20
    timeout_s: float = 30.0


def read_feed_list(path: str, *, read_bytes: Callable[[str], bytes] = read_config_bytes) -> FeedList:
    """Return the feeds in the YAML file at `path`, local or a URI of a filesystem that Beam knows.

    Nothing is fetched. Raises ConfigError with every fault found.
    """
    faults: list[Fault] = []
    builder = RulesBuilder(FeedsFile)
    feeds: tuple[Feed, ...] = ()
    written = FeedsFile()
    try:
        node = _read_yaml(path, read_bytes, faults)
        written = builder.build(FeedsFile, node, FeedsFile(), (), {})
        feeds = _Checker(path, builder).check(written)
    except ConfigError as error:
        faults += error.faults
    faults += builder.faults
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    return FeedList(
        feeds=feeds,
        contact=written.contact.strip(),
        pause_s=written.pause_seconds,
        back_off_s=written.back_off_hours * 3600,
        remember_s=written.remember_days * 86_400,
        workers=written.workers,
        max_bytes=written.max_bytes,
        timeout_s=written.timeout_seconds,
    )


def _read_yaml(path: str, read_bytes: Callable[[str], bytes], faults: list[Fault]) -> Node:
    node = read_yaml(path, read_bytes, faults, kind="list of feeds")
    if node is None:
        raise ConfigError(
            [Fault(f"{path}:1:1", "", "says nothing; a list of feeds begins with `version: 1`")]
        )
    return node


class _Checker:
    """Checks what types and bounds do not tell; its faults go to the builder, which knows the places."""

    def __init__(self, path: str, builder: RulesBuilder) -> None:
        self._path = path
        self._builder = builder
        self._mistyped = {fault.path for fault in builder.faults}

    def check(self, written: FeedsFile) -> tuple[Feed, ...]:
        """Return the active feeds, those with faults too."""
        if not written.version:
            self._fault(("version",), "is missing; give `version: 1`")
        if any(char in written.contact for char in "\r\n()") or not written.contact.isascii():
            self._fault(("contact",), "is written into a header: ASCII without parentheses, please")
        if not written.feeds:
            self._fault(("feeds",), "is empty; give at least one feed with id and url")
        names = self._builder.names.get(("feeds",), [])
        paths = [("feeds", name) for name in names]
        seen: dict[str, str] = {}
        feeds: list[Feed] = []
        for path, entry in zip(paths, written.feeds, strict=True):
            self._check_id(path, entry.id, seen)
            feed = self._feed(path, entry, written)
            if entry.active:
                feeds.append(feed)
        if written.feeds and not feeds:
            self._fault(("feeds",), "has no active feed")
        return tuple(feeds)

    def _check_id(self, path: Path, name: str, seen: dict[str, str]) -> None:
        where = (*path, "id")
        if not name:
            self._fault(where, "is missing; give a short name, which must not change later")
        elif not _ID.fullmatch(name):
            self._fault(where, f"{shown(name)} is not of the letters a-z, digits, . _ -, at most 64")
        elif name.lower() in seen:
            self._fault(where, f"{shown(name)} is given twice, first at {seen[name.lower()]}")
        seen.setdefault(name.lower(), self._builder.place_of(where, self._path))

    def _feed(self, path: Path, entry: FeedEntry, written: FeedsFile) -> Feed:
        url, host, port = entry.url, "", 443
        if not url.strip():
            self._fault((*path, "url"), "is missing; give the address of the feed")
        else:
            try:
                found = read_url(url)
                url, host, port = found.text, found.host, found.port
            except ValueError as error:
                self._fault((*path, "url"), f"{shown(_without_secret(url))} {error}")
        allowed: list[Network] = []
        for number, text in enumerate(entry.allow_addresses, 1):
            try:
                allowed.append(parse_network(text))
            except ValueError:
                self._fault(
                    (*path, "allow_addresses", str(number)),
                    f"{shown(text)} is no network such as 10.1.0.0/16",
                )
        minutes = written.interval_minutes if entry.interval_minutes is None else entry.interval_minutes
        return Feed(
            id=entry.id,
            url=url,
            source=entry.source.strip(),
            interval_s=minutes * 60,
            full_text=entry.full_text,
            obey_robots=entry.obey_robots,
            allowed=tuple(allowed),
            host=host,
            port=port,
        )

    def _fault(self, path: Path, message: str) -> None:
        name = dotted(path)
        if not any(not old or name == old or name.startswith(f"{old}.") for old in self._mistyped):
            self._builder.fault(self._builder.place_of(path, f"{self._path}:1:1"), path, message)


def _without_secret(url: str) -> str:
    """Return a URL for a message, without the name and password that are its fault."""
    return re.sub(r"//[^/?#]*@", "//…@", url, count=1)
