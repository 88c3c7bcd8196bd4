"""What is known about names before any training: gazetteers, name lists, heads and titles, word clusters."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from transforms.core.normalize import normalize_texts
from transforms.core.tagging.chain import words_of
from transforms.core.tagging.gazetteer import SURENESS, Entry, Gazetteer, NameIndex, parse_gazetteer
from transforms.core.tagging.hits import hit_class
from transforms.core.tagging.matching import fold_phrases, with_clitics
from transforms.core.tagging.word_features import WordFlags, WordLexicon

__all__ = ["TABLES", "EntityLexicon", "make_entity_lexicon"]

#: The word lists (without `.tsv`) that `make_entity_lexicon` wants.
TABLES = ("places", "ambiguous_places", "organisations", "persons", "demonyms", "triggers")
#: Gazetteers by the name in the configuration.
GAZETTEERS = ("places", "organisations")


@dataclasses.dataclass(frozen=True, eq=False)
class EntityLexicon:
    """All lists together.

    `index` holds places, organisations and well-known persons, `hit_classes` the class of each name (`hits`),
    `sayable` whether a name can be a tag without the model;
    `triggers` maps a class (`org_head` ...) to folded
    words and phrases, `spread` to the same with all clitics before them; `demonyms` a folded adjective to its country (ISO 3166-1 alpha-2); `ambiguous` a folded
    name to the codes of what it may mean; `words` is what the features of a word type see.
    """

    index: NameIndex
    hit_classes: NDArray[np.uint8]
    sayable: NDArray[np.bool_]
    triggers: Mapping[str, frozenset[str]]
    spread: Mapping[str, frozenset[str]]
    demonyms: Mapping[str, str]
    ambiguous: Mapping[str, tuple[str, ...]]
    words: WordLexicon


def _rows(table: str) -> list[list[str]]:
    return [line.split("\t") for line in table.removesuffix("\n").split("\n")[1:]]


def _by_folded(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return the second cell of each row by its folded first cell."""
    listed = list(rows)
    folded = normalize_texts([row[0] for row in listed], "search")
    return {name: row[1] for name, row in zip(folded, listed, strict=True)}


def make_entity_lexicon(
    tables: Mapping[str, str],
    clusters: Mapping[str, NDArray[np.generic]],
    used: Sequence[str] = ("places", "organisations", "persons"),
) -> EntityLexicon:
    """Return the lexicon of the shipped tables (text of `TABLES`) and the arrays `words`, `fine`, `coarse` of clusters.

    `used` names the gazetteers that are searched for; the flags of words, which the model was trained with, come from all. Raises ValueError for a faulty table.
    """
    gazetteers = [parse_gazetteer(name, tables[name]) for name in GAZETTEERS]
    persons = _rows(tables["persons"])
    triggers: dict[str, set[str]] = {}
    rows = _rows(tables["triggers"])
    for phrase, row in zip(fold_phrases([row[0] for row in rows]), rows, strict=True):
        triggers.setdefault(row[1], set()).add(phrase)
    demonyms = _by_folded(_rows(tables["demonyms"]))
    ambiguous = {
        name: tuple(codes.split("|")) for name, codes in _by_folded(_rows(tables["ambiguous_places"])).items()
    }
    frozen = {name: frozenset(words) for name, words in triggers.items()}
    spread = {name: with_clitics(words) for name, words in triggers.items()}
    known = _known_persons(persons, tables["persons"])
    words = WordLexicon(_flags(gazetteers, known, persons, frozen, demonyms), _clusters(clusters))
    gazetteers.append(known)
    index = NameIndex([gazetteer for gazetteer in gazetteers if gazetteer.name in used])
    classes = np.array([hit_class(index.meanings(number)) for number in range(len(index.names))], np.uint8)
    sayable = [
        any(one.kind != "person" and one.rule != "link" for one in index.meanings(number))
        for number in range(len(index.names))
    ]
    return EntityLexicon(index, classes, np.array(sayable, bool), frozen, spread, demonyms, ambiguous, words)


def _known_persons(rows: Sequence[Sequence[str]], table: str) -> Gazetteer:
    """Return the well-known persons of the list of names as a gazetteer."""
    version = hashlib.sha256(table.encode("utf-8")).hexdigest()[:12]
    provenance = f"gaz:persons@{version}"
    names = tuple(row[0] for row in rows if row[1] == "full")
    entries = tuple(Entry("person", "", "", "", name, "", None, None, 0, "", provenance) for name in names)
    return Gazetteer("persons", version, tuple(fold_phrases(names)), entries)


def _clusters(arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, tuple[int, int]]:
    pairs = zip(arrays["coarse"].tolist(), arrays["fine"].tolist(), strict=True)
    return dict(zip(words_of(arrays["words"]), pairs, strict=True))


def _flags(
    gazetteers: Sequence[Gazetteer],
    known: Gazetteer,
    persons: Sequence[Sequence[str]],
    triggers: Mapping[str, frozenset[str]],
    demonyms: Mapping[str, str],
) -> WordFlags:
    """Return the flags of single words."""
    lists: dict[str, set[str]] = {}
    for gazetteer in gazetteers:
        for phrase, entry in zip(gazetteer.phrases, gazetteer.entries, strict=True):
            if " " in phrase:
                first, *rest = phrase.split(" ")
                lists.setdefault(f"{entry.kind}-first", set()).add(first)
                lists.setdefault(f"{entry.kind}-next", set()).update(rest)
            else:
                lists.setdefault(entry.kind + SURENESS[entry.rule], set()).add(phrase)
    for role in ("given", "surname"):
        lists[f"person-{role}"] = {row[0] for row in persons if row[1] == role}
    lists["person-full"] = set(" ".join(known.phrases).split(" "))
    for kind, phrases in triggers.items():
        lists[kind] = {phrase for phrase in phrases if " " not in phrase}
    lists["demonym"] = set(demonyms)
    return WordFlags(lists)
