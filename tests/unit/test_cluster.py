import dataclasses

import pytest
from dedup_samples import DAY, hex_id, member, settled, shuffled
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.cluster import (
    COPY,
    DedupRules,
    choose_parent,
    is_within,
    lowest_earlier,
    rank,
    settle_copies,
    split_repeats,
)

RULES = DedupRules()
NAMES = {hex_id(name): name for name in "abcdefghijklmnopqrstuvwxyz"}


def old(of, parent=None, relation="", root=None):
    """The member as an earlier run has settled it."""
    return dataclasses.replace(of, settled=settled(parent, root or parent or of, relation))


def name(of):
    return NAMES[of.article_id]


def copies(*members, shingles=0):
    """Names of the heads, and (child, parent) of the edges, of members of one text in any order."""
    firsts, _ = split_repeats(members)
    heads, edges = settle_copies(firsts, RULES, shingles)
    return [name(head) for head in heads], {name(edge.child): name(edge.parent) for edge in edges}


def near(child, *parents, jaccards=()):
    found = [
        (parent, dataclasses.replace(COPY, jaccard=jaccard))
        for parent, jaccard in zip(parents, jaccards or [0.8] * len(parents), strict=True)
    ]
    edge = choose_parent(child, found)
    return edge and (name(edge.parent), edge.relation, edge.comparison.jaccard)


def test_the_earliest_copy_is_the_parent_of_all():
    assert copies(member("b", 1), member("a", 2), member("c", 0)) == (["c"], {"a": "c", "b": "c"})


def test_at_the_same_time_the_preferred_source_is_kept_then_the_lower_id():
    assert copies(member("a", 1, priority=5), member("z", 1, priority=1)) == (["z"], {"a": "z"})
    low, high = sorted("ab", key=hex_id)
    assert copies(member(high, 1), member(low, 1)) == ([low], {high: low})


def test_a_copy_after_the_horizon_is_kept_and_a_chain_goes_on():
    assert copies(member("a", 0), member("b", 10), member("c", 20), member("d", 40)) == (
        ["a", "d"],
        {"b": "a", "c": "b"},
    )


def test_the_horizon_is_inclusive():
    assert copies(member("a", 0), member("b", 14)) == (["a"], {"b": "a"})
    assert copies(member("a", 0), member("b", 14 + 1 / DAY)) == (["a", "b"], {})


def test_times_before_1970_are_times_like_others():
    assert copies(member("a", -30), member("b", -20), member("c", -1)) == (["a", "c"], {"b": "a"})


def test_an_article_of_unknown_time_is_a_copy_of_the_earliest_and_parent_of_none_but_its_like():
    assert copies(member("a", None), member("b", 90), member("c", 0)) == (["c", "b"], {"a": "c"})
    first, second = sorted("xy", key=hex_id)
    assert copies(member("x", None), member("y", None)) == ([first], {second: first})


def test_an_edge_between_copies_says_that_all_shingles_are_shared():
    _, (edge,) = settle_copies([member("a", 0), member("b", 1)], RULES, 58)
    assert edge.relation == "exact"
    assert (edge.comparison.jaccard, edge.comparison.containment) == (1.0, 1.0)
    assert (edge.comparison.shared, edge.comparison.own, edge.comparison.other) == (58, 58, 58)


def test_the_same_id_twice_is_a_repeat_of_the_lowest_ranked_record():
    members, repeats = split_repeats([member("b", 1, index=7), member("a", 2), member("b", 1, index=0)])
    assert [(name(m), m.origin.index) for m in members] == [("b", 0), ("a", 0)]
    assert [(name(e.child), e.child.origin.index, e.parent.origin.index, e.relation) for e in repeats] == [
        ("b", 7, 0, "repeat")
    ]


def test_a_record_of_an_earlier_run_stands_for_its_id_whatever_its_rank():
    settled_b = old(member("b", 5))
    members, repeats = split_repeats([member("b", 1, index=7), settled_b, member("a", 2)])
    assert members == [member("a", 2), settled_b]
    assert [(edge.child.event_us, edge.parent) for edge in repeats] == [(DAY, settled_b)]


