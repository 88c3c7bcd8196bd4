"""Signatures of articles: what each is compared by, made several at a time."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.comparing import Member, Signature
from schemas.elements import NormalizedArticle
from transforms.core.cluster import DedupRules
from transforms.core.compared import compared_body
from transforms.core.fingerprint import fingerprint_texts
from transforms.core.normalize import NormalizeRules, profile_of
from transforms.core.parse import SourceRules
from transforms.core.partition import article_partition, shard_of
from transforms.core.urls import canonical_url

__all__ = ["BATCH", "Signable", "partition_of", "priority_of", "sign", "sign_all", "signable_of"]

_NO_SOURCE_RULES = SourceRules()
#: Articles signed at once: numpy's overhead is shared, and the arrays stay in the cache.
BATCH = 64


class Signable(NamedTuple):
    """What signing needs of an article: who it is, its URL, and the text that is compared."""

    member: Member
    url: str
    body: str


def sign(
    articles: Sequence[NormalizedArticle],
    rules: DedupRules = DedupRules(),  # noqa: B008 (frozen)
    normalize: NormalizeRules = NormalizeRules(),  # noqa: B008 (frozen)
    sources: Mapping[str, SourceRules] | None = None,
) -> list[Signature]:
    """Return the signatures of articles, in their order, for `SignatureIndex` or `LiveIndex`.

    `rules` and `normalize` are those of the index and of the articles; `sources` tell which of two copies of one time is kept.
    """
    signatures: list[Signature] = []
    for first in range(0, len(articles), BATCH):
        some = [signable_of(article, sources or {}, 1) for article in articles[first : first + BATCH]]
        signatures += sign_all(some, normalize, rules)
    return signatures


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
