"""Avro container files of strangers: every length, count and type is checked before anything is decoded."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import cramjam

from transforms.core.avro_rows import as_json, decode_rows
from transforms.core.avro_schema import SafeSchema, safe_schema
from transforms.core.compression import GROWTH_FLOOR_BYTES, XZ_MEMORY_BYTES, Source
from transforms.core.errors import ArticleError
from transforms.core.pieces import Flaw, Found, Piece, flaw, too_large

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["MAGIC", "read_avro"]

MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_MAX_HEADER_BYTES = 1 << 20
#: Of one block, stored and decompressed.
_MAX_BLOCK_BYTES = 64 << 20
_CODECS = ("null", "deflate", "bzip2", "xz", "zstandard", "snappy")
_DAMAGE = (
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    cramjam.DecompressionError,
    OSError,
    EOFError,
    ValueError,
)
#: Articles that warraq itself wrote are input again.
_OWN_ARTICLE = "org.warraq.Article"


class _CutError(Exception):
    """The data ends before what was asked for."""


class _Cursor:
    """Exact reads from the chunks of a source; `place` counts the bytes taken."""

    def __init__(self, source: Source) -> None:
        self._chunks = source.chunks()
        self._data = b""
        self._at = 0
        self.place = 0

    def take(self, size: int) -> bytes:
        """Return exactly `size` bytes. Raises _CutError where the data ends before."""
        parts = [self._data[self._at : self._at + size]]
        self._at += len(parts[0])
        missing = size - len(parts[0])
        while missing:
            self._data = next(self._chunks, b"")
            if not self._data:
                raise _CutError
            self._at = min(missing, len(self._data))
            parts.append(self._data[: self._at])
            missing -= self._at
        self.place += size
        return b"".join(parts)

    def take_long(self) -> int:
        """Return a zigzag varint of at most 64 bits. Raises _CutError or ArticleError."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
            if shift > 63:
                raise ArticleError("corrupt_file", f"a number of more than 64 bits before byte {self.place}")

    def at_end(self) -> bool:
        """Tell whether all the data was taken."""
        while self._at == len(self._data):
            self._data, self._at = next(self._chunks, b""), 0
            if not self._data:
                return True
        return False


def read_avro(source: Source, field_map: str, max_bytes: int, max_expansion: int) -> Iterator[Found]:
    """Yield the rows of a container as JSON objects, block by block; `offset` is the 0-based row.

    Flaws: `unsafe_avro`, `corrupt_file`, `truncated_file`, `decompression_bomb` and the source's fault for
    the file; `bad_avro` for the rest of a block whose row does not decode; `record_too_large`.
    """
    container = _Container(_Cursor(source), field_map, max_bytes)
    try:
        container.open()
        while not container.cursor.at_end():
            count, data = container.next_block()
            container.check_growth(max(GROWTH_FLOOR_BYTES, max_expansion * source.stored))
            yield from container.rows(count, data)
    except _CutError:
        place = f"byte {container.cursor.place}, after row {container.row}"
        fault = source.fault or ArticleError(
            "truncated_file", f"the Avro data ends in a block that began before {place}"
        )
        yield flaw(fault, b"", container.row)
    except ArticleError as error:
        yield flaw(error, b"", container.row)
    else:
        yield from source.flaws(b"", 0, container.row)


