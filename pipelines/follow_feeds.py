"""Feeds that `warraq follow` polls itself: a poller in threads beside the follower, and the inbox between the two.

The poller writes files into STATE/inbox and remembers an item once its file is safe there. The follower reads them like any
inbox, and removes a file when all that came of it is in the output. So a kill at any moment loses nothing: what was not
remembered is polled again, what was not read is still in the inbox, and what comes twice is a repeat.
"""

import contextlib
import functools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from pipelines.feed_health import LOGGER
from pipelines.feed_list import FeedList
from pipelines.feed_sinks import InboxSink
from pipelines.fetch import Resolver, resolve_name
from pipelines.follow_store import FollowStore
from pipelines.outcome import ExitCode
from pipelines.poll import OpenPoller, open_poller

__all__ = ["PolledInbox", "polled_inbox"]


@contextlib.contextmanager
def polled_inbox(
    feeds: FeedList, state: Path, *, quiet: bool = False, resolve: Resolver = resolve_name
) -> Iterator["PolledInbox"]:
    """Give the inbox of a state folder with a poller of `feeds` that can be started; at the end it is stopped.

    Its memory and health.json are in STATE/poll. Raises RunFailed where another poller has them, OSError.
    """
    LOGGER.setLevel(logging.WARNING if quiet else logging.INFO)
    folder = state / "inbox"
    with open_poller(feeds, state / "poll", functools.partial(InboxSink, folder), resolve=resolve) as opened:
        for unfinished in folder.glob(".*.jsonl.tmp"):  # of a poller that was killed: it writes them anew
            unfinished.unlink()
        inbox = PolledInbox(folder, opened)
        try:
            yield inbox
        finally:
            inbox.end()


class PolledInbox:
    """A folder of polled items, and the thread that fills it."""

    def __init__(self, folder: Path, opened: OpenPoller) -> None:
        self.folder = folder
        self._poller, self._stop = opened
        self._thread: threading.Thread | None = None
        self._fault: Exception | None = None
        self._once = False

    def start(self, stop: threading.Event, *, once: bool) -> None:
        """Begin to poll; with `once` every feed once. `stop` is set where polling for good ends by a fault."""
        self._once = once

        def poll() -> None:
            try:
                self._poller.run(once=once)
            except Exception as error:  # noqa: BLE001 (raised again by `outcome`, where somebody hears it)
                self._fault = error
                if not once:
                    stop.set()

        self._thread = threading.Thread(target=poll, name="feeds")
        self._thread.start()

    def polling(self) -> bool:
        """Tell whether more may come by itself."""
        return self._thread is not None and self._thread.is_alive()

    def give_up(self, _: str = "") -> None:
        """Ask the poller to end, from a signal handler for instance: requests are given up, what is sent is finished."""
        self._stop()

    def end(self) -> None:
        """Ask the poller to end and wait until it has."""
        self._stop()
        if self._thread is not None:
            self._thread.join()

    def sweep(self, store: FollowStore) -> int:
        """Remove the files that are read to their end, as they are now; return how many. Call it after a roll."""
        swept = 0
        for path in self.folder.glob("*.jsonl"):
            known, stat = store.inbox_file(str(path)), path.stat()
            if known is not None and known.finished and known[:2] == (stat.st_size, stat.st_mtime_ns):
                path.unlink()
                swept += 1
        return swept

    def outcome(self) -> ExitCode:
        """Return how polling ended: FAILED where it was once, and in vain. Raises the fault that ended it."""
        if self._fault is not None:
            raise self._fault
        return ExitCode.FAILED if self._once and self._poller.in_vain else ExitCode.OK
