import pytest

from transforms.core.errors import ArticleError
from transforms.core.mapping import READY_MAPS, FieldMap, apply_map, choose_map

SAUDI = {
    "source": "s",
    "url": "u",
    "date_extracted": "2015-07-21 00:00:00",
    "title": "t",
    "author": "a",
    "content": "c",
}


def reason(call):
    with pytest.raises(ArticleError) as caught:
        call()
    return caught.value.reason


def test_the_map_is_chosen_by_the_keys():
    assert choose_map(SAUDI, READY_MAPS) == "saudinewsnet"
    assert choose_map({"body": "b", "title": "t", "published": "p"}, READY_MAPS) == "warraq"


def test_a_record_that_no_map_fits_is_named_by_its_keys():
    with pytest.raises(ArticleError, match="headline, story") as caught:
        choose_map({"headline": "x", "story": "y"}, READY_MAPS)
    assert caught.value.reason == "unmapped_record"


def test_fields_come_by_meaning():
    fields = apply_map(SAUDI, READY_MAPS["saudinewsnet"])
    assert (fields.body, fields.crawled, fields.published) == ("c", "2015-07-21 00:00:00", None)


def test_dots_lead_into_objects_and_bars_part_alternatives():
    field_map = FieldMap(body="full|lead", author="by.name")
    fields = apply_map({"full": "", "lead": "نص", "by": {"name": "كاتب"}}, field_map)
    assert (fields.body, fields.author) == ("نص", "كاتب")


def test_several_authors_are_joined():
    assert apply_map({"body": "b", "author": ["أ", "ب"]}, READY_MAPS["warraq"]).author == "أ، ب"


@pytest.mark.parametrize("value", [5, {"a": 1}, True, [1]])
def test_a_body_that_is_no_text_is_a_bad_field(value):
    assert reason(lambda: apply_map({"body": value}, READY_MAPS["warraq"])) == "bad_field"


@pytest.mark.parametrize("value", [True, [1], {"a": 1}])
def test_a_time_that_is_neither_text_nor_number_is_a_bad_field(value):
    assert reason(lambda: apply_map({"body": "b", "published": value}, READY_MAPS["warraq"])) == "bad_field"


def test_half_a_surrogate_pair_is_refused_with_its_place():
    with pytest.raises(ArticleError, match="character 2") as caught:
        apply_map({"body": "اب\ud800"}, READY_MAPS["warraq"])
    assert caught.value.reason == "lone_surrogate"


def test_null_is_an_empty_text():
    assert apply_map({"body": None, "title": None}, READY_MAPS["warraq"]).body == ""


def test_half_a_pair_in_a_list_or_in_a_key_is_refused_in_words_that_can_be_written():
    assert reason(lambda: apply_map({"body": ["\ud800 نص"]}, READY_MAPS["warraq"])) == "lone_surrogate"
    with pytest.raises(ArticleError) as caught:
        choose_map({"\ud800" * 10_000: 1}, READY_MAPS)
    assert caught.value.reason == "unmapped_record"
    assert len(caught.value.detail.encode("utf-8")) < 4000
