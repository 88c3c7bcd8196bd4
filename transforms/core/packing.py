"""Members and signatures as bytes: small, explicit, the same in shuffles, in state and between versions of Python.

Numbers are little-endian; an article id is the 16 bytes that its hex digits stand for.
"""

import struct

from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import Origin

__all__ = [
    "ID_BYTES",
    "id_of",
    "pack_id",
    "pack_member",
    "pack_signature",
    "unpack_member",
    "unpack_signature",
]

ID_BYTES = 16
#: id, flags, event time, priority, tokens, shard, index, offset, lengths of uri and partition.
_MEMBER = struct.Struct("<16sBqiIHqqHH")
#: flags, parent id, parent time, parent priority, root id, relation, version, revision.
_SETTLED = struct.Struct("<B16sqi16sBII")
#: digest, tokens, numbers, url key, lengths of shingles and stems.
_TEXT = struct.Struct("<16sI8s8sII")
_UNKNOWN, _IS_SETTLED = 1, 2
_RELATIONS = ("", "exact", "near")
_NO_ID = bytes(ID_BYTES)
_NO_URL = bytes(8)


def pack_id(article_id: str) -> bytes:
    """Return an article id as 16 bytes; "" as zeros. Raises ValueError for what is no id."""
    return bytes.fromhex(article_id) if article_id else _NO_ID


def id_of(data: bytes) -> str:
    """Return the article id that 16 bytes stand for; zeros stand for ""."""
    return "" if data == _NO_ID else data.hex()


def pack_member(member: Member) -> bytes:
    """Return a member as bytes. Raises ValueError where a name is longer than 65,535 bytes."""
    uri, partition = member.origin.uri.encode("utf-8"), member.partition.encode("utf-8")
    if max(len(uri), len(partition)) > 0xFFFF:
        message = f"the name of a file has {len(uri)} bytes, at most 65,535 can be kept"
        raise ValueError(message)
    flags = _UNKNOWN * (member.event_us is None) | _IS_SETTLED * (member.settled is not None)
    head = _MEMBER.pack(
        pack_id(member.article_id),
        flags,
        member.event_us or 0,
        member.priority,
        member.tokens,
        member.shard,
        member.origin.index,
        member.origin.offset,
        len(uri),
        len(partition),
    )
    settled = b"" if member.settled is None else _pack_settled(member.settled)
    return b"".join((head, uri, partition, settled))


def _pack_settled(settled: Settled) -> bytes:
    return _SETTLED.pack(
        settled.parent_us is None,
        pack_id(settled.parent_id),
        settled.parent_us or 0,
        settled.parent_priority,
        pack_id(settled.root_id),
        _RELATIONS.index(settled.relation),
        settled.version,
        settled.revision,
    )


def unpack_member(data: bytes, place: int = 0) -> tuple[Member, int]:
    """Return the member that begins at `place`, and the place after it."""
    key, flags, event, priority, tokens, shard, index, offset, uri, partition = _MEMBER.unpack_from(
        data, place
    )
    place += _MEMBER.size
    name = data[place : place + uri].decode("utf-8")
    place += uri
    folder = data[place : place + partition].decode("utf-8")
    place += partition
    settled = None
    if flags & _IS_SETTLED:
        unknown, parent, parent_us, parent_priority, root, relation, version, revision = _SETTLED.unpack_from(
            data, place
        )
        settled = Settled(
            id_of(parent),
            None if unknown else parent_us,
            parent_priority,
            id_of(root),
            _RELATIONS[relation],
            version,
            revision,
        )
        place += _SETTLED.size
    event_us = None if flags & _UNKNOWN else event
    origin = Origin(name, index, offset)
    return Member(key.hex(), event_us, priority, tokens, origin, folder, shard, settled), place


def pack_signature(signature: Signature) -> bytes:
    """Return a signature as bytes."""
    text = signature.fingerprint
    head = _TEXT.pack(
        text.digest,
        text.tokens,
        text.numbers,
        signature.url_key or _NO_URL,
        len(text.shingles),
        len(text.stems),
    )
    return b"".join((head, text.shingles, text.stems, pack_member(signature.member)))


def unpack_signature(data: bytes, place: int = 0) -> tuple[Signature, int]:
    """Return the signature that begins at `place`, and the place after it."""
    digest, tokens, numbers, url_key, shingles, stems = _TEXT.unpack_from(data, place)
    place += _TEXT.size
    middle, end = place + shingles, place + shingles + stems
    text = Fingerprint(digest, tokens, data[place:middle], data[middle:end], numbers)
    member, place = unpack_member(data, end)
    return Signature(member, b"" if url_key == _NO_URL else url_key, text), place
