"""WriteTables: rows to committed-to-be Avro files, one per table, partition and shard.

A file is built whole, named by its own checksum and moved into place in one step. So a retried bundle
writes the same name again, no run overwrites another's data, and what is incomplete has no name. A file
counts only when a manifest names it (see `pipelines.commit`).
"""

import dataclasses
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection

from schemas.avro import TABLES, encode_container, fingerprint, join_rows, to_record
from schemas.comparing import Member, Signature
from schemas.elements import (
    DeadLetter,
    Decision,
    Duplicate,
    Filtered,
    InputFile,
    Relation,
    TaggedArticle,
    TaggedBatch,
    WrittenFile,
)
from transforms.composite import Composite
from transforms.core.partition import article_partition, data_file_name, day_partition, shard_of
from transforms.files import TEMP_FOLDER, OutputFolder
from transforms.metrics import StageCounter

__all__ = [
    "PLACES",
    "Tables",
    "WriteIndex",
    "WriteRules",
    "WriteTables",
    "Written",
    "file_list_path",
    "row_order",
    "write_files",
    "write_records",
    "write_rows",
]

RowKey = tuple[str, int]


class Tables(NamedTuple):
    """Everything that a run writes.

    Only a stream has `decisions`: those of a batch run are final, and in the other tables. One that shares an index has what
    another run needs of it, too: the `signatures` of its articles, settled, and `amendments`, what was decided anew.
    """

    articles: PCollection[TaggedBatch]
    duplicates: PCollection[Duplicate]
    relations: PCollection[Relation]
    dead_letters: PCollection[DeadLetter]
    filtered: PCollection[Filtered]
    inputs: PCollection[InputFile]
    decisions: PCollection[Decision] | None = None
    signatures: PCollection[Signature] | None = None
    amendments: PCollection[Member] | None = None


class Written(NamedTuple):
    """The files that a bounded run has written, each once all of them are: of the output, and of the index where it has one."""

    files: PCollection[WrittenFile]
    indexed: PCollection[WrittenFile] | None = None


@dataclasses.dataclass(frozen=True)
class WriteRules:
    """Where and how files are written. `run` names the run's temporary folder."""

    root: str
    run: str
    codec: str
    shards: int
    config_sha256: str


def file_list_path(run: str) -> str:
    """Return where a run leaves the list of files it wrote, relative to the output folder."""
    return f"{TEMP_FOLDER}/{run}/files.json"


@dataclasses.dataclass(eq=False)
class WriteTables(Composite):
    """Write all tables; then leave the list of written files for the commit. Input must be bounded.

    Rows of a file are sorted, so that bytes do not depend on order, bundles or workers.
    """

    rules: WriteRules

    def expand(self, tables: Tables) -> PCollection[WrittenFile]:
        """Return one `WrittenFile` per data file, after the list is left."""
        return _leave_files(write_files(tables, self.rules), self.rules)


def write_files(tables: Tables, rules: WriteRules) -> list[PCollection[WrittenFile]]:
    """Write the files of all tables, as steps of the transform that calls; return one `WrittenFile` per file, by table."""
    files = [
        tables.articles | "WriteArticles" >> beam.ParDo(_WriteBatchFn(rules)).with_output_types(WrittenFile)
    ]
    for name, label, rows in (
        ("duplicates", "Duplicates", tables.duplicates),
        ("relations", "Relations", tables.relations),
        ("dead_letters", "DeadLetters", tables.dead_letters),
        ("filtered", "Filtered", tables.filtered),
        ("inputs", "Inputs", tables.inputs),
    ):
        files.append(rows | f"Write{label}" >> _WriteRows(name, PLACES[name], rules))
    return files


@dataclasses.dataclass(eq=False)
class WriteIndex(Composite):
    """Write signatures and amendments into an index folder, by day; then leave the list of files for its commit."""

    rules: WriteRules

    def expand(self, sides: tuple[PCollection[Signature], PCollection[Member]]) -> PCollection[WrittenFile]:
        """Return one `WrittenFile` per data file, after the list is left."""
        signatures, amended = sides
        files = [
            signatures | "WriteSignatures" >> _WriteRows("signatures", _by_signature_day, self.rules),
            amended | "WriteAmendments" >> _WriteRows("amendments", _by_member_day, self.rules),
        ]
        return _leave_files(files, self.rules)


