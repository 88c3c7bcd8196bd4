"""Tags by a model of one's own. What stands between the two marks is the example of the README, word for word."""

import pickle
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import MetricsFilter
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, TimestampedValue
from builders import article, normalized, tag
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from schemas.elements import ArticleBatch, Tag, TaggedArticle, TaggedBatch
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.infer import ArticleModelHandler, InferTags, ModelTag
from transforms.tag import TagArticles


# -- the example: begin
class DeskModel(ModelHandler):
    """A scikit-learn pipeline whose examples are texts, and which says how likely each desk is."""

    def __init__(self, path):
        super().__init__(max_batch_size=32)  # texts at once
        self._path = path

    def load_model(self):  # once per process
        with FileSystems.open(self._path) as file:
            return pickle.load(file)  # a pickle can run anything: load only your own

    def run_inference(self, batch, model, inference_args=None):
        return model.predict_proba(batch)


DESKS = ("economy", "sport")


def desk_of(article, shares):
    """Return the tags of an article; `shares` is what the model said of it."""
    best = shares.argmax()
    if shares[best] < 0.6:
        return []
    return [ModelTag(kind="desk", value=DESKS[best], score=shares[best])]


def infer_desks(path):
    return InferTags(
        ArticleModelHandler(DeskModel(path), desk_of, name="desks", version="2025-03", on_bug="set_aside")
    )


# -- the example: end

SENTENCES = {
    "sport": (
        "فاز الفريق بهدفين في المباراة",
        "سجل اللاعب هدف الفوز في الدوري",
        "يستعد المنتخب لمباراة الكأس",
        "درب المدرب لاعبي النادي قبل المباراة",
    ),
    "economy": (
        "ارتفعت أسعار النفط في السوق",
        "أعلن البنك أرباح الربع الأول",
        "تراجعت أسهم الشركة في السوق",
        "خفض البنك سعر الفائدة على القروض",
    ),
}
MATCH = "فاز المنتخب في المباراة بهدف سجله اللاعب في بغداد."
MARKET = "تراجعت أسعار أسهم البنك في السوق."


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    texts = [text for some in SENTENCES.values() for text in some]
    desks = [desk for desk, some in SENTENCES.items() for _ in some]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100.0)).fit(texts, desks)
    assert tuple(model.classes_) == DESKS
    path = tmp_path_factory.mktemp("models") / "desks.pickle"
    path.write_bytes(pickle.dumps(model))
    return str(path)


class Lengths(ModelHandler):
    """Says how long a text is; fails on a text that says fail, and on more than two texts at once."""

    def __init__(self, **options):
        super().__init__(max_batch_size=2, **options)

    def load_model(self):
        return len

    def run_inference(self, batch, model, inference_args=None):
        assert len(batch) <= 2
        for text in batch:
            if "fail" in text:
                raise OSError("the model is away")
            yield model(text)


def batch_of(*bodies, shard=0, tags=()):
    articles = tuple(
        TaggedArticle(normalized(article(number, body)), tuple(tags)) for number, body in enumerate(bodies)
    )
    return TaggedBatch("date=2016-03-27/source=afp", shard, articles)


def handler(tags_of, model=None, **options):
    return ArticleModelHandler(model or Lengths(), tags_of, name="own", version="1", **options)


def tags_after(tags_of, batch, model=None, **options):
    """Return the tags of the first article after the model of `handler`, without a pipeline."""
    model = handler(tags_of, model, **options)
    results = model.run_inference([batch], model.load_model())
    return results[0].articles[0].tags


def long_text(article, length):
    return [ModelTag("long_text", 1.0, value=str(length))]


def topic(code, score, provenance="model:topics@test"):
    return Tag("topic", "", "رياضة", "sport", code, "", None, None, score, None, None, provenance, 1)


def show(batch):
    return [
        (one.article.article.origin.index, [(t.kind, t.value) for t in one.tags if t.kind == "desk"])
        for one in batch.articles
    ]


