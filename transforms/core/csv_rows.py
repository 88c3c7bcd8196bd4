"""CSV rows as JSON objects: a header, strict quoting, bounded rows, and one bad row refused alone."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterator

from transforms.core.compression import Source
from transforms.core.encoding import decode
from transforms.core.errors import ArticleError
from transforms.core.json_lines import Line, is_blank, split_lines
from transforms.core.pieces import EXCERPT_BYTES, Blanks, Flaw, Found, Piece, flaw, too_large

__all__ = ["read_rows", "sniff_delimiter"]

_QUOTED = re.compile(r'"[^"]*+"')
#: What unclosed quotes swallowed is read again as rows of their own, in one file so many largest records at most:
#: keeps it linear.
_SECOND_CHANCES = 8


def sniff_delimiter(header: str) -> str:
    """Return the delimiter of a header line: the most frequent of comma, semicolon and tab outside quotes."""
    return max(",;\t", key=_QUOTED.sub("", header).count)


def read_rows(source: Source, codec: str, delimiter: str, field_map: str, max_bytes: int) -> Iterator[Found]:
    """Yield each row as a JSON object of header name to text; `offset` is the 0-based data row.

    Flaws: `bad_csv` for a row that does not fit the header or breaks the quoting, and once for a file
    whose header has empty or repeated names; `undecodable`, `record_too_large`, and the source's fault.
    """
    # The limit is one for the process (131,072 characters): articles are longer. Raising it harms no one.
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    rows = _Rows(source, codec, delimiter, max_bytes)
    header = rows.next_row()
    while header == []:
        header = rows.next_row()
    if isinstance(header, Flaw):
        yield _bad_header(header) if header.reason in {"bad_csv", "record_too_large"} else header
        return
    names = header or []
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        detail = f"the header has empty or repeated names: {names[:20]}; name every column once"
        yield Flaw("bad_csv", detail, rows.raw[:EXCERPT_BYTES], len(rows.raw), 0)
        return
    number = 0
    while names and (row := rows.next_row()) is not None:
        if isinstance(row, Flaw):
            yield row._replace(offset=number)
        elif not row:
            continue
        elif len(row) != len(names):
            detail = f"{len(row)} columns, the header has {len(names)}"
            yield Flaw("bad_csv", detail, rows.raw, len(rows.raw), number)
        else:
            payload = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
            yield Piece(payload.encode("utf-8", "surrogatepass"), "utf-8", field_map, number)
        number += 1
    yield Blanks(rows.blanks)


def _bad_header(found: Flaw) -> Flaw:
    detail = f"the header cannot be read: {found.detail}"
    return Flaw("bad_csv", detail, found.payload[:EXCERPT_BYTES], found.payload_bytes, 0)


class _Rows:
    """Rows from physical lines; `raw` holds the bytes of the latest row."""

    def __init__(self, source: Source, codec: str, delimiter: str, max_bytes: int) -> None:
        self._source = source
        self._lines = split_lines(source, codec, max_bytes)
        self._again: deque[Line] = deque()
        self._codec = codec
        self._feed = "\n".encode(codec)
        self._delimiter = delimiter
        self._max_bytes = max_bytes
        self._chances = _SECOND_CHANCES * max_bytes  # bytes that may be read a second time
        self._used: list[Line] = []
        self._size = 0
        self.blanks = 0

    @property
    def raw(self) -> bytes:
        """The bytes of the latest row, its line feeds between the lines kept."""
        return self._feed.join(line.payload for line in self._used)

    def next_row(self) -> list[str] | Flaw | None:
        """Return the next row, [] for a blank line, a flaw, or None at the end."""
        self._used = []
        self._size = 0
        try:
            row = next(csv.reader(self._texts(), delimiter=self._delimiter, strict=True), None)
        except csv.Error as error:
            return self._refused(ArticleError("bad_csv", str(error)))
        except ArticleError as error:
            return self._refused(error)
        if self._cut():
            return self._refused(ArticleError("bad_csv", "unfinished"))
        if row == []:
            self.blanks += 1
        return row

    def _texts(self) -> Iterator[str]:
        while (line := self._next_line()) is not None:
            self._used.append(line)
            self._size += line.size + len(self._feed)
            if self._size - len(self._feed) > self._max_bytes:
                raise ArticleError("record_too_large", "row")
            if len(self._used) == 1 and is_blank(line.payload, self._codec):
                yield "\n"
            else:
                yield decode(line.payload, self._codec) + "\n"

    def _next_line(self) -> Line | None:
        if self._again:
            return self._again.popleft()
        line = next(self._lines, None)
        if line is None or line.ended or line.size or self._source.fault is not None:
            return line
        return None

    def _cut(self) -> bool:
        return bool(self._used) and not self._used[-1].ended and self._source.fault is not None

    def _refused(self, error: ArticleError) -> Flaw:
        raw = self.raw
        if self._cut():
            return next(self._source.flaws(raw[: self._max_bytes], self._size - len(self._feed), 0))
        if error.reason == "bad_csv" and len(self._used) > 1 and self._size <= self._chances:
            # A quote that was never meant to open swallows rows: refuse its line, give the others back.
            self._chances -= self._size
            self._again.extendleft(reversed(self._used[1:]))
            return flaw(
                ArticleError("bad_csv", "a quote opens here and does not close"), self._used[0].payload, 0
            )
        if error.reason == "record_too_large":
            return too_large(raw, self._size - len(self._feed), self._max_bytes, 0)
        return flaw(error, raw, 0)
