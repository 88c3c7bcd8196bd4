"""Keyphrases: the groups of one to three words that say what an article is about.

Candidates lie between punctuation marks, begin and end with a word of content, have no verb in them, and stand twice
in the text or once in its title. Their weight is

    mentions x rarity x (1 + `_LONGER` for each word after the first) x (`_EARLY` in the title or the lead)

with rarity = log(N / (1 + df)) / log N, where df of N documents of a news corpus have the phrase: 0 for a word that
stands everywhere, 1 for a phrase that the corpus does not know. The score is weight / (weight + `_HALF`), so it
compares phrases of different articles too: .5 is a word that the corpus does not know, mentioned four times, or twice
if once in the title or the lead; .75 is three times that weight. It is no probability.

The scheme is tf-idf with the weights that keyphrase extraction gives to length and first occurrence (Witten and
others 1999: KEA; El-Beltagy, Rafea 2009: KP-Miner).
"""

import bisect
import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.vocabulary import ALONE, BARRIER, END, START, Groups, Vocabulary, join_keys
from transforms.core.tagging.words import LETTERS, NUMBER, SIGN, Words
from transforms.core.tokens import finish

__all__ = ["Candidates", "Keyphrase", "candidates", "count_title_tokens", "find_keyphrases"]

_LONGEST = 3
_LEAST_MENTIONS = 2
#: Factors of the weight, and the weight whose score is .5; see above.
_LONGER, _EARLY, _HALF = 0.5, 2.0, 4.0
#: Tokens after the title that are the lead.
_LEAD = 60
#: A word that newspapers use every day is no keyphrase because it stands twice.
_LEAST_SCORE = 0.2
#: Candidates looked at for each phrase wanted, and mentions compared for their spelling.
_LOOKED_AT, _COMPARED = 5, 5
_TEXT = np.uint64(0x8EBC6AF09C88C6E3)  # odd: parts equal phrases of different texts
_ALEF = "\u0627"  # ا

Indexes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Span = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Keyphrase:
    """One phrase of an article.

    `value` is `text[start:end]` of the original (code points, half-open), without clitics, in the spelling that the
    article uses most; `canonical` is the folded phrase, with an article written as lam restored; `score` is above 0
    and below 1 (see above); `count` counts the mentions, those with clitics too.
    """

    value: str
    canonical: str
    score: float
    start: int
    end: int
    count: int


class Candidates(NamedTuple):
    """Runs of tokens that may be phrases: first token, number of tokens, key (equal for equal phrases).

    `follows` is for every token of the text the hash of the content word that it goes on from, 0 where there is none.
    """

    starts: Indexes
    lengths: Indexes
    keys: NDArray[np.uint64]
    follows: NDArray[np.uint64]


class _Ranked(NamedTuple):
    """The phrases worth a look, by text, best first; the mentions of phrase i are `starts[lows[i]:highs[i]]`, in order."""

    starts: Indexes
    texts: Indexes
    lows: Indexes
    highs: Indexes
    lengths: Indexes
    scores: NDArray[np.float64]


def find_keyphrases(
    words: Words, vocabulary: Vocabulary, titles: Indexes, most: int = 10
) -> list[list[Keyphrase]]:
    """Return the keyphrases of each text, best first, `most` at most.

    `titles` has the number of tokens at the beginning of each text that are its title (0 where it has none; see
    `count_title_tokens`). Spans of the phrases of a text do not overlap. What a text gives does not depend on the
    others. Never raises on a text.
    """
    groups = vocabulary.groups(words)
    ranked = _rank(words, vocabulary, groups, titles)
    borders = np.searchsorted(ranked.texts, np.arange(len(words.texts) + 1)).tolist()
    return [
        _choose(words, groups, ranked, range(low, min(high, low + most * _LOOKED_AT)), number, most)
        for number, (low, high) in enumerate(itertools.pairwise(borders))
    ]


