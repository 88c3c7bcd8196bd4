import datetime
import json
import time

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from builders import NOON_US, article, tagged
from pubsub import running_fake

from schemas.elements import Origin, RawRecord
from transforms.core.mapping import READY_MAPS
from transforms.core.messages import encode_message
from transforms.core.parse import ParsePlan
from transforms.core.reading import ReadRules
from transforms.parse import ParseArticles
from transforms.read_messages import OpenMessages, ReadArticleMessages

NAME = "projects/warraq-tests/subscriptions/news"
HOUR = 3600
NOON = NOON_US // 1_000_000
RULES = ReadRules()


def message(data, number=None, **attributes):
    published = datetime.datetime.fromtimestamp(NOON, datetime.UTC)
    return PubsubMessage(data, attributes, f"m{number}", published)


def counters(result, namespace="warraq.read"):
    return {
        counter.key.metric.name: counter.result
        for counter in result.metrics().query()["counters"]
        if counter.key.metric.namespace == namespace
    }


def uri(one):
    return one.origin.uri


def test_each_message_leaves_by_one_door_and_the_counters_add_up():
    avro, attributes = encode_message(tagged(article()), "")
    data = [
        message(json.dumps({"body": "نص الخبر"}).encode(), 0, source="وكالة"),
        message("عنوان\nنص الخبر".encode(), 1, content_type="text/plain"),
        message(avro, 2, **{**attributes, "source": "سواها"}),
        message(b"\0\1\2", 3),
        message(None, 4, title="لا شيء"),
    ]
    pipeline = TestPipeline("FnApiRunner")
    doors = pipeline | "Make" >> beam.Create(data) | "Open" >> OpenMessages(NAME, RULES, READY_MAPS)
    assert doors.records.element_type is RawRecord
    parsed = doors.records | "Parse" >> ParseArticles(ParsePlan(READY_MAPS, {}))
    assert_that(
        parsed.ok | "Sources" >> beam.Map(lambda a: (a.origin, a.source)),
        equal_to(
            [(Origin(f"{NAME}#m{n}", 0, 0), source) for n, source in enumerate(("وكالة", "unknown", "afp"))]
        ),
        "Ok",
    )
    assert_that(
        doors.refused | "Why" >> beam.Map(lambda d: (d.reason, uri(d))),
        equal_to([("unknown_form", f"{NAME}#m3"), ("unknown_form", f"{NAME}#m4")]),
        "Refused",
    )
    received = doors.inputs | "Count" >> beam.Map(lambda row: row.records) | beam.CombineGlobally(sum)
    assert_that(received, equal_to([5]), "Received")
    result = pipeline.run()
    result.wait_until_finish()
    size = sum(len(one.data or b"") for one in data)
    assert counters(result) == {
        "in": 5,
        "ok": 3,
        "refused_unknown_form": 2,
        "bytes": size,
        "attributes_filled": 1,
        "attributes_contradicted": 1,
    }


def test_a_bug_is_set_aside_in_a_stream_and_stops_where_asked():
    broken = ReadRules(field_map="nowhere")
    sent = message(b'{"body": "x"}', 0, source="s")
    with TestPipeline("FnApiRunner") as pipeline:
        doors = pipeline | "Make" >> beam.Create([sent]) | "Open" >> OpenMessages(NAME, broken, READY_MAPS)
        assert_that(
            doors.refused | "Why" >> beam.Map(lambda d: (d.reason, d.payload)),
            equal_to([("bug", b'{"body": "x"}')]),
            "Refused",
        )
    with pytest.raises(KeyError, match="nowhere"), TestPipeline("FnApiRunner") as pipeline:
        pipeline | "Make" >> beam.Create([sent]) | "Open" >> OpenMessages(NAME, broken, READY_MAPS, "fail")


def test_a_source_is_a_subscription_or_a_topic():
    for given in ({}, {"subscription": NAME, "topic": "projects/warraq-tests/topics/news"}):
        with pytest.raises(ValueError, match="a subscription or a topic"):
            TestPipeline() | "Read" >> ReadArticleMessages(RULES, READY_MAPS, **given)


class _NoteFn(beam.DoFn):
    """Write what came into a folder; what runs in threads shares no memory with the test."""

    def __init__(self, folder):
        self._folder = str(folder)

    def process(self, one, timestamp=beam.DoFn.TimestampParam):
        with open(f"{self._folder}/{uri(one).rpartition('#')[2]}", "w") as file:
            json.dump([type(one).__name__, uri(one), timestamp.micros], file)


def test_articles_come_from_a_subscription_with_the_time_of_publishing(tmp_path):
    with running_fake() as fake:
        topic, subscription = fake.pair()
        before = time.time_ns() // 1000
        good = fake.publish(topic, json.dumps({"body": "نص الخبر"}).encode(), {"source": "وكالة"})
        bad = fake.publish(topic, b"\0\1\2")
        # A TestPipeline would wait for the end of a stream that has none.
        pipeline = beam.Pipeline("BundleBasedDirectRunner", options=PipelineOptions(["--streaming"]))
        doors = pipeline | "Read" >> ReadArticleMessages(RULES, READY_MAPS, subscription)
        doors.records | "NoteRecords" >> beam.ParDo(_NoteFn(tmp_path))
        doors.refused | "NoteRefused" >> beam.ParDo(_NoteFn(tmp_path))
        result = pipeline.run()
        try:
            end = time.monotonic() + 20
            while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(0.1)
        finally:
            result.cancel()
        noted = {path.name: json.loads(path.read_text()) for path in tmp_path.iterdir()}
        assert {name: row[:2] for name, row in noted.items()} == {
            good: ["RawRecord", f"{subscription}#{good}"],
            bad: ["DeadLetter", f"{subscription}#{bad}"],
        }
        assert all(before - 1000 <= row[2] <= time.time_ns() // 1000 for row in noted.values())
        assert fake.unacked(topic) == 0
