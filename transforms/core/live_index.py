"""LiveIndex: what a stream knows between its micro-batches, and what it decides about the next one."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.comparing import Link, Member, Signature, Verdict
from schemas.elements import Decision
from transforms.core.cluster import DedupRules

__all__ = ["Decided", "Head", "LiveIndex", "Superseded"]


class Head(NamedTuple):
    """The state of an index in small: `version` is a hash chain over all that was appended; `days` are those with segments.

    `expired_before` is the first day whose arrivals are all still held, None where nothing was ever forgotten. Days count from
    1970-01-01 UTC.
    """

    version: bytes
    sequence: int
    days: tuple[int, ...]
    expired_before: int | None


class Superseded(NamedTuple):
    """`before` was canonical of its cluster and no longer is: `chosen` is."""

    before: Member
    chosen: Member
    root_id: str


class Decided(NamedTuple):
    """What a micro-batch has decided.

    `verdicts` has one entry per signature of the batch, in their order: None for an article that is kept. `decisions` has one row
    per article of the batch (repeats have none) and one per earlier article that was decided anew. `segment` is what
    must be kept, under `day`, for `LiveIndex.load`.
    """

    verdicts: list[Verdict | None]
    links: list[Link]
    superseded: list[Superseded]
    decisions: list[Decision]
    day: int
    segment: bytes


class LiveIndex:
    """Articles of the last days and what was decided about them; see `decide`, `expire` and `load`."""

    def __init__(self, rules: DedupRules) -> None:
        self._rules = rules
        self.head = Head(b"", 0, (), None)

    @classmethod
    def load(cls, rules: DedupRules, head: Head, segments: Iterable[bytes]) -> "LiveIndex":
        """Return the index that the segments of the days of `head` hold. Raises ValueError where one is missing."""
        raise NotImplementedError

    def decide(self, signatures: Sequence[Signature], day: int) -> Decided:
        """Take in a micro-batch that arrived on `day`."""
        raise NotImplementedError

    def expire(self, day: int) -> tuple[int, ...]:
        """Forget what arrived more than horizon and lateness before `day`; return the days whose segments may go."""
        raise NotImplementedError
