"""The one Guard: bad data leaves by its own door, with its reason and its bytes, and is counted.

Doors: `ok`, `refused` (a `DeadLetter`), `filtered` (a `Filtered`). Only `ArticleError` and `OutOfScope`
mean data; any other exception is warraq's own fault: `on_bug="fail"` lets it stop the run,
`"set_aside"` makes it a dead letter with reason `bug`, since a stream would retry it for ever.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.elements import Article, DeadLetter, Filtered, NormalizedArticle, RawRecord
from transforms.composite import Composite
from transforms.core.errors import ArticleError, OutOfScope
from transforms.metrics import StageCounter
from transforms.turns import turn

__all__ = ["Doors", "Guard", "refusal"]


class Doors(NamedTuple):
    """What a guarded stage gives: the results, the dead letters, the records out of scope."""

    ok: PCollection[Any]
    refused: PCollection[DeadLetter]
    filtered: PCollection[Filtered]


def payload_of(element: Any) -> bytes:
    """Return the bytes that let a refused element be replayed: as read, else the article as JSON."""
    if isinstance(element, RawRecord):
        return element.payload
    article = element.article if isinstance(element, NormalizedArticle) else element
    if not isinstance(article, Article):
        message = f"a {type(element).__name__} has no payload"
        raise TypeError(message)
    record = {
        "source": article.source,
        "url": article.url,
        "published": article.published_us,
        "crawled": article.crawled_us,
        "title": article.title_text,
        "author": article.author,
        "body": article.body,
    }
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")


def refusal(stage: str, element: Any, error: Exception) -> DeadLetter | Filtered:
    """Return the row by which an element leaves `stage` after `error`.

    Elements are `RawRecord`, `Article` or `NormalizedArticle`.
    """
    if isinstance(error, OutOfScope):
        article = error.article
        return Filtered(
            stage=stage,
            reason=error.reason,
            detail=error.detail,
            article_id=article.article_id,
            source=article.source,
            url=article.url,
            title=article.title_text,
            event_us=article.event_us,
            language=article.language,
            origin=article.origin,
        )
    reason, detail = (
        (error.reason, error.detail)
        if isinstance(error, ArticleError)
        else ("bug", ArticleError("bug", f"{type(error).__name__}: {error}").detail)
    )
    payload = payload_of(element)
    origin = element.article.origin if isinstance(element, NormalizedArticle) else element.origin
    return DeadLetter(stage, reason, detail, payload, len(payload), origin)


class _GuardFn(beam.DoFn):
    def __init__(self, stage: str, fn: Callable[[Any], Any], on_bug: str) -> None:
        self._fn = fn
        self._on_bug = on_bug
        self._counter = StageCounter(stage)

    def process(self, element: Any) -> Iterator[Any]:
        self._counter.add("in")
        try:
            with turn():
                result = self._fn(element)
        except Exception as error:  # noqa: BLE001 (set_aside judges, and raises our own faults again)
            row = set_aside(self._counter, element, error, self._on_bug)
            yield TaggedOutput("filtered" if isinstance(row, Filtered) else "refused", row)
        else:
            self._counter.add("ok")
            yield result


def set_aside(counter: StageCounter, element: Any, error: Exception, on_bug: str) -> DeadLetter | Filtered:
    """Count a refused element and return its row; re-raise a bug where the run shall fail by it."""
    if not isinstance(error, ArticleError | OutOfScope) and on_bug == "fail":
        raise error
    row = refusal(counter.stage, element, error)
    door = "filtered" if isinstance(row, Filtered) else "refused"
    counter.add(f"{door}_{row.reason}")
    return row


class Guard(Composite):
    """Call `fn` on each element; give `Doors`.

    `fn` must be picklable and take one element. Keys, windows and timestamps stay as they came; order
    means nothing. The inner step is labelled `Call`.
    """

    def __init__(self, stage: str, fn: Callable[[Any], Any], output_type: Any, on_bug: str) -> None:
        super().__init__()
        self._stage = stage
        self._fn = fn
        self._output_type = output_type
        self._on_bug = on_bug

    def expand(self, elements: PCollection[Any]) -> Doors:
        """Return the three doors as a `Doors` of PCollections."""
        guarded = beam.ParDo(_GuardFn(self._stage, self._fn, self._on_bug))
        guarded.label = "Call"
        doors = elements | guarded.with_output_types(
            self._output_type, refused=DeadLetter, filtered=Filtered
        ).with_outputs("refused", "filtered", main="ok")
        return Doors(doors.ok, doors.refused, doors.filtered)
