"""TagArticles: topics, names, keyphrases and the user's own tags, with their places in the text."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.elements import ArticleBatch, DeadLetter, Filtered, TaggedBatch
from transforms.composite import Composite
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.dead_letters import Doors, set_aside
from transforms.metrics import StageCounter
from transforms.tag_models import load_tagger
from transforms.turns import turn

__all__ = ["TagArticles"]


@dataclasses.dataclass(eq=False)
class TagArticles(Composite):
    """Tag each article of each batch. Batches keep their partition, order, window and timestamp.

    An article on which the tagger fails leaves by `refused` (with `on_bug="set_aside"`); the rest of its
    batch goes on.
    """

    rules: TagRules = dataclasses.field(default_factory=TagRules)
    user: UserRules = dataclasses.field(default_factory=UserRules)
    on_bug: str = "fail"

    def expand(self, batches: PCollection[ArticleBatch]) -> Doors:
        """Return tagged batches and, where warraq failed, dead letters."""
        call = beam.ParDo(_TagFn(self.rules, self.user, self.on_bug))
        call.label = "Tag"
        doors = batches | call.with_output_types(
            TaggedBatch, refused=DeadLetter, filtered=Filtered
        ).with_outputs("refused", "filtered", main="ok")
        return Doors(doors.ok, doors.refused, doors.filtered)


class _TagFn(beam.DoFn):
    def __init__(self, rules: TagRules, user: UserRules, on_bug: str) -> None:
        self._rules = rules
        self._user = user
        self._on_bug = on_bug
        self._counter = StageCounter("tag")

    def setup(self) -> None:
        self._tagger = load_tagger(self._rules, self._user)

    def process(self, batch: ArticleBatch) -> Iterator[Any]:
        try:
            with turn():
                tagged = self._tagger.tag(batch.articles)
        except Exception:  # noqa: BLE001 (one by one it shows which article it is)
            tagged = []
            for article in batch.articles:
                try:
                    tagged += self._tagger.tag([article])
                except Exception as error:  # noqa: BLE001 (set_aside judges, and raises our own faults again)
                    row = set_aside(self._counter, article, error, self._on_bug)
                    yield TaggedOutput("filtered" if isinstance(row, Filtered) else "refused", row)
        self._counter.add("in", len(batch.articles))
        self._counter.add("ok", len(tagged))
        self._counter.add("tags", sum(len(article.tags) for article in tagged))
        if tagged:
            yield TaggedBatch(batch.partition, batch.shard, tuple(tagged))