def _leave_files(files: list[PCollection[WrittenFile]], rules: WriteRules) -> PCollection[WrittenFile]:
    """Leave the list of written files where no reader looks until the commit; it is small, a row per file."""
    written: PCollection[WrittenFile] = files | "AllFiles" >> beam.Flatten()
    return (
        written
        | "KeyAll" >> beam.Map(_key_all).with_output_types(tuple[str, WrittenFile])
        | "GatherFiles" >> beam.GroupByKey()
        | "LeaveFileList" >> beam.ParDo(_LeaveFileListFn(rules)).with_output_types(WrittenFile)
    )


def _key_all(file: WrittenFile) -> tuple[str, WrittenFile]:
    return "all", file


def _by_day(row: Duplicate | Relation | Decision) -> tuple[str, str]:
    return day_partition(row.event_us), row.article_id


def _by_signature_day(signature: Signature) -> tuple[str, str]:
    return _by_member_day(signature.member)


def _by_member_day(member: Member) -> tuple[str, str]:
    return day_partition(member.event_us), member.article_id


def _by_origin(row: DeadLetter | Filtered) -> tuple[str, str]:
    return "", f"{row.origin.uri}#{row.origin.index}"


def _by_uri(row: InputFile) -> tuple[str, str]:
    return "", row.uri


def _by_source(tagged: TaggedArticle) -> tuple[str, str]:
    article = tagged.article.article
    return article_partition(article.event_us, article.source), article.article_id


#: Where a row of each table lies: its folder within the table's, and the key that chooses its shard.
PLACES: dict[str, Callable[[Any], tuple[str, str]]] = {
    "articles": _by_source,
    "duplicates": _by_day,
    "relations": _by_day,
    "decisions": _by_day,
    "dead_letters": _by_origin,
    "filtered": _by_origin,
    "inputs": _by_uri,
    "signatures": _by_signature_day,
    "amendments": _by_member_day,
}


@dataclasses.dataclass(eq=False)
class _WriteRows(Composite):
    """Group the rows of a small table by file and write each file."""

    table: str
    place: Callable[[Any], tuple[str, str]]
    rules: WriteRules

    def expand(self, rows: PCollection[Any]) -> PCollection[WrittenFile]:
        return (
            rows
            | "Place"
            >> beam.ParDo(_PlaceFn(self.place, self.rules.shards)).with_output_types(tuple[RowKey, Any])
            | "GroupFile" >> beam.GroupByKey()
            | "WriteFile" >> beam.ParDo(_WriteRowsFn(self.table, self.rules)).with_output_types(WrittenFile)
        )


class _PlaceFn(beam.DoFn):
    def __init__(self, place: Callable[[Any], tuple[str, str]], shards: int) -> None:
        self._place = place
        self._shards = shards

    def process(self, row: Any) -> Iterator[tuple[RowKey, Any]]:
        partition, key = self._place(row)
        yield (partition, shard_of(key, self._shards)), row


def write_records(
    folder: OutputFolder,
    run: str,
    table: str,
    partition: str,
    records: Sequence[dict[str, Any]],
    codec: str,
    mark: str,
    name: Callable[[str], str],
) -> WrittenFile:
    """Write one file of a table, rows in the order given, and return what was written, without tallies. Raises OSError.

    `mark` tells the file from others of its folder (it makes the sync marker), `name` makes its name of its SHA-256.
    """
    place = _Place(table, partition)
    data = encode_container(table, records, codec, place.marked(mark))
    return _write(folder, run, place, data, len(records), name)


def write_rows(
    folder: OutputFolder,
    run: str,
    table: str,
    partition: str,
    rows: Sequence[bytes],
    codec: str,
    mark: str,
    name: Callable[[str], str],
) -> WrittenFile:
    """Write what `write_records` would write of the records that `rows` are the encoding of (`schemas.avro.encode_row`)."""
    place = _Place(table, partition)
    data = join_rows(table, rows, codec, place.marked(mark))
    return _write(folder, run, place, data, len(rows), name)


class _Place(NamedTuple):
    """Where files of a table lie, below the output folder."""

    table: str
    partition: str

    @property
    def folder(self) -> str:
        return "/".join(part for part in self if part)

    def marked(self, mark: str) -> str:
        return f"{self.folder}#{mark}"


def _write(
    folder: OutputFolder, run: str, place: _Place, data: bytes, rows: int, name: Callable[[str], str]
) -> WrittenFile:
    checksum = hashlib.sha256(data).hexdigest()
    path = f"{place.folder}/{name(checksum)}"
    folder.write(path, data, run=run)
    return WrittenFile(
        path=path,
        table=place.table,
        rows=rows,
        size_bytes=len(data),
        sha256=checksum,
        schema_fingerprint=fingerprint(place.table),
        tallies=(),
    )


