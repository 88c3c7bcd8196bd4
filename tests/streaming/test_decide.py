"""Deciding in a stream gives what a batch run gives, on each engine that streams: asserted on the last revisions."""

import itertools

import pytest
from dedup_samples import DAY, body, mutate, normalized, shuffled
from streams import ARRIVAL, DIVIDED, ENGINES, RULES, folded, in_groups, parts, run

from transforms import decide
from transforms.core.index import SignatureIndex
from transforms.core.normalize import NormalizeRules
from transforms.sign import sign_all, signable_of


def story(number, day=0.0, source="wire"):
    """Sixty invented articles in families of six: copies, near copies and others."""
    text = body(number // 6) if number % 3 else mutate(body(number // 6), 0.03, number)
    return normalized(text, day, number, source, f"https://n.example/{number}")


STORIES = [story(number, day=number / 10) for number in range(60)]


def expected(articles, rules=RULES):
    """What the batch rule says: article id -> (parent, root, relation)."""
    signables = [signable_of(article, {}, 1) for article in articles]
    index = SignatureIndex(rules)
    index.add(sign_all(signables, NormalizeRules(), rules))
    found = {}
    for article in articles:
        key = article.article.article_id
        edge = index.parents.get(key)
        found[key] = (
            ("", key, "") if edge is None else (edge.parent.article_id, index.root_of(key), edge.relation)
        )
    return found


ORDERS = {
    "in order": STORIES,
    "shuffled": shuffled(STORIES, 5),
    "reversed": STORIES[::-1],
    "redelivered": [one for story in STORIES for one in (story, story)],
    "late ones at the end": STORIES[10:] + STORIES[:10],
}


@pytest.mark.parametrize(
    ("order", "engine"),
    [*itertools.product(ORDERS, ENGINES), ("shuffled", DIVIDED), ("redelivered", DIVIDED)],
)
def test_the_last_revisions_are_those_of_a_batch(engine, order):
    articles, right = ORDERS[order], expected(STORIES)

    def check(rows):
        ok, drops, told = parts(rows)
        assert folded(told) == right
        assert len(ok) + len(drops) == len(articles), "every record leaves once"
        repeats = [row for row in drops if row.relation == "repeat"]
        assert len(repeats) == len(articles) - len(STORIES)
        assert len({one.article.article_id for one in ok}) == len(ok)
        if order == "in order":
            assert [one.revision for one in told] == [1] * len(STORIES)

    run(engine, in_groups(articles), check)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_that_is_wiped_before_every_step_decides_the_same(engine, monkeypatch):
    right = expected(STORIES)
    usual, loads = decide._DecideFn._open, []

    def open_anew(self, head, bags):
        decide.forget_indexes()
        loads.append(1)
        return usual(self, head, bags)

    def check(rows):
        assert folded(parts(rows)[2]) == right

    monkeypatch.setattr(decide._DecideFn, "_open", open_anew)
    run(engine, in_groups(shuffled(STORIES, 3)), check)
    assert len(loads) > 3


@pytest.mark.parametrize("engine", ENGINES)
def test_articles_are_forgotten_by_arrival_and_those_that_come_too_late_are_marked(engine):
    text = body("horizon")

    def at(day, name):
        return normalized(text, 20_000 + day, day, url=f"https://n.example/{name}")

    groups = [
        (ARRIVAL, [at(0, "first")]),
        (ARRIVAL + 10 * DAY, [at(10, "copy")]),
        (ARRIVAL + 20 * DAY, [at(20, "copy of the copy")]),
        (ARRIVAL + 50 * DAY, [at(12, "too late"), at(50, "new")]),
    ]

    def check(rows):
        _, _, told = parts(rows)
        by_day = {one.event_us // DAY - 20_000: one for one in told}
        assert {day: one.relation for day, one in by_day.items()} == {
            0: "",
            10: "exact",
            20: "exact",
            12: "",
            50: "",
        }
        assert {day: one.unchecked for day, one in by_day.items()} == {
            0: False,
            10: False,
            20: False,
            12: True,
            50: False,
        }
        assert by_day[20].root_id == by_day[0].article_id, "the root was forgotten, its name was not"

    run(engine, groups, check)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_article_that_is_repeated_stays_known_and_one_that_is_not_appears_anew(engine):
    often, seldom = (
        normalized(body(name), 20_000, number) for number, name in enumerate(("often", "seldom"))
    )
    groups = [
        (ARRIVAL, [often, seldom]),
        (ARRIVAL + 12 * DAY, [often]),
        (ARRIVAL + 24 * DAY, [often, seldom]),
    ]

    def check(rows):
        ok, drops, told = parts(rows)
        once, twice = often.article.article_id, seldom.article.article_id
        assert sorted(one.article.article_id for one in ok) == sorted([once, twice, twice])
        assert [(row.article_id, row.relation) for row in drops] == [(once, "repeat")] * 2
        assert sorted((one.article_id, one.revision) for one in told) == sorted(
            [(once, 1), (twice, 1), (twice, 1)]
        )

    run(engine, groups, check)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_watermark_that_stands_still_keeps_everything(engine):
    right = expected(STORIES)

    def check(rows):
        assert folded(parts(rows)[2]) == right

    run(engine, [(ARRIVAL, STORIES[number : number + 5]) for number in range(0, 60, 5)], check, step=0)


@pytest.mark.parametrize("checked", [True, False])
def test_failing_bundles_change_nothing_because_the_version_is_checked(checked, monkeypatch):
    right = expected(STORIES)
    fails = {"left": 2, "calls": 0}
    usual_tell, usual_open = decide.tell, decide._DecideFn._open

    def tell_and_fail(*args):
        told = usual_tell(*args)
        fails["calls"] += 1
        if fails["left"] and fails["calls"] % 3 == 0:
            fails["left"] -= 1
            decide._INDEXES["failed"] = args[0]  # it knows articles that the state does not hold
            raise RuntimeError("a bundle that fails after its articles were decided")
        return told

    def open_what_the_failed_bundle_left(self, head, bags):
        index = decide._INDEXES.pop("failed", None)
        if index is not None:
            decide._INDEXES[self._step] = index
        return usual_open(self, head, bags)

    def check(rows):
        ok, drops, told = parts(rows)
        assert (folded(told), len(ok) + len(drops)) == (right, len(STORIES))
        assert not [row for row in drops if row.relation == "repeat"]

    monkeypatch.setattr(decide, "tell", tell_and_fail)
    monkeypatch.setattr(decide._DecideFn, "_open", open_what_the_failed_bundle_left)
    if checked:
        run("BundleBasedDirectRunner", in_groups(STORIES), check)
    else:
        monkeypatch.setattr(decide._DecideFn, "_fits", lambda *_: True)
        with pytest.raises(Exception, match="assert"):
            run("BundleBasedDirectRunner", in_groups(STORIES), check)
    assert fails["left"] == 0
