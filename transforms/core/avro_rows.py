"""Rows of one decompressed Avro block: decoded one by one, none in the memory of many, and as JSON."""

import base64
import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import fastavro

from transforms.core.avro_schema import SafeSchema
from transforms.core.errors import ArticleError

__all__ = ["MAX_ITEMS", "as_json", "decode_rows"]

#: Array and map items of one row. A decoded item takes up to 300 bytes and may be encoded in one.
MAX_ITEMS = 100_000
# Rows that lie within so many bytes are harmless whatever they hold; larger ones are counted first.
_WINDOW = 128 << 10
_WIDTHS = {"null": 0, "boolean": 1, "float": 4, "double": 8}


def decode_rows(
    data: bytes, count: int, schema: SafeSchema, max_bytes: int
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield `count` rows, each with the place in `data` where it ends.

    A row may take up to twice `max_bytes`. Raises ArticleError `bad_avro`, or what the decoder raises.
    """
    start = 0
    window = io.BytesIO(data[:_WINDOW])
    for _ in range(count):
        if window.tell() > _WINDOW // 2:
            start += window.tell()
            window = io.BytesIO(data[start : start + _WINDOW])
        began = window.tell()
        row = (
            _within(window, schema)
            if start + _WINDOW < len(data)
            else fastavro.schemaless_reader(window, schema.parsed)
        )
        if row is None:
            start += began
            end = _Walk(data[start : start + 2 * max_bytes], schema.named).row_end(schema.parsed)
            row = fastavro.schemaless_reader(io.BytesIO(data[start : start + end]), schema.parsed)
            start += end
            window = io.BytesIO(data[start : start + _WINDOW])
        yield row, start + window.tell()


def _within(window: io.BytesIO, schema: SafeSchema) -> Any:
    """Return the next row, or None if it does not end before the window does."""
    try:
        row = fastavro.schemaless_reader(window, schema.parsed)
    except Exception:  # noqa: BLE001 (cut by the window or bad: decoding it whole will tell)
        return None
    return row if window.tell() < _WINDOW else None


class _Walk:
    """Finds where a row ends, and counts its items, without building anything."""

    def __init__(self, data: bytes, named: dict[str, Any]) -> None:
        self._data = data
        self._named = named
        self._at = 0
        self._items = 0

    def row_end(self, schema: Any) -> int:
        """Return the length of the row. Raises ArticleError `bad_avro`."""
        self._skip(schema)
        return self._at

    def _skip(self, schema: Any) -> None:
        if isinstance(schema, list):
            index = self._long()
            if not 0 <= index < len(schema):
                raise ArticleError("bad_avro", f"branch {index} of a union of {len(schema)}")
            self._skip(schema[index])
            return
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in self._named and isinstance(schema, str):
            self._skip(self._named[kind])
        elif kind in _WIDTHS:
            self._move(_WIDTHS[kind])
        elif kind in {"int", "long", "enum"}:
            self._long()
        elif kind in {"bytes", "string"}:
            self._move(self._long())
        elif kind == "fixed":
            self._move(schema["size"])
        elif kind in {"array", "map"}:
            self._skip_items(schema["items" if kind == "array" else "values"], keys=kind == "map")
        elif kind in {"record", "error"}:
            for field in schema["fields"]:
                self._skip(field["type"])
        else:
            self._skip(kind)

    def _skip_items(self, item: Any, *, keys: bool) -> None:
        while count := self._long():
            if count < 0:  # then the size of these items follows
                self._long()
                count = -count
            self._items += count
            if self._items > MAX_ITEMS:
                raise ArticleError("bad_avro", f"a row of more than {MAX_ITEMS} array and map items")
            for _ in range(count):
                if keys:
                    self._move(self._long())
                self._skip(item)

    def _long(self) -> int:
        value = shift = 0
        while True:
            self._move(1)
            byte = self._data[self._at - 1]
            value |= (byte & 0x7F) << shift
            if byte < 0x80 or shift > 63:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def _move(self, size: int) -> None:
        self._at += size
        if size < 0 or self._at > len(self._data):
            raise ArticleError(
                "bad_avro", f"a row claims more than the {len(self._data)} bytes there are or allowed"
            )


def as_json(row: dict[str, Any], *, own: bool) -> bytes:
    """Return a decoded row as a JSON object in UTF-8; `own` rows are articles that warraq wrote.

    Bytes become text, or base64 under `<key>_base64`; times ISO 8601; decimals and odd floats text.
    Raises KeyError, TypeError or AttributeError for an own row that lacks what articles have.
    """
    value = _own_article(row) if own else _plain(row)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


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
