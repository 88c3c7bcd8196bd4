"""WriteWindows: the tables of a stream to Avro files, a window of arrival after the other, and a commit for each.

A file holds what one pane of a window has for one table, folder and shard. Its name says which pane of which run it is:
a bundle that is tried again writes the same file again, a late pane never meets the name of an earlier one, and a stream
that is started again, whose panes are counted anew, never that of its forerunner. A file counts when a commit names it
(see `transforms.core.commits`); commits are named alike.
"""

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.trigger import AccumulationMode, AfterCount, AfterWatermark
from apache_beam.transforms.window import FixedWindows, IntervalWindow
from apache_beam.utils.timestamp import Duration
from apache_beam.utils.windowed_value import PaneInfo

from schemas.avro import encode_row, to_record
from schemas.elements import InputFile, TaggedBatch, WrittenFile
from transforms.composite import Composite
from transforms.core.commits import Commit, commit_path, encode_commit
from transforms.core.partition import shard_of
from transforms.files import OutputFolder
from transforms.metrics import StageCounter
from transforms.turns import turn
from transforms.write import PLACES, Tables, WriteRules, row_order, write_rows

__all__ = ["WriteWindows", "is_commit_of"]

#: Table, folder within it, shard.
_Key = tuple[str, str, int]
#: What rows of a file are sorted by, and the row as it lies in a file.
_Row = tuple[tuple[str, int, str, str], bytes]
#: Ten years: a row that comes late has its own file, and none is ever dropped for it.
_LATENESS_S = 10 * 366 * 86_400
_COMMIT_KEY = "all"


@dataclasses.dataclass(eq=False)
class WriteWindows(Composite):
    """Write all tables of a stream.

    Takes `Tables` in the global window; timestamps are the times of arrival. Articles are placed one by one,
    whatever the partition of their batch; of `inputs` only the sum of `records` is kept, in the commits. Rows whose window
    the watermark never closes (a pipeline that is cancelled) are not written.
    """

    rules: WriteRules
    window_seconds: int

    def expand(self, tables: Tables) -> PCollection[WrittenFile]:
        """Return one `WrittenFile` per data file, in its window."""
        spread = beam.ParDo(_SpreadFn(self.rules))
        spread.label = "SpreadArticles"
        placed = [tables.articles | spread.with_output_types(tuple[_Key, _Row])]
        for name, label, rows in (
            ("duplicates", "PlaceDuplicates", tables.duplicates),
            ("relations", "PlaceRelations", tables.relations),
            ("decisions", "PlaceDecisions", tables.decisions),
            ("dead_letters", "PlaceDeadLetters", tables.dead_letters),
            ("filtered", "PlaceFiltered", tables.filtered),
            ("signatures", "PlaceSignatures", tables.signatures),
            ("amendments", "PlaceAmendments", tables.amendments),
        ):
            if rows is None:
                continue
            place = beam.ParDo(_PlaceFn(name, self.rules))
            place.label = label
            placed.append(rows | place.with_output_types(tuple[_Key, _Row]))
        files: PCollection[WrittenFile] = (
            placed
            | "AllRows" >> beam.Flatten()
            | "CutWindows" >> self._windows()
            | "GroupFile" >> beam.GroupByKey()
            | "WriteFile" >> beam.ParDo(_WriteFileFn(self.rules)).with_output_types(WrittenFile)
        )
        received = (
            tables.inputs
            | "Received" >> beam.Map(_received).with_output_types(tuple[str, Any])
            | "CutReceived" >> self._windows()
        )
        (
            (files | "KeyFiles" >> beam.Map(_key_file).with_output_types(tuple[str, Any]), received)
            | "AllOfWindow" >> beam.Flatten()
            | "CutCommits" >> self._windows()
            | "GroupCommit" >> beam.GroupByKey()
            | "Commit" >> beam.ParDo(_CommitFn(self.rules))
        )
        return files

    def _windows(self) -> beam.WindowInto:
        return beam.WindowInto(
            FixedWindows(self.window_seconds),
            trigger=AfterWatermark(late=AfterCount(1)),
            accumulation_mode=AccumulationMode.DISCARDING,
            allowed_lateness=Duration(_LATENESS_S),
        )


