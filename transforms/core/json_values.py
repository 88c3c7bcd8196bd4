"""JSON values in a row or in one array, split into elements without parsing them.

Only strings and brackets are looked at. So an element that is no valid JSON spoils itself alone, and
memory is bounded by one element.
"""

import codecs
import re
from collections.abc import Iterator

from transforms.core.compression import Source
from transforms.core.pieces import HEAD_BYTES, Flaw, Found, Piece, too_large

__all__ = ["MAX_DEPTH", "read_values"]

#: Deeper nesting is refused: no article needs it, and recursive parsers fall over it.
MAX_DEPTH = 200

# Possessive, so that strings of megabytes cost neither stack nor backtracking.
_SPACE = re.compile(rb"[\s,]*+")
_CALM = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OPENING = re.compile(rb"[\[{]++")
_CLOSING = re.compile(rb"[\]}]++")
_CLOSING_CURLY = re.compile(rb"\}++")
_WORD = re.compile(rb'[^\s,"\[\]{}]*+')
_SCALAR = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null")
_JUNK_RUN = re.compile(rb"[^\[\]{}]*+")
_QUOTE, _BACKSLASH, _SQUARE_OPEN, _SQUARE_CLOSE = b'"\\[]'
_OPENERS, _CLOSERS = b"[{", b"]}"

_BETWEEN, _NESTED, _STRING, _SCALAR_OR_JUNK, _JUNK = range(5)


def read_values(
    source: Source, codec: str, field_map: str, max_bytes: int, *, array: bool
) -> Iterator[Found]:
    """Yield the elements of an array (`array`) or of a sequence of values as records in UTF-8.

    Flaws: `record_too_large`, `bad_json` (nested too deeply, or no JSON between the elements), and at
    the end `truncated_file` where an element or the array does not close, or the fault of the source.
    """
    splitter = _Splitter(codec, source.start, field_map, max_bytes, array=array)
    for data in _as_utf8(source, codec):
        yield from splitter.feed(data)
    yield from splitter.end(source)


def _as_utf8(source: Source, codec: str) -> Iterator[bytes]:
    if codec == "utf-8":
        yield from source.chunks()
        return
    # Bytes that do not decode become lone surrogates, which the parser refuses, record by record.
    decoder = codecs.getincrementaldecoder(codec)(
        "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"
    )
    for chunk in source.chunks():
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")


