"""Phrases found in tokens: one Aho-Corasick automaton for all of them, whole words, Arabic clitics left out.

Aho, Corasick 1975. Phrases are folded like the text. Every phrase that ends with a token is found, and then it is
looked at what stands before it in its first token: nothing, or a clitic.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.words import SIGN, Words, read_words

__all__ = [
    "ARTICLE",
    "LAM",
    "Matches",
    "PhraseMatcher",
    "after_lam",
    "fold_phrases",
    "leftmost_longest",
    "with_clitics",
]

ARTICLE = "\u0627\u0644"  # ال
LAM = "\u0644"  # ل
#: Letters written onto the next word: waw "and", feh "so"; beh "in", lam "to", kaf "as" may follow those two.
_AND = (0x0648, 0x0641)
_PREPOSITIONS = (0x0628, 0x0644, 0x0643)
_LONGEST_CLITIC = 2
#: A phrase that a clitic may stand before has at least so many letters: shorter ones are ends of too many words.
_SHORTEST_AFTER_CLITIC = 4


class Matches(NamedTuple):
    """Places where phrases stand, sorted by start, the longest first.

    Match i is phrase `phrases[i]` (its number), in the tokens `firsts[i]` to `lasts[i]` (exclusive); it begins at the
    code unit `starts[i]` of `Words.joined`, after `clitics[i]` letters of its first token.
    """

    phrases: NDArray[np.int64]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]
    starts: NDArray[np.int64]
    clitics: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Matches":
        """Return the chosen matches."""
        return Matches(*(column[chosen] for column in self))


def after_lam(name: str) -> str:
    """Return what is written after lam for a folded name with the article: without its alef, and of three lams two stay."""
    rest = name[len(ARTICLE) :]
    return rest if rest.startswith(LAM) else LAM + rest


def with_clitics(words: Iterable[str]) -> frozenset[str]:
    """Return folded words and phrases with every clitic, and every two, that may be written onto them, and without."""
    spread: set[str] = set()
    for word in words:
        spread.add(word)
        for first in ("", *map(chr, _AND)):
            spread.add(first + word)
            for second in map(chr, _PREPOSITIONS):
                contracted = second == LAM and word.startswith(ARTICLE)
                spread.add(first + second + (after_lam(word) if contracted else word))
    return frozenset(spread)


def fold_phrases(phrases: Sequence[str]) -> list[str]:
    """Return phrases as the matcher looks for them: folded tokens, one blank apart.

    Raises ValueError for a phrase without a letter or digit.
    """
    words = read_words(phrases)
    forms = words.forms()
    borders = words.borders.tolist()
    named = np.concatenate(([0], np.cumsum(words.kinds != SIGN)))[words.borders]
    folded = [" ".join(forms[start:end]) for start, end in itertools.pairwise(borders)]
    for phrase, letters in zip(phrases, np.diff(named).tolist(), strict=True):
        if not letters:
            raise ValueError(f"{phrase!r} has no word to look for")
    return folded


class PhraseMatcher:
    """Finds many phrases at once. Not picklable: make it where it is used."""

    def __init__(
        self,
        phrases: Sequence[str],
        clitics: Sequence[bool] | None = None,
        *,
        folded: bool = False,
        shortest: Sequence[int] | None = None,
    ) -> None:
        """Take phrases and, for each, whether a clitic may stand before it (all, where None).

        A phrase that one may stand before has at least `shortest` letters (four, where None). `folded` tells that `fold_phrases` made them. Raises ValueError for a phrase without a letter or digit.
        """
        patterns: list[str] = []
        numbers: list[int] = []
        contracted: list[bool] = []
        bound: list[bool] = []
        for number, phrase in enumerate(phrases if folded else fold_phrases(phrases)):
            text = phrase + " "
            least = _SHORTEST_AFTER_CLITIC if shortest is None else shortest[number]
            may_follow = (clitics is None or clitics[number]) and len(phrase) >= least
            patterns.append(text)
            numbers.append(number)
            contracted.append(False)
            bound.append(not may_follow)
            if may_follow and text.startswith(ARTICLE):
                # lam + the article are written as two lams: "to Iraq" is lam lam ayn ...; the name keeps the second.
                patterns.append(after_lam(text))
                numbers.append(number)
                contracted.append(True)
                bound.append(False)
        self._numbers = np.array(numbers, np.int64)
        self._contracted = np.array(contracted, bool)
        self._bound = np.array(bound, bool)
        # The contiguous automaton is built fastest and, at this size, is the fastest too (it stays in the cache).
        self._automaton = (
            ahocorasick_rs.AhoCorasick(
                patterns, store_patterns=False, implementation=ahocorasick_rs.Implementation.ContiguousNFA
            )
            if patterns
            else None
        )

    def find(self, words: Words, forms: Sequence[str] | None = None) -> Matches:
        """Return all places of all phrases, overlapping ones too, but none across a line break.

        `forms` are `words.forms()`, for callers that have them.
        """
        if self._automaton is None or not words.starts.size:
            return _NO_MATCHES
        text = " ".join(words.forms() if forms is None else forms) + " "
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not found:
            return _NO_MATCHES
        table = np.fromiter((item for match in found for item in match), np.int64, 3 * len(found))
        patterns, begins, finishes = table.reshape(-1, 3).T
        # Where tokens stand in `text`: one blank after each.
        places = np.cumsum(words.ends - words.starts + 1)
        firsts = np.searchsorted(places, begins, "right")
        cuts = begins - np.where(firsts > 0, places[firsts - 1], 0)
        stays = self._stands_alone(words, patterns, firsts, cuts)
        patterns, begins, finishes, firsts, cuts = (
            column[stays] for column in (patterns, begins, finishes, firsts, cuts)
        )
        lasts = np.searchsorted(places, finishes, "left") + 1
        breaks = np.cumsum(words.breaks)
        one_line = breaks[lasts - 1] == breaks[firsts]
        order = np.lexsort((-lasts[one_line], begins[one_line]))
        patterns, firsts, lasts, cuts = (
            column[one_line][order] for column in (patterns, firsts, lasts, cuts)
        )
        return Matches(self._numbers[patterns], firsts, lasts, words.starts[firsts] + cuts, cuts)

    def _stands_alone(
        self,
        words: Words,
        patterns: NDArray[np.int64],
        firsts: NDArray[np.int64],
        cuts: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Tell which matches begin a token or follow a clitic in it."""
        contracted = self._contracted[patterns]
        stays: NDArray[np.bool_] = (cuts == 0) & ~contracted
        some = np.flatnonzero((cuts > 0) & (cuts <= _LONGEST_CLITIC) & ~self._bound[patterns])
        first = words.units[words.starts[firsts[some]]]
        last = words.units[words.starts[firsts[some]] + cuts[some] - 1]
        one = cuts[some] == 1
        allowed = np.isin(last, _PREPOSITIONS) & (one | np.isin(first, _AND)) | (one & np.isin(first, _AND))
        # The first lam of lam + article must be there, after nothing or waw/feh.
        stays[some] = np.where(contracted[some], allowed & (last == ord(LAM)), allowed)
        return stays


_NONE = np.zeros(0, np.int64)
_NO_MATCHES = Matches(_NONE, _NONE, _NONE, _NONE, _NONE)


def leftmost_longest(matches: Matches) -> Matches:
    """Return the matches that do not overlap: the one that starts first, then the longest, goes before others."""
    chosen: list[int] = []
    last = -1
    for number, (first, end) in enumerate(zip(matches.firsts.tolist(), matches.lasts.tolist(), strict=True)):
        if first >= last:
            chosen.append(number)
            last = end
    return matches.where(np.array(chosen, np.int64))
