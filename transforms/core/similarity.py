"""How like two texts are, exactly: MinHash only proposes, these sets decide."""

import numpy as np
from numpy.typing import NDArray

from schemas.comparing import Comparison, Fingerprint
from transforms.core.cluster import DedupRules

__all__ = ["GUARD_WORDS", "compare", "relation_of"]

#: Repeated stems, absent from the other text, that both sides must have for the guard to keep two texts apart.
GUARD_WORDS = 2
_SAMPLE = 3


def _array(data: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(data, "<u4")


def compare(own: Fingerprint, other: Fingerprint, rules: DedupRules) -> Comparison | None:
    """Return how like two texts are, None where nothing relates them. Both must have shingles.

    The guard is asked where the similarity reaches the threshold, so its counts are 0 below.
    """
    mine, theirs = len(own.shingles) // 4, len(other.shingles) // 4
    smaller = min(mine, theirs)
    both = np.frombuffer(own.shingles + other.shingles, "<u4").copy()
    both.sort()
    twice = both[1:] == both[:-1]
    shared = int(np.count_nonzero(twice))
    jaccard, containment = shared / (mine + theirs - shared), shared / smaller
    if jaccard < rules.similar and jaccard < rules.threshold and containment < rules.containment:
        return None
    own_words = other_words = 0
    blocked = False
    if jaccard >= rules.threshold:
        own_words, other_words = _repeated_alone(own, other), _repeated_alone(other, own)
        blocked = rules.guard and own_words >= GUARD_WORDS and other_words >= GUARD_WORDS
        blocked = blocked or (rules.guard_numbers and own.numbers != other.numbers)
    sample = tuple(both[1:][twice][:_SAMPLE].tolist())  # those of the lowest hashes, the same for ever
    return Comparison(jaccard, containment, shared, mine, theirs, own_words, other_words, blocked, sample)


def _repeated_alone(text: Fingerprint, other: Fingerprint) -> int:
    """Return how many stems are repeated in a text and absent from the other."""
    own, theirs = _array(text.stems), _array(other.stems)
    repeated = own[(own & 1) == 1] >> 1
    absent = theirs >> 1
    if not absent.size:
        return int(repeated.size)
    places = np.minimum(np.searchsorted(absent, repeated), absent.size - 1)
    return int(np.count_nonzero(absent[places] != repeated))


def relation_of(comparison: Comparison, rules: DedupRules) -> str:
    """Return `near` (a duplicate), or the relation that drops nothing: `similar`, `contains`, `contained_in`.

    `contains` says that the first of the two compared is the longer one.
    """
    if comparison.jaccard >= rules.threshold:
        return "similar" if comparison.blocked else "near"
    if comparison.containment >= rules.containment:
        return "contains" if comparison.own >= comparison.other else "contained_in"
    return "similar"