class _Container:
    def __init__(self, cursor: _Cursor, field_map: str, max_bytes: int) -> None:
        self.cursor = cursor
        self.row = 0
        self.inflated = 0
        self._field_map = field_map
        self._max_bytes = max_bytes
        self._schema = SafeSchema({}, {})
        self._codec = ""
        self._sync = b""
        self._own = False

    def open(self) -> None:
        """Read and check the header. Raises ArticleError or _CutError."""
        self.cursor.take(len(MAGIC))
        metadata = self._metadata()
        self._codec = metadata.get(b"avro.codec", b"null").decode("utf-8", "replace")
        if self._codec not in _CODECS:
            raise ArticleError("unsafe_avro", f"codec {self._codec[:40]!r}; known: {', '.join(_CODECS)}")
        self._schema = safe_schema(metadata.get(b"avro.schema", b""))
        self._own = self._schema.parsed["name"] == _OWN_ARTICLE
        self._sync = self.cursor.take(_SYNC_BYTES)

    def _metadata(self) -> dict[bytes, bytes]:
        metadata: dict[bytes, bytes] = {}
        while count := self.cursor.take_long():
            if count < 0:  # then the size of the block follows
                self.cursor.take_long()
            for _ in range(min(abs(count), _MAX_HEADER_BYTES)):
                key = self._short()
                metadata[key] = self._short()
        return metadata

    def _short(self) -> bytes:
        size = self.cursor.take_long()
        if not 0 <= size <= _MAX_HEADER_BYTES - self.cursor.place:
            raise ArticleError("unsafe_avro", f"the header is larger than {_MAX_HEADER_BYTES} bytes")
        return self.cursor.take(size)

    def next_block(self) -> tuple[int, bytes]:
        """Return the next block: how many rows it says it has, and its data decompressed."""
        place = self.cursor.place
        count = self.cursor.take_long()
        size = self.cursor.take_long()
        if count < 0 or not 0 <= size <= _MAX_BLOCK_BYTES:
            raise ArticleError("unsafe_avro", f"a block of {count} rows in {size} bytes at byte {place}")
        stored = self.cursor.take(size)
        if self.cursor.take(_SYNC_BYTES) != self._sync:
            raise ArticleError("corrupt_file", f"the block at byte {place} does not end in the sync marker")
        try:
            data = _inflate(stored, self._codec)
        except _DAMAGE as error:
            raise ArticleError("corrupt_file", f"{self._codec} block at byte {place}: {error}") from error
        if count > len(data):
            raise ArticleError("unsafe_avro", f"a block of {count} rows in {len(data)} bytes at byte {place}")
        self.inflated += len(data)
        return count, data

    def check_growth(self, limit: int) -> None:
        """Raise ArticleError where the blocks so far hold more than `limit` bytes, decompressed."""
        if self.inflated > limit:
            detail = f"{self.cursor.place} bytes became {self.inflated}, {limit} are allowed; raise read.max_expansion"
            raise ArticleError("decompression_bomb", detail)

    def rows(self, count: int, data: bytes) -> Iterator[Piece | Flaw]:
        """Yield the rows of a block; where one does not decode, one flaw for all that is left of it."""
        first, end = self.row, 0
        try:
            for row, row_end in decode_rows(data, count, self._schema, self._max_bytes):
                yield self._found(row)
                end = row_end
                self.row += 1
        except Exception as error:  # noqa: BLE001 (foreign decoder on hostile data; the block is refused)
            left = count - (self.row - first)
            detail = f"row {self.row}, and with it {left} rows of the block: {type(error).__name__}: {error}"
        else:
            if end == len(data):
                return
            detail = f"{len(data) - end} bytes are left over in the block that ends before row {self.row}"
        yield Flaw("bad_avro", detail[:300], data[end : end + self._max_bytes], len(data) - end, self.row)
        self.row += 1

    def _found(self, row: dict[str, Any]) -> Piece | Flaw:
        payload = as_json(row, own=self._own)
        if len(payload) > self._max_bytes:
            return too_large(payload, len(payload), self._max_bytes, self.row)
        return Piece(payload, "utf-8", "warraq" if self._own else self._field_map, self.row)


def _inflate(stored: bytes, codec: str) -> bytes:
    if codec == "null":
        return stored
    if codec == "snappy":
        return _unsnap(stored)
    member: Any
    if codec == "deflate":
        member = zlib.decompressobj(wbits=-15)
    elif codec == "bzip2":
        member = bz2.BZ2Decompressor()
    elif codec == "xz":
        member = lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)
    else:
        member = zstd.ZstdDecompressor()
    data: bytes = member.decompress(stored, _MAX_BLOCK_BYTES)
    # A full step can hide that more would come: `eof` tells.
    if not member.eof:
        if len(data) == _MAX_BLOCK_BYTES:
            raise ArticleError(
                "decompression_bomb", f"a block of {len(stored)} bytes becomes {_MAX_BLOCK_BYTES} or more"
            )
        raise ArticleError("corrupt_file", f"the {codec} data of a block is cut")
    return data


def _unsnap(stored: bytes) -> bytes:
    body, checksum = stored[:-4], stored[-4:]
    if cramjam.snappy.decompress_raw_len(body) > _MAX_BLOCK_BYTES:
        raise ArticleError(
            "decompression_bomb", f"a block of {len(stored)} bytes becomes more than {_MAX_BLOCK_BYTES}"
        )
    data = bytes(cramjam.snappy.decompress_raw(body))
    if zlib.crc32(data).to_bytes(4, "big") != checksum:
        raise ArticleError("corrupt_file", "the checksum of a snappy block does not fit")
    return data
