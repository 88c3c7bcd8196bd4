"""Which article is a duplicate of which: ranks, the horizon, copies of one text, the choice of a parent.

The rule is one about pairs: the parent of an article is its lowest-ranked earlier article, within the horizon,
that says the same (`exact`) or nearly the same (`near`); an exact parent goes before a near one. Roots are
reached by following parents. So neither order nor workers nor late articles can change a decision.
"""

import dataclasses
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from schemas.comparing import NO_COMPARISON, Comparison, Edge, Member
from schemas.elements import Origin
from transforms.core.settings import setting

__all__ = [
    "COPY",
    "DedupRules",
    "Rank",
    "choose_parent",
    "copy_of",
    "is_within",
    "lowest_earlier",
    "order",
    "rank",
    "settle_copies",
    "split_repeats",
]

_DAY_US = 86_400_000_000
#: What a copy is to its text, where no shingles are counted.
COPY = dataclasses.replace(NO_COMPARISON, jaccard=1.0, containment=1.0)
Rank = tuple[bool, int, int, str, Origin]


@dataclasses.dataclass(frozen=True)
class DedupRules:
    """When an article is a duplicate of an earlier one."""

    min_tokens: int = setting(
        10, "Bodies with fewer words are never duplicates (but may be repeats).", minimum=1
    )
    near_min_tokens: int = setting(
        30, "Bodies with fewer words are only ever exact duplicates, never near ones.", minimum=3
    )
    threshold: float = setting(
        0.70,
        "Exact Jaccard similarity of the word-3 shingles from which an article is a near duplicate.",
        minimum=0.1,
        maximum=1,
    )
    similar: float = setting(
        0.50, "Jaccard similarity from which two articles are related as similar.", minimum=0.1, maximum=1
    )
    containment: float = setting(
        0.80,
        "Share of the shorter text's shingles in the longer one from which it is contained.",
        minimum=0.1,
        maximum=1,
    )
    horizon_days: int = setting(14, "How many days back an article may have its parent.", minimum=1)
    lateness_days: int = setting(
        1,
        "How many days late an article may come and still find its parent in an index: it keeps that much more.",
        minimum=0,
    )
    guard: bool = setting(
        True,
        "Keep apart texts of one template: each side repeats two or more words (stems) that the other lacks.",
    )
    guard_numbers: bool = setting(
        False, "Keep apart texts whose numbers differ (for price and prayer tables)."
    )
    rows: int = setting(3, "MinHash values per band.", minimum=1, maximum=32)
    bands: int = setting(13, "MinHash bands; texts that share one are compared.", minimum=1, maximum=256)
    seed: int = setting(1, "Seed of the MinHash permutations.", minimum=0)
    bucket_limit: int = setting(
        64,
        "Earlier articles that share a band and are all compared; of more, only the lowest-ranked is.",
        minimum=1,
    )
    canonical: str = setting(
        "earliest",
        "Which article of a cluster is named canonical: the earliest (the root, which is what is kept), the one of the "
        "preferred source (lowest sources.NAME.priority), or the longest.",
        choices=("earliest", "preferred_source", "longest"),
    )

    @property
    def horizon_us(self) -> int:
        """The horizon in microseconds."""
        return self.horizon_days * _DAY_US


def rank(member: Member) -> Rank:
    """Return what orders articles: event time (unknown last), source priority, id; then where it was read."""
    return order(member.event_us, member.priority, member.article_id, member.origin)


def order(event_us: int | None, priority: int, article_id: str, origin: Origin) -> Rank:
    """Return the rank of an article with these, for those who have no member at hand."""
    return (event_us is None, event_us or 0, priority, article_id, origin)


def is_within(earlier_us: int | None, later_us: int | None, horizon_us: int) -> bool:
    """Tell whether two times are near enough; an unknown time is near to every other."""
    return earlier_us is None or later_us is None or later_us - earlier_us <= horizon_us


def lowest_earlier(members: Sequence[Member], child: Member, horizon_us: int) -> Member | None:
    """Return the lowest-ranked of a text's members (by rank) that is earlier than `child` and within the horizon."""
    if child.event_us is None:
        low = 0
    else:
        first = (False, child.event_us - horizon_us)
        low = bisect_left(members, first, key=lambda member: (member.event_us is None, member.event_us or 0))
    return members[low] if low < len(members) and rank(members[low]) < rank(child) else None


def copy_of(shingles: int) -> Comparison:
    """Return what a copy is to another of a text of so many distinct shingles."""
    return dataclasses.replace(COPY, shared=shingles, own=shingles, other=shingles)


def split_repeats(members: Iterable[Member]) -> tuple[list[Member], list[Edge]]:
    """Return one member per article id, by rank, and an edge for every other record of these ids.

    A record of an earlier run stands for its id whatever its rank: it has been published already.
    """
    firsts: dict[str, Member] = {}
    repeats: list[Edge] = []
    for member in sorted(members, key=lambda m: (m.settled is None, rank(m))):
        first = firsts.setdefault(member.article_id, member)
        if first is not member:
            repeats.append(Edge(member, first, "repeat", COPY))
    return sorted(firsts.values(), key=rank), repeats


def settle_copies(
    members: Sequence[Member], rules: DedupRules, shingles: int = 0
) -> tuple[list[Member], list[Edge]]:
    """Return the heads of one text and an `exact` edge for each other member.

    `members` share a `dedup` digest, have different ids and come by rank; `shingles` is the size of their text. The
    parent of a copy is the lowest-ranked earlier member within the horizon; who has none is a head. What an earlier
    run decided is not said again: no edge comes for it, unless its parent is now a lower one.
    """
    heads: list[Member] = []
    edges: list[Edge] = []
    comparison = copy_of(shingles)
    for child in members:
        parent = lowest_earlier(members, child, rules.horizon_us)
        if parent is not None:
            if _lowers(parent, child, "exact"):
                edges.append(Edge(child, parent, "exact", comparison))
        elif child.settled is None or child.settled.relation != "exact":
            heads.append(child)
    return heads, edges


def choose_parent(child: Member, candidates: Iterable[tuple[Member, Comparison]]) -> Edge | None:
    """Return the `near` edge from a head to the lowest-ranked of the earlier articles that say nearly the same.

    None where there is none, and where an earlier run has decided for the same parent or a lower one.
    """
    best = min(candidates, key=lambda candidate: rank(candidate[0]), default=None)
    if best is None or not _lowers(best[0], child, "near"):
        return None
    return Edge(child, best[0], "near", best[1])


def _lowers(parent: Member, child: Member, relation: str) -> bool:
    """Tell whether a parent is news for a child: one of this run always is, one settled earlier may be."""
    settled = child.settled
    if settled is None or not settled.parent_id:
        return True
    if settled.relation != relation:
        return relation == "exact"  # a copy goes before a near one
    known = (settled.parent_us is None, settled.parent_us or 0, settled.parent_priority, settled.parent_id)
    return rank(parent)[:4] < known
