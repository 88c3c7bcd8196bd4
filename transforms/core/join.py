"""The batch join of deduplication, as pure functions between its shuffles: what is sent where, and what is decided there.

A text is found by its key: the digest of its folded body, or the article id where the body is too short to be
compared. Messages are bytes whose first byte tells their kind; their order means nothing.

1. `signature_message`: each signature goes to its text.
2. `pair_messages`, `version_messages`: who shall be compared is told to both texts.
3. `settle_text`: at the text, copies are settled, and what others need for comparing is sent to the later text.
4. `compare_text`: at the later text, exact comparison, the parent of each head, and the relations that drop nothing.
"""

import functools
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.comparing import NO_COMPARISON, Comparison, Edge, Link, Member, Signature
from transforms.core.buckets import digest_in, id_in
from transforms.core.cluster import (
    DedupRules,
    choose_parent,
    is_within,
    rank,
    settle_copies,
    split_repeats,
)
from transforms.core.packing import (
    ID_BYTES,
    pack_id,
    pack_member,
    pack_signature,
    unpack_member,
    unpack_signature,
)
from transforms.core.similarity import compare, relation_of
from transforms.core.versions import Versioned, VersionLink

__all__ = [
    "SettledText",
    "compare_text",
    "pair_messages",
    "settle_text",
    "signature_message",
    "text_key",
    "version_messages",
    "versioned",
]

#: To a text: a signature of it; "send your text, with this member, to that later text, for that child"; the same for
#: an earlier version of a URL; "send yourself what you are, for this child".
_SIGNATURE, _SEND, _SEND_VERSION, _KEEP = b"S", b"P", b"V", b"K"
#: At the later text: what it is itself, an earlier text, an earlier version.
_OWN, _EARLIER, _VERSION = b"O", b"E", b"W"
_KEY_BYTES = 16
_COUNT = struct.Struct("<I")

Message = tuple[bytes, bytes]


class SettledText(NamedTuple):
    """What came of one text: edges to copies and repeats, and the messages to the texts that are compared with it."""

    edges: list[Edge]
    messages: list[Message]


def text_key(signature: Signature, rules: DedupRules) -> bytes:
    """Return the 16 bytes by which a signature's text is found; too short a text is its article's own."""
    text = signature.fingerprint
    return text.digest if text.tokens >= rules.min_tokens else pack_id(signature.member.article_id)


def signature_message(signature: Signature) -> bytes:
    """Return the message that takes a signature to its text."""
    return _SIGNATURE + pack_signature(signature)


def pair_messages(earlier: bytes, later: bytes) -> Iterator[Message]:
    """Yield what the texts of two bucket entries are told, so that they meet at the later one."""
    yield digest_in(earlier), b"".join((_SEND, digest_in(later), id_in(later), id_in(earlier)))
    yield digest_in(later), _KEEP + id_in(later)


def versioned(signature: Signature, key: bytes) -> Versioned:
    """Return what is known of an article among those of its URL."""
    member = signature.member
    return Versioned(
        member.event_us is None,
        member.event_us or 0,
        member.priority,
        pack_id(member.article_id),
        key,
        0 if member.settled is None else member.settled.version,
    )


def version_messages(link: VersionLink) -> Iterator[Message]:
    """Yield what the texts of two versions are told, so that they meet at the later one."""
    later, earlier = link.later, link.earlier
    count = _COUNT.pack(link.version)
    yield (
        earlier.digest,
        b"".join((_SEND_VERSION, later.digest, later.article_id, earlier.article_id, count)),
    )
    yield later.digest, _KEEP + later.article_id


