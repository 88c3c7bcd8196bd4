"""Nodes -> values, by the types and the metadata of the configuration's dataclasses; every fault is kept.

A field is a number, a truth value, a text, one of these or None, a tuple (a YAML list), a dataclass (a table
whose keys change the default), or a mapping from names to dataclasses or single values (merged by name).
"""

import collections.abc
import dataclasses
import functools
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.errors import ConfigError, Fault, did_you_mean
from pipelines.yaml_nodes import MAX_FAULTS, Items, Node, Scalar, Table, resolve, shown

__all__ = ["Builder", "Path", "alternatives", "dotted", "hints_of"]

Path = tuple[str, ...]

_WANTED = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_BARE_KEY = re.compile(r"[\w-]+")


def dotted(path: Path) -> str:
    """Return a path as it is written after `--set`; keys with dots or spaces are quoted."""
    return ".".join(part if _BARE_KEY.fullmatch(part) else shown(part) for part in path)


_type_hints = functools.cache(typing.get_type_hints)


def hints_of(table: type) -> dict[str, Any]:
    """Return the type of each field of a dataclass."""
    return _type_hints(table)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself."""
    return typing.get_args(hint) if typing.get_origin(hint) in {types.UnionType, typing.Union} else (hint,)


def _where_else(key: str, table: type, before: Path = ()) -> Iterator[str]:
    """Yield the paths under `table` that end in `key`: a key that is right but stands in the wrong place."""
    for name, hint in hints_of(table).items():
        if name == key and before:
            yield dotted((*before, name))
        if dataclasses.is_dataclass(hint):
            yield from _where_else(key, typing.cast("type", hint), (*before, name))


class Builder:
    """Builds values and collects `faults`; `places` tells for the checks that follow where each key was given."""

    def __init__(self, root: type) -> None:
        self.faults: list[Fault] = []
        self.places: dict[Path, str] = {}
        self._root = root

    def fault(self, place: str, path: Path, message: str) -> None:
        """Keep a fault. Raises ConfigError, saying only that, when there are too many to go on."""
        self.faults.append(Fault(place, dotted(path), message))
        if len(self.faults) >= MAX_FAULTS:
            message = f"{MAX_FAULTS} faults, the rest is not checked"
            raise ConfigError([Fault(place, "", message)])

    def place_of(self, path: Path, otherwise: str) -> str:
        """Return where `path`, or what holds it, was given; `otherwise` if it is a default."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return otherwise

    def build(self, hint: Any, node: Node, default: Any, path: Path, metadata: Mapping[str, Any]) -> Any:
        """Return the value of type `hint` that `node` gives over `default`; on a fault, the default."""
        self.places[path] = node.place
        if dataclasses.is_dataclass(hint):
            return self._table(node, default, path)
        origin = typing.get_origin(hint)
        if origin is collections.abc.Mapping:
            return self._mapping(typing.get_args(hint)[1], node, default, path, metadata)
        if origin is tuple:
            return self._list(typing.get_args(hint)[0], node, default, path, metadata)
        return self._value(alternatives(hint), node, default, path, metadata)

    def _table(self, node: Node, default: Any, path: Path) -> Any:
        if not isinstance(node, Table):
            self._wrong_form(node, path, "a table of keys", "delete the key, or give {}" if path else "")
            return default
        hints = hints_of(type(default))
        fields = {field.name: field for field in dataclasses.fields(default)}
        changes: dict[str, Any] = {}
        for key, place, value in self._entries(node, path):
            if key in fields:
                old = getattr(default, key)
                changes[key] = self.build(hints[key], value, old, (*path, key), fields[key].metadata)
            else:
                hint = did_you_mean(key, fields) or self._meant_elsewhere(key)
                self.fault(place, (*path, key), f"unknown key{hint or '; known are ' + ', '.join(fields)}")
        return dataclasses.replace(default, **changes)

    def _meant_elsewhere(self, key: str) -> str:
        paths = list(_where_else(key, self._root))
        return f"; did you mean {' or '.join(paths)}?" if paths else ""

    def _mapping(self, hint: Any, node: Node, default: Any, path: Path, metadata: Mapping[str, Any]) -> Any:
        if not isinstance(node, Table):
            self._wrong_form(node, path, "a table of keys", "delete the key, or give {}")
            return default
        merged = dict(default)
        for key, _, value in self._entries(node, path):
            if dataclasses.is_dataclass(hint):
                # An entry of a file is whole in itself; only the path of a `--set` reaches into one.
                old = merged.get(key) if isinstance(value, Table) and value.merge else None
                fresh = typing.cast("type", hint)()
                merged[key] = self.build(hint, value, fresh if old is None else old, (*path, key), {})
            else:
                value_of = self.build(hint, value, None, (*path, key), metadata)
                if value_of is not None:
                    merged[key] = value_of
        return merged

    def _entries(self, table: Table, path: Path) -> Iterator[tuple[str, str, Node]]:
        """Yield key, place of the key and value; keys that are no text or come twice are faults."""
        first: dict[str, str] = {}
        for key, value in table.entries:
            if not isinstance(key, Scalar):
                self.fault(key.place, path, "a list or a table cannot be a key")
            elif key.yaml11 == "merge" and not key.quoted:
                self.fault(key.place, path, "merge keys (<<) are not supported; write the keys out")
            elif not isinstance(resolve(key), str):
                self.fault(
                    key.place, (*path, key.text), "YAML readers disagree whether this key is text; quote it"
                )
            elif key.text in first:
                self.fault(key.place, (*path, key.text), f"given twice, first at {first[key.text]}")
            else:
                first[key.text] = key.place
                yield key.text, key.place, value

    def _list(self, hint: Any, node: Node, default: Any, path: Path, metadata: Mapping[str, Any]) -> Any:
        if not isinstance(node, Items):
            written = f"[{node.text}]" if isinstance(node, Scalar) else "[first, second]"
            self._wrong_form(node, path, "a list", f"write {written[:60]}")
            return default
        before = len(self.faults)
        values = tuple(self._value(alternatives(hint), item, None, path, metadata) for item in node.items)
        return default if len(self.faults) > before else values

    def _value(
        self, kinds: tuple[Any, ...], node: Node, default: Any, path: Path, metadata: Mapping[str, Any]
    ) -> Any:
        wanted = " or ".join(_WANTED[kind] for kind in kinds if kind in _WANTED)
        if not isinstance(node, Scalar):
            self._wrong_form(node, path, wanted, "")
            return default
        value = resolve(node)
        if value is None and type(None) in kinds:
            return None
        if float in kinds and type(value) is int:
            value = float(value)
        if type(value) not in kinds:
            if node.literal and str in kinds and node.text:
                value = (
                    node.text
                )  # `--set scope.from_date=2015-03-01` is read by nobody else and means the text
            else:
                self._wrong_kind(node, path, wanted, str in kinds)
                return default
        complaint = _out_of_bounds(value, node.text, metadata)
        if complaint:
            self.fault(node.place, path, complaint)
            return default
        return value

    def _wrong_form(self, node: Node, path: Path, wanted: str, way_out: str) -> None:
        if isinstance(node, Scalar):
            what = shown(node.text) if resolve(node) is not None else "nothing"
        else:
            what = "a list" if isinstance(node, Items) else "a table of keys"
        self.fault(node.place, path, f"{what} is given where {wanted} is wanted{way_out and '; ' + way_out}")

    def _wrong_kind(self, node: Scalar, path: Path, wanted: str, text_wanted: bool) -> None:
        if resolve(node) is None:
            message = f"is empty; give {wanted}, or delete the key"
        elif text_wanted:
            message = (
                f"YAML readers do not take {node.text[:60]} for text; write it in quotes: {shown(node.text)}"
            )
        else:
            message = f"{shown(node.text)} is not {wanted}"
            if not node.quoted and not isinstance(resolve(node), str):
                message += (
                    "; write true or false" if "true" in wanted else "; write it with decimal digits only"
                )
        self.fault(node.place, path, message)


def _out_of_bounds(value: Any, text: str, metadata: Mapping[str, Any]) -> str:
    """Return what is wrong with a value of the right type, or ""."""
    minimum, maximum, choices = (metadata.get(name) for name in ("minimum", "maximum", "choices"))
    if choices is not None and value not in choices:
        return f"{shown(text)} is not one of {', '.join(choices)}{did_you_mean(text, choices)}"
    if isinstance(value, int | float) and minimum is not None and value < minimum:
        return f"{text} is less than the minimum {minimum}"
    if isinstance(value, int | float) and maximum is not None and value > maximum:
        return f"{text} is more than the maximum {maximum}"
    return ""
