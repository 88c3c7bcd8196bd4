import random

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.elements import Article, NormalizedArticle, Origin, Span, article_id
from transforms.core.cluster import DedupRules
from transforms.core.compared import normalize
from transforms.core.normalize import NormalizeRules
from transforms.core.parse import SourceRules
from transforms.deduplicate import DeduplicateArticles

DAY = 86_400_000_000
BODY = "اعلنت هيئة الموانئ افتتاح رصيف جديد يستقبل السفن الكبيرة ابتداء من الشهر المقبل"
VOCALISED = "أعلنَت هيئةُ الموانئِ افتتاحَ رصيفٍ جديدٍ، يستقبلُ السُّفنَ الكبيرةَ ابتداءً من الشهر المقبل."


def normalized(source, body, day, index=0, title="عنوان") -> NormalizedArticle:
    text = f"{title}\n\n{body}"
    return normalize(
        Article(
            article_id(source, "", text), source, "", text, Span(0, len(title)), len(title) + 2, (), (), "",
            None if day is None else int(day * DAY), None, "ar", (), Origin("f", index, 0),
        ),
        NormalizeRules(),
    )  # fmt: skip


def expect(articles, kept, dropped, sources=None, shards=1):
    with TestPipeline("FnApiRunner") as pipeline:
        doors = (
            pipeline
            | "Make" >> beam.Create(articles)
            | "Deduplicate" >> DeduplicateArticles(DedupRules(), sources or {}, shards)
        )
        rows = doors.ok | "Rows" >> beam.FlatMap(lambda b: [a.article.origin.index for a in b.articles])
        drops = doors.duplicates | "Drops" >> beam.Map(
            lambda d: (d.origin.index, d.parent_origin.index, d.relation)
        )
        assert_that(rows, equal_to(kept), "Kept")
        assert_that(drops, equal_to(dropped), "Dropped")


def test_spelling_does_not_hide_a_copy_and_the_earliest_is_kept():
    expect(
        [
            normalized("b", VOCALISED, 2, 1),
            normalized("a", BODY, 1, 2),
            normalized("c", BODY + " اليوم", 1, 3),
        ],
        [2, 3],
        [(1, 2, "exact")],
    )


def test_the_same_record_twice_is_a_repeat():
    expect([normalized("a", BODY, 1, 1), normalized("a", BODY, 1, 2)], [1], [(2, 1, "repeat")])


def test_short_bodies_are_never_copies_but_may_be_repeats():
    short = "كاريكاتير اليوم"
    expect(
        [normalized("a", short, 1, 1), normalized("b", short, 1, 2), normalized("a", short, 1, 3)],
        [1, 2],
        [(3, 1, "repeat")],
    )


def test_the_preferred_source_is_kept_at_the_same_time():
    sources = {"wire": SourceRules(priority=-1)}
    expect([normalized("a", BODY, 1, 1), normalized("wire", BODY, 1, 2)], [2], [(1, 2, "exact")], sources)


def test_copies_beyond_the_horizon_stay():
    expect([normalized("a", BODY, 1, 1), normalized("b", BODY, 16, 2)], [1, 2], [])


@pytest.mark.parametrize("seed", range(3))
def test_order_and_shards_change_nothing(seed):
    articles = [normalized(f"s{n}", BODY if n % 2 else VOCALISED + f" {n % 4}", n / 7, n) for n in range(40)]
    random.Random(seed).shuffle(articles)
    ordered = sorted(articles, key=lambda a: a.article.origin.index)
    firsts = {}
    for one in ordered:
        firsts.setdefault(one.digest, one.article.origin.index)
    kept = sorted(firsts.values())
    dropped = [
        (one.article.origin.index, firsts[one.digest], "exact")
        for one in ordered
        if one.article.origin.index not in kept
    ]
    expect(articles, kept, dropped, shards=1 + seed)


def test_a_batch_is_one_partition_in_order_of_rank():
    with TestPipeline("FnApiRunner") as pipeline:
        doors = (
            pipeline
            | "Make" >> beam.Create([normalized("a", f"{BODY} {n}", 5 - n / 10, n) for n in range(5)])
            | "Deduplicate" >> DeduplicateArticles(DedupRules(), {})
        )
        batches = doors.ok | "See" >> beam.Map(
            lambda b: (b.partition, tuple(a.article.origin.index for a in b.articles))
        )
        assert_that(
            batches,
            equal_to([("date=1970-01-05/source=a", (4, 3, 2, 1)), ("date=1970-01-06/source=a", (0,))]),
            "Batches",
        )
