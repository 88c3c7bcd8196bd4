"""MinHash bands: keys that two texts share the more likely the more shingles they share.

Each of `rows` x `bands` minima is taken over a permutation of the 32-bit shingle hashes (xor and an odd factor
modulo 2**32, from blake2b), after Broder 1997; the rows of one band make its 64-bit key. Two sets of similarity J
share a band's key with probability J**rows (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). Nothing
depends on Python's or numpy's hashes; a golden test pins the keys.
"""

import functools
import hashlib

import numpy as np
from numpy.typing import NDArray

from transforms.core.tokens import finish

__all__ = ["HASH_VERSION", "band_keys"]

#: Names the family of permutations; an index made with another is refused.
HASH_VERSION = "warraq-minhash/1"


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
    sets = borders.size - 1
    (masks, factors), mixers = _constants(rows, bands, seed)
    keys = np.empty((sets, bands), np.uint64)
    if not sets:
        return keys
    firsts = borders[:-1]
    mixed = np.empty_like(shingles)
    for band in range(bands):
        key = np.full(sets, mixers[rows + band])
        for row in range(rows):
            number = band * rows + row
            np.bitwise_xor(shingles, masks[number], out=mixed)
            np.multiply(mixed, factors[number], out=mixed)
            key += np.minimum.reduceat(mixed, firsts) * mixers[row]
        keys[:, band] = finish(key)
    return keys
