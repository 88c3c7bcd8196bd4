"""The sample of `warraq plan`: what is read of the inputs, and which records are drawn from it.

Two steps. First the input is scanned: all of it, or a few runs of neighbouring files where it is larger than the limit.
Scanning reads, decodes and fingerprints bodies as they are, and does nothing else. Then records are drawn by their *text*: each
has a key made from the smallest hash among its shingles (a MinHash value), and the records with the lowest keys are the
sample. Copies have the same key and near copies mostly have, so they are drawn together: of records drawn one by one hardly
any would meet its copy. No clock and no chance enters: the same files give the same sample.
"""

import dataclasses
import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pipelines.config_tree import Config, parse_plan
from schemas.comparing import Fingerprint, Member, Signature
from schemas.elements import DeadLetter, InputFile, Origin, RawRecord
from transforms.core.encoding import decode
from transforms.core.errors import ArticleError
from transforms.core.fingerprint import SHINGLE_WORDS, fingerprint_texts
from transforms.core.normalize import profile_of
from transforms.core.parse import ParsePlan, fields_of
from transforms.core.reading import read_records
from transforms.core.structure import lay_out_text
from transforms.files import FoundFile, open_raw

__all__ = ["Chunk", "Drawn", "Scan", "scan"]

_KEY_BITS = 64
_BATCH = 64
#: Runs of neighbouring files that are read of an input larger than the limit.
_WINDOWS = 4
#: Parts of the scan that are compared with each other to tell how even the input is.
_CHUNKS = 40
#: Reading runs ahead of the records by a few hundred kilobytes, which a part must outweigh.
_CHUNK_BYTES = 1 << 20
_Piece = RawRecord | DeadLetter | InputFile


class Drawn(NamedTuple):
    """A record of the sample: `key` names its group, `number` tells where it stood in the scan."""

    key: int
    number: int
    record: RawRecord


class Chunk(NamedTuple):
    """A stretch of the scan: stored and decompressed bytes, records, and records that could not be read."""

    stored_bytes: int
    read_bytes: int
    records: int
    refused: int


@dataclasses.dataclass(frozen=True)
class Scan:
    """What was read of the inputs, and what was drawn from it.

    `files` and `bytes_on_disk` are those of the whole input, `scanned_files` those looked into. `whole` tells that every
    byte was read. `pages` counts web pages, whose text is not looked for in the scan. `read_seconds` is the CPU time that
    reading alone took. `bodies` are signatures of all records that could be read, by their bodies as they are, of no time
    and with (number of the record, window) as the place of their origin.
    """

    files: int
    bytes_on_disk: int
    scanned_files: int
    whole: bool
    windows: int
    chunks: tuple[Chunk, ...]
    refused: dict[str, int]
    pages: int
    read_seconds: float
    drawn: tuple[Drawn, ...]
    bodies: tuple[Signature, ...]

    @property
    def records(self) -> int:
        """Records scanned, those refused by the reader among them."""
        return sum(chunk.records for chunk in self.chunks)

    @property
    def readable(self) -> int:
        """Records scanned that could be read."""
        return self.records - sum(self.refused.values())


