import itertools
import random

import pytest

from transforms.core.estimates import (
    Estimate,
    exactly,
    grown,
    growth_exponent,
    mean_of,
    share_of,
    shift_of,
    unseen_kinds,
)


def test_what_was_counted_is_a_point():
    assert share_of([1, 0, 2], [1, 1, 3], drawn=1.0) == exactly(0.6)
    assert mean_of([10, 20], [1, 1], drawn=1.0) == exactly(15)
    assert unseen_kinds([1, 1, 1], drawn=1.0) == exactly(3)
    assert exactly(3).is_exact
    assert not Estimate(1, 2, 3).is_exact


def test_a_share_lies_within_its_range_and_the_range_shrinks_with_the_sample():
    small = share_of([1] * 5 + [0] * 45, [1] * 50, drawn=0.01)
    large = share_of([1] * 500 + [0] * 4500, [1] * 5000, drawn=0.01)
    assert small.low < small.likely < small.high
    assert small.likely == large.likely == 0.1
    assert large.high - large.low < (small.high - small.low) / 5


def test_nothing_seen_in_a_sample_does_not_mean_that_there_is_nothing():
    none = share_of([0] * 300, [1] * 300, drawn=0.01)
    assert none.low == none.likely == 0
    assert 0.005 < none.high < 0.02
    every = share_of([1] * 300, [1] * 300, drawn=0.01)
    assert every.high == every.likely == 1
    assert 0.98 < every.low < 0.995


def test_nothing_drawn_says_nothing():
    assert share_of([], [], drawn=0.5) == Estimate(0, 0, 1)


def test_groups_say_less_than_as_many_records_drawn_apart():
    apart = share_of([1] * 60 + [0] * 240, [1] * 300, drawn=0.01)
    groups = share_of([3] * 20 + [0] * 80, [3] * 100, drawn=0.01)
    assert apart.likely == groups.likely
    assert groups.high - groups.low > 1.5 * (apart.high - apart.low)


def test_ranges_of_shares_hold_the_truth_about_as_often_as_they_say():
    chance = random.Random(1)
    held = 0
    for _ in range(300):
        hits = [sum(chance.random() < 0.12 for _ in range(2)) for _ in range(100)]
        share = share_of(hits, [2] * 100, drawn=0.0)
        held += share.low <= 0.12 <= share.high
    assert held >= 0.92 * 300


def test_ranges_of_means_hold_the_truth_about_as_often_as_they_say():
    chance = random.Random(2)
    held = 0
    for _ in range(300):
        sizes = [chance.uniform(1, 3) for _ in range(12)]
        mean = mean_of([size * chance.gauss(10, 2) for size in sizes], sizes, drawn=0.0)
        held += mean.low <= 10 <= mean.high
    assert held >= 0.92 * 300


def test_one_group_alone_may_be_off_by_half():
    assert mean_of([10], [2], drawn=0.1) == Estimate(2.5, 5, 10)


@pytest.mark.parametrize(
    ("whole", "half", "power"),
    [(800, 800, 0), (800, 400, 1), (800, 0, 1), (0, 0, 0), (1000, 707, 0.5), (10, 30, 0)],
)
def test_the_power_of_growth_is_between_none_and_proportion(whole, half, power):
    found = growth_exponent(whole, half)
    assert found.likely == pytest.approx(power, abs=1e-3)
    assert 0 <= found.low <= found.likely <= found.high <= 1


def test_a_power_of_growth_from_few_cases_may_be_anything():
    assert growth_exponent(0, 0) == Estimate(0, 0, 1)
    few, many = growth_exponent(8, 6), growth_exponent(800, 600)
    assert few.high > many.high > many.likely


def test_a_difference_of_shares_may_be_of_either_sign_and_seeing_none_proves_none():
    assert shift_of([1, -1, -1], [2, 2, 2], drawn=1.0) == exactly(-1 / 6)
    none = shift_of([0] * 1000, [1] * 1000, drawn=0.1)
    assert none.likely == 0
    assert none.low == -none.high
    assert 0.001 < none.high < 0.005
    assert shift_of([], [], drawn=0.1) == Estimate(-1, 0, 1)


def test_growth_reaches_from_none_to_the_power_law_and_never_beyond_what_can_be():
    share = Estimate(0.08, 0.10, 0.12)
    more = grown(share, Estimate(0, 0.1, 0.2), 32)
    assert more.low == share.low
    assert more.high == pytest.approx(0.24)
    assert share.likely < more.likely < more.high
    assert grown(share, Estimate(0, 0.5, 1), 1e6).high == 0.95
    fewer = grown(share, Estimate(0, 0.1, 0.2), 1 / 32)
    assert fewer.high == share.high
    assert fewer.low == pytest.approx(0.04)


def test_growth_is_monotone_in_the_size():
    share, power = Estimate(0.05, 0.06, 0.07), Estimate(0, 0.1, 0.3)
    sizes = [grown(share, power, factor) for factor in (0.1, 0.5, 1, 2, 10, 1000)]
    for smaller, larger in itertools.pairwise(sizes):
        assert all(one <= other for one, other in zip(smaller, larger, strict=True))


def test_kinds_not_seen_are_guessed_by_those_seen_once():
    assert unseen_kinds([5, 5, 5], drawn=0.1) == exactly(3)
    some = unseen_kinds([1] * 10 + [2] * 4 + [7] * 20, drawn=0.1)
    assert some.low == 34
    assert 40 < some.likely < 45 < some.high


def test_ranges_add_and_multiply_by_their_ends():
    assert Estimate(1, 2, 3).plus(Estimate(0, 1, 5)) == Estimate(1, 3, 8)
    assert Estimate(1, 2, 3).times(Estimate(0, 1, 5)) == Estimate(0, 2, 15)
    assert Estimate(1, 2, 3).times(2).plus(1).within(0, 6) == Estimate(3, 5, 6)
