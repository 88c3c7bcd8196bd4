from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core import minhash
from transforms.core.minhash import band_keys

SETS = ([1, 2, 3, 5, 8, 13], [0], [7, 1 << 31, (1 << 32) - 1])
hashes = st.sets(st.integers(0, (1 << 32) - 1), min_size=1, max_size=30).map(sorted)


def keys(sets, rows=3, bands=13, seed=1):
    borders = np.cumsum([0, *map(len, sets)])
    shingles = np.array([value for one in sets for value in one], np.uint32)
    return band_keys(shingles, borders, rows, bands, seed)


def test_band_keys_never_change():
    assert [[f"{key:016x}" for key in row] for row in keys(SETS, bands=3).tolist()] == [
        ["8a0378a9de76d6fa", "d10a55a99668d5bf", "315bd6882bdc1bdb"],
        ["2222431c7a98c3f2", "afaf8f554ba23c08", "6baa96f6cb97f36a"],
        ["9d836da71b7aabf0", "6fe64fa1a9f37fcc", "7a09698c4995b5ea"],
    ]


def test_another_seed_gives_other_keys_and_more_bands_only_add_some():
    assert not np.isin(keys(SETS, seed=2), keys(SETS, seed=1)).any()
    assert np.array_equal(keys(SETS, bands=20)[:, :3], keys(SETS, bands=3)[:, :3])


def test_the_bands_of_one_set_have_different_keys():
    assert len(set(keys(SETS).ravel().tolist())) == len(SETS) * 13


@given(st.lists(hashes, max_size=6), st.sampled_from([1, 7, 40]))
def test_it_does_not_matter_how_much_is_permuted_at_once(sets, run):
    together = keys(sets)
    with mock.patch.object(minhash, "_RUN", run), mock.patch.object(minhash, "_AT_ONCE", 2 * run):
        assert np.array_equal(keys(sets), together)


@given(st.lists(hashes, max_size=6))
def test_a_batch_gives_what_each_set_gives_alone(sets):
    together = keys(sets)
    assert together.shape == (len(sets), 13)
    for row, one in zip(together, sets, strict=True):
        assert np.array_equal(row, keys([one])[0])


@given(hashes)
def test_the_order_of_the_hashes_means_nothing(one):
    assert np.array_equal(keys([one]), keys([one[::-1]]))


@pytest.mark.parametrize(("rows", "bands"), [(3, 13), (4, 11), (1, 1)])
@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.7])
def test_two_sets_meet_as_often_as_the_formula_says(rows, bands, similarity):
    chance = np.random.default_rng(7)
    pairs, size = 1500, 120
    shared = round(2 * size * similarity / (1 + similarity))
    sets = []
    for _ in range(pairs):
        drawn = chance.choice(1 << 32, 2 * size - shared, replace=False).astype(np.uint32)
        sets += [drawn[:size], drawn[size - shared :]]
    found = keys(sets, rows, bands)
    met = (found[0::2] == found[1::2]).any(axis=1).mean()
    exact = shared / (2 * size - shared)
    expected = 1 - (1 - exact**rows) ** bands
    assert met == pytest.approx(expected, abs=0.045)  # three and a half standard deviations of the estimate


def test_one_minimum_agrees_as_often_as_the_sets_are_similar():
    chance = np.random.default_rng(11)
    sets = []
    for _ in range(40):
        drawn = chance.choice(1 << 32, 130, replace=False).astype(np.uint32)
        sets += [drawn[:100], drawn[30:]]  # 70 of 130 shared
    found = keys(sets, rows=1, bands=256)
    assert (found[0::2] == found[1::2]).mean() == pytest.approx(70 / 130, abs=0.03)
