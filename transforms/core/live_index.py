"""LiveIndex: what a stream knows between its micro-batches, and what it decides about the next one.

It is a `SignatureIndex` with a memory of days: articles are kept by the day on which they *arrived*, for the horizon, the
lateness allowed, and the day itself. So a wrong date cannot make others be forgotten, and old articles that are
read again in a stream are compared like new ones. Within these days the decisions are those of the rule about
pairs in `cluster`, in whatever order articles came. An article that comes with an event time so old that what it
could be a copy of has been forgotten is decided by what is left, and marked `unchecked`.

Everything that must outlive the process is in `head` and in the segments (`transforms.core.segments`).
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from schemas.comparing import NO_COMPARISON, Edge, Member, Settled, Signature, Verdict
from schemas.elements import Decision
from transforms.core.adopted import id_of, is_adopted, without_place
from transforms.core.cluster import DedupRules
from transforms.core.collector import collector_paused
from transforms.core.decided import Decided, Superseded
from transforms.core.families import canonical, superseded
from transforms.core.index import SignatureIndex
from transforms.core.known_urls import KnownUrls
from transforms.core.segments import (
    EMPTY,
    Head,
    append_segment,
    order_segments,
    pack_segment,
    unpack_segment,
)

__all__ = ["Head", "LiveIndex"]

_USUAL = DedupRules()
_DAY_US = 86_400_000_000


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
        #: Of articles that were decided anew.
        self._revisions: dict[str, int] = {}
        self._urls = KnownUrls(rules)
        #: Whether an article has come here itself, and not from another index.
        self.has_own = False

    def __len__(self) -> int:
        return len(self._index)

    @classmethod
    def load(cls, rules: DedupRules, head: Head, segments: Iterable[bytes]) -> "LiveIndex":
        """Return the index that the segments of the days of `head` hold. Raises ValueError where one is missing."""
        with collector_paused():
            return cls._load(rules, head, segments)

    @classmethod
    def _load(cls, rules: DedupRules, head: Head, segments: Iterable[bytes]) -> "LiveIndex":
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
            self._recall(signature)

    def _recall(self, signature: Signature) -> None:
        """Take over what is known of an article besides its text and its parent."""
        self._urls.know(signature)
        member, settled = signature.member, signature.member.settled
        self.has_own = self.has_own or not is_adopted(member)
        if settled is None:
            return
        if settled.parent_id:
            self._join(member.article_id, settled.root_id)
        if settled.revision > 1:
            self._revisions[member.article_id] = settled.revision
        if settled.version > 1:
            self._urls.versions[member.article_id] = settled.version

    def adopt(
        self,
        known: Sequence[Signature | Member],
        day: int,
        *,
        compare: bool,
        expired_before: int | None = None,
    ) -> Decided:
        """Take in what another index has settled, as arrived on `day`, and return what that changes on either side.

        `known` has each article once; of those that are known here too only the decision counts, for which a Member does.
        With `compare` both sides are compared and the better decision stays, as if all had arrived here. Without it what is
        new is believed to be settled against all that is here: so are the parts of one index, where nothing else is.
        `expired_before` is the first day of which the other index still holds all. No verdicts and no links come of it.
        """
        day = max((day, *self.head.days[-1:]))
        held = self.head.expired_before
        if expired_before is not None and (held is None or held < expired_before):
            self.head = self.head._replace(expired_before=expired_before)
        fresh = {one.member.article_id: without_place(one) for one in known if isinstance(one, Signature)}
        for article_id in [one for one in fresh if one in self._index]:
            del fresh[article_id]
        before: dict[str, tuple[str, str]] = {}
        edges: list[Edge] = []
        if not compare:
            self._enter(fresh.values())
        else:
            for article_id, one in fresh.items():
                settled = one.member.settled
                before[article_id] = (
                    ("", article_id) if settled is None else (settled.parent_id, settled.root_id)
                )
                self._recall(one)
            edges = self._index.merge([*fresh.values(), *(one for one in known if id_of(one) not in fresh)])
            self._stand(before, [edge.child.article_id for edge in edges])
            self._take_roots(known, [edge.child.article_id for edge in edges])
        for article_id in before:
            self._follow(article_id)
        # What the other has decided itself is no news.
        compared = {edge.child.article_id: edge for edge in edges}
        changed = self._revise(before, compared.keys() - fresh.keys())
        chosen, replaced = self._canonicals(changed, before)
        decisions = [self._decision(one, compared.get(one), chosen, day) for one in changed]
        amended = [self._with_settled(self._index.member(article_id)) for article_id in changed]
        segment = self._keep(
            day, list(map(self._settled, fresh.values())), [one for one in amended if id_of(one) not in fresh]
        )
        return Decided([], [], replaced, decisions, day, segment, [], amended)

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
        self.has_own = self.has_own or bool(fresh)
        compared = {edge.child.article_id: edge for edge in found.edges if edge.relation != "repeat"}
        before: dict[str, tuple[str, str]] = {}
        self._stand(before, [article_id for article_id in compared if article_id not in fresh])
        for article_id in (*fresh, *before):
            self._follow(article_id)
        links = [link._replace(other_root_id=self.root_of(link.other.article_id)) for link in found.links]
        links += self._urls.link(fresh, self._index.member, self.root_of)
        changed = self._revise(before, compared.keys())
        chosen, replaced = self._canonicals((*fresh, *changed), before)
        verdicts: list[Verdict | None] = []
        for signature in signatures:
            article_id = signature.member.article_id
            edge = repeats.get(id(signature.member)) or self._index.parents.get(article_id)
            root = self.root_of(article_id)
            adopted = root in self._index and is_adopted(self._index.member(root))
            verdicts.append(edge and Verdict(edge, root, adopted, chosen.get(root, root)))
        unchecked = {article_id for article_id, s in fresh.items() if self._is_unchecked(s.member)}
        decisions = [
            self._decision(
                article_id, compared.get(article_id), chosen, day, unchecked=article_id in unchecked
            )
            for article_id in (*fresh, *changed)
        ]
        seen_again = [s for s in signatures if id(s.member) in repeats and s.member.article_id not in fresh]
        again = self._refresh(seen_again, day)
        kept = [self._settled(signature) for signature in fresh.values()]
        amended = [self._with_settled(self._index.member(article_id)) for article_id in changed]
        segment = self._keep(day, kept + again, amended)
        return Decided(verdicts, links, replaced, decisions, day, segment, kept, amended)

    def _stand(self, before: dict[str, tuple[str, str]], article_ids: Sequence[str]) -> None:
        """Note in `before` where articles stand whose parents have changed, and those that hang on them."""
        for article_id in article_ids:
            before.setdefault(article_id, self._standing(article_id))
        for article_id in article_ids:
            # Whose root changes takes those along that were dropped for it, or through it; in an order that is the same
            # in every process, since it is that of the segment.
            for other in sorted(self._families.get(self._roots.get(article_id, article_id), ())):
                before.setdefault(other, self._standing(other))

    def _revise(self, before: Mapping[str, tuple[str, str]], compared: AbstractSet[str]) -> list[str]:
        """Return those that stand otherwise than before or have another parent, and count their decisions on."""
        changed = [
            article_id
            for article_id, standing in before.items()
            if self._standing(article_id) != standing or article_id in compared
        ]
        for article_id in changed:
            self._revisions[article_id] = self._revisions.get(article_id, 1) + 1
        return changed

    def _take_roots(self, known: Iterable[Signature | Member], changed: Iterable[str]) -> None:
        """Where the other's parent was the better one, its root is taken too: the parent itself may come later, or never."""
        others = {id_of(one): (one.member if isinstance(one, Signature) else one).settled for one in known}
        for article_id in changed:
            settled = others.get(article_id)
            if settled is not None and settled.parent_id == self._index.parents[article_id].parent.article_id:
                self._leave(article_id)
                self._join(article_id, settled.root_id)

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
        self._index.forget(ids)
        self._urls.forget(ids)
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
            for article_id, (_, was) in before.items():
                root = self.root_of(article_id)
                if was == article_id != root:
                    parent = self._index.parents[article_id].parent
                    first = self._index.member(root) if root in self._index else parent
                    replaced.append(Superseded(self._index.member(article_id), first, root))
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
        self, article_id: str, edge: Edge | None, chosen: dict[str, str], day: int, *, unchecked: bool = False
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
            similarity=None
            if edge is None or known is None or known.comparison is NO_COMPARISON
            else known.comparison.jaccard,
            version=self._urls.versions.get(article_id, 1),
            unchecked=unchecked,
            event_us=member.event_us,
            parent_us=None if known is None else known.parent.event_us,
            origin=member.origin,
            decided_on=day,
            held_days=self._rules.horizon_days,
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
            version=self._urls.versions.get(member.article_id, 1),
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
