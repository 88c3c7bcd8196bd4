"""What an article is compared by: the digest of its folded body."""

import hashlib

from schemas.elements import Article, NormalizedArticle
from transforms.core.normalize import NormalizeRules, dedup_text, profile_version

__all__ = ["normalize"]


def normalize(article: Article, rules: NormalizeRules) -> NormalizedArticle:
    """Return the article with the digest and the number of words of its body's `dedup` text."""
    if not profile_version().startswith(rules.profile):
        message = (
            f"the profile {rules.profile} is not the one in this version of warraq ({profile_version()})"
        )
        raise ValueError(message)
    folded = dedup_text(article.body)
    return NormalizedArticle(
        article=article,
        digest=hashlib.blake2b(folded.encode("utf-8"), digest_size=16).digest(),
        tokens=folded.count(" ") + 1 if folded else 0,
        rules_version=profile_version(),
    )
