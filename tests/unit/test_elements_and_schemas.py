"""Elements and .avsc files say the same, field by field."""

import dataclasses
import io
import json
from importlib.resources import files

import pytest

from schemas.avro import (
    TABLES,
    count_rows,
    encode_container,
    encode_row,
    event_date,
    join_rows,
    read_rows,
    to_record,
)
from schemas.elements import (
    Article,
    DeadLetter,
    Decision,
    Duplicate,
    Filtered,
    InputFile,
    NormalizedArticle,
    Origin,
    Relation,
    Span,
    Tag,
    TaggedArticle,
    article_id,
)
from schemas.news import Boilerplate, Byline, DateMention, Figure, News, Quote

HERE, THERE = Origin("news.jsonl", 3, 120), Origin("old.jsonl", 0, 0)
TEXT = "عنوان\n\nفي لبنان"
NEWS = News(
    byline=Byline(("كاتب",), ("بيروت",), ("AFP",), "الوطن", "writer", "author", -1, -1),
    section="رياضي",
    published_day="2016-03-27",
    published_by="record",
    dates=(DateMention(0, 5, "date", "2016-03-27", "SUN", "", True, False, False),),
    figures=(Figure(7, 9, "money", 10.0, 20.0, "SAR", "about", "ريال", ""),),
    quotes=(Quote(10, 15, "كاتب", -1, -1, "قال", 0.9),),
    boilerplate=(Boilerplate(7, 9, "end_mark"),),
    briefs=((7, 15),),
    take=1,
    story_id="0" * 32,
    truncated=True,
)
ARTICLE = Article(
    "ab",
    "wire",
    "u",
    TEXT,
    Span(0, 5),
    7,
    (Span(7, 15),),
    (),
    "كاتب",
    5,
    None,
    "ar",
    ("no_title",),
    HERE,
    news=NEWS,
)
TAG = Tag("place", "country", "لبنان", "لبنان", "LB", "LB", 33.9, 35.5, 1.0, 10, 15, "gaz:places@1", 1)
EXAMPLES = {
    "articles": TaggedArticle(NormalizedArticle(ARTICLE, b"d" * 16, 2, "v"), (TAG,)),
    "duplicates": Duplicate(
        "a",
        "b",
        "c",
        "c",
        "near",
        0.75,
        0.9,
        30,
        35,
        35,
        ("في لبنان",),
        False,
        True,
        "s",
        "u",
        "t",
        7,
        5,
        THERE,
        0.7,
        14,
        "v",
        HERE,
    ),
    "relations": Relation(
        "a",
        "b",
        "contains",
        0,
        "a",
        "b",
        0.6,
        0.9,
        30,
        40,
        35,
        2,
        3,
        True,
        ("في لبنان",),
        "s",
        "u",
        "t",
        7,
        None,
        THERE,
        0.7,
        14,
        "v",
        HERE,
    ),
    "decisions": Decision("a", 2, False, "near", "b", "c", "c", 0.75, 1, True, 7, None, HERE, 20_000, 30),
    "dead_letters": DeadLetter("parse", "bad_json", "d", b"\xff", 1, HERE),
    "filtered": Filtered("parse", "empty_body", "d", "a", "s", "u", "t", None, "und", HERE),
    "inputs": InputFile("f", 10, 20, "gzip", "json_lines", "utf-8", 3, 1),
}


def schema(table):
    return json.loads(files("schemas").joinpath(TABLES[table].schema_file).read_text("utf-8"))


def every_field(node):
    if isinstance(node, dict):
        for field in node.get("fields", ()):
            yield field
            yield from every_field(field["type"])
        for key in ("items", "values"):
            yield from every_field(node.get(key))
    elif isinstance(node, list):
        for branch in node:
            yield from every_field(branch)


@pytest.mark.parametrize("table", TABLES)
def test_a_record_has_the_fields_of_its_schema(table):
    record = to_record(table, EXAMPLES[table], "c")
    assert set(record) == {field["name"] for field in schema(table)["fields"]}


