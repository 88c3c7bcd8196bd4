"""Nodes -> the tables of a rules file; like a configuration, with lists of tables and a place for every item."""

import collections.abc
import dataclasses
import re
import typing
from collections.abc import Mapping
from typing import Any

from pipelines.config_build import Builder, Path, alternatives, hints_of
from pipelines.errors import did_you_mean
from pipelines.rules_tree import AddEntry, RuleEntry
from pipelines.yaml_nodes import Items, Node, Scalar, Table

__all__ = ["RulesBuilder", "key_of"]

_ID = re.compile(r"\w[\w.-]{0,63}")
#: Keys that are another name of a key of the same table.
_ALIASES: dict[type, dict[str, str]] = {AddEntry: {"type": "kind"}}
#: Keys that other tools have for what a rule says otherwise.
_KNOWN_ELSEWHERE: dict[type, dict[str, str]] = {
    RuleEntry: {
        "none": "not",
        "exclude": "not",
        "regex": "pattern",
        "regexp": "pattern",
        "keywords": "any",
        "phrases": "any",
    }
}


def key_of(field: str) -> str:
    """Return the key of a field: `not` is a word of Python's own and has an underscore there."""
    return field.rstrip("_")


def _table_type(hint: Any) -> type | None:
    """Return the dataclass that a type is, or may be."""
    return next(
        (typing.cast("type", kind) for kind in alternatives(hint) if dataclasses.is_dataclass(kind)), None
    )


class RulesBuilder(Builder):
    """A `Builder` for lists of tables. In paths an item is called by its `id`, else by its number, from 1.

    `names` has for the path of each list of tables what its items are called.
    """

    def __init__(self, root: type) -> None:
        super().__init__(root)
        self.names: dict[Path, list[str]] = {}

    def build(self, hint: Any, node: Node, default: Any, path: Path, metadata: Mapping[str, Any]) -> Any:
        """Return the value of type `hint` that `node` gives over `default`; on a fault, the default."""
        table = _table_type(hint)
        if table is not None and table is not hint:
            fresh = table() if default is None else default
            return super().build(table, node, fresh, path, metadata)
        return super().build(hint, node, default, path, metadata)

    def _table(self, node: Node, default: Any, path: Path) -> Any:
        if not isinstance(node, Table):
            self._wrong_form(node, path, "a table of keys", "delete the key, or give {}" if path else "")
            return default
        table = type(default)
        hints = hints_of(table)
        fields = {key_of(field.name): field for field in dataclasses.fields(default)}
        aliases = _ALIASES.get(table, {})
        changes: dict[str, Any] = {}
        for key, place, value in self._entries(node, path):
            field = fields.get(aliases.get(key, key))
            if field is None:
                self.fault(place, (*path, key), f"unknown key{_meant(key, table, fields)}")
            elif field.name in changes:
                self.fault(
                    place,
                    (*path, key),
                    f"means the same as {key_of(field.name)}, which is given too; delete one",
                )
            else:
                old = getattr(default, field.name)
                where = (*path, key_of(field.name))
                changes[field.name] = self.build(hints[field.name], value, old, where, field.metadata)
        return dataclasses.replace(default, **changes)

    def _list(self, hint: Any, node: Node, default: Any, path: Path, metadata: Mapping[str, Any]) -> Any:
        if path and path[-1] in {"value", "code"} and isinstance(node, Scalar):
            node = Items(node.place, (node,))  # one is as good as a list of one
        if not isinstance(node, Items):
            written = f"[{node.text}]" if isinstance(node, Scalar) else "[first, second]"
            self._wrong_form(node, path, "a list", f"write {written[:60]}")
            return default
        if dataclasses.is_dataclass(hint):
            return self._tables(typing.cast("type", hint), node, path)
        for number, item in enumerate(node.items, 1):
            self.places[(*path, str(number))] = item.place
        if typing.get_origin(hint) is tuple:
            return self._groups(node, path, metadata)
        return super()._list(hint, node, default, path, metadata)

    def _tables(self, table: type, node: Items, path: Path) -> tuple[Any, ...]:
        names = self.names[path] = []
        entries: list[Any] = []
        for number, item in enumerate(node.items, 1):
            name = _id_of(item)
            if not name or name in names or name.isdigit():
                name = str(number)
            names.append(name)
            entries.append(self.build(table, item, table(), (*path, name), {}))
        return tuple(entries)

    def _groups(self, node: Items, path: Path, metadata: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        """Return groups of phrases, of which a single phrase is one too."""
        groups: list[tuple[str, ...]] = []
        for number, item in enumerate(node.items, 1):
            where = (*path, str(number))
            one = item if isinstance(item, Items) else Items(item.place, (item,))
            groups.append(self._list(str, one, (), where, metadata))
        return tuple(groups)


def _id_of(item: Node) -> str:
    """Return the id of a table, "" where it has none that can be a part of a path."""
    for key, value in item.entries if isinstance(item, Table) else ():
        if (
            isinstance(key, Scalar)
            and key.text == "id"
            and isinstance(value, Scalar)
            and _ID.fullmatch(value.text)
        ):
            return value.text
    return ""


def _meant(key: str, table: type, fields: collections.abc.Iterable[str]) -> str:
    known = list(fields)
    meant = _KNOWN_ELSEWHERE.get(table, {}).get(key)
    if meant is not None:
        return f"; did you mean {meant}?"
    near = did_you_mean(key, known)
    if near:
        return near
    below = [
        f"{key_of(name)}.{key}"
        for name, hint in hints_of(table).items()
        if (inner := _table_type(hint)) is not None and key in hints_of(inner)
    ]
    return f"; did you mean {' or '.join(below)}?" if below else "; known are " + ", ".join(known)
