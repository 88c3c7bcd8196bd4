"""InferTags: tags by a model of your own, run by Beam's RunInference, beside the tags of warraq.

RunInference batches what flows through it anew and gives each prediction as an element of its own, at the end of the
window. Here the element stays a whole `TaggedBatch`: it is one file of the output, so no shuffle is needed to gather
it again, and its order, window and timestamp stay. The model still gets its examples in lists.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RunInference
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.elements import DeadLetter, Tag, TaggedArticle, TaggedBatch
from transforms.composite import Composite
from transforms.core.tagging.tag_list import TagList, new_tag
from transforms.dead_letters import set_aside
from transforms.metrics import StageCounter

__all__ = ["ArticleModelHandler", "InferTags", "InferredDoors", "ModelFailed", "ModelTag", "text_of"]

#: Examples given to the model at once, where it does not ask for fewer or more (`max_batch_size`).
_MOST_EXAMPLES = 64
_TOPIC = "topic"
_KIND = re.compile(r"[a-z][a-z_]{1,39}")
_NAME = re.compile(r"[^\s@+]+")


class ModelFailed(RuntimeError):  # noqa: N818 (the model failed; the message says on which article)
    """A model, or what prepares its examples and reads its predictions, failed on an article."""


@dataclasses.dataclass(frozen=True)
class ModelTag:
    """A tag that a model gives to an article.

    `kind` is `topic` or any other word of small Latin letters and `_`; `score` is 0 to 1; `code` names the thing in a
    list of codes, and a topic must have one. A tag of the whole article has a `value`, its label. A tag of a place in
    the text has `start` and `end`, code points of `article.article.text`, and its value is what stands there.
    `canonical` is the usual name, the value where it is "".
    """

    kind: str
    score: float
    value: str = ""
    canonical: str = ""
    code: str = ""
    type: str = ""
    country: str = ""
    start: int | None = None
    end: int | None = None


def text_of(article: TaggedArticle) -> str:
    """Return the text of an article as it was read: the usual example of a model."""
    return article.article.article.text


ExampleOf = Callable[[TaggedArticle], Any]
TagsOf = Callable[[TaggedArticle, Any], Iterable[ModelTag]]


class ArticleModelHandler(ModelHandler[Any, Any, Any]):
    """Lets RunInference give the tags of any ModelHandler to the articles of a `TaggedBatch`.

    `model` is the handler of the model; it may have functions before and after it (`with_preprocess_fn`,
    `with_postprocess_fn`) and a `max_batch_size`. `example_of` makes an example of an article: its text, a row
    of features. `tags_of` makes tags of an article and what the model said of it (the bare inference of a
    PredictionResult).
    The tags have the provenance `model:<name>@<version>`. A topic that the article has already gets a score higher
    than both; a tag of a place is left out where one of its kind overlaps it whose score is as high.

    The results of RunInference are `TaggedBatch`es. When the model fails on a list of articles, they are given to it one
    by one; an article on which it fails alone raises `ModelFailed`, or with `on_bug="set_aside"` becomes a result of
    its own, a `DeadLetter` (`InferTags` parts the two). Raises ValueError for a name or version that no provenance can
    hold, or a handler `with_no_batching`.
    """

    def __init__(
        self,
        model: ModelHandler[Any, Any, Any],
        tags_of: TagsOf,
        *,
        name: str,
        version: str,
        example_of: ExampleOf = text_of,
        on_bug: str = "fail",
    ) -> None:
        super().__init__()
        for word in (name, version):
            if not _NAME.fullmatch(word):
                raise ValueError(f"{word!r} cannot stand in model:<name>@<version>: no blanks, no @, no +")
        if model.should_skip_batching():
            raise ValueError("with_no_batching is not needed here: the model gets lists of examples as it is")
        self._model = model
        self._tags_of = tags_of
        self._example_of = example_of
        self._provenance = f"model:{name}@{version}"
        self._on_bug = on_bug
        self._counter = StageCounter("infer")
        self._most = int(model.batch_elements_kwargs().get("max_batch_size") or _MOST_EXAMPLES)

    def run_inference(
        self, batch: Sequence[TaggedBatch], model: Any, inference_args: dict[str, Any] | None = None
    ) -> list[Any]:
        """Return each batch with the tags of the model, and the dead letters of articles on which it failed."""
        results: list[Any] = []
        for one in batch:
            tagged: list[TaggedArticle] = []
            for first in range(0, len(one.articles), self._most):
                some = one.articles[first : first + self._most]
                try:
                    tagged += self._tag(some, model, inference_args)
                except Exception:  # noqa: BLE001 (one by one it shows which article it is)
                    for article in some:
                        try:
                            tagged += self._tag([article], model, inference_args)
                        except Exception as error:  # noqa: BLE001 (set_aside raises it again, or keeps the article)
                            fault = self._fault(article, error)
                            results.append(set_aside(self._counter, article.article, fault, self._on_bug))
            self._counter.add("in", len(one.articles))
            self._counter.add("ok", len(tagged))
            self._counter.add("tags", sum(map(self._own_tags, tagged)))
            if tagged:
                results.append(TaggedBatch(one.partition, one.shard, tuple(tagged)))
        return results

    def _tag(
        self, articles: Sequence[TaggedArticle], model: Any, inference_args: dict[str, Any] | None
    ) -> list[TaggedArticle]:
        examples = [self._example_of(article) for article in articles]
        for before in self._model.get_preprocess_fns():
            examples = [before(example) for example in examples]
        said = list(self._model.run_inference(examples, model, inference_args))
        if len(said) != len(articles):
            raise ValueError(f"{len(said)} predictions for {len(articles)} examples")
        for after in self._model.get_postprocess_fns():
            said = [after(one) for one in said]
        return [self._with_tags(article, one) for article, one in zip(articles, said, strict=True)]

    def _with_tags(self, article: TaggedArticle, said: Any) -> TaggedArticle:
        inference = said.inference if isinstance(said, PredictionResult) else said
        new = [self._checked(article, tag) for tag in self._tags_of(article, inference)]
        if not new:
            return article
        tags = TagList(article.tags)
        for tag in new:
            if tag.kind == _TOPIC:
                tags.add_topic(tag, self._provenance)
            else:
                tags.add(tag, replace=False)
        return TaggedArticle(article.article, tags.sorted())

    def _own_tags(self, article: TaggedArticle) -> int:
        return sum(self._provenance in tag.provenance.split("+") for tag in article.tags)

    def _checked(self, article: TaggedArticle, tag: ModelTag) -> Tag:
        """Return the tag as articles have it. Raises ValueError where it cannot be true."""
        text = text_of(article)
        score, start, end, value = float(tag.score), tag.start, tag.end, tag.value
        if not _KIND.fullmatch(tag.kind):
            raise ValueError(f"{tag.kind!r} is no kind; use small Latin letters and _")
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"the score of {tag.kind} {value or tag.code!r} is {score}, not 0 to 1")
        if tag.kind == _TOPIC and (not tag.code or start is not None):
            raise ValueError(f"the topic {value!r} has no code, or a place: it is said of the whole article")
        if start is not None and end is not None:
            start, end = int(start), int(end)
            if not 0 <= start < end <= len(text):
                raise ValueError(f"{tag.kind} at {start}-{end} of a text of {len(text)} code points")
            value = text[start:end]
        elif start is not None or end is not None or not value:
            raise ValueError(f"a tag of the kind {tag.kind} has neither a value nor both start and end")
        return new_tag(
            tag.kind,
            value,
            score,
            self._provenance,
            type_=tag.type,
            canonical=tag.canonical,
            code=tag.code,
            country=tag.country,
            span=(start, end),
        )

    def _fault(self, article: TaggedArticle, error: Exception) -> ModelFailed:
        one = article.article.article
        where = f"article {one.article_id} ({one.source}, {one.origin.uri} record {one.origin.index})"
        return ModelFailed(f"{self._provenance} failed on {where}: {type(error).__name__}: {error}")

    def get_preprocess_fns(self) -> list[Callable[[Any], Any]]:
        """Return the one function that makes a list of each `TaggedBatch`, as RunInference wants without batching."""
        return [_alone]

    def should_skip_batching(self) -> bool:
        """Return True: a `TaggedBatch` is a batch already."""
        return True

    def get_num_bytes(self, batch: Sequence[TaggedBatch]) -> int:
        """Return the size of the texts in UTF-8, for Beam's metrics."""
        return sum(
            len(text_of(article).encode("utf-8", "surrogatepass"))
            for one in batch
            for article in one.articles
        )

    def update_model_path(self, model_path: str | None = None) -> None:
        """Refuse another model in mid-run (ValueError): the tags name one version."""
        if model_path:
            raise ValueError(f"the tags say {self._provenance}; start anew for the model {model_path}")

    # What follows is the model's own affair, so the handler of the model is asked.

    def load_model(self) -> Any:
        """Return the loaded model."""
        return self._model.load_model()

    def get_metrics_namespace(self) -> str:
        """Return the namespace of Beam's own counters."""
        return str(self._model.get_metrics_namespace())

    def get_resource_hints(self) -> dict[str, Any]:
        """Return what machine the model wants."""
        return dict(self._model.get_resource_hints())

    def validate_inference_args(self, inference_args: dict[str, Any] | None) -> None:
        """Check the arguments of each inference."""
        self._model.validate_inference_args(inference_args)

    def set_environment_vars(self) -> None:
        """Set what the model wants in the environment."""
        self._model.set_environment_vars()

    def share_model_across_processes(self) -> bool:
        """Tell whether all processes of a machine share one model."""
        return bool(self._model.share_model_across_processes())

    def model_copies(self) -> int:
        """Return how many models a machine loads, where processes share them."""
        return int(self._model.model_copies())

    def override_metrics(self, metrics_namespace: str = "") -> bool:
        """Tell whether the handler counts for itself."""
        return bool(self._model.override_metrics(metrics_namespace))

    def should_garbage_collect_on_timeout(self) -> bool:
        """Tell whether a model that hangs is loaded anew."""
        return bool(self._model.should_garbage_collect_on_timeout())


