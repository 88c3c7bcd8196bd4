"""Light stems of the words of a text, as shorter spans of the same code units: no strings are made.

The stemmer is light10 (Larkey, Ballesteros, Connell 2007: Light stemming for Arabic information retrieval) with the
proclitics in their order: a conjunction (waw, feh), then a preposition with the article (bal, kal, ll), the article, or
a preposition alone (lam, beh, kaf); then each suffix of light10's list once. Two letters stay after an article or a
suffix, three after a single letter. It works on folded text, where teh marbuta is heh and alef maqsura is yeh.
"""

import numpy as np
from numpy.typing import NDArray

from transforms.core.tokens import TextWords

__all__ = ["count_digits", "stem_spans"]

_ALEF, _BEH, _TEH, _FEH, _KAF, _LAM = map(ord, "\u0627\u0628\u062a\u0641\u0643\u0644")  # ا ب ت ف ك ل
_NOON, _HEH, _WAW, _YEH = map(ord, "\u0646\u0647\u0648\u064a")  # ن ه و ي
#: ها ان ات ون ين يه ه ي, in light10's order; teh marbuta is folded into heh.
_SUFFIXES = (
    (_HEH, _ALEF),
    (_ALEF, _NOON),
    (_ALEF, _TEH),
    (_WAW, _NOON),
    (_YEH, _NOON),
    (_YEH, _HEH),
    (_HEH,),
    (_YEH,),
)
_ZERO, _NINE = ord("0"), ord("9")
_LEAST_STEM = 2
_LEAST_AFTER_LETTER = 3

Spans = tuple[NDArray[np.int64], NDArray[np.int64]]


def stem_spans(words: TextWords) -> Spans:
    """Return start and end (code units) of each word's light stem."""
    units, starts, ends = words.units, words.starts, words.ends
    if not starts.size:
        return starts, ends
    first = units[starts]
    starts = starts + (((first == _WAW) | (first == _FEH)) & (ends - starts >= 1 + _LEAST_AFTER_LETTER))
    first, second, third = (units.take(starts + place, mode="clip") for place in range(3))
    length = ends - starts
    lam, with_article = first == _LAM, (first == _BEH) | (first == _KAF)
    one = (lam | with_article) & (length >= 1 + _LEAST_AFTER_LETTER)
    two = (second == _LAM) & ((first == _ALEF) | lam) & (length >= 2 + _LEAST_STEM)
    three = with_article & (second == _ALEF) & (third == _LAM) & (length >= 3 + _LEAST_STEM)
    prefix = np.where(three, 3, np.where(two, 2, one))
    starts = starts + prefix
    return starts, _without_suffixes(units, starts, ends)


def _without_suffixes(
    units: NDArray[np.uint16], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    last = units[ends - 1]
    few = np.flatnonzero((last == _ALEF) | (last == _NOON) | (last == _TEH) | (last == _HEH) | (last == _YEH))
    last, end, start = last[few], ends[few], starts[few]
    before = units[
        end - 2
    ]  # every word has a letter or a blank before its last, or is the first: then it is too short
    for suffix in _SUFFIXES:
        fits = last == suffix[-1]
        if len(suffix) > 1:
            fits &= before == suffix[0]
        cut = np.flatnonzero(fits)
        cut = cut[end[cut] - start[cut] >= len(suffix) + _LEAST_STEM]
        end[cut] -= len(suffix)
        last[cut], before[cut] = units[end[cut] - 1], units[end[cut] - 2]
    result = ends.copy()
    result[few] = end
    return result


def count_digits(words: TextWords) -> NDArray[np.int64]:
    """Return how many digits stand in each word (four in 2015م, three in 8ر27); folding has made them ASCII."""
    digits = np.flatnonzero((words.units >= _ZERO) & (words.units <= _NINE))
    # Digits are few: their places are found among the words, not the words among all places.
    counts = np.zeros(words.starts.size, np.int64)
    np.add.at(counts, np.searchsorted(words.starts, digits, side="right") - 1, 1)
    return counts
