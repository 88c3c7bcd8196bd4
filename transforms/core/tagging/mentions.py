"""Mentions: places in the tokens where something is named; and what the rules that find and mend them look at."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.chain import Labels
from transforms.core.tagging.entity_lexicon import EntityLexicon
from transforms.core.tagging.gazetteer import Entry
from transforms.core.tagging.matching import ARTICLE, LAM, Matches
from transforms.core.tagging.words import LETTERS, Words

__all__ = ["Mention", "NameHit", "Reading", "Spans", "spans_of"]

_AND = "\u0648"  # و
_AND_SO = "\u0648\u0641"  # و ف
_CLITICS = "\u0648\u0641\u0628\u0644\u0643"  # و ف ب ل ك
_SHORTEST = 3


class Spans(NamedTuple):
    """Runs of tokens to which the model gave one type: first token, end, type (`PER` ...), how sure it is."""

    firsts: list[int]
    lasts: list[int]
    types: list[str]
    scores: list[float]


class NameHit(NamedTuple):
    """A name of a gazetteer at a token: the token after it, the letters before it in the first token, its number."""

    last: int
    cut: int
    number: int


class Mention(NamedTuple):
    """Something named in the tokens `first` to `last` (exclusive), after `cut` letters of the first one.

    `meanings` is what the gazetteers know by that name; `source` is the provenance of the mention.
    """

    kind: str
    first: int
    last: int
    cut: int
    score: float
    source: str
    meanings: tuple[Entry, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """One article as the rules see it: the tokens `low` to `high` of a batch.

    `types[i]` is the model's type of token i ("" for none), `hits[i]` the names that begin in token i, the longest
    first. Both reach over the whole batch, as `forms` and `breaks` do.
    """

    words: Words
    forms: Sequence[str]
    breaks: Sequence[bool]
    kinds: Sequence[int]
    types: Sequence[str]
    hits: Mapping[int, Sequence[NameHit]]
    lexicon: EntityLexicon
    low: int
    high: int
    #: Names asked for before: the same ones are asked for again and again.
    names: dict[tuple[int, int, int], str] = dataclasses.field(default_factory=dict)

    def form(self, token: int) -> str:
        """Return the folded form of a token, "" outside the article."""
        return self.forms[token] if self.low <= token < self.high else ""

    def follows(self, token: int) -> bool:
        """Tell whether a token is a word of the same line as the one before it."""
        return self.low < token < self.high and not self.breaks[token] and self.kinds[token] == LETTERS

    def name(self, first: int, last: int, cut: int) -> str:
        """Return the folded name in some tokens; the article that lam hid is restored."""
        key = (first, last, cut)
        name = self.names.get(key)
        if name is None:
            start = self.forms[first]
            rest = start[cut:]
            if cut and start[cut - 1] == LAM and rest[:1] == LAM:
                rest = self.whole(rest)
            name = self.names[key] = " ".join((rest, *self.forms[first + 1 : last]))
        return name

    def whole(self, rest: str) -> str:
        """Return the word of which `rest` (lam and more) is left after lam: with the article, or as it stands, as it is known."""
        options = (ARTICLE + rest[1:], rest, ARTICLE + rest)
        words = self.lexicon.words
        known = next((option for option in options if option in words.flags), "")
        return known or next((option for option in options if words.knows(option)), options[0])

    def is_in(self, token: int, *classes: str) -> bool:
        """Tell whether a token, with or without clitics, is a word of one of the trigger classes."""
        form = self.form(token)
        spread = self.lexicon.spread
        return any(form in spread[name] for name in classes)

    def has_flag(self, word: str, *flags: str) -> bool:
        """Tell whether a word has one of the flags of the lexicon."""
        return self.lexicon.words.flags.has(word, flags)

    def hit(self, first: int, last: int, kind: str) -> tuple[int, tuple[Entry, ...]] | None:
        """Return the letters before it and the meanings of kind `kind` of the name in just these tokens, or None."""
        for hit in self.hits.get(first, ()):
            if hit.last == last:
                meanings = tuple(one for one in self.lexicon.index.meanings(hit.number) if one.kind == kind)
                if meanings:
                    return hit.cut, meanings
        return None


def letters_before(reading: Reading, token: int, *flags: str) -> int:
    """Return how many letters of a token are clitics, if a name with one of `flags` begins in it.

    A form that is known whole has none. Of a form unknown with and without, waw is taken for "and" (few names
    begin with it), beh, lam and kaf only before the article.
    """
    form = reading.forms[token]
    if reading.has_flag(form, *flags) or len(form) <= _SHORTEST:
        return 0
    for cut in (1, 2):
        before, rest = form[:cut], form[cut:]
        if len(rest) < _SHORTEST or before[-1] not in _CLITICS or (cut == 2 and before[0] not in _AND_SO):
            continue
        whole = reading.whole(rest) if before[-1] == LAM and rest[0] == LAM else rest
        if reading.has_flag(whole, *flags):
            return cut
    for cut in (1, 2):
        before, rest = form[:cut], form[cut:]
        if before[-1] not in _CLITICS or (cut == 2 and before[0] not in _AND_SO):
            continue
        if rest.startswith((ARTICLE, LAM + LAM)) or (before[-1] == LAM and rest.startswith(LAM)):
            return cut
    if form[0] == _AND and len(form) > _SHORTEST and not reading.lexicon.words.knows(form):
        return 1
    return 0


def spans_of(labels: Labels, names: Sequence[str], starts: NDArray[np.bool_]) -> Spans:
    """Return the runs of one type in labels (`names` are the labels' names); `starts` tells where sentences start.

    A run begins at B-, where the type changes, and at the start of a sentence.
    """
    types = np.array([name[2:] for name in names])
    inner = np.array([name.startswith("I-") for name in names])
    codes = np.unique(types, return_inverse=True)[1][labels.numbers]
    outside = labels.numbers == 0
    same = np.zeros(outside.size, bool)
    same[1:] = inner[labels.numbers[1:]] & (codes[1:] == codes[:-1]) & ~starts[1:]
    firsts = np.flatnonzero(~outside & ~same)
    ends = np.ones(outside.size, bool)
    ends[:-1] = ~same[1:]
    lasts = np.flatnonzero(~outside & ends) + 1
    if not firsts.size:
        return Spans([], [], [], [])
    scores = np.minimum.reduceat(labels.scores, firsts)
    return Spans(firsts.tolist(), lasts.tolist(), types[labels.numbers[firsts]].tolist(), scores.tolist())


def hits_by_token(matches: Matches) -> dict[int, list[NameHit]]:
    """Return the names that begin in each token, the longest first."""
    hits: dict[int, list[NameHit]] = {}
    for number, first, last, cut in zip(
        matches.phrases.tolist(),
        matches.firsts.tolist(),
        matches.lasts.tolist(),
        matches.clitics.tolist(),
        strict=True,
    ):
        hits.setdefault(first, []).append(NameHit(last, cut, number))
    for some in hits.values():
        if len(some) > 1:
            some.sort(key=lambda hit: (-hit.last, hit.cut))
    return hits
