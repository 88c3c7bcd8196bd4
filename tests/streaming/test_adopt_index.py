"""A stream that takes an index over decides what one run over both decides, on each engine."""

import pickle

import pytest
from dedup_samples import DAY, body, mutate, normalized, shuffled
from indexes import CONFIG, index_of_signatures
from streams import ARRIVAL, ENGINES, RULES, in_groups, run

from pipelines.handover import adopted_index
from pipelines.index import index_parameters, open_index
from transforms import index_store
from transforms.adopt_index import Piece
from transforms.core.index import SignatureIndex
from transforms.core.normalize import NormalizeRules
from transforms.decide import DecideArticles, _DecideFn
from transforms.index_store import AdoptedIndex, IndexFiles
from transforms.sign import sign_all, signable_of


def story(number):
    """Invented articles in families of six: copies, near copies and others, a family within a day."""
    text = body(number // 6) if number % 3 else mutate(body(number // 6), 0.03, number)
    return normalized(text, number / 10, number, "wire", f"https://n.example/{number}")


STORIES = [story(number) for number in range(60)]
KNOWN, ARRIVING = STORIES[::2], shuffled(STORIES[1::2], 4)


def signed(articles):
    return sign_all([signable_of(article, {}, 1) for article in articles], NormalizeRules(), RULES)


def expected(articles):
    """What the rule says: article id -> (parent, root, relation)."""
    index, found = SignatureIndex(RULES), {}
    index.add(signed(articles))
    for article in articles:
        key = article.article.article_id
        edge = index.parents.get(key)
        parent, relation = ("", "") if edge is None else (edge.parent.article_id, edge.relation)
        found[key] = (parent, index.root_of(key), relation)
    return found


def adopted_from(folder, articles, at_us=ARRIVAL):
    root = index_of_signatures(folder / "index", signed(articles))
    index = open_index(str(root), index_parameters(CONFIG), "read")
    return adopted_index(index, "/news/stream", CONFIG, at_us)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_index_is_known_before_the_first_article_is_decided(engine, tmp_path, monkeypatch):
    """What it knows already comes again, too, and is a repeat from the first moment on."""
    right, before = expected(STORIES), expected(KNOWN)
    own = {article.article.article_id for article in ARRIVING}
    monkeypatch.setattr(index_store, "_PIECE", 2)

    def check(rows):
        kinds = {kind: [row for of, row in rows if of == kind] for kind in ("ok", "drop", "told")}
        kept = [one.article.article_id for batch in kinds["ok"] for one in batch.articles]
        assert set(kept) <= own
        assert len(kept) + len(kinds["drop"]) == len(ARRIVING) + len(KNOWN)
        repeats = [row for row in kinds["drop"] if row.relation == "repeat"]
        assert sorted(row.article_id for row in repeats) == sorted(before)
        assert all(row.parent_from_index for row in repeats)
        last = {}
        for one in sorted(kinds["told"], key=lambda one: one.revision):
            last[one.article_id] = (one.parent_id, one.root_id, one.relation)
        assert {**before, **last} == right
        # What is left for another index says the same.
        signatures = [row for kind, row in rows if kind == "signed"]
        assert {one.member.article_id for one in signatures} == own
        members = [one.member for one in signatures] + [row for kind, row in rows if kind == "amended"]
        said = {}
        for one in sorted(members, key=lambda one: one.settled.revision):
            said[one.article_id] = (one.settled.parent_id, one.settled.root_id, one.settled.relation)
        assert {**before, **said} == right

    arriving = in_groups(shuffled([*KNOWN, *ARRIVING], 5))
    run(engine, arriving, check, adopted=adopted_from(tmp_path, KNOWN), shared=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_in_order_of_time_every_article_is_decided_once(engine, tmp_path):
    later = STORIES[30:]

    def check(rows):
        told = [row for kind, row in rows if kind == "told"]
        right = expected(STORIES)
        assert {one.article_id: (one.parent_id, one.root_id, one.relation) for one in told} == {
            one.article.article_id: right[one.article.article_id] for one in later
        }
        assert [one.revision for one in told] == [1] * len(later)

    run(engine, in_groups(later), check, adopted=adopted_from(tmp_path, STORIES[:30]))


def test_articles_that_come_before_the_index_wait_and_are_decided_when_it_is_whole():
    class Value(list):
        """State as an engine gives it."""

        def read(self):
            return self[-1] if self else None

        write = list.append

    class Bag(list):
        add = list.append

        def read(self):
            return tuple(self)

    adopted = AdoptedIndex(IndexFiles("index", ("a", "b")), (1, 2), None, 0)
    decide = _DecideFn(DecideArticles(RULES, {}, NormalizeRules(), adopted=adopted))
    head, seen, waiting = Value(), Value(), Bag()
    first, second = (pickle.dumps([number]) for number in range(2))
    pieces = [pickle.dumps(Piece(*part, 2, (), 0, None, 0)) for part in ((0, 0, 2), (1, 0, 1), (0, 1, 2))]
    due = [decide._due(one, head, seen, waiting) for one in (first, pieces[0], pieces[1], pieces[1], second)]
    assert due == [[], [pieces[0]], [pieces[1]], [pieces[1]], []]
    assert decide._due(pieces[2], head, seen, waiting) == [pieces[2], first, second]
    assert waiting == []
    assert decide._due(first, head, seen, waiting) == [first]
    # A job that is updated does not read the index again, perhaps.
    assert decide._due(first, Value([b"a head"]), Value(), Bag()) == [first]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_taken_over_is_forgotten_like_what_arrived(engine, tmp_path):
    def at(day, name):
        return normalized(body("horizon"), 20_000 + day, day, url=f"https://n.example/{name}")

    groups = [
        (ARRIVAL + 12 * DAY, [at(12, "copy")]),
        (ARRIVAL + 60 * DAY, [at(60, "new"), at(14, "too late")]),
    ]

    def check(rows):
        told = {row.event_us // DAY - 20_000: row for kind, row in rows if kind == "told"}
        assert {day: (one.relation, one.unchecked) for day, one in told.items()} == {
            12: ("exact", False),
            60: ("", False),
            14: ("", True),
        }

    adopted = adopted_from(tmp_path, [at(0, "first")], ARRIVAL)
    run(engine, groups, check, adopted=adopted)
