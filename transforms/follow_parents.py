"""FollowParents: the root of every dropped article, by pointer doubling. The thinking is in `transforms.core.pointers`."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.comparing import Edge, Member
from transforms.composite import Composite
from transforms.core.packing import id_of, pack_id
from transforms.core.pointers import (
    NO_FALLBACK,
    Pointer,
    advance,
    ask,
    finish_chains,
    pack_pointer,
    unpack_pointer,
)
from transforms.metrics import StageCounter

__all__ = ["FollowParents"]

_Message = tuple[bytes, bytes]
_STAGE = "deduplicate"
_ROUNDS = 3


@dataclasses.dataclass(eq=False)
class FollowParents(Composite):
    """Find the root of every dropped article, from edges and from the parents that earlier runs wrote down.

    Takes edges (repeats are passed over) and settled members; gives (article id, root id) as hex for each article
    that has a parent. Chains of more than 8 parents are followed in one place, and counted as `deep_chains`.
    """

    def expand(self, sides: tuple[PCollection[Edge], PCollection[Member]]) -> PCollection[tuple[str, str]]:
        """Return (article id, root id)."""
        edges, members = sides
        state = (
            (
                edges | "Point" >> beam.FlatMap(_point).with_output_types(_Message),
                members | "PointBack" >> beam.FlatMap(_point_back).with_output_types(_Message),
            )
            | "AllPointers" >> beam.Flatten()
            | "GroupPointers" >> beam.GroupByKey()
            | "NewestPointer" >> beam.MapTuple(_newest).with_output_types(_Message)
        )
        for number in range(1, _ROUNDS + 1):
            state = state | f"Round{number}" >> _AskAround()
        part = beam.ParDo(_PartFn())
        part.label = "Part"
        parted = state | part.with_output_types(_Message, deep=tuple[str, _Message]).with_outputs(
            "deep", main="done"
        )
        finished = (
            parted.deep
            | "GatherDeep" >> beam.GroupByKey()
            | "FinishChains" >> beam.FlatMapTuple(_finish).with_output_types(_Message)
        )
        roots: PCollection[tuple[str, str]] = (
            (parted.done, finished)
            | "Rejoin" >> beam.Flatten()
            | "LastRound" >> _AskAround()
            | "Roots" >> beam.MapTuple(_root).with_output_types(tuple[str, str])
        )
        return roots


@dataclasses.dataclass(eq=False)
class _AskAround(Composite):
    """One round of pointer doubling: (article, pointer) to (article, pointer twice as far)."""

    def expand(self, state: PCollection[_Message]) -> PCollection[_Message]:
        advanced: PCollection[_Message] = (
            state
            | "Ask" >> beam.FlatMapTuple(_ask).with_output_types(_Message)
            | "Group" >> beam.GroupByKey()
            | "Answer" >> beam.FlatMapTuple(_answer).with_output_types(_Message)
        )
        return advanced


_STORED, _DECIDED = b"0", b"1"


def _point(edge: Edge) -> Iterator[_Message]:
    if edge.relation != "repeat":
        pointer = Pointer(pack_id(edge.parent.article_id), NO_FALLBACK, done=False)
        yield pack_id(edge.child.article_id), _DECIDED + pack_pointer(pointer)


def _point_back(member: Member) -> Iterator[_Message]:
    if member.settled is not None and member.settled.parent_id:
        parent, root = pack_id(member.settled.parent_id), pack_id(member.settled.root_id)
        yield pack_id(member.article_id), _STORED + pack_pointer(Pointer(parent, root, done=False))


def _newest(article_id: bytes, pointers: Iterable[bytes]) -> _Message:
    return article_id, max(pointers)[1:]


def _ask(article_id: bytes, pointer: bytes) -> Iterator[_Message]:
    yield from ask(article_id, unpack_pointer(pointer))


def _answer(article_id: bytes, messages: Iterable[bytes]) -> Iterator[_Message]:
    for child, pointer in advance(article_id, messages):
        yield child, pack_pointer(pointer)


class _PartFn(beam.DoFn):
    """Part those that have found their root from those on a long way."""

    def __init__(self) -> None:
        self._counter = StageCounter(_STAGE)

    def process(self, element: _Message) -> Iterator[Any]:
        if unpack_pointer(element[1]).done:
            yield element
        else:
            self._counter.add("deep_chains")
            yield TaggedOutput("deep", ("all", element))


def _finish(_: str, unfinished: Iterable[_Message]) -> Iterator[_Message]:
    pointers = ((article_id, unpack_pointer(pointer)) for article_id, pointer in unfinished)
    for article_id, pointer in finish_chains(pointers):
        yield article_id, pack_pointer(pointer)


def _root(article_id: bytes, pointer: bytes) -> tuple[str, str]:
    return id_of(article_id), id_of(unpack_pointer(pointer).target)
