"""The index of a stream: whatever the order, the batches and the restarts, the last revision is what the rule says."""

import dataclasses
import random

import pytest
from dedup_corpora import ALL_PAIRS, Story, corpora, oracle, sign, text_of, with_repeats
from dedup_samples import body, member, signature
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.core.cluster import DedupRules, rank
from transforms.core.live_index import LiveIndex
from transforms.core.segments import order_segments, pack_head, unpack_head, unpack_segment

EXAMPLES = settings(max_examples=40, deadline=None)
#: No article of these corpora is older than 40 days.
LONG = DedupRules(rows=1, bands=40, bucket_limit=1000, horizon_days=14, lateness_days=60)
sizes = st.integers(1, 9)


def fold(decisions):
    last = {}
    for decision in decisions:
        assert (
            decision.revision == last[decision.article_id].revision + 1 if decision.article_id in last else 1
        )
        last[decision.article_id] = decision
    return last


def run(signatures, size, rules=ALL_PAIRS, restart=False):
    """Decide in batches of `size`, all on one day; with `restart` the index is read anew before each batch."""
    live, segments, decisions, verdicts = LiveIndex(rules), [], [], []
    for first in range(0, len(signatures), size):
        if restart:
            live = LiveIndex.load(rules, unpack_head(pack_head(live.head)), reversed(segments))
        decided = live.decide(signatures[first : first + size], 100)
        segments += [decided.segment] if decided.segment else []
        decisions += decided.decisions
        verdicts += decided.verdicts
    return live, segments, decisions, verdicts


def parents(decisions):
    return {key: (one.parent_id, one.relation) for key, one in fold(decisions).items() if not one.kept}


def root(article_id, tree):
    while article_id in tree:
        article_id = tree[article_id][0]
    return article_id


@EXAMPLES
@given(with_repeats, sizes, st.randoms(use_true_random=False))
def test_the_last_revisions_are_those_of_the_rule_in_any_order(corpus, size, chance):
    signatures = sign(corpus)
    chance.shuffle(signatures)
    _, _, decisions, _ = run(signatures, size)
    right = oracle(corpus)
    assert parents(decisions) == right
    assert {key: one.root_id for key, one in fold(decisions).items()} == {
        one.member.article_id: root(one.member.article_id, right) for one in signatures
    }


@EXAMPLES
@given(corpora, sizes)
def test_in_order_every_article_is_decided_once(corpus, size):
    signatures = sorted(sign(corpus), key=lambda one: rank(one.member))
    _, _, decisions, _ = run(signatures, size)
    assert [one.revision for one in decisions] == [1] * len(corpus)


@EXAMPLES
@given(with_repeats, sizes, st.randoms(use_true_random=False))
def test_an_index_that_is_read_anew_before_every_batch_decides_the_same(corpus, size, chance):
    signatures = sign(corpus)
    chance.shuffle(signatures)
    live, segments, decisions, verdicts = run(signatures, size)
    again = run(signatures, size, restart=True)
    assert (again[0].head, again[1], again[2]) == (live.head, segments, decisions)
    assert [one and (one.edge.relation, one.root_id) for one in again[3]] == [
        one and (one.edge.relation, one.root_id) for one in verdicts
    ]


@EXAMPLES
@given(with_repeats, sizes, st.randoms(use_true_random=False))
def test_every_record_is_kept_or_has_a_verdict_and_repeats_decide_nothing(corpus, size, chance):
    signatures = sign(corpus)
    chance.shuffle(signatures)
    _, _, decisions, verdicts = run(signatures, size)
    assert len(verdicts) == len(signatures)
    repeats = [one for one in verdicts if one and one.edge.relation == "repeat"]
    assert len(repeats) == len(signatures) - len({one.member.article_id for one in signatures})
    assert {one.article_id for one in decisions} == {one.member.article_id for one in signatures}


