"""The tokens of articles: what every tagger looks at, with the way back to the original text.

A token is a run of letters and digits of the `search` text, or one sign (a punctuation mark). The tokens of
several texts lie in arrays, so that no tagger has a loop over tokens; spans go back to code points of the
originals one by one, since few of them become tags.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.norm_table import WORDS
from transforms.core.normalize import FoldedText, fold, normalize_texts
from transforms.core.profiles import SEARCH, code_points
from transforms.core.tokens import HashedUnits, hash_units

__all__ = ["LETTERS", "NUMBER", "SIGN", "Words", "read_words"]

#: Kinds of tokens.
LETTERS, NUMBER, SIGN = 0, 1, 2
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_UNKNOWN = "\ufffd"
_NEWLINE = 0x0A
_LONGEST_SENTENCE = 128
_FULL_STOPS = (0x2E, 0x21, 0x3F)  # . ! ? (the Arabic question mark is folded to it)


class Words(NamedTuple):
    r"""The tokens of several texts, in the order of the texts.

    `texts` are the originals, `folded` their `search` texts (characters beyond the BMP are U+FFFD, so that code
    points are code units), `joined` is `"\n".join(folded)` and `units` its code units. Token i is
    `joined[starts[i]:ends[i]]`; `hashes[i]` is the hash that `transforms.core.tokens` gives the word, `kinds[i]` is
    `LETTERS`, `NUMBER` or `SIGN`, `breaks[i]` tells that a line begins with it. The tokens of text n are those from
    `borders[n]` to `borders[n + 1]`, and its first code unit is `firsts[n]`.
    """

    texts: tuple[str, ...]
    folded: list[str]
    joined: str
    units: NDArray[np.uint16]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    breaks: NDArray[np.bool_]
    borders: NDArray[np.int64]
    firsts: NDArray[np.int64]
    hashed: HashedUnits
    ways: dict[int, FoldedText]

    def hash_spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the hash that each span of code units of `joined` would have as a word."""
        return self.hashed.hash_spans(starts, ends)

    def forms(self) -> list[str]:
        """Return the folded form of each token."""
        joined = self.joined
        return [
            joined[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        ]

    def sentence_ends(self) -> NDArray[np.bool_]:
        """Tell of each token whether a sentence ends with it: a full stop, the end of a line or of the text.

        A sentence of more than 128 tokens is cut at the last sign that leaves it at least half as long, else at 128:
        newspapers write whole articles between two full stops, and what stands far apart tells nothing of a name.
        """
        stops: NDArray[np.bool_] = (self.kinds == SIGN) & np.isin(self.units[self.starts], _FULL_STOPS)
        stops[:-1] |= self.breaks[1:]
        stops[self.borders[1:][self.borders[1:] > 0] - 1] = True
        ends = np.flatnonzero(stops)
        starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
        long = ends - starts >= _LONGEST_SENTENCE
        for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
            signs = np.flatnonzero(self.kinds[start:end] == SIGN) + start
            while end - start >= _LONGEST_SENTENCE:
                place = int(np.searchsorted(signs, start + _LONGEST_SENTENCE)) - 1
                at = int(signs[place]) if place >= 0 else -1
                cut = at if at >= start + _LONGEST_SENTENCE // 2 else start + _LONGEST_SENTENCE - 1
                stops[cut] = True
                start = cut + 1
        return stops

    def span(self, number: int, start: int, end: int) -> tuple[int, int]:
        """Return the code points of `texts[number]` that made the code units start to end of `joined`.

        The marks on the last letter belong to the span.
        """
        way = self.ways.get(number)
        text = self.texts[number]
        if way is None:
            way = self.ways[number] = fold(text, SEARCH)
        first = int(self.firsts[number])
        last = int(way.offsets[end - 1 - first]) + 1
        # All up to the next letter belongs to the last one (marks, the rest of a reference or of damaged
        # bytes), but for blanks and invisible characters.
        stop = int(way.offsets[end - first]) if end - first < way.offsets.size else len(text)
        while stop > last and not _belongs(text[stop - 1]):
            stop -= 1
        return int(way.offsets[start - first]), max(stop, last)


def _belongs(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc")


@functools.cache
def _classes() -> NDArray[np.uint8]:
    """Return for each code unit: 0 white space, 1 letter, 2 digit, 3 sign."""
    classes = np.full(0x10000, 3, np.uint8)
    for code in code_points(WORDS):
        if code < 0x10000:
            classes[code] = 2 if chr(code).isdigit() else 1
    classes[: 0x20 + 1] = 0
    return classes


def read_words(texts: Sequence[str]) -> Words:
    """Return the tokens of texts. Never raises on a text."""
    folded = [
        _BEYOND_BMP.sub(_UNKNOWN, text) if not text.isascii() and max(text) > "\uffff" else text
        for text in normalize_texts(texts, SEARCH)
    ]
    joined = "\n".join(folded)
    units = np.frombuffer(joined.encode("utf-16-le", "surrogatepass"), np.uint16)
    classes = _classes().take(units)
    inside = (classes == 1) | (classes == 2)
    begins = classes != 0
    begins[1:] &= ~(inside[1:] & inside[:-1])
    starts = np.flatnonzero(begins)
    finish = classes != 0
    finish[:-1] &= ~(inside[:-1] & inside[1:])
    ends = np.flatnonzero(finish) + 1
    kinds = (np.maximum(classes.take(starts), 1) - 1).astype(np.uint8)
    hashed = hash_units(units)
    lines = np.cumsum(units == _NEWLINE)
    breaks = np.ones(starts.size, bool)
    if starts.size:
        breaks[1:] = lines[starts[1:]] != lines[starts[:-1]]
    lengths = np.fromiter(map(len, folded), np.int64, len(folded)) + 1
    firsts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if folded else lengths
    borders = np.searchsorted(starts, np.append(firsts, len(joined) + 1))
    return Words(
        tuple(texts),
        folded,
        joined,
        units,
        starts,
        ends,
        hashed.hash_spans(starts, ends),
        kinds,
        breaks,
        borders,
        firsts,
        hashed,
        {},
    )
