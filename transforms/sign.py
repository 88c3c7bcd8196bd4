"""SignArticles: what an article is compared by, and the bands in which it may meet others."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from schemas.comparing import Member, Signature
from schemas.elements import NormalizedArticle
from transforms.composite import Composite
from transforms.core.cluster import DedupRules
from transforms.core.compared import compared_body
from transforms.core.fingerprint import fingerprint_texts
from transforms.core.normalize import NormalizeRules, profile_of
from transforms.core.parse import SourceRules
from transforms.core.partition import article_partition, shard_of
from transforms.core.urls import canonical_url

__all__ = [
    "BATCH",
    "SignArticles",
    "Signable",
    "in_global_window",
    "partition_of",
    "priority_of",
    "sign_all",
    "signable_of",
]

_NO_SOURCE_RULES = SourceRules()
#: Articles signed at once: numpy's overhead is shared, and the arrays stay in the cache.
BATCH = 64


class Signable(NamedTuple):
    """What signing needs of an article: who it is, its URL, and the text that is compared."""

    member: Member
    url: str
    body: str


@dataclasses.dataclass(eq=False)
class SignArticles(Composite):
    """Sign each element, several at a time. `signable` makes a `Signable` of it and must be picklable.

    Input must be in the global window; order means nothing. The number of words in the member is filled in here.
    """

    signable: Callable[[Any], Signable]
    normalize: NormalizeRules
    rules: DedupRules

    def expand(self, elements: PCollection[Any]) -> PCollection[Signature]:
        """Return one signature per element."""
        sign = beam.ParDo(_SignFn(self.signable, self.normalize, self.rules))
        sign.label = "Sign"
        signatures: PCollection[Signature] = elements | sign.with_output_types(Signature)
        return signatures


class _SignFn(beam.DoFn):
    def __init__(
        self, signable: Callable[[Any], Signable], normalize: NormalizeRules, rules: DedupRules
    ) -> None:
        self._signable = signable
        self._normalize = normalize
        self._rules = rules

    def start_bundle(self) -> None:
        self._waiting: list[Signable] = []

    def process(self, element: Any) -> Iterator[Signature]:
        self._waiting.append(self._signable(element))
        if len(self._waiting) >= BATCH:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for signature in self._flush():
            yield in_global_window(signature)

    def _flush(self) -> list[Signature]:
        waiting, self._waiting = self._waiting, []
        return sign_all(waiting, self._normalize, self._rules)


def in_global_window(element: Any) -> WindowedValue:
    """Return an element as what a bundle's end may give out."""
    return WindowedValue(element, GlobalWindow().max_timestamp(), (GlobalWindow(),))


def sign_all(articles: list[Signable], normalize: NormalizeRules, rules: DedupRules) -> list[Signature]:
    """Return the signatures of articles, all at once."""
    profile = profile_of("dedup", normalize.without)
    texts = fingerprint_texts([article.body for article in articles], profile, rules.near_min_tokens)
    return [
        Signature(dataclasses.replace(article.member, tokens=text.tokens), _url_key(article.url), text)
        for article, text in zip(articles, texts, strict=True)
    ]


def _url_key(url: str) -> bytes:
    """Return a 64-bit hash of the canonical form of a URL, b"" for none."""
    if not url:
        return b""
    form = canonical_url(url).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(form, digest_size=8).digest()


def priority_of(source: str, sources: Mapping[str, SourceRules]) -> int:
    """Return the priority of a source by the configuration, 0 where it says nothing."""
    return sources.get(source, _NO_SOURCE_RULES).priority


def partition_of(article: NormalizedArticle, shards: int) -> tuple[str, int]:
    """Return the folder of an article in the output, and the file in it."""
    own = article.article
    return article_partition(own.event_us, own.source), shard_of(own.article_id, shards)


def signable_of(article: NormalizedArticle, sources: Mapping[str, SourceRules], shards: int) -> Signable:
    """Return what signing needs of a normalised article."""
    own = article.article
    partition, shard = partition_of(article, shards)
    member = Member(
        article_id=own.article_id,
        event_us=own.event_us,
        priority=priority_of(own.source, sources),
        tokens=article.tokens,
        origin=own.origin,
        partition=partition,
        shard=shard,
        settled=None,
    )
    return Signable(member, own.url, compared_body(own))
