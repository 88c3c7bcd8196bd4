"""Avro container files of strangers: every length, count and type is checked before anything is decoded."""

import base64
import bz2
import io
import json
import lzma
import math
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import cramjam
import fastavro

from transforms.core.avro_schema import safe_schema
from transforms.core.compression import GROWTH_FLOOR_BYTES, XZ_MEMORY_BYTES, Source
from transforms.core.errors import ArticleError
from transforms.core.pieces import EXCERPT_BYTES, Flaw, Found, Piece, flaw, too_large

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
        self._schema: Any = None
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
        self._own = self._schema["name"] == _OWN_ARTICLE
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
        start = 0  # of the window: a row may claim no more than what the window holds
        window = io.BytesIO(data[: 2 * self._max_bytes])
        for left in range(count, 0, -1):
            if window.tell() > self._max_bytes and start + 2 * self._max_bytes < len(data):
                start += window.tell()
                window = io.BytesIO(data[start : start + 2 * self._max_bytes])
            began = window.tell()
            try:
                row: Any = fastavro.schemaless_reader(window, self._schema)
                payload = self._payload(row)
            except Exception as error:  # noqa: BLE001 (foreign decoder on hostile data; the block is refused)
                detail = (
                    f"row {self.row}, and with it {left} rows of the block: {type(error).__name__}: {error}"
                )
                rest = data[start + began :]
                yield Flaw("bad_avro", detail[:300], rest[: self._max_bytes], len(rest), self.row)
                self.row += 1
                return
            if len(payload) > self._max_bytes:
                yield too_large(payload, len(payload), self._max_bytes, self.row)
            else:
                yield Piece(payload, "utf-8", "warraq" if self._own else self._field_map, self.row)
            self.row += 1
        if start + window.tell() != len(data):
            rest = data[start + window.tell() :]
            detail = f"{len(rest)} bytes are left over in the block that ends with row {self.row}"
            yield Flaw("bad_avro", detail, rest[:EXCERPT_BYTES], len(rest), self.row)

    def _payload(self, row: dict[str, Any]) -> bytes:
        value = _own_article(row) if self._own else _plain(row)
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


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


def _plain(value: Any) -> Any:
    """Return a decoded Avro value as JSON knows it."""
    if isinstance(value, dict):
        return dict(_entry(str(key), item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_entry("", item)[1] for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if not isinstance(value, Decimal) else format(value, "f")


def _entry(key: str, value: Any) -> tuple[str, Any]:
    """Return a key and its value; bytes become text, or base64 under `<key>_base64` where they are none."""
    if not isinstance(value, bytes):
        return key, _plain(value)
    try:
        return key, value.decode("utf-8")
    except UnicodeDecodeError:
        return f"{key}_base64", base64.b64encode(value).decode("ascii")


def _own_article(row: dict[str, Any]) -> dict[str, Any]:
    """Return an article that warraq wrote by the keys of the field map `warraq`."""
    span = row["title_span"] if "title_span" in row else row["title"]
    return {
        "source": row.get("source"),
        "url": row.get("url"),
        "published": _time(row.get("published_us")),
        "crawled": _time(row.get("crawled_us")),
        "title": row["text"][span["start"] : span["end"]],
        "author": row.get("author"),
        "body": row["text"][row["body_start"] :],
    }


def _time(value: Any) -> str | None:
    if isinstance(value, int):
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return (epoch + timedelta(microseconds=value)).isoformat()
    return value.isoformat() if isinstance(value, datetime) else None
