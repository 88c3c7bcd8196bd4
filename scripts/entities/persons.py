"""persons.tsv from persons.txt, arwikicats and arabic-name-romanizer."""

import json
import re
import sqlite3
import tempfile
import zipfile
from collections import Counter
from typing import NamedTuple

from entities.lists import lines_of, table

from transforms.core.normalize import dedup_text, normalize_text

#: The languages of Wikidata's other countries here are Persian, Urdu and Pashto.
_NOT_ARAB = frozenset(("IR", "PK", "AF"))
_LEAST, _SHORTEST, _MOST_WORDS, _MOST_FULL = 2, 3, 4, 25_000
_HAND_COUNT, _ALONE_COUNT, _WIKI_COUNT = 100, 50, 10
_LETTERS = re.compile(r"[ء-ي]+")
#: First words that leave a name without its beginning.
_TAILS = frozenset(normalize_text("بن ابن بنت ولد آل أم أبو عبد بو", "search").split())
#: Halves of given names of two words: عبد الله, ضياء الدين.
_HALVES = frozenset(normalize_text("عبد الدين الله الإسلام الزهراء الهدى الحق", "search").split())
#: علي is also على (on) once it is folded: a word after it that is no name makes no name.
_ALI = normalize_text("علي", "search")


class Stops(NamedTuple):
    """Folded words that a person's name never has (`heads`), and that are no name alone (`words`, pairs too)."""

    heads: frozenset[str]
    words: frozenset[str]


class _Persons:
    """Whole names with their counts, and how often words are given names and surnames."""

    def __init__(self) -> None:
        self.full: dict[str, tuple[str, int]] = {}
        self.given: Counter[str] = Counter()
        self.surname: Counter[str] = Counter()

    def add(self, name: str, count: int, weight: int) -> None:
        words = normalize_text(name, "search").split()
        self.full.setdefault(dedup_text(name), (name, count))
        self.surname[words[-1]] += weight
        if len(words) > 1:
            self.given[words[0]] += weight


def read_persons(names: zipfile.ZipFile, wiki: zipfile.ZipFile, stops: Stops) -> str:
    """Return the table: single given names and surnames, then whole names, those most likely to be met."""
    people = _Persons()
    for line in lines_of("persons.txt"):
        for name in line.split(" | "):
            people.add(name, _HAND_COUNT if " " in name else _ALONE_COUNT, _LEAST)
    labels = json.loads(wiki.read("ArWikiCats/jsons/people/peoples.json"))
    for _, label in sorted(labels.items()):
        words = normalize_text(label, "search").split()
        if _is_whole(words, stops.heads) and not stops.words.issuperset(words):
            people.add(label.strip(), _WIKI_COUNT, 1)
    _add_wikidata(people, names, stops)
    rows = [
        (word, role, count)
        for role, counts in (("given", people.given), ("surname", people.surname))
        for word, count in sorted(counts.items())
        if count >= _LEAST and len(word) >= _SHORTEST and _LETTERS.fullmatch(word) and word not in stops.words
    ]
    rows += [(name, "full", count) for _, (name, count) in sorted(people.full.items())]
    return table(("name", "role", "count"), rows)


def _add_wikidata(people: _Persons, names: zipfile.ZipFile, stops: Stops) -> None:
    """Add the names of people of Arab states until there are `_MOST_FULL` whole names.

    First come those with more than one Latin spelling (people whom more has been written about), then the shorter
    ones with the more frequent surname.
    """
    rest: Counter[str] = Counter()
    with tempfile.NamedTemporaryFile(suffix=".sqlite3") as file:
        file.write(names.read("arabic_name_romanizer/resources/names.sqlite3"))
        file.flush()
        with sqlite3.connect(file.name) as database:
            units = "select arabic_key, role, country, count from units where role in ('given', 'surname')"
            for key, role, country, count in database.execute(units):
                if country not in _NOT_ARAB:
                    counts = people.given if role == "given" else people.surname
                    counts[normalize_text(key, "search")] += count
            for key, country in database.execute("select arabic_key, country from full_names"):
                if country not in _NOT_ARAB:
                    rest[normalize_text(key, "search")] += 1
    known = {
        word for word in (*people.given, *people.surname) if people.given[word] + people.surname[word] > 2
    }
    whole = []
    for name, count in rest.items():
        words = name.split()
        if (
            _is_whole(words, stops.heads)
            and len(words) <= _MOST_WORDS
            and name not in stops.words
            and not (len(words) == 2 and stops.words.issuperset(words))
            and not (words[0] == _ALI and words[1] in stops.words)
            and (count > 1 or sum(word in known for word in words) > 1)
            and dedup_text(name) not in people.full
        ):
            whole.append((-count, len(words), -people.surname[words[-1]], name))
    for count, _, _, name in sorted(whole)[: _MOST_FULL - len(people.full)]:
        people.full[dedup_text(name)] = (name, min(-count, _WIKI_COUNT - 1))


def _is_whole(words: list[str], heads: frozenset[str]) -> bool:
    """Whether words are a person's name from its beginning, and no name of what is called after a person."""
    return (
        len(words) > 1
        and words[0] not in _TAILS
        and not (len(words) == 2 and _HALVES.intersection(words))
        and all(map(_LETTERS.fullmatch, words))
        and not heads.intersection(words)
    )