def _alone(batch: TaggedBatch) -> list[TaggedBatch]:
    return [batch]


class InferredDoors(NamedTuple):
    """What `InferTags` gives: the batches, and dead letters of articles on which the model failed."""

    ok: PCollection[TaggedBatch]
    refused: PCollection[DeadLetter]


@dataclasses.dataclass(eq=False)
class InferTags(Composite):
    """Add the tags of a model to articles. Batches keep their partition, order, window and timestamp.

    An article on which the model fails leaves by `refused` (with `on_bug="set_aside"` in the handler); the rest of its
    batch goes on. The model is loaded once per process. Counters: `warraq.infer`, with `in == ok + refused`.
    """

    handler: ArticleModelHandler
    inference_args: dict[str, Any] | None = None

    def expand(self, batches: PCollection[TaggedBatch]) -> InferredDoors:
        """Return batches with more tags and, where the model failed, dead letters."""
        inferred = batches | "RunInference" >> RunInference(self.handler, inference_args=self.inference_args)
        part = beam.ParDo(_PartFn())
        part.label = "Part"
        doors = inferred | part.with_output_types(TaggedBatch, refused=DeadLetter).with_outputs(
            "refused", main="ok"
        )
        return InferredDoors(doors.ok, doors.refused)


class _PartFn(beam.DoFn):
    def process(self, result: Any) -> Iterator[Any]:
        yield result if isinstance(result, TaggedBatch) else TaggedOutput("refused", result)