@pytest.mark.parametrize("table", TABLES)
def test_every_schema_is_named_documented_and_namespaced(table):
    assert schema(table)["namespace"] == "org.warraq"
    assert all(field.get("doc") for field in every_field(schema(table)))


@pytest.mark.parametrize("table", ["duplicates", "relations", "dead_letters", "filtered", "inputs"])
def test_every_field_of_an_element_is_in_its_schema(table):
    renamed = {"rules_version": "profile_version"}
    names = {renamed.get(field.name, field.name) for field in dataclasses.fields(TABLES[table].element)}
    assert names == {field["name"] for field in schema(table)["fields"]} - {"config_sha256"}


def test_every_field_of_an_article_and_a_tag_is_in_the_schema():
    names = {
        field.name for element in (Article, TaggedArticle, News) for field in dataclasses.fields(element)
    }
    record = {field["name"] for field in schema("articles")["fields"]}
    assert names - {"article", "news"} <= record
    tags = next(field for field in schema("articles")["fields"] if field["name"] == "tags")
    assert {f["name"] for f in tags["type"]["items"]["fields"]} == {f.name for f in dataclasses.fields(Tag)}


@pytest.mark.parametrize(
    ("field", "element"),
    [("dates", DateMention), ("figures", Figure), ("quotes", Quote), ("boilerplate", Boilerplate)],
)
def test_every_field_of_a_mention_is_in_the_schema(field, element):
    record = next(f for f in schema("articles")["fields"] if f["name"] == field)["type"]["items"]
    assert {f["name"] for f in record["fields"]} - {"text"} == set(element._fields)


def test_every_field_of_a_byline_is_in_the_schema():
    record = next(f for f in schema("articles")["fields"] if f["name"] == "byline")["type"]
    assert {f["name"] for f in record["fields"]} == set(Byline._fields)


def test_mentions_carry_their_surface_form():
    row = to_record("articles", EXAMPLES["articles"], "c")
    assert [row[name][0]["text"] for name in ("dates", "figures", "quotes")] == ["عنوان", "في", "لبنان"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "xz", "bzip2"])
def test_rows_come_back_as_they_were_written(table, codec):
    record = to_record(table, EXAMPLES[table], "c")
    data = encode_container(table, [record, record], codec, "here")
    assert count_rows(io.BytesIO(data)) == 2
    first, second = read_rows(io.BytesIO(data), table)
    assert first == second
    assert {name: first[name] for name in ("config_sha256",)} == {"config_sha256": "c"}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "xz", "bzip2"])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_rows_that_were_encoded_one_by_one_give_the_bytes_of_a_container_of_their_records(
    table, codec, count
):
    record = to_record(table, EXAMPLES[table], "c")
    records = [record | {"config_sha256": "c" * number} for number in range(count)]
    rows = [encode_row(table, one) for one in records]
    assert join_rows(table, rows, codec, "here") == encode_container(table, records, codec, "here")


def test_the_same_rows_give_the_same_bytes():
    record = to_record("articles", EXAMPLES["articles"], "c")
    assert encode_container("articles", [record], "zstandard", "p") == encode_container(
        "articles", [record], "zstandard", "p"
    )
    assert encode_container("articles", [record], "null", "p") != encode_container(
        "articles", [record], "null", "q"
    )


def test_ids_tell_apart_where_one_field_ends_and_the_next_begins():
    assert article_id("a", "bc", "d") != article_id("ab", "c", "d")
    assert len(article_id("", "", "")) == 32


def test_an_article_id_never_changes():
    assert article_id("wire", "http://x", "نص") == "d3cd0ef3c0ee9bd7a0a749c45486eec6"


def test_a_day_is_cut_at_midnight_utc():
    assert [event_date(us) for us in (-1, 0, 86_399_999_999, 86_400_000_000, None)] == [
        "1969-12-31",
        "1970-01-01",
        "1970-01-01",
        "1970-01-02",
        "unknown",
    ]
