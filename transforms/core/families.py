"""Articles that share a root: the choice of the canonical one, and which it replaces."""

from collections.abc import Iterable

from schemas.comparing import Member
from transforms.core.cluster import DedupRules, rank

__all__ = ["canonical", "superseded"]


def canonical(members: Iterable[Member], rules: DedupRules) -> Member:
    """Return the member of a cluster that the rule `dedup.canonical` names; equals are told apart by rank."""
    if rules.canonical == "longest":
        return min(members, key=lambda member: (-member.tokens, rank(member)))
    if rules.canonical == "preferred_source":
        return min(members, key=lambda member: (member.priority, rank(member)))
    return min(members, key=rank)


def superseded(members: Iterable[Member], chosen: Member, rules: DedupRules) -> list[Member]:
    """Return the members that were canonical after earlier runs and are not any more, by rank.

    An earlier run's clusters are known by the roots that it wrote into its members.
    """
    clusters: dict[str, list[Member]] = {}
    for member in members:
        if member.settled is not None:
            clusters.setdefault(member.settled.root_id or member.article_id, []).append(member)
    before = {canonical(cluster, rules) for cluster in clusters.values()}
    return sorted((member for member in before if member.article_id != chosen.article_id), key=rank)
