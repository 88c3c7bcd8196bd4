"""Who is whose duplicate, by three roads: all pairs by plain Python, the index in memory, the batch join.

The oracle compares every pair by the rule: exact Jaccard of word triples, the guard, the horizon; exact copies
before near ones. With one row per band and forty bands no pair of the threshold escapes (0.3 ** 40).
"""

import dataclasses
import itertools
from typing import NamedTuple

import pytest
from dedup_corpora import (
    ALL_PAIRS,
    Story,
    corpora,
    days,
    dedup_text,
    oracle,
    sign,
    text_of,
    texts,
    with_later_repeats,
    with_repeats,
)
from dedup_samples import (
    DAY,
    body,
    hex_id,
    shingle_set,
    shuffled,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.comparing import Settled
from transforms.core.buckets import bucket_pairs, entry_of
from transforms.core.cluster import DedupRules, is_within, rank, split_repeats
from transforms.core.index import SignatureIndex, keys_of
from transforms.core.join import (
    compare_text,
    pair_messages,
    settle_text,
    signature_message,
    text_key,
    version_messages,
    versioned,
)
from transforms.core.versions import link_versions

EXAMPLES = settings(max_examples=60, deadline=None)


def plain(edges):
    return {edge.child.article_id: (edge.parent.article_id, edge.relation) for edge in edges}


def by_index(signatures, rules=ALL_PAIRS):
    """Parents and relations by the index, in order of rank."""
    index = SignatureIndex(rules)
    decisions = index.add(signatures)
    return plain(index.parents.values()), relations(decisions.links)


def relations(links):
    return sorted(
        (link.child.article_id, link.other.article_id, link.relation, link.comparison.jaccard)
        for link in links
        if link.relation != "updated_version"
    )


class Joined(NamedTuple):
    """What the batch join gives."""

    edges: list
    links: list

    @property
    def parents(self):
        return plain(edge for edge in self.edges if edge.relation != "repeat")

    @property
    def repeats(self):
        return sorted(
            (edge.child.article_id, edge.child.origin.index)
            for edge in self.edges
            if edge.relation == "repeat"
        )


def by_join(signatures, rules=ALL_PAIRS, seed=0, redecide=False):
    """The batch join with dicts as shuffles; whatever meets at a key meets in any order."""

    def shuffle(messages):
        groups = {}
        for key, message in shuffled(messages, seed):
            groups.setdefault(key, []).append(message)
        return groups.items()

    at_text, bands, urls = [], [], []
    for one in signatures:
        key = text_key(one, rules)
        at_text.append((key, signature_message(one)))
        settled = one.member.settled is not None
        entry = entry_of(one.member, key, settled=settled, reopened=redecide)
        bands += [(band, entry) for band in keys_of([one], rules)[0]]
        if one.url_key:
            urls.append((one.url_key, versioned(one, key)))
    pairs = {pair for _, bucket in shuffle(bands) for pair in bucket_pairs(bucket, rules)}
    for earlier, later in pairs:
        at_text += pair_messages(earlier, later)
    for _, group in shuffle(urls):
        for link in link_versions(group, rules):
            at_text += version_messages(link)
    edges, at_later, links = [], [], []
    for key, messages in shuffle(at_text):
        settled = settle_text(key, messages, rules)
        edges += settled.edges
        at_later += settled.messages
    for _, messages in shuffle(at_later):
        near, related, _ = compare_text(messages, rules)
        edges += near
        links += related
    children = [edge.child.origin for edge in edges]
    assert len(children) == len(set(children)), "a record was decided twice"
    told = [(link.child.article_id, link.other.article_id, link.relation) for link in links]
    assert len(told) == len(set(told)), "a relation was told twice"
    return Joined(edges, links)


# The index -------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(with_repeats)
def test_the_index_finds_the_parents_that_looking_at_all_pairs_finds(corpus):
    assert by_index(sign(corpus))[0] == oracle(corpus)


@EXAMPLES
@given(with_repeats, st.integers(0, 999), st.lists(st.integers(0, 30), max_size=5))
def test_neither_order_of_arrival_nor_batches_change_what_the_index_decides(corpus, seed, cuts):
    arriving = shuffled(sign(corpus), seed)
    index = SignatureIndex(ALL_PAIRS)
    told = {}
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(arriving)], strict=True):
        for edge in index.add(arriving[first:last]).edges:
            if edge.relation != "repeat":
                told[edge.child.article_id] = edge
    assert plain(index.parents.values()) == oracle(corpus)
    assert plain(told.values()) == oracle(corpus), "the edges that were told do not add up to the parents"


@EXAMPLES
@given(with_repeats)
def test_in_order_of_rank_every_decision_is_told_once(corpus):
    index = SignatureIndex(ALL_PAIRS)
    children = []
    for one in sorted(sign(corpus), key=lambda s: rank(s.member)):
        children += [e.child.article_id for e in index.add([one]).edges if e.relation != "repeat"]
    assert len(children) == len(set(children))


