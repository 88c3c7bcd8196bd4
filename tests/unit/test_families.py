import dataclasses

from dedup_samples import hex_id, member, settled, shuffled

from transforms.core.cluster import DedupRules
from transforms.core.families import canonical, superseded

EARLIEST, SOURCE, LONGEST = (
    DedupRules(canonical=rule) for rule in ("earliest", "preferred_source", "longest")
)
A = member("a", 0, priority=5, tokens=50)
B = member("b", 1, priority=1, tokens=70)
C = member("c", 2, priority=1, tokens=90)
X = member("x", None, priority=9, tokens=90)


def test_the_earliest_is_canonical_unless_the_rule_says_else():
    for seed in range(6):
        members = shuffled([A, B, C, X], seed)
        assert canonical(members, EARLIEST) == A
        assert canonical(members, SOURCE) == B
        assert canonical(members, LONGEST) == C


def test_an_unknown_time_is_the_last():
    assert canonical([X, C], EARLIEST) == C
    assert canonical([X, C], LONGEST) == C


def test_a_family_of_one_is_its_own_canonical():
    assert [canonical([X], rules) for rules in (EARLIEST, SOURCE, LONGEST)] == [X] * 3


def old(of, root=None):
    return dataclasses.replace(of, settled=settled(root=root))


def test_nothing_is_superseded_without_earlier_runs_or_where_the_choice_stays():
    assert superseded([A, B, C], A, EARLIEST) == []
    assert superseded([old(A, A), B, old(C, A)], old(A, A), EARLIEST) == []


def test_an_earlier_article_that_comes_late_supersedes_the_canonical_one():
    b, c = old(B, B), old(C, B)
    assert superseded([b, c, A], A, EARLIEST) == [b]
    assert superseded([b, c, A], c, LONGEST) == []


def test_a_longer_article_supersedes_the_longest():
    longer = member("d", 9, tokens=120)
    assert superseded([old(A, A), old(B, A), longer], longer, LONGEST) == [old(B, A)]


def test_two_families_that_become_one_lose_one_canonical_or_both():
    b, c = old(B, B), old(C, C)
    assert superseded([b, c], b, EARLIEST) == [c]
    assert superseded([c, b, A], A, EARLIEST) == [b, c]


def test_a_settled_article_without_a_root_is_its_own():
    b, c = old(B), old(C)
    assert b.settled.root_id == ""
    assert superseded([b, c], b, EARLIEST) == [c]


def test_what_is_chosen_is_known_by_its_id():
    again = member("a", 0, index=7)
    assert superseded([old(A, A), B], again, EARLIEST) == []
    assert again.article_id == hex_id("a")
