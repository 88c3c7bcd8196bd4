"""MinHash bands: keys that two texts share the more likely the more shingles they share.

Each of `rows` x `bands` minima is taken over a permutation of the 32-bit shingle hashes (xor and an odd factor
modulo 2**32, from blake2b), after Broder 1997; the rows of one band make its 64-bit key. Two sets of similarity J
share a band's key with probability J**rows (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). Nothing
depends on Python's or numpy's hashes; a golden test pins the keys.
"""

import functools
import hashlib
import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from transforms.core.tokens import finish

__all__ = ["HASH_VERSION", "band_keys"]

#: Names the family of permutations; an index made with another is refused.
HASH_VERSION = "warraq-minhash/1"
#: Shingles that are permuted at once, and permuted shingles: few calls of numpy, and what they touch stays in the cache.
_RUN, _AT_ONCE = 1 << 13, 1 << 16


@functools.cache
def _constants(rows: int, bands: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Return (masks and odd factors of all permutations), (factors of the rows and a start of each band)."""

    def words(purpose: str, count: int) -> NDArray[np.uint64]:
        blocks = (
            hashlib.blake2b(f"{HASH_VERSION} {purpose} {seed} {number}".encode(), digest_size=8).digest()
            for number in range(count)
        )
        return np.frombuffer(b"".join(blocks), "<u8").astype(np.uint64)

    drawn = words("permutation", rows * bands)
    masks = (drawn >> np.uint64(32)).astype(np.uint32)
    factors = drawn.astype(np.uint32) | np.uint32(1)
    mixers = np.concatenate((words("row", rows) | np.uint64(1), words("band", bands)))
    return np.stack((masks, factors)), mixers


def band_keys(
    shingles: NDArray[np.uint32], borders: NDArray[np.int64], rows: int, bands: int, seed: int
) -> NDArray[np.uint64]:
    """Return the band keys of several sets, one row of `bands` keys per set.

    Set n is `shingles[borders[n]:borders[n + 1]]` and must not be empty.
    """
    (masks, factors), mixers = _constants(rows, bands, seed)
    least = np.empty((rows * bands, borders.size - 1), np.uint32)
    for first, end in _runs(borders):
        low, high = borders[first], borders[end]
        own, begins = shingles[low:high], borders[first:end] - low
        step = max(1, _AT_ONCE // own.size)
        for number in range(0, rows * bands, step):
            some = slice(number, number + step)
            mixed = own ^ masks[some, None]
            mixed *= factors[some, None]
            least[some, first:end] = np.minimum.reduceat(mixed, begins, axis=1)
    mixed_rows = least.reshape(bands, rows, -1) * mixers[:rows, None]
    keys = finish(mixers[rows:, None] + mixed_rows.sum(axis=1, dtype=np.uint64))
    return np.ascontiguousarray(keys.T)


def _runs(borders: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Return (first, end) of neighbouring sets that together have about `_RUN` shingles."""
    starts = borders[:-1]
    if 0 < borders[-1] <= _RUN:
        return iter([(0, starts.size)])
    cuts = np.searchsorted(starts, np.arange(0, borders[-1], _RUN))
    return itertools.pairwise(np.unique(np.append(cuts, starts.size)).tolist())
