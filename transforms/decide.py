"""DecideArticles: the deduplication of a stream. One key, one index, a few state operations per micro-batch.

A state operation costs a third of a millisecond on some engines and a round trip on others, whatever its size; so
articles are decided in micro-batches, and all that an index knows is appended as one segment per batch (see
`transforms.core.segments`). The index itself is in the memory of the process, and is used only if its head is the
one that the state holds: after a retried bundle, or on another worker, it is read anew.
"""

# ruff: noqa: B008
# (Beam finds states and timers as defaults of parameters.)

import dataclasses
import itertools
import pickle
import struct
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    BagRuntimeState,
    BagStateSpec,
    ReadModifyWriteRuntimeState,
    ReadModifyWriteStateSpec,
    RuntimeTimer,
    TimerSpec,
    on_timer,
)
from apache_beam.transforms.window import GlobalWindow, TimestampedValue
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.comparing import Member, Signature
from schemas.elements import ArticleBatch, Decision, Duplicate, NormalizedArticle, Relation
from transforms.adopt_index import AdoptIndex, Piece
from transforms.composite import Composite
from transforms.core.cluster import DedupRules
from transforms.core.live_index import LiveIndex
from transforms.core.normalize import NormalizeRules
from transforms.core.packing import pack_signature, unpack_signature
from transforms.core.parse import SourceRules
from transforms.core.segments import EMPTY, Head, pack_head, unpack_head
from transforms.core.told import Told, tell, tell_adopted
from transforms.index_store import AdoptedIndex
from transforms.metrics import StageCounter
from transforms.sign import sign_all, signable_of
from transforms.turns import turn

__all__ = ["DecideArticles", "DecideOutputs", "forget_indexes"]

_DAY_US = 86_400_000_000
#: One key for all articles: what is decided about one may depend on any other.
_KEY = "articles"
#: Bags for the segments, each of some days in a row; an old one is cleared long before its turn comes again.
_SLOTS = 8
_MOST_INDEXES = 2

#: The indexes in the memory of this process, by step. One in use is taken out, so no two threads can share it.
_INDEXES: dict[str, LiveIndex] = {}


class DecideOutputs(NamedTuple):
    """What deciding gives: articles that stay, records that are dropped, relations, and a row per decision.

    `signatures` of the new articles, settled, and `amendments`, members decided anew, are what another index needs.
    """

    ok: PCollection[ArticleBatch]
    duplicates: PCollection[Duplicate]
    relations: PCollection[Relation]
    decisions: PCollection[Decision]
    signatures: PCollection[Signature]
    amendments: PCollection[Member]


@dataclasses.dataclass(eq=False)
class DecideArticles(Composite):
    """Drop repeats, exact copies and near duplicates of an unbounded PCollection, as `DeduplicateArticles` does of a bounded one.

    Takes normalised articles in the global window, in any order; their timestamps are the times of arrival. Gives
    one `ArticleBatch` (of no partition) per micro-batch and span of `window_us`, and rows with the timestamp of their
    record. What is decided depends on which articles have come, not on order or bundles; where one comes that ranks
    before others, these are decided anew, and the last revision counts. What `adopted` holds is known before the first article
    is decided: those that come earlier wait in state. Signatures and amendments are empty unless `shared`. Counters: `warraq.deduplicate`.
    """

    rules: DedupRules
    sources: Mapping[str, SourceRules]
    normalize: NormalizeRules
    batch: int = 200
    window_us: int = 300_000_000
    adopted: AdoptedIndex | None = None
    shared: bool = False

    def expand(self, articles: PCollection[NormalizedArticle]) -> DecideOutputs:
        """Return the doors."""
        gather = beam.ParDo(_GatherFn(self))
        gather.label = "Gather"
        decide = beam.ParDo(_DecideFn(self))
        decide.label = "Decide"
        batches = articles | gather.with_output_types(tuple[str, bytes])
        if self.adopted is not None:
            pieces = articles.pipeline | "AdoptIndex" >> AdoptIndex(self.adopted, _KEY)
            batches = (batches, pieces) | "WithAdopted" >> beam.Flatten()
        doors = batches | decide.with_output_types(
            ArticleBatch,
            duplicates=Duplicate,
            relations=Relation,
            decisions=Decision,
            signatures=Signature,
            amendments=Member,
        ).with_outputs("duplicates", "relations", "decisions", "signatures", "amendments", main="ok")
        return DecideOutputs(
            doors.ok, doors.duplicates, doors.relations, doors.decisions, doors.signatures, doors.amendments
        )


