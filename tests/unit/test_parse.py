import json

import pytest

from schemas.elements import Origin, RawRecord, article_id
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.mapping import READY_MAPS
from transforms.core.parse import ParsePlan, ParseRules, ScopeRules, SourceRules, parse

BODY = "اعلنت البلدية افتتاح الجسر الجديد بعد اعمال استمرت عامين كاملين"
PLAN = ParsePlan(READY_MAPS, {"gulf": SourceRules(time_zone="Asia/Riyadh")})
UTC_2025_03_27 = 1_743_033_600_000_000
HOUR = 3_600_000_000


def record(value, uri="news.jsonl", encoding="utf-8", form="json", field_map=""):
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return RawRecord(payload, form, encoding, field_map, Origin(uri, 4, 0))


def reason(value, plan=PLAN, **kwargs):
    with pytest.raises((ArticleError, OutOfScope)) as caught:
        parse(record(value, **kwargs), plan)
    return caught.value.reason


def test_the_text_of_a_record_is_its_title_a_blank_line_and_its_body():
    article = parse(record({"title": " عنوان ", "body": BODY, "source": "wire", "url": "http://x"}), PLAN)
    assert article.text == f"عنوان\n\n{BODY}"
    assert (article.title_text, article.body) == ("عنوان", BODY)
    assert article.article_id == article_id("wire", "http://x/", article.text)


def test_a_record_without_title_is_its_body_and_says_so():
    article = parse(record({"body": BODY, "source": "wire"}), PLAN)
    assert (article.text, article.body_start, article.flags) == (BODY, 0, ("no_title",))


def test_a_text_file_is_its_own_text_byte_for_byte():
    text = f"عنوان\r\n\r\n{BODY}\r\n"
    article = parse(
        record(text.encode("cp1256"), encoding="cp1256", form="text", uri="a/source=wire/1.txt"), PLAN
    )
    assert article.text == text
    assert (article.title_text, article.source, article.flags) == ("عنوان", "wire", ())


def test_a_text_file_without_a_source_gets_the_default_and_says_so():
    article = parse(record(f"عنوان\n{BODY}".encode(), form="text", uri="1.txt"), PLAN)
    assert (article.source, article.flags) == ("unknown", ("source_assumed",))


def test_naive_times_are_read_in_the_zone_of_the_source():
    article = parse(
        record({"body": BODY, "title": "ع", "source": "gulf", "crawled": "2025-03-27 03:00:00"}), PLAN
    )
    assert (article.crawled_us, article.flags) == (UTC_2025_03_27, ("time_zone_assumed",))


def test_publication_comes_before_crawl_as_the_event_time():
    value = {
        "body": BODY,
        "title": "ع",
        "source": "s",
        "published": "2025-03-27T00:00:00Z",
        "crawled": "2025-03-28T00:00:00Z",
    }
    assert parse(record(value), PLAN).event_us == UTC_2025_03_27


def test_an_unreadable_time_is_left_out_and_flagged():
    article = parse(record({"body": BODY, "title": "ع", "source": "s", "published": "امس"}), PLAN)
    assert (article.event_us, article.flags) == (None, ("date_unreadable",))


def test_the_crawl_day_of_the_config_serves_records_without_any_time():
    plan = ParsePlan(READY_MAPS, {}, ParseRules(crawled="2025-03-27"))
    article = parse(record({"body": BODY, "title": "ع", "source": "s"}), plan)
    assert (article.crawled_us, article.flags) == (UTC_2025_03_27, ("crawl_assumed",))


def test_html_of_feeds_becomes_text():
    value = {
        "feed": "wire",
        "title": "عنوان &amp; آخر",
        "content": f"<p>{BODY}</p><script>x()</script><p>تتمة</p>",
    }
    article = parse(record(value, field_map="feed"), PLAN)
    assert article.title_text == "عنوان & آخر"
    assert [article.text[a:b] for a, b in article.paragraphs] == [BODY, "تتمة"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'{"body": ', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"body": ' + b"9" * 10_000 + b"}", "bad_json"),
        (b'"text"', "not_an_object"),
        ({"headline": "x"}, "unmapped_record"),
        ({"body": 5}, "bad_field"),
        (b'{"body": "\\ud800"}', "lone_surrogate"),
        (b'{"body": "\xff"}', "undecodable"),
    ],
)
def test_damaged_records_are_refused_with_their_reason(value, expected):
    assert reason(value) == expected


@pytest.mark.parametrize("body", ["", "  \n ", "—", "\u200f\u00a0", None])
def test_an_article_without_a_letter_in_its_body_is_filtered(body):
    assert reason({"body": body, "title": "كاريكاتير"}) == "empty_body"


def test_other_languages_are_filtered_unless_they_are_wanted():
    english = {"body": "The ministry opened a new bridge", "title": "Bridge"}
    assert reason(english) == "not_arabic"
    everything = ParsePlan(READY_MAPS, {}, scope=ScopeRules(languages=()))
    assert parse(record(english), everything).language == "other"


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2025-03-26", False), ("2025-03-27", True), ("2025-03-28", True), ("2025-03-29", False)],
)
def test_days_outside_the_range_are_filtered_and_its_ends_are_inside(day, inside):
    plan = ParsePlan(READY_MAPS, {}, scope=ScopeRules(from_date="2025-03-27", to_date="2025-03-28"))
    value = {"body": BODY, "published": f"{day}T23:59:59Z"}
    if inside:
        assert parse(record(value), plan).published_us is not None
    else:
        assert reason(value, plan) == "outside_dates"


def test_an_article_of_unknown_day_stays_whatever_the_range():
    plan = ParsePlan(READY_MAPS, {}, scope=ScopeRules(from_date="2025-03-27"))
    assert parse(record({"body": BODY}), plan).event_us is None


def test_the_same_page_by_two_addresses_is_one_article_and_keeps_the_address_it_came_with():
    value = {"title": "عنوان", "body": BODY, "source": "wire"}
    first = parse(record({**value, "url": "http://example.org/أخبار?utm_source=x"}), PLAN)
    second = parse(record({**value, "url": "HTTP://EXAMPLE.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"}), PLAN)
    assert first.article_id == second.article_id
    assert first.url == "http://example.org/أخبار?utm_source=x"
