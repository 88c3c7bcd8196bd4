"""SignatureIndex: the whole decision in one process and in memory, article by article.

It is what a stream keeps between its micro-batches and what small jobs use without Beam; the batch join in
`transforms.deduplicate` gives the same parents. Articles may come in any order: an article that ranks before others
revises their decisions, and after the last one the decisions are those of the rule about pairs in `cluster`.
"""

import dataclasses
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np

from schemas.comparing import NO_COMPARISON, Comparison, Edge, Fingerprint, Link, Member, Settled, Signature
from schemas.elements import Origin
from transforms.core.band_table import BandTable
from transforms.core.buckets import candidates, digest_in, entry_of, id_in
from transforms.core.cluster import COPY, DedupRules, choose_parent, copy_of, lowest_earlier, rank
from transforms.core.minhash import band_keys
from transforms.core.packing import id_of, pack_id
from transforms.core.similarity import compare, relation_of

__all__ = ["Decisions", "SignatureIndex", "keys_of"]

_USUAL = DedupRules()
#: Sets that are signed at once: their shingles and a permuted copy stay in the second-level cache.
_BATCH = 64


class Decisions(NamedTuple):
    """What adding articles has decided: drops (a later edge of a child replaces an earlier one) and relations."""

    edges: list[Edge]
    links: list[Link]


class _Text(NamedTuple):
    """A text and the articles that have it, by rank."""

    fingerprint: Fingerprint
    members: list[Member]