class _GatherFn(beam.DoFn):
    """Sign the articles of a bundle and send them on together: signing is parallel, deciding is not."""

    def __init__(self, plan: DecideArticles) -> None:
        self._rules = plan.rules
        self._sources = plan.sources
        self._normalize = plan.normalize
        self._batch = plan.batch

    def start_bundle(self) -> None:
        self._waiting: list[tuple[int, NormalizedArticle]] = []

    def process(
        self,
        article: NormalizedArticle,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
    ) -> Iterator[Any]:
        self._waiting.append((timestamp.micros, article))
        if len(self._waiting) >= self._batch:
            at, batch = self._flush()
            yield TimestampedValue(batch, at)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        if self._waiting:
            at, batch = self._flush()
            yield WindowedValue(batch, at, (GlobalWindow(),))

    def _flush(self) -> tuple[Timestamp, tuple[str, bytes]]:
        waiting, self._waiting = self._waiting, []
        with turn():
            signables = [signable_of(article, self._sources, 1) for _, article in waiting]
            signatures = sign_all(signables, self._normalize, self._rules)
        signed = [
            (at, pack_signature(signature), article)
            for (at, article), signature in zip(waiting, signatures, strict=True)
        ]
        first = Timestamp(micros=min(at for at, _ in waiting))
        return first, (_KEY, pickle.dumps(signed, pickle.HIGHEST_PROTOCOL))


#: Parts of an adopted index: file, number in it, how many it has, how many files there are.
_PART = struct.Struct("<IIII")
_SEEN = ReadModifyWriteStateSpec("seen", BytesCoder())
_WAITING = BagStateSpec("waiting", BytesCoder())
_HEAD = ReadModifyWriteStateSpec("head", BytesCoder())
_BAGS = tuple(BagStateSpec(f"segments{number}", BytesCoder()) for number in range(_SLOTS))
_EXPIRY = TimerSpec("expiry", TimeDomain.WATERMARK)
_Bags = tuple[BagRuntimeState, ...]


