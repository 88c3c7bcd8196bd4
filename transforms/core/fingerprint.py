"""What an article is compared by: the digest of its folded body."""

import hashlib

from schemas.elements import Article, NormalizedArticle
from transforms.core.boilerplate import body_without
from transforms.core.normalize import NormalizeRules, normalize_text, profile_of

__all__ = ["normalize"]


def normalize(article: Article, rules: NormalizeRules) -> NormalizedArticle:
    """Return the article with the digest and the number of words of its body's `dedup` text, boilerplate left out."""
    profile = profile_of("dedup", rules.without)
    body = body_without(article.text, article.body_start, article.news.boilerplate)
    folded = normalize_text(body, profile)
    return NormalizedArticle(
        article=article,
        digest=hashlib.blake2b(folded.encode("utf-8"), digest_size=16).digest(),
        tokens=folded.count(" ") + 1 if folded else 0,
        rules_version=profile.version,
    )
