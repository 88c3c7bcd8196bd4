"""The stages over lists: what a user's values become, and what is left out."""

import datetime
import json
import math

import pytest
from corpus import body, record

from schemas.elements import Origin, RawRecord
from transforms.core.cluster import DedupRules
from transforms.core.parse import ParsePlan, ScopeRules, SourceRules, record_of
from transforms.lists import deduplicate_list, parse_list, tag_list


def test_a_text_is_an_article_whose_first_line_is_the_title():
    (article,) = parse_list([f"عنوان الخبر\n\n{body(1)}"]).articles
    assert article.title_text == "عنوان الخبر"
    assert article.origin == Origin("memory", 0, 0)


def test_a_row_of_a_data_frame_may_have_times_and_empty_cells():
    day = datetime.datetime(2025, 3, 9, 10, tzinfo=datetime.UTC)
    (article,) = parse_list([{"title": "خبر", "body": body(1), "published": day, "url": math.nan}]).articles
    assert article.published_us == 1_741_514_400_000_000
    assert article.url == ""


def test_a_missing_time_of_pandas_is_no_time():
    pandas = pytest.importorskip("pandas", reason="pandas comes with the extra yaml")
    frame = pandas.DataFrame(
        {"body": [body(1), body(2)], "published": pandas.to_datetime(["2025-03-09", None])}
    )
    first, second = parse_list(frame.to_dict("records")).articles
    assert first.published_us == 1_741_478_400_000_000
    assert second.published_us is None


def test_a_value_that_no_record_can_have_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="a set is no value of a record"):
        record_of({"body": {1, 2}})


def test_what_is_no_article_is_told_by_number_and_reason():
    raw = RawRecord(b'{"title": ', "json", "utf-8", "", Origin("x", 0, 0))
    parsed = parse_list([record(1), raw, {"body": ""}])
    assert [(one.index, one.reason, one.is_filtered) for one in parsed.left_out] == [
        (1, "bad_json", False),
        (2, "empty_body", True),
    ]
    assert [article.origin.index for article in parsed.articles] == [0]


def test_a_plan_says_what_is_wanted():
    plan = ParsePlan(scope=ScopeRules(languages=()))
    assert len(parse_list([{"body": "The port opened a new berth on Sunday. " * 4}], plan).articles) == 1


def test_copies_name_the_article_that_stays_whatever_the_order():
    records = [record(1, source="copier", url=""), record(2), record(1), record(1)]
    articles = parse_list(records).articles
    for some in (articles, articles[::-1]):
        done = deduplicate_list(some, sources={"copier": SourceRules(priority=1)})
        assert {one.article.source for one in done.kept} == {"wire1", "wire2"}
        (root,) = (one.article.article_id for one in done.kept if one.article.source == "wire1")
        assert {(row.relation, row.root_id) for row in done.duplicates} == {("repeat", root), ("exact", root)}
        assert len(done.kept) + len(done.duplicates) == len(records)


def test_rules_decide_what_is_near():
    edited = record(1, source="copier", url="", body=body(1).replace("المسؤولين", "الخبراء"))
    articles = parse_list([record(1), edited]).articles
    assert [row.relation for row in deduplicate_list(articles).duplicates] == ["near"]
    assert deduplicate_list(articles, DedupRules(threshold=1.0)).duplicates == []


def test_tags_stand_in_the_original_text():
    (tagged,) = tag_list(deduplicate_list(parse_list([record(1)]).articles).kept)
    assert any(tag.kind == "place" for tag in tagged.tags)
    for tag in tagged.tags:
        if tag.start is not None:
            assert tagged.article.article.text[tag.start : tag.end] == tag.value


def test_a_record_is_the_json_of_its_fields():
    raw = record_of({"title": "خبر", "n": 1}, 7, "desk")
    assert (json.loads(raw.payload), raw.form, raw.origin) == (
        {"title": "خبر", "n": 1},
        "json",
        Origin("desk", 7, 0),
    )
