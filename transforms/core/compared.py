"""The part of an article that is compared: its body without boilerplate, folded."""

from schemas.elements import Article, NormalizedArticle
from transforms.core.boilerplate import body_without
from transforms.core.fingerprint import digest_of
from transforms.core.normalize import NormalizeRules, normalize_text, profile_of

__all__ = ["compared_body", "normalize"]

_USUAL = NormalizeRules()


def compared_body(article: Article) -> str:
    """Return the part of an article's text that is compared: the body, boilerplate left out."""
    return body_without(article.text, article.body_start, article.news.boilerplate)


def normalize(article: Article, rules: NormalizeRules = _USUAL) -> NormalizedArticle:
    """Return the article with the digest and the number of words of its body's `dedup` text, boilerplate left out."""
    profile = profile_of("dedup", rules.without)
    folded = normalize_text(compared_body(article), profile)
    return NormalizedArticle(
        article=article,
        digest=digest_of(folded),
        tokens=folded.count(" ") + 1 if folded else 0,
        rules_version=profile.version,
    )
