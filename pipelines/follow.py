"""`warraq follow`: the durable stream of one machine. Nothing is acknowledged before it is safe, nothing is lost by a kill.

The stages are those of the graph, over micro-batches; SQLite holds the index and what is on its way to files.
"""

import contextlib
import dataclasses
import datetime
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from pipelines.commit import OutputLocked, hold
from pipelines.config import Config, config_sha256
from pipelines.feed_list import read_feed_list
from pipelines.follow_feeds import PolledInbox, polled_inbox
from pipelines.follow_index import begin_sharing
from pipelines.follow_roll import check_rolls, roll_outbox
from pipelines.follow_sources import Inbox, Source, Subscription, Taken
from pipelines.follow_stages import Stages
from pipelines.follow_store import FollowStore, Step
from pipelines.index import index_parameters
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import check_can_grow
from pipelines.pubsub_names import check_name
from pipelines.stopping import stopping
from pipelines.tagging import load_rules
from schemas.avro import INDEX_TABLES, TABLES
from transforms.core.live_index import LiveIndex
from transforms.files import TEMP_FOLDER, OutputFolder, is_remote

__all__ = ["PROMISE", "FollowRequest", "run_follow"]

PROMISE = (
    "Survives kill -9 and power cuts: what was acknowledged is in the state folder; what was not comes again and is a repeat. "
    "Every record is in the files once. One machine, one process."
)
_DAY_S = 86_400
_IDLE_S = 0.5
#: How long `--once` waits for a service that cannot be reached.
_PATIENCE_S = 30


@dataclasses.dataclass(frozen=True)
class FollowRequest:
    """What the user asked for: one of `inbox`, `subscription` and `feeds` (a list), where to write, where the state is, which index is shared."""

    config: Config
    inbox: str | None
    subscription: str | None
    output: str
    state: str | None = None
    once: bool = False
    quiet: bool = False
    feeds: str | None = None
    index: str | None = None


def run_follow(
    request: FollowRequest, console: Console, *, clock: Callable[[], float] = time.time
) -> ExitCode:
    """Follow until SIGTERM or SIGINT, or with `once` until nothing more is there; what waits is written then.

    `clock` gives Unix seconds. FAILED where feeds were polled once, and in vain. Raises RunFailed, UsageError for a name
    that is none, ConfigError for a list of feeds.
    """
    config = request.config
    if [bool(request.inbox), bool(request.subscription), bool(request.feeds)].count(True) != 1:
        raise RunFailed(ExitCode.USAGE, "give --inbox, --subscription or --feeds, one of the three")
    check_name("--subscription", "subscriptions", request.subscription)
    if is_remote(request.output):
        raise RunFailed(ExitCode.USAGE, "follow writes to a local folder; `warraq stream` writes to gs://")
    folder = OutputFolder(str(Path(request.output).absolute()))
    check_can_grow(folder)
    state = Path(request.state or Path(folder.root, "_state")).absolute()
    _check_places(request, Path(folder.root), state)
    feeds = read_feed_list(request.feeds) if request.feeds else None
    if not request.quiet:
        source = request.inbox or request.subscription or request.feeds
        console.print(f"[bold]warraq follow[/]: {source} → {folder.root}")
        console.print(PROMISE, style="dim", soft_wrap=True)
    try:
        with hold(folder), _hold_state(state), _opened(state, config) as store:
            check_rolls(store, folder, state)
            folder.clear(TEMP_FOLDER)
            index = _load_index(config, store, state)
            told = begin_sharing(request.index, config, store, folder, index, int(clock() * 1_000_000))
            if told and not request.quiet:
                console.print(told, style="dim", markup=False, soft_wrap=True)
            if feeds is None:
                return _Follower(request, store, folder, index, console, clock).run()
            with polled_inbox(feeds, state, quiet=request.quiet) as polled:
                return _Follower(request, store, folder, index, console, clock, polled).run()
    except OutputLocked as error:
        raise RunFailed(ExitCode.LOCKED, str(error)) from error
    except OSError as error:
        message = f"{error}; nothing is lost: what is not in files yet waits in {state}, start again to go on"
        raise RunFailed(ExitCode.FAILED, message) from error
    except sqlite3.Error as error:
        message = (
            f"the state in {state} cannot be written: {error}; nothing was acknowledged, start again to go on"
        )
        raise RunFailed(ExitCode.FAILED, message) from error


def _check_places(request: FollowRequest, output: Path, state: Path) -> None:
    """Raise RunFailed for an inbox in which the run would find what it wrote itself, and for an index in the output."""
    places = [("--output", output.resolve()), ("--state", state.resolve())]
    if request.index is not None and not is_remote(request.index):
        index = Path(request.index).resolve()
        places.append(("--index", index))
        if output.resolve() in (index, *index.parents):
            message = (
                f"--index {request.index} lies in --output {request.output}; give it a folder of its own"
            )
            raise RunFailed(ExitCode.USAGE, message)
    if request.inbox is None:
        return
    inbox = Path(request.inbox).resolve()
    for option, place in places:
        if inbox in (place, *place.parents):
            message = f"{option} {place} lies in --inbox {request.inbox}; it would read its own results"
            raise RunFailed(ExitCode.USAGE, message)
    if any((output / table).resolve() in (inbox, *inbox.parents) for table in (*TABLES, *INDEX_TABLES)):
        message = f"--inbox {request.inbox} lies in --output {request.output}; it would read its own results"
        raise RunFailed(ExitCode.USAGE, message)


