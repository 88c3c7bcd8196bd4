"""What a word type says about names, for the linear-chain model: each feature belongs to one folded word alone.

Because no feature looks at two words, the model's score of a place in a sentence is a sum over the word types
around it, and the sums can be kept in a table (`chain`).
"""

import dataclasses
from collections.abc import Iterable, Mapping

from transforms.core.tagging.matching import ARTICLE, LAM

__all__ = ["LEVELS", "WordLexicon", "stems", "word_features"]

#: How far from the place that is labelled a feature still counts, in tokens: 0, 1 or 2.
LEVELS = (0, 1, 2)
_CLITICS = frozenset("\u0648\u0641\u0628\u0644\u0643")  # و ف ب ل ك
_AND = frozenset("\u0648\u0641")  # و ف
#: A stem has at least so many letters.
_SHORTEST_STEM = 3
_LONGEST_AFFIX = 4
_LENGTHS = 8


class WordFlags:
    """Lists of words, each with a short name; the names of the lists that a word is in are its flags."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self.lists = tuple((name, frozenset(lists[name])) for name in sorted(lists))
        self._unions: dict[tuple[str, ...], frozenset[str]] = {}

    def get(self, word: str) -> list[str]:
        """Return the flags of a folded word, in the order of the lists."""
        return [name for name, words in self.lists if word in words]

    def has(self, word: str, names: tuple[str, ...]) -> bool:
        """Tell whether a word has one of the flags `names`."""
        union = self._unions.get(names)
        if union is None:
            union = frozenset().union(*(words for name, words in self.lists if name in names))
            self._unions[names] = union
        return word in union

    def __contains__(self, word: str) -> bool:
        return any(word in words for _, words in self.lists)


@dataclasses.dataclass(frozen=True)
class WordLexicon:
    """What is known of single words before any training: its flags, and the two clusters of a folded word.

    Flags are short names such as `person-given` or `place`; clusters are those of 128 and of 1,024 classes.
    """

    flags: WordFlags
    clusters: Mapping[str, tuple[int, int]]

    def knows(self, word: str) -> bool:
        """Tell whether the word is in one of the lists."""
        return word in self.clusters or word in self.flags


def stems(word: str, lexicon: WordLexicon) -> list[str]:
    """Return what may be left of a word when clitics go: known words only, the longest first, at most two."""
    found: list[str] = []
    rests = [word]
    if word[0] in _AND:
        rests.append(word[1:])
    for rest in rests:
        if rest is not word and len(rest) >= _SHORTEST_STEM and lexicon.knows(rest):
            found.append(rest)
        if rest[:1] in _CLITICS and len(rest) > _SHORTEST_STEM:
            cut = ARTICLE + rest[2:] if rest.startswith(LAM + LAM) else rest[1:]
            if len(cut) >= _SHORTEST_STEM and cut not in found and lexicon.knows(cut):
                found.append(cut)
    return found[:2]


def _shape(word: str) -> str:
    first = word[0]
    if first.isdigit():
        return "digits" if word.isdigit() else "mixed"
    if "\u0621" <= first <= "\u064a":
        return "arabic"
    if "a" <= first <= "z":
        return "latin"
    return "sign" if len(word) == 1 and not first.isalpha() else "other"


def word_features(word: str, lexicon: WordLexicon) -> list[tuple[str, int]]:
    """Return the features of a folded token, each with its level (see `LEVELS`). The token is not empty."""
    shape = _shape(word)
    features: list[tuple[str, int]] = [(f"shape={shape}", 1)]
    if shape == "digits":
        features.append((f"digits={min(len(word), _LENGTHS)}", 2))
        cluster = lexicon.clusters.get("NUM")
        if cluster:
            features += [(f"c={cluster[0]}", 2), (f"k={cluster[1]}", 2)]
        return features
    features.append((f"w={word}", 2))
    if shape == "sign":
        return features
    features.append((f"n={min(len(word), _LENGTHS)}", 0))
    for size in range(1, min(_LONGEST_AFFIX, len(word) - 1) + 1):
        level = 1 if size in (2, 3) else 0
        features.append((f"p={word[:size]}", level))
        features.append((f"s={word[-size:]}", level))
    base = word
    if word.startswith(ARTICLE) and len(word) > _SHORTEST_STEM + 1:
        base = word[len(ARTICLE) :]
        features.append(("al", 1))
        features.append((f"b={base}", 1))
    for flag in lexicon.flags.get(word):
        features.append((f"f={flag}", 2))
    cluster = lexicon.clusters.get(word)
    if cluster:
        features += [(f"c={cluster[0]}", 2), (f"k={cluster[1]}", 2)]
    else:
        features.append(("unknown", 1))
    for stem in stems(word, lexicon):
        features.append((f"t={stem}", 2))
        for flag in lexicon.flags.get(stem):
            features.append((f"g={flag}", 2))
        cluster = lexicon.clusters.get(stem)
        if cluster:
            features += [(f"d={cluster[0]}", 1), (f"e={cluster[1]}", 1)]
    return features
