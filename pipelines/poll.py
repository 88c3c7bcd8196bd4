"""`warraq poll`: new items of RSS and Atom feeds, sent on as they appear, each once."""

import contextlib
import dataclasses
import functools
import importlib.metadata
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from pipelines.feed_health import LOGGER
from pipelines.feed_list import FeedList, read_feed_list
from pipelines.feed_memory import FeedMemory
from pipelines.feed_poller import PageReader, Poller
from pipelines.feed_sinks import Sink, open_sink, read_target
from pipelines.fetch import Fetcher, Limits, Resolver, resolve_name
from pipelines.outcome import ExitCode, RunFailed
from pipelines.politeness import AGENT
from pipelines.stopping import stopping
from pipelines.visits import Visitor

__all__ = ["DEFAULT_STATE", "OpenPoller", "PollRequest", "open_poller", "run_poll"]

#: Where the memory is unless the user names another folder.
DEFAULT_STATE = ".warraq-poll"


@dataclasses.dataclass(frozen=True)
class PollRequest:
    """What `warraq poll` is asked for: the list of feeds, the sink as `--to` names it, the state folder."""

    feeds: str
    to: str
    state: str = DEFAULT_STATE
    once: bool = False
    quiet: bool = False


def run_poll(
    request: PollRequest, *, out: TextIO | None = None, resolve: Resolver = resolve_name
) -> ExitCode:
    """Poll until SIGTERM or SIGINT; with `once` every feed once.

    On a signal requests under way are given up, what is being sent is finished, and the result is OK. With
    `once` it is FAILED where the sink did not take everything or none of the feeds that were asked could be read. Raises
    ConfigError, UsageError, RunFailed, OSError. `resolve` stands in for the system's resolver in tests.
    """
    target = read_target(request.to)
    feeds = read_feed_list(request.feeds)
    folder = Path(request.state)
    LOGGER.setLevel(logging.WARNING if request.quiet else logging.INFO)
    caught: list[str] = []
    sink = functools.partial(open_sink, target, sys.stdout if out is None else out)
    with contextlib.ExitStack() as stack:
        poller, stop = stack.enter_context(open_poller(feeds, folder, sink, resolve=resolve))

        def give_up(signal_name: str) -> None:
            caught.append(signal_name)
            stop()

        stack.enter_context(stopping(give_up))
        LOGGER.info("%d feeds to %s, memory and health in %s", len(feeds.feeds), request.to, folder)
        poller.run(once=request.once)
        if caught:
            LOGGER.info("stopped by %s", caught[0])
    if caught or not request.once:
        return ExitCode.OK
    return ExitCode.FAILED if poller.in_vain else ExitCode.OK


class OpenPoller(NamedTuple):
    """A poller, and what ends it: `stop` may be called from any thread and from a signal handler."""

    poller: Poller
    stop: Callable[[], None]


@contextlib.contextmanager
def open_poller(
    feeds: FeedList, folder: Path, open_sink: Callable[[], Sink], *, resolve: Resolver = resolve_name
) -> Iterator[OpenPoller]:
    """Give a poller of `feeds` into a sink, with memory and health in `folder`; what they hold is let go at the end.

    Raises RunFailed where another poller has the folder or an extra is missing, OSError.
    """
    page_reader = _page_reader(feeds)
    limits = Limits(max_bytes=feeds.max_bytes, seconds=feeds.timeout_s)
    asked = threading.Event()
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(FeedMemory(folder))
        sink = open_sink()
        stack.callback(sink.close)
        fetcher = stack.enter_context(Fetcher(_user_agent(feeds.contact), limits, resolve))

        def stop() -> None:
            asked.set()
            fetcher.stop()

        visitor, health = Visitor(fetcher, asked), folder / "health.json"
        poller = Poller(feeds, visitor, memory, sink, asked, health=health, page_reader=page_reader)
        yield OpenPoller(poller, stop)


def _page_reader(feeds: FeedList) -> PageReader | None:
    wanting = [feed.id for feed in feeds.feeds if feed.full_text]
    if not wanting:
        return None
    from transforms.pages import load_page_reader  # half a second

    reader = load_page_reader()
    if reader is None:
        msg = f"full_text of {', '.join(wanting[:5])} needs the extra html; install it with: pip install 'warraq[html]'"
        raise RunFailed(ExitCode.USAGE, msg)
    return reader


def _user_agent(contact: str) -> str:
    version = importlib.metadata.version("warraq")
    return f"{AGENT}/{version} (+{contact})" if contact else f"{AGENT}/{version}"
