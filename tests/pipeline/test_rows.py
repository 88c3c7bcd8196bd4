"""Rows with a schema go in at the front, and come out wherever one wants."""

import json

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.typehints.row_type import RowTypeConstraint
from builders import article, dead_letter, normalized, tagged

from schemas.elements import Article, ArticleBatch, DeadLetter, NormalizedArticle, TaggedBatch
from transforms.gather import GatherArticles
from transforms.rows import FlattenElements, MakeRows, ReadRows, RowsToElements, columns_there

NAN = float("nan")


def test_equal_rows_are_two_records_of_two_names():
    rows = [
        beam.Row(title="خبر", body="نص"),
        beam.Row(title="خبر", body="نص"),
        beam.Row(title="آخر", body="نص"),
    ]
    with TestPipeline("FnApiRunner") as p:
        read = p | "Rows" >> beam.Create(rows) | ReadRows()
        origins = read.records | "Origins" >> beam.Map(lambda record: record.origin.index)
        payloads = read.records | "Payloads" >> beam.Map(lambda record: json.loads(record.payload)["title"])
        names = (
            read.records
            | "Names" >> beam.Map(lambda record: (record.origin.uri, record.origin.index))
            | "Distinct" >> beam.Distinct()
            | "Count" >> beam.combiners.Count.Globally()
        )
        assert_that(origins, equal_to([0, 0, 1]), "Origins are numbered")
        assert_that(payloads, equal_to(["خبر", "خبر", "آخر"]), "Nothing is lost")
        assert_that(names, equal_to([3]), "Names are distinct")


def test_a_row_is_read_by_its_columns_whatever_their_types():
    kind = RowTypeConstraint.from_fields([("id", int), ("body", str), ("share", float), ("data", bytes)])
    with TestPipeline("FnApiRunner") as p:
        make = beam.Map(lambda _: beam.Row(id=7, body="نص", share=NAN, data=b"x"))
        read = p | beam.Create([1]) | make.with_output_types(kind) | ReadRows()
        records = read.records | "Read" >> beam.Map(lambda record: (json.loads(record.payload), record.form))
        assert_that(records, equal_to([({"id": 7, "body": "نص", "share": None, "data": "x"}, "json")]))


def test_a_payload_is_a_message_and_the_other_columns_fill_what_it_lacks():
    rows = [
        beam.Row(payload=json.dumps({"body": "نص الخبر"}).encode(), source="wire", number=1),
        beam.Row(payload="عنوان الخبر\n\nنص الخبر".encode(), source="", number=2),
        beam.Row(payload=b"", source="wire", number=3),
    ]
    with TestPipeline("FnApiRunner") as p:
        read = p | beam.Create(rows) | ReadRows()
        records = read.records | "Forms" >> beam.Map(
            lambda record: (record.form, record.form == "json" and json.loads(record.payload)["source"])
        )
        refused = read.refused | "Why" >> beam.Map(lambda letter: letter.reason)
        assert_that(records, equal_to([("json", "wire"), ("text", False)]), "Records")
        assert_that(refused, equal_to(["unknown_form"]), "Refused")


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        (Article, article()),
        (NormalizedArticle, normalized()),
        (ArticleBatch, ArticleBatch("p", 0, (normalized(article(0)),))),
        (TaggedBatch, TaggedBatch("p", 0, (tagged(article(0)),))),
    ],
)
def test_articles_become_rows_at_every_stage(kind, element):
    with TestPipeline("FnApiRunner") as p:
        rows = p | beam.Create([element]).with_output_types(kind) | MakeRows()
        assert "title" in columns_there(rows)
        titles = rows | "Titles" >> beam.Map(lambda row: (row.title, list(row.flags), row.crawled))
        assert_that(titles, equal_to([(article().title_text, [], None)]))


def test_another_view_than_there_are_is_refused_when_the_pipeline_is_built():
    with pytest.raises(ValueError, match="of: 'words' is no view; there are articles, tags"):
        beam.Pipeline() | beam.Create([article()]) | MakeRows("words")


def test_side_rows_cross_processes_and_become_elements_again():
    letters = [dead_letter(0), dead_letter(1, payload=b"\xff")]
    with TestPipeline("FnApiRunner") as p:
        again = (
            p
            | beam.Create(letters).with_output_types(DeadLetter)
            | FlattenElements(DeadLetter)
            | beam.Reshuffle()
            | RowsToElements(DeadLetter)
        )
        assert_that(again, equal_to(letters))


def test_articles_that_nobody_deduplicates_are_gathered_by_file_and_none_is_dropped():
    twice = [normalized(article(0)), normalized(article(1)), normalized(article(0))]
    with TestPipeline("FnApiRunner") as p:
        batches = p | beam.Create(twice).with_output_types(NormalizedArticle) | GatherArticles()
        ids = batches | beam.Map(lambda batch: [one.article.origin.index for one in batch.articles])
        assert_that(ids, equal_to([[0, 0, 1]]))


def test_an_id_names_rows_and_rows_of_one_id_are_still_two():
    rows = [beam.Row(id=7, body="نص"), beam.Row(id=8, body="نص"), beam.Row(id=7, body="نص آخر")]
    with TestPipeline("FnApiRunner") as p:
        read = p | beam.Create(rows) | ReadRows(id_column="id")
        origins = read.records | beam.Map(lambda record: tuple(record.origin))
        assert_that(origins, equal_to([("rows#7", 0, 0), ("rows#7", 1, 0), ("rows#8", 0, 0)]))


def test_rows_of_a_stream_are_read_as_they_come_and_equal_ones_share_a_name():
    kind = RowTypeConstraint.from_fields([("payload", bytes)])
    stream = TestStream().add_elements([b'{"body": "a"}', b'{"body": "a"}']).advance_watermark_to_infinity()
    options = PipelineOptions(streaming=True)
    with TestPipeline(BundleBasedDirectRunner(), options=options) as p:
        make = beam.Map(lambda data: beam.Row(payload=data))
        read = p | stream | make.with_output_types(kind) | ReadRows()
        names = read.records | "Names" >> beam.Map(lambda record: record.origin.index)
        assert_that(names, equal_to([0, 0]))
