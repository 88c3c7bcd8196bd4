"""What an article is compared by: the digest of its folded body, its shingles, its stems, its numbers.

A shingle is three words in a row (word-3 shingles, Broder 1997), hashed to 32 bits out of the hashes of its words.
Everything is made in numpy arrays over several texts at once; no shingle is ever a string.
"""

import functools
import hashlib
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.comparing import Fingerprint
from transforms.core.profiles import DEDUP, Profile
from transforms.core.stems import count_digits, stem_spans
from transforms.core.tokens import TextWords, finish, words_of_texts

__all__ = [
    "REPEATED",
    "SHINGLE_VERSION",
    "SHINGLE_WORDS",
    "digest_of",
    "fingerprint_texts",
    "shingle_places",
]

SHINGLE_WORDS = 3
#: Names how shingles and stems are hashed; an index made with another is refused.
SHINGLE_VERSION = "warraq-shingle/1"
#: The lowest bit of a stem's hash says that the stem stands in the text more than once.
REPEATED = 1


def digest_of(folded: str) -> bytes:
    """Return the 128-bit blake2b of a `dedup` text: equal digests are equal words in equal order."""
    return hashlib.blake2b(folded.encode("utf-8"), digest_size=16).digest()


def fingerprint_texts(
    texts: Sequence[str], profile: Profile = DEDUP, min_tokens: int = 0
) -> list[Fingerprint]:
    """Return what each text is compared by. Texts of fewer than `min_tokens` words get no shingles and no stems."""
    words = words_of_texts(texts, profile)
    counts = np.diff(words.borders)
    number = np.repeat(np.arange(len(texts)), counts)
    long = counts >= max(min_tokens, SHINGLE_WORDS)
    shingles = _shingles(words, number, long)
    digits = count_digits(words)
    stems = _stems(words, number, long[number] & (digits == 0))
    numbers = _numbers(words, digits == words.ends - words.starts)
    return [
        Fingerprint(digest_of(folded), tokens, shingled, stemmed, figures)
        for folded, tokens, shingled, stemmed, figures in zip(
            words.folded, counts.tolist(), shingles, stems, numbers, strict=True
        )
    ]


@functools.cache
def _factors() -> NDArray[np.uint64]:
    """Return one odd factor per place of a word in a shingle."""
    drawn = (
        hashlib.blake2b(f"{SHINGLE_VERSION} {place}".encode(), digest_size=8).digest()
        for place in range(SHINGLE_WORDS)
    )
    return np.frombuffer(b"".join(drawn), "<u8").astype(np.uint64) | np.uint64(1)


def _hash_shingles(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the 32-bit hashes (in 64 bits) of every run of three words."""
    last = max(hashes.size - SHINGLE_WORDS + 1, 0)
    mixed = np.zeros(last, np.uint64)
    for place, factor in enumerate(_factors()):
        mixed += hashes[place : place + last] * factor
    return finish(mixed) >> np.uint64(32)


def shingle_places(words: TextWords) -> NDArray[np.uint32]:
    """Return the hash of the shingle that begins at each word of one text, in order, repetitions included."""
    return _hash_shingles(words.hashes).astype(np.uint32)


def _shingles(words: TextWords, number: NDArray[np.int64], long: NDArray[np.bool_]) -> list[bytes]:
    hashes = _hash_shingles(words.hashes)
    own = number[: hashes.size]
    inside = (own == number[SHINGLE_WORDS - 1 :]) & long[own] if hashes.size else np.zeros(0, bool)
    distinct, _, places = _distinct(hashes[inside].astype(np.uint32), own[inside], len(words.folded))
    return _cut(distinct, places)


def _stems(words: TextWords, number: NDArray[np.int64], inside: NDArray[np.bool_]) -> list[bytes]:
    """Return the distinct stems of each text, without words that hold digits; the lowest bit marks repeated ones."""
    starts, ends = stem_spans(words)
    hashes = (words.hash_spans(starts[inside], ends[inside]) >> np.uint64(33)).astype(np.uint32)
    distinct, counts, places = _distinct(hashes, number[inside], len(words.folded))
    return _cut((distinct << np.uint32(1)) | (counts > 1), places)


def _distinct(
    hashes: NDArray[np.uint32], number: NDArray[np.int64], texts: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64], list[int]]:
    """Return the sorted distinct hashes of each text, how often each stands in it, and where each text begins.

    `hashes` are sorted in place. One sort per text is six times as fast as one over all of them.
    """
    every = np.arange(texts + 1)
    for low, high in itertools.pairwise(np.searchsorted(number, every).tolist()):
        hashes[low:high].sort()
    fresh = np.ones(hashes.size, bool)
    fresh[1:] = (hashes[1:] != hashes[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(fresh)
    counts = np.diff(np.append(first, hashes.size))
    return hashes[first], counts, np.searchsorted(number[first], every).tolist()


def _cut(hashes: NDArray[np.uint32], places: list[int]) -> list[bytes]:
    """Return the hashes as bytes, one piece per text."""
    data = hashes.astype("<u4").tobytes()
    return [data[4 * low : 4 * high] for low, high in itertools.pairwise(places)]


def _numbers(words: TextWords, figures: NDArray[np.bool_]) -> list[bytes]:
    """Return eight bytes per text that tell whether two texts hold the same numbers, each as often."""
    sums = np.zeros(words.hashes.size + 1, np.uint64)
    np.cumsum(words.hashes * figures, out=sums[1:])
    data = (sums[words.borders[1:]] - sums[words.borders[:-1]]).astype("<u8").tobytes()
    return [data[place : place + 8] for place in range(0, len(data), 8)]
