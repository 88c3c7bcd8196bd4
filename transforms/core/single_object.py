"""Avro single objects: one article in a message, with the fingerprint of its schema before it.

Avro 1.11 specification, "Single-object encoding": C3 01, the CRC-64-AVRO fingerprint of the schema's parsing canonical
form in little-endian order, then the row. Documentation, defaults and logical types are no part of that form, so
only a change of fields, their order or their types gives another fingerprint.
"""

import functools
import json
from collections.abc import Mapping
from typing import Any

import fastavro

from schemas.avro import encode_row, parsed_schema
from transforms.core.avro_rows import as_json, decode_rows
from transforms.core.avro_schema import SafeSchema, safe_schema
from transforms.core.errors import ArticleError

__all__ = ["MARKER", "open_single_object", "schema_fingerprint", "single_object"]

#: No UTF-8 text begins with it.
MARKER = b"\xc3\x01"
_HEADER_BYTES = len(MARKER) + 8
_SHOWN = 16


@functools.cache
def schema_fingerprint() -> bytes:
    """Return the CRC-64-AVRO fingerprint of the article schema, 8 bytes as they stand in a message."""
    canonical = fastavro.schema.to_parsing_canonical_form(parsed_schema("articles"))
    # fastavro gives the hex digits in little-endian order, as single-object encoding wants them.
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


@functools.cache
def _article_schema() -> SafeSchema:
    return safe_schema(json.dumps(parsed_schema("articles")).encode("utf-8"))


def single_object(record: Mapping[str, Any]) -> bytes:
    """Return an Avro record of the table `articles` (see `schemas.avro.to_record`) as a single object.

    Raises what fastavro raises for a record that does not fit.
    """
    return MARKER + schema_fingerprint() + encode_row("articles", record)


def open_single_object(data: bytes, max_bytes: int) -> bytes:
    """Return the article in a single object as JSON (UTF-8) in the keys of the field map `warraq`.

    The row may take up to twice `max_bytes`. Raises ArticleError `bad_avro`, whatever the bytes.
    """
    if not data.startswith(MARKER):
        shown = data[:_SHOWN].hex(" ")
        raise ArticleError("bad_avro", f"a single object begins with c3 01, this with {shown}")
    fingerprint, row_data = data[len(MARKER) : _HEADER_BYTES], data[_HEADER_BYTES:]
    if fingerprint != schema_fingerprint():
        detail = f"schema {fingerprint.hex()} is not known; this warraq reads {schema_fingerprint().hex()}"
        raise ArticleError("bad_avro", detail)
    try:
        ((row, end),) = decode_rows(row_data, 1, _article_schema(), max_bytes)
        payload = as_json(row, own=True)
    except ArticleError:
        raise
    except Exception as error:  # foreign decoder on hostile data
        raise ArticleError("bad_avro", f"{type(error).__name__}: {error}") from error
    if end != len(row_data):
        raise ArticleError("bad_avro", f"{len(row_data) - end} bytes are left over after the article")
    return payload
