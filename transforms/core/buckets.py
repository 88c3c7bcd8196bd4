"""Which articles of one bucket (those that share a band) are compared.

An entry is what a bucket holds of an article, as bytes that sort by rank: whether its time is unknown, event time,
priority, article id; then the digest of its text, and whether an earlier run has settled it. The candidates of an article are the texts
of the earlier entries within the horizon, if these are at most `bucket_limit`; else only the lowest-ranked
entry. So a bucket of n gives at most limit x n pairs, and an article's candidates depend on earlier ones only: in
order of rank, a stream sees the same.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from schemas.comparing import Member
from transforms.core.cluster import DedupRules
from transforms.core.packing import pack_id

__all__ = ["ENTRY_BYTES", "bucket_pairs", "candidates", "digest_in", "entry_of", "id_in", "is_settled"]

_RANK = struct.Struct(">BQI16s")
_TIME = struct.Struct(">BQ")
_ID = slice(_RANK.size - 16, _RANK.size)
_DIGEST = slice(_RANK.size, _RANK.size + 16)
ENTRY_BYTES = _RANK.size + 16 + 1
#: Signed numbers sort as bytes when they are shifted to be positive.
_SHIFT_TIME, _SHIFT_PRIORITY = 1 << 63, 1 << 31
_NEW, _SETTLED, _REOPENED = b"\x00", b"\x01", b"\x02"


def entry_of(member: Member, digest: bytes, *, settled: bool, reopened: bool = False) -> bytes:
    """Return the entry of an article; `settled` entries give no pairs among each other, unless they are `reopened`."""
    unknown = member.event_us is None
    rank = _RANK.pack(
        unknown,
        (member.event_us or 0) + _SHIFT_TIME,
        member.priority + _SHIFT_PRIORITY,
        pack_id(member.article_id),
    )
    standing = _NEW if not settled else _REOPENED if reopened else _SETTLED
    return rank + digest + standing


def id_in(entry: bytes) -> bytes:
    """Return the article id of an entry, as bytes."""
    return entry[_ID]


def digest_in(entry: bytes) -> bytes:
    """Return the digest of an entry's text."""
    return entry[_DIGEST]


def is_settled(entry: bytes) -> bool:
    """Tell whether an earlier run has settled the entry's article for good."""
    return entry[-1:] == _SETTLED


def _first_within(entries: Sequence[bytes], end: int, entry: bytes, horizon_us: int) -> int:
    """Return where the entries within the horizon before `entry`, which stands at `end`, begin."""
    unknown, time = _TIME.unpack_from(entry)
    if unknown:
        return 0
    return bisect_left(entries, _TIME.pack(0, max(time - horizon_us, 0)), 0, end)


def candidates(entries: Sequence[bytes], place: int, rules: DedupRules) -> Iterator[bytes]:
    """Yield the entries that the one at `place` of a sorted bucket is compared with: one per text, the lowest-ranked.

    Yields nothing for an article with an earlier copy of its own text: that copy is its parent.
    """
    entry = entries[place]
    low = _first_within(entries, place, entry, rules.horizon_us)
    own = entry[_DIGEST]
    if place - low > rules.bucket_limit:
        if entries[low][_DIGEST] != own:
            yield entries[low]
        return
    seen: dict[bytes, bytes] = {}
    for other in entries[low:place]:
        seen.setdefault(other[_DIGEST], other)
    if own not in seen:
        yield from seen.values()


def bucket_pairs(entries: Iterable[bytes], rules: DedupRules) -> Iterator[tuple[bytes, bytes]]:
    """Yield (earlier, later) for all pairs to compare in a bucket, but for those that an earlier run has settled."""
    # One entry per article, as in `split_repeats`: a record read again must not hide a copy, nor be one.
    standing = sorted(entries, key=lambda entry: (entry[-1:] == _NEW, entry), reverse=True)
    ordered = sorted({id_in(entry): entry for entry in standing}.values())
    if len(ordered) < 2:
        return
    for place in range(1, len(ordered)):
        later = ordered[place]
        for earlier in candidates(ordered, place, rules):
            if not (is_settled(later) and is_settled(earlier)):
                yield earlier, later
