"""A stored file as decompressed chunks: recognised by its first bytes, bounded, and honest about its end.

A fault (cut, damaged, changed, unreadable, a bomb) does not raise: the chunks end and `Source.fault` says
why, so that a reader can deliver what was complete and name the rest.
"""

import bz2
import dataclasses
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from transforms.core.errors import ArticleError
from transforms.core.pieces import Flaw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["GROWTH_FLOOR_BYTES", "Source", "strip_suffix"]

#: Any file may grow to this, whatever the allowed expansion.
GROWTH_FLOOR_BYTES = 64 << 20
# xz -9 needs 65 MiB; nothing that writes news needs more.
XZ_MEMORY_BYTES = 128 << 20
# Small stored steps: after each of many tiny gzip members the rest of the step is copied once.
_STEP = 64 << 10
_OUT = 1 << 20
_CHUNK = 256 << 10
_LONGEST_MAGIC = 10


class Stream(Protocol):
    """What stored bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, b"" at the end; may raise OSError."""
        ...


class _Member(Protocol):
    """One gzip member, zstd frame, or bz2 or xz stream: the shape of the standard decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _GzipMember:
    """`zlib` in the shape of the other decompressors; it checks CRC and length in the trailer."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        # After a full step zlib may hold more output although it took all of its input.
        return not self._full and not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._full = len(out) == max_length
        return out


def _open_xz() -> _Member:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)


@dataclasses.dataclass(frozen=True)
class _Codec:
    name: str
    suffixes: tuple[str, ...]
    magic: re.Pattern[bytes]
    begins: bytes
    open: Callable[[], _Member]
    zero_padding: bool

    def matches(self, head: bytes, *, expected: bool) -> bool:
        """Tell whether data begins so; a head cut within the magic counts only where it is `expected`."""
        if self.magic.match(head):
            return True
        cut = 0 < len(head) < _LONGEST_MAGIC and (
            self.begins.startswith(head) or head.startswith(self.begins)
        )
        return expected and cut


_CODECS = (
    _Codec("gzip", (".gz", ".gzip"), re.compile(rb"\x1f\x8b\x08"), b"\x1f\x8b\x08", _GzipMember, True),
    _Codec(
        "bzip2",
        (".bz2",),
        re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
        b"BZh",
        bz2.BZ2Decompressor,
        False,
    ),
    _Codec("xz", (".xz",), re.compile(rb"\xfd7zXZ\x00"), b"\xfd7zXZ\x00", _open_xz, True),
    # The second magic is that of skippable frames, which parallel compressors put first.
    _Codec(
        "zstd",
        (".zst", ".zstd"),
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
        b"\x28\xb5\x2f\xfd",
        zstd.ZstdDecompressor,
        False,
    ),
)
# bz2 raises OSError for damaged data, zlib, lzma and zstd their own.
_DAMAGE = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)


def strip_suffix(name: str) -> tuple[str, str]:
    """Return a file name in lower case without its compression suffix, and that suffix ("" for none)."""
    lower = name.lower()
    for codec in _CODECS:
        for suffix in codec.suffixes:
            if lower.endswith(suffix):
                return lower[: -len(suffix)], suffix
    return lower, ""