def test_a_model_of_ones_own_tags_articles_beside_warraq(model_path):
    articles = tuple(normalized(article(number, body)) for number, body in enumerate((MATCH, MARKET)))
    with TestPipeline("FnApiRunner") as pipeline:
        batches = pipeline | "Make" >> beam.Create([ArticleBatch("date=2016-03-27/source=afp", 0, articles)])
        tagged = batches | "TagArticles" >> TagArticles(TagRules(), UserRules())
        inferred = tagged.ok | "InferDesks" >> infer_desks(model_path)
        assert_that(
            inferred.ok | "Desks" >> beam.FlatMap(show),
            equal_to([(0, [("desk", "sport")]), (1, [("desk", "economy")])]),
            "Ok",
        )
        facts = inferred.ok | "Facts" >> beam.FlatMap(
            lambda batch: [
                (tag.kind, tag.provenance.partition("@")[0]) for tag in batch.articles[0].tags if tag.value
            ]
        )
        assert_that(facts | "Desk" >> beam.Filter(lambda fact: fact[0] == "desk"), equal_to([("desk", "model:desks")]), "Own")  # fmt: skip
        places = facts | "Place" >> beam.Filter(lambda fact: fact[0] == "place") | "Kinds" >> beam.Keys()
        assert_that(places, equal_to(["place"]), "Warraq")
        assert_that(inferred.refused, equal_to([]), "Refused")


def test_the_scores_are_those_of_the_model(model_path):
    model = ArticleModelHandler(DeskModel(model_path), desk_of, name="desks", version="2025-03")
    (batch,) = model.run_inference([batch_of(MATCH)], model.load_model())
    (found,) = batch.articles[0].tags
    text = batch.articles[0].article.article.text
    assert found.score == round(float(model.load_model().predict_proba([text]).max()), 4)
    assert found.score > 0.6
    assert (found.provenance, found.start, found.end) == ("model:desks@2025-03", None, None)


