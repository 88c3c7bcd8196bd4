"""ReadIndex: the signatures of earlier runs, with what was last decided about them. How an index is committed: `pipelines.index`."""

import dataclasses
import io
from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection

from schemas.avro import read_rows, signature_of
from schemas.comparing import Member, Signature
from transforms.composite import Composite
from transforms.files import OutputFolder
from transforms.metrics import StageCounter

__all__ = [
    "AdoptedIndex",
    "IndexFiles",
    "ReadIndex",
    "read_amendments",
    "read_pieces",
    "read_signatures",
]

#: Signatures that a stream takes over at once: some megabytes.
_PIECE = 2_000


@dataclasses.dataclass(frozen=True)
class IndexFiles:
    """What a run reads of an index: paths relative to `root`; amendments in the order in which they were made."""

    root: str
    signatures: tuple[str, ...] = ()
    amendments: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class AdoptedIndex:
    """What a stream takes over of an index.

    `arrivals` says for each file of signatures as which day's arrivals it counts (days since 1970-01-01 UTC), rising.
    `expired_before` is the first day of which the index still holds all, None where nothing has expired. `at_us` is
    when it was opened (microseconds since 1970-01-01 UTC).
    """

    files: IndexFiles
    arrivals: tuple[int, ...]
    expired_before: int | None
    at_us: int


@dataclasses.dataclass(eq=False)
class ReadIndex(Composite):
    """Read the signatures of an index; each file by one worker, each signature with its latest decision.

    Amendments are few (articles that a later run has decided anew); every worker holds them all.
    """

    files: IndexFiles

    def expand(self, begin: PBegin) -> PCollection[Signature]:
        """Return the settled signatures."""
        read = beam.ParDo(_ReadFn(self.files))
        read.label = "ReadFile"
        signatures: PCollection[Signature] = (
            begin
            | "Files"
            >> beam.Create([(path, 0) for path in self.files.signatures], reshuffle=False).with_output_types(
                tuple[str, int]
            )
            # The key names the file, so that workers share them.
            | "Share" >> beam.GroupByKey()
            | read.with_output_types(Signature)
        )
        return signatures


class _ReadFn(beam.DoFn):
    def __init__(self, files: IndexFiles) -> None:
        self._files = files
        self._counter = StageCounter("index")

    def setup(self) -> None:
        self._amended = read_amendments(self._files)

    def process(self, named: tuple[str, Iterable[int]]) -> Iterator[Signature]:
        path, _ = named
        count = 0
        for signature in read_signatures(OutputFolder(self._files.root), path, self._amended):
            count += 1
            yield signature
        self._counter.add("read", count)


def read_signatures(folder: OutputFolder, path: str, amended: dict[str, Member]) -> Iterator[Signature]:
    """Yield the signatures of one file, with the decisions of `amended` (by article id) in place of their own."""
    for row in read_rows(io.BytesIO(folder.read(path)), "signatures"):
        signature = signature_of(row)
        if isinstance(signature, Signature):
            again = amended.get(signature.member.article_id)
            if again is not None:
                member = dataclasses.replace(signature.member, settled=again.settled)
                signature = dataclasses.replace(signature, member=member)
            yield signature


def read_amendments(files: IndexFiles) -> dict[str, Member]:
    """Return the last amendment of each article, by its id."""
    folder = OutputFolder(files.root)
    amended: dict[str, Member] = {}
    for path in files.amendments:
        for row in read_rows(io.BytesIO(folder.read(path)), "amendments"):
            member = signature_of(row)
            if isinstance(member, Member):
                amended[member.article_id] = member
    return amended


def read_pieces(
    files: IndexFiles, arrivals: Iterable[int], amended: dict[str, Member]
) -> Iterator[tuple[int, list[Signature]]]:
    """Yield the signatures of an index, some thousand at once, with the day as which they arrive."""
    folder = OutputFolder(files.root)
    for path, day in zip(files.signatures, arrivals, strict=True):
        signatures = list(read_signatures(folder, path, amended))
        for first in range(0, len(signatures), _PIECE):
            yield day, signatures[first : first + _PIECE]
