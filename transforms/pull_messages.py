"""PullMessages: a subscription by polling, for engines that cannot read Pub/Sub themselves (Prism)."""

import dataclasses
import datetime
import functools
import threading
import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

__all__ = ["PullMessages", "pull_again", "stop_pulling"]

#: The watermark stays so far behind the clock, and behind the oldest message that is still held (microseconds).
_BEHIND_US = 2_000_000
#: Seconds until the next poll when nothing more waits.
_PAUSE_S = 0.2
#: Pub/Sub lets nobody hold a message longer (seconds): what was not acknowledged by then has gone elsewhere.
_LONGEST_HOLD_S = 600
#: Ids of one request to acknowledge: the service takes 512 KiB, and an id has some 200 bytes.
_IDS_A_REQUEST = 1_000


@dataclasses.dataclass(eq=False)
class PullMessages(beam.PTransform):
    """Read `subscription` (its full name) by polling. Needs the extra gcp; honours PUBSUB_EMULATOR_HOST.

    Gives what `ReadFromPubSub(with_attributes=True)` gives: `PubsubMessage` with data, attributes, id and publish
    time, which is the timestamp too. The watermark is 2 s behind the clock, and 2 s behind the oldest message that
    was pulled and not acknowledged. Order means nothing; a message may come twice. Of a backlog that one poll does
    not hold, the rest may be late: Pub/Sub does not tell how old it is.

    One worker polls: `batch` messages a pull, up to `most` a bundle, at most `timeout_s` seconds a pull. What the
    service had given out when a pull was cut off comes again after the ack deadline. An outage of the service is
    waited for, some 45 s on Prism; a longer one ends the job.

    A bundle's messages are acknowledged when the engine has committed its first stage. Prism keeps that in memory:
    **who kills Prism, or cancels the pipeline, loses what was acknowledged and is not yet in a file** (messages
    under way to a window that has not fired); `stop_pulling` ends it without that. A failing bundle ends the job on Prism; its messages come again.
    """

    subscription: str
    batch: int = 200
    timeout_s: float = 0.3
    most: int = 500

    def expand(self, begin: PBegin) -> PCollection[PubsubMessage]:
        """Return the messages."""
        return (
            begin
            | "Start" >> beam.Impulse()
            | "Poll"
            >> beam.ParDo(
                _PollFn(self.subscription, self.batch, self.timeout_s, self.most)
            ).with_output_types(PubsubMessage)
        )


