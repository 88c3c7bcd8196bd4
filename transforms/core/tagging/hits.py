"""Gazetteer hits as the model sees them: a code for each token."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.gazetteer import SURENESS, Entry
from transforms.core.tagging.matching import Matches, leftmost_longest

__all__ = ["HIT_CODES", "hit_class", "hit_codes"]

#: What a name may be, the most telling first: its kind, and how sure the name alone makes it.
_CLASSES = (
    "place",
    "organisation",
    "person",
    "organisation?",
    "place?",
    "organisation??",
    "place??",
    "other",
)
_NUMBERS = {name: number for number, name in enumerate(_CLASSES)}
#: Codes: 0 for no hit; for class c, 1 + 3c is the first token of a hit, 2 + 3c a later one, 3 + 3c a hit of one token.
HIT_CODES = 1 + 3 * len(_CLASSES)


def hit_class(meanings: Sequence[Entry]) -> int:
    """Return the number of the class of a name: that of its most telling meaning."""
    return min(_NUMBERS.get(entry.kind + SURENESS[entry.rule], len(_CLASSES) - 1) for entry in meanings)


def hit_codes(matches: Matches, classes: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return the code of each of `size` tokens; `classes` gives the class of each phrase. Of overlapping hits the longest goes."""
    codes = np.zeros(size, np.uint8)
    hits = leftmost_longest(matches)
    if not hits.phrases.size:
        return codes
    lengths = hits.lasts - hits.firsts
    base = 3 * classes[hits.phrases] + 1
    inside = np.repeat(hits.firsts, lengths) + (
        np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    )
    codes[inside] = np.repeat(base + 1, lengths)
    codes[hits.firsts] = base + np.where(lengths == 1, 2, 0)
    return codes
