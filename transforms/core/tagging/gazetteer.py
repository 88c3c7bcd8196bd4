"""Names of known things and what is known of them: codes, countries, coordinates."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from transforms.core.tagging.matching import Matches, PhraseMatcher, fold_phrases
from transforms.core.tagging.words import Words

__all__ = ["COLUMNS", "RULES", "SURENESS", "Entry", "Gazetteer", "NameIndex", "parse_gazetteer"]

#: The header of a gazetteer, a tab-separated table.
COLUMNS = (
    "name",
    "kind",
    "type",
    "code",
    "country",
    "canonical",
    "name_en",
    "lat",
    "lon",
    "population",
    "rule",
    "variants",
)
#: When a name is evidence by itself ("" is: always).
RULES = {
    "": "the name alone is evidence",
    "slot": "only where a place is expected: after in, to, city of ..., or with the clitic beh",
    "head": "only after its head word: club, newspaper, party ...",
    "sport": "only in an article about sport, or after its head word",
    "link": "never; it says what a name found by the model stands for",
}


#: The same in short, written behind the kind: sure, in a place that fits, never alone.
SURENESS = {"": "", "slot": "?", "head": "?", "sport": "?", "link": "??"}
#: Letters of a name that a clitic may stand before: of a place that is one by itself (Egypt, Qatar, Dubai), of others.
_SHORT, _USUAL = 3, 4


class Entry(NamedTuple):
    """One thing: what it is, its code, its country (ISO 3166-1 alpha-2), its names, where it lies, how many live there.

    `lat` and `lon` are degrees (WGS 84), None where unknown; `population` is 0 where unknown; `rule` is one of `RULES`;
    `provenance` is `gaz:<name>@<version>` of the table.
    """

    kind: str
    type: str
    code: str
    country: str
    canonical: str
    name_en: str
    lat: float | None
    lon: float | None
    population: int
    rule: str
    provenance: str


class Gazetteer(NamedTuple):
    """A word list: phrase i (folded, see `fold_phrases`) means `entries[i]`. `version` is a hash of the list."""

    name: str
    version: str
    phrases: tuple[str, ...]
    entries: tuple[Entry, ...]


def parse_gazetteer(name: str, table: str) -> Gazetteer:
    """Return the gazetteer in a tab-separated table (header `COLUMNS`; `variants` are parted by `|`).

    Raises ValueError, with the line, for a wrong header or row.
    """
    version = hashlib.sha256(table.encode("utf-8")).hexdigest()[:12]
    provenance = f"gaz:{name}@{version}"
    lines = table.removesuffix("\n").split("\n")
    if tuple(lines[0].split("\t")) != COLUMNS:
        raise ValueError(f"{name}:1: the columns are {lines[0].split(chr(9))}, wanted {list(COLUMNS)}")
    phrases: list[str] = []
    entries: list[Entry] = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise ValueError(f"{name}:{number}: {len(cells)} cells, wanted {len(COLUMNS)}")
        first, kind, type_, code, country, canonical, name_en, lat, lon, population, rule, variants = cells
        if rule not in RULES:
            raise ValueError(f"{name}:{number}: {rule!r} is no rule; there are {', '.join(map(repr, RULES))}")
        try:
            entry = Entry(
                kind,
                type_,
                code,
                country,
                canonical,
                name_en,
                float(lat) if lat else None,
                float(lon) if lon else None,
                int(population) if population else 0,
                rule,
                provenance,
            )
        except ValueError as error:
            raise ValueError(f"{name}:{number}: {error}") from error
        phrases.append(first)
        entries.append(entry)
        for variant in variants.split("|") if variants else ():
            phrases.append(variant)
            entries.append(entry)
    return Gazetteer(name, version, tuple(fold_phrases(phrases)), tuple(entries))


class NameIndex:
    """All names of several gazetteers: what a folded name may mean, and where names stand in texts."""

    def __init__(self, gazetteers: Iterable[Gazetteer]) -> None:
        self._meanings: dict[str, tuple[Entry, ...]] = {}
        for gazetteer in gazetteers:
            for phrase, entry in zip(gazetteer.phrases, gazetteer.entries, strict=True):
                known = self._meanings.get(phrase, ())
                if entry not in known:
                    self._meanings[phrase] = (*known, entry)
        self.names: tuple[str, ...] = tuple(self._meanings)
        self._by_number = tuple(self._meanings.values())
        shortest = [
            _SHORT if any(one.kind == "place" and not one.rule for one in meanings) else _USUAL
            for meanings in self._by_number
        ]
        self._matcher = PhraseMatcher(self.names, folded=True, shortest=shortest)

    def find(self, words: Words, forms: Sequence[str]) -> Matches:
        """Return all places of all names (see `PhraseMatcher.find`)."""
        return self._matcher.find(words, forms)

    def meanings(self, number: int) -> tuple[Entry, ...]:
        """Return what the name of that number may mean, in the order of the gazetteers."""
        return self._by_number[number]

    def look_up(self, name: str) -> tuple[Entry, ...]:
        """Return what a folded name (words one blank apart) may mean; () where it is unknown."""
        return self._meanings.get(name, ())