def scan(files: Sequence[FoundFile], config: Config, sample: int, limit_bytes: int) -> Scan:
    """Read `files` (sorted, sizes in bytes), at most about `limit_bytes` of them (0: all), and draw about `sample` records.

    Raises OSError where a filesystem cannot be asked; a file that cannot be read is a dead letter, as in a run.
    """
    total = sum(max(file.size_bytes, 0) for file in files)
    whole = not limit_bytes or total <= limit_bytes
    windows = [list(files)] if whole else _windows(files, total, limit_bytes)
    walk = _Walk(config, sample, max((total if whole else limit_bytes) // _CHUNKS, _CHUNK_BYTES))
    started = time.process_time()
    for number, window in enumerate(windows):
        left = total if whole else limit_bytes // len(windows)
        for file in window:
            if left <= 0 and not whole:
                break
            left -= walk.read(file, number, None if whole else left)
    return Scan(
        files=len(files),
        bytes_on_disk=total,
        scanned_files=walk.files,
        whole=whole,
        windows=len(windows),
        chunks=tuple(walk.chunks),
        refused=walk.refused,
        pages=walk.pages,
        read_seconds=max(time.process_time() - started - walk.keying_seconds, 0.0),
        drawn=walk.drawn(),
        bodies=tuple(walk.bodies),
    )


def _windows(files: Sequence[FoundFile], total: int, limit_bytes: int) -> list[list[FoundFile]]:
    """Return runs of neighbouring files at even distances; where they begin follows from the files' names alone."""
    names = "\n".join(_name(file.uri) for file in files)
    seed = int.from_bytes(
        hashlib.blake2b(names.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )
    stride = total / _WINDOWS
    # No window begins so late that there is not enough left of its stretch to fill it.
    offset = max(stride - limit_bytes / _WINDOWS, 0) * (seed / 2**64)
    ends = list(itertools.accumulate(max(file.size_bytes, 0) for file in files))
    starts: list[int] = []
    for number in range(_WINDOWS):
        place = next(i for i, end in enumerate(ends) if end > number * stride + offset or i == len(ends) - 1)
        if place not in starts:
            starts.append(place)
    return [list(files[low:high]) for low, high in itertools.pairwise([*starts, len(files)])]


class _Counted:
    """A stream that counts what was read of it, and ends after `most` bytes; `is_cut` tells that it did."""

    def __init__(self, stream: Any, most: int | None) -> None:
        self._stream = stream
        self._most = most
        self.taken = 0
        self.is_cut = False

    def read(self, size: int) -> bytes:
        if self._most is not None and size > self._most - self.taken:
            size = self._most - self.taken
            self.is_cut = True
        data: bytes = self._stream.read(size) if size else b""
        self.taken += len(data)
        return data


def _complete(pieces: Iterable[_Piece], stream: _Counted) -> Iterator[_Piece]:
    """Yield the pieces of a file without what the end of a cut stream made of the last record."""
    held: list[_Piece] = []
    for piece in pieces:
        if isinstance(piece, InputFile):
            broken = any(isinstance(one, DeadLetter) for one in held)
            if stream.is_cut:  # the half record is either refused, or the last that was given
                held = [one for one in held if broken and isinstance(one, RawRecord)]
            yield from held
            yield piece
        elif stream.is_cut and isinstance(piece, DeadLetter):
            held.append(piece)
        else:
            yield from held
            held = [piece]


class _Walk:
    """The scan under way."""

    def __init__(self, config: Config, sample: int, chunk_bytes: int) -> None:
        self._rules = config.read
        self._plan = parse_plan(config)
        self._profile = profile_of("dedup", config.normalize.without)
        self._sample = sample
        self._chunk_bytes = chunk_bytes
        self._kept: list[Drawn] = []
        self._waiting: list[tuple[int, RawRecord]] = []
        self._near_min_tokens = config.dedup.near_min_tokens
        self.bodies: list[Signature] = []
        self.chunks: list[Chunk] = []
        self.refused: dict[str, int] = {}
        self.files = self.pages = 0
        self.keying_seconds = 0.0

    def read(self, file: FoundFile, window: int, most_bytes: int | None) -> int:
        """Read a file, or about `most_bytes` stored bytes of it; return how many were read."""
        self.files += 1
        begun = _Begun()
        try:
            raw = open_raw(file.uri)
        except OSError:
            self._refuse("unreadable_file")
            self.chunks.append(Chunk(max(file.size_bytes, 0), 0, 1, 1))
            return max(file.size_bytes, 0)
        with raw:
            # A file that ends by itself is read to its end, where it would show that it was cut short.
            stream = _Counted(
                raw, most_bytes if most_bytes is not None and most_bytes < file.size_bytes else None
            )
            size = -1 if most_bytes is not None else file.size_bytes
            for piece in _complete(read_records(stream, file.uri, size, self._rules), stream):
                if isinstance(piece, InputFile):
                    begun.read_bytes = piece.read_bytes - begun.told
                    break
                begun.add(piece)
                if isinstance(piece, DeadLetter):
                    self._refuse(piece.reason)
                else:
                    self._see(window, piece)
                if stream.taken - begun.first >= self._chunk_bytes:
                    self.chunks.append(begun.close(stream.taken))
        self.chunks.append(begun.close(stream.taken))
        return stream.taken

    def _refuse(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def _see(self, window: int, record: RawRecord) -> None:
        self._waiting.append((window, record))
        self.pages += record.form == "html"
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        started = time.process_time()
        records = [record for _, record in waiting]
        texts = fingerprint_texts([_body(one, self._plan) for one in records], self._profile, SHINGLE_WORDS)
        for (window, record), text in zip(waiting, texts, strict=True):
            number = len(self.bodies)
            self._kept.append(Drawn(_key(record, text), number, record))
            if text.tokens < self._near_min_tokens:
                text = dataclasses.replace(text, shingles=b"", stems=b"")
            place = Origin("", number, window)
            member = Member(f"{number:032x}", None, 0, text.tokens, place, "", 0, None)
            self.bodies.append(Signature(member, b"", text))
        if len(self._kept) > 4 * self._sample + _BATCH:
            self._kept = self._lowest()
        self.keying_seconds += time.process_time() - started

    def _lowest(self) -> list[Drawn]:
        """Return the records with the lowest keys: as many as asked for, and all that share the last one's key."""
        if len(self._kept) <= self._sample:
            return self._kept
        last = sorted(drawn.key for drawn in self._kept)[self._sample - 1]
        return [drawn for drawn in self._kept if drawn.key <= last]

    def drawn(self) -> tuple[Drawn, ...]:
        self._flush()
        return tuple(self._lowest())


class _Begun:
    """A chunk that is being read."""

    def __init__(self) -> None:
        self.first = self.told = 0
        self.records = self.refused = self.read_bytes = 0

    def add(self, piece: RawRecord | DeadLetter) -> None:
        self.records += 1
        self.refused += isinstance(piece, DeadLetter)
        self.read_bytes = max(piece.origin.offset - self.told, 0)

    def close(self, taken: int) -> Chunk:
        chunk = Chunk(taken - self.first, self.read_bytes, self.records, self.refused)
        self.first, self.told = taken, self.told + self.read_bytes
        self.records = self.refused = self.read_bytes = 0
        return chunk


def _key(record: RawRecord, text: Fingerprint) -> int:
    """Return the key of a record whose body has that fingerprint."""
    if text.shingles:
        # Sorted, so the first is the smallest; hashed again, lest long texts (whose smallest is smaller) go first.
        return _hash(text.shingles[:4])
    if text.tokens:
        return _hash(text.digest)
    return _hash(f"{_name(record.origin.uri)}#{record.origin.index}".encode("utf-8", "surrogatepass"))


def _name(uri: str) -> str:
    """Return the name of a file without its folders: moving the input does not change the sample."""
    return uri.rpartition("/")[2]


def _body(record: RawRecord, plan: ParsePlan) -> str:
    """Return the body of a record as far as it can be told without parsing it; "" where it cannot."""
    try:
        text = decode(record.payload, record.encoding)
        if record.form == "html":
            return ""
        if record.form == "text":
            return text[lay_out_text(text).body_start :]
        return fields_of(text, record, plan).body
    except ArticleError:
        return ""


def _hash(data: bytes) -> int:
    return int.from_bytes(
        hashlib.blake2b(data, digest_size=_KEY_BITS // 8, person=b"warraq-plan").digest(), "big"
    )