@contextlib.contextmanager
def _hold_state(state: Path) -> Iterator[None]:
    """Hold the state against a run with another output. Raises RunFailed."""
    try:
        with hold(OutputFolder(str(state))):
            yield
    except OutputLocked as error:
        message = f"another run uses the state in {state}; wait for it or choose another --state"
        raise RunFailed(ExitCode.LOCKED, message) from error


def _opened(state: Path, config: Config) -> FollowStore:
    try:
        return FollowStore(state / "follow.sqlite", index_parameters(config))
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # the disk, not the data
            raise
        raise RunFailed(ExitCode.DAMAGED, f"the state in {state} is damaged: {error}") from error


def _load_index(config: Config, store: FollowStore, state: Path) -> LiveIndex:
    try:
        return LiveIndex.load(config.dedup, store.head(), store.segments())
    except ValueError as error:
        raise RunFailed(ExitCode.DAMAGED, f"the state in {state} is damaged: {error}") from error


class _Follower:
    def __init__(
        self,
        request: FollowRequest,
        store: FollowStore,
        folder: OutputFolder,
        index: LiveIndex,
        console: Console,
        clock: Callable[[], float],
        polled: PolledInbox | None = None,
    ) -> None:
        config = request.config
        inbox = polled.folder if polled else request.inbox and Path(request.inbox).absolute()
        self._request = request
        self._config = config
        self._store = store
        self._folder = folder
        self._console = console
        self._clock = clock
        self._polled = polled
        self._stages = Stages(config, load_rules(config.tag), index, shared=store.is_shared())
        self._source: Source = (
            Inbox(str(inbox), store, config.read)
            if inbox
            else Subscription(
                request.subscription or "", config.read, dict(config.field_maps), config.run.on_bug
            )
        )
        self._day: int | None = None
        self._rolled = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._waits: list[float] = []
        self._failing_since: float | None = None

    def run(self) -> ExitCode:
        polled = self._polled
        with stopping(polled.give_up if polled else None) as stop:
            if self._store.unfinished_roll() is not None:
                self._roll()
            if polled is not None:
                polled.start(stop, once=self._request.once)
            self._follow(stop)
        if polled is not None:
            polled.end()
            while self._take():  # what was sent while it ended
                pass
        self._roll()
        return ExitCode.OK if polled is None else polled.outcome()

    def _follow(self, stop: threading.Event) -> None:
        stream, once = self._config.stream, self._request.once
        empty = 0
        while not stop.is_set():
            # Asked before looking: what polls may end between.
            coming = self._polled is not None and self._polled.polling()
            found = self._take()
            waited = time.monotonic() - self._rolled
            if waited >= stream.window_seconds or self._counts["rows"] >= stream.window_rows:
                self._roll()
            empty = 0 if found or coming or self._failing_since is not None else empty + 1
            if once and empty >= 2:
                break
            if self._failing_since is not None or (not found and (coming or not once)):
                # No wait of the event's: the handler that sets it must not find its lock taken by this thread.
                time.sleep(_IDLE_S)

    def _take(self) -> bool:
        """Take what is there, up to a micro-batch, through all stages; tell whether there was anything."""
        stream = self._config.stream
        taken = self._source.take(stream.batch, stream.batch_seconds)
        found = bool(taken.items or taken.inbox)
        if found:
            self._step(taken)
            self._source.done(taken)
        self._tell_failure(taken.failed)
        return found

    def _step(self, taken: Taken) -> None:
        index = self._stages.index
        day = int(self._clock() // _DAY_S)
        if day != self._day:
            self._day = day
            self._source.tidy()
        gone = index.expire(day)
        done = self._stages.run(taken.items, day)
        count = len(taken.items)
        self._store.commit(Step(index.head, done.day, done.segment, gone, done.rows, count, taken.inbox))
        self._counts.update(done.counts)
        self._counts.update({"in": count, "rows": len(done.rows)})
        now = time.time()
        self._waits += [max(0.0, now - arrived) for arrived in taken.arrived]

    def _tell_failure(self, failed: str) -> None:
        """Say once that the service cannot be reached. Raises RunFailed where the run shall end with what is there."""
        if not failed:
            self._failing_since = None
            return
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
            self._console.print(f"{failed}; trying again", style="yellow", markup=False, soft_wrap=True)
        elif self._request.once and now - self._failing_since > _PATIENCE_S:
            raise RunFailed(ExitCode.FAILED, failed)

    def _roll(self) -> None:
        counts, seconds = self._counts, time.monotonic() - self._rolled
        commit = roll_outbox(
            self._store, self._folder, self._config.output.codec, config_sha256(self._config)
        )
        if self._polled is not None:
            self._polled.sweep(self._store)
        waits = sorted(self._waits)
        self._rolled, self._counts, self._waits = time.monotonic(), Counter(), []
        if commit is None or self._request.quiet:
            return
        dropped = ", ".join(
            f"{counts[f'duplicates_{kind}']:,} {kind}" for kind in ("exact", "near", "repeat")
        )
        self._console.print(
            f"{datetime.datetime.now().astimezone():%H:%M:%S} {commit.name}: {commit.records_in:,} records = "
            f"{commit.rows('articles'):,} articles + {commit.rows('duplicates'):,} duplicates ({dropped}) + "
            f"{commit.rows('dead_letters'):,} dead letters + {commit.rows('filtered'):,} filtered; "
            f"{len(self._stages.index):,} in the index, {counts['in'] / max(seconds, 0.001):,.0f} records/s"
            + (f", p99 {waits[len(waits) * 99 // 100]:.2f} s until safe" if waits else ""),
            soft_wrap=True,
        )
