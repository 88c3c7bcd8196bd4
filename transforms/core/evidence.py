"""What is written about a decision: rows of `duplicates/` and `relations/`, with a few of the words that two texts share."""

from schemas.comparing import NO_COMPARISON, Link, Member, Verdict
from schemas.elements import Duplicate, NormalizedArticle, Relation
from transforms.core.cluster import DedupRules
from transforms.core.compared import compared_body
from transforms.core.fingerprint import SHINGLE_WORDS, shingle_places
from transforms.core.normalize import NormalizeRules, profile_of
from transforms.core.tokens import words_of_texts

__all__ = ["duplicate_row", "relation_row", "supersession_row"]

_USUAL = NormalizeRules()


def _shared_words(
    article: NormalizedArticle, sample: tuple[int, ...], rules: NormalizeRules
) -> tuple[str, ...]:
    """Return the runs of folded words that the hashes of shared shingles stand for, in the order of the text."""
    if not sample:
        return ()
    words = words_of_texts([compared_body(article.article)], profile_of("dedup", rules.without))
    places: dict[int, int] = {}
    for place, value in enumerate(shingle_places(words).tolist()):
        places.setdefault(value, place)
    found = sorted(places[value] for value in sample if value in places)
    text = words.folded[0]
    return tuple(text[words.starts[place] : words.ends[place + SHINGLE_WORDS - 1]] for place in found)


def duplicate_row(
    verdict: Verdict, article: NormalizedArticle, rules: DedupRules, normalize: NormalizeRules
) -> Duplicate:
    """Return the row of a dropped record."""
    child, parent, relation, comparison = verdict.edge
    own = article.article
    return Duplicate(
        article_id=child.article_id,
        parent_id=parent.article_id,
        root_id=verdict.root_id,
        canonical_id=verdict.canonical_id,
        relation=relation,
        similarity=comparison.jaccard,
        containment=comparison.containment,
        shared_shingles=comparison.shared,
        shingles=comparison.own,
        parent_shingles=comparison.other,
        sample=_shared_words(article, comparison.sample, normalize),
        # An index that lives on does not say again what it has settled; what it adopted lies in no partition.
        parent_from_index=parent.settled is not None or not parent.partition,
        root_from_index=verdict.root_from_index,
        source=own.source,
        url=own.url,
        title=own.title_text,
        event_us=own.event_us,
        parent_us=parent.event_us,
        parent_origin=parent.origin,
        threshold=rules.threshold,
        horizon_days=rules.horizon_days,
        rules_version=article.rules_version,
        origin=child.origin,
    )


def relation_row(
    link: Link,
    article: NormalizedArticle | None,
    root_id: str,
    rules: DedupRules,
    normalize: NormalizeRules = _USUAL,
) -> Relation:
    """Return the row of a relation that drops nothing. `article` is None for one that only an index knows.

    `root_id` is the root of the later article, "" for one that stays.
    """
    child, other, relation, comparison, version, other_root_id = link
    own = None if article is None else article.article
    if not root_id:
        root_id = child.article_id if child.settled is None else child.settled.root_id
    return Relation(
        article_id=child.article_id,
        other_id=other.article_id,
        relation=relation,
        version=version,
        root_id=root_id,
        other_root_id=other_root_id,
        jaccard=comparison.jaccard,
        containment=comparison.containment,
        shared_shingles=comparison.shared,
        shingles=comparison.own,
        other_shingles=comparison.other,
        own_words=comparison.own_words,
        other_words=comparison.other_words,
        blocked=comparison.blocked,
        sample=() if article is None else _shared_words(article, comparison.sample, normalize),
        source="" if own is None else own.source,
        url="" if own is None else own.url,
        title="" if own is None else own.title_text,
        event_us=child.event_us,
        other_us=other.event_us,
        other_origin=other.origin,
        threshold=rules.threshold,
        horizon_days=rules.horizon_days,
        rules_version="" if article is None else article.rules_version,
        origin=child.origin,
    )


def supersession_row(before: Member, chosen: Member, root_id: str, rules: DedupRules) -> Relation:
    """Return the row that tells that what was canonical of a cluster in an earlier run no longer is."""
    link = Link(before, chosen, "superseded_by", NO_COMPARISON, 0, root_id)
    return relation_row(link, None, root_id, rules)
