"""The tables of places: columns, order, reading, and what must hold of them."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from sources.place_packages import ARABIC, fold

from transforms.core.tagging import gazetteer

COLUMNS = list(gazetteer.COLUMNS)
ALIAS_COLUMNS = ["names", "code", "type", "country", "rule", "canonical", "name_en", "lat", "lon"]
AMBIGUOUS_COLUMNS = ["name", "candidates", "rule"]
TYPES = frozenset(
    [
        "country",
        "capital",
        "city",
        "town",
        "region",
        "area",
        "sea",
        "river",
        "mountain",
        "landmark",
        "continent",
    ]
)
RULES = ("", "slot", "link")
_CODE = re.compile(
    r"[A-Z]{2}|[A-Z]{2}-[A-Z0-9]{1,3}|geonames:\d+|(area|sea|river|mountain|landmark|continent|town|region):[a-z0-9]+(-[a-z0-9]+)*"
)


def read_rows(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """Return the rows of a table. Raises ValueError for another header or number of columns."""
    reader = csv.DictReader(
        io.StringIO(path.read_bytes().decode("utf-8"), newline=""), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    rows = list(reader)
    if list(reader.fieldnames or ()) != columns:
        raise ValueError(f"{path.name}: the columns are {reader.fieldnames}, wanted {columns}")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise ValueError(f"{path.name}:{number}: not {len(columns)} columns")
    return rows


def write_table(columns: list[str], rows: Iterable[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in [columns, *rows])


def order(row: list[str]) -> tuple[object, ...]:
    """Sort by country, then code (GeoNames ids as numbers), then rule."""
    head, _, number = row[3].partition("geonames:")
    return row[4], head, int(number or 0), RULES.index(row[10])


def faults_of(places: list[dict[str, str]], ambiguous: list[dict[str, str]]) -> list[str]:
    """Return what is wrong with the two tables."""
    faults = []
    owners: dict[str, list[str]] = defaultdict(list)
    rules: dict[str, set[str]] = defaultdict(set)
    for row in places:
        tests = {
            "kind": row["kind"] == "place",
            "type": row["type"] in TYPES,
            "code": _CODE.fullmatch(row["code"]) is not None,
            "country": re.fullmatch("([A-Z]{2})?", row["country"]) is not None,
            "code and country": not re.match("[A-Z]{2}", row["code"]) or row["code"][:2] == row["country"],
            "canonical": bool(ARABIC.fullmatch(row["canonical"])),
            "name_en": bool(row["name_en"]) and row["name_en"] == row["name_en"].strip(),
            "lat": row["lat"] == "" or abs(float(row["lat"])) <= 90,
            "lon": (row["lon"] == "") == (row["lat"] == "") and abs(float(row["lon"] or 0)) <= 180,
            "population": re.fullmatch(r"([1-9]\d*)?", row["population"]) is not None,
            "rule": row["rule"] in RULES,
        }
        faults += [
            f"{row['code']}: {name} {row.get(name, '')!r}" for name, passed in tests.items() if not passed
        ]
        for name in (row["name"], *filter(None, row["variants"].split("|"))):
            if not ARABIC.fullmatch(name) or len(name.replace(" ", "")) < 3:
                faults.append(
                    f"{row['code']}: {name!r}: at least three unvowelled Arabic letters, words one blank apart"
                )
            folded = fold(name)
            if row["code"] in owners[folded]:
                faults.append(f"{row['code']}: {name} twice")
            owners[folded].append(row["code"])
            rules[folded].add(row["rule"])
    shared = {fold(row["name"]): row for row in ambiguous}
    for folded, codes in owners.items():
        row = shared.pop(folded, {"candidates": codes[0], "rule": ""})
        if sorted(codes) != sorted(row["candidates"].split("|")):
            faults.append(f"{folded}: belongs to {codes}, ambiguous_places.tsv has {row['candidates']}")
        if len(codes) > 1 and rules[folded] != {row["rule"]}:
            faults.append(f"{folded}: rules differ")
    faults += [f"{folded}: in ambiguous_places.tsv only" for folded in shared]
    keys = [order(list(row.values())) for row in places]
    faults += [
        f"{row['code']}: not sorted, or twice"
        for row, low, high in zip(places[1:], keys, keys[1:], strict=False)
        if low >= high
    ]
    if [row["name"] for row in ambiguous] != sorted((row["name"] for row in ambiguous), key=fold):
        faults.append("ambiguous_places.tsv is not sorted")
    return faults