class _Held:
    """The messages of one subscription that this process has pulled and not acknowledged.

    Shared by all polls of the process: an engine may give the next poll to another copy of the DoFn while the
    messages of the last one are not acknowledged yet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: dict[str, tuple[int, float]] = {}

    def add(self, message_id: str, publish_us: int) -> None:
        with self._lock:
            self._messages[message_id] = publish_us, time.monotonic()

    def drop(self, message_ids: list[str]) -> None:
        with self._lock:
            for message_id in message_ids:
                self._messages.pop(message_id, None)

    def oldest_us(self, otherwise: int) -> int:
        """Return the publish time of the oldest message, at most `otherwise`; both in microseconds."""
        since = time.monotonic() - _LONGEST_HOLD_S
        with self._lock:
            self._messages = {name: held for name, held in self._messages.items() if held[1] >= since}
            return min((held[0] for held in self._messages.values()), default=otherwise)


_held: dict[str, _Held] = {}
_LAST = 2**62 - 1
_stopping = threading.Event()


def stop_pulling() -> None:
    """Let the sources of this process end: what was pulled goes on, every window fires, and the pipeline is done.

    It reaches workers in this process only (`--environment_type=LOOPBACK`, Prism's own way where nothing else is named).
    """
    _stopping.set()


def pull_again() -> None:
    """Take `stop_pulling` back, for the next pipeline of this process."""
    _stopping.clear()


class _PollTracker(OffsetRestrictionTracker):
    """Positions are only counted. It gives up its rest (fraction 0) and shares it with nobody."""

    def try_split(self, fraction_of_remainder: float) -> tuple[OffsetRange, OffsetRange] | None:
        if fraction_of_remainder != 0:
            return None
        split: tuple[OffsetRange, OffsetRange] | None = super().try_split(0)
        return split

    def is_bounded(self) -> bool:
        return False


class _PollProvider(RestrictionProvider):
    def initial_restriction(self, element: bytes) -> OffsetRange:  # noqa: ARG002 - Beam's interface
        return OffsetRange(0, _LAST + 1)

    def create_tracker(self, restriction: OffsetRange) -> _PollTracker:
        return _PollTracker(restriction)

    def restriction_size(self, element: bytes, restriction: OffsetRange) -> int:  # noqa: ARG002
        return 1  # Beam's own answer, 2**62 positions, would make an engine split

    def truncate(self, element: bytes, restriction: OffsetRange) -> None:
        """End here when the pipeline is drained."""


_WATERMARK = ManualWatermarkEstimator.default_provider()


class _PollFn(beam.DoFn):
    def __init__(self, subscription: str, batch: int, timeout_s: float, most: int) -> None:
        self._subscription = subscription
        self._batch = batch
        self._timeout_s = timeout_s
        self._most = most
        self._client: Any = None

    def setup(self) -> None:
        from google.cloud import pubsub_v1  # not in every installation: the extra gcp

        self._client = pubsub_v1.SubscriberClient()

    def teardown(self) -> None:
        if self._client is not None:
            self._client.close()

    # The finalizer comes before the restriction, else Beam passes it twice.
    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        _element: bytes,
        finalizer: Any = beam.DoFn.BundleFinalizerParam,
        tracker: Any = beam.DoFn.RestrictionParam(_PollProvider()),  # noqa: B008 - Beam reads the default
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(_WATERMARK),  # noqa: B008
    ) -> Iterator[TimestampedValue]:
        held = _held.setdefault(self._subscription, _Held())
        taken: list[Any] = []
        # A bundle that fails is not finalized, so nothing of it is acknowledged. Prism finalizes each bundle, and
        # the worker logs an error for one that registered nothing: so an empty poll registers too.
        finalizer.register(functools.partial(self._acknowledge, taken, held))
        if _stopping.is_set():
            tracker.try_claim(_LAST)  # nothing is left to read: the watermark goes to the end of time
            return
        position = tracker.current_restriction().start
        end = position + self._most
        full = True
        while full and position < end:
            pulled = self._pull(min(self._batch, end - position))
            full = len(pulled) >= self._batch
            for index, received in enumerate(pulled):
                if not tracker.try_claim(position):  # the engine took the rest away
                    self._give_back(pulled[index:])
                    return
                position += 1
                message, publish_us = _opened(received.message)
                taken.append(received)
                held.add(received.message.message_id, publish_us)
                yield TimestampedValue(message, Timestamp(micros=publish_us))
        clock_us = time.time_ns() // 1000
        reached = Timestamp(micros=held.oldest_us(clock_us) - _BEHIND_US)
        before = watermark.current_watermark()
        if before is None or before < reached:
            watermark.set_watermark(reached)
        tracker.defer_remainder(Duration(0 if full else _PAUSE_S))

    def _pull(self, limit: int) -> list[Any]:
        from google.api_core.exceptions import Cancelled, DeadlineExceeded, ResourceExhausted

        request = {"subscription": self._subscription, "max_messages": limit}
        try:
            response = self._client.pull(request=request, timeout=self._timeout_s)
        except (Cancelled, DeadlineExceeded):  # nothing came; which side says so first is chance
            return []
        except ResourceExhausted:
            # An emulator's answer may have 4 MiB; what this one held comes again after the ack deadline.
            if limit == 1:
                raise
            return self._pull(limit // 2)
        return list(response.received_messages)

    def _acknowledge(self, taken: list[Any], held: _Held) -> None:
        for first in range(0, len(taken), _IDS_A_REQUEST):
            done = taken[first : first + _IDS_A_REQUEST]
            ids = [received.ack_id for received in done]
            self._client.acknowledge(request={"subscription": self._subscription, "ack_ids": ids})
            held.drop([received.message.message_id for received in done])

    def _give_back(self, received: list[Any]) -> None:
        ids = [one.ack_id for one in received]
        self._client.modify_ack_deadline(
            request={"subscription": self._subscription, "ack_ids": ids, "ack_deadline_seconds": 0}
        )


def _opened(message: Any) -> tuple[PubsubMessage, int]:
    """Return the message as Beam gives it and its publish time in microseconds."""
    published = message.publish_time  # a subclass with nanoseconds, which drags the client into every pickle
    plain = datetime.datetime.combine(published.date(), published.time(), tzinfo=datetime.UTC)
    opened = PubsubMessage(
        message.data, dict(message.attributes), message.message_id, plain, message.ordering_key
    )
    return opened, Timestamp.from_utc_datetime(plain).micros