class Source:
    """The decompressed bytes of one file, once through, in bounded memory.

    `stored` and `produced` count stored and decompressed bytes so far; `start` is the offset at which the
    chunks begin (after `skip`); `fault` is set once the data ends for a bad reason.
    """

    def __init__(self, stream: Stream, suffix: str, size_bytes: int, max_expansion: int) -> None:
        """Read the first bytes of `stream`; `size_bytes` is the listed size, negative where unknown."""
        self._stream = stream
        self._size_bytes = size_bytes
        self._max_expansion = max_expansion
        self._ended = False
        self._head = b""
        self.stored = 0
        self.produced = 0
        self.start = 0
        self.fault: ArticleError | None = None
        first = self._read()
        self._codec = next((c for c in _CODECS if c.matches(first, expected=suffix in c.suffixes)), None)
        self._pieces = self._plain(first) if self._codec is None else self._inflated(first, self._codec)

    @property
    def compression(self) -> str:
        """`none`, `gzip`, `bzip2`, `xz` or `zstd`."""
        return "none" if self._codec is None else self._codec.name

    def peek(self, size: int) -> bytes:
        """Return the next bytes, at least `size` of them unless the data ends, without consuming them."""
        parts = [self._head]
        held = len(self._head)
        while held < size and (piece := next(self._pieces, b"")):
            parts.append(piece)
            held += len(piece)
        self._head = b"".join(parts)
        return self._head

    def skip(self, size: int) -> None:
        """Drop the first bytes of what `peek` returned (a byte order mark)."""
        self._head = self._head[size:]
        self.start += size

    def chunks(self) -> Iterator[bytes]:
        """Yield the data in chunks of at least 256 KiB (the last one may be shorter)."""
        batch, self._head = [self._head], b""
        held = len(batch[0])
        for piece in self._pieces:
            batch.append(piece)
            held += len(piece)
            if held >= _CHUNK:
                yield b"".join(batch)
                batch.clear()
                held = 0
        if held:
            yield b"".join(batch)

    def flaws(self, payload: bytes, payload_bytes: int, offset: int) -> Iterator[Flaw]:
        """Yield the fault, if there is one, with the incomplete rest as its payload."""
        if self.fault is not None:
            yield Flaw(self.fault.reason, self.fault.detail, payload, payload_bytes, offset)

    def _fail(self, reason: str, detail: str) -> None:
        # The first cause stands: a file cut while it was written is both changed and truncated.
        self.fault = self.fault or ArticleError(reason, detail)

    def _read(self) -> bytes:
        parts = []
        missing = 0 if self._ended else _STEP
        try:
            while missing > 0:
                data = self._stream.read(missing)
                if not data:
                    self._ended = True
                    break
                parts.append(data)
                missing -= len(data)
                self.stored += len(data)
        except OSError as error:
            self._ended = True
            self._fail(
                "unreadable_file", f"after {self.stored} stored bytes: {type(error).__name__}: {error}"
            )
        if self._ended and 0 <= self._size_bytes != self.stored:
            detail = f"{self._size_bytes} bytes when listed, {self.stored} when read; read it again once it is complete"
            self._fail("file_changed", detail)
        return b"".join(parts)

    def _plain(self, data: bytes) -> Iterator[bytes]:
        while data:
            self.produced += len(data)
            yield data
            data = self._read()

    def _inflated(self, data: bytes, codec: _Codec) -> Iterator[bytes]:
        while data:
            member = codec.open()
            while not member.eof:
                if member.needs_input:
                    data = data or self._read()
                    if not data:
                        detail = f"the {codec.name} data ends after {self.stored} stored bytes; fetch the file again"
                        self._fail("truncated_file", detail)
                        return
                try:
                    out = member.decompress(data if member.needs_input else b"", _OUT)
                except _DAMAGE as error:
                    self._fail("corrupt_file", f"{codec.name} before stored byte {self.stored}: {error}")
                    return
                data = b""
                if not self._grow(len(out)):
                    return
                if out:
                    yield out
            data = self._next_member(member.unused_data, codec)

    def _grow(self, size: int) -> bool:
        self.produced += size
        limit = max(GROWTH_FLOOR_BYTES, self._max_expansion * self.stored)
        if self.produced <= limit:
            return True
        detail = f"{self.stored} stored bytes became more than {limit}; raise read.max_expansion to read it"
        self._fail("decompression_bomb", detail)
        return False

    def _next_member(self, data: bytes, codec: _Codec) -> bytes:
        while True:
            if codec.zero_padding:
                data = data.lstrip(b"\0")
            if len(data) >= _LONGEST_MAGIC or not (more := self._read()):
                break
            data += more
        if data and not codec.matches(data, expected=True):
            self._fail("corrupt_file", f"after the {codec.name} data comes something else: {data[:16]!r}")
            return b""
        return data