def count_title_tokens(words: Words, body_starts: Sequence[int]) -> Indexes:
    """Return how many tokens of each text stand before the code point where its body starts."""
    borders = words.borders.tolist()
    counts = np.zeros(len(words.texts), np.int64)
    for number, body in enumerate(body_starts):
        if body:
            low = borders[number]

            def place(token: int, number: int = number) -> int:
                return words.span(number, int(words.starts[token]), int(words.ends[token]))[0]

            counts[number] = bisect.bisect_left(range(borders[number + 1]), body, lo=low, key=place) - low
    return counts


def candidates(words: Words, groups: Groups) -> Candidates:
    """Return the runs of one to three tokens that may be phrases, the short ones first, then in order of place."""
    roles, kinds = groups.roles, words.kinds
    lengths = words.ends - groups.bare
    letters = (kinds == LETTERS) & (lengths > 1)
    # A token goes on from the one before it inside a line, a sentence part and a text.
    joint = (kinds != SIGN) & ((roles & BARRIER) == 0) & ~words.breaks
    joint[words.borders[words.borders < joint.size]] = False
    content = letters & ((roles & START) != 0)
    follows = np.zeros(joint.size, np.uint64)
    follows[1:] = np.where(joint[1:] & content[:-1], words.hashes[:-1], 0)
    ends = (letters & ((roles & END) != 0)) | (kinds == NUMBER)
    inner = (roles & (START | END)) != 0
    begins = np.flatnonzero(content)
    alone = begins[((roles[begins] & ALONE) != 0) & (lengths[begins] > 2)]
    found = [(alone, groups.keys[alone])]
    keys = groups.keys[begins]
    for length in range(2, _LONGEST + 1):
        last = begins + length - 1
        goes_on = joint.take(last, mode="clip") & (last < joint.size)
        if length > 2:
            goes_on &= inner[last - 1]
        begins, last = begins[goes_on], last[goes_on]
        keys = join_keys(keys[goes_on], words.hashes[last])
        complete = ends[last]
        found.append((begins[complete], keys[complete]))
    return Candidates(
        np.concatenate([starts for starts, _ in found]),
        np.repeat(np.arange(1, _LONGEST + 1), [starts.size for starts, _ in found]),
        np.concatenate([keys for _, keys in found]),
        follows,
    )


def _rank(words: Words, vocabulary: Vocabulary, groups: Groups, titles: Indexes) -> _Ranked:
    found = candidates(words, groups)
    texts = np.repeat(np.arange(len(words.texts)), np.diff(words.borders))[found.starts]
    keys = finish(found.keys + texts.astype(np.uint64) * _TEXT)
    order = np.argsort(keys, kind="stable")  # mentions of a phrase stay in order
    keys, starts = keys[order], found.starts[order]
    changes = np.ones(keys.size, bool)
    changes[1:] = keys[1:] != keys[:-1]
    firsts = np.flatnonzero(changes)
    counts = np.diff(firsts, append=keys.size)
    after_title = starts[firsts] - (words.borders[:-1] + titles)[texts[order[firsts]]]
    kept = np.flatnonzero((counts >= _LEAST_MENTIONS) | (after_title < 0))
    kept = kept[~_is_cut_short(found, order, starts, firsts[kept], counts[kept])]
    firsts, counts, is_early = firsts[kept], counts[kept], after_title[kept] < _LEAD
    heads = order[firsts]
    lengths, texts = found.lengths[heads], texts[heads]
    frequencies = np.where(
        lengths == 1, groups.frequencies[starts[firsts]], vocabulary.phrase_frequencies(found.keys[heads])
    )
    rarity = 1 - np.log1p(frequencies) / np.log(vocabulary.documents)
    weights = counts * np.maximum(rarity, 0) * (1 + _LONGER * (lengths - 1)) * np.where(is_early, _EARLY, 1)
    scores = np.round(weights / (weights + _HALF), 4)  # what differs by less is equal on every machine
    best = np.lexsort((starts[firsts], -lengths, -scores, texts))
    best = best[scores[best] >= _LEAST_SCORE]
    firsts, counts = firsts[best], counts[best]
    return _Ranked(starts, texts[best], firsts, firsts + counts, lengths[best], scores[best])


