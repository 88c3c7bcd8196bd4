"""What must hold between the rows of an output: ids, origins, references, places in the text.

Memory grows with the number of rows, not with their size: only ids and record numbers are kept.
"""

import datetime as dt
from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from pipelines.terminal import plain
from transforms.core.partition import article_partition, day_partition

__all__ = ["Faults", "GrowingRowChecks", "RowChecks"]

Row = dict[str, Any]
_SHOWN_PER_KIND = 50
_SHOWN_MISSING = 5
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Faults:
    """Faults in words, by kind: the first 50 of each kind are kept, the others counted."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, line: str) -> None:
        """Add a fault; `line` may quote data, it is made safe to print."""
        self._counts[kind] += 1
        if self._counts[kind] <= _SHOWN_PER_KIND:
            self._lines.append(plain(line))

    def __bool__(self) -> bool:
        return bool(self._lines)

    def lines(self) -> tuple[str, ...]:
        """Return the faults as lines, those left out as one line per kind."""
        more = [
            f"… and {count - _SHOWN_PER_KIND:,} more faults of this kind: {kind}"
            for kind, count in self._counts.items()
            if count > _SHOWN_PER_KIND
        ]
        return (*self._lines, *more)


def _key(article_id: str) -> bytes:
    """Return an id as the 16 bytes it stands for (as its letters, where it is no such id)."""
    try:
        return bytes.fromhex(article_id)
    except ValueError:
        return article_id.encode("utf-8", "surrogatepass")


def _micros(time: dt.datetime | int | None) -> int | None:
    return (time - _EPOCH) // _MICROSECOND if isinstance(time, dt.datetime) else time


class RowChecks:
    """The checks over all rows of a generation. Call `check` for each row, then `close`; faults go to `faults`."""

    def __init__(self, faults: Faults, config_sha256: str) -> None:
        self._faults = faults
        self._config_sha256 = config_sha256
        self._articles: set[bytes] = set()
        self._duplicates: set[bytes] = set()
        self._parents: dict[bytes, str] = {}
        self._roots: dict[bytes, str] = {}
        self._related: dict[bytes, str] = {}
        self._indexes: dict[str, set[int]] = {}
        self._records: dict[str, int] = {}

    @property
    def records_in(self) -> int:
        """The records that the input files gave, by the rows of `inputs` seen so far."""
        return sum(self._records.values())

    def check(self, table: str, path: str, number: int, row: Row) -> None:
        """Check one row (resolved to the current schema), the `number`th of its file."""
        place = f"{path} row {number}"
        if row["config_sha256"] != self._config_sha256:
            self._faults.add(
                "config", f"{place}: config_sha256 is {row['config_sha256']!r}, not that of the manifest"
            )
        if table == "inputs":
            self._check_input(place, row)
            return
        if table == "relations":
            self._check_relation(path, place, row)
            return
        self._check_origin(place, row["origin"])
        if table == "articles":
            self._check_article(path, place, row)
        elif table == "duplicates":
            self._check_duplicate(path, place, row)

    def close(self) -> None:
        """Check what can only be known at the end; call it only where every file could be read."""
        for uri, records in self._records.items():
            indexes = self._indexes.get(uri, set())
            if len(indexes) != records:
                self._faults.add(
                    "lost",
                    f"{uri}: {records:,} records were read, {len(indexes):,} lie in the tables{_missing(indexes, records)}",
                )
        for uri in self._indexes.keys() - self._records.keys():
            self._faults.add("lost", f"{uri}: rows come from this file, but inputs/ does not list it")
        for root, place in self._roots.items():
            if root not in self._articles:
                self._faults.add("root", f"{place}: root {root.hex()} is no article in articles/")
        for parent, place in self._parents.items():
            if parent not in self._articles and parent not in self._duplicates:
                self._faults.add(
                    "parent", f"{place}: parent {parent.hex()} is in neither articles/ nor duplicates/"
                )

        for key, place in self._related.items():
            if key not in self._articles and key not in self._duplicates:
                self._faults.add("relation", f"{place} is in neither articles/ nor duplicates/")

    def _check_input(self, place: str, row: Row) -> None:
        if row["uri"] in self._records:
            self._faults.add("input twice", f"{place}: {row['uri']} is listed twice")
        self._records[row["uri"]] = self._records.get(row["uri"], 0) + row["records"]

    def _check_origin(self, place: str, origin: Row) -> None:
        indexes = self._indexes.setdefault(origin["uri"], set())
        if origin["index"] in indexes:
            self._faults.add(
                "origin twice", f"{place}: record {origin['index']} of {origin['uri']} ended in two rows"
            )
        indexes.add(origin["index"])

    def _check_article(self, path: str, place: str, row: Row) -> None:
        key = _key(row["article_id"])
        if key in self._articles:
            self._faults.add("id twice", f"{place}: article {row['article_id']} is there twice")
        self._articles.add(key)
        _check_article(self._faults, path, place, row)

    def _check_duplicate(self, path: str, place: str, row: Row) -> None:
        self._duplicates.add(_key(row["article_id"]))
        for pending, field, elsewhere in (
            (self._parents, "parent_id", "parent_from_index"),
            (self._roots, "root_id", "root_from_index"),
        ):
            key = _key(row[field])
            if key not in self._articles and not row[elsewhere]:
                pending.setdefault(key, f"{place}: duplicate {row['article_id']}")
        _check_duplicate(self._faults, path, place, row)

    def _check_relation(self, path: str, place: str, row: Row) -> None:
        # What an index alone knows has no source here, and no record of this run.
        key = _key(row["article_id"])
        if row["source"] and key not in self._articles and key not in self._duplicates:
            self._related.setdefault(key, f"{place}: article {row['article_id']}")
        _check_relation(self._faults, path, place, row)


class GrowingRowChecks:
    """The checks over the rows of a folder that grows, where commits may be of several configurations and inputs.

    Call `check` for each row, then `close`; faults go to `faults`. `decided` holds the articles that were decided so far:
    those of a commit's decisions are best told before its other rows. A record or an article may be there again (the
    fold judges that).
    """

    def __init__(self, faults: Faults, decided: Container[str]) -> None:
        self._faults = faults
        self._decided = decided
        self._pending: dict[str, str] = {}

    def check(self, table: str, path: str, number: int, row: Row) -> None:
        """Check one row (resolved to the current schema), the `number`th of its file."""
        place = f"{path} row {number}"
        if table == "articles":
            _check_article(self._faults, path, place, row)
        elif table == "duplicates":
            for field, elsewhere in (("parent_id", "parent_from_index"), ("root_id", "root_from_index")):
                if not row[elsewhere]:
                    self._refer(row[field], f"{place}: duplicate {row['article_id']}: {field[:-3]}")
            _check_duplicate(self._faults, path, place, row)
        elif table == "relations":
            if row["source"]:
                self._refer(row["article_id"], f"{place}: article")
            _check_relation(self._faults, path, place, row)
        elif table == "decisions":
            self._check_decision(path, place, row)

    def close(self) -> None:
        """Check what can only be known at the end; call it only where every file could be read."""
        for article_id, place in self._pending.items():
            if article_id not in self._decided:
                self._faults.add("reference", f"{place} {article_id} was never decided in this folder")

    def _refer(self, article_id: str, place: str) -> None:
        if article_id not in self._decided:
            self._pending.setdefault(article_id, place)

    def _check_decision(self, path: str, place: str, row: Row) -> None:
        article_id, parent, relation = row["article_id"], row["parent_id"], row["relation"]
        said = f"kept {row['kept']}, relation {relation!r}, parent {parent!r}, root {row['root_id']!r}"
        alone = (parent, relation, row["root_id"]) == ("", "", article_id)
        if row["revision"] < 1 or (
            not alone if row["kept"] else not parent or parent == article_id or not relation
        ):
            self._faults.add(
                "decision",
                f"{place}: decision {row['revision']} about {article_id} contradicts itself: {said}",
            )
        _check_folder(self._faults, path, place, f"decisions/{day_partition(_micros(row['event_us']))}")


def _check_article(faults: Faults, path: str, place: str, row: Row) -> None:
    event_us = _micros(row["crawled_us"] if row["published_us"] is None else row["published_us"])
    _check_folder(faults, path, place, f"articles/{article_partition(event_us, row['source'])}")
    for fault in _misplaced(row):
        faults.add("span", f"{place}: article {row['article_id']}: {fault}")


def _check_duplicate(faults: Faults, path: str, place: str, row: Row) -> None:
    if (row["relation"] == "repeat") != (row["parent_id"] == row["article_id"]):
        faults.add(
            "parent",
            f"{place}: duplicate {row['article_id']}: relation {row['relation']} with parent {row['parent_id']}",
        )
    _check_folder(faults, path, place, f"duplicates/{day_partition(_micros(row['event_us']))}")


def _check_relation(faults: Faults, path: str, place: str, row: Row) -> None:
    if row["article_id"] == row["other_id"]:
        faults.add("relation", f"{place}: article {row['article_id']} is related to itself")
    _check_folder(faults, path, place, f"relations/{day_partition(_micros(row['event_us']))}")


def _check_folder(faults: Faults, path: str, place: str, folder: str) -> None:
    if path.rpartition("/")[0] != folder:
        faults.add("folder", f"{place}: the row belongs into {folder}")


def _missing(indexes: set[int], records: int) -> str:
    """Name a few of the records that no row speaks of."""
    missing: list[str] = []
    # At most len(indexes) numbers are there, so this many steps find what is missing, whatever `records` claims.
    for index in range(min(records, len(indexes) + _SHOWN_MISSING)):
        if index not in indexes:
            missing.append(str(index))
            if len(missing) == _SHOWN_MISSING:
                break
    return f"; missing: record {', '.join(missing)}" if missing else ""


def _misplaced(row: Row) -> Iterator[str]:
    """Yield what of an article does not lie where it says in the text."""
    text: str = row["text"]
    spans = [("title_span", row["title_span"])]
    spans += [
        (f"{name}[{number}]", span)
        for name in ("paragraphs", "subheads", "tags")
        for number, span in enumerate(row[name])
        if span["start"] is not None or name != "tags"  # topics are said of the whole article
    ]
    for name, span in spans:
        if not 0 <= span["start"] <= span["end"] <= len(text):
            yield f"{name} {span['start']}..{span['end']} lies outside the text of {len(text):,} code points"
    if not 0 <= row["body_start"] <= len(text):
        yield f"body_start {row['body_start']} lies outside the text of {len(text):,} code points"
    if text[row["title_span"]["start"] : row["title_span"]["end"]] != row["title"]:
        yield "the title is not the text at title_span"
    for number, tag in enumerate(row["tags"]):
        if tag["start"] is not None and text[tag["start"] : tag["end"]] != tag["value"]:
            yield f"tags[{number}] {tag['value']!r} is not the text at {tag['start']}..{tag['end']}"