def test_batches_keep_their_partition_order_window_and_timestamp():
    batches = [batch_of("قال", "كتب", "نشر", shard=n) for n in range(5)]

    def stamp(batch) -> TaggedBatch:
        return TimestampedValue(batch, 10 * batch.shard + 3)

    def place(batch, when=beam.DoFn.TimestampParam, window=beam.DoFn.WindowParam):
        indexes = tuple(one.article.article.origin.index for one in batch.articles)
        yield batch.shard, indexes, when.micros // 10**6, window.start.micros // 10**6

    with TestPipeline("FnApiRunner") as pipeline:
        inferred = (
            pipeline
            | "Make" >> beam.Create(batches)
            | "Stamp" >> beam.Map(stamp)
            | "Window" >> beam.WindowInto(FixedWindows(20))
            | "Infer" >> InferTags(handler(long_text))
        )
        assert_that(
            inferred.ok | "Place" >> beam.FlatMap(place) | "Global" >> beam.WindowInto(beam.window.GlobalWindows()),
            equal_to([(n, (0, 1, 2), 10 * n + 3, 10 * n // 20 * 20) for n in range(5)]),
            "Places",
        )  # fmt: skip


def test_an_article_on_which_the_model_fails_leaves_by_itself_and_nothing_is_lost():
    pipeline = TestPipeline("FnApiRunner", options=PipelineOptions([]))
    inferred = (
        pipeline
        | "Make" >> beam.Create([batch_of("one", "two fail", "three"), batch_of("all fail", shard=1)])
        | "Infer" >> InferTags(handler(long_text, on_bug="set_aside"))
    )
    kept = inferred.ok | "Kept" >> beam.Map(
        lambda b: [one.article.article.origin.index for one in b.articles]
    )
    assert_that(kept, equal_to([[0, 2]]), "Ok")
    details = inferred.refused | "Why" >> beam.Map(
        lambda d: (d.stage, d.reason, d.origin.index, "the model is away" in d.detail, b"fail" in d.payload)
    )
    wanted = [("infer", "bug", 1, True, True), ("infer", "bug", 0, True, True)]
    assert_that(details, equal_to(wanted), "Refused")
    result = pipeline.run()
    result.wait_until_finish()
    counted = result.metrics().query(MetricsFilter().with_namespace("warraq.infer"))["counters"]
    counts = {row.key.metric.name: row.committed for row in counted}
    assert counts == {"in": 4, "ok": 2, "refused_bug": 2, "tags": 2}


def test_a_failing_model_stops_the_run_and_names_itself_and_the_article():
    told = r"model:own@1 failed on article [0-9a-f]{32} \(afp, \S+ record 1\): OSError: the model is away"
    with pytest.raises(Exception, match=told), TestPipeline("FnApiRunner") as pipeline:
        batches = pipeline | "Make" >> beam.Create([batch_of("one", "two fail")])
        batches | "Infer" >> InferTags(handler(long_text))


def test_run_inference_takes_the_handler_by_itself():
    with TestPipeline("FnApiRunner") as pipeline:
        batches = (
            pipeline
            | "Make" >> beam.Create([batch_of("one", "two", "three")])
            | "RunInference" >> RunInference(handler(long_text))
        )
        assert_that(batches | "Count" >> beam.Map(lambda b: len(b.articles)), equal_to([3]), "Batches")


def test_a_topic_that_the_article_has_already_gets_surer():
    batch = batch_of("خبر", tags=[topic("medtop:15000000", 0.8)])

    def sport(article, length):
        return [ModelTag("topic", 0.5, value="رياضة", code="medtop:15000000")]

    (found,) = tags_after(sport, batch)
    assert (found.score, found.provenance) == (0.9, "model:topics@test+model:own@1")


def test_a_tag_may_have_a_place_in_the_text():
    batch = batch_of("وصل الوفد إلى بغداد صباح اليوم.")
    text = batch.articles[0].article.article.text
    start = text.index("الوفد")

    def named(article, length):
        return [ModelTag("group", np.float32(0.7), start=start, end=start + 5)]

    (found,) = tags_after(named, batch)
    assert (found.value, found.canonical, found.start, found.score) == ("الوفد", "الوفد", start, 0.7)


def test_a_tag_of_a_place_gives_way_to_a_surer_one_of_its_kind():
    body = "وصل الوفد إلى بغداد صباح اليوم."
    text = article(0, body).text
    batch = batch_of(body, tags=[tag(text, "بغداد")])
    start = text.index("بغداد")
    assert tags_after(lambda a, _: [ModelTag("place", 0.9, start=start, end=start + 5)], batch) == batch.articles[0].tags  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "fault"),
    [
        (ModelTag("Desk", 1.0, "x"), "is no kind"),
        (ModelTag("desk", 1.5, "x"), "not 0 to 1"),
        (ModelTag("desk", float("nan"), "x"), "not 0 to 1"),
        (ModelTag("desk", 1.0), "neither a value"),
        (ModelTag("desk", 1.0, start=3), "neither a value nor both"),
        (ModelTag("desk", 1.0, start=3, end=1_000), "3-1000 of a text of"),
        (ModelTag("topic", 1.0, "x"), "no code"),
    ],
)
def test_a_tag_that_cannot_be_true_is_a_fault_that_is_told(tag, fault):
    with pytest.raises(RuntimeError, match=fault):
        tags_after(lambda article, length: [tag], batch_of("خبر"))


def test_functions_before_and_after_the_model_are_called():
    model = Lengths().with_preprocess_fn(lambda text: text * 2).with_postprocess_fn(lambda length: length + 1)
    (found,) = tags_after(long_text, batch_of("قال"), model, example_of=lambda article: "abc")
    assert found.value == "7"


def test_each_article_has_its_own_prediction():
    class OneTooFew(Lengths):
        def run_inference(self, batch, model, inference_args=None):
            return []

    with pytest.raises(RuntimeError, match="0 predictions for 1 examples"):
        tags_after(long_text, batch_of("قال"), OneTooFew())


def test_a_name_that_no_provenance_can_hold_is_refused():
    with pytest.raises(ValueError, match="'my model' cannot stand in"):
        ArticleModelHandler(Lengths(), long_text, name="my model", version="1")
    with pytest.raises(ValueError, match="with_no_batching"):
        ArticleModelHandler(Lengths().with_no_batching(), long_text, name="own", version="1")


def test_another_model_in_mid_run_is_refused():
    with pytest.raises(ValueError, match="start anew"):
        handler(long_text).update_model_path("newer.pickle")


def test_the_model_keeps_its_own_wishes():
    wishes = handler(long_text, Lengths(model_copies=3))
    assert wishes.share_model_across_processes()
    assert wishes.model_copies() == 3
    assert wishes.get_metrics_namespace() == "RunInference"
    assert wishes.get_resource_hints() == {}
    assert not wishes.override_metrics()
    assert wishes.should_garbage_collect_on_timeout()


def test_the_readme_shows_the_example_of_this_test():
    source = Path(__file__).read_text("utf-8")
    example = source.partition("# -- the example: begin")[2].partition("# -- the example: end")[0]
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert example.strip() in readme
