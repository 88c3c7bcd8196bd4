"""PublishArticles: tagged articles to a Pub/Sub topic."""

import dataclasses
from collections.abc import Iterator

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, WriteToPubSub
from apache_beam.pvalue import PCollection

from schemas.elements import TaggedArticle, TaggedBatch
from transforms.composite import Composite
from transforms.core.errors import ArticleError
from transforms.core.messages import encode_message
from transforms.metrics import StageCounter
from transforms.turns import turn

__all__ = ["PublishArticles"]


@dataclasses.dataclass(eq=False)
class PublishArticles(Composite):
    """Send each article to `topic` (full name), as `core.messages.encode_message` makes it.

    At least once: receivers know an article by the attribute `article_id`. One that is too large for a message is
    counted as `too_large`; it is in the files.
    """

    topic: str
    config_sha256: str

    def expand(self, batches: PCollection[TaggedBatch]) -> PCollection[None]:
        """Return what Beam's writer returns."""
        encode = beam.ParDo(_EncodeFn(self.config_sha256))
        encode.label = "Encode"
        messages = batches | encode.with_output_types(PubsubMessage)
        return messages | "Publish" >> WriteToPubSub(self.topic, with_attributes=True)


class _EncodeFn(beam.DoFn):
    def __init__(self, config_sha256: str) -> None:
        self._config_sha256 = config_sha256
        self._counter = StageCounter("publish")

    def process(self, batch: TaggedBatch) -> Iterator[PubsubMessage]:
        with turn():
            messages = [found for tagged in batch.articles for found in self._encode(tagged)]
        yield from messages

    def _encode(self, tagged: TaggedArticle) -> Iterator[PubsubMessage]:
        self._counter.add("in")
        try:
            data, attributes = encode_message(tagged, self._config_sha256)
        except ArticleError:
            self._counter.add("too_large")
            return
        self._counter.add("ok")
        yield PubsubMessage(data, attributes)
