"""The one graph of warraq: read -> parse -> normalise -> deduplicate -> tag -> write."""

from typing import Any

import apache_beam as beam

from pipelines.config import Config
from pipelines.config_tree import parse_plan
from transforms.deduplicate import DeduplicateArticles
from transforms.normalize import NormalizeArticles
from transforms.parse import ParseArticles
from transforms.tag import TagArticles
from transforms.write import Tables

__all__ = ["build", "parse_plan"]


def build(pipeline: beam.Pipeline, config: Config, source: beam.PTransform, sink: beam.PTransform) -> Any:
    """Wire the stages onto `pipeline` and return what `sink` gives.

    `source` gives `ReadOutputs` from the pipeline's begin; `sink` takes `Tables`. Every record that
    `source` gives leaves by exactly one of the tables articles, duplicates, dead letters and filtered.
    """
    on_bug = config.run.on_bug
    read = pipeline | "ReadArticles" >> source
    parsed = read.records | "ParseArticles" >> ParseArticles(parse_plan(config), on_bug)
    normalized = parsed.ok | "NormalizeArticles" >> NormalizeArticles(config.normalize, on_bug)
    deduplicated = normalized.ok | "DeduplicateArticles" >> DeduplicateArticles(
        config.dedup, config.sources, config.output.shards, config.normalize
    )
    tagged = deduplicated.ok | "TagArticles" >> TagArticles(config.tag, on_bug)
    refused = (
        read.refused,
        parsed.refused,
        normalized.refused,
        tagged.refused,
    ) | "GatherRefused" >> beam.Flatten()
    filtered = (parsed.filtered, normalized.filtered, tagged.filtered) | "GatherFiltered" >> beam.Flatten()
    tables = Tables(tagged.ok, deduplicated.duplicates, deduplicated.relations, refused, filtered, read.inputs)
    return tables | "WriteTables" >> sink
