"""ReadArticleFiles: patterns to raw records."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection, TaggedOutput

from schemas.elements import DeadLetter, InputFile, Origin, RawRecord
from transforms.composite import Composite
from transforms.core.reading import ReadRules, read_records
from transforms.files import find_files, open_raw
from transforms.metrics import StageCounter

__all__ = ["ReadArticleFiles", "ReadOutputs", "read_file"]


class ReadOutputs(NamedTuple):
    """What a source gives: records, what could not be read, and one row per input file."""

    records: PCollection[RawRecord]
    refused: PCollection[DeadLetter]
    inputs: PCollection[InputFile]


@dataclasses.dataclass(eq=False)
class ReadArticleFiles(Composite):
    """Read every file that `patterns` match, once, in any of the forms that `core.reading` knows.

    Each file is read by one worker in bounded memory. Order between records means nothing.
    """

    patterns: tuple[str, ...]
    rules: ReadRules = dataclasses.field(default_factory=ReadRules)

    def expand(self, begin: PBegin) -> ReadOutputs:
        """Return records, dead letters and input files as PCollections."""
        read = beam.ParDo(_ReadFileFn(self.rules))
        read.label = "ReadFile"
        doors = (
            begin
            | "Patterns" >> beam.Create(list(self.patterns), reshuffle=False)
            | "FindFiles" >> beam.FlatMap(_found)
            # The key names the file: a file that two patterns match is read once, and workers share the files.
            | "OncePerFile" >> beam.GroupByKey()
            | read.with_output_types(RawRecord, refused=DeadLetter, inputs=InputFile).with_outputs(
                "refused", "inputs", main="records"
            )
        )
        return ReadOutputs(doors.records, doors.refused, doors.inputs)


def _found(pattern: str) -> Iterator[tuple[str, int]]:
    for file in find_files([pattern]):
        yield file.uri, file.size_bytes


class _ReadFileFn(beam.DoFn):
    def __init__(self, rules: ReadRules) -> None:
        self._rules = rules
        self._counter = StageCounter("read")

    def process(self, found: tuple[str, Iterable[int]]) -> Iterator[Any]:
        uri, sizes = found
        for piece in read_file(uri, min(sizes), self._rules):
            if isinstance(piece, RawRecord):
                self._counter.add("ok")
                yield piece
            elif isinstance(piece, DeadLetter):
                self._counter.add(f"refused_{piece.reason}")
                yield TaggedOutput("refused", piece)
            else:
                self._counter.add("in", piece.records)
                self._counter.add("files")
                self._counter.add("bytes", piece.size_bytes)
                yield TaggedOutput("inputs", piece)


def read_file(uri: str, size_bytes: int, rules: ReadRules) -> Iterator[RawRecord | DeadLetter | InputFile]:
    """Yield what a file holds, and an `InputFile` at its end; one that cannot be opened is a dead letter."""
    try:
        stream = open_raw(uri)
    except OSError as error:
        yield DeadLetter("read", "unreadable_file", str(error), b"", 0, Origin(uri, 0, 0))
        yield InputFile(uri, size_bytes, 0, "none", "unknown", "", 1, 0)
        return
    with stream:
        yield from read_records(stream, uri, size_bytes, rules)
