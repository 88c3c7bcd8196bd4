"""Field maps: which key of a structured record is the title, the body, the date."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from transforms.core.errors import ArticleError
from transforms.core.settings import setting

__all__ = ["READY_MAPS", "FieldMap", "Fields", "apply_map", "choose_map"]


@dataclasses.dataclass(frozen=True)
class FieldMap:
    """Keys of a record, by what they mean. "" means the form has no such field; `body` is required.

    A key may be a path with dots (`author.name`). Several alternatives are parted by `|`, first non-empty wins.
    """

    body: str = setting("", "Key of the body text.")
    title: str = setting("", "Key of the title.")
    source: str = setting("", "Key of the source (the outlet's short name).")
    url: str = setting("", "Key of the article's URL.")
    author: str = setting("", "Key of the author line as printed.")
    published: str = setting("", "Key of the publication time.")
    crawled: str = setting("", "Key of the crawl time.")
    html: bool = setting(False, "The body (and title) hold HTML that is turned into text.")


READY_MAPS: dict[str, FieldMap] = {
    "warraq": FieldMap(
        body="body|text",
        title="title",
        source="source",
        url="url",
        author="author",
        published="published",
        crawled="crawled",
    ),
    "saudinewsnet": FieldMap(
        body="content", title="title", source="source", url="url", author="author", crawled="date_extracted"
    ),
    "feed": FieldMap(
        body="content|summary",
        title="title",
        source="feed",
        url="link",
        author="author",
        published="published|updated",
        html=True,
    ),
}


class Fields(NamedTuple):
    """The fields of a record by meaning; texts are "" and times None where the record has none."""

    body: str
    title: str
    source: str
    url: str
    author: str
    published: str | int | float | None
    crawled: str | int | float | None


def _look_up(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _first(record: Mapping[str, Any], key: str) -> tuple[str, Any]:
    """Return the first alternative of `key` that has a value, and that value (or the last name and None)."""
    name = ""
    for name in key.split("|") if key else ():
        # A key with a dot may also be a key in itself (flattened CSV headers).
        value = record[name] if name in record else _look_up(record, name)
        if value is not None and value != "":
            return name, value
    return name, None


def _text(record: Mapping[str, Any], key: str) -> str:
    name, value = _first(record, key)
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "، ".join(value)  # U+060C Arabic comma: several authors
    if not isinstance(value, str):
        raise ArticleError("bad_field", f"{name} is {type(value).__name__}, not text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArticleError(
            "lone_surrogate", f"{name} at character {error.start}: \\u{ord(value[error.start]):04x}"
        ) from None
    return value


def _time(record: Mapping[str, Any], key: str) -> str | int | float | None:
    name, value = _first(record, key)
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise ArticleError("bad_field", f"{name} is {type(value).__name__}, not a time")


def _has(record: Mapping[str, Any], key: str) -> bool:
    return bool(key) and any(name in record or _look_up(record, name) is not None for name in key.split("|"))


def choose_map(record: Mapping[str, Any], maps: Mapping[str, FieldMap]) -> str:
    """Return the name of the map that fits the keys of `record` best: it has the body and most other keys.

    Between equals the first in `maps` wins. Raises ArticleError `unmapped_record` if no map's body is there.
    """
    best, best_score = "", 0
    for name, field_map in maps.items():
        if not _has(record, field_map.body):
            continue
        keys = (
            field_map.title,
            field_map.source,
            field_map.url,
            field_map.author,
            field_map.published,
            field_map.crawled,
        )
        score = 1 + sum(_has(record, key) for key in keys)
        if score > best_score:
            best, best_score = name, score
    if best:
        return best
    keys_there = ", ".join(sorted(map(str, record))[:12]) or "none"
    raise ArticleError("unmapped_record", f"no field map has its body among the keys {keys_there}")


def apply_map(record: Mapping[str, Any], field_map: FieldMap) -> Fields:
    """Return the fields of `record` by `field_map`.

    Raises ArticleError: `unmapped_record` when the body's key is missing, `bad_field` for a value that is
    neither text nor (for times) a number, `lone_surrogate` for half a surrogate pair.
    """
    if not _has(record, field_map.body):
        raise ArticleError("unmapped_record", f"the record has no {field_map.body}")
    return Fields(
        body=_text(record, field_map.body),
        title=_text(record, field_map.title),
        source=_text(record, field_map.source),
        url=_text(record, field_map.url),
        author=_text(record, field_map.author),
        published=_time(record, field_map.published),
        crawled=_time(record, field_map.crawled),
    )
