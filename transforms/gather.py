"""GatherArticles: articles that nobody deduplicates, by the output file that they will lie in."""

import dataclasses
import functools
from collections.abc import Iterable, Mapping

import apache_beam as beam
from apache_beam.pvalue import PCollection

from schemas.elements import ArticleBatch, NormalizedArticle
from transforms.composite import Composite
from transforms.core.cluster import order
from transforms.core.parse import SourceRules
from transforms.sign import partition_of, priority_of

__all__ = ["GatherArticles"]


@dataclasses.dataclass(eq=False)
class GatherArticles(Composite):
    """Gather articles as `DeduplicateArticles` does, and drop none: a batch per folder and shard, sorted by rank.

    Input must be bounded.
    """

    sources: Mapping[str, SourceRules] = dataclasses.field(default_factory=dict)
    shards: int = 1

    def expand(self, articles: PCollection[NormalizedArticle]) -> PCollection[ArticleBatch]:
        """Return batches for `TagArticles`."""
        place = functools.partial(_place, shards=self.shards)
        batch = functools.partial(_batch, sources=self.sources)
        batches: PCollection[ArticleBatch] = (
            articles
            | "Place" >> beam.Map(place).with_output_types(tuple[tuple[str, int], NormalizedArticle])
            | "GroupPartition" >> beam.GroupByKey()
            | "Batch" >> beam.Map(batch).with_output_types(ArticleBatch)
        )
        return batches


def _place(article: NormalizedArticle, shards: int) -> tuple[tuple[str, int], NormalizedArticle]:
    return partition_of(article, shards), article


def _batch(
    group: tuple[tuple[str, int], Iterable[NormalizedArticle]], sources: Mapping[str, SourceRules]
) -> ArticleBatch:
    (partition, shard), articles = group

    def ranked(article: NormalizedArticle) -> object:
        own = article.article
        return order(own.event_us, priority_of(own.source, sources), own.article_id, own.origin)

    return ArticleBatch(partition, shard, tuple(sorted(articles, key=ranked)))  # type: ignore[arg-type]
