"""The one graph of warraq: read -> parse -> normalise -> deduplicate -> tag -> write, of files or of a stream."""

import dataclasses
from typing import Any

import apache_beam as beam

from pipelines.config import Config
from pipelines.config_tree import parse_plan
from transforms.core.tagging.user_rules import UserRules
from transforms.decide import DecideArticles
from transforms.deduplicate import DeduplicateArticles, Undecided
from transforms.index_store import AdoptedIndex, IndexFiles, ReadIndex
from transforms.normalize import NormalizeArticles
from transforms.parse import ParseArticles
from transforms.tag import TagArticles
from transforms.write import Tables, WriteIndex, WriteRules, Written

__all__ = ["IndexPlan", "build", "parse_plan"]


@dataclasses.dataclass(frozen=True)
class IndexPlan:
    """How a run uses an index: what it reads of it, whether it decides old articles anew, and where it writes."""

    files: IndexFiles
    redecide: bool
    write: WriteRules


def build(
    pipeline: beam.Pipeline,
    config: Config,
    source: beam.PTransform,
    sink: beam.PTransform,
    index: IndexPlan | None = None,
    user_rules: UserRules = UserRules(),  # noqa: B008 (frozen)
    infer: beam.PTransform | None = None,
    *,
    streaming: bool = False,
    publish: beam.PTransform | None = None,
    adopted: AdoptedIndex | None = None,
    shared: bool = False,
) -> Any:
    """Wire the stages onto `pipeline` and return what `sink` gives, or `publish` where that is given.

    `source` gives `ReadOutputs` from the pipeline's begin; `sink` takes `Tables`. Every record that
    `source` gives leaves by exactly one of the tables articles, duplicates, dead letters and filtered. With an
    `index` the articles are also compared with those of earlier runs, and their signatures are written into it.
    `streaming` decides article by article as they come (`transforms.decide`): its index is state, which begins with what it has
    `adopted`; where it is `shared`, the tables have what another index needs of it.
    `publish` (`pipelines.publish_step.PublishOutput`) is the last step of a bounded job that publishes itself.
    `user_rules` are applied last when tagging; `infer` (`transforms.infer.InferTags`) adds the tags of a model of the user's after that.
    """
    on_bug = config.run.on_bug
    read = pipeline | "ReadArticles" >> source
    parsed = read.records | "ParseArticles" >> ParseArticles(parse_plan(config), on_bug)
    normalized = parsed.ok | "NormalizeArticles" >> NormalizeArticles(config.normalize, on_bug)
    indexed = None
    if streaming:
        deduplicated = normalized.ok | "DecideArticles" >> _decide(config, adopted, shared=shared)
    else:
        deduplicated, indexed = _deduplicate(pipeline, config, normalized.ok, index)
    tagged = deduplicated.ok | "TagArticles" >> TagArticles(config.tag, user_rules, on_bug)
    tagging_refused = [tagged.refused]
    articles = tagged.ok
    if infer is not None:
        inferred = tagged.ok | "InferTags" >> infer
        articles = inferred.ok
        tagging_refused.append(inferred.refused)
    refused = (
        read.refused,
        parsed.refused,
        normalized.refused,
        *tagging_refused,
    ) | "GatherRefused" >> beam.Flatten()
    filtered = (parsed.filtered, normalized.filtered, tagged.filtered) | "GatherFiltered" >> beam.Flatten()
    tables = Tables(
        articles,
        deduplicated.duplicates,
        deduplicated.relations,
        refused,
        filtered,
        read.inputs,
        deduplicated.decisions if streaming else None,
        deduplicated.signatures if shared else None,
        deduplicated.amendments if shared else None,
    )
    written = tables | "WriteTables" >> sink
    return written if publish is None else Written(written, indexed) | "PublishOutput" >> publish


def _decide(config: Config, adopted: AdoptedIndex | None, *, shared: bool) -> DecideArticles:
    stream = config.stream
    window_us = stream.window_seconds * 1_000_000
    return DecideArticles(
        config.dedup,
        config.sources,
        config.normalize,
        stream.batch,
        window_us,
        adopted=adopted,
        shared=shared,
    )


def _deduplicate(
    pipeline: beam.Pipeline, config: Config, articles: Any, index: IndexPlan | None
) -> tuple[Any, Any]:
    """Deduplicate a bounded collection, with what an index knows, and write the index on: the outcome, and its files."""
    deduplicate = DeduplicateArticles(
        config.dedup,
        config.sources,
        config.output.shards,
        config.normalize,
        indexed=index is not None,
        redecide=index is not None and index.redecide,
    )
    undecided: Any = articles
    if index is not None:
        undecided = Undecided(articles, pipeline | "ReadIndex" >> ReadIndex(index.files))
    deduplicated = undecided | "DeduplicateArticles" >> deduplicate
    if index is None:
        return deduplicated, None
    kept = (deduplicated.signatures, deduplicated.amended)
    return deduplicated, kept | "WriteIndex" >> WriteIndex(index.write)
