"""AdoptIndex: the signatures of an index as elements for a stream that shall know them."""

import dataclasses
import pickle
from collections.abc import Iterator

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection

from transforms.composite import Composite
from transforms.core.packing import pack_signature
from transforms.index_store import AdoptedIndex, IndexFiles, read_amendments, read_pieces

__all__ = ["AdoptIndex", "Piece"]


@dataclasses.dataclass(frozen=True)
class Piece:
    """Part number `part` of the `parts` of file number `file` of the `files` of an index: packed signatures that arrive on `day`.

    `day` counts from 1970-01-01 UTC; for the rest see `AdoptedIndex`.
    """

    file: int
    part: int
    parts: int
    files: int
    signatures: tuple[bytes, ...]
    day: int
    expired_before: int | None
    at_us: int


@dataclasses.dataclass(eq=False)
class AdoptIndex(Composite):
    """Read an index at the start of a stream; gives `Piece`s of some megabytes under one key, pickled, in no order.

    Each file gives one piece at least, so who has all parts of all files knows that nothing more comes.
    """

    adopted: AdoptedIndex
    key: str

    def expand(self, begin: PBegin) -> PCollection[tuple[str, bytes]]:
        """Return the pieces."""
        numbers = list(range(len(self.adopted.files.signatures)))
        read = beam.ParDo(_ReadPiecesFn(self.adopted, self.key))
        read.label = "ReadPieces"
        pieces: PCollection[tuple[str, bytes]] = (
            begin
            | "Files" >> beam.Create(numbers).with_output_types(int)
            | read.with_output_types(tuple[str, bytes])
        )
        return pieces


class _ReadPiecesFn(beam.DoFn):
    def __init__(self, adopted: AdoptedIndex, key: str) -> None:
        self._adopted = adopted
        self._key = key

    def setup(self) -> None:
        self._amended = read_amendments(self._adopted.files)

    def process(self, number: int) -> Iterator[tuple[str, bytes]]:
        adopted = self._adopted
        day = adopted.arrivals[number]
        one = IndexFiles(adopted.files.root, (adopted.files.signatures[number],))
        parts = [found for _, found in read_pieces(one, [day], self._amended)] or [[]]
        for part, signatures in enumerate(parts):
            packed = tuple(map(pack_signature, signatures))
            of = (number, part, len(parts), len(adopted.arrivals))
            piece = Piece(*of, packed, day, adopted.expired_before, adopted.at_us)
            yield self._key, pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
