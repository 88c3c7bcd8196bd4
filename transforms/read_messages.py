"""ReadArticleMessages: a subscription or topic to raw records, each with the time at which its message was published."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub
from apache_beam.pvalue import PBegin, PCollection, TaggedOutput
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.elements import DeadLetter, InputFile, RawRecord
from transforms.composite import Composite
from transforms.core.mapping import FieldMap
from transforms.core.messages import Message, open_message
from transforms.core.reading import ReadRules
from transforms.metrics import StageCounter
from transforms.pull_messages import PullMessages
from transforms.read import ReadOutputs

__all__ = ["OpenMessages", "ReadArticleMessages"]


@dataclasses.dataclass(eq=False)
class OpenMessages(Composite):
    """Find the record in each message of a PCollection of `PubsubMessage`.

    `name` is the subscription (or topic) that origins name. Keeps windows and timestamps as they came. A message
    that is delivered twice gives two equal records: deduplication takes them for a `repeat`.
    `inputs` has a row per bundle and second of publishing, whose `records` counts the messages: the left side of
    the accounting.
    """

    name: str
    rules: ReadRules
    field_maps: Mapping[str, FieldMap]
    on_bug: str = "set_aside"

    def expand(self, messages: PCollection[PubsubMessage]) -> ReadOutputs:
        """Return records, dead letters and what was received."""
        opened = beam.ParDo(_OpenFn(self.name, self.rules, self.field_maps, self.on_bug))
        opened.label = "Open"
        doors = messages | opened.with_output_types(
            RawRecord, refused=DeadLetter, inputs=InputFile
        ).with_outputs("refused", "inputs", main="records")
        return ReadOutputs(doors.records, doors.refused, doors.inputs)


@dataclasses.dataclass(eq=False)
class ReadArticleMessages(Composite):
    """Read articles from Pub/Sub: an existing `subscription`, or a `topic` through a subscription of its own.

    Give one of the two, by full name. `id_label` names the attribute that tells messages apart where publishers
    repeat themselves (Dataflow only: BundleBasedDirectRunner stays RUNNING with no output). Timestamps are those of
    publishing. `pull` reads by `PullMessages`, for engines that cannot read Pub/Sub themselves (Prism): a subscription
    only, and no `id_label`.
    Order means nothing. The source acknowledges: when it does so is the runner's promise.
    Raises ValueError at build time where these fields do not go together.
    """

    rules: ReadRules
    field_maps: Mapping[str, FieldMap]
    subscription: str | None = None
    topic: str | None = None
    id_label: str | None = None
    on_bug: str = "set_aside"
    pull: bool = False

    def expand(self, begin: PBegin) -> ReadOutputs:
        """Return records, dead letters and what was received."""
        name = self.subscription or self.topic
        if not name or (self.subscription and self.topic):
            message = f"give a subscription or a topic, not {self.subscription!r} and {self.topic!r}"
            raise ValueError(message)
        return (
            begin
            | "Receive" >> self._source()
            | "OpenMessages" >> OpenMessages(name, self.rules, self.field_maps, self.on_bug)
        )

    def _source(self) -> beam.PTransform:
        if not self.pull:
            return ReadFromPubSub(
                topic=self.topic,
                subscription=self.subscription,
                id_label=self.id_label,
                with_attributes=True,
            )
        if not self.subscription:
            message = f"pull needs a subscription: make one for the topic {self.topic!r}"
            raise ValueError(message)
        if self.id_label:
            message = f"pull reads no id_label ({self.id_label!r})"
            raise ValueError(message)
        return PullMessages(self.subscription)


class _OpenFn(beam.DoFn):
    def __init__(self, name: str, rules: ReadRules, field_maps: Mapping[str, FieldMap], on_bug: str) -> None:
        self._name = name
        self._rules = rules
        self._field_maps = field_maps
        self._on_bug = on_bug
        self._counter = StageCounter("read")

    def start_bundle(self) -> None:
        self._received: dict[int, tuple[Timestamp, int]] = {}

    def finish_bundle(self) -> Iterator[TaggedOutput]:
        for first, count in self._received.values():
            row = InputFile(self._name, 0, 0, "none", "message", "", count, 0)
            yield TaggedOutput("inputs", WindowedValue(row, first, (GlobalWindow(),)))

    def process(
        self,
        element: PubsubMessage,
        timestamp: Timestamp = beam.DoFn.TimestampParam,
    ) -> Iterator[Any]:
        message = _message(element, timestamp, self._name)
        second = timestamp.micros // 1_000_000
        first, count = self._received.get(second, (timestamp, 0))
        self._received[second] = (first, count + 1)
        self._counter.add("in")
        self._counter.add("bytes", len(message.data))
        read = open_message(message, self._rules, self._field_maps, self._on_bug)
        if isinstance(read, DeadLetter):
            self._counter.add(f"refused_{read.reason}")
            yield TaggedOutput("refused", read)
            return
        self._counter.add("ok")
        if read.filled:
            self._counter.add("attributes_filled", len(read.filled))
        if read.contradicted:
            self._counter.add("attributes_contradicted", len(read.contradicted))
        yield read.record


def _message(element: PubsubMessage, timestamp: Timestamp, name: str) -> Message:
    published = element.publish_time
    return Message(
        data=element.data or b"",
        attributes=element.attributes or {},
        message_id=element.message_id or "",
        publish_us=(timestamp if published is None else Timestamp.from_utc_datetime(published)).micros,
        subscription=name,
    )
