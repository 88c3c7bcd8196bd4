"""Elements as flat rows, and back: nothing of an element is lost, and rows are what their columns say."""

import dataclasses

import pytest
from builders import article, dead_letter, duplicate, filtered, input_file, normalized, relation, tagged

from schemas.elements import DeadLetter, Duplicate, Filtered, InputFile, Relation
from schemas.news import Byline, DateMention, Figure, News, Quote
from transforms.core.flat_rows import ARTICLE, VIEWS, columns_of, element_of, flat_article, flat_row

NEWS = News(
    byline=Byline(("كاتب",), ("بيروت",), ("AFP",), "", "", "author", -1, -1),
    section="رياضي",
    published_day="2016-03-27",
    published_by="record",
    dates=(DateMention(0, 5, "date", "2016-03-27", "SUN", "", True, False, False),),
    figures=(Figure(7, 9, "money", 10.0, None, "SAR", "about", "ريال", ""),),
    quotes=(Quote(6, 11, "كاتب", -1, -1, "قال", 0.9),),
    boilerplate=(),
    briefs=(),
    take=0,
    story_id="",
    truncated=False,
)
FIRST, SECOND = article(0), article(1, "وصل الوفد الى بغداد صباح اليوم")
SIDES = {
    Duplicate: duplicate(SECOND, FIRST),
    Relation: relation(SECOND, FIRST),
    DeadLetter: dead_letter(3, payload=b"\xff\xfe not text"),
    Filtered: filtered(FIRST),
    InputFile: input_file(4),
}


@pytest.mark.parametrize("element", SIDES.values(), ids=lambda element: type(element).__name__)
def test_a_row_becomes_the_same_element_again(element):
    assert element_of(type(element), flat_row(element)) == element


@pytest.mark.parametrize("element", SIDES.values(), ids=lambda element: type(element).__name__)
def test_a_row_has_the_columns_of_its_type_and_no_value_within_another(element):
    row = flat_row(element)
    assert list(row) == list(columns_of(type(element)))
    for value in row.values():
        assert value is None or isinstance(value, str | int | float | bool | list)


def test_a_payload_that_is_no_text_is_shown_and_kept():
    row = flat_row(SIDES[DeadLetter])
    assert "not text" in row["payload"]
    assert row["payload_base64"] == "//4gbm90IHRleHQ="


def test_a_row_that_lacks_a_column_makes_no_element():
    row = flat_row(SIDES[Filtered])
    del row["reason"]
    with pytest.raises(KeyError, match="reason"):
        element_of(Filtered, row)


def test_columns_of_others_are_passed_over():
    assert element_of(InputFile, {**flat_row(SIDES[InputFile]), "msg": "x"}) == SIDES[InputFile]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_gives_rows_of_its_columns(view):
    one = tagged(dataclasses.replace(FIRST, news=NEWS), "بغداد")
    rows = VIEWS[view].rows(one)
    assert len(rows) == 1
    assert list(rows[0]) == list(VIEWS[view].columns)
    assert rows[0]["article_id"] == FIRST.article_id


def test_a_mention_comes_with_its_words():
    one = dataclasses.replace(FIRST, news=NEWS)
    (date,) = VIEWS["dates"].rows(one)
    assert (date["text"], date["value"]) == (FIRST.text[0:5], "2016-03-27")


def test_an_article_has_its_names_once_and_its_time_for_people():
    row = flat_article(tagged(FIRST, "بغداد", "بغداد"))
    assert row["places"] == ["بغداد"]
    assert row["tags"] == ["place:بغداد"]
    assert row["published"] == "2016-03-27T10:00:00Z"
    assert row["event_date"] == "2016-03-27"
    assert (row["uri"], row["index"]) == (FIRST.origin.uri, FIRST.origin.index)


@pytest.mark.parametrize("stage", [FIRST, normalized(FIRST)])
def test_an_article_that_is_not_tagged_yet_has_no_names(stage):
    row = flat_article(stage)
    assert list(row) == list(ARTICLE)
    assert row["tags"] == row["places"] == []
    assert row["title"] == FIRST.title_text
