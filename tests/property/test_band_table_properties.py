"""The table of bands gives what a dictionary of sorted lists gives, whatever is entered, loaded, merged and forgotten."""

from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.core import band_table
from transforms.core.band_table import BandTable
from transforms.core.buckets import ENTRY_BYTES, id_in


def entry(number: int) -> bytes:
    """Return an entry that ranks by `number`."""
    return bytes(12) + number.to_bytes(17, "big") + bytes(ENTRY_BYTES - 29)


#: Few keys, the lowest and the highest among them, so that articles meet.
keys = st.lists(st.sampled_from([0, 1, 2, 3, 1 << 63, (1 << 64) - 1]), unique=True, max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.lists(keys, min_size=1, max_size=3)),
        st.tuples(st.just("load"), st.lists(keys, max_size=6)),
        st.tuples(st.just("forget"), st.sets(st.integers(0, 30), max_size=6)),
    ),
    max_size=12,
)


class Plain:
    """The same as a dictionary."""

    def __init__(self):
        self.buckets = {}

    def enter(self, one, keys):
        met = []
        for key in keys:
            bucket = self.buckets.setdefault(key, [])
            bucket.append(one)
            bucket.sort()
            if len(bucket) > 1:
                met.append((list(bucket), bucket.index(one)))
        return met

    def forget(self, gone):
        for key, bucket in self.buckets.items():
            self.buckets[key] = [one for one in bucket if id_in(one) not in gone]


@settings(max_examples=300, deadline=None)
@given(steps, st.randoms(use_true_random=False), st.sampled_from([0, 3]))
def test_buckets_hold_what_a_dictionary_would(steps, chance, lately):
    table, plain = BandTable(), Plain()
    numbers = list(range(60))
    chance.shuffle(numbers)
    with (
        mock.patch.object(band_table, "_LATELY", lately),
        mock.patch.object(band_table, "_LATELY_SHARE", 0),
        mock.patch.object(band_table, "_LOAD", 2),
    ):
        for what, given_ in steps:
            if what == "forget":
                gone = {id_in(entry(number)) for number in given_}
                table.forget(gone)
                plain.forget(gone)
                continue
            fresh = [entry(numbers.pop()) for _ in given_]
            if what == "enter":
                for one, some in zip(fresh, given_, strict=True):
                    met = [(list(bucket), place) for bucket, place in table.enter(one, some)]
                    assert met == plain.enter(one, some)
            else:
                table.load(fresh, given_)
                for one, some in zip(fresh, given_, strict=True):
                    plain.enter(one, some)
        for key, bucket in plain.buckets.items():
            met = table.enter(entry(99), [key])
            assert met == ([([*bucket, entry(99)], len(bucket))] if bucket else [])


def test_it_keeps_nothing_of_what_it_has_forgotten():
    table, draw = BandTable(), np.random.default_rng(1)
    entries = [entry(number) for number in range(500)]
    table.load(entries, draw.integers(0, 1 << 64, (500, 13), np.uint64).tolist())
    table.forget([id_in(one) for one in entries[100:]])
    assert table._keys.size == 1300
    assert len(table._entries) == 100
    table.forget([id_in(one) for one in entries])
    assert table._keys.size == len(table._entries) == len(table._lately) == len(table._shared) == 0
