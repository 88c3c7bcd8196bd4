"""Articles that arrive on the engines that stream, and what came of them: the last revision of each decision."""

import contextlib

import apache_beam as beam
import prism
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp
from dedup_samples import DAY

from pipelines.engine import STREAMING, resolve_engine
from pipelines.worker_processes import divide, worker_pool
from schemas.elements import NormalizedArticle
from transforms.core.cluster import DedupRules
from transforms.core.normalize import NormalizeRules
from transforms.decide import DecideArticles

RULES = DedupRules()
ENGINES = ("BundleBasedDirectRunner", "PrismRunner")
#: Prism with the steps divided among two worker processes.
DIVIDED = "PrismRunner in two processes"
ARRIVAL = 20_000 * DAY


def in_groups(articles, size=9):
    """Let articles arrive in groups, two seconds apart."""
    return [
        (ARRIVAL + 2_000_000 * number, articles[first : first + size])
        for number, first in enumerate(range(0, len(articles), size))
    ]


def folded(decisions):
    last = {}
    for one in decisions:
        if one.article_id not in last or one.revision > last[one.article_id].revision:
            last[one.article_id] = one
    return {key: (one.parent_id, one.root_id, one.relation) for key, one in last.items()}


@contextlib.contextmanager
def pipeline_on(engine):
    """Give an empty pipeline, and run it to its end after the block."""
    if engine != "BundleBasedDirectRunner":
        flags = ["--streaming", *(["--sdk_worker_parallelism=2"] if engine == DIVIDED else [])]
        options = prism.options(*flags)
        pool = worker_pool(resolve_engine("PrismRunner", STREAMING), options)
        with pool as processes, beam.Pipeline(options=options) as pipeline:
            yield pipeline
            divide(pipeline, processes)
        return
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    with beam.Pipeline(runner=engine, options=options) as pipeline:
        yield pipeline


def run(engine, groups, check, rules=RULES, step=1_000_000, batch=7, **more):
    """Let groups of articles arrive one after the other; `groups` holds (microseconds of arrival, articles).

    `more` goes to DecideArticles.
    """
    stream = TestStream(coder=beam.coders.PickleCoder())
    for at, articles in groups:
        stream = stream.add_elements(
            [
                TimestampedValue(article, Timestamp(micros=at + place))
                for place, article in enumerate(articles)
            ]
        )
        if step:
            stream = stream.advance_watermark_to(Timestamp(micros=at + step))
    stream = stream.advance_watermark_to_infinity()
    with pipeline_on(engine) as pipeline:
        arriving = pipeline | "Arrive" >> stream.with_output_types(NormalizedArticle)
        out = arriving | "Decide" >> DecideArticles(rules, {}, NormalizeRules(), batch=batch, **more)
        told = (
            out.ok | "KeyOk" >> beam.Map(lambda row: ("ok", row)).with_output_types(tuple[str, object]),
            out.duplicates
            | "KeyDrops" >> beam.Map(lambda row: ("drop", row)).with_output_types(tuple[str, object]),
            out.decisions
            | "KeyTold" >> beam.Map(lambda row: ("told", row)).with_output_types(tuple[str, object]),
            out.signatures
            | "KeySigned" >> beam.Map(lambda row: ("signed", row)).with_output_types(tuple[str, object]),
            out.amendments
            | "KeyAmended" >> beam.Map(lambda row: ("amended", row)).with_output_types(tuple[str, object]),
        ) | "All" >> beam.Flatten()
        assert_that(told, check, label="Check")
    return pipeline.result


def parts(rows):
    ok = [one for kind, batch in rows if kind == "ok" for one in batch.articles]
    return ok, [row for kind, row in rows if kind == "drop"], [row for kind, row in rows if kind == "told"]
