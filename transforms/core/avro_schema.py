"""Which Avro schemas are safe to decode by: decoded size must be bounded by the bytes that are there."""

import dataclasses
import json
import re
from typing import Any, NamedTuple

import fastavro

from transforms.core.errors import ArticleError

__all__ = ["MAX_DEPTH", "SafeSchema", "safe_schema"]

#: Deeper nesting of types is refused.
MAX_DEPTH = 32
# A schema of nulls decodes to many values from no bytes; so many may stand in one row or array item.
_MAX_FREE_VALUES = 100
_MAX_TEXT_DEPTH = 250
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_SIZES = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}
_ENOUGH = 1 << 20


@dataclasses.dataclass(frozen=True)
class _Cost:
    """Of a type: least encoded bytes, most values that take no bytes, nesting depth."""

    size: int
    free: int
    depth: int


class SafeSchema(NamedTuple):
    """A record schema in fastavro's parsed form, and its named types by full name."""

    parsed: dict[str, Any]
    named: dict[str, Any]


def safe_schema(text: bytes) -> SafeSchema:
    """Return a writer schema, checked before anything is decoded by it.

    Raises ArticleError: `unsafe_avro` for a recursive type, one nested deeper than `MAX_DEPTH`, an array
    or map of items or a record of rows that can take no bytes, and a top that is no record;
    `corrupt_file` where it is no schema at all.
    """
    try:
        decoded = text.decode("utf-8")
        _check_text_depth(decoded)
        schema = json.loads(decoded, object_pairs_hook=_without_marks)
        named: dict[str, Any] = {}
        parsed = fastavro.parse_schema(schema, named, _ignore_default_error=True)
    except ArticleError:
        raise
    except Exception as error:  # hostile JSON through foreign code: whatever it raises, there is no schema
        detail = f"the Avro schema cannot be read: {type(error).__name__}: {str(error)[:200]}"
        raise ArticleError("corrupt_file", detail) from error
    if not isinstance(parsed, dict) or parsed.get("type") not in {"record", "error"}:
        raise ArticleError(
            "unsafe_avro", "the top of the schema is no record; only tables of records are read"
        )
    cost = _Walk(named).cost(parsed, 1)
    if cost.size == 0:
        raise ArticleError("unsafe_avro", f"rows of {parsed['name']} can take no bytes")
    return SafeSchema(parsed, named)


def _without_marks(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # fastavro trusts a schema that says `__fastavro_parsed__`; a file must not be able to say so.
    return {key: value for key, value in pairs if not key.startswith("__")}


def _check_text_depth(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0]
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > _MAX_TEXT_DEPTH:
            raise ArticleError("unsafe_avro", f"the schema is nested more than {_MAX_TEXT_DEPTH} deep")


class _Walk:
    def __init__(self, named: dict[str, Any]) -> None:
        self._named = named
        self._costs: dict[str, _Cost] = {}
        self._open: set[str] = set()

    def cost(self, schema: Any, level: int) -> _Cost:
        """Return the cost of a type. Raises ArticleError for one that is not safe."""
        if level > MAX_DEPTH:
            raise ArticleError("unsafe_avro", f"types are nested more than {MAX_DEPTH} deep")
        cost = self._cost(schema, level)
        if level + cost.depth - 1 > MAX_DEPTH:
            raise ArticleError("unsafe_avro", f"types are nested more than {MAX_DEPTH} deep")
        if cost.free > _MAX_FREE_VALUES:
            raise ArticleError("unsafe_avro", f"more than {_MAX_FREE_VALUES} values of a row take no bytes")
        return cost

    def _cost(self, schema: Any, level: int) -> _Cost:
        if isinstance(schema, list):
            branches = [self.cost(branch, level + 1) for branch in schema]
            return _Cost(
                1, max((b.free for b in branches), default=0), 1 + max((b.depth for b in branches), default=0)
            )
        if isinstance(schema, str):
            if schema in _SIZES:
                return _Cost(_SIZES[schema], int(_SIZES[schema] == 0), 1)
            return self._named_cost(schema, self._named.get(schema), level)
        kind = schema["type"]
        if kind in {"record", "error", "enum", "fixed"}:
            return self._named_cost(schema["name"], schema, level)
        if kind in {"array", "map"}:
            inner = self.cost(schema["items" if kind == "array" else "values"], level + 1)
            if inner.size == 0:
                raise ArticleError("unsafe_avro", f"{kind} of items that can take no bytes")
            return _Cost(1, 0, 1 + inner.depth)
        return self.cost(kind, level + 1)

    def _named_cost(self, name: str, schema: Any, level: int) -> _Cost:
        if name in self._costs:
            return self._costs[name]
        if name in self._open:
            raise ArticleError("unsafe_avro", f"type {name[:80]} contains itself")
        if not isinstance(schema, dict):
            raise ArticleError(
                "corrupt_file", f"the Avro schema uses {name[:80]!r}, which it does not define"
            )
        self._open.add(name)
        if schema["type"] == "enum":
            cost = _Cost(1, 0, 1)
        elif schema["type"] == "fixed":
            size = schema["size"] if isinstance(schema["size"], int) else 0
            cost = _Cost(max(0, size), int(size <= 0), 1)
        else:
            fields = [self.cost(field["type"], level + 1) for field in schema["fields"]]
            size = min(_ENOUGH, sum(field.size for field in fields))
            free = int(size == 0) + sum(field.free for field in fields)
            cost = _Cost(size, free, 1 + max((field.depth for field in fields), default=0))
        self._open.discard(name)
        self._costs[name] = cost
        return cost
