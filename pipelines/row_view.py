"""One row for eyes (cells of a table) or for programs (a JSON line)."""

import base64
import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pipelines.terminal import escape_unsafe, plain, shorten

__all__ = ["COLUMNS", "json_line", "row_table"]

Row = dict[str, Any]
_CELL = 160
_SHOWN_ITEMS = 12

#: What is shown of each table where nobody asks for fields.
COLUMNS: dict[str, list[str]] = {
    "articles": ["event_date", "source", "title", "text", "tags"],
    "duplicates": ["relation", "similarity", "source", "title", "origin", "parent_origin", "root_id"],
    "relations": ["relation", "jaccard", "containment", "title", "origin", "other_origin"],
    "decisions": ["article_id", "revision", "kept", "relation", "similarity", "parent_id", "root_id"],
    "dead_letters": ["stage", "reason", "detail", "payload", "origin"],
    "filtered": ["reason", "detail", "source", "title", "origin"],
    "inputs": ["uri", "form", "compression", "encoding", "records", "size_bytes"],
}
_SHARES = {"similarity", "jaccard", "containment"}
_NUMBERS = {"records", "size_bytes", "read_bytes", "payload_bytes", "blank_lines", "body_start"} | _SHARES


def _pick(row: Row, field: str) -> Any:
    """Return a field, or a part of one (`origin.uri`); None where it is not there."""
    value: Any = row
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _iso(time: dt.datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _json_fields(row: Row) -> Row:
    """Return a row as JSON values: times as ISO 8601, bytes as text or, under `NAME_base64`, as base64."""
    result: Row = {}
    for name, value in row.items():
        if isinstance(value, bytes):
            try:
                result[name] = value.decode("utf-8")
            except UnicodeDecodeError:
                result[f"{name}_base64"] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, dt.datetime):
            result[name] = _iso(value)
        elif isinstance(value, dt.date):
            result[name] = value.isoformat()
        elif isinstance(value, dict):
            result[name] = _json_fields(value)
        elif isinstance(value, list):
            result[name] = [_json_fields(item) if isinstance(item, dict) else item for item in value]
        else:
            result[name] = value
    return result


def json_line(row: Row, fields: Sequence[str] | None) -> str:
    """Return a row as one line of JSON, letters as letters and hidden characters escaped."""
    chosen = row if not fields else {field: _pick(row, field) for field in fields}
    return escape_unsafe(json.dumps(_json_fields(chosen), ensure_ascii=False))


def _tags(value: Sequence[Row]) -> str:
    names = dict.fromkeys(f"{tag['canonical']} ({tag['kind']})" for tag in value)
    return _some(list(names))


def _spans(value: Sequence[Row]) -> str:
    return _some([f"{span['start']}–{span['end']}" for span in value])


def _some(items: list[str]) -> str:
    more = f" … +{len(items) - _SHOWN_ITEMS}" if len(items) > _SHOWN_ITEMS else ""
    return ", ".join(items[:_SHOWN_ITEMS]) + more


def _origin(value: Row) -> str:
    return f"{value['uri'].rpartition('/')[2]}#{value['index']}"


#: How the structured fields read in a cell.
_SHOWN: dict[str, Callable[[Any], str]] = {
    "tags": _tags,
    "paragraphs": _spans,
    "subheads": _spans,
    "title_span": lambda value: _spans([value]),
    "origin": _origin,
    "parent_origin": _origin,
    "other_origin": _origin,
    "flags": ", ".join,
}


def _cell(field: str, value: Any) -> str:
    if value is None or value in ("", []):
        return "–"
    if field in _SHOWN:
        return plain(_SHOWN[field](value))
    if isinstance(value, bytes):
        value = value[: 4 * _CELL].decode("utf-8", "replace")
    if isinstance(value, dt.datetime):
        value = _iso(value)
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return shorten(str(value), _CELL)


def row_table(rows: Sequence[Row], fields: Sequence[str]) -> Table:
    """Return rows as a table for the terminal; long texts are cut, and nothing in them can steer it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for field in fields:
        table.add_column(
            Text(plain(field)),
            justify="right" if field in _NUMBERS else "left",
            no_wrap=field in {"event_date", "relation", "stage"} or field in _NUMBERS,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(_cell(field, _pick(row, field))) for field in fields))
    return table