class _PlaceFn(beam.DoFn):
    """Encode each row when it comes, or the end of a window would be a burst of work; and the shuffle holds bytes."""

    def __init__(self, table: str, rules: WriteRules) -> None:
        self._table = table
        self._rules = rules

    def process(self, row: Any) -> Iterator[tuple[_Key, _Row]]:
        folder, key = PLACES[self._table](row)
        encoded = encode_row(self._table, to_record(self._table, row, self._rules.config_sha256))
        yield (self._table, folder, shard_of(key, self._rules.shards)), (row_order(row), encoded)


class _SpreadFn(_PlaceFn):
    def __init__(self, rules: WriteRules) -> None:
        super().__init__("articles", rules)

    def process(self, batch: TaggedBatch) -> Iterator[tuple[_Key, _Row]]:
        with turn():
            placed = [one for tagged in batch.articles for one in super(_SpreadFn, self).process(tagged)]
        yield from placed


def _received(row: InputFile) -> tuple[str, Any]:
    return _COMMIT_KEY, row.records


def _key_file(file: WrittenFile) -> tuple[str, Any]:
    return _COMMIT_KEY, file


def _stamp(window: IntervalWindow, pane: PaneInfo, run: str) -> str:
    """Return the name of a pane of a window in a run: `w20261126t001000z-p000-91c3e0d2`."""
    start = datetime.datetime.fromtimestamp(window.start.micros // 1_000_000, datetime.UTC)
    return f"w{start:%Y%m%dt%H%M%S}z-p{pane.index:03d}-{_mark(run)}"


def _mark(run: str) -> str:
    return hashlib.blake2b(run.encode("utf-8"), digest_size=4).hexdigest()


def is_commit_of(run: str, name: str) -> bool:
    """Tell whether a commit of this name was made by a run."""
    return name.endswith(f"-{_mark(run)}")


class _WriteFileFn(beam.DoFn):
    def __init__(self, rules: WriteRules) -> None:
        self._rules = rules
        self._counter = StageCounter("write")

    def process(
        self,
        group: tuple[_Key, Iterable[_Row]],
        window: IntervalWindow = beam.DoFn.WindowParam,
        pane: PaneInfo = beam.DoFn.PaneInfoParam,
    ) -> Iterator[WrittenFile]:
        (table, folder, shard), found = group
        rows = [row for _, row in sorted(found)]
        if not rows:  # an engine may fire a pane with nothing in it
            return
        rules = self._rules
        name = f"{_stamp(window, pane, rules.run)}-s{shard:05d}.avro"
        output = OutputFolder(rules.root)
        file = write_rows(output, rules.run, table, folder, rows, rules.codec, str(shard), lambda _: name)
        self._counter.add(table, file.rows)
        yield file


class _CommitFn(beam.DoFn):
    def __init__(self, rules: WriteRules) -> None:
        self._rules = rules

    def process(
        self,
        group: tuple[str, Iterable[Any]],
        window: IntervalWindow = beam.DoFn.WindowParam,
        pane: PaneInfo = beam.DoFn.PaneInfoParam,
    ) -> None:
        items = list(group[1])
        if not items:
            return
        # A bundle that was tried again may tell of a file twice.
        files = {file.path: file for file in items if isinstance(file, WrittenFile)}
        records = sum(count for count in items if isinstance(count, int))
        name = _stamp(window, pane, self._rules.run)
        commit = Commit(
            name, self._rules.config_sha256, records, tuple(files[path] for path in sorted(files))
        )
        OutputFolder(self._rules.root).write(commit_path(name), encode_commit(commit), run=self._rules.run)
