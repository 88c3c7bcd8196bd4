"""DeduplicateArticles on Beam gives what the index in memory gives.

A run of the graph costs seconds, so tests that look at different rows share one.
"""

import dataclasses
import pickle

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from dedup_samples import DAY, body, cable, drift, jaccard, mutate, normalized, shuffled

from schemas.comparing import Settled
from transforms.core.cluster import DedupRules
from transforms.core.index import SignatureIndex
from transforms.core.normalize import NormalizeRules, dedup_text
from transforms.core.parse import SourceRules
from transforms.deduplicate import DeduplicateArticles, Undecided
from transforms.sign import sign_all, signable_of

RULES = DedupRules()


def corpus():
    """Sixty invented articles of six families: copies, near copies, parts, one template, loose ones, repeats."""
    found = []
    for family in range(3):
        story = body(family)
        near = [mutate(story, share, (family, share)) for share in (0.02, 0.03, 0.05, 0.08)]
        longer = f"{body((family, 'head'), 40)} {story} {body((family, 'tail'), 40)}"
        texts = [story, story, *near, longer, near[0], story]
        found += [(text, (5 * family + 4 * place) % 23 / 1.0) for place, text in enumerate(texts)]
    found += [(cable("سالم", "تونسيا"), 1), (cable("جوزيف", "كينستان"), 2), (cable("سالم", "تونسيا"), None)]
    found += [(body(("loose", number)), number / 2) for number in range(20)]
    found += [(body("short", 12), 3), (body("short", 12), 4), ("كاريكاتير", 1), ("كاريكاتير", 2)]
    articles = [
        normalized(text, day, number, "abc"[number % 3], f"https://n.example/{number}")
        for number, (text, day) in enumerate(found)
    ]
    again = [articles[number] for number in (0, 3, 8, 30, 31, 47)]
    return articles + [
        dataclasses.replace(
            one,
            article=dataclasses.replace(one.article, origin=one.article.origin._replace(index=100 + number)),
        )
        for number, one in enumerate(again)
    ]


def sign(articles, rules, sources):
    return sign_all([signable_of(one, sources, 1) for one in articles], NormalizeRules(), rules)


def by_index(articles, rules, sources):
    """(record, parent, root, relation) of every dropped record, and (record, other, relation), by the index."""
    index = SignatureIndex(rules)
    decisions = index.add(sign(articles, rules, sources))
    drops = [
        (edge.child.article_id, edge.parent.article_id, index.root_of(edge.child.article_id), edge.relation)
        for edge in decisions.edges
    ]
    links = [(link.child.article_id, link.other.article_id, link.relation) for link in decisions.links]
    return drops, links


def drop(row):
    return (row.article_id, row.parent_id, row.root_id, row.relation)


def relation(row):
    return (row.article_id, row.other_id, row.relation)


def check(articles, rules=RULES, sources=None, shards=1, seed=0):
    """Run the pipeline and the index on the same articles and compare what is kept, dropped and related."""
    drops, links = by_index(articles, rules, sources or {})
    dropped = {(article_id, kind) for article_id, _, _, kind in drops}
    kept = sorted(
        {one.article.article_id for one in articles} - {name for name, kind in dropped if kind != "repeat"}
    )
    with TestPipeline("FnApiRunner") as pipeline:
        doors = (
            pipeline
            | "Make" >> beam.Create(shuffled(articles, seed))
            | "Deduplicate" >> DeduplicateArticles(rules, sources or {}, shards)
        )
        rows = doors.ok | "Kept" >> beam.FlatMap(lambda b: [a.article.article_id for a in b.articles])
        assert_that(rows, equal_to(kept), "CheckKept")
        assert_that(doors.duplicates | "Drops" >> beam.Map(drop), equal_to(drops), "CheckDrops")
        assert_that(doors.relations | "Relations" >> beam.Map(relation), equal_to(links), "CheckRelations")
    return drops, links


