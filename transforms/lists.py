"""The stages over lists in memory, without Beam: for notebooks, small jobs and tests.

What they decide is what the pipeline decides (its stages call the same functions).
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.comparing import Edge, Member, Verdict
from schemas.elements import Article, Duplicate, NormalizedArticle, RawRecord, TaggedArticle
from transforms.aids import load_aids
from transforms.core.cluster import DedupRules
from transforms.core.compared import normalize
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.evidence import duplicate_row
from transforms.core.families import canonical
from transforms.core.index import SignatureIndex
from transforms.core.normalize import NormalizeRules
from transforms.core.parse import ParsePlan, SourceRules, parse, record_of
from transforms.core.signing import sign
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.tag_models import load_tagger

__all__ = ["Deduplicated", "LeftOut", "Parsed", "deduplicate_list", "parse_list", "tag_list"]

_PLAN, _FOLD, _RULES, _TAGS, _NO_RULES = ParsePlan(), NormalizeRules(), DedupRules(), TagRules(), UserRules()


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """A record that became no article: its number in the list, why, and whether it was out of scope only (`is_filtered`)."""

    index: int
    reason: str
    detail: str
    is_filtered: bool


class Parsed(NamedTuple):
    """Articles in the order of their records, and the records that are none."""

    articles: list[Article]
    left_out: list[LeftOut]


def parse_list(records: Iterable[str | Mapping[str, Any] | RawRecord], plan: ParsePlan = _PLAN) -> Parsed:
    """Return the articles of texts (first line the title), of records by the keys of a field map, or of raw records.

    Raises TypeError for a record with values that JSON does not know.
    """
    parsed = Parsed([], [])
    aids = load_aids(plan.scope.language_model)
    for index, record in enumerate(records):
        raw = record if isinstance(record, RawRecord) else record_of(record, index)
        try:
            parsed.articles.append(parse(raw, plan, aids))
        except (ArticleError, OutOfScope) as error:
            filtered = isinstance(error, OutOfScope)
            parsed.left_out.append(LeftOut(index, error.reason, error.detail, filtered))
    return parsed


class Deduplicated(NamedTuple):
    """Articles that stay, in the order given, and a row of evidence for each that is dropped, in their order."""

    kept: list[NormalizedArticle]
    duplicates: list[Duplicate]


def deduplicate_list(
    articles: Iterable[Article],
    rules: DedupRules = _RULES,
    fold: NormalizeRules = _FOLD,
    sources: Mapping[str, SourceRules] | None = None,
) -> Deduplicated:
    """Return which articles stay and which are copies of what. Each article needs an `origin` of its own.

    Memory grows with the articles: signatures, 1.8 kB each, beside the articles themselves.
    """
    normalized = [normalize(article, fold) for article in articles]
    index = SignatureIndex(rules)
    signatures = sign(normalized, rules, fold, sources)
    # Of several edges of one article the last stands: it is the parent that it keeps.
    edges = {edge.child.origin: edge for edge in index.add(signatures).edges}
    families = _families(index, [signature.member for signature in signatures], edges)
    done = Deduplicated([], [])
    for article in normalized:
        edge = edges.get(article.article.origin)
        if edge is None:
            done.kept.append(article)
            continue
        root = index.root_of(edge.child.article_id)
        verdict = Verdict(edge, root, False, canonical(families[root], rules).article_id)
        done.duplicates.append(duplicate_row(verdict, article, rules, fold))
    return done


def _families(
    index: SignatureIndex, members: Sequence[Member], edges: Mapping[Any, Edge]
) -> dict[str, list[Member]]:
    """Return the articles of each root, repeats left out."""
    families: dict[str, list[Member]] = {}
    for member in members:
        edge = edges.get(member.origin)
        if edge is None or edge.relation != "repeat":
            families.setdefault(index.root_of(member.article_id), []).append(member)
    return families


def tag_list(
    articles: Sequence[NormalizedArticle], rules: TagRules = _TAGS, user: UserRules = _NO_RULES
) -> list[TaggedArticle]:
    """Return articles with their tags. The models are loaded once per process (0.6 s)."""
    return load_tagger(rules, user).tag(articles)
