import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to

from schemas.elements import Article, Origin, RawRecord, Span
from transforms.core.errors import ArticleError, OutOfScope
from transforms.dead_letters import Guard


def raw(number):
    return RawRecord(b"payload %d" % number, "json", "utf-8", "", Origin("f", number, 0))


def article(record):
    return Article(
        f"id{record.origin.index}",
        "s",
        "",
        "t",
        Span(0, 1),
        1,
        (),
        (),
        "",
        None,
        None,
        "ar",
        (),
        record.origin,
    )


def judge(record: RawRecord) -> Article:
    match record.origin.index:
        case 1:
            raise ArticleError("bad_json", "why")
        case 2:
            raise OutOfScope("empty_body", "nothing", article(record))
        case 3:
            raise ZeroDivisionError("ours")
    return article(record)


def counters(result):
    return {
        counter.key.metric.name: counter.result
        for counter in result.metrics().query()["counters"]
        if counter.key.metric.namespace == "warraq.parse"
    }


def test_each_record_leaves_by_one_door_and_the_counters_add_up():
    pipeline = TestPipeline("FnApiRunner")
    doors = (
        pipeline
        | "Make" >> beam.Create([raw(number) for number in range(6)])
        | "Guarded" >> Guard("parse", judge, Article, "set_aside")
    )
    assert_that(doors.ok | "Ids" >> beam.Map(lambda a: a.article_id), equal_to(["id0", "id4", "id5"]), "Ok")
    assert_that(
        doors.refused | "Why" >> beam.Map(lambda d: (d.reason, d.payload, d.origin.index)),
        equal_to([("bad_json", b"payload 1", 1), ("bug", b"payload 3", 3)]),
        "Refused",
    )
    assert_that(
        doors.filtered | "Out" >> beam.Map(lambda f: (f.reason, f.article_id)),
        equal_to([("empty_body", "id2")]),
        "Filtered",
    )
    result = pipeline.run()
    result.wait_until_finish()
    found = counters(result)
    assert found == {"in": 6, "ok": 3, "refused_bad_json": 1, "refused_bug": 1, "filtered_empty_body": 1}


def test_a_bug_stops_a_batch_run():
    with pytest.raises(ZeroDivisionError, match="ours"), TestPipeline("FnApiRunner") as pipeline:
        pipeline | "Make" >> beam.Create([raw(3)]) | "Guarded" >> Guard("parse", judge, Article, "fail")


def test_a_stage_of_the_wrong_type_is_refused_at_build_time():
    with pytest.raises(beam.typehints.decorators.TypeCheckError), TestPipeline("FnApiRunner") as pipeline:
        doors = (
            pipeline | "Make" >> beam.Create([raw(0)]) | "Guarded" >> Guard("parse", judge, Article, "fail")
        )
        doors.ok | "Wrong" >> beam.Map(_takes_text)


def _takes_text(text: str) -> int:
    return len(text)
