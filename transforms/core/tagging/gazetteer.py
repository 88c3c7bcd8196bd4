"""Names of known things and their codes, folded for matching."""

import csv
import dataclasses
import hashlib
import io

from transforms.core.normalize import dedup_text

__all__ = ["Entry", "Gazetteer", "parse_gazetteer"]

_COLUMNS = ["name", "kind", "code", "country", "canonical", "name_en", "variants"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One thing: what it is, its code, its country (ISO 3166 alpha-2) and its canonical name."""

    kind: str
    code: str
    country: str
    canonical: str


@dataclasses.dataclass(frozen=True)
class Gazetteer:
    """A word list ready for matching: folded name -> entry. `version` is a hash of the list."""

    name: str
    version: str
    names: dict[str, Entry]

    @property
    def provenance(self) -> str:
        """What tags from this list carry: `gaz:<name>@<version>`."""
        return f"gaz:{self.name}@{self.version}"


def parse_gazetteer(name: str, table: str) -> Gazetteer:
    """Return the gazetteer in a tab-separated table with a header line (columns as in `places.tsv`).

    Names and their `|`-parted variants are folded with the `dedup` profile, so words are one blank apart.
    Raises ValueError for a wrong header, or for one folded name that means two things.
    """
    rows = list(csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE))
    if rows and list(rows[0]) != _COLUMNS:
        raise ValueError(f"{name}: the columns are {list(rows[0])}, wanted {_COLUMNS}")
    names: dict[str, Entry] = {}
    for row in rows:
        entry = Entry(row["kind"], row["code"], row["country"], row["canonical"])
        for written in (row["name"], *filter(None, (row["variants"] or "").split("|"))):
            folded = dedup_text(written)
            if names.setdefault(folded, entry) != entry:
                raise ValueError(f"{name}: {written!r} means both {names[folded]} and {entry}")
    digest = hashlib.sha256(table.encode("utf-8")).hexdigest()[:12]
    return Gazetteer(name, digest, names)