@pytest.mark.parametrize(("seed", "shards"), [(0, 1), (1, 3)])
def test_in_any_order_the_pipeline_decides_what_the_index_decides(seed, shards):
    drops, links = check(corpus(), seed=seed, shards=shards)
    assert {kind for *_, kind in drops} == {"exact", "near", "repeat"}
    assert {kind for *_, kind in links} >= {"similar", "contains"}
    assert len(drops) > 20


def test_hot_buckets_and_other_rules_change_neither():
    rules = DedupRules(bucket_limit=2, threshold=0.6, similar=0.4, horizon_days=6)
    check(corpus(), rules, {"b": SourceRules(priority=-1)}, seed=5)


def test_a_deep_chain_of_versions_that_drift_has_one_root():
    versions = drift(30, seed="drift")
    assert min(map(jaccard, versions, versions[1:])) >= 0.8
    assert jaccard(versions[0], versions[10]) < 0.7
    articles = [normalized(text, number, number) for number, text in enumerate(versions)]
    # With a horizon of a day each version sees the one before only, so that the chain has 29 parents.
    drops, _ = check(articles, DedupRules(horizon_days=1), seed=3)
    ids = [one.article.article_id for one in articles]
    assert [parent for _, parent, _, _ in drops] == ids[:-1]
    assert {root for _, _, root, _ in drops} == {ids[0]}


DOORS = ("duplicates", "relations", "signatures", "amended")


def save(rows, path):
    with open(path, "wb") as file:
        pickle.dump(rows, file)


def rows_of(folder, articles, rules=RULES, sources=None, known=None):
    """Run the pipeline and return what came out of its doors as lists of rows."""
    with TestPipeline("FnApiRunner") as pipeline:
        made = pipeline | "Make" >> beam.Create(articles)
        inputs = made if known is None else Undecided(made, pipeline | "Known" >> beam.Create(known))
        doors = inputs | "Deduplicate" >> DeduplicateArticles(rules, sources or {}, indexed=known is not None)
        for name in DOORS:
            rows = getattr(doors, name) | f"All{name}" >> beam.combiners.ToList()
            _ = rows | f"Save{name}" >> beam.Map(save, str(folder / name))
    return {name: pickle.loads((folder / name).read_bytes()) for name in DOORS}


# What rows say ---------------------------------------------------------------------------------------------------

