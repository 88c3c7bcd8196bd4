from dedup_samples import DAY, hex_id, member, shuffled
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.buckets import (
    ENTRY_BYTES,
    bucket_pairs,
    candidates,
    digest_in,
    entry_of,
    id_in,
    is_settled,
)
from transforms.core.cluster import DedupRules, rank
from transforms.core.packing import pack_id

RULES = DedupRules()


def entry(name, day=0.0, text=None, priority=0, old=False):
    """The entry of an article; `text` names its text, by default one of its own."""
    return entry_of(member(name, day, priority), bytes.fromhex(hex_id(f"text {text or name}")), settled=old)


def pairs(entries, rules=RULES):
    """Pairs of names (earlier, later), by the ids in the entries."""
    return sorted((id_in(earlier), id_in(later)) for earlier, later in bucket_pairs(entries, rules))


def named(*couples):
    return sorted((pack_id(hex_id(earlier)), pack_id(hex_id(later))) for earlier, later in couples)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 99),
            st.none() | st.integers(-(1 << 62), 1 << 62),
            st.integers(-(1 << 31), (1 << 31) - 1),
        ),
        max_size=12,
    )
)
def test_entries_sort_as_ranks_do(articles):
    members = [
        member(name, None if time is None else time / DAY, priority) for name, time, priority in articles
    ]
    by_entry = sorted(members, key=lambda m: entry_of(m, bytes(16), settled=False))
    assert [rank(m)[:4] for m in by_entry] == sorted(rank(m)[:4] for m in members)


def test_an_entry_tells_what_was_put_into_it():
    made = entry("a", 3, "t", old=True)
    assert len(made) == ENTRY_BYTES
    assert id_in(made).hex() == hex_id("a")
    assert digest_in(made).hex() == hex_id("text t")
    assert is_settled(made)
    assert not is_settled(entry("a"))


def test_all_within_the_horizon_are_paired_the_earlier_first():
    assert pairs([entry("c", 2), entry("a", 0), entry("b", 1)]) == named(("a", "b"), ("a", "c"), ("b", "c"))


def test_the_horizon_is_inclusive():
    assert pairs([entry("a", 0), entry("b", 14)]) == named(("a", "b"))
    assert pairs([entry("a", 0), entry("b", 14 + 1 / DAY)]) == []
    assert pairs([entry("a", -20), entry("b", -6), entry("c", 1)]) == named(("a", "b"), ("b", "c"))


def test_an_unknown_time_is_near_to_every_other_and_ranks_last():
    assert pairs([entry("x", None), entry("a", 0), entry("b", 90)]) == named(("a", "x"), ("b", "x"))
    assert pairs([entry("x", None), entry("y", None)]) in (named(("x", "y")), named(("y", "x")))


def test_at_one_time_priority_and_then_the_id_decide_who_is_earlier():
    assert pairs([entry("a", 0, priority=1), entry("b", 0, priority=-1)]) == named(("b", "a"))
    first, second = sorted("ab", key=hex_id)
    assert pairs([entry("a", 0), entry("b", 0)]) == named((first, second))


def test_of_copies_only_the_lowest_within_the_horizon_is_a_candidate():
    entries = [entry("a", 0, "t"), entry("b", 5, "t"), entry("c", 10), entry("d", 16)]
    assert pairs(entries) == named(("a", "c"), ("b", "d"), ("c", "d"))


def test_an_article_with_an_earlier_copy_is_compared_with_nobody():
    entries = [entry("a", 0), entry("b", 1, "t"), entry("c", 2, "t")]
    assert pairs(entries) == named(("a", "b"))
    far = [entry("a", 10), entry("b", 0, "t"), entry("c", 15, "t")]
    assert pairs(far) == named(("b", "a"), ("a", "c"))  # the copy is beyond the horizon of c


def test_in_a_hot_bucket_each_article_meets_only_the_lowest():
    rules = DedupRules(bucket_limit=3)
    entries = [entry(n, n / 10) for n in range(6)]
    expected = [(low, high) for high in range(4) for low in range(high)] + [(0, 4), (0, 5)]
    assert pairs(entries, rules) == named(*expected)