def test_an_early_copy_that_comes_late_is_the_parent_of_one_of_unknown_time():
    # b is too late for a; the copy of unknown time comes after both, and a is the lowest.
    corpus = [Story(1, 30, 0, body(1)), Story(2, None, 0, body(1)), Story(0, 0, 0, body(1))]
    index = SignatureIndex(ALL_PAIRS)
    for one in sign(corpus):
        index.add([one])
    assert plain(index.parents.values()) == {hex_id(2): (hex_id(0), "exact")} == oracle(corpus)


@pytest.mark.parametrize(
    ("order", "parents"),
    [
        ((0, 1, 2), {hex_id(1): (hex_id(0), "exact")}),
        ((2, 0, 1), {hex_id(1): (hex_id(0), "exact")}),
        ((2, 1, 0), {hex_id(0): (hex_id(1), "exact")}),
        ((1, 2, 0), {hex_id(0): (hex_id(1), "exact")}),
    ],
)
def test_of_an_article_read_twice_with_different_times_the_index_keeps_the_record_that_came_first(
    order, parents
):
    corpus = [Story(0, 0, 0, body(1)), Story(0, 5, 0, body(1)), Story(1, 2, 0, body(1))]
    index = SignatureIndex(ALL_PAIRS)
    signatures = sign(corpus)
    for number in order:
        index.add([signatures[number]])
    assert plain(index.parents.values()) == parents


# The batch join --------------------------------------------------------------------------------------------------


@EXAMPLES
@given(with_later_repeats, st.integers(0, 999))
def test_the_join_finds_the_parents_that_looking_at_all_pairs_finds(corpus, seed):
    found = by_join(sign(corpus), seed=seed)
    assert found.parents == oracle(corpus)
    _, repeats = split_repeats(s.member for s in sign(corpus))
    assert found.repeats == sorted((e.child.article_id, e.child.origin.index) for e in repeats)


@EXAMPLES
@given(with_repeats, st.integers(0, 999), st.sampled_from((1, 2, 3, 1000)), st.booleans())
def test_join_and_index_give_the_same_also_where_buckets_are_hot(corpus, seed, limit, guard):
    rules = dataclasses.replace(ALL_PAIRS, bucket_limit=limit, guard=guard)
    found = by_join(sign(corpus, rules), rules, seed)
    parents, links = by_index(sign(corpus, rules), rules)
    assert found.parents == parents
    assert relations(found.links) == links


@EXAMPLES
@given(with_repeats, st.integers(0, 999), st.integers(0, 3))
def test_join_and_index_give_the_same_with_the_usual_bands_and_other_rules(corpus, seed, number):
    rules = (
        DedupRules(),
        DedupRules(rows=4, bands=3, seed=9),
        DedupRules(threshold=0.5, similar=0.3, containment=0.6, horizon_days=3),
        DedupRules(near_min_tokens=12, min_tokens=5, guard_numbers=True),
    )[number]
    found = by_join(sign(corpus, rules), rules, seed)
    parents, links = by_index(sign(corpus, rules), rules)
    assert found.parents == parents
    assert relations(found.links) == links


def test_bodies_of_fewer_words_than_any_duplicate_has_are_not_near_either():
    rules = DedupRules(min_tokens=12, near_min_tokens=5)
    corpus = [Story(0, 0, 0, body(1, 10)), Story(1, 1, 0, f"{body(1, 10)} ختام")]
    assert shingle_set(corpus[0].text) < shingle_set(corpus[1].text)
    assert by_index(sign(corpus, rules), rules) == ({}, [])
    assert by_join(sign(corpus, rules), rules) == ([], [])


@EXAMPLES
@given(with_later_repeats, st.integers(0, 999))
def test_nothing_that_the_join_gives_depends_on_order(corpus, seed):
    signatures = sign(corpus)
    one, other = by_join(signatures), by_join(shuffled(signatures, seed), seed=seed)
    assert sorted(one.edges, key=str) == sorted(other.edges, key=str)
    assert sorted(one.links, key=str) == sorted(other.links, key=str)


@EXAMPLES
@given(corpora)
def test_what_is_kept_says_nothing_near_to_what_it_is_no_duplicate_of(corpus):
    found = by_join(sign(corpus)).parents
    text = {hex_id(story.who): dedup_text(story.text) for story in corpus}
    for child, (parent, relation) in found.items():
        assert (text[child] == text[parent]) == (relation == "exact")
        while parent in found:
            parent = found[parent][0]
        assert parent not in found


