import random

from schemas.elements import Origin, Signature
from transforms.core.cluster import DedupRules, find_copies, split_repeats

DAY = 86_400_000_000
RULES = DedupRules()


def signature(name, day=0.0, priority=0, index=0):
    event = None if day is None else int(day * DAY)
    return Signature(name, b"d", 50, event, priority, Origin("f", index, 0), "p", 0)


def verdicts(*signatures, rules=RULES):
    by_id = {}
    for one in signatures:
        by_id.setdefault(one.article_id, []).append(one)
    group = [split_repeats(ones) for ones in by_id.values()]
    return {
        (v.article_id, v.origin.index): (v.parent_id, v.root_id, v.relation)
        for v in find_copies(group, rules)
    }


def test_the_earliest_copy_is_kept():
    assert verdicts(signature("b", 1), signature("a", 2), signature("c", 0)) == {
        ("a", 0): ("c", "c", "exact"),
        ("b", 0): ("c", "c", "exact"),
    }


def test_at_the_same_time_the_preferred_source_is_kept_then_the_lower_id():
    assert verdicts(signature("a", 1, priority=5), signature("z", 1, priority=1)) == {
        ("a", 0): ("z", "z", "exact")
    }
    assert verdicts(signature("b", 1), signature("a", 1)) == {("b", 0): ("a", "a", "exact")}


def test_a_copy_after_the_horizon_is_kept_and_a_chain_has_one_root():
    found = verdicts(signature("a", 0), signature("b", 10), signature("c", 20), signature("d", 40))
    assert found == {("b", 0): ("a", "a", "exact"), ("c", 0): ("b", "a", "exact")}


def test_the_horizon_is_inclusive():
    assert verdicts(signature("a", 0), signature("b", 14)) == {("b", 0): ("a", "a", "exact")}


def test_an_article_of_unknown_time_is_a_copy_of_the_earliest():
    assert verdicts(signature("a", None), signature("b", 90), signature("c", 0)) == {
        ("a", 0): ("c", "c", "exact")
    }


def test_the_same_id_twice_is_a_repeat_and_has_the_root_of_its_article():
    found = verdicts(signature("a", 0), signature("b", 1, index=0), signature("b", 1, index=7))
    assert found == {("b", 0): ("a", "a", "exact"), ("b", 7): ("b", "a", "repeat")}


def test_the_order_of_arrival_changes_nothing():
    ones = [signature(chr(97 + n), n * 3 % 31, n % 3, n) for n in range(26)] + [signature("c", 6, 2, 99)]
    expected = verdicts(*ones)
    for seed in range(20):
        shuffled = ones[:]
        random.Random(seed).shuffle(shuffled)
        assert verdicts(*shuffled) == expected