def test_what_an_earlier_run_has_decided_is_not_said_again():
    a, b = member("a", 0), member("b", 1)
    assert copies(old(a), old(b, a, "exact"), member("c", 2)) == (["a"], {"c": "a"})


def test_a_lower_copy_that_comes_later_is_news_for_settled_ones():
    a, b, c = member("a", 0), member("b", 1), member("c", 2)
    assert copies(a, old(b), old(c, b, "exact")) == (["a"], {"b": "a", "c": "a"})


def test_a_copy_goes_before_what_was_near():
    a, b, x = member("a", 0), member("b", 5), member("x", -3)
    assert copies(a, old(b, x, "near")) == (["a"], {"b": "a"})


def test_a_settled_copy_whose_parent_is_forgotten_is_no_head():
    a, b = member("a", 0), member("b", 5)
    assert copies(old(b, a, "exact"), member("c", 25)) == (["c"], {})
    assert copies(old(b, a, "near")) == (["b"], {})


def test_a_parent_of_unknown_time_is_known_to_be_late():
    x, y, a = member("x", None), member("y", None), member("a", 0)
    first, second = sorted([x, y], key=rank)
    assert copies(a, old(first), old(second, first, "exact"))[1] == {name(first): "a", name(second): "a"}


def test_the_parent_is_the_lowest_ranked_not_the_most_similar():
    assert near(member("c", 5), member("b", 2), member("a", 1), jaccards=(0.95, 0.71)) == ("a", "near", 0.71)
    assert near(member("c", 5)) is None


def test_a_settled_child_gets_only_a_lower_near_parent():
    a, b, c = member("a", 0), member("b", 1), member("c", 2)
    assert near(old(c, b, "near"), b) is None
    assert near(old(c, a, "near"), b) is None
    assert near(old(c, b, "near"), a) == ("a", "near", 0.8)
    assert near(old(c), b) == ("b", "near", 0.8)


def test_a_settled_copy_gets_no_near_parent():
    a, b, c = member("a", 0), member("b", 1), member("c", 2)
    assert near(old(c, b, "exact"), a) is None


@pytest.mark.parametrize(
    ("earlier", "later", "within"),
    [
        (0, 14, True), (0, 15, False), (None, 3, True), (3, None, True), (None, None, True), (5, 0, True),
    ],
)  # fmt: skip
def test_an_unknown_time_is_near_to_every_other(earlier, later, within):
    assert is_within(earlier, later, 14) is within


times = st.none() | st.integers(0, 60)
articles = st.lists(
    st.tuples(st.sampled_from("abcdefghijkl"), times, st.integers(0, 2)),
    max_size=12,
    unique_by=lambda a: a[0],
)


@given(articles)
def test_the_lowest_earlier_is_found_as_by_looking_at_all(group):
    members = sorted((member(*article) for article in group), key=rank)
    for child in members:
        expected = [
            other
            for other in members
            if rank(other) < rank(child) and is_within(other.event_us, child.event_us, RULES.horizon_us)
        ]
        assert lowest_earlier(members, child, RULES.horizon_us) == (expected[0] if expected else None)


@given(articles, st.integers(0, 99))
def test_the_order_of_arrival_changes_nothing_and_everybody_is_head_or_child(group, seed):
    members = [member(*article) for article in group]
    heads, edges = copies(*members)
    assert copies(*shuffled(members, seed)) == (heads, edges)
    assert sorted([*heads, *edges]) == sorted(article[0] for article in group)


@given(articles, st.integers(0, 99), st.integers(0, 12))
def test_settling_in_two_runs_gives_what_one_run_gives(group, seed, first):
    members = shuffled([member(*article) for article in group], seed)
    heads, _ = split_repeats(members[:first])
    parents = {edge.child.article_id: edge.parent for edge in settle_copies(heads, RULES)[1]}
    known = [
        old(one, parents.get(one.article_id), "exact" if one.article_id in parents else "")
        for one in members[:first]
    ]
    _, later = copies(*known, *members[first:])
    found = {NAMES[child]: name(parent) for child, parent in parents.items()} | later
    assert found == copies(*members)[1]
