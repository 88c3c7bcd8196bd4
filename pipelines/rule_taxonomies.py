"""The topic codes that rules may name: those of the shipped taxonomy, and those of the user's own."""

import re
from collections.abc import Iterable, Mapping

from pipelines.config_build import Path
from pipelines.errors import did_you_mean
from pipelines.rule_lists import read_table
from pipelines.rules_faults import FaultKeeper
from pipelines.rules_tree import CodeEntry, TaxonomyEntry
from pipelines.yaml_nodes import shown

__all__ = ["Taxonomies"]

_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CODE = re.compile(r"\w[\w.-]{0,63}")
_COLUMNS = {"code": "code", "label_ar": "label_ar", "label_en": "label_en", "parent": "parent"}


class Taxonomies:
    """Labels by complete code, and for codes of the user's the code above."""

    def __init__(self, labels: Mapping[str, str], faults: FaultKeeper) -> None:
        """`labels` are those of the shipped taxonomy, by complete code ("" where there is none)."""
        self.labels = dict(labels)
        self.parents: dict[str, str] = {}
        self._faults = faults
        self._shipped = frozenset(code.partition(":")[0] for code in labels)
        #: Where a parent is given: its place, its path, and the taxonomy.
        self._places: dict[str, tuple[str, Path]] = {}

    def known(self, path: Path, code: str) -> bool:
        """Tell whether a complete code is known; if not, it is a fault of the key at `path`."""
        if code in self.labels:
            return True
        self._faults.add(path, f"{shown(code)} is no known topic{self._meant(code)}")
        return False

    def _meant(self, code: str) -> str:
        same = [known for known in self.labels if known.rpartition(":")[2] == code]
        if same:
            return f"; did you mean {' or '.join(same[:3])}?"
        near = did_you_mean(code, self.labels)
        return near or "; topics are medtop:… and the codes of your taxonomies, complete: <id>:<code>"

    def add(self, entries: Iterable[tuple[Path, TaxonomyEntry]]) -> None:
        """Add the user's taxonomies."""
        seen: dict[str, str] = {}
        for path, entry in entries:
            where = (*path, "id")
            if not self._faults.required(where, entry.id, "the name before the colon of its codes"):
                continue
            if not _PREFIX.fullmatch(entry.id):
                self._faults.add(
                    where, f"{shown(entry.id)} is no name; use small Latin letters, digits, - and _"
                )
            elif entry.id in self._shipped or entry.id == "medtop":
                self._faults.add(
                    where, f"{shown(entry.id)} is the taxonomy that warraq ships; choose another name"
                )
            elif entry.id in seen:
                self._faults.add(where, f"{shown(entry.id)} is given twice, first at {seen[entry.id]}")
            else:
                seen[entry.id] = self._faults.place_of(where)
                self._add_codes(path, entry)
        self._check_parents()

    def _add_codes(self, path: Path, entry: TaxonomyEntry) -> None:
        given = [key for key in ("file", "codes") if self._faults.given((*path, key))]
        if len(given) != 1:
            self._faults.add(
                path, "give either file or codes" if given else "has no codes; give file or codes"
            )
            return
        lines: list[tuple[str, Path, CodeEntry]] = []
        if entry.file is not None:
            where = (*path, "file")
            found = self._faults.read(where, entry.file)
            if found is not None:
                rows = read_table(*found, _COLUMNS, frozenset({"code"}), self._faults.in_list(where))
                lines = [(f"{found[0]}:{row.line}", where, CodeEntry(**row.cells)) for row in rows]
        else:
            paths = self._faults.paths((*path, "codes"))
            lines = [
                (self._faults.place_of(at), at, code) for at, code in zip(paths, entry.codes, strict=True)
            ]
        if not lines and entry.file is None:
            self._faults.add((*path, "codes"), "is empty; give a code at least")
        first: dict[str, str] = {}
        for place, where, code in lines:
            self._add_code(entry.id, place, where, code, first)

    def _add_code(
        self, prefix: str, place: str, where: Path, entry: CodeEntry, first: dict[str, str]
    ) -> None:
        fault = self._faults.in_list(where)
        code = entry.code.removeprefix(f"{prefix}:")
        if not _CODE.fullmatch(code):
            fault(
                place,
                f"{shown(entry.code)} is no code; use letters, digits, _, - and ." if code else "has no code",
            )
            return
        if code in first:
            fault(place, f"the code {shown(code)} is given twice, first at {first[code]}")
            return
        first[code] = place
        complete = f"{prefix}:{code}"
        label = entry.label_ar.strip() or entry.label_en.strip()
        if not label:
            fault(place, f"the code {shown(code)} has no label; give label_ar or label_en")
        self.labels[complete] = label
        if entry.parent:
            self.parents[complete] = entry.parent if ":" in entry.parent else f"{prefix}:{entry.parent}"
            self._places[complete] = place, where

    def _check_parents(self) -> None:
        for code, parent in list(self.parents.items()):
            place, where = self._places[code]
            if parent not in self.labels:
                message = (
                    f"the parent {shown(parent)} of {shown(code)} is no known topic{self._meant(parent)}"
                )
                self._faults.in_list(where)(place, message)
                del self.parents[code]
        for code in self.parents:
            above, seen = code, {code}
            while (above := self.parents.get(above, "")) and above not in seen:
                seen.add(above)
            if above == code:
                place, where = self._places[code]
                self._faults.in_list(where)(place, f"{shown(code)} lies below itself; parents make no circle")
