"""YAML events -> a small tree of nodes with places, within limits that keep a hostile file cheap.

The limits are held while the events come in, so nothing large is ever built: nesting, number of nodes after
alias expansion, number of aliases. This module knows no YAML library; `pipelines.config` makes the events.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, NoReturn

from pipelines.errors import ConfigError, Fault

__all__ = [
    "MAX_FAULTS",
    "SURPRISE",
    "Event",
    "Items",
    "Node",
    "Scalar",
    "Surprise",
    "Table",
    "compose",
    "node_of",
    "resolve",
    "shown",
]

MAX_DEPTH = 20
MAX_NODES = 10_000
MAX_ALIASES = 1_000
#: After so many faults the file is something else than a configuration.
MAX_FAULTS = 100


class Event(NamedTuple):
    """One step through a YAML text. `tag` is set only where the text names one; line and column count from 1."""

    kind: str  # document, scalar, alias, list, table, end
    line: int
    column: int
    anchor: str | None = None
    tag: str | None = None
    text: str = ""
    quoted: bool = False
    yaml11: str = "str"  # what a YAML 1.1 reader would take a plain scalar for


@dataclasses.dataclass(frozen=True)
class Scalar:
    """A single value as written. `literal`: it came by `--set`, where no other YAML reader will see it."""

    place: str
    text: str
    quoted: bool = False
    yaml11: str = "str"
    literal: bool = False
    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0


@dataclasses.dataclass(frozen=True)
class Items:
    """A list. `size` counts nodes, aliases expanded; `depth` is the nesting below it."""

    place: str
    items: tuple["Node", ...]
    size: int = 1
    depth: int = 1


@dataclasses.dataclass(frozen=True)
class Table:
    """A mapping, its entries as written. `merge`: made by a `--set` path, it changes a table entry in place."""

    place: str
    entries: tuple[tuple["Node", "Node"], ...]
    size: int = 1
    depth: int = 1
    merge: bool = False


Node = Scalar | Items | Table


class Surprise:
    """A plain scalar that YAML readers disagree about (`no`, `12:30:45`, `1_000`, `010`, a date)."""


SURPRISE = Surprise()

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,4})?"
)
#: Numbers, booleans and nulls of YAML 1.2 that YAML 1.1 readers take for text, or the other way round.
_DISPUTED = re.compile(
    r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+|[yYnN]|true|false|null",
    re.IGNORECASE,
)


def resolve(scalar: Scalar) -> str | int | float | bool | Surprise | None:
    """Return the value of a scalar by strict rules: only true and false are booleans, only decimals are numbers."""
    text = scalar.text
    if scalar.quoted:
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if scalar.yaml11 != "str" or _DISPUTED.fullmatch(text):
        return SURPRISE
    return text


def shown(text: str) -> str:
    """Return `text` in quotes for a message: short, on one line, invisible and bidi characters escaped."""
    if len(text) > 60:
        text = text[:59] + "…"
    return f'"{text}"' if text.isprintable() and '"' not in text else repr(text)


def compose(
    events: Iterator[Event],
    place_of: Callable[[int, int], str],
    faults: list[Fault],
    *,
    literal: bool = False,
) -> Node | None:
    """Return the one document in `events`, or None if there is none.

    `place_of` makes a place of line and column. Tags and broken characters are added to `faults`, and the
    reading goes on. Raises ConfigError for a second document, unknown or circular aliases, and whatever
    exceeds the limits.
    """
    return _Composer(events, place_of, faults, literal=literal).document()


class _Composer:
    def __init__(
        self,
        events: Iterator[Event],
        place_of: Callable[[int, int], str],
        faults: list[Fault],
        *,
        literal: bool,
    ) -> None:
        self._events = events
        self._place_of = place_of
        self._faults = faults
        self._literal = literal
        self._anchors: dict[str, Node | None] = {}  # None while the anchored node is still being read
        self._nodes = 0
        self._aliases = 0

    def document(self) -> Node | None:
        if next(self._events, None) is None:
            return None
        node = self._node(next(self._events), 0)
        extra = next(self._events, None)
        if extra is not None:
            self._stop(extra, "a second document begins here; a configuration is one document")
        return node

    def _fault(self, event: Event, message: str) -> None:
        if len(self._faults) >= MAX_FAULTS:
            self._stop(event, f"{MAX_FAULTS} faults, the rest is not checked")
        self._faults.append(Fault(self._place_of(event.line, event.column), "", message))

    def _stop(self, event: Event, message: str) -> NoReturn:
        raise ConfigError([Fault(self._place_of(event.line, event.column), "", message)])

    def _node(self, event: Event, depth: int) -> Node:
        if event.kind == "alias":
            return self._alias(event, depth)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
            self._fault(event, f"the tag {shown(tag)} is not allowed; values get their type from the key")
        self._count(event, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._scalar(event) if event.kind == "scalar" else self._collection(event, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Event, depth: int) -> Node:
        name = event.anchor or ""
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._stop(event, f"more than {MAX_ALIASES:,} aliases")
        if name not in self._anchors:
            self._stop(event, f"the alias *{name} has no anchor &{name} before it")
        node = self._anchors[name]
        if node is None:
            self._stop(event, f"the alias *{name} lies inside its own anchor")
        self._check_depth(event, depth + node.depth)
        self._count(event, node.size)
        return node

    def _scalar(self, event: Event) -> Scalar:
        if any("\ud800" <= char <= "\udfff" for char in event.text):
            self._fault(event, f"{shown(event.text)} holds half of a surrogate pair, which is no character")
        place = self._place_of(event.line, event.column)
        return Scalar(place, event.text, event.quoted, event.yaml11, self._literal)

    def _collection(self, event: Event, depth: int) -> Node:
        self._check_depth(event, depth)
        children: list[Node] = []
        while (child := next(self._events)).kind != "end":
            children.append(self._node(child, depth))
        place = self._place_of(event.line, event.column)
        size = 1 + sum(node.size for node in children)
        below = 1 + max((node.depth for node in children), default=0)
        if event.kind == "list":
            return Items(place, tuple(children), size, below)
        return Table(place, tuple(zip(children[::2], children[1::2], strict=True)), size, below)

    def _check_depth(self, event: Event, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH}")

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._stop(event, f"more than {MAX_NODES:,} values, aliases expanded")


def node_of(value: object, place: str) -> Node:
    """Return the node of a value that a YAML 1.1 reader has made already (Beam YAML's is one), all of it at `place`.

    What that reader took for a day or a time stands for what readers disagree about, as where the text itself is read.
    """
    if isinstance(value, Mapping):
        return Table(
            place, tuple((node_of(key, place), node_of(inner, place)) for key, inner in value.items())
        )
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return Items(place, tuple(node_of(item, place) for item in value))
    if value is None:
        return Scalar(place, "")
    if isinstance(value, str):
        return Scalar(place, value, quoted=True)
    if isinstance(value, bool):
        return Scalar(place, "true" if value else "false")
    if isinstance(value, int | float):
        return Scalar(place, repr(value))
    return Scalar(place, str(value), yaml11=type(value).__name__)