# Versions --------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(
    st.lists(
        st.tuples(days, texts, st.sampled_from(("", "https://n.example/1", "https://n.example/2"))),
        min_size=2,
        max_size=12,
    ),
    st.integers(0, 999),
)
def test_each_article_of_a_url_is_linked_to_the_one_before_it(articles, seed):
    corpus = [Story(number, day, 0, text, url) for number, (day, text, url) in enumerate(articles)]
    found = {
        link.child.article_id: (link.other.article_id, link.version)
        for link in by_join(sign(corpus), seed=seed).links
        if link.relation == "updated_version"
    }
    expected = {}
    for url in {story.url for story in corpus} - {""}:
        group = sorted((s.member for s in sign(corpus) if corpus[s.member.origin.index].url == url), key=rank)
        version = 1
        for before, later in itertools.pairwise(group):
            near = is_within(before.event_us, later.event_us, 14 * DAY)
            version = version + 1 if near else 1
            if near:
                expected[later.article_id] = (before.article_id, version)
    assert found == expected


# Several runs ----------------------------------------------------------------------------------------------------


def settle(signatures, joined, known):
    """What a run writes into the index: `known` (by id) with the decisions of the run."""
    edges = {edge.child.article_id: edge for edge in joined.edges if edge.relation != "repeat"}
    versions = {link.child.article_id: link.version for link in joined.links if link.version}
    found = dict(known)
    for one in [*known.values(), *sorted(signatures, key=lambda s: rank(s.member))]:
        key = one.member.article_id
        if key in found and (one is not found[key] or key not in edges):
            continue  # read again, or left as it was
        version = one.member.settled.version if key in found else versions.get(key, 1)
        edge = edges.get(key)
        made = (
            Settled("", None, 0, key, "", version)
            if edge is None
            else Settled(
                edge.parent.article_id,
                edge.parent.event_us,
                edge.parent.priority,
                edge.parent.article_id,
                edge.relation,
                version,
            )
        )
        found[key] = dataclasses.replace(one, member=dataclasses.replace(one.member, settled=made))
    return found


def parents_in(known):
    return {
        key: (one.member.settled.parent_id, one.member.settled.relation)
        for key, one in known.items()
        if one.member.settled.parent_id
    }


@EXAMPLES
@given(with_repeats, st.integers(0, 999), st.lists(st.integers(0, 29), min_size=1, max_size=3))
def test_several_runs_with_an_index_decide_what_one_run_decides(corpus, seed, cuts):
    arriving = shuffled(sign(corpus), seed)
    known = {}
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(arriving)], strict=True):
        run = arriving[first:last]
        joined = by_join([*known.values(), *run], seed=seed)
        for edge in joined.edges:
            if edge.relation != "repeat" and edge.child.settled is not None:
                before = known[edge.child.article_id].member.settled
                assert (before.parent_id, before.relation) != (edge.parent.article_id, edge.relation)
        known = settle(run, joined, known)
    assert parents_in(known) == oracle(corpus)


@EXAMPLES
@given(with_later_repeats, st.integers(0, 999))
def test_reading_everything_again_gives_repeats_and_nothing_else(corpus, seed):
    corpus = [story._replace(url=f"https://n.example/{story.who % 3}") for story in corpus]
    first = by_join(sign(corpus), seed=seed)
    known = settle(sign(corpus), first, {})
    again = by_join([*known.values(), *sign(corpus)], seed=seed)
    assert {edge.relation for edge in again.edges} == {"repeat"}
    assert len(again.edges) == len(corpus)
    assert again.links == []


@EXAMPLES
@given(corpora, st.integers(0, 999), st.integers(1, 24))
def test_deciding_anew_beside_new_articles_changes_nothing_else(corpus, seed, first):
    signatures = sign(corpus)
    known = settle(signatures[:first], by_join(signatures[:first], seed=seed), {})
    both = [*known.values(), *signatures[first:]]
    usual, anew = by_join(both, seed=seed), by_join(both, seed=seed, redecide=True)
    assert usual.parents == anew.parents


@pytest.mark.parametrize("redecide", [False, True])
def test_an_earlier_record_of_a_settled_article_hides_no_lower_copy(redecide):
    # z and its copy x are settled; x is read again with a time before z's; y is near to them.
    corpus = [Story(1, 10, 0, body(1)), Story(0, 20, 0, body(1))]
    known = settle(sign(corpus), by_join(sign(corpus)), {})
    new = sign([*corpus, Story(0, 8, 0, body(1)), Story(2, 21, 0, text_of("story", 1, 2))])[2:]
    found = by_join([*known.values(), *new], redecide=redecide)
    assert found.parents == {hex_id(2): (hex_id(1), "near")}


@EXAMPLES
@given(corpora, st.integers(0, 999))
def test_deciding_anew_by_a_lower_threshold_finds_what_was_missed(corpus, seed):
    strict = dataclasses.replace(ALL_PAIRS, threshold=0.9)
    known = settle(sign(corpus), by_join(sign(corpus, strict), strict, seed), {})
    again = by_join(list(known.values()), seed=seed, redecide=True)
    assert parents_in(known) | again.parents == oracle(corpus)
