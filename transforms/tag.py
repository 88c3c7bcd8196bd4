"""TagArticles: names with codes and places in the text."""

import dataclasses
import importlib.resources
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.elements import ArticleBatch, DeadLetter, Filtered, TaggedArticle, TaggedBatch
from transforms.composite import Composite
from transforms.core.tagging.gazetteer import Gazetteer, parse_gazetteer
from transforms.core.tagging.tagger import Matcher, TagRules, tag
from transforms.dead_letters import Doors, set_aside
from transforms.metrics import StageCounter

__all__ = ["TagArticles", "load_gazetteers"]


def load_gazetteers(names: tuple[str, ...]) -> tuple[Gazetteer, ...]:
    """Return the shipped gazetteers of those names. Raises FileNotFoundError for an unknown name."""
    folder = importlib.resources.files("transforms.core.lexicon")
    return tuple(parse_gazetteer(name, folder.joinpath(f"{name}.tsv").read_text("utf-8")) for name in names)


@dataclasses.dataclass(eq=False)
class TagArticles(Composite):
    """Tag each article of each batch. Batches keep their partition, order, window and timestamp.

    An article on which the tagger fails leaves by `refused` (with `on_bug="set_aside"`); the rest of its
    batch goes on.
    """

    rules: TagRules
    on_bug: str = "fail"

    def expand(self, batches: PCollection[ArticleBatch]) -> Doors:
        """Return tagged batches and, where warraq failed, dead letters."""
        call = beam.ParDo(_TagFn(self.rules, self.on_bug))
        call.label = "Tag"
        doors = batches | call.with_output_types(
            TaggedBatch, refused=DeadLetter, filtered=Filtered
        ).with_outputs("refused", "filtered", main="ok")
        return Doors(doors.ok, doors.refused, doors.filtered)


class _TagFn(beam.DoFn):
    def __init__(self, rules: TagRules, on_bug: str) -> None:
        self._rules = rules
        self._on_bug = on_bug
        self._counter = StageCounter("tag")

    def setup(self) -> None:
        self._matcher = Matcher(load_gazetteers(self._rules.gazetteers))

    def process(self, batch: ArticleBatch) -> Iterator[Any]:
        tagged: list[TaggedArticle] = []
        for article in batch.articles:
            try:
                tagged.append(tag(article, self._matcher))
            except Exception as error:  # noqa: BLE001 (set_aside judges, and raises our own faults again)
                row = set_aside(self._counter, article, error, self._on_bug)
                yield TaggedOutput("filtered" if isinstance(row, Filtered) else "refused", row)
        self._counter.add("in", len(batch.articles))
        self._counter.add("ok", len(tagged))
        self._counter.add("tags", sum(len(article.tags) for article in tagged))
        if tagged:
            yield TaggedBatch(batch.partition, batch.shard, tuple(tagged))
