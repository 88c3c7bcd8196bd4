"""What a live index says of a micro-batch: verdicts, decisions, and what must be kept."""

from typing import NamedTuple

from schemas.comparing import Link, Member, Signature, Verdict
from schemas.elements import Decision

__all__ = ["Decided", "Superseded"]


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
    `settled` are the signatures of the new articles and `amended` the
    members that were decided anew, with the decisions: what another index needs to go on from here.
    """

    verdicts: list[Verdict | None]
    links: list[Link]
    superseded: list[Superseded]
    decisions: list[Decision]
    day: int
    segment: bytes
    settled: list[Signature]
    amended: list[Member]