SAME = "https://n.example/1"
STORY, ROOTED, COPIED = body("relations", 60), body("rooted", 60), body("evidence", 80)
#: Scenes that have nothing to do with each other, and their articles.
SCENES = {
    "evidence": [normalized(COPIED, 1, 0), normalized(mutate(COPIED, 0.03, 1), 2, 1, "b")],
    "relations": [
        normalized(STORY, 1, 10, "a", f"{SAME}?utm_source=x"),
        normalized(f"{body('before')} {STORY} {body('after')}", 2, 11, "b"),
        normalized(mutate(STORY, 0.08, 1), 3, 12, "c"),
        normalized(body("other"), 4, 13, "a", SAME),
        normalized(body("third"), 5, 14, "a", f"{SAME}#top"),
    ],
    "rooted": [
        normalized(ROOTED, 1, 20),
        normalized(mutate(ROOTED, 0.02, 1), 9, 21, "b"),
        normalized(f"{body('head', 20)} {mutate(ROOTED, 0.02, 1)} {body('tail', 20)}", 20, 22, "c"),
    ],
    "template": [
        normalized(cable("سالم", "تونسيا"), 1, 30),
        normalized(cable("جوزيف", "كينستان"), 2, 31),
    ],
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    articles = [one for scene in SCENES.values() for one in scene]
    return rows_of(tmp_path_factory.mktemp("scenes"), shuffled(articles, 1))


def scene(rows, name):
    """The ids of a scene's articles, and the rows about them."""
    ids = [one.article.article_id for one in SCENES[name]]
    return ids, [row for row in rows if row.article_id in ids]


def test_a_dropped_record_carries_its_evidence(scenes):
    (first, later), (row,) = scene(scenes["duplicates"], "evidence")
    assert (row.article_id, row.parent_id, row.root_id, row.canonical_id) == (later, first, first, first)
    assert row.similarity == pytest.approx(jaccard(COPIED, mutate(COPIED, 0.03, 1)))
    assert row.shared_shingles == round(row.similarity / (1 + row.similarity) * 2 * 78)
    assert (row.shingles, row.parent_shingles) == (78, 78)
    assert (row.parent_us, row.event_us) == (DAY, 2 * DAY)
    assert (row.parent_from_index, row.root_from_index) == (False, False)
    assert (row.parent_origin.index, row.origin.index) == (0, 1)


def test_what_two_texts_share_is_shown_in_folded_words(scenes):
    _, (row,) = scene(scenes["duplicates"], "evidence")
    assert len(row.sample) == 3
    for words in row.sample:
        assert len(words.split()) == 3
        assert f" {words} " in f" {dedup_text(COPIED)} "
        assert f" {words} " in f" {dedup_text(mutate(COPIED, 0.03, 1))} "


def test_relations_read_as_sentences_and_drop_nothing(scenes):
    ids, found = scene(scenes["relations"], "relations")
    rows = {relation(row): row for row in found}
    assert len(rows) == len(found)
    assert set(rows) == {
        (ids[1], ids[0], "contains"),
        (ids[2], ids[0], "similar"),
        (ids[3], ids[0], "updated_version"),
        (ids[4], ids[3], "updated_version"),
    }
    contains = rows[ids[1], ids[0], "contains"]
    assert (contains.containment, contains.shared_shingles) == (1.0, 58)
    assert rows[ids[3], ids[0], "updated_version"].version == 2
    assert rows[ids[4], ids[3], "updated_version"].version == 3
    assert all(row.root_id == row.article_id and row.other_root_id == row.other_id for row in found)
    assert scene(scenes["duplicates"], "relations")[1] == []


def test_a_relation_to_a_dropped_article_names_its_root(scenes):
    ids, dropped = scene(scenes["duplicates"], "rooted")
    assert [drop(row) for row in dropped] == [(ids[1], ids[0], ids[0], "near")]
    _, (row,) = scene(scenes["relations"], "rooted")
    assert (relation(row), row.root_id, row.other_root_id) == ((ids[2], ids[1], "contains"), ids[2], ids[0])


def test_the_template_guard_keeps_cables_and_says_so(scenes):
    ids, (row,) = scene(scenes["relations"], "template")
    assert relation(row) == (ids[1], ids[0], "similar")
    assert row.blocked
    assert row.jaccard >= RULES.threshold
    assert (row.own_words, row.other_words) == (2, 2)
    assert scene(scenes["duplicates"], "template")[1] == []


def test_without_an_index_nothing_is_given_to_one(scenes):
    assert (scenes["signatures"], scenes["amended"]) == ([], [])


@pytest.mark.parametrize(("rule", "canonical"), [("preferred_source", 1), ("longest", 2)])
def test_the_rule_names_the_canonical_article_and_the_root_is_kept_all_the_same(tmp_path, rule, canonical):
    story = body("canonical", 80)
    articles = [
        normalized(story, 1, 0, "a"),
        normalized(mutate(story, 0.02, 1), 2, 1, "wire"),
        normalized(f"{story} وانتهى الحفل مساء", 3, 2, "b"),
    ]
    ids = [one.article.article_id for one in articles]
    sources = {"wire": SourceRules(priority=-1)}
    dropped = rows_of(tmp_path, articles, DedupRules(canonical=rule), sources)["duplicates"]
    assert {row.article_id for row in dropped} == set(ids[1:])
    assert {row.root_id for row in dropped} == {ids[0]}
    assert {row.canonical_id for row in dropped} == {ids[canonical]}


# With what earlier runs know -------------------------------------------------------------------------------------

ARTICLES = shuffled(corpus(), 7)
HALF = len(ARTICLES) // 2
LATE, LOST = body("late", 80), body("lost", 80)
#: A text on day 5, its copy, and what comes late, of day 4.
AMENDED = [
    normalized(LATE, 5, 200, "a"),
    normalized(LATE, 6, 201, "b"),
    normalized(mutate(LATE, 0.02, 1), 4, 202, "c"),
]
#: Copies ten days apart, of which the index forgets the first.
FORGOTTEN = [normalized(LOST, day, 210 + day, source) for day, source in ((0, "a"), (10, "b"), (20, "c"))]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A first run, a second one that knows it, and a third that reads most of it again."""
    folder = tmp_path_factory.mktemp
    first = rows_of(folder("first"), [*ARTICLES[:HALF], *AMENDED[:2], *FORGOTTEN[:2]], known=[])
    known = [one for one in first["signatures"] if one.member.article_id != FORGOTTEN[0].article.article_id]
    second = rows_of(folder("second"), [*ARTICLES[HALF:], AMENDED[2], FORGOTTEN[2]], known=known)
    signatures = {one.member.article_id: one for one in known + second["signatures"]}
    for member in second["amended"]:
        one = signatures[member.article_id]
        signatures[member.article_id] = dataclasses.replace(one, member=member)
    third = rows_of(folder("third"), [*ARTICLES, *AMENDED], known=list(signatures.values()))
    return first, second, third, signatures


def test_two_runs_decide_what_one_run_would(runs):
    *_, signatures = runs
    ours = {one.article.article_id for one in ARTICLES}
    settled = {
        (name, one.member.settled.parent_id, one.member.settled.relation)
        for name, one in signatures.items()
        if one.member.settled.parent_id and name in ours
    }
    drops, _ = by_index(ARTICLES, RULES, {})
    assert settled == {(child, parent, kind) for child, parent, _, kind in drops if kind != "repeat"}
    assert ours < signatures.keys()


def test_reading_everything_again_gives_repeats_and_nothing_else(runs):
    _, _, third, _ = runs
    assert {row.relation for row in third["duplicates"]} == {"repeat"}
    assert len(third["duplicates"]) == len(ARTICLES) + len(AMENDED)
    assert (third["amended"], third["signatures"]) == ([], [])
    late = {one.article.article_id for one in AMENDED}
    assert [relation(row) for row in third["relations"] if row.article_id not in late] == []


def test_what_was_superseded_once_is_not_told_again(runs):
    _, _, third, _ = runs
    assert [relation(row) for row in third["relations"]] == []


def test_an_earlier_article_that_comes_late_amends_and_supersedes(runs):
    first, second, _, _ = runs
    day_five, copy, late = (one.article.article_id for one in AMENDED)
    before = {one.member.article_id: one.member.settled for one in first["signatures"]}
    assert (before[day_five].relation, before[copy].relation) == ("", "exact")
    assert late not in {row.article_id for row in second["duplicates"]}
    amended = {member.article_id: member.settled for member in second["amended"]}
    assert amended[day_five] == Settled(late, 4 * DAY, 0, late, "near", 1, revision=2)
    assert amended[copy] == before[copy]._replace(root_id=late, revision=2), (
        "the copy keeps its parent, and has another root"
    )
    rows = [relation(row) for row in second["relations"] if row.other_id == late]
    assert rows == [(day_five, late, "superseded_by")]


def test_a_copy_of_what_an_earlier_run_dropped_has_the_root_that_was_written_down(runs):
    _, second, _, _ = runs
    lost, parent, child = (one.article.article_id for one in FORGOTTEN)
    (row,) = [row for row in second["duplicates"] if row.article_id == child]
    assert drop(row) == (child, parent, lost, "exact")
    assert (row.parent_from_index, row.root_from_index) == (True, True)
