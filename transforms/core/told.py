"""What a stream tells of a micro-batch: rows about the records that were dropped, about relations and decisions."""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.comparing import Member, Signature
from schemas.elements import Decision, Duplicate, NormalizedArticle, Relation
from transforms.core.cluster import DedupRules
from transforms.core.decided import Decided
from transforms.core.evidence import duplicate_row, relation_row, supersession_row
from transforms.core.live_index import LiveIndex
from transforms.core.normalize import NormalizeRules

__all__ = ["Told", "tell", "tell_adopted"]


class Told(NamedTuple):
    """The rows of a micro-batch.

    `kept` are the places (in the batch) of the articles that stay, `dropped` the rows of the others with their places.
    `day`, `segment`, `settled` and `amended` are those of `live_index.Decided`.
    """

    kept: list[int]
    dropped: list[tuple[int, Duplicate]]
    relations: list[Relation]
    decisions: list[Decision]
    day: int
    segment: bytes
    settled: list[Signature]
    amended: list[Member]


def tell(
    index: LiveIndex,
    articles: Sequence[NormalizedArticle],
    signatures: Sequence[Signature],
    day: int,
    rules: DedupRules,
    normalize: NormalizeRules,
) -> Told:
    """Let `index` decide about a micro-batch that arrived on `day`, and return what there is to tell.

    `signatures` are those of `articles`, in the same order; they enter the index. Two records of one batch may be the
    same article, of the same origin: places tell them apart.
    """
    decided = index.decide(signatures, day)
    kept: list[int] = []
    dropped: list[tuple[int, Duplicate]] = []
    for place, verdict in enumerate(decided.verdicts):
        if verdict is None:
            kept.append(place)
        else:
            dropped.append((place, duplicate_row(verdict, articles[place], rules, normalize)))
    by_member = {id(one.member): article for one, article in zip(signatures, articles, strict=True)}
    relations = [
        relation_row(
            link, by_member.get(id(link.child)), index.root_of(link.child.article_id), rules, normalize
        )
        for link in decided.links
    ]
    relations += [supersession_row(*one, rules) for one in decided.superseded]
    return _told(decided, kept, dropped, relations)


def tell_adopted(decided: Decided, rules: DedupRules) -> Told:
    """Return what there is to tell of what `LiveIndex.adopt` decided: nothing came in, some is decided anew."""
    return _told(decided, [], [], [supersession_row(*one, rules) for one in decided.superseded])


def _told(
    decided: Decided, kept: list[int], dropped: list[tuple[int, Duplicate]], relations: list[Relation]
) -> Told:
    return Told(
        kept,
        dropped,
        relations,
        decided.decisions,
        decided.day,
        decided.segment,
        decided.settled,
        decided.amended,
    )
