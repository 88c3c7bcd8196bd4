"""What flows inside deduplication: what articles are compared by, how like they are, and what was decided.

The conventions are those of `schemas.elements`; what leaves deduplication (`Duplicate`, `Relation`) stands there.
"""

import dataclasses
from typing import NamedTuple

from schemas.elements import Origin

__all__ = [
    "NO_COMPARISON",
    "Comparison",
    "Edge",
    "Fingerprint",
    "Link",
    "Member",
    "Settled",
    "Signature",
    "Verdict",
]


@dataclasses.dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a text is compared by, made from the `dedup` text of its body.

    `digest` is its 128-bit blake2b, `tokens` its number of words, `shingles` its distinct word-3 shingles as sorted
    little-endian 32-bit hashes, `stems` its distinct light stems alike (the lowest bit set where a stem is
    repeated), `numbers` eight bytes over the multiset of its numbers. Short texts have no shingles and no stems.
    """

    digest: bytes
    tokens: int
    shingles: bytes
    stems: bytes
    numbers: bytes


class Settled(NamedTuple):
    """What an earlier run decided about an article; "" and None stand for no parent.

    `relation` is "" (kept), `exact` or `near`. `version` counts the texts seen under its URL, from 1, `revision` the
    decisions about it (see `schemas.elements.Decision`).
    """

    parent_id: str
    parent_us: int | None
    parent_priority: int
    root_id: str
    relation: str
    version: int
    revision: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """An article among those it is compared with: what ranks it and where it stands, without its text.

    `event_us`, `priority`, `article_id`, `origin`, in this order, are its rank (see `cluster.rank`). `settled` is
    None for an article of this run. `partition` and `shard` say in which output file its record lies.
    """

    article_id: str
    event_us: int | None
    priority: int
    tokens: int
    origin: Origin
    partition: str
    shard: int
    settled: Settled | None


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """The small thing by which an article is compared: no text.

    `url_key` is a 64-bit hash of its canonical URL, b"" where it has none.
    """

    member: Member
    url_key: bytes
    fingerprint: Fingerprint


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """How like two texts are: the evidence of a decision.

    `shared`, `own` and `other` count distinct shingles; `containment` is `shared` by the smaller of the two. `own_words`
    and `other_words` count the repeated stems that the other side lacks; `blocked` tells that the template guard keeps
    the two apart. `sample` are hashes of a few shared shingles, from which the words are restored.
    """

    jaccard: float
    containment: float
    shared: int
    own: int
    other: int
    own_words: int
    other_words: int
    blocked: bool
    sample: tuple[int, ...]


NO_COMPARISON = Comparison(0.0, 0.0, 0, 0, 0, 0, 0, False, ())


class Edge(NamedTuple):
    """A decision: `child` is dropped, `parent` is why. `relation` is `exact`, `near` or `repeat`."""

    child: Member
    parent: Member
    relation: str
    comparison: Comparison


class Link(NamedTuple):
    """A relation that drops nothing: `child` is a later article, `other` an earlier one.

    `relation` is `updated_version` (then `version` counts the texts of the URL up to this one), `similar`,
    `contains` or `contained_in` (child contains other; other contains child). `other_root_id` is "" until roots are
    known.
    """

    child: Member
    other: Member
    relation: str
    comparison: Comparison
    version: int
    other_root_id: str = ""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What deduplication decided about one record that is dropped, on its way to that record's partition.

    `root_from_index` tells that the root was read by an earlier run.
    """

    edge: Edge
    root_id: str
    root_from_index: bool
    canonical_id: str
