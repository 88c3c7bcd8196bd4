"""`warraq poll`: new items of RSS and Atom feeds, sent on as they appear, each once."""

import contextlib
import dataclasses
import importlib.metadata
import logging
import sys
from pathlib import Path
from typing import TextIO

from pipelines.feed_health import LOGGER
from pipelines.feed_list import FeedList, read_feed_list
from pipelines.feed_memory import FeedMemory
from pipelines.feed_poller import PageReader, Poller
from pipelines.feed_sinks import open_sink, read_target
from pipelines.fetch import Fetcher, Limits, Resolver, resolve_name
from pipelines.outcome import ExitCode, RunFailed
from pipelines.politeness import AGENT
from pipelines.stopping import stopping
from pipelines.visits import Visitor

__all__ = ["DEFAULT_STATE", "PollRequest", "run_poll"]

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
    page_reader = _page_reader(feeds)
    folder = Path(request.state)
    LOGGER.setLevel(logging.WARNING if request.quiet else logging.INFO)
    caught: list[str] = []
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(FeedMemory(folder))
        sink = open_sink(target, sys.stdout if out is None else out)
        stack.callback(sink.close)
        limits = Limits(max_bytes=feeds.max_bytes, seconds=feeds.timeout_s)
        fetcher = stack.enter_context(Fetcher(_user_agent(feeds.contact), limits, resolve))

        def give_up(signal_name: str) -> None:
            caught.append(signal_name)
            fetcher.stop()

        asked = stack.enter_context(stopping(give_up))
        poller = Poller(
            feeds,
            Visitor(fetcher, asked),
            memory,
            sink,
            asked,
            health=folder / "health.json",
            page_reader=page_reader,
        )
        LOGGER.info("%d feeds to %s, memory and health in %s", len(feeds.feeds), request.to, folder)
        poller.run(once=request.once)
        if caught:
            LOGGER.info("stopped by %s", caught[0])
    if asked.is_set() or not request.once:
        return ExitCode.OK
    in_vain = poller.polled > 0 and not poller.good
    return ExitCode.FAILED if poller.sink_fault or in_vain else ExitCode.OK


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