def settle_text(key: bytes, messages: Iterable[bytes], rules: DedupRules) -> SettledText:
    """Settle the copies and repeats of one text, and answer what it was told to send."""
    signatures: list[bytes] = []
    told: list[bytes] = []
    for message in messages:
        (signatures if message[:1] == _SIGNATURE else told).append(message)
    read = [unpack_signature(message, 1)[0] for message in signatures]
    if not told and all(signature.member.settled is not None for signature in read):
        return SettledText([], [])
    text = read[0]
    members, edges = split_repeats(signature.member for signature in read)
    heads, copies = settle_copies(members, rules, len(text.fingerprint.shingles) // 4)
    answers = list(_answers(key, text, members, heads, told)) if told else []
    return SettledText(edges + copies, answers)


def _answers(
    key: bytes, text: Signature, members: list[Member], heads: list[Member], told: list[bytes]
) -> Iterator[Message]:
    by_id = {pack_id(member.article_id): member for member in members}
    asked: set[bytes] = set()

    @functools.cache
    def with_member(article_id: bytes) -> bytes:
        return pack_signature(Signature(by_id[article_id], b"", text.fingerprint))

    for message in told:
        kind = message[:1]
        if kind == _KEEP:
            asked.add(message[1:])
            continue
        later, child, own, count = _parts(message, _KEY_BYTES, ID_BYTES, ID_BYTES, _COUNT.size)
        if kind == _SEND:
            yield later, b"".join((_EARLIER, child, with_member(own)))
        else:
            yield later, b"".join((_VERSION, child, count, pack_member(by_id[own])))
    if asked:
        first = [member for member in heads if pack_id(member.article_id) in asked]
        others = [by_id[article_id] for article_id in sorted(asked) if by_id[article_id] not in first]
        packed = b"".join(map(pack_member, first + others))
        yield key, b"".join((_OWN, _COUNT.pack(len(first)), with_member(next(iter(by_id))), packed))


def _parts(message: bytes, *sizes: int) -> Iterator[bytes]:
    place = 1
    for size in sizes:
        yield message[place : place + size]
        place += size


class _Own(NamedTuple):
    """The later text: its fingerprint in `text`, and the members that were asked for."""

    text: Signature
    members: dict[bytes, Member]
    heads: frozenset[bytes]


def _read_own(message: bytes) -> _Own:
    (count,) = _COUNT.unpack_from(message, 1)
    text, place = unpack_signature(message, 1 + _COUNT.size)
    members: dict[bytes, Member] = {}
    while place < len(message):
        member, place = unpack_member(message, place)
        members[pack_id(member.article_id)] = member
    return _Own(text, members, frozenset(list(members)[:count]))


def compare_text(messages: Iterable[bytes], rules: DedupRules) -> tuple[list[Edge], list[Link], int]:
    """Compare one text with the earlier ones that it meets; return `near` edges, relations, and how many were compared."""
    own: _Own | None = None
    earlier: list[bytes] = []
    versions: list[bytes] = []
    for message in messages:
        kind = message[:1]
        if kind == _OWN:
            own = _read_own(message)
        else:
            (earlier if kind == _EARLIER else versions).append(message)
    if own is None:  # a text always answers itself; only a lost message could bring us here
        fault = "a text to be compared did not send itself"
        raise ValueError(fault)
    compared: dict[bytes, Comparison | None] = {}
    near: dict[bytes, list[tuple[Member, Comparison]]] = {}
    links: list[Link] = []
    for message in sorted(earlier):
        key = message[1 : 1 + ID_BYTES]
        other, _ = unpack_signature(message, 1 + ID_BYTES)
        if key not in own.heads or not _is_earlier(other.member, own.members[key], rules):
            continue
        digest = other.fingerprint.digest
        if digest not in compared:
            compared[digest] = compare(own.text.fingerprint, other.fingerprint, rules)
        comparison = compared[digest]
        if comparison is None:
            continue
        relation = relation_of(comparison, rules)
        if relation == "near":
            near.setdefault(key, []).append((other.member, comparison))
        else:
            links.append(Link(own.members[key], other.member, relation, comparison, 0))
    for message in versions:
        key, count = _parts(message, ID_BYTES, _COUNT.size)
        other_member, _ = unpack_member(message, 1 + ID_BYTES + _COUNT.size)
        links.append(
            Link(own.members[key], other_member, "updated_version", NO_COMPARISON, *_COUNT.unpack(count))
        )
    edges = [choose_parent(own.members[key], found) for key, found in near.items()]
    return [edge for edge in edges if edge is not None], links, len(compared)


def _is_earlier(earlier: Member, later: Member, rules: DedupRules) -> bool:
    return rank(earlier) < rank(later) and is_within(earlier.event_us, later.event_us, rules.horizon_us)
