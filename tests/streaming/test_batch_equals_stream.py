"""Real articles, hottest clusters included: a stream decides what a batch run decides, in any order, on each engine."""

import functools
import gzip
import io
import json
import random
import time
from collections import Counter

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that
from corpus import SHARED, warraq
from rich.console import Console
from streams import DIVIDED, ENGINES, RULES, folded, in_groups, parts, run

from pipelines.config import Config
from pipelines.config_tree import parse_plan
from pipelines.final import final_rows
from pipelines.follow import FollowRequest, run_follow
from pipelines.outcome import ExitCode
from pipelines.published import published_files
from pipelines.verify_commits import verify_commits
from schemas.avro import read_rows
from schemas.elements import NormalizedArticle, Origin, RawRecord
from transforms.aids import load_aids
from transforms.core.compared import normalize
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.index import SignatureIndex
from transforms.core.live_index import LiveIndex
from transforms.core.parse import parse
from transforms.deduplicate import DeduplicateArticles
from transforms.files import OutputFolder
from transforms.sign import sign_all, signable_of

DAYS = SHARED / "saudinewsnet_dev"
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DAYS.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]
CONFIG = Config()
ORDERS = ("in order", "shuffled", "reversed", "redelivered", "late ones at the end")


@functools.cache
def articles_of(days, most):
    """The articles of the largest families of the first days, and others until there are `most`; in order of time."""
    plan, found = parse_plan(CONFIG), []
    for path in sorted(DAYS.iterdir())[:days]:
        with gzip.open(path) as lines:
            for number, line in enumerate(lines):
                record = RawRecord(line, "json", "utf-8", "", Origin(path.name, number, 0))
                try:
                    article = parse(record, plan, load_aids(plan.scope.language_model))
                except (ArticleError, OutOfScope):
                    continue
                found.append(normalize(article, CONFIG.normalize))
    index = SignatureIndex(RULES)
    index.add(signed(found))
    families = Counter(index.root_of(one.article.article_id) for one in found)
    # Of the largest families their whole, then the others as they come.
    found.sort(key=lambda one: -families[index.root_of(one.article.article_id)])
    chosen = found[: most // 2]
    rest = found[most // 2 :]
    random.Random(7).shuffle(rest)
    chosen += rest[: most - len(chosen)]
    return tuple(sorted(chosen, key=lambda one: one.article.event_us or 0))


def signed(articles):
    return sign_all([signable_of(one, {}, 1) for one in articles], CONFIG.normalize, RULES)


def arranged(articles, order):
    articles = list(articles)
    if order == "shuffled":
        random.Random(11).shuffle(articles)
    elif order == "reversed":
        articles.reverse()
    elif order == "redelivered":
        articles = [one for article in articles for one in (article,) * (1 + len(article.article.text) % 3)]
    elif order == "late ones at the end":
        articles = articles[len(articles) // 5 :] + articles[: len(articles) // 5]
    return articles


@functools.cache
def decided_in_a_batch(articles, folder):
    """What the batch job says: article id -> (parent, root, relation)."""
    path = folder / f"{len(articles)}.json"

    def keep(rows):
        path.write_text(json.dumps([(r.article_id, r.parent_id, r.root_id, r.relation) for r in rows]))

    with beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([])) as pipeline:
        made = pipeline | "Make" >> beam.Create(list(articles)).with_output_types(NormalizedArticle)
        out = made | "Deduplicate" >> DeduplicateArticles(RULES, {})
        assert_that(out.duplicates, keep, label="Keep")
    dropped = {row[0]: tuple(row[1:]) for row in json.loads(path.read_text()) if row[3] != "repeat"}
    return {
        one.article.article_id: dropped.get(one.article.article_id, ("", one.article.article_id, ""))
        for one in articles
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("batch")


def check_stream(engine, order, articles, folder):
    right, arriving = decided_in_a_batch(articles, folder), arranged(articles, order)

    def check(rows):
        ok, drops, told = parts(rows)
        wrong = {key for key, found in folded(told).items() if found != right[key]}
        assert (wrong, len(folded(told))) == (set(), len(right))
        assert len(ok) + len(drops) == len(arriving)
        repeats = sum(row.relation == "repeat" for row in drops)
        assert repeats == len(arriving) - len(right)
        if order in ("in order", "redelivered"):
            assert len(told) == len(right), "in order there is one revision per article"

    run(engine, in_groups(arriving, 40), check, batch=50)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", ORDERS)
def test_three_hundred_real_articles_are_decided_as_in_a_batch(engine, order, folder):
    articles = articles_of(1, 300)
    assert len(articles) == 300
    check_stream(engine, order, articles, folder)


@pytest.mark.long
@pytest.mark.parametrize("engine", [*ENGINES, DIVIDED])
@pytest.mark.parametrize("order", ORDERS)
def test_more_than_three_thousand_real_articles_are_decided_as_in_a_batch(engine, order, folder):
    articles = articles_of(13, 3_200)
    assert len(articles) == 3_200
    check_stream(engine, order, articles, folder)


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS)
def test_all_real_articles_are_decided_as_in_a_batch_by_the_index_alone(order, folder):
    articles = articles_of(13, 30_000)
    right, arriving = decided_in_a_batch(articles, folder), arranged(articles, order)
    live, told = LiveIndex(RULES), []
    signatures = signed(arriving)
    for first in range(0, len(signatures), 200):
        told += live.decide(signatures[first : first + 200], 20_000).decisions
    found = folded(told)
    assert len(found) == len(right) > 22_000
    assert {key for key in right if found[key] != right[key]} == set()


def write_lines(articles, path):
    """Write the records that articles were read from, in their order."""
    lines = {}
    for day in sorted({one.article.origin.uri for one in articles}):
        lines[day] = gzip.decompress((DAYS / day).read_bytes()).splitlines(keepends=True)
    origins = [one.article.origin for one in articles]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(lines[origin.uri][origin.index] for origin in origins))


def decided_and_written(output):
    """Of each article the decision, and of those that are kept the row, tags and all, but for where it was read."""
    folder = OutputFolder(str(output))
    equal = ("kept", "relation", "parent_id", "root_id")
    decided = {row["article_id"]: tuple(row[name] for name in equal) for row in final_rows(folder)}
    written = {}
    for file in published_files(folder):
        if file.table == "articles":
            for row in read_rows(io.BytesIO(folder.read(file.path)), "articles"):
                if decided[row["article_id"]][0]:
                    written[row["article_id"]] = {name: row[name] for name in row if name != "origin"}
    return decided, written


@pytest.fixture(scope="module")
def batch_run(tmp_path_factory):
    folder, articles = tmp_path_factory.mktemp("follow"), articles_of(13, 3_200)
    write_lines(articles, folder / "in" / "all.jsonl")
    warraq("batch", "--input", folder / "in", "--output", folder / "batch")
    return articles, *decided_and_written(folder / "batch")


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS)
def test_follow_decides_tags_and_writes_what_a_batch_run_does(order, batch_run, tmp_path):
    articles, decided, written = batch_run
    assert len(articles) == 3_200
    arriving = arranged(articles, order)
    write_lines(arriving, tmp_path / "inbox" / "all.jsonl")
    output, began = tmp_path / "out", time.monotonic()
    request = FollowRequest(CONFIG, str(tmp_path / "inbox"), None, str(output), once=True, quiet=True)
    assert run_follow(request, Console(file=io.StringIO())) is ExitCode.OK
    took = time.monotonic() - began
    found, rows = decided_and_written(output)
    assert found == decided
    assert rows.keys() == written.keys()
    differing = {
        key: [name for name in row if row[name] != written[key][name]]
        for key, row in rows.items()
        if row != written[key]
    }
    assert differing == {}
    report = verify_commits(OutputFolder(str(output)))
    assert report.faults == []
    assert report.records_in == len(arriving)
    tags = sum(len(row["tags"]) for row in rows.values())
    print(
        f"{order}: {len(arriving):,} records, {len(found):,} articles, {len(rows):,} kept with {tags:,} tags, "
        f"{report.rows['decisions'] - len(found):,} revisions, {took:.0f} s"
    )
    assert tags > 10 * len(rows)
