"""`warraq index collect`: an index takes in what a stream has left in its output folder.

The signatures of the stream are compared with what the index knows, and the better decision stays: so the index is
then as if a batch run had read the articles of the stream. Only what is new is written, as part of the segment of that output;
the generation is live at once or not at all, since `_CURRENT` is replaced in one step.
"""

import dataclasses
import datetime
import functools
import io
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rich.console import Console

from pipelines.commit import OutputLocked, hold
from pipelines.config_tree import OutputRules
from pipelines.errors import ManifestError
from pipelines.handover import Shared, is_shared, place_of, read_shared
from pipelines.index import Index, IndexMismatch, day_of, open_index
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import grows, published_files
from schemas.avro import INDEX_TABLES, read_rows, signature_of, to_record
from schemas.comparing import Member, Settled, Signature
from schemas.elements import WrittenFile
from transforms.core.cluster import DedupRules
from transforms.core.live_index import LiveIndex
from transforms.core.partition import data_file_name, day_partition
from transforms.files import OutputFolder
from transforms.index_store import IndexFiles, read_amendments, read_signatures
from transforms.write import write_records

__all__ = ["Collected", "collect", "run_collect"]

_PIECE = 2_000
_ROWS_OF_A_FILE = 20_000


class Collected(NamedTuple):
    """How many articles are new in the index, and about how many that it knew the decision is another one now."""

    articles: int
    amended: int


def run_collect(output: str, root: str, console: Console) -> ExitCode:
    """Take what the stream with the folder `output` has left into the index at `root`; print what was new.

    Raises RunFailed where there is nothing to take, where the index is in use and where it has other rules.
    """
    folder = OutputFolder(place_of(output))
    if not is_shared(folder):
        message = f"{output} has no signatures: start `warraq follow` or `warraq stream` with --index, and they are left there"
        raise RunFailed(ExitCode.USAGE, message)
    try:
        with hold(OutputFolder(place_of(root))):
            found = collect(folder, place_of(root), datetime.datetime.now(datetime.UTC).date())
    except OutputLocked as error:
        message = f"another run uses the index {root}; wait for it"
        raise RunFailed(ExitCode.LOCKED, message) from error
    except IndexMismatch as error:
        raise RunFailed(ExitCode.USAGE, str(error)) from error
    console.print(
        f"{root}: {found.articles:,} articles of {output} are new, {found.amended:,} known ones are decided anew",
        markup=False,
        soft_wrap=True,
    )
    return ExitCode.OK


def collect(folder: OutputFolder, root: str, today: datetime.date) -> Collected:
    """Take the signatures in an output folder into the index at `root`, which the caller holds.

    Articles are told from each other by id; of those that both know the better decision stays. Days that are too old for
    the index on `today` are left out. Raises IndexMismatch, ManifestError, OSError; then the index is as it was.
    """
    shared = read_shared(folder)
    index = open_index(root, shared.parameters, uuid.uuid4().hex)
    index.sweep()
    files = published_files(folder) if grows(folder) else ()
    return _Collection(folder, shared, index, today).run(files)


