"""What `warraq follow` must not lose: the index, rows on their way to files, and how far each file of the inbox is read.

One SQLite database (write-ahead log, synchronous=FULL). A micro-batch is one transaction; what it read is acknowledged
only after that. Rows wait in the outbox until a roll has written them to files and a commit names these. A roll is
written down before it begins: after a kill it is done again, with the same rows, to the same files.
"""

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from pipelines.index import differing_parameters
from pipelines.outcome import ExitCode, RunFailed
from transforms.core.segments import EMPTY, Head, pack_head, unpack_head

__all__ = ["FollowStore", "InboxFile", "OutboxRow", "Roll", "Step"]

_VERSION = 1
_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE segments (sequence INTEGER PRIMARY KEY, day INTEGER NOT NULL, data BLOB NOT NULL)",
    (
        "CREATE TABLE outbox "
        "(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, folder TEXT NOT NULL, data BLOB NOT NULL)"
    ),
    (
        "CREATE TABLE inbox (uri TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, "
        "done INTEGER NOT NULL, finished INTEGER NOT NULL) WITHOUT ROWID"
    ),
    f"PRAGMA user_version={_VERSION}",
)


class OutboxRow(NamedTuple):
    """A row that waits: its table, its folder within that, and the record as Avro without a schema."""

    table: str
    folder: str
    data: bytes


class InboxFile(NamedTuple):
    """How far a file is read: `done` records of it, as it was with this size (bytes) and time (nanoseconds)."""

    size: int
    mtime_ns: int
    done: int
    finished: bool


class Roll(NamedTuple):
    """A roll that was begun: it writes the outbox up to row `last`, which came of `records_in` records."""

    number: int
    last: int
    records_in: int


@dataclasses.dataclass(frozen=True)
class Step:
    """All that one micro-batch changes."""

    head: Head
    day: int
    segment: bytes
    gone_days: tuple[int, ...]
    rows: Sequence[OutboxRow]
    records_in: int
    inbox: Mapping[str, InboxFile]


