"""The words of a text with a 64-bit hash each, from the same array that folding makes.

A word's hash is a polynomial over its folded UTF-16 code units, finished by xor-shift-multiply (the
finaliser of splitmix64, Steele, Lea, Flood 2014). The code units are spread by a table from blake2b, so
the hash depends on neither Python nor numpy and is the same for ever: a golden test pins it.
"""

import functools
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.normalize import normalize_text, normalize_texts
from transforms.core.profiles import BLANK, DEDUP, Profile

__all__ = [
    "HashedUnits",
    "TextWords",
    "Tokens",
    "finish",
    "hash_units",
    "tokenize",
    "tokenize_texts",
    "words_of_texts",
]

_KEY = b"warraq token hash 1"
_BASE = 0x9E3779B97F4A7C15  # odd, hence invertible modulo 2**64
_INVERSE = pow(_BASE, -1, 1 << 64)
#: Powers kept ready; a longer text computes its own.
_READY = 1 << 18


class Tokens(NamedTuple):
    """The words of a folded text: `text[starts[i]:ends[i]]` is word i, `hashes[i]` its 64-bit hash."""

    text: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]


@functools.cache
def _mix() -> NDArray[np.uint64]:
    """Return 65,536 fixed random values, one per code unit."""
    blocks = (hashlib.blake2b(block.to_bytes(4, "big"), key=_KEY).digest() for block in range(0x10000 // 8))
    return np.frombuffer(b"".join(blocks), "<u8").astype(np.uint64)


@functools.cache
def _ready_powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    return _count_powers(_READY)


def _count_powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return base**i and base**-i modulo 2**64 for i below `size`."""
    rising = np.full(size, _BASE, np.uint64)
    falling = np.full(size, _INVERSE, np.uint64)
    rising[:1] = falling[:1] = 1
    return np.cumprod(rising, dtype=np.uint64), np.cumprod(falling, dtype=np.uint64)


class HashedUnits(NamedTuple):
    """Running sums over an array of code units, of which the hash of any span of it is made."""

    sums: NDArray[np.uint64]
    inverses: NDArray[np.uint64]

    def hash_spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the hash that each span of code units would have as a word."""
        if not starts.size:
            return self.sums[:0]
        return finish((self.sums[ends] - self.sums[starts]) * self.inverses[starts])


def hash_units(units: NDArray[np.uint16]) -> HashedUnits:
    """Return what hashes of spans of code units are made of."""
    powers, inverses = _ready_powers() if units.size <= _READY else _count_powers(units.size)
    sums = np.empty(units.size + 1, np.uint64)
    sums[0] = 0
    np.cumsum(_mix().take(units) * powers[: units.size], out=sums[1:])
    return HashedUnits(sums, inverses)


class TextWords(NamedTuple):
    """The words of several texts at once, as places in the array of their folded code units.

    Word i is `units[starts[i]:ends[i]]` and has the hash `hashes[i]`; the words of text n are those from
    `borders[n]` to `borders[n + 1]`. `hashed` gives the hash of any span.
    """

    folded: list[str]
    units: NDArray[np.uint16]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    borders: NDArray[np.int64]
    firsts: NDArray[np.int64]
    hashed: HashedUnits

    def hash_spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Return the hash that each span of code units would have as a word."""
        return self.hashed.hash_spans(starts, ends)


def tokenize(text: str, profile: Profile = DEDUP) -> Tokens:
    """Return the words of any text, folded by `profile` (a `dedup` profile). Never raises."""
    words = _words([normalize_text(text, profile)])
    return Tokens(words.folded[0], words.starts, words.ends, words.hashes)


def tokenize_texts(texts: Sequence[str], profile: Profile = DEDUP) -> list[Tokens]:
    """Return `[tokenize(text, profile) for text in texts]`, all at once."""
    words = words_of_texts(texts, profile)
    borders = words.borders.tolist()
    return [
        Tokens(text, words.starts[low:high] - first, words.ends[low:high] - first, words.hashes[low:high])
        for text, first, low, high in zip(
            words.folded, words.firsts.tolist(), borders[:-1], borders[1:], strict=True
        )
    ]


def words_of_texts(texts: Sequence[str], profile: Profile = DEDUP) -> TextWords:
    """Return the words of texts, folded by `profile`, in arrays over all of them. Never raises."""
    return _words(normalize_texts(texts, profile))


def _words(folded: list[str]) -> TextWords:
    """Return the words of `dedup` texts (no character of them is beyond the BMP)."""
    joined = " ".join(folded)
    units = np.frombuffer(joined.encode("utf-16-le"), np.uint16)
    blanks = np.flatnonzero(units == BLANK)
    starts = np.concatenate(([0], blanks + 1))
    ends = np.concatenate((blanks, [units.size]))
    if not joined or starts[-1] == units.size or joined[0] == " " or (np.diff(blanks) == 1).any():
        words = ends > starts
        starts, ends = starts[words], ends[words]
    hashed = hash_units(units)
    hashes = hashed.hash_spans(starts, ends)
    lengths = np.fromiter(map(len, folded), np.int64, len(folded)) + 1
    firsts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if folded else lengths
    borders = np.searchsorted(starts, np.append(firsts, len(joined) + 1))
    return TextWords(folded, units, starts, ends, hashes, borders, firsts, hashed)


def finish(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread each hash over all 64 bits (splitmix64's finaliser), since bands and buckets use some of them."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(31))
