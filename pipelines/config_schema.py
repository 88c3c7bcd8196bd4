"""The configuration's dataclasses -> a JSON Schema, by which editors complete and check the YAML files."""

import collections.abc
import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

from pipelines.config_build import alternatives, hints_of

__all__ = ["plain", "schema_of"]

_NAMES = {int: "integer", float: "number", bool: "boolean", str: "string", type(None): "null"}


def plain(value: Any) -> Any:
    """Return a configuration, or a part of it, as dicts, lists and single values, in the order of the fields."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def schema_of(root: Any, title: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what the loader takes for `root`, an instance with the defaults."""
    definitions: dict[str, Any] = {}
    schema = _table(root, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **schema,
        "$defs": dict(sorted(definitions.items())),
    }


def _table(default: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = hints_of(type(default))
    properties = {}
    for field in dataclasses.fields(default):
        value = getattr(default, field.name)
        schema = _any(hints[field.name], value, field.metadata, definitions)
        if "$ref" not in schema:
            schema["default"] = plain(value)
        properties[field.name] = {"description": field.metadata.get("doc", ""), **schema}
    return {
        "type": "object",
        "description": (type(default).__doc__ or "").strip().partition("\n")[0],
        "properties": properties,
        "additionalProperties": False,
    }


def _any(hint: Any, default: Any, metadata: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(hint):
        name = typing.cast("type", hint).__name__
        if name not in definitions:
            definitions[name] = {}  # holds the place while a definition refers to itself
            definitions[name] = _table(default, definitions)
        return {"$ref": f"#/$defs/{name}"}
    origin = typing.get_origin(hint)
    if origin is collections.abc.Mapping:
        entry = typing.get_args(hint)[1]
        fresh = typing.cast("type", entry)() if dataclasses.is_dataclass(entry) else None
        return {"type": "object", "additionalProperties": _any(entry, fresh, metadata, definitions)}
    if origin is tuple:
        return {"type": "array", "items": _any(typing.get_args(hint)[0], None, metadata, definitions)}
    names = [_NAMES[kind] for kind in alternatives(hint)]
    schema: dict[str, Any] = {"type": names[0] if len(names) == 1 else names}
    if metadata.get("choices") is not None:
        schema["enum"] = [*metadata["choices"], *([None] if "null" in names else [])]
    for bound in ("minimum", "maximum"):
        if metadata.get(bound) is not None:
            schema[bound] = metadata[bound]
    return schema
