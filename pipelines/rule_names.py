"""Names of the user's lists: rows -> things with their names, every fault with its line."""

import dataclasses
import functools
import hashlib
import re
from collections.abc import Callable, Sequence

from pipelines.rule_lists import Cells, read_table
from pipelines.rules_tree import GazetteerEntry
from pipelines.yaml_nodes import shown
from transforms.core.tagging.user_rules import Name, count_letters

__all__ = ["read_names", "why_no_phrase"]

COUNTRY = re.compile(r"[A-Z]{2}")
_MAX_WORDS = 50
_DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:\.[0-9]{1,12})?")
_BOUNDS = {"lat": 90.0, "lon": 180.0}


def why_no_phrase(phrase: str, folded: str, letters: int) -> str:
    """Return why a phrase cannot be looked for, or "". `folded` and `letters` are those of `count_letters`."""
    if not phrase.strip():
        return "is empty; give a phrase, or delete it"
    if not letters:
        return f"{shown(phrase)} has no letter and no digit to look for"
    if letters == 1:
        return f"{shown(phrase)} is a single letter or digit, which is everywhere; give two at least"
    if folded.count(" ") >= _MAX_WORDS:
        return f"{shown(phrase)} has more than {_MAX_WORDS} words"
    return ""


def read_names(
    entry: GazetteerEntry, path: str, data: bytes, named: frozenset[str], fault: Callable[[str, str], None]
) -> tuple[tuple[Name, ...], str]:
    """Return the names in the list at `path`, and its version: the beginning of the hash of `data`.

    `named` are the columns that the rules file names itself: these, and the names, must be there. Names shorter than
    `entry.min_len` are left out. Faults, with their places, go to `fault`.
    """
    columns: dict[str, str] = dataclasses.asdict(entry.columns)
    version = hashlib.sha256(data).hexdigest()[:12]
    rows = list(read_table(path, data, columns, named | {"name"}, fault))
    written = [
        [row.cells["name"], *filter(None, map(str.strip, row.cells.get("variants", "").split("|")))]
        for row in rows
    ]
    counted = iter(count_letters([name for names in written for name in names]))
    first: dict[str, tuple[int, Name]] = {}
    kept: list[Name] = []
    for row, names in zip(rows, written, strict=True):
        place = f"{path}:{row.line}"
        folded = [next(counted) for _ in names]
        complaints = [why_no_phrase(name, *count) for name, count in zip(names, folded, strict=True)]
        complaints += _wrong_facts(row, columns)
        for complaint in filter(None, complaints):
            fault(place, complaint)
        if any(complaints):
            continue
        thing = _thing(row, names)
        keys = [name if entry.case else key for name, (key, _) in zip(names, folded, strict=True)]
        if not _taken(keys, names, row.line, thing, first, functools.partial(fault, place)):
            long = tuple(
                name for name, (_, letters) in zip(names, folded, strict=True) if letters >= entry.min_len
            )
            if long:
                kept.append(dataclasses.replace(thing, names=long))
    return tuple(kept), version


def _taken(
    keys: Sequence[str],
    names: Sequence[str],
    line: int,
    thing: Name,
    first: dict[str, tuple[int, Name]],
    fault: Callable[[str], None],
) -> bool:
    """Tell whether an earlier line has one of the names; if so, it is a fault. Otherwise note them."""
    for key, name in zip(keys, names, strict=True):
        other_line, other = first.setdefault(key, (line, thing))
        if other is not thing:
            meaning = "is given twice" if other.code == thing.code else f"means {shown(other.canonical)} too"
            fault(
                f"{shown(name)} {meaning}, first in line {other_line} (spelling is folded before names are compared)"
            )
            return True
    return False


def _thing(row: Cells, names: Sequence[str]) -> Name:
    cells = row.cells
    return Name(
        names=tuple(names),
        canonical=cells.get("canonical", "") or names[0],
        code=cells.get("code", ""),
        type=cells.get("type", ""),
        country=cells.get("country", ""),
        lat=float(cells["lat"]) if cells.get("lat") else None,
        lon=float(cells["lon"]) if cells.get("lon") else None,
    )


def _wrong_facts(row: Cells, columns: dict[str, str]) -> list[str]:
    """Return what is wrong with country and position."""
    wrong: list[str] = []
    country = row.cells.get("country", "")
    if country and not COUNTRY.fullmatch(country):
        wrong.append(f"{columns['country']}: {shown(country)} is no ISO 3166-1 alpha-2 code such as SY")
    for key, bound in _BOUNDS.items():
        degrees = row.cells.get(key, "")
        if degrees and not (_DEGREES.fullmatch(degrees) and abs(float(degrees)) <= bound):
            wrong.append(
                f"{columns[key]}: {shown(degrees)} is no number of degrees from -{bound:.0f} to {bound:.0f}"
            )
    if bool(row.cells.get("lat")) != bool(row.cells.get("lon")):
        wrong.append(f"{columns['lat']} and {columns['lon']} belong together; give both or none")
    return wrong