def test_a_hot_bucket_is_hot_by_the_entries_within_the_horizon():
    rules = DedupRules(bucket_limit=3)
    entries = [entry(n, n * 5) for n in range(20)]  # never more than two within the horizon
    expected = [(low, high) for high in range(20) for low in range(max(high - 2, 0), high)]
    assert pairs(entries, rules) == named(*expected)


def test_in_a_hot_bucket_the_lowest_may_be_a_copy_then_there_is_nothing_to_compare():
    rules = DedupRules(bucket_limit=2)
    entries = [entry(0, 0, "t"), entry(1, 1), entry(2, 2), entry(3, 3, "t")]
    assert pairs(entries, rules) == named((0, 1), (0, 2), (1, 2))


def test_settled_pairs_are_not_compared_again():
    entries = [entry("a", 0, old=True), entry("b", 1, old=True), entry("c", 2), entry("d", -1)]
    assert pairs(entries) == named(("a", "c"), ("b", "c"), ("d", "a"), ("d", "b"), ("d", "c"))


def test_reading_a_settled_article_again_asks_for_no_comparison():
    entries = [entry("a", 0, old=True), entry("b", 1, old=True), entry("a", 0), entry("b", 1)]
    assert pairs(entries) == []


def test_a_later_record_of_an_earlier_article_hides_no_copy():
    # x was read on day 5, and again on day 30; z is a copy beyond its horizon, and near to y.
    entries = [entry("x", 5, "t"), entry("x", 30, "t"), entry("z", 32, "t"), entry("y", 40)]
    assert named(("z", "y"))[0] in pairs(entries)


def test_a_later_record_of_an_earlier_article_is_no_copy_within_the_horizon():
    # z is compared with y although x, a copy of z, was read once more shortly before z.
    entries = [entry("x", 0, "t"), entry("x", 30, "t"), entry("z", 32, "t"), entry("y", 25)]
    assert named(("y", "z"))[0] in pairs(entries)


def test_the_same_entry_twice_counts_once():
    entries = [entry("a", 0), entry("b", 1), entry("b", 1), entry("a", 0)]
    assert list(bucket_pairs(entries, RULES)) == [(entry("a", 0), entry("b", 1))]
    assert pairs([entry("a")]) == pairs([]) == []


buckets = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.none() | st.integers(0, 60),
        st.integers(0, 8),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=14,
    unique_by=lambda article: article[0],
).map(
    lambda articles: [(entry(n, day, text, priority, old), day) for n, day, text, priority, old in articles]
)


@given(buckets, st.integers(0, 99), st.integers(1, 5))
def test_the_order_in_a_bucket_means_nothing(bucket, seed, limit):
    rules = DedupRules(bucket_limit=limit)
    entries = [made for made, _ in bucket]
    found = list(bucket_pairs(entries, rules))
    assert sorted(found) == sorted(bucket_pairs(shuffled(entries, seed), rules))
    assert len(set(found)) == len(found) <= limit * len(entries)


@given(buckets)
def test_pairs_are_the_lowest_of_each_other_text_within_the_horizon(bucket):
    expected = set()
    for later, day in bucket:
        near = sorted(
            other
            for other, before in bucket
            if other < later and (before is None or day is None or day - before <= 14)
        )
        if digest_in(later) in map(digest_in, near):
            continue
        for text in set(map(digest_in, near)):
            earlier = next(other for other in near if digest_in(other) == text)
            if not (is_settled(earlier) and is_settled(later)):
                expected.add((earlier, later))
    entries = [made for made, _ in bucket]
    assert set(bucket_pairs(entries, DedupRules(bucket_limit=99))) == expected


@given(buckets, st.integers(1, 5))
def test_candidates_depend_on_earlier_entries_only(bucket, limit):
    rules = DedupRules(bucket_limit=limit)
    entries = sorted(made for made, _ in bucket)
    for place in range(len(entries)):
        whole = list(candidates(entries, place, rules))
        assert whole == list(candidates(entries[: place + 1], place, rules))
