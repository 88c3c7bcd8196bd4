"""The typical article, whole: every date, figure, quote with its speaker, title and sub-head."""

import json

import pytest
from quality.gates import SHARED, digest_of, needs

from schemas.elements import Origin, RawRecord
from transforms.aids import load_aids
from transforms.core.mapping import READY_MAPS
from transforms.core.parse import ParsePlan, ParseRules, parse

pytestmark = needs("seed")
SEED = SHARED / "seed"
DIGEST = "e54f35217137"
UNITS = {"killed": "killed", "injured": "injured", "km": "km", "years": "year"}


def read(crawled):
    payload = next(SEED.glob("*.txt")).read_bytes()
    plan = ParsePlan(READY_MAPS, {}, parse=ParseRules(crawled=crawled))
    record = RawRecord(payload, "text", "utf-8", "", Origin("seed.txt", 0, 0))
    return parse(record, plan, load_aids("off"))


@pytest.fixture(scope="module")
def expected():
    return json.loads((SEED / "seed_expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def article():
    return read("2016-03-28")


def test_the_labels_are_those_that_were_looked_at():
    assert digest_of("seed") == DIGEST


def test_the_title_and_both_sub_heads_are_found(article, expected):
    assert article.title_text == expected["title"]
    assert [tuple(span) for span in article.subheads] == [
        (h["start"], h["end"]) for h in expected["subheads"]
    ]


def test_the_day_is_the_sunday_before_it_was_read(article):
    assert (article.news.published_day, article.news.published_by) == ("2016-03-27", "weekday")


def test_every_date_has_its_place_and_value(article, expected):
    found = {(date.start, date.end): date.value for date in article.news.dates}
    wanted = {
        tuple(span): date.get("iso", date.get("duration"))
        for date in expected["dates"]
        for span in date["spans"]
    }
    assert {span: found.get(span) for span in wanted} == wanted


def test_without_a_day_the_text_itself_tells_the_years(expected):
    found = {(date.start, date.end): date.value for date in read(None).news.dates}
    unknown = {"الاحد"}
    wanted = {
        tuple(span): date.get("iso", date.get("duration"))
        for date in expected["dates"]
        for span in date["spans"]
        if date["name"] not in unknown
    }
    assert {span: found.get(span) for span in wanted} == wanted


def test_every_figure_has_its_place_value_and_unit(article, expected):
    found = {(figure.start, figure.end): figure for figure in article.news.figures}
    wanted = {tuple(span): figure for figure in expected["figures"] for span in figure["spans"]}
    missing = {article.text[start:end] for start, end in wanted if (start, end) not in found}
    assert missing == set()
    for span, figure in wanted.items():
        assert found[span].value == figure["value"], figure["name"]
        unit = UNITS.get(figure["unit"].split()[0])
        assert unit is None or found[span].unit == unit, figure["name"]


def test_every_quote_has_its_place_and_its_speaker(article, expected):
    found = [(quote.start, quote.end, quote.speaker) for quote in article.news.quotes]
    assert found == [(quote["start"], quote["end"], quote["speaker"]) for quote in expected["quotes"]]


def test_the_agency_is_told_by_what_it_says_of_itself(article):
    assert (article.news.byline.agencies, article.news.byline.evidence) == (("AFP",), "self_reference")


def test_who_counts_the_dead_is_known(article):
    claims = {
        article.text[figure.start : figure.end]: figure.claimant
        for figure in article.news.figures
        if figure.kind == "casualty"
    }
    assert claims["ما لا يقل عن 400"] == claims["ما لا يقل عن 180"] == "رامي عبد الرحمن"
