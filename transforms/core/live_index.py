"""LiveIndex: what a stream knows between its micro-batches, and what it decides about the next one.

It is a `SignatureIndex` with a memory of days: articles are kept by the day on which they *arrived*, for the horizon, the
lateness allowed, and the day itself. So a wrong date cannot make others be forgotten, and old articles that are
read again in a stream are compared like new ones. Within these days the decisions are those of the rule about
pairs in `cluster`, in whatever order articles came. An article that comes with an event time so old that what it
could be a copy of has been forgotten is decided by what is left, and marked `unchecked`.

Everything that must outlive the process is in `head` and in the segments (`transforms.core.segments`).
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas.comparing import NO_COMPARISON, Edge, Link, Member, Settled, Signature, Verdict
from schemas.elements import Decision
from transforms.core.cluster import DedupRules
from transforms.core.families import canonical, superseded
from transforms.core.index import SignatureIndex
from transforms.core.packing import pack_id
from transforms.core.segments import (
    EMPTY,
    Head,
    append_segment,
    order_segments,
    pack_segment,
    unpack_segment,
)
from transforms.core.versions import Versioned, link_versions

__all__ = ["Decided", "Head", "LiveIndex", "Superseded"]

_USUAL = DedupRules()
_DAY_US = 86_400_000_000


class Superseded(NamedTuple):
    """`before` was canonical of its cluster and no longer is: `chosen` is."""

    before: Member
    chosen: Member
    root_id: str


class Decided(NamedTuple):
    """What a micro-batch has decided.

    `verdicts` has one entry per signature of the batch, in their order: None for an article that is kept.
    `decisions` has one row per article of the batch (repeats have none) and one per earlier article that was decided
    anew. `segment` is what must be kept, under `day`, for `LiveIndex.load`; b"" where there is nothing new to keep.
    """

    verdicts: list[Verdict | None]
    links: list[Link]
    superseded: list[Superseded]
    decisions: list[Decision]
    day: int
    segment: bytes


class LiveIndex:
    """Articles of the last days and what was decided about them; see `decide`, `expire` and `load`."""

    def __init__(self, rules: DedupRules = _USUAL) -> None:
        self._rules = rules
        self._index = SignatureIndex(rules)
        self.head = EMPTY
        #: Article ids by day of arrival; a repeat moves its article to its own day.
        self._days: dict[int, dict[str, None]] = {}
        #: Of dropped articles: their roots; and by root the articles that were dropped for it.
        self._roots: dict[str, str] = {}
        self._families: dict[str, set[str]] = {}
        #: What is not 1.
        self._revisions: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._urls: dict[bytes, tuple[tuple[str, bytes], ...]] = {}

    def __len__(self) -> int:
        return len(self._index)

    @classmethod
    def load(cls, rules: DedupRules, head: Head, segments: Iterable[bytes]) -> "LiveIndex":
        """Return the index that the segments of the days of `head` hold. Raises ValueError where one is missing."""
        live = cls(rules)
        live.head = head
        signatures: dict[str, Signature] = {}
        days: dict[str, int] = {}
        for data in order_segments(head, segments):
            segment = unpack_segment(data)
            for signature in segment.signatures:
                article_id = signature.member.article_id
                signatures[article_id] = signature
                days[article_id] = segment.day
            for member in segment.amendments:
                known = signatures.get(member.article_id)
                if known is not None:
                    settled = dataclasses.replace(known.member, settled=member.settled)
                    signatures[member.article_id] = dataclasses.replace(known, member=settled)
        live._enter(signatures.values())
        for article_id, day in days.items():
            live._days.setdefault(day, {})[article_id] = None
        return live

    def _enter(self, signatures: Iterable[Signature]) -> None:
        known = list(signatures)
        self._index.load(known)
        for signature in known:
            member, settled = signature.member, signature.member.settled
            self._know_url(signature)
            if settled is None:
                continue
            if settled.parent_id:
                self._join(member.article_id, settled.root_id)
            if settled.revision > 1:
                self._revisions[member.article_id] = settled.revision
            if settled.version > 1:
                self._versions[member.article_id] = settled.version

    def adopt(self, signatures: Sequence[Signature], day: int) -> bytes:
        """Take in what another index has settled, as arrived on `day`; return the segment to keep, b"" for nothing new.

        Articles that are known already stay as they are. Days must be given in rising order.
        """
        fresh = {
            signature.member.article_id: signature
            for signature in signatures
            if signature.member.article_id not in self._index
        }
        self._enter(fresh.values())
        day = max((day, *self.head.days[-1:]))
        return self._keep(day, list(fresh.values()), [])

    def decide(self, signatures: Sequence[Signature], day: int) -> Decided:
        """Take in a micro-batch that arrived on `day` (days since 1970-01-01 UTC).

        An earlier day than the last one that was seen is taken for that one, and none is within the horizon of what was
        forgotten: an article that appears anew is decided later than it was known.
        """
        first = self.head.expired_before
        forgot_on = () if first is None else (first + self._rules.horizon_days,)
        day = max((day, *self.head.days[-1:], *forgot_on))
        found = self._index.add(signatures)
        repeats = {id(edge.child): edge for edge in found.edges if edge.relation == "repeat"}
        fresh = {s.member.article_id: s for s in signatures if id(s.member) not in repeats}
        before = {
            edge.child.article_id: self._standing(edge.child.article_id)
            for edge in found.edges
            if edge.relation != "repeat" and edge.child.article_id not in fresh
        }
        compared = {edge.child.article_id: edge for edge in found.edges if edge.relation != "repeat"}
        for article_id in list(before):
            # Whose root changes takes those along that were dropped for it, or through it; in an order that is the same
            # in every process, since it is that of the segment.
            for other in sorted(self._families.get(self._roots.get(article_id, article_id), ())):
                if other not in fresh:
                    before.setdefault(other, self._standing(other))
        for article_id in (*fresh, *before):
            self._follow(article_id)
        links, versions = self._link(found.links, fresh)
        self._versions |= {article_id: number for article_id, number in versions.items() if number > 1}
        changed = [
            article_id
            for article_id, standing in before.items()
            if self._standing(article_id) != standing or article_id in compared
        ]
        for article_id in changed:
            self._revisions[article_id] = self._revisions.get(article_id, 1) + 1
        chosen, replaced = self._canonicals((*fresh, *changed), before)
        verdicts: list[Verdict | None] = []
        for signature in signatures:
            article_id = signature.member.article_id
            edge = repeats.get(id(signature.member)) or self._index.parents.get(article_id)
            root = self.root_of(article_id)
            verdicts.append(edge and Verdict(edge, root, False, chosen.get(root, root)))
        unchecked = {article_id for article_id, s in fresh.items() if self._is_unchecked(s.member)}
        decisions = [
            self._decision(article_id, compared.get(article_id), chosen, article_id in unchecked, day)
            for article_id in (*fresh, *changed)
        ]
        seen_again = [s for s in signatures if id(s.member) in repeats and s.member.article_id not in fresh]
        again = self._refresh(seen_again, day)
        kept = [self._settled(signature) for signature in fresh.values()]
        amended = [self._with_settled(self._index.member(article_id)) for article_id in changed]
        segment = self._keep(day, kept + again, amended)
        return Decided(verdicts, links, replaced, decisions, day, segment)

    def root_of(self, article_id: str) -> str:
        """Return the article that is kept for this one: itself, or its root."""
        return self._roots.get(article_id, article_id)

    def expire(self, day: int) -> tuple[int, ...]:
        """Forget what arrived more than horizon and lateness before `day`; return the days whose segments may go."""
        first = day - self._rules.horizon_days - self._rules.lateness_days
        gone = tuple(known for known in self.head.days if known < first)
        if not gone:
            return ()
        ids: set[str] = set()
        for known in gone:
            ids.update(self._days.pop(known, ()))
        for article_id in ids:
            self._leave(article_id)
            self._revisions.pop(article_id, None)
            self._versions.pop(article_id, None)
        self._index.forget(ids)
        for key, known_urls in list(self._urls.items()):
            left = tuple(pair for pair in known_urls if pair[0] not in ids)
            if not left:
                del self._urls[key]
            elif len(left) < len(known_urls):
                self._urls[key] = left
        days = tuple(known for known in self.head.days if known >= first)
        self.head = self.head._replace(days=days, expired_before=first)
        return gone

    def _is_unchecked(self, member: Member) -> bool:
        before = self.head.expired_before
        if before is None or member.event_us is None:
            return False
        return member.event_us - self._rules.horizon_us < before * _DAY_US

    def _standing(self, article_id: str) -> tuple[str, str]:
        edge = self._index.parents.get(article_id)
        return ("" if edge is None else edge.parent.article_id, self.root_of(article_id))

    def _follow(self, article_id: str) -> None:
        """Find the root of an article anew; beyond a parent that is forgotten the root stays the one that was known."""
        root = article_id
        while (edge := self._index.parents.get(root)) is not None:
            parent = edge.parent.article_id
            root = parent if parent in self._index else self._roots.get(root, parent)
        if root != article_id and self._roots.get(article_id) != root:
            self._leave(article_id)
            self._join(article_id, root)

    def _join(self, article_id: str, root: str) -> None:
        self._roots[article_id] = root
        self._families.setdefault(root, set()).add(article_id)

    def _leave(self, article_id: str) -> None:
        root = self._roots.pop(article_id, None)
        if root is None:
            return
        family = self._families[root]
        family.discard(article_id)
        if not family:
            del self._families[root]

    def _canonicals(
        self, article_ids: Iterable[str], before: dict[str, tuple[str, str]]
    ) -> tuple[dict[str, str], list[Superseded]]:
        """Return the canonical article of each root concerned, and which articles were canonical until now."""
        chosen: dict[str, str] = {}
        replaced: list[Superseded] = []
        if self._rules.canonical == "earliest":  # the root itself
            for article_id, (parent, _) in before.items():
                root = self.root_of(article_id)
                if not parent and root != article_id:
                    known = root if root in self._index else self._index.parents[article_id].parent.article_id
                    replaced.append(
                        Superseded(self._index.member(article_id), self._index.member(known), root)
                    )
            return chosen, replaced
        fresh = {article_id for article_id in article_ids if article_id not in before}
        for root in sorted({self.root_of(article_id) for article_id in article_ids}):
            members = [
                self._as_before(self._index.member(article_id), fresh, before)
                for article_id in sorted({root, *self._families.get(root, ())})
                if article_id in self._index
            ]
            if members:
                first = canonical(members, self._rules)
                chosen[root] = first.article_id
                replaced += [Superseded(old, first, root) for old in superseded(members, first, self._rules)]
        return chosen, replaced

    def _as_before(self, member: Member, fresh: set[str], before: dict[str, tuple[str, str]]) -> Member:
        """Return a member with the root that it had until now, as `superseded` wants it; new ones have none."""
        if member.article_id in fresh:
            return member
        _, root = before.get(member.article_id, ("", self.root_of(member.article_id)))
        return dataclasses.replace(member, settled=Settled("", None, 0, root, "", 1))

    def _decision(
        self, article_id: str, edge: Edge | None, chosen: dict[str, str], unchecked: bool, day: int
    ) -> Decision:
        member, known = self._index.member(article_id), self._index.parents.get(article_id)
        root = self.root_of(article_id)
        return Decision(
            article_id=article_id,
            revision=self._revisions.get(article_id, 1),
            kept=known is None,
            relation="" if known is None else known.relation,
            parent_id="" if known is None else known.parent.article_id,
            root_id=root,
            canonical_id=chosen.get(root, root),
            similarity=None if edge is None or known is None else known.comparison.jaccard,
            version=self._versions.get(article_id, 1),
            unchecked=unchecked,
            event_us=member.event_us,
            parent_us=None if known is None else known.parent.event_us,
            origin=member.origin,
            decided_on=day,
            held_days=self._rules.horizon_days,
        )

    def _know_url(self, signature: Signature) -> None:
        if signature.url_key:
            pair = (signature.member.article_id, signature.fingerprint.digest)
            self._urls[signature.url_key] = (*self._urls.get(signature.url_key, ()), pair)

    def _link(self, links: list[Link], fresh: dict[str, Signature]) -> tuple[list[Link], dict[str, int]]:
        """Return the links with their roots and those between texts of one URL, and the numbers of new texts."""
        versions: dict[str, int] = {}
        told = [link._replace(other_root_id=self.root_of(link.other.article_id)) for link in links]
        for signature in fresh.values():
            self._know_url(signature)
        for key in dict.fromkeys(signature.url_key for signature in fresh.values() if signature.url_key):
            if len(self._urls[key]) == 1:
                continue
            for link in link_versions(self._versioned(key, fresh), self._rules):
                later, earlier = link.later.article_id.hex(), link.earlier.article_id.hex()
                versions[later] = link.version
                child, other = self._index.member(later), self._index.member(earlier)
                told.append(
                    Link(child, other, "updated_version", NO_COMPARISON, link.version, self.root_of(earlier))
                )
        return told, versions

    def _versioned(self, key: bytes, fresh: dict[str, Signature]) -> Iterator[Versioned]:
        for article_id, digest in self._urls[key]:
            member = self._index.member(article_id)
            version = 0 if article_id in fresh else self._versions.get(article_id, 1)
            yield Versioned(
                member.event_us is None,
                member.event_us or 0,
                member.priority,
                pack_id(article_id),
                digest,
                version,
            )

    def _refresh(self, repeats: Iterable[Signature], day: int) -> list[Signature]:
        """Move articles that were seen again to today, so that they are known as long as they are repeated.

        One id is one text and one URL, so the signature of the repeat serves for the article that stands.
        """
        again: dict[str, Signature] = {}
        for signature in repeats:
            article_id = signature.member.article_id
            if article_id in again or article_id in self._days.get(day, ()):
                continue
            for known in self._days.values():
                known.pop(article_id, None)
            standing = self._index.member(article_id)
            again[article_id] = self._settled(dataclasses.replace(signature, member=standing))
        return list(again.values())

    def _with_settled(self, member: Member) -> Member:
        edge = self._index.parents.get(member.article_id)
        parent = None if edge is None else edge.parent
        settled = Settled(
            parent_id="" if parent is None else parent.article_id,
            parent_us=None if parent is None else parent.event_us,
            parent_priority=0 if parent is None else parent.priority,
            root_id=self.root_of(member.article_id),
            relation="" if edge is None else edge.relation,
            version=self._versions.get(member.article_id, 1),
            revision=self._revisions.get(member.article_id, 1),
        )
        return dataclasses.replace(member, settled=settled)

    def _settled(self, signature: Signature) -> Signature:
        return dataclasses.replace(signature, member=self._with_settled(signature.member))

    def _keep(self, day: int, signatures: list[Signature], amended: list[Member]) -> bytes:
        """Write down what is new under a day, and go on to the next head."""
        if not signatures and not amended:
            return b""
        for signature in signatures:
            self._days.setdefault(day, {})[signature.member.article_id] = None
        segment = pack_segment(self.head, day, signatures, amended)
        self.head = append_segment(self.head, segment)
        return segment
