"""What a live index keeps of itself: a small head, and segments that are only ever appended or dropped by whole days.

A segment holds the signatures of one micro-batch, settled, and members that were decided anew (amendments). The head's
`version` is a hash chain over all segments. So a copy of the index in memory fits the stored one only if the heads
are equal: after a retried bundle, or on another worker, they differ, and the copy is made anew. A plain counter would
not do: it can agree where the content differs.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.comparing import Member, Signature
from transforms.core.packing import pack_member, pack_signature, unpack_member, unpack_signature

__all__ = [
    "EMPTY",
    "Head",
    "Segment",
    "append_segment",
    "order_segments",
    "pack_head",
    "pack_segment",
    "unpack_head",
    "unpack_segment",
]

_VERSION_BYTES = 16
#: format, number in the chain, day of arrival, signatures, amendments.
_SEGMENT = struct.Struct("<4sQiII")
_FORMAT = b"WQS1"
#: format, version, sequence, first day that is still held whole (or none), number of days.
_HEAD = struct.Struct("<4s16sQiH")
_HEAD_FORMAT = b"WQH1"
_DAY = struct.Struct("<i")
_NEVER = -(1 << 31)


class Head(NamedTuple):
    """The state of an index in small. `days` are those that have segments, rising, as days since 1970-01-01 UTC.

    `expired_before` is the first day whose arrivals are all still held, None where nothing was ever forgotten.
    """

    version: bytes
    sequence: int
    days: tuple[int, ...]
    expired_before: int | None


EMPTY = Head(bytes(_VERSION_BYTES), 0, (), None)


class Segment(NamedTuple):
    """One segment, read: `version` is that of the chain with it."""

    sequence: int
    day: int
    signatures: list[Signature]
    amendments: list[Member]
    version: bytes


def pack_segment(
    head: Head, day: int, signatures: Sequence[Signature], amendments: Sequence[Member]
) -> bytes:
    """Return the bytes of the segment that comes after `head`."""
    payload = b"".join(
        (
            _SEGMENT.pack(_FORMAT, head.sequence + 1, day, len(signatures), len(amendments)),
            *map(pack_signature, signatures),
            *map(pack_member, amendments),
        )
    )
    return payload + _chain(head.version, payload)


def _chain(version: bytes, payload: bytes) -> bytes:
    return hashlib.blake2b(version + payload, digest_size=_VERSION_BYTES).digest()


def append_segment(head: Head, segment: bytes) -> Head:
    """Return the head of an index to which a segment was appended. Raises ValueError where it does not come next."""
    _, sequence, day, _, _ = _read_header(segment)
    if sequence != head.sequence + 1 or segment[-_VERSION_BYTES:] != _chain(
        head.version, segment[:-_VERSION_BYTES]
    ):
        message = f"segment {sequence} does not come after {head.sequence}"
        raise ValueError(message)
    days = head.days if day in head.days else (*head.days, day)
    return head._replace(version=segment[-_VERSION_BYTES:], sequence=sequence, days=days)


def _read_header(segment: bytes) -> tuple[bytes, int, int, int, int]:
    if len(segment) < _SEGMENT.size + _VERSION_BYTES or segment[:4] != _FORMAT:
        message = f"{len(segment)} bytes are no segment that this version of warraq reads"
        raise ValueError(message)
    found: tuple[bytes, int, int, int, int] = _SEGMENT.unpack_from(segment)
    return found


def unpack_segment(segment: bytes) -> Segment:
    """Return what a segment holds. Raises ValueError for bytes that are none."""
    _, sequence, day, signed, amended = _read_header(segment)
    place = _SEGMENT.size
    signatures: list[Signature] = []
    amendments: list[Member] = []
    for _ in range(signed):
        signature, place = unpack_signature(segment, place)
        signatures.append(signature)
    for _ in range(amended):
        member, place = unpack_member(segment, place)
        amendments.append(member)
    return Segment(sequence, day, signatures, amendments, segment[-_VERSION_BYTES:])


def order_segments(head: Head, segments: Iterable[bytes]) -> list[bytes]:
    """Return the segments of the days of `head` in the order in which they were appended.

    Those of other days are left out. Raises ValueError where one is missing, changed or there twice.
    """
    ordered = sorted((_read_header(segment)[1], segment) for segment in segments)
    held = [(number, segment) for number, segment in ordered if _read_header(segment)[2] in head.days]
    numbers = [number for number, _ in held]
    wrong = numbers != list(range(head.sequence - len(numbers) + 1, head.sequence + 1))
    if wrong or {_read_header(segment)[2] for _, segment in held} != set(head.days):
        message = f"the segments {numbers[:3]}…{numbers[-3:]} are not all up to {head.sequence}"
        raise ValueError(message)
    version = None
    for number, segment in held:
        payload, chained = segment[:-_VERSION_BYTES], segment[-_VERSION_BYTES:]
        if version is not None and _chain(version, payload) != chained:
            message = f"segment {number} does not fit the one before it"
            raise ValueError(message)
        version = chained
    if version is not None and version != head.version:
        message = f"segment {head.sequence} is not the one that the head names"
        raise ValueError(message)
    return [segment for _, segment in held]


def pack_head(head: Head) -> bytes:
    """Return a head as bytes."""
    before = _NEVER if head.expired_before is None else head.expired_before
    packed = _HEAD.pack(_HEAD_FORMAT, head.version, head.sequence, before, len(head.days))
    return packed + b"".join(map(_DAY.pack, head.days))


def unpack_head(data: bytes) -> Head:
    """Return the head that `pack_head` packed. Raises ValueError for other bytes."""
    if len(data) < _HEAD.size or data[:4] != _HEAD_FORMAT:
        message = f"{len(data)} bytes are no head that this version of warraq reads"
        raise ValueError(message)
    _, version, sequence, before, count = _HEAD.unpack_from(data)
    days = tuple(day for (day,) in _DAY.iter_unpack(data[_HEAD.size : _HEAD.size + count * _DAY.size]))
    return Head(version, sequence, days, None if before == _NEVER else before)
