"""Keywords of topics: phrases that speak for or against a topic, found by hash in the words of many texts.

A line of the table is code, phrase, weight and scope. A code is that of a topic or `form:` and the name of a form
of writing. A phrase has one to four words; a tilde before a word means: with and without the article. The first
word may carry the clitics waw, feh, beh, lam and kaf. A form that is
written in the table itself is never taken for another one with a clitic.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.normalize import normalize_texts
from transforms.core.profiles import DEDUP
from transforms.core.tagging.topic_features import Chosen, join
from transforms.core.tokens import words_of_texts

__all__ = ["LONGEST", "Hits", "Keyword", "Phrases", "parse_keywords"]

#: Words of the longest phrase.
LONGEST = 4
_ARTICLE, _LAM, _OPTIONAL = "\u0627\u0644", "\u0644", "~"  # ال، ل
#: Clitics before a word without the article, and clitics together with the article: waw, feh, beh, lam, kaf, and
#: waw with each of the last three.
_BEFORE_WORD = (
    "\u0648",
    "\u0641",
    "\u0628",
    "\u0644",
    "\u0643",
    "\u0648\u0628",
    "\u0648\u0644",
    "\u0648\u0643",
)
_BEFORE_ARTICLE = tuple(
    prefix + (_LAM if prefix.endswith(_LAM) else _ARTICLE) for prefix in _BEFORE_WORD
)  # lam and the article are two lams
#: With a clitic, a shorter word is too often another word.
_LEAST_WITH_CLITIC = 3
_TABLE_BITS = 20
_COLUMNS = ["code", "phrase", "weight", "scope"]
_SCOPES = ("any", "title")


class Keyword(NamedTuple):
    """A line of the table; `title_only` is the scope `title`."""

    code: str
    phrase: str
    weight: float
    title_only: bool


class Hits(NamedTuple):
    """Phrases found: number of the phrase, number of its first word in what was searched."""

    phrases: NDArray[np.int64]
    places: NDArray[np.int64]


def parse_keywords(table: str) -> list[Keyword]:
    """Return the lines of a table (UTF-8, tabs, with a header). Raises ValueError with the line's number for a bad one."""
    lines = table.splitlines()
    if not lines or lines[0].split("\t") != _COLUMNS:
        raise ValueError(f"keywords: the first line must be {' '.join(_COLUMNS)}, tabs between")
    return [_parse_line(number, line) for number, line in enumerate(lines[1:], 2)]


def _parse_line(number: int, line: str) -> Keyword:
    cells = line.split("\t")
    if len(cells) != len(_COLUMNS):
        raise ValueError(f"keywords, line {number}: {len(cells)} columns, not {len(_COLUMNS)}")
    code, phrase, weight, scope = cells
    if scope not in _SCOPES:
        raise ValueError(f"keywords, line {number}: scope {scope!r} is none of {', '.join(_SCOPES)}")
    if not 0 < len(phrase.split()) <= LONGEST:
        raise ValueError(f"keywords, line {number}: {phrase!r} has not 1 to {LONGEST} words")
    try:
        return Keyword(code, phrase, float(weight), scope == "title")
    except ValueError as error:
        raise ValueError(f"keywords, line {number}: {weight!r} is no weight") from error


class Phrases:
    """Phrases as 64-bit keys of all their written forms. `texts[n]` is phrase n as it was given."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self.texts = list(phrases)
        plain = [(form, number) for number, phrase in enumerate(phrases) for form in _with_articles(phrase)]
        folded = normalize_texts([form for form, _ in plain], DEDUP)
        written = {
            form: number for form, (_, number) in zip(reversed(folded), reversed(plain), strict=True) if form
        }
        forms: dict[str, int] = {}
        for form, number in written.items():
            for cliticised in _with_clitics(form):
                forms.setdefault(cliticised, number)
        forms.update(written)
        keys, firsts, lengths = _keys_of(list(forms))
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._numbers = np.fromiter(forms.values(), np.int64, len(forms))[order]
        self._known, self._begins = _bits(keys), _bits(firsts[lengths > 1])

    def find(self, chosen: Chosen) -> Hits:
        """Return every phrase in the words, also those inside others, by number of words, then by place."""
        hashes, continued = chosen.hashes, chosen.continued
        found = [self._look_up(np.arange(hashes.size), hashes)]
        places = np.flatnonzero(self._begins.take(_slots(hashes)) & continued)
        keys = hashes[places]
        for length in range(2, LONGEST + 1):
            keys = join(keys, hashes[places + length - 1])
            found.append(self._look_up(places, keys))
            on = continued[places + length - 1]
            places, keys = places[on], keys[on]
        return Hits(
            np.concatenate([hits.phrases for hits in found]), np.concatenate([hits.places for hits in found])
        )

    def _look_up(self, places: NDArray[np.int64], keys: NDArray[np.uint64]) -> Hits:
        some = np.flatnonzero(self._known.take(_slots(keys)))
        if not some.size:
            return Hits(places[:0], places[:0])
        keys = keys[some]
        at = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        same = self._keys[at] == keys
        return Hits(self._numbers[at[same]], places[some[same]])


def _with_articles(phrase: str) -> list[str]:
    """Return a phrase with and without the article where tildes stand."""
    if _OPTIONAL not in phrase:
        return [phrase]
    return [phrase.replace(_OPTIONAL, ""), phrase.replace(_OPTIONAL, _ARTICLE)]


def _with_clitics(form: str) -> list[str]:
    """Return a folded phrase with each clitic before it."""
    if len(form.partition(" ")[0]) < _LEAST_WITH_CLITIC:
        return []
    if form.startswith(_ARTICLE):
        bare = form[len(_ARTICLE) :]
        return [prefix + bare for prefix in _BEFORE_ARTICLE]
    return [prefix + form for prefix in _BEFORE_WORD]


def _keys_of(forms: list[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]:
    """Return the key, the hash of the first word and the number of words of each folded phrase."""
    hashes = words_of_texts([" ".join(forms)]).hashes
    lengths = np.fromiter((form.count(" ") + 1 for form in forms), np.int64, len(forms))
    starts = np.cumsum(lengths) - lengths
    firsts = hashes[starts]
    keys = firsts.copy()
    for length in range(2, LONGEST + 1):
        longer = np.flatnonzero(lengths >= length)
        keys[longer] = join(keys[longer], hashes[starts[longer] + length - 1])
    return keys, firsts, lengths


def _slots(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (keys >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def _bits(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return a table that tells of the upper bits of a key whether it may be one of `keys`."""
    table = np.zeros(1 << _TABLE_BITS, bool)
    table[_slots(keys)] = True
    return table
