"""DeduplicateArticles: decide by small signatures, then tell each article in its output partition.

Only signatures are shuffled to decide. Whole articles cross one shuffle, to the place where they will be
written; the verdicts on dropped records meet them there.
"""

import dataclasses
import functools
import pickle
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.elements import ArticleBatch, Duplicate, NormalizedArticle, Signature, Verdict
from transforms.composite import Composite
from transforms.core.cluster import DedupRules, Rank, Signed, find_copies, order, split_repeats
from transforms.core.parse import SourceRules
from transforms.core.partition import article_partition, shard_of
from transforms.metrics import StageCounter

__all__ = ["DeduplicateArticles", "DeduplicateOutputs"]

PartitionKey = tuple[str, int]
_NO_SOURCE_RULES = SourceRules()


class DeduplicateOutputs(NamedTuple):
    """What deduplication gives: the articles that stay, by output file, and the records that are dropped."""

    ok: PCollection[ArticleBatch]
    duplicates: PCollection[Duplicate]


@dataclasses.dataclass(eq=False)
class DeduplicateArticles(Composite):
    """Drop repeats and exact copies, each with its evidence.

    Takes normalised articles in any order; gives one `ArticleBatch` per output partition and shard that has
    articles left, sorted by rank, and one `Duplicate` per dropped record. Input must be bounded. What is
    kept depends on the articles alone, never on order, bundles or workers.
    """

    rules: DedupRules
    sources: Mapping[str, SourceRules]
    shards: int = 1

    def expand(self, articles: PCollection[NormalizedArticle]) -> DeduplicateOutputs:
        """Return the batches that stay and the duplicates."""
        make = functools.partial(sign, sources=self.sources, shards=self.shards)
        copies = functools.partial(_find_copies, rules=self.rules)
        key_group = functools.partial(_group_key, min_tokens=self.rules.min_tokens)
        verdicts = (
            articles
            | "Sign" >> beam.Map(make).with_output_types(tuple[str, Signature])
            | "GroupRepeats" >> beam.GroupByKey()
            | "SplitRepeats" >> beam.MapTuple(lambda _, group: split_repeats(group)).with_output_types(Signed)
            | "KeyByDigest" >> beam.Map(key_group).with_output_types(tuple[bytes, Signed])
            | "GroupCopies" >> beam.GroupByKey()
            | "FindCopies" >> beam.FlatMap(copies).with_output_types(tuple[PartitionKey, Any])
        )
        place = functools.partial(_place, shards=self.shards)
        settle = beam.ParDo(_SettleFn(self.sources))
        settle.label = "Settle"
        doors = (
            (articles | "Place" >> beam.Map(place).with_output_types(tuple[PartitionKey, Any]), verdicts)
            | "MeetVerdicts" >> beam.Flatten()
            | "GroupPartition" >> beam.GroupByKey()
            | settle.with_output_types(ArticleBatch, duplicates=Duplicate).with_outputs(
                "duplicates", main="ok"
            )
        )
        return DeduplicateOutputs(doors.ok, doors.duplicates)


def sign(
    article: NormalizedArticle, sources: Mapping[str, SourceRules], shards: int
) -> tuple[str, Signature]:
    """Return the article's id and its signature."""
    partition, shard = _partition_of(article, shards)
    signature = Signature(
        article_id=article.article.article_id,
        digest=article.digest,
        tokens=article.tokens,
        event_us=article.article.event_us,
        priority=_priority(article.article.source, sources),
        origin=article.article.origin,
        partition=partition,
        shard=shard,
    )
    return signature.article_id, signature


def _partition_of(article: NormalizedArticle, shards: int) -> PartitionKey:
    partition = article_partition(article.article.event_us, article.article.source)
    return partition, shard_of(article.article.article_id, shards)


def _place(article: NormalizedArticle, shards: int) -> tuple[PartitionKey, Any]:
    """Key by partition. The article goes as bytes: the Flatten would else unpickle and pickle it once more."""
    return _partition_of(article, shards), pickle.dumps(article, pickle.HIGHEST_PROTOCOL)


def _group_key(signed: Signed, min_tokens: int) -> tuple[bytes, Signed]:
    """Key by digest; too short a body stands alone, under its id, so that only its repeats are dropped."""
    first = signed.first
    return (first.digest if first.tokens >= min_tokens else first.article_id.encode("ascii")), signed


def _find_copies(
    group: tuple[bytes, Iterable[Signed]], rules: DedupRules
) -> Iterator[tuple[PartitionKey, Any]]:
    for verdict in find_copies(group[1], rules):
        yield (verdict.partition, verdict.shard), verdict


class _SettleFn(beam.DoFn):
    """Part a partition's articles by the verdicts on them."""

    def __init__(self, sources: Mapping[str, SourceRules]) -> None:
        self._sources = sources
        self._counter = StageCounter("deduplicate")

    def process(self, group: tuple[PartitionKey, Iterable[Any]]) -> Iterator[Any]:
        (partition, shard), members = group
        verdicts: dict[Any, Verdict] = {}
        articles: list[NormalizedArticle] = []
        for member in members:
            if isinstance(member, Verdict):
                verdicts[member.origin] = member
            else:
                articles.append(pickle.loads(member))  # noqa: S301 (bytes of this very run, made by _place)
        kept: list[NormalizedArticle] = []
        for article in articles:
            verdict = verdicts.get(article.article.origin)
            if verdict is None:
                kept.append(article)
            else:
                self._counter.add(f"duplicates_{verdict.relation}")
                yield TaggedOutput("duplicates", _duplicate(article, verdict))
        self._counter.add("in", len(articles))
        self._counter.add("ok", len(kept))
        self._counter.add("duplicates", len(articles) - len(kept))
        if kept:
            kept.sort(key=self._rank)
            yield ArticleBatch(partition, shard, tuple(kept))

    def _rank(self, normalized: NormalizedArticle) -> Rank:
        article = normalized.article
        priority = _priority(article.source, self._sources)
        return order(article.event_us, priority, article.article_id, article.origin)


def _priority(source: str, sources: Mapping[str, SourceRules]) -> int:
    return sources.get(source, _NO_SOURCE_RULES).priority


def _duplicate(article: NormalizedArticle, verdict: Verdict) -> Duplicate:
    return Duplicate(
        article_id=verdict.article_id,
        parent_id=verdict.parent_id,
        root_id=verdict.root_id,
        relation=verdict.relation,
        similarity=verdict.similarity,
        source=article.article.source,
        url=article.article.url,
        title=article.article.title_text,
        event_us=article.article.event_us,
        parent_origin=verdict.parent_origin,
        rules_version=article.rules_version,
        origin=verdict.origin,
    )