def keys_of(signatures: Sequence[Signature], rules: DedupRules) -> list[list[int]]:
    """Return the band keys of each signature, none for a text without shingles or too short for any duplicate."""
    keys: list[list[int]] = []
    for first in range(0, len(signatures), _BATCH):
        batch = [
            signature.fingerprint.shingles if signature.fingerprint.tokens >= rules.min_tokens else b""
            for signature in signatures[first : first + _BATCH]
        ]
        sizes = [len(shingles) // 4 for shingles in batch]
        data = b"".join(batch)
        borders = np.cumsum([0, *(size for size in sizes if size)])
        rows = iter(
            band_keys(np.frombuffer(data, "<u4"), borders, rules.rows, rules.bands, rules.seed).tolist()
        )
        keys += [next(rows) if size else [] for size in sizes]
    return keys


class SignatureIndex:
    """Articles known so far, and who is whose duplicate.

    Of an article that is read twice with different times the record that came first stands: it has been told already.
    Where a bucket outgrows `bucket_limit`, articles that arrive out of order may have been compared with more others.

    Memory grows with the articles: signatures, and an entry per band. `pairs` counts the raw pairs that buckets
    gave, `compared` the comparisons made.
    """

    def __init__(self, rules: DedupRules = _USUAL) -> None:
        self._rules = rules
        self._texts: dict[bytes, _Text] = {}
        self._members: dict[str, Member] = {}
        self._parents: dict[str, Edge] = {}
        self._bands = BandTable()
        self.pairs = 0
        self.compared = 0

    def __len__(self) -> int:
        return len(self._members)

    @property
    def parents(self) -> dict[str, Edge]:
        """The edge of each dropped article, by its id (repeats apart)."""
        return self._parents

    def __contains__(self, article_id: object) -> bool:
        return article_id in self._members

    def member(self, article_id: str) -> Member:
        """Return an article that is known. Raises KeyError."""
        return self._members[article_id]

    def root_of(self, article_id: str) -> str:
        """Return the article that is kept for this one: itself, or what following parents reaches."""
        while article_id in self._parents:
            article_id = self._parents[article_id].parent.article_id
        return article_id

    def add(self, signatures: Iterable[Signature]) -> Decisions:
        """Take articles in and return what that decides, also about articles taken in before."""
        ordered = sorted(signatures, key=lambda signature: rank(signature.member))
        decisions = Decisions([], [])
        for signature, keys in zip(ordered, keys_of(ordered, self._rules), strict=True):
            member = signature.member
            known = self._members.setdefault(member.article_id, member)
            if known is not member:
                decisions.edges.append(Edge(member, known, "repeat", COPY))
            elif signature.fingerprint.tokens >= self._rules.min_tokens:
                self._add(member, self._text_of(signature.fingerprint, member), keys, decisions)
        return decisions

    def load(self, signatures: Iterable[Signature]) -> None:
        """Take in articles of different ids that were decided before, with what `settled` says, and decide nothing."""
        known = list(signatures)
        entries: list[bytes] = []
        bands: list[list[int]] = []
        for signature, keys in zip(known, keys_of(known, self._rules), strict=True):
            settled = signature.member.settled
            member = dataclasses.replace(signature.member, settled=None)
            self._members[member.article_id] = member
            if settled is not None and settled.parent_id:
                self._parents[member.article_id] = _settled_edge(member, settled)
            if signature.fingerprint.tokens < self._rules.min_tokens:
                continue
            self._text_of(signature.fingerprint, member)
            entries.append(entry_of(member, signature.fingerprint.digest, settled=False))
            bands.append(keys)
        self._bands.load(entries, bands)

    def merge(self, known: Iterable[Signature | Member]) -> list[Edge]:
        """Take in what another index has settled, compared with what is here; return what is decided otherwise than it was.

        Of an article that both know, and of one that is new here, the better decision stays: a copy before a near one, then the
        lowest-ranked parent, whichever index found it. So what one side has forgotten counts still. An edge of a new article
        may be what the other index has decided, too.
        """
        items = list(known)
        decisions = self.add(
            dataclasses.replace(one, member=dataclasses.replace(one.member, settled=None))
            for one in items
            if isinstance(one, Signature) and one.member.article_id not in self._members
        )
        for one in items:
            member = one.member if isinstance(one, Signature) else one
            here, settled = self._members.get(member.article_id), member.settled
            if here is None or settled is None or not settled.parent_id:
                continue
            edge = self._parents.get(member.article_id)
            if edge is None or edge.parent.article_id != settled.parent_id:
                self._decide(_settled_edge(here, settled), decisions)
        return decisions.edges

    def forget(self, article_ids: AbstractSet[str]) -> None:
        """Drop articles; those that had them as parents keep their edges. Walks through the whole index, so ask for many at once."""
        for article_id in article_ids:
            self._members.pop(article_id, None)
            self._parents.pop(article_id, None)
        for digest, text in list(self._texts.items()):
            left = [member for member in text.members if member.article_id not in article_ids]
            if not left:
                del self._texts[digest]
            elif len(left) < len(text.members):
                text.members[:] = left
        self._bands.forget(list(map(pack_id, article_ids)))

    def _text_of(self, fingerprint: Fingerprint, member: Member) -> _Text:
        """Return the text of a new article, which then is among its members."""
        text = self._texts.get(fingerprint.digest)
        if text is None:
            text = self._texts[fingerprint.digest] = _Text(fingerprint, [member])
        else:
            insort(text.members, member, key=rank)
        return text

    def _add(self, member: Member, text: _Text, keys: list[int], decisions: Decisions) -> None:
        for edge in self._copies(text, member):
            self._decide(edge, decisions)
        earlier, later = self._enter(entry_of(member, text.fingerprint.digest, settled=False), keys)
        if member.article_id not in self._parents:
            self._relate(member, text, sorted(earlier), decisions)
        for article_id, digest in sorted(later):
            child = self._members[id_of(article_id)]
            known = self._parents.get(child.article_id)
            if known is None or known.relation == "near":
                self._relate(child, self._texts[digest], [text.fingerprint.digest], decisions)

    def _copies(self, text: _Text, member: Member) -> Iterator[Edge]:
        """Yield the exact edges that a new member of a text makes: its own, and those of later copies."""
        members, horizon_us = text.members, self._rules.horizon_us
        if len(members) == 1:
            return
        comparison = copy_of(len(text.fingerprint.shingles) // 4)
        place = bisect_left(members, rank(member), key=rank)
        for child in members[place:]:
            parent = lowest_earlier(members, child, horizon_us)
            if parent is not None and (child is member or parent is member):
                yield Edge(child, parent, "exact", comparison)

    def _decide(self, edge: Edge, decisions: Decisions) -> None:
        """Take an edge, unless the child has a better one: an exact one, or one of the kind to a lower rank."""
        known = self._parents.get(edge.child.article_id)
        if known is not None:
            if known.relation == "exact" and edge.relation == "near":
                return
            if known.relation == edge.relation and rank(known.parent) <= rank(edge.parent):
                return
        self._parents[edge.child.article_id] = edge
        decisions.edges.append(edge)

    def _enter(self, entry: bytes, keys: list[int]) -> tuple[set[bytes], set[tuple[bytes, bytes]]]:
        """Put an entry into its buckets; return the texts to compare with, and (id, text) of later ones to revise."""
        earlier: set[bytes] = set()
        later: set[tuple[bytes, bytes]] = set()
        for bucket, place in self._bands.enter(entry, keys):
            for other in candidates(bucket, place, self._rules):
                self.pairs += 1
                earlier.add(digest_in(other))
            for number in range(place + 1, len(bucket)):
                if entry in candidates(bucket, number, self._rules):
                    self.pairs += 1
                    later.add((id_in(bucket[number]), digest_in(bucket[number])))
        return earlier, later

    def _relate(self, child: Member, text: _Text, digests: Iterable[bytes], decisions: Decisions) -> None:
        """Compare a head with earlier texts: choose its parent, and tell what else it has to do with."""
        near: list[tuple[Member, Comparison]] = []
        for digest in digests:
            other = self._texts[digest]
            earlier = lowest_earlier(other.members, child, self._rules.horizon_us)
            if earlier is None:
                continue
            self.compared += 1
            comparison = compare(text.fingerprint, other.fingerprint, self._rules)
            if comparison is None:
                continue
            relation = relation_of(comparison, self._rules)
            if relation == "near":
                near.append((earlier, comparison))
            else:
                decisions.links.append(Link(child, earlier, relation, comparison, 0))
        edge = choose_parent(child, near)
        if edge is not None:
            self._decide(edge, decisions)


def _settled_edge(child: Member, settled: Settled) -> Edge:
    """Return the edge that an earlier decision stands for; of the parent it knows what ranks it."""
    parent = Member(
        settled.parent_id, settled.parent_us, settled.parent_priority, 0, Origin("", 0, 0), "", 0, None
    )
    return Edge(child, parent, settled.relation, COPY if settled.relation == "exact" else NO_COMPARISON)
