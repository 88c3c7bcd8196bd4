"""What a poller remembers between polls and runs: items that were sent, and how each feed is.

SQLite in a state folder. An item is recorded only after the sink has confirmed it, and the validators of an
answer (ETag, Last-Modified) only after all its items are: a crash at any moment sends some again and loses none.
"""

import contextlib
import dataclasses
import fcntl
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.feed_items import FeedItem
from pipelines.outcome import ExitCode, RunFailed

__all__ = ["FeedMemory", "FeedState"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE items (
    feed TEXT NOT NULL, key BLOB NOT NULL, version BLOB NOT NULL, sent_s REAL NOT NULL, seen_s REAL NOT NULL,
    PRIMARY KEY (feed, key, version)
) WITHOUT ROWID;
CREATE INDEX items_by_age ON items (feed, seen_s);
CREATE TABLE feeds (
    feed TEXT PRIMARY KEY, url TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL, body_hash BLOB NOT NULL,
    polled_s REAL NOT NULL, success_s REAL NOT NULL, next_s REAL NOT NULL, not_before_s REAL NOT NULL,
    failures INTEGER NOT NULL, sent INTEGER NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
    detail TEXT NOT NULL, moved_to TEXT NOT NULL
);
"""


@dataclasses.dataclass(frozen=True)
class FeedState:
    """How a feed is. Times are Unix seconds, 0 for never.

    `etag`, `modified` and `body_hash` are of the last answer whose items were all sent. `not_before_s` is what a
    server (Retry-After) or failures ask for; `next_s` is when the next poll is due. `failures` counts those in a
    row; `sent` items since ever; `status` is the last HTTP status, 0 for none; `reason` is "" after a success.
    """

    feed: str
    url: str = ""
    etag: str = ""
    modified: str = ""
    body_hash: bytes = b""
    polled_s: float = 0.0
    success_s: float = 0.0
    next_s: float = 0.0
    not_before_s: float = 0.0
    failures: int = 0
    sent: int = 0
    status: int = 0
    reason: str = ""
    detail: str = ""
    moved_to: str = ""


_COLUMNS = tuple(field.name for field in dataclasses.fields(FeedState))


class FeedMemory:
    """The memory in one state folder; one process at a time. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open or make it. Raises RunFailed where another poller has it or it is damaged, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = (folder / "poll.lock").open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise RunFailed(ExitCode.LOCKED, f"another poller works with {folder}") from error
        path = folder / "poll.sqlite"
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._open()
        except sqlite3.Error as error:
            self._file.close()
            msg = f"{path}: {error}; move it away to start anew (what the feeds hold is then sent again)"
            raise RunFailed(ExitCode.FAILED, msg) from error
        except RunFailed:
            self._file.close()
            raise

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")  # a power cut may forget the last items: they are sent again
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise RunFailed(ExitCode.FAILED, f"the poller's memory is of form {version}, this is {_VERSION}")
        if version == 0:
            db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let another poller have it."""
        with self._lock:
            self._db.close()
            self._file.close()

    def state(self, feed: str) -> FeedState:
        """Return how a feed is; one that was never polled is new."""
        with self._lock:
            row = self._db.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM feeds WHERE feed = ?",  # noqa: S608 (our own names)
                (feed,),
            ).fetchone()
        return FeedState(feed) if row is None else FeedState(*row)

    def unsent(self, feed: str, items: Sequence[FeedItem]) -> list[FeedItem]:
        """Return the items that were not sent as they are now, in the order given."""
        with self._lock:
            return [
                item
                for item in items
                if self._db.execute(
                    "SELECT 1 FROM items WHERE feed = ? AND key = ? AND version = ?",
                    (feed, item.key, item.version),
                ).fetchone()
                is None
            ]

    def record_sent(self, feed: str, items: Sequence[FeedItem], now_s: float) -> None:
        """Remember items as sent; once this returns, the end of the process loses none of it."""
        rows = [(feed, item.key, item.version, now_s, now_s) for item in items]
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", rows)

    def record_state(self, state: FeedState) -> None:
        """Remember how a feed is."""
        with self._transaction() as db:
            self._write(db, state)

    def record_read(
        self, state: FeedState, items: Sequence[FeedItem], now_s: float, remember_s: float
    ) -> None:
        """Remember how a feed is after all its items were sent, and forget those that it has not had for long.

        The age of an item is counted to this reading: while a feed answers that nothing has changed, nothing of
        it is forgotten.
        """
        with self._transaction() as db:
            db.executemany(
                "UPDATE items SET seen_s = ? WHERE feed = ? AND key = ? AND version = ?",
                [(now_s, state.feed, item.key, item.version) for item in items],
            )
            db.execute("DELETE FROM items WHERE feed = ? AND seen_s < ?", (state.feed, now_s - remember_s))
            self._write(db, state)

    def forget_others(self, feeds: Collection[str], now_s: float, remember_s: float) -> None:
        """Forget feeds that are in the list no more, once their items are old."""
        with self._transaction() as db:
            known = [row[0] for row in db.execute("SELECT feed FROM feeds UNION SELECT feed FROM items")]
            for feed in known:
                if feed not in feeds:
                    db.execute("DELETE FROM items WHERE feed = ? AND seen_s < ?", (feed, now_s - remember_s))
                    db.execute(
                        "DELETE FROM feeds WHERE feed = ? AND polled_s < ?", (feed, now_s - remember_s)
                    )

    def _write(self, db: sqlite3.Connection, state: FeedState) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        db.execute(f"INSERT OR REPLACE INTO feeds VALUES ({marks})", dataclasses.astuple(state))  # noqa: S608 (marks)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