class FollowStore:
    """The open database. Only one process may hold it: the output's lock sees to that."""

    def __init__(self, path: Path, parameters: Mapping[str, Any]) -> None:
        """Open or make it. Raises RunFailed where it was made with other `parameters` or by another version."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            # One transaction: tables without parameters would be refused for ever.
            with self._transaction():
                for statement in _SCHEMA:
                    self._database.execute(statement)
                self._put("parameters", json.dumps(dict(parameters), sort_keys=True).encode())
        elif version != _VERSION:
            raise RunFailed(ExitCode.USAGE, f"{path} was made by another version of warraq ({version})")
        made = json.loads(self._get("parameters") or b"{}")
        if made != json.loads(json.dumps(dict(parameters))):
            differing = differing_parameters(made, parameters)
            message = f"{path} was made with other parameters: {differing}; use them, or another --output and --state"
            raise RunFailed(ExitCode.USAGE, message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def _get(self, key: str) -> bytes | None:
        found = self._database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def _put(self, key: str, value: bytes) -> None:
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def head(self) -> Head:
        """Return the head of the index."""
        packed = self._get("head")
        return EMPTY if packed is None else unpack_head(packed)

    def segments(self) -> Iterator[bytes]:
        """Yield the segments of the index."""
        for (data,) in self._database.execute("SELECT data FROM segments ORDER BY sequence"):
            yield data

    def inbox_file(self, uri: str) -> InboxFile | None:
        """Return how far a file is read, None for one that was never seen."""
        found = self._database.execute(
            "SELECT size, mtime_ns, done, finished FROM inbox WHERE uri = ?", (uri,)
        ).fetchone()
        return None if found is None else InboxFile(found[0], found[1], found[2], bool(found[3]))

    def commit(self, step: Step) -> None:
        """Take a micro-batch in, wholly or not at all. Raises sqlite3.Error, for a full disk for instance."""
        with self._transaction():
            self._take(step)

    def commit_all(
        self, steps: Iterable[Step], *, shared: bool, adopted: Mapping[str, int] | None = None
    ) -> None:
        """Take several steps in, wholly or not at all, and note what was done by them (see `is_shared`, `adopted`)."""
        with self._transaction():
            for step in steps:
                self._take(step)
            self._put("shared", b"1" if shared else b"")
            if adopted is not None:
                self._put("adopted", json.dumps(dict(adopted), sort_keys=True).encode())

    def is_shared(self) -> bool:
        """Tell whether the output has the signatures of all articles that the index knows itself."""
        return bool(self._get("shared"))

    def adopted(self) -> dict[str, int]:
        """Return which indexes were taken over: folder -> generation."""
        found: dict[str, int] = json.loads(self._get("adopted") or b"{}")
        return found

    def _take(self, step: Step) -> None:
        if step.segment:
            values = (step.head.sequence, step.day, step.segment)
            self._database.execute("INSERT INTO segments VALUES (?, ?, ?)", values)
        for day in step.gone_days:
            self._database.execute("DELETE FROM segments WHERE day = ?", (day,))
        self._put("head", pack_head(step.head))
        self._database.executemany("INSERT INTO outbox (name, folder, data) VALUES (?, ?, ?)", step.rows)
        self._put("received", b"%d" % (self.received() + step.records_in))
        self._database.executemany(
            "INSERT OR REPLACE INTO inbox VALUES (?, ?, ?, ?, ?)",
            [(uri, *file) for uri, file in step.inbox.items()],
        )

    def inbox_uris(self) -> list[str]:
        """Return the files that were read, wholly or in part."""
        return [uri for (uri,) in self._database.execute("SELECT uri FROM inbox")]

    def forget_inbox(self, uris: Iterable[str]) -> None:
        """Forget how far files were read; what is there again under such a name is read from its beginning."""
        with self._transaction():
            self._database.executemany("DELETE FROM inbox WHERE uri = ?", [(uri,) for uri in uris])

    def received(self) -> int:
        """Return how many records have come since the last roll was begun."""
        return int(self._get("received") or 0)

    def waiting(self, roll: Roll | None = None) -> int:
        """Return how many rows wait in the outbox, or how many of them are those of a roll."""
        query, values = "SELECT COUNT(*) FROM outbox", tuple[int, ...]()
        if roll is not None:
            query, values = f"{query} WHERE id <= ?", (roll.last,)
        (count,) = self._database.execute(query, values).fetchone()
        return int(count)

    def unfinished_roll(self) -> Roll | None:
        """Return the roll that was begun and has not ended, if any."""
        packed = self._get("roll")
        return None if packed is None else Roll(*json.loads(packed))

    def begin_roll(self) -> Roll | None:
        """Write down that all rows which wait now are rolled; None where nothing waits. One roll at a time."""
        with self._transaction():
            (last,) = self._database.execute("SELECT MAX(id) FROM outbox").fetchone()
            received = self.received()
            if last is None and not received:
                return None
            roll = Roll(int(self._get("rolled") or 0) + 1, last or 0, received)
            self._put("roll", json.dumps(roll).encode())
            self._put("received", b"0")
        return roll

    def last_roll(self) -> int:
        """Return the number of the last roll that was begun, 0 before the first."""
        unfinished = self.unfinished_roll()
        return int(self._get("rolled") or 0) if unfinished is None else unfinished.number

    def rows(self, roll: Roll) -> Iterator[OutboxRow]:
        """Yield the rows of a roll, by table and folder, in the order in which they came."""
        query = "SELECT name, folder, data FROM outbox WHERE id <= ? ORDER BY name, folder, id"
        for row in self._database.execute(query, (roll.last,)):
            yield OutboxRow(*row)

    def end_roll(self, roll: Roll) -> None:
        """Forget the rows of a roll whose commit is in place."""
        with self._transaction():
            self._database.execute("DELETE FROM outbox WHERE id <= ?", (roll.last,))
            self._put("rolled", b"%d" % roll.number)
            self._database.execute("DELETE FROM meta WHERE key = 'roll'")

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._database)


class _Transaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._database.execute("COMMIT")
        elif self._database.in_transaction:
            self._database.execute("ROLLBACK")