class _Collection:
    def __init__(self, folder: OutputFolder, shared: Shared, index: Index, today: datetime.date) -> None:
        self._folder = folder
        self._shared = shared
        self._index = index
        self._today = today
        names = {field.name for field in dataclasses.fields(DedupRules)} & shared.parameters.keys()
        self._live = LiveIndex(DedupRules(**{name: shared.parameters[name] for name in names}))
        #: What is known of an article without what this output has said of it after its signature was written.
        self._before: dict[str, Member] = {}
        self._last: dict[str, Member] = {}

    def run(self, files: Sequence[WrittenFile]) -> Collected:
        self._load()
        own = [
            file for one in self._index.state.segments if one.owner == self._folder.root for file in one.files
        ]
        signatures, decided = self._of_stream(files)
        known: list[Signature | Member] = list(signatures.values())
        known += [one for key, one in decided.items() if key not in signatures]
        anew: dict[str, Member] = {}
        for first in range(0, len(known), _PIECE):
            amended = self._live.adopt(known[first : first + _PIECE], 0, compare=True).amended
            anew |= {member.article_id: member for member in amended}
        fresh = [
            dataclasses.replace(one, member=anew.get(key, one.member))
            for key, one in signatures.items()
            if key not in self._before
        ]
        amendments = [
            after
            for key, before in self._before.items()
            if (after := anew.get(key, self._last[key])).settled != before.settled
        ]
        revised = sum(key in self._before for key in anew)
        if fresh or revised:
            kept = [file for file in own if file.table == "signatures"]
            written = [*self._write("signatures", fresh), *self._write("amendments", amendments)]
            self._index.put(
                self._folder.root, [*kept, *written], self._shared.keep_days, self._today.isoformat()
            )
        return Collected(len(fresh), revised)

    def _load(self) -> None:
        """Take in what the index knows."""
        state, place = self._index.state, self._index.folder
        paths = {table: tuple(f.path for f in state.files if f.table == table) for table in INDEX_TABLES}
        amended = read_amendments(IndexFiles(place.root, (), paths["amendments"]))
        others, _ = self._index.files_for(self._folder.root)
        amended_by_others = read_amendments(others)
        for path in paths["signatures"]:
            found = list(read_signatures(place, path, amended_by_others))
            self._before |= {one.member.article_id: one.member for one in found}
            latest = [_with(one, amended.get(one.member.article_id)) for one in found]
            self._last |= {one.member.article_id: one.member for one in latest}
            self._live.adopt(latest, 0, compare=False)

    def _of_stream(self, files: Sequence[WrittenFile]) -> tuple[dict[str, Signature], dict[str, Member]]:
        """Return the signatures in the output with the last decision about each, and all that was decided anew."""
        first = self._first_day(files)
        signatures: dict[str, Signature] = {}
        decided: dict[str, Member] = {}
        for file in files:
            if file.table not in INDEX_TABLES or day_of(file) < first:
                continue
            for row in self._rows(file):
                member = row.member if isinstance(row, Signature) else row
                if isinstance(row, Signature):
                    signatures.setdefault(member.article_id, row)
                known = decided.get(member.article_id)
                # Of two with one number (an article that came again after it was forgotten) the later commit counts.
                if known is None or _revision(known) <= _revision(member):
                    decided[member.article_id] = member
        return {key: _with(one, decided[key]) for key, one in signatures.items()}, decided

    def _first_day(self, files: Sequence[WrittenFile]) -> str:
        """Return the first day that the index holds when these files are in it; `unknown` sorts behind all days."""
        both = (*self._index.state.files, *(file for file in files if file.table in INDEX_TABLES))
        days = [day for day in map(day_of, both) if day <= self._today.isoformat()]
        if not days:
            return ""
        newest = datetime.date.fromisoformat(max(days))
        return (newest - datetime.timedelta(days=self._shared.keep_days)).isoformat()

    def _rows(self, file: WrittenFile) -> Iterator[Signature | Member]:
        try:
            for row in read_rows(io.BytesIO(self._folder.read(file.path)), file.table):
                yield signature_of(row)
        except Exception as error:  # a decoder raises what it likes on damage
            message = (
                f"{self._folder.root}: {file.path} cannot be read ({type(error).__name__}: {error}); "
                f"`warraq verify {self._folder.root}` tells more"
            )
            raise ManifestError(message) from error

    def _write(self, table: str, rows: Sequence[Signature] | Sequence[Member]) -> Iterator[WrittenFile]:
        by_day: dict[str, list[Any]] = {}
        for row in rows:
            by_day.setdefault(day_partition(_member(row).event_us), []).append(row)
        index, codec = self._index, OutputRules().codec
        for day, found in sorted(by_day.items()):
            found.sort(key=lambda row: _member(row).article_id)
            count = -(-len(found) // _ROWS_OF_A_FILE)
            for number in range(count):
                part = found[number * _ROWS_OF_A_FILE :][:_ROWS_OF_A_FILE]
                records = [to_record(table, row, "") for row in part]
                name = functools.partial(data_file_name, number, count)
                yield write_records(index.folder, index.run, table, day, records, codec, str(number), name)


def _member(row: Signature | Member) -> Member:
    return row.member if isinstance(row, Signature) else row


def _revision(member: Member) -> int:
    return 1 if member.settled is None else member.settled.revision


def _with(signature: Signature, decided: Member | None) -> Signature:
    if decided is None:
        return signature
    settled: Settled | None = decided.settled
    return dataclasses.replace(signature, member=dataclasses.replace(signature.member, settled=settled))
