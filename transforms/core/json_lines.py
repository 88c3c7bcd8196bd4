"""Physical lines of a file, split at line feeds only, and the JSON lines among them."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from transforms.core.compression import Source
from transforms.core.pieces import HEAD_BYTES, Blanks, Found, Piece, too_large

__all__ = ["Line", "is_blank", "read_lines", "split_lines"]

_UTF16_SPACES = {
    "utf-16-le": re.compile(rb"(?:[\t\n\r ]\x00)*+"),
    "utf-16-be": re.compile(rb"(?:\x00[\t\n\r ])*+"),
}


class Line(NamedTuple):
    """A line without its line feed, at a byte `offset`, of `size` bytes.

    `payload` is the whole line, or its first 64 KiB where it is longer than the limit. Only the last line
    of a file is not `ended`; it may be empty.
    """

    payload: bytes
    size: int
    offset: int
    ended: bool


def split_lines(source: Source, codec: str, max_bytes: int) -> Iterator[Line]:
    r"""Yield the lines of a file. Only `\n` ends a line: U+2028, U+0085, VT and a lone CR belong to it."""
    wide = codec in _UTF16_SPACES
    feed = "\n".encode(codec) if wide else b"\n"
    split = _wide_split(feed) if wide else _narrow_split
    offset = source.start
    rest = head = b""
    dropped = 0
    for chunk in _whole_units(source.chunks()) if wide else source.chunks():
        parts = split(rest + chunk)
        rest = parts.pop()
        for part in parts:
            size = dropped + len(part)
            payload = part if size <= max_bytes else (head + part[:HEAD_BYTES])[:HEAD_BYTES]
            yield Line(payload, size, offset, True)
            offset += size + len(feed)
            dropped = 0
            head = b""
        if dropped or len(rest) > max_bytes:
            # From here on the line is only counted: an endless line must not take memory.
            head = (head + rest[:HEAD_BYTES])[:HEAD_BYTES]
            dropped += len(rest)
            rest = b""
    yield Line(head + rest, dropped + len(rest), offset, False)


def is_blank(payload: bytes, codec: str) -> bool:
    """Tell whether a line holds only ASCII white space."""
    spaces = _UTF16_SPACES.get(codec)
    return not payload.strip() if spaces is None else spaces.fullmatch(payload) is not None


def read_lines(source: Source, codec: str, field_map: str, max_bytes: int) -> Iterator[Found]:
    """Yield the non-blank lines of a file as records; whether they are JSON is the parser's question.

    The unfinished last line of a file with a fault is no record: it is the payload of the fault.
    """
    carriage_return = "\r".encode(codec)
    blanks = 0
    for payload, size, offset, ended in split_lines(source, codec, max_bytes):
        if not ended and source.fault is not None:
            yield from source.flaws(payload, size, offset)
        elif size > max_bytes:
            yield too_large(payload, size, max_bytes, offset)
        elif is_blank(payload, codec):
            blanks += ended or size > 0
        else:
            yield Piece(payload.removesuffix(carriage_return), codec, field_map, offset)
    yield Blanks(blanks)


def _narrow_split(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _wide_split(feed: bytes) -> Callable[[bytes], list[bytes]]:
    def split(data: bytes) -> list[bytes]:
        parts = []
        start = 0
        at = data.find(feed)
        while at >= 0:
            # U+0A00 and its like hold the same bytes across two code units.
            if at % 2 == 0:
                parts.append(data[start:at])
                start = at + 2
            at = data.find(feed, at + 1)
        parts.append(data[start:])
        return parts

    return split


def _whole_units(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Move odd bytes to the next chunk, so that every chunk begins with a code unit of UTF-16."""
    odd = b""
    for chunk in chunks:
        data = odd + chunk
        even = len(data) & ~1
        odd = data[even:]
        yield data[:even]
    if odd:
        yield odd