class _WriteFn(beam.DoFn):
    """What both writers share."""

    def __init__(self, table: str, rules: WriteRules) -> None:
        self._table = table
        self._rules = rules
        self._counter = StageCounter("write")

    def write(self, partition: str, shard: int, elements: Sequence[Any]) -> WrittenFile:
        rules = self._rules
        records = [to_record(self._table, element, rules.config_sha256) for element in elements]
        name = functools.partial(data_file_name, shard, rules.shards)
        folder = OutputFolder(rules.root)
        file = write_records(
            folder, rules.run, self._table, partition, records, rules.codec, str(shard), name
        )
        self._counter.add(self._table, file.rows)
        return dataclasses.replace(file, tallies=_tally(self._table, records))


#: What news parsing found, by the name that the report uses: the field of the row, and the field within it.
_COVERED = (
    ("agency", "byline", "agencies"),
    ("city", "byline", "cities"),
    ("author", "byline", "authors"),
    ("date", "dates", ""),
    ("figure", "figures", ""),
    ("quote", "quotes", ""),
    ("boilerplate", "boilerplate", ""),
)


def _covered(record: dict[str, Any]) -> Iterator[str]:
    """Yield what an article's row has: agency, city, author and so on."""
    for name, field, part in _COVERED:
        value = record.get(field)
        if value and (value.get(part) if part else True):
            yield name


def _tally(table: str, records: Iterable[dict[str, Any]]) -> tuple[tuple[str, str, int], ...]:
    """Count what the report shows: values of the table's tallied fields; flags, tags and findings of articles."""
    counts: Counter[tuple[str, str]] = Counter()
    for record in records:
        for field in TABLES[table].tallied if table in TABLES else ():
            counts[field, record[field]] += 1
        for flag in record.get("flags", ()):
            counts["flag", flag] += 1
        for name in _covered(record):
            counts[f"with:{name}", record["source"]] += 1
        # Keyphrases are nearly as many as articles: a count of each would grow with the run.
        tags = {
            (tag["kind"], tag["canonical"]) for tag in record.get("tags", ()) if tag["kind"] != "keyphrase"
        }
        for found in tags:
            counts[f"tag:{found[0]}", found[1]] += 1
    return tuple((field, value, count) for (field, value), count in sorted(counts.items()))


class _WriteBatchFn(_WriteFn):
    def __init__(self, rules: WriteRules) -> None:
        super().__init__("articles", rules)

    def process(self, batch: TaggedBatch) -> Iterator[WrittenFile]:
        yield self.write(batch.partition, batch.shard, batch.articles)


class _WriteRowsFn(_WriteFn):
    def process(self, group: tuple[RowKey, Iterable[Any]]) -> Iterator[WrittenFile]:
        (partition, shard), rows = group
        yield self.write(partition, shard, sorted(rows, key=row_order))


def row_order(row: Any) -> tuple[str, int, str, str]:
    """Return what rows of one file are sorted by: where they were read; signatures by article."""
    if isinstance(row, TaggedArticle):
        row = row.article.article
    if isinstance(row, InputFile):
        return row.uri, 0, "", ""
    if isinstance(row, Signature | Member):
        member = row.member if isinstance(row, Signature) else row
        return member.article_id, 0 if member.settled is None else member.settled.revision, "", ""
    other = ("", "")
    if isinstance(row, Relation):
        other = (row.relation, row.other_id)
    elif isinstance(row, Duplicate):  # a message that comes again, or is decided anew, gives another row
        other = (row.relation, f"{row.parent_id} {row.root_id}")
    elif isinstance(row, Decision):
        other = (row.article_id, f"{row.revision:09d}")
    return row.origin.uri, row.origin.index, *other


class _LeaveFileListFn(beam.DoFn):
    def __init__(self, rules: WriteRules) -> None:
        self._rules = rules

    def process(self, group: tuple[str, Iterable[WrittenFile]]) -> Iterator[WrittenFile]:
        # A retried bundle may report a file twice: the path, which holds the checksum, says which are one.
        by_path = {file.path: file for file in group[1]}
        files = [by_path[path] for path in sorted(by_path)]
        data = json.dumps([dataclasses.asdict(file) for file in files], ensure_ascii=False).encode("utf-8")
        OutputFolder(self._rules.root).write(file_list_path(self._rules.run), data, run=self._rules.run)
        yield from files
