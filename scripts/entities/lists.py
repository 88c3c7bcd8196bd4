"""Reading of the hand-written lists and of the lexicon's tables, and writing of tables."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from transforms.core.normalize import dedup_text

HERE = Path(__file__).resolve().parent
LEXICON = HERE.parents[1] / "transforms" / "core" / "lexicon"


def lines_of(name: str) -> Iterator[str]:
    """Yield the lines of a hand-written list, comments and blank lines left out."""
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a tab-separated table with a header line."""
    return "".join("\t".join(map(str, row)) + "\n" for row in (list(columns), *rows))


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the lexicon."""
    with (LEXICON / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_countries() -> list[dict[str, str]]:
    """Return the countries of places.tsv."""
    return [row for row in read_rows("places.tsv") if "country" in (row["kind"], row.get("type"))]


def folded_names(rows: Iterable[dict[str, str]]) -> frozenset[str]:
    """Return the names and variants of rows, folded."""
    names = (name for row in rows for name in (row["name"], *(row.get("variants") or "").split("|")))
    return frozenset(dedup_text(name) for name in names if name)
