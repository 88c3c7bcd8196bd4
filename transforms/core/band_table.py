"""BandTable: which articles share a band, for millions of them in little memory.

Nine bands in ten belong to one article only. Those stand in sorted arrays, 12 bytes a band, and are found by bisection;
what came lately stands in a dictionary until it is worth merging; articles that share a band stand in a list by rank. A
dictionary of everything would take ten times the memory.
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from transforms.core.buckets import ENTRY_BYTES, id_in

__all__ = ["BandTable"]

#: What came lately is merged when it is more than this many bands, and more than this share of all.
_LATELY, _LATELY_SHARE = 1 << 16, 1 / 16
#: Articles that are loaded at once.
_LOAD = 1 << 16


class BandTable:
    """Buckets by band key (64 bits): the entries (`transforms.core.buckets`) of the articles that have the band, by rank."""

    def __init__(self) -> None:
        #: Bands of one article: keys, rising, and the places of their entries.
        self._keys: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._places: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._entries: NDArray[np.uint8] = np.zeros((0, ENTRY_BYTES), np.uint8)
        #: The same of articles that came lately.
        self._lately: dict[int, bytes] = {}
        #: Bands of several. Their keys may stand in the arrays, too, where they mean nothing any more.
        self._shared: dict[int, list[bytes]] = {}

    def enter(self, entry: bytes, keys: Sequence[int]) -> list[tuple[list[bytes], int]]:
        """Put an article into its buckets; return those that hold others, with its place in each. Do not change them."""
        met: list[tuple[list[bytes], int]] = []
        if len(self._lately) > max(_LATELY, self._keys.size * _LATELY_SHARE):
            self._merge()
        for key, known in zip(keys, self._known(keys), strict=True):
            bucket = self._shared.get(key)
            if bucket is None:
                other = known or self._lately.pop(key, None)
                if other is None:
                    self._lately[key] = entry
                    continue
                bucket = self._shared[key] = [other]
            place = bisect_left(bucket, entry)
            bucket.insert(place, entry)
            met.append((bucket, place))
        return met

    def _known(self, keys: Sequence[int]) -> list[bytes | None]:
        """Return for each key the entry in the arrays, None where there is none."""
        known: list[bytes | None] = [None] * len(keys)
        wanted = np.array(keys, np.uint64)
        found, stands = _find(self._keys, wanted)
        for number in np.flatnonzero(stands).tolist():
            known[number] = self._entries[self._places[found[number]]].tobytes()
        return known

    def load(self, entries: Sequence[bytes], keys: Sequence[Sequence[int]]) -> None:
        """Put many articles into their buckets (`keys[n]` are those of `entries[n]`)."""
        for first in range(0, len(entries), _LOAD):
            self._merge()
            some = slice(first, first + _LOAD)
            self._load(entries[some], keys[some])

    def _load(self, entries: Sequence[bytes], keys: Sequence[Sequence[int]]) -> None:
        numbers = np.repeat(np.arange(len(entries), dtype=np.uint32), [len(some) for some in keys])
        flat = np.fromiter((key for some in keys for key in some), np.uint64, numbers.size)
        order = np.argsort(flat, kind="stable")
        flat, numbers = flat[order], numbers[order]
        alone = np.ones(flat.size, bool)
        same = flat[1:] == flat[:-1]
        alone[1:] &= ~same
        alone[:-1] &= ~same
        alone &= ~_find(self._keys, flat)[1]
        alone &= ~_find(np.sort(np.fromiter(self._shared, np.uint64, len(self._shared))), flat)[1]
        self._insert(flat[alone], numbers[alone], entries)
        others = flat[~alone].tolist()
        grown: dict[int, list[bytes]] = {}
        for key, known, number in zip(others, self._known(others), numbers[~alone].tolist(), strict=True):
            bucket = self._shared.get(key)
            if bucket is None:
                bucket = self._shared[key] = [] if known is None else [known]
            bucket.append(entries[number])
            grown[key] = bucket
        for bucket in grown.values():
            bucket.sort()

    def _insert(
        self, keys: NDArray[np.uint64], numbers: NDArray[np.uint32], entries: Sequence[bytes]
    ) -> None:
        """Insert into the arrays rising keys that are not there; their entries are `entries[numbers]`."""
        places = np.searchsorted(self._keys, keys)
        self._keys = np.insert(self._keys, places, keys)
        self._places = np.insert(self._places, places, numbers + np.uint32(len(self._entries)))
        fresh = np.frombuffer(b"".join(entries), np.uint8).reshape(-1, ENTRY_BYTES)
        self._entries = np.concatenate((self._entries, fresh))

    def _merge(self) -> None:
        """Move what came lately into the arrays."""
        entries = list(dict.fromkeys(self._lately.values()))
        number_of = {entry: number for number, entry in enumerate(entries)}
        keys = np.fromiter(self._lately, np.uint64, len(self._lately))
        numbers = np.fromiter(map(number_of.__getitem__, self._lately.values()), np.uint32, keys.size)
        order = np.argsort(keys)
        self._lately = {}
        self._insert(keys[order], numbers[order], entries)

    def forget(self, ids: Collection[bytes]) -> None:
        """Drop the articles of these ids (16 bytes each). Walks through all buckets, so ask for many at once."""
        gone = frozenset(ids)
        self._merge()
        ended = np.fromiter(self._shared, np.uint64, len(self._shared))
        for key, bucket in list(self._shared.items()):
            left = [entry for entry in bucket if id_in(entry) not in gone]
            if len(left) > 1:
                bucket[:] = left
                continue
            del self._shared[key]
            if left:
                self._lately[key] = left[0]
        held = np.fromiter(
            (id_in(entry.tobytes()) not in gone for entry in self._entries), bool, len(self._entries)
        )
        stays = held[self._places] & ~_find(np.sort(ended), self._keys)[1]
        self._keys, places = self._keys[stays], self._places[stays]
        used = np.zeros(len(self._entries), bool)
        used[places] = True
        self._places = (np.cumsum(used, dtype=np.uint32) - np.uint32(1))[places]
        self._entries = self._entries[used]


def _find(
    known: NDArray[np.uint64], wanted: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each wanted key stands among the known ones, which rise, and whether it does."""
    if not known.size:
        return np.zeros(wanted.size, np.intp), np.zeros(wanted.size, bool)
    places = np.searchsorted(known, wanted)
    places[places == known.size] = 0
    return places, known[places] == wanted
