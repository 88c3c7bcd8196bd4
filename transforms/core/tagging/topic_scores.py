"""How keywords speak for topics: their hits as scores of texts and codes.

A phrase counts `weight * (1 + log count)` in a part. The title counts thrice; the body is divided by the square
root of its length, so that a long article does not outshout its title. A phrase of a second-level code speaks for
the code above it too, once, unless the table gives it a weight there.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.tagging.topic_features import Chosen
from transforms.core.tagging.topic_keywords import Keyword, Phrases
from transforms.core.tagging.topic_taxonomy import Topic

__all__ = ["Evidence", "KeywordScorer"]

_TITLE_FACTOR = 3.0
#: Words of a body whose hits count as they are.
_BODY_UNIT = 9.0


class Evidence(NamedTuple):
    """What phrases say, once a text, part and code: the text, the number of the phrase, the column of the code, the score."""

    texts: NDArray[np.int64]
    phrases: NDArray[np.int64]
    columns: NDArray[np.int64]
    scores: NDArray[np.float64]


class KeywordScorer:
    """Keywords as scores of codes: `columns` are the top-level codes, then those below, then forms of writing.

    `below[top]` are the columns of the codes below the code of column `top`.
    """

    def __init__(
        self, keywords: Sequence[Keyword], taxonomy: Mapping[str, Topic], tops: Sequence[str]
    ) -> None:
        """Raise ValueError for a keyword whose code is neither of level 1 or 2 of the taxonomy nor a form."""
        codes = {keyword.code for keyword in keywords}
        forms = sorted(code for code in codes if code.startswith("form:"))
        seconds = sorted(codes.difference(tops, forms))
        unknown = [code for code in seconds if code not in taxonomy or taxonomy[code].level != 2]
        if unknown:
            raise ValueError(f"keywords: {', '.join(unknown)} is no code of level 1 or 2 of the taxonomy")
        self.columns = (*tops, *seconds, *forms)
        places = {code: place for place, code in enumerate(self.columns)}
        self.below = [[places[code] for code in seconds if taxonomy[code].parent == top] for top in tops]
        numbers: dict[str, int] = {}
        rows: dict[tuple[int, int], tuple[float, bool]] = {}
        derived: dict[tuple[int, int], tuple[float, bool]] = {}
        for code, phrase, weight, title_only in keywords:
            number = numbers.setdefault(phrase, len(numbers))
            rows[number, places[code]] = weight, title_only
            if code in taxonomy and taxonomy[code].level == 2:
                above = number, places[taxonomy[code].parent]
                derived[above] = max(derived.get(above, (weight, title_only)), (weight, title_only))
        ordered = sorted({**derived, **rows}.items())
        self.phrases = Phrases(list(numbers))
        self._columns = np.array([column for (_, column), _ in ordered], np.int64)
        self._weights = np.array([weight for _, (weight, _) in ordered], np.float64)
        self._title_only = np.array([only for _, (_, only) in ordered], bool)
        self._firsts = np.searchsorted(
            np.array([number for (number, _), _ in ordered], np.int64), np.arange(len(numbers) + 1)
        )

    def find(self, chosen: Chosen, size: int) -> Evidence:
        """Return what speaks for which topic in each of `size` texts."""
        hits = self.phrases.find(chosen)
        texts, in_title = chosen.texts[hits.places], chosen.in_title[hits.places]
        count = len(self.phrases.texts)
        packed, counts = np.unique((texts * count + hits.phrases) * 2 + in_title, return_counts=True)
        in_title = (packed & 1).astype(bool)
        texts, phrases = np.divmod(packed >> 1, count)
        bodies = np.bincount(chosen.texts[~chosen.in_title], minlength=size)
        factors = np.where(in_title, _TITLE_FACTOR, 1 / np.sqrt(np.maximum(bodies / _BODY_UNIT, 1))[texts])
        factors *= 1 + np.log(counts)
        times = self._firsts[phrases + 1] - self._firsts[phrases]
        rows = np.repeat(self._firsts[phrases] - (np.cumsum(times) - times), times) + np.arange(times.sum())
        scores = np.repeat(factors, times) * self._weights[rows]
        scores[self._title_only[rows] & ~np.repeat(in_title, times)] = 0
        return Evidence(np.repeat(texts, times), np.repeat(phrases, times), self._columns[rows], scores)

    def score(self, evidence: Evidence, size: int) -> NDArray[np.float64]:
        """Return the scores of `size` texts, one column a code."""
        width = len(self.columns)
        flat: NDArray[np.float64] = np.bincount(
            evidence.texts * width + evidence.columns, evidence.scores, size * width
        ).astype(np.float64)
        return flat.reshape(size, width)