class _Splitter:
    def __init__(self, codec: str, offset: int, field_map: str, max_bytes: int, *, array: bool) -> None:
        self._codec = codec
        self._field_map = field_map
        self._max_bytes = max_bytes
        self._array = array
        self._in_array = False
        self._state = _BETWEEN
        self._in_string = False
        self._depth = self._deepest = 0
        self._parts: list[bytes] = []  # of the open element, from earlier chunks
        self._size = 0
        self._began = offset  # of the open element, in bytes of the file
        self._offset = offset  # of `_mark` in `_data`, likewise
        self._mark = 0
        self._data = b""
        self._tail = b""  # a backslash at the end of the data, waiting for what it escapes

    def feed(self, data: bytes) -> Iterator[Found]:
        """Yield what ends within the data; the rest is kept."""
        self._data = data = self._tail + data
        self._tail = b""
        self._mark = position = start = 0
        while position < len(data):
            if self._state == _BETWEEN:
                position = _SPACE.match(data, position).end()  # type: ignore[union-attr]
                if position == len(data):
                    break
                if self._is_of_the_array(data[position]):
                    position += 1
                    continue
                start = position
                position = self._begin(position)
            position, ended = self._scan(position, start)
            if not ended:
                break
            yield self._finish(data[start:position])
            start = position
        end = len(data) - len(self._tail)
        if self._state != _BETWEEN:
            self._keep(data[start:end])
        self._move(end)

    def end(self, source: Source) -> Iterator[Found]:
        """Yield what the end of the file leaves open."""
        is_open = self._state != _BETWEEN
        rest, size = b"".join(self._parts) + self._tail, self._size + len(self._tail)
        offset = self._began if is_open else self._offset
        if source.fault is not None:
            yield from source.flaws(rest, size, offset)
            return
        if self._state == _JUNK or (self._state == _SCALAR_OR_JUNK and not self._in_array):
            yield self._finish(b"")
            is_open, rest, size, offset = False, b"", 0, self._offset
        if is_open or self._in_array:
            where = "inside a value" if is_open else "before its array is closed"
            yield Flaw("truncated_file", f"the JSON ends {where}", rest, size, offset)

    def _is_of_the_array(self, byte: int) -> bool:
        if not self._array or byte != (_SQUARE_CLOSE if self._in_array else _SQUARE_OPEN):
            return False
        self._in_array = not self._in_array
        return True

    def _begin(self, position: int) -> int:
        """Note where an element begins and what it is; return where scanning goes on."""
        byte = self._data[position]
        self._move(position)
        self._began = self._offset
        self._size = self._depth = self._deepest = 0
        self._in_string = byte == _QUOTE
        if byte in _OPENERS:
            self._state = _NESTED
        elif byte in _CLOSERS:
            self._state = _JUNK
            run = _CLOSING_CURLY if self._in_array else _CLOSING
            return run.match(self._data, position).end()  # type: ignore[union-attr]
        else:
            self._state = _STRING if self._in_string else _SCALAR_OR_JUNK
        return position + self._in_string

    def _scan(self, position: int, start: int) -> tuple[int, bool]:
        """Return where the open element ends and True, or False if it goes on after the data."""
        if self._state == _SCALAR_OR_JUNK:
            position = _WORD.match(self._data, position).end()  # type: ignore[union-attr]
            if position == len(self._data):
                return position, False
            if _SCALAR.fullmatch(self._whole(self._data[start:position])):
                return position, True
            self._state = _JUNK
        if self._state == _JUNK:
            # Junk ends only where a bracket may begin the next element: one flaw, not one per word.
            position = _JUNK_RUN.match(self._data, position).end()  # type: ignore[union-attr]
            return position, position < len(self._data)
        if self._in_string:
            position = self._leave_string(position)
        if self._state == _STRING or self._in_string:
            return position, not self._in_string
        return self._leave_brackets(position)

    def _leave_string(self, position: int) -> int:
        position = _IN_STRING.match(self._data, position).end()  # type: ignore[union-attr]
        if position == len(self._data):
            return position
        if self._data[position] == _BACKSLASH:
            self._tail = self._data[position:]
            return position
        self._in_string = False
        return position + 1

    def _leave_brackets(self, position: int) -> tuple[int, bool]:
        data = self._data
        while True:
            position = _CALM.match(data, position).end()  # type: ignore[union-attr]
            if position == len(data):
                return position, False
            byte = data[position]
            if byte == _QUOTE:  # of a string that goes on after the data
                self._in_string = True
                return self._leave_string(position + 1), False
            run = _OPENING if byte in _OPENERS else _CLOSING
            end = run.match(data, position).end()  # type: ignore[union-attr]
            if run is _OPENING:
                self._depth += end - position
                self._deepest = max(self._deepest, self._depth)
            elif end - position >= self._depth:
                return position + self._depth, True
            else:
                self._depth -= end - position
            position = end

    def _whole(self, last: bytes) -> bytes:
        return b"".join((*self._parts, last)) if self._parts else last

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_bytes:
            # From here on the element is only counted.
            self._parts = [self._whole(data[:HEAD_BYTES])[:HEAD_BYTES]]
        else:
            self._parts.append(data)

    def _finish(self, last: bytes) -> Found:
        size = self._size + len(last)
        payload = self._whole(last)
        state, self._state, self._parts, self._size = self._state, _BETWEEN, [], 0
        if size > self._max_bytes:
            return too_large(payload, size, self._max_bytes, self._began)
        if state == _JUNK or (state == _SCALAR_OR_JUNK and not _SCALAR.fullmatch(payload)):
            payload = payload.rstrip(b" \t\r\n,")
            detail = f"no JSON value: {payload[:40]!r}"
            return Flaw("bad_json", detail, payload, len(payload), self._began)
        if self._deepest > MAX_DEPTH:
            detail = f"nested {self._deepest} deep, {MAX_DEPTH} are allowed"
            return Flaw("bad_json", detail, payload, size, self._began)
        return Piece(payload, "utf-8", self._field_map, self._began)

    def _move(self, position: int) -> None:
        """Advance the offset to a position in the data, in bytes of the file as it is encoded there."""
        passed = self._data[self._mark : position]
        self._mark = position
        if self._codec == "utf-8":
            self._offset += len(passed)
            return
        text = passed.decode("utf-8", "surrogatepass")
        wide = self._codec.startswith("utf-16")
        self._offset += len(text.encode(self._codec, "surrogatepass")) if wide else len(text)
