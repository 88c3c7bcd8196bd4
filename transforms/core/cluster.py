"""Which articles say the same: ranks, parents and roots. It depends on pairs only, never on order."""

import dataclasses
from collections.abc import Iterable, Iterator

from schemas.elements import Origin, Signature, Verdict
from transforms.core.settings import setting

__all__ = ["DedupRules", "Rank", "Signed", "find_copies", "order", "rank", "split_repeats"]

_DAY_US = 86_400_000_000
Rank = tuple[bool, int, int, str, Origin]


@dataclasses.dataclass(frozen=True)
class DedupRules:
    """When an article is a duplicate of an earlier one."""

    min_tokens: int = setting(
        10, "Bodies with fewer words are never duplicates (but may be repeats).", minimum=1
    )
    horizon_days: int = setting(14, "How many days back an article may have its parent.", minimum=1)


@dataclasses.dataclass(frozen=True)
class Signed:
    """A signature and the other records that carry the same article id (repeats), by rank."""

    first: Signature
    repeats: tuple[Signature, ...]


def rank(signature: Signature) -> Rank:
    """Return what orders articles: event time (unknown last), source priority, id; then where it was read."""
    return order(signature.event_us, signature.priority, signature.article_id, signature.origin)


def order(event_us: int | None, priority: int, article_id: str, origin: Origin) -> Rank:
    """Return the rank of an article with these, for those who have no signature at hand."""
    return (event_us is None, event_us or 0, priority, article_id, origin)


def split_repeats(signatures: Iterable[Signature]) -> Signed:
    """Return the lowest-ranked of the signatures of one article id, with the others as its repeats."""
    first, *repeats = sorted(signatures, key=rank)
    return Signed(first, tuple(repeats))


def _within(earlier: Signature, later: Signature, horizon_us: int) -> bool:
    """Tell whether two articles are near enough in time; an unknown time is near to every other."""
    if earlier.event_us is None or later.event_us is None:
        return True
    return later.event_us - earlier.event_us <= horizon_us


def find_copies(group: Iterable[Signed], rules: DedupRules) -> Iterator[Verdict]:
    """Yield a verdict for every record of one group that is dropped; a group shares its `dedup` digest.

    The parent of a copy is the lowest-ranked earlier copy within the horizon; the root is reached by
    following parents. Repeats have their own article as parent and its root as root. Bodies of fewer than
    `min_tokens` words come in groups of one article and only lose their repeats.
    """
    horizon_us = rules.horizon_days * _DAY_US
    ordered = sorted(group, key=lambda signed: rank(signed.first))
    roots: list[Signature] = []
    candidate = 0  # the lowest-ranked article that may still be within the horizon
    for number, signed in enumerate(ordered):
        child = signed.first
        while candidate < number and not _within(ordered[candidate].first, child, horizon_us):
            candidate += 1
        earliest = 0 if child.event_us is None else candidate
        root = child
        if earliest < number:
            parent = ordered[earliest].first
            root = roots[earliest]
            yield _verdict(child, parent, root, "exact")
        roots.append(root)
        for repeat in signed.repeats:
            yield _verdict(repeat, child, root, "repeat")


def _verdict(child: Signature, parent: Signature, root: Signature, relation: str) -> Verdict:
    return Verdict(
        article_id=child.article_id,
        origin=child.origin,
        parent_id=parent.article_id,
        parent_origin=parent.origin,
        root_id=root.article_id,
        relation=relation,
        similarity=1.0,
        partition=child.partition,
        shard=child.shard,
    )