def _is_cut_short(
    found: Candidates, order: Indexes, starts: Indexes, firsts: Indexes, counts: Indexes
) -> Flags:
    """Tell which of the longest phrases always go on from the same word: they lack their head (minister of ...)."""
    before = found.follows[starts]
    cut: Flags = (found.lengths[order[firsts]] == _LONGEST) & (before[firsts] != 0)
    for place in np.flatnonzero(cut).tolist():
        first, count = firsts[place], counts[place]
        cut[place] = (before[first : first + count] == before[first]).all()
    return cut


def _choose(
    words: Words, groups: Groups, ranked: _Ranked, places: range, number: int, most: int
) -> list[Keyphrase]:
    """Return the phrases of one text: not one inside a better one, and each with a span of its own."""
    parts: list[tuple[int, ...]] = []
    chosen: list[tuple[list[int], int, float]] = []
    taken: list[Span] = []
    covers: dict[int, Span] = {}
    columns = (column[places.start : places.stop].tolist() for column in ranked[2:])
    for low, high, length, score in zip(*columns, strict=True):
        starts: list[int] = ranked.starts[low:high].tolist()
        part = tuple(groups.keys[starts[0] : starts[0] + length].tolist())
        if any(_is_inside(part, other) for other in parts):
            continue
        own = [start for start in starts if not _is_covered(start, start + length, covers)]
        free = _free(own, length, taken)
        # What stands by itself once at most is a piece of longer phrases.
        if not free or len(own) < min(_LEAST_MENTIONS, len(starts)):
            continue
        covers.update(
            (place, (start, start + length)) for start in starts for place in range(start, start + length)
        )
        parts.append(part)
        chosen.append((starts, length, score))
        # A mention with its article written out, where there is one.
        start = next((start for start in free if not groups.contracted[start]), free[0])
        taken.append((start, start + length))
        if len(chosen) == most:
            break
    # Only now the spelling: which phrases there are must not depend on hamzas and marks.
    return [_spell(words, groups, chosen[place], taken, place, number) for place in range(len(chosen))]


def _free(starts: list[int], length: int, taken: list[Span]) -> list[int]:
    return [start for start in starts if all(start + length <= low or start >= high for low, high in taken)]


def _is_inside(part: tuple[int, ...], other: tuple[int, ...]) -> bool:
    size = len(part)
    return any(other[place : place + size] == part for place in range(len(other) - size + 1))


def _is_covered(start: int, end: int, covers: dict[int, Span]) -> bool:
    """Tell whether a chosen phrase reaches into these tokens from outside, or spans them all."""
    before, after = covers.get(start, (start, start)), covers.get(end - 1, (end, end))
    return before[0] < start or after[1] > end or before[1] >= end


def _spell(
    words: Words,
    groups: Groups,
    chosen: tuple[list[int], int, float],
    taken: list[Span],
    place: int,
    number: int,
) -> Keyphrase:
    """Return the phrase at a place of `taken` in the spelling that most of its mentions have, and take that mention."""
    starts, length, score = chosen
    first = taken[place][0]
    alike = [start for start in starts if groups.contracted[start] == groups.contracted[first]]
    free = _free(alike, length, taken[:place] + taken[place + 1 :])[:_COMPARED]
    spans = [
        words.span(number, int(groups.bare[start]), int(words.ends[start + length - 1])) for start in free
    ]
    text = words.texts[number]
    spellings = [text[start:end] for start, end in spans]
    value = Counter(spellings).most_common(1)[0][0]  # of equals the one that comes first
    best = spellings.index(value)
    taken[place] = (free[best], free[best] + length)
    forms = [words.joined[int(groups.bare[first]) : int(words.ends[first])]]
    forms += [
        words.joined[int(words.starts[token]) : int(words.ends[token])]
        for token in range(first + 1, first + length)
    ]
    canonical = (_ALEF if groups.contracted[first] else "") + " ".join(forms)
    return Keyphrase(value, canonical, score, *spans[best], len(starts))
