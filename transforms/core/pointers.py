"""Finding the top of every chain of parents by pointer doubling (Wyllie 1979): rounds of messages between articles.

Every dropped article holds a pointer, at first to its parent. In a round each asks the article that it points to,
and takes over that one's pointer: so after n rounds a pointer reaches 2**n parents up. What is still on its way then
(chains of drifting versions) is followed in one place, by `finish_chains`. Ids are 16 bytes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["NO_FALLBACK", "Pointer", "advance", "ask", "finish_chains", "pack_pointer", "unpack_pointer"]

NO_FALLBACK = bytes(16)
_OWN, _ASK = b"S", b"Q"


class Pointer(NamedTuple):
    """Where a dropped article points to. `done`: it is the root.

    `fallback` is where to go on if `target` turns out to have no pointer: the root that an earlier run wrote down,
    for a parent that the index has forgotten may have had parents of its own.
    """

    target: bytes
    fallback: bytes
    done: bool


def pack_pointer(pointer: Pointer) -> bytes:
    """Return a pointer as 33 bytes."""
    return pointer.target + pointer.fallback + (b"\x01" if pointer.done else b"\x00")


def unpack_pointer(data: bytes) -> Pointer:
    """Return the pointer that 33 bytes stand for."""
    return Pointer(data[:16], data[16:32], data[32:33] == b"\x01")


def ask(article_id: bytes, pointer: Pointer) -> Iterator[tuple[bytes, bytes]]:
    """Yield the messages of one round from an article: what it knows, to itself; its question, to its target."""
    yield article_id, _OWN + pack_pointer(pointer)
    if not pointer.done:
        yield pointer.target, b"".join((_ASK, article_id, pointer.fallback))


def advance(article_id: bytes, messages: Iterable[bytes]) -> Iterator[tuple[bytes, Pointer]]:
    """Yield (article, pointer) after a round, from the messages that reached one article."""
    own: Pointer | None = None
    asking: list[bytes] = []
    for message in messages:
        if message[:1] == _OWN:
            own = unpack_pointer(message[1:])
        else:
            asking.append(message)
    if own is not None and own.done:
        yield article_id, own  # who is not done has asked, and gets an answer elsewhere
    for message in asking:
        child, fallback = message[1:17], message[17:33]
        if own is not None and own.fallback == NO_FALLBACK:
            yield child, own
        elif own is not None:  # it will know in a round where to go on; nobody passes it before
            yield child, Pointer(article_id, NO_FALLBACK, done=False)
        elif fallback not in (NO_FALLBACK, article_id):
            yield child, Pointer(fallback, NO_FALLBACK, done=False)
        else:
            yield child, Pointer(article_id, NO_FALLBACK, done=True)


def finish_chains(unfinished: Iterable[tuple[bytes, Pointer]]) -> Iterator[tuple[bytes, Pointer]]:
    """Yield each unfinished article with a pointer to something that is none of them; one more round finishes it.

    Raises ValueError where pointers go in a circle, which only a damaged index could bring about.
    """
    pointers = dict(unfinished)
    for article_id in list(pointers):
        chain = [article_id]
        while pointers[chain[-1]].target in pointers:
            chain.append(pointers[chain[-1]].target)
            if len(chain) > len(pointers):
                message = f"the parents of article {article_id.hex()} go in a circle: `warraq index check` the index"
                raise ValueError(message)
        top = pointers[chain[-1]]
        for passed in chain:  # so that nobody goes this way again: a long chain costs linear time
            pointers[passed] = top
        yield article_id, top
