"""Where a row lies: folder and file names that nothing in the data can lead out of the output folder."""

import hashlib
import re

from schemas.avro import event_date

__all__ = ["article_partition", "data_file_name", "day_partition", "encode_value", "shard_of"]

_SAFE = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,47}")
_UNSAFE = re.compile(r"[^a-z0-9_.-]+")
#: Names that some file systems reserve (Windows device names).
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def encode_value(value: str) -> str:
    """Return `value` as a path segment of `[a-z0-9_.-]`, at most 64 characters, never `.` or `..`.

    A value that already is one stays as it is; any other keeps its safe letters for the eye and gets
    eight hex digits of its blake2b, so that different values hardly ever share a folder.
    The true value stands in the row, and sharing a folder loses nothing.
    """
    if _SAFE.fullmatch(value) and not _RESERVED.fullmatch(value) and not value.endswith("."):
        return value
    slug = _UNSAFE.sub("-", value.lower()).strip("-._")[:40] or "x"
    mark = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{slug}-{mark}"


def article_partition(event_us: int | None, source: str) -> str:
    """Return the folder of an article: `date=YYYY-MM-DD/source=NAME` (Hive style; `unknown` day if None)."""
    return f"date={event_date(event_us)}/source={encode_value(source)}"


def day_partition(event_us: int | None) -> str:
    """Return the folder of a row that is filed by day only."""
    return f"date={event_date(event_us)}"


def shard_of(key: str, shards: int) -> int:
    """Return the shard, 0 to `shards` - 1, of a key: by its blake2b, the same on every machine."""
    if shards == 1:
        return 0
    return (
        int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        % shards
    )


def data_file_name(shard: int, shards: int, sha256: str) -> str:
    """Return the name of a data file. It carries its own checksum, so no other content can overwrite it."""
    return f"part-{shard:05d}-of-{shards:05d}-{sha256[:16]}.avro"
