"""What the readers of the single forms find in a file: pieces, flaws and skipped blanks."""

from typing import NamedTuple

from transforms.core.errors import ArticleError

__all__ = ["EXCERPT_BYTES", "HEAD_BYTES", "Blanks", "Flaw", "Found", "Piece", "flaw", "too_large"]

#: How much of a record that is too large is kept.
HEAD_BYTES = 64 << 10
#: How much of a damaged file is kept, around the place.
EXCERPT_BYTES = 4 << 10


class Piece(NamedTuple):
    """A record. `encoding` is the Python codec of `payload`, `offset` a byte or a row as in `Origin`."""

    payload: bytes
    encoding: str
    field_map: str
    offset: int


class Flaw(NamedTuple):
    """Something refused; the fields mean what they mean in `DeadLetter`."""

    reason: str
    detail: str
    payload: bytes
    payload_bytes: int
    offset: int


class Blanks(NamedTuple):
    """How many blank lines were skipped."""

    lines: int


Found = Piece | Flaw | Blanks


def too_large(head: bytes, size: int, limit: int, offset: int) -> Flaw:
    """Return the flaw of a record of `size` bytes that breaks `limit`; of `head` the first 64 KiB are kept."""
    detail = f"{size} bytes, {limit} are allowed; raise read.max_record_bytes to read it"
    return Flaw("record_too_large", detail, head[:HEAD_BYTES], size, offset)


def flaw(error: ArticleError, payload: bytes, offset: int) -> Flaw:
    """Return the flaw that an error stands for, with the whole payload."""
    return Flaw(error.reason, error.detail, payload, len(payload), offset)