class _DecideFn(beam.DoFn):
    """Hold the index of a key in state and decide about one micro-batch after the other."""

    def __init__(self, plan: DecideArticles) -> None:
        self._rules = plan.rules
        self._normalize = plan.normalize
        self._window_us = plan.window_us
        self._shared = plan.shared
        self._adopts = plan.adopted is not None and bool(plan.adopted.arrivals)
        self._step = uuid.uuid4().hex
        self._days = plan.rules.horizon_days + plan.rules.lateness_days
        #: Days per bag, so that those which are held at once never meet in one.
        self._width = -(-(self._days + 2) // (_SLOTS - 2))
        self._counter = StageCounter("deduplicate")

    # Beam finds states in the signature, so each bag must be named there.
    def process(
        self,
        element: tuple[str, bytes],
        head: ReadModifyWriteRuntimeState = beam.DoFn.StateParam(_HEAD),
        bag0: BagRuntimeState = beam.DoFn.StateParam(_BAGS[0]),
        bag1: BagRuntimeState = beam.DoFn.StateParam(_BAGS[1]),
        bag2: BagRuntimeState = beam.DoFn.StateParam(_BAGS[2]),
        bag3: BagRuntimeState = beam.DoFn.StateParam(_BAGS[3]),
        bag4: BagRuntimeState = beam.DoFn.StateParam(_BAGS[4]),
        bag5: BagRuntimeState = beam.DoFn.StateParam(_BAGS[5]),
        bag6: BagRuntimeState = beam.DoFn.StateParam(_BAGS[6]),
        bag7: BagRuntimeState = beam.DoFn.StateParam(_BAGS[7]),
        seen: ReadModifyWriteRuntimeState = beam.DoFn.StateParam(_SEEN),
        waiting: BagRuntimeState = beam.DoFn.StateParam(_WAITING),
        expiry: RuntimeTimer = beam.DoFn.TimerParam(_EXPIRY),
    ) -> Iterator[Any]:
        bags = (bag0, bag1, bag2, bag3, bag4, bag5, bag6, bag7)
        for data in self._due(element[1], head, seen, waiting):
            yield from self._take(data, head, bags, expiry)

    def _due(
        self,
        data: bytes,
        head: ReadModifyWriteRuntimeState,
        seen: ReadModifyWriteRuntimeState,
        waiting: BagRuntimeState,
    ) -> Iterable[bytes]:
        """Return what can be decided now: nothing but the pieces of an index until all are there, and then what waited.

        Where the state has decided articles already, as in a job that is updated, nothing waits.
        """
        if not self._adopts:
            return [data]
        parts = set(_PART.iter_unpack(seen.read() or b""))
        if _are_all(parts):
            return [data]
        piece = pickle.loads(data)  # noqa: S301 (as below)
        if not isinstance(piece, Piece):
            if not parts and head.read() is not None:
                return [data]
            waiting.add(data)
            self._counter.add("waited")
            return []
        parts.add((piece.file, piece.part, piece.parts, piece.files))
        seen.write(b"".join(_PART.pack(*part) for part in sorted(parts)))
        if not _are_all(parts):
            return [data]
        held = list(waiting.read())
        waiting.clear()
        return [data, *held]

    def _take(
        self, data: bytes, head: ReadModifyWriteRuntimeState, bags: _Bags, expiry: RuntimeTimer
    ) -> Iterator[Any]:
        signed = pickle.loads(data)  # noqa: S301 (bytes of this very job, made by _GatherFn or AdoptIndex)
        piece = signed if isinstance(signed, Piece) else None
        if piece is not None:
            signed = []
        times = [at for at, _, _ in signed]
        articles = [article for _, _, article in signed]
        signatures = [unpack_signature(packed)[0] for _, packed, _ in signed]
        stored, index = self._open(head, bags)
        if piece is None:
            latest = max(times)
            self._expire(index, latest // _DAY_US, bags)
            told = tell(index, articles, signatures, latest // _DAY_US, self._rules, self._normalize)
        else:
            latest, told = piece.at_us, self._adopt(index, piece)
        if told.segment:
            bags[self._slot(told.day)].add(told.segment)
            if told.day not in stored.days:
                expiry.set(self._end_of(told.day))
        self._close(head, stored, index)
        self._count(told)
        yield from self._rows(told, times, articles, latest)

    def _adopt(self, index: LiveIndex, piece: Piece) -> Told:
        known = [unpack_signature(packed)[0] for packed in piece.signatures]
        self._counter.add("adopted", len(known))
        decided = index.adopt(known, piece.day, compare=index.has_own, expired_before=piece.expired_before)
        return tell_adopted(decided, self._rules)

    @on_timer(_EXPIRY)  # type: ignore[untyped-decorator]
    def expire(
        self,
        at: Timestamp = beam.DoFn.TimestampParam,
        head: ReadModifyWriteRuntimeState = beam.DoFn.StateParam(_HEAD),
        bag0: BagRuntimeState = beam.DoFn.StateParam(_BAGS[0]),
        bag1: BagRuntimeState = beam.DoFn.StateParam(_BAGS[1]),
        bag2: BagRuntimeState = beam.DoFn.StateParam(_BAGS[2]),
        bag3: BagRuntimeState = beam.DoFn.StateParam(_BAGS[3]),
        bag4: BagRuntimeState = beam.DoFn.StateParam(_BAGS[4]),
        bag5: BagRuntimeState = beam.DoFn.StateParam(_BAGS[5]),
        bag6: BagRuntimeState = beam.DoFn.StateParam(_BAGS[6]),
        bag7: BagRuntimeState = beam.DoFn.StateParam(_BAGS[7]),
        expiry: RuntimeTimer = beam.DoFn.TimerParam(_EXPIRY),
    ) -> None:
        """Clear what has expired, also where no article comes any more."""
        bags = (bag0, bag1, bag2, bag3, bag4, bag5, bag6, bag7)
        stored, index = self._open(head, bags)
        self._expire(index, at.micros // _DAY_US, bags)
        self._close(head, stored, index)
        if index.head.days:
            expiry.set(self._end_of(index.head.days[0]))

    def _open(self, head: ReadModifyWriteRuntimeState, bags: _Bags) -> tuple[Head, LiveIndex]:
        """Return the head that the state holds and the index that fits it: the one in memory, or one read anew."""
        packed = head.read()
        stored = EMPTY if packed is None else unpack_head(packed)
        index = _INDEXES.pop(self._step, None)
        if index is None or not self._fits(index, stored):
            self._counter.add("index_loads")
            slots = sorted({self._slot(day) for day in stored.days})
            segments = itertools.chain.from_iterable(bags[slot].read() for slot in slots)
            index = LiveIndex.load(self._rules, stored, segments)
        return stored, index

    def _fits(self, index: LiveIndex, stored: Head) -> bool:
        return index.head == stored

    def _close(self, head: ReadModifyWriteRuntimeState, stored: Head, index: LiveIndex) -> None:
        if index.head != stored:
            head.write(pack_head(index.head))
        _INDEXES[self._step] = index
        while len(_INDEXES) > _MOST_INDEXES:
            del _INDEXES[next(iter(_INDEXES))]

    def _expire(self, index: LiveIndex, today: int, bags: _Bags) -> None:
        before = len(index)
        gone = {self._slot(day) for day in index.expire(today)}
        for slot in sorted(gone - {self._slot(day) for day in index.head.days}):
            bags[slot].clear()
        if gone:
            self._counter.add("expired", before - len(index))

    def _slot(self, day: int) -> int:
        return day // self._width % _SLOTS

    def _end_of(self, day: int) -> Timestamp:
        return Timestamp(micros=(day + self._days + 1) * _DAY_US)

    def _count(self, told: Told) -> None:
        self._counter.add("in", len(told.kept) + len(told.dropped))
        self._counter.add("ok", len(told.kept))
        self._counter.add("duplicates", len(told.dropped))
        for _, row in told.dropped:
            self._counter.add(f"duplicates_{row.relation}")
        for relation in told.relations:
            self._counter.add(f"relations_{relation.relation}")
        self._counter.add("revised", sum(decision.revision > 1 for decision in told.decisions))
        self._counter.add("late_unchecked", sum(decision.unchecked for decision in told.decisions))

    def _rows(
        self, told: Told, times: list[int], articles: list[NormalizedArticle], latest: int
    ) -> Iterator[Any]:
        spans: dict[int, list[int]] = {}
        for place in told.kept:
            spans.setdefault(times[place] // self._window_us, []).append(place)
        for places in spans.values():
            batch = ArticleBatch("", 0, tuple(articles[place] for place in places))
            yield TimestampedValue(batch, Timestamp(micros=min(times[place] for place in places)))
        for place, row in told.dropped:
            yield _tagged("duplicates", row, times[place])
        for relation in told.relations:
            yield _tagged("relations", relation, latest)
        # The first decision about an article lies in the window of its row: a stream that is stopped writes both or none.
        arrived: dict[str, int] = {}
        for place, article in enumerate(articles):
            arrived.setdefault(article.article.article_id, times[place])
        for decision in told.decisions:
            first = decision.revision == 1
            yield _tagged(
                "decisions", decision, arrived.get(decision.article_id, latest) if first else latest
            )
        if self._shared:
            for signature in told.settled:
                yield _tagged("signatures", signature, latest)
            for member in told.amended:
                yield _tagged("amendments", member, latest)


def _are_all(parts: set[tuple[int, ...]]) -> bool:
    """Tell whether these are all parts of all files of an index; by themselves, whatever a job was started with later."""
    wanted = {file: count for file, _, count, _ in parts}
    return {len(wanted)} == {files for *_, files in parts} and len(parts) == sum(wanted.values())


def _tagged(door: str, row: Any, at: int) -> TaggedOutput:
    return TaggedOutput(door, TimestampedValue(row, Timestamp(micros=at)))


def forget_indexes() -> None:
    """Forget the indexes in memory, as a worker that dies does; the state has everything (for tests)."""
    _INDEXES.clear()