@EXAMPLES
@given(with_repeats, st.randoms(use_true_random=False), st.integers(1, 60))
def test_days_pass_and_nothing_within_the_horizon_is_forgotten(corpus, chance, late):
    """Articles arrive on their day or up to `late` days after, within the lateness allowed."""
    signatures = sign(corpus)
    known = [one for one in signatures if one.member.event_us is not None]
    arrival = {id(one): one.member.event_us // 86_400_000_000 + chance.randint(0, late) for one in known}
    live, decisions, segments = LiveIndex(LONG), [], {}
    for one in sorted(known, key=lambda one: arrival[id(one)]):
        for day in live.expire(arrival[id(one)]):
            del segments[day]
        decided = live.decide([one], arrival[id(one)])
        if decided.segment:
            segments.setdefault(decided.day, []).append(decided.segment)
        decisions += decided.decisions
        assert not any(decision.unchecked for decision in decided.decisions)
    assert set(segments) == set(live.head.days)
    right = oracle([story for story, one in zip(corpus, signatures, strict=True) if id(one) in arrival], LONG)
    assert parents(decisions) == right
    again = LiveIndex.load(LONG, live.head, [one for day in segments.values() for one in day])
    assert len(again) == len(live)


def test_what_arrived_before_the_horizon_is_forgotten_and_late_ones_are_marked():
    rules = DedupRules()

    def at(who, day):
        return signature(member(who, day, 0, who), body(7), rules)

    live = LiveIndex(rules)
    live.decide([at(1, 0)], 0)
    assert live.expire(15) == ()
    assert live.expire(16) == (0,)
    assert (len(live), live.head.days, live.head.expired_before) == (0, (), 1)
    late = live.decide([at(2, 2)], 16)
    assert [(one.unchecked, one.kept) for one in late.decisions] == [(True, True)]
    on_time = live.decide([at(3, 15)], 16)
    assert [one.unchecked for one in on_time.decisions] == [False]
    assert on_time.verdicts[0].edge.relation == "exact"


def test_what_appears_anew_is_decided_later_than_it_was_known_whatever_the_clock_says():
    rules = DedupRules()
    one = signature(member(1, 0, 0, 1), body(7), rules)
    live = LiveIndex(rules)
    (first,) = live.decide([one], 0).decisions
    live.expire(16)
    (again,) = live.decide([one], 3).decisions  # late, after a timer for day 16
    assert (first.decided_on, first.revision, first.held_days) == (0, 1, 14)
    assert (again.decided_on, again.revision) == (15, 1)


def test_a_repeat_keeps_its_article_known():
    rules = DedupRules()

    live, segments = LiveIndex(rules), {}
    one = signature(member(1, 0, 0, 1), body(7), rules)
    for day in (0, 10, 20, 30):
        for gone in live.expire(day):
            del segments[gone]
        again = signature(member(1, 0, 0, 1), body(7), rules)
        decided = live.decide([again], day)
        segments[decided.day] = decided.segment
        assert [verdict and verdict.edge.relation for verdict in decided.verdicts] == [
            "repeat" if day else None
        ]
        live = LiveIndex.load(rules, live.head, segments.values())
    assert len(live) == 1
    assert one.member.article_id in live.root_of(one.member.article_id)


def test_a_lost_a_changed_or_a_foreign_segment_is_refused():
    signatures = sign(st_corpus())
    live, segments, _, _ = run(signatures, 2)
    assert order_segments(live.head, reversed(segments)) == segments
    for wrong in (segments[:-1], segments[:1] + segments[2:], [*segments, segments[0]], []):
        with pytest.raises(ValueError, match="segment"):
            LiveIndex.load(ALL_PAIRS, live.head, wrong)
    other = run(list(reversed(signatures)), 2)[1]
    with pytest.raises(ValueError, match="segment"):
        LiveIndex.load(ALL_PAIRS, live.head, segments[:-1] + other[-1:])


def test_what_another_index_settled_is_taken_over_with_its_decisions():
    signatures = sign(st_corpus())
    first, segments, decisions, _ = run(signatures, 3)
    settled = [one for data in segments for one in unpacked(data)]
    second = LiveIndex(ALL_PAIRS)
    segment = second.adopt(settled, 100, compare=False).segment
    assert second.adopt(settled, 101, compare=False).segment == b""
    assert second.adopt(settled, 101, compare=True).decisions == []
    again = LiveIndex.load(ALL_PAIRS, second.head, [segment])
    for live in (second, again):
        verdicts = live.decide(sign(st_corpus()), 101).verdicts
        assert {one.edge.relation for one in verdicts} == {"repeat"}
    assert len(first) == len(second) == len({one.article_id for one in decisions})


def settled_of(segments):
    """What the segments of an index say in the end: signatures with the last decision about each."""
    last = {}
    for data in segments:
        found = unpack_segment(data)
        last |= {one.member.article_id: one for one in found.signatures}
        for one in found.amendments:
            last[one.article_id] = dataclasses.replace(last[one.article_id], member=one)
    return last


def standing(last):
    return {key: (one.member.settled.parent_id, one.member.settled.root_id) for key, one in last.items()}


@EXAMPLES
@given(with_repeats, sizes, st.lists(st.sampled_from("abc"), min_size=30, max_size=30), st.data())
def test_two_indexes_that_knew_different_articles_are_as_one_when_one_adopts_the_other(
    corpus, size, sides, data
):
    """Some articles are known to the one, some to the other, some to both."""
    signatures = sign(corpus)
    side_of = {one.member.article_id: side for one, side in zip(signatures, sides, strict=False)}
    _, theirs, _, _ = run([one for one in signatures if side_of[one.member.article_id] in "ac"], size)
    live, segments, decisions, _ = run(
        [one for one in signatures if side_of[one.member.article_id] in "bc"], 5
    )
    other = list(settled_of(theirs).values())
    data.draw(st.randoms(use_true_random=False)).shuffle(other)
    revisions = {one.member.article_id: one.member.settled.revision for one in other}
    revisions |= {one.article_id: one.revision for one in decisions}
    for first in range(0, len(other), size):
        adopted = live.adopt(other[first : first + size], 100, compare=True)
        segments += [adopted.segment] if adopted.segment else []
        for one in adopted.decisions:
            revisions[one.article_id] += 1
            assert one.revision == revisions[one.article_id]
    right = oracle(corpus)
    assert standing(settled_of(segments)) == {
        one.member.article_id: (
            right.get(one.member.article_id, ("",))[0],
            root(one.member.article_id, right),
        )
        for one in signatures
    }
    again = LiveIndex.load(ALL_PAIRS, live.head, segments)
    assert again.adopt(other, 100, compare=True).decisions == []
    assert {again.root_of(key) for key in revisions} == {live.root_of(key) for key in revisions}


def test_what_the_other_index_has_forgotten_still_counts():
    """There the parent has expired; here the article is known without it."""
    parent, child = (
        signature(member(who, day, 0, who), body(7), DedupRules()) for who, day in ((1, 0), (2, 9))
    )
    there = LiveIndex(DedupRules())
    there.decide([parent], 0)
    known = settled_of([there.decide([child], 9).segment])
    here = LiveIndex(DedupRules())
    here.decide([child], 9)
    (told,) = here.adopt(list(known.values()), 20, compare=True, expired_before=1).decisions
    assert (told.parent_id, told.relation, told.revision) == (parent.member.article_id, "exact", 2)
    assert told.root_id == parent.member.article_id
    assert here.head.expired_before == 1


def test_an_article_that_another_index_kept_and_that_is_a_copy_here_is_superseded():
    early, late = (signature(member(who, who, 0, who), body(7), DedupRules()) for who in (1, 2))
    there, here = LiveIndex(DedupRules()), LiveIndex(DedupRules())
    known = settled_of([there.decide([late], 3).segment])
    here.decide([early], 3)
    adopted = here.adopt(list(known.values()), 4, compare=True)
    assert [(one.before.article_id, one.chosen.article_id) for one in adopted.superseded] == [
        (late.member.article_id, early.member.article_id)
    ]
    assert [one.settled.revision for one in adopted.amended] == [2]


def test_an_earlier_copy_that_comes_later_supersedes_what_was_kept():
    early, late = (signature(member(who, who, 0, who), body(7), DedupRules()) for who in (1, 2))
    live = LiveIndex(DedupRules())
    assert live.decide([late], 3).superseded == []
    ((before, chosen, _),) = live.decide([early], 3).superseded
    assert (before.article_id, chosen.article_id) == (late.member.article_id, early.member.article_id)


def unpacked(data):
    return unpack_segment(data).signatures


def st_corpus():

    chance = random.Random(3)
    return [
        Story(number, float(number), 0, text_of("story", number % 2, chance.randint(0, 4)))
        for number in range(12)
    ]
