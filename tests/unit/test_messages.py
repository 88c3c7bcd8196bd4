import contextlib
import datetime
import json
import tracemalloc

import fastavro
import pytest
from builders import article, tagged
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_samples import ARTICLE, SENTENCES

from schemas.avro import to_record
from schemas.elements import Origin
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.mapping import READY_MAPS, FieldMap
from transforms.core.messages import (
    AVRO,
    JSON,
    TEXT,
    Message,
    encode_message,
    origin_of,
    read_message,
    refused_message,
)
from transforms.core.parse import ParsePlan, parse
from transforms.core.reading import ReadRules
from transforms.core.single_object import MARKER, schema_fingerprint, single_object

SUBSCRIPTION = "projects/warraq-tests/subscriptions/news"
#: The fields, their order and types of schemas/article.avsc. A change means that messages written before are
#: refused (`bad_avro`): tell it in the change log, and read the old schema too as long as such messages wait.
FINGERPRINT = "f1d07d54da7878c0"
RULES = ReadRules()
FILLING = {
    "source": "وكالة",
    "url": "https://a.example/1",
    "published": "2016-03-27T10:00:00Z",
    "title": "عنوان",
}
BODY = {"title": "زيارة", "body": SENTENCES[0]}


def message(data, message_id="17", **attributes):
    data = json.dumps(data, ensure_ascii=False) if isinstance(data, dict) else data
    data = data.encode() if isinstance(data, str) else data
    return Message(data, attributes, message_id, 1_459_072_800_000_000, SUBSCRIPTION)


def read(data, rules=RULES, maps=READY_MAPS, **attributes):
    return read_message(message(data, **attributes), rules, maps)


def parsed(read, maps=READY_MAPS):
    return parse(read.record, ParsePlan(maps, {}))


def refused(data, rules=RULES, **attributes):
    with pytest.raises(ArticleError) as caught:
        read(data, rules, **attributes)
    return caught.value


# What a message is


@pytest.mark.parametrize(
    ("data", "kind", "form"),
    [
        (BODY, JSON, "json"),
        (ARTICLE, TEXT, "text"),
        (BODY, "Application/JSON; charset=UTF-8", "json"),
        (ARTICLE, 'text/plain;charset="utf-8"', "text"),
    ],
)
def test_the_type_is_told_by_the_attribute_or_else_by_the_content(data, kind, form):
    told, seen = read(data, content_type=kind), read(data)
    assert told.record.form == seen.record.form == form
    assert told.record == seen.record
    assert told.record.payload == message(data).data


def test_a_told_type_is_believed():
    assert read(BODY, content_type=TEXT).record.form == "text"
    assert read(ARTICLE, content_type=JSON).record.form == "json"


def test_an_origin_names_subscription_and_message():
    assert read(BODY).record.origin == Origin(f"{SUBSCRIPTION}#17", 0, 0)


def test_a_message_without_an_id_is_named_by_what_it_holds():
    one = origin_of(message(BODY, "", source="a"))
    assert one == origin_of(message(BODY, "", source="a"))
    assert one.uri.startswith(f"{SUBSCRIPTION}#")
    assert len({one, origin_of(message(BODY, "")), origin_of(message(BODY, "", source="b"))}) == 3


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("windows-1256", "cp1256"), ("iso-8859-6", "iso8859_6"), ("UTF-16", "utf-16-le"), ("us-ascii", "utf-8")],
)
def test_a_charset_is_believed(charset, codec):
    text = "نص قصير" if charset != "us-ascii" else "text"
    record = read(text.encode(codec), content_type=f"{TEXT}; charset={charset}").record
    assert (record.encoding, record.payload.decode(record.encoding)) == (codec, text)


def test_the_encoding_is_found_where_no_charset_is_told():
    record = read(ARTICLE.encode("cp1256")).record
    assert (record.form, record.encoding) == ("text", "cp1256")
    with_mark = read(b"\xef\xbb\xbf" + json.dumps(BODY).encode()).record
    assert json.loads(with_mark.payload) == BODY


def test_the_field_map_of_the_rules_is_handed_on():
    assert read(BODY).record.field_map == ""
    assert read(BODY, ReadRules(field_map="warraq")).record.field_map == "warraq"


# What attributes fill


def test_attributes_fill_what_json_lacks():
    found = read({"body": SENTENCES[0]}, content_type=JSON, **FILLING)
    filled = parsed(found)
    assert found.filled == ("published", "source", "title", "url")
    assert (filled.source, filled.url, filled.title_text) == ("وكالة", "https://a.example/1", "عنوان")
    assert filled.published_us == 1_459_072_800_000_000
    assert filled.body == SENTENCES[0]


def test_the_body_wins_and_the_contradiction_is_told():
    found = read({**BODY, "source": "سانا"}, source="وكالة", title="آخر", url="https://a.example/1")
    assert (found.filled, found.contradicted) == (("url",), ("source", "title"))
    assert (parsed(found).source, parsed(found).title_text) == ("سانا", "زيارة")


def test_a_record_with_nothing_to_fill_stays_byte_for_byte():
    body = {**BODY, "source": "سانا", "published": 1_459_072_800, "url": "https://a.example/1?utm_source=x"}
    found = read(body, source=" سانا ", published="2016-03-27T13:00:00+03:00", url="https://a.example/1")
    assert found.record.payload == message(body).data
    assert (found.filled, found.contradicted) == ((), ())


def test_blank_and_unknown_attributes_mean_nothing():
    found = read(BODY, source="  ", traceparent="00-1", googclient_schemaencoding="JSON")
    assert found == read(BODY)


def test_attributes_fill_records_of_every_field_map():
    maps = {**READY_MAPS, "short": FieldMap(body="story.full", source="by")}
    found = read({"story": {"full": SENTENCES[0]}}, ReadRules(field_map="short"), maps, **FILLING)
    assert (parsed(found, maps).title_text, parsed(found, maps).body) == ("عنوان", SENTENCES[0])
    item = {"summary": f"<p>{SENTENCES[1]}</p>", "link": "https://b.example", "updated": "2016-03-27"}
    found = read(item, source="موجز")
    assert (parsed(found).source, parsed(found).body.strip()) == ("موجز", SENTENCES[1])


@pytest.mark.parametrize(
    "data", ["{", "[]", "7", '{"headline": "x"}', '{"body": 7}', "[" * 100_000, '{"body": "\\ud800"}']
)
def test_json_that_the_parser_will_refuse_is_handed_on_as_it_is(data):
    found = read(data, content_type=JSON, source="س")
    assert found.record.payload == data.encode()
    with pytest.raises(ArticleError):
        parsed(found)


def test_attributes_fill_a_text_and_its_first_line_stays_the_title():
    found = read(f"العنوان\n\n{SENTENCES[0]}", source="وكالة")
    assert (parsed(found).title_text, parsed(found).body, parsed(found).source) == (
        "العنوان",
        SENTENCES[0],
        "وكالة",
    )


def test_a_told_title_leaves_the_whole_text_to_the_body():
    found = read(SENTENCES[0], content_type=TEXT, title="عنوان")
    assert (parsed(found).title_text, parsed(found).body) == ("عنوان", SENTENCES[0])


def test_a_told_title_that_is_the_first_line_is_not_doubled():
    found = read(f"عنوان\n{SENTENCES[0]}", source="س", title="عنوان")
    assert parsed(found).text == f"عنوان\n\n{SENTENCES[0]}"
    assert found.filled == ("source",)


# What is refused


def test_a_message_that_is_too_large_is_refused_with_its_beginning():
    big = message(b" " * (RULES.max_record_bytes + 1), source="س")
    with pytest.raises(ArticleError) as caught:
        read_message(big, RULES, READY_MAPS)
    letter = refused_message(big, caught.value)
    assert (letter.stage, letter.reason) == ("read", "record_too_large")
    assert (letter.payload_bytes, len(letter.payload)) == (len(big.data), 64 << 10)


def test_a_message_that_becomes_too_large_is_refused():
    tight = ReadRules(max_record_bytes=1024)
    assert refused({"body": "ا" * 480}, tight, source="ب" * 100).reason == "record_too_large"


@pytest.mark.parametrize(
    ("data", "attributes", "reason", "said"),
    [
        (b"", {"title": "عنوان"}, "unknown_form", "no data"),
        (b"x", {"content_type": "text/html"}, "unknown_form", "'text/html'"),
        (b"<html><body>", {}, "unknown_form", "look like html"),
        (b"<?xml version='1.0'?><rss>", {}, "unknown_form", "look like feed"),
        (b"Obj\x01abc", {}, "unknown_form", "look like avro"),
        (bytes(range(32)), {}, "unknown_form", "are no text"),
        (b"x", {"content_type": "text/plain; charset=koi8-r"}, "undecodable", "'koi8-r'"),
        (
            b"\xff\xd8",
            {"content_type": "text/plain; charset=utf-8", "source": "s"},
            "undecodable",
            "byte 0",
        ),
        (b"{}", {"content_type": AVRO}, "bad_avro", "begins with c3 01"),
    ],
)
def test_what_is_no_article_is_refused_in_words(data, attributes, reason, said):
    error = refused(data, **attributes)
    assert error.reason == reason
    assert said in error.detail


def test_a_dead_letter_has_the_whole_data_and_tells_the_attributes():
    sent = message(b"x", content_type="text/html", url="https://a.example", other="secret")
    letter = refused_message(sent, refused(b"x", content_type="text/html"))
    assert (letter.payload, letter.origin) == (b"x", origin_of(sent))
    assert "content_type='text/html', url='https://a.example'" in letter.detail
    assert "secret" not in letter.detail


# Avro


def rabin(text):
    """CRC-64-AVRO as the specification gives it in Java, over the bytes of a canonical form."""
    empty = 0xC15D213AA4D7A795
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (empty & -(byte & 1))
        table.append(byte)
    print_ = empty
    for byte in text.encode():
        print_ = (print_ >> 8) ^ table[(print_ ^ byte) & 0xFF]
    return print_


@pytest.mark.parametrize(
    ("schema", "signed"),
    [
        ("null", 7195948357588979594),
        ("boolean", -6970731678124411036),
        ("int", 8247732601305521295),
        ("long", -3434872931120570953),
        ("string", -8142146995180207161),
        ({"fields": [], "type": "record", "name": "foo"}, -4824392279771201922),
        ({"type": "long", "logicalType": "timestamp-micros"}, -3434872931120570953),
    ],
)
def test_fingerprints_are_those_of_avro(schema, signed):
    # Values of Avro's own share/test/data/schema-tests.txt; logical types are no part of the canonical form.
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    wanted = signed % (1 << 64)
    assert rabin(canonical) == wanted
    assert bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")) == wanted.to_bytes(
        8, "little"
    )


def test_the_schema_of_messages_has_not_changed_unnoticed():
    assert schema_fingerprint().hex() == FINGERPRINT


def test_a_tagged_article_comes_back_from_its_message():
    sent = article(3, "وصل الوفد إلى بغداد صباح اليوم.", author="كاتب", crawled_us=1_459_072_800_000_007)
    data, attributes = encode_message(tagged(sent, "بغداد"), "c0" * 32)
    assert data.startswith(MARKER + bytes.fromhex(FINGERPRINT))
    assert attributes == {
        "content_type": AVRO,
        "article_id": sent.article_id,
        "source": "afp",
        "language": "ar",
        "published": "2016-03-27T10:00:00.000003Z",
    }
    found = read(data, **attributes)
    again = parsed(found)
    assert (found.filled, found.contradicted) == ((), ())
    for name in ("article_id", "source", "url", "text", "title", "author", "published_us", "crawled_us"):
        assert getattr(again, name) == getattr(sent, name)


def test_a_marker_is_enough_and_attributes_fill_gaps():
    data, _ = encode_message(tagged(article(url="", published_us=None)), "")
    found = read(data, url="https://a.example/1", source="رويترز")
    assert (found.filled, found.contradicted) == (("url",), ("source",))
    assert parsed(found).url == "https://a.example/1"


def test_attributes_that_do_not_fit_are_left_out():
    data, attributes = encode_message(tagged(article(source="س" * 600, published_us=None)), "")
    assert sorted(attributes) == ["article_id", "content_type", "language"]
    assert parsed(read(data)).source == "س" * 600


def test_an_article_beyond_what_a_message_holds_is_refused():
    with pytest.raises(ArticleError, match="9900000 are allowed"):
        encode_message(tagged(article(body="ا" * 5_000_000)), "")


def test_another_schema_is_refused_by_its_fingerprint():
    data, _ = encode_message(tagged(article()), "")
    error = refused(MARKER + bytes(8) + data[10:])
    assert error.reason == "bad_avro"
    assert "0000000000000000 is not known" in error.detail
    assert FINGERPRINT in error.detail


def test_what_is_left_over_or_cut_is_refused():
    data, _ = encode_message(tagged(article()), "")
    assert "2 bytes are left over" in refused(data + b"ab").detail
    assert refused(data[:-5]).reason == refused(data[:10]).reason == refused(MARKER).reason == "bad_avro"


def test_a_hostile_object_costs_no_more_than_its_bytes():
    data, _ = encode_message(tagged(article()), "")
    count = bytes.fromhex("feffffffffffffffff01")  # 2^63 - 1 as a zigzag varint
    tracemalloc.start()
    for place in range(10, len(data)):
        for hostile in (data[:place] + count + data[place:], data[:place] + count + bytes(200_000)):
            with contextlib.suppress(ArticleError):
                read(hostile, ReadRules(max_record_bytes=1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20


def test_an_impossible_time_is_left_out_by_the_parser():
    record = to_record("articles", tagged(article()), "")
    record["published_us"] = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
    assert parsed(read(single_object(record))).flags == ("date_unreadable",)


FLIPPED = encode_message(tagged(article(), "بغداد"), "")[0]
DATA = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(str.encode),
    st.dictionaries(st.sampled_from(["body", "title", "url", "published", "x"]), st.text(max_size=9)).map(
        lambda value: json.dumps(value).encode()
    ),
    st.tuples(st.integers(0, len(FLIPPED) - 1), st.integers(1, 255)).map(
        lambda at: FLIPPED[: at[0]] + bytes([FLIPPED[at[0]] ^ at[1]]) + FLIPPED[at[0] + 1 :]
    ),
)
TYPES = st.sampled_from(["", JSON, TEXT, AVRO, "text/plain; charset=utf-16", "a/b", ";;=;charset"])
ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"content_type": TYPES, **dict.fromkeys(FILLING, st.text(max_size=9))}
)


@settings(max_examples=300, deadline=None)
@given(DATA, ATTRIBUTES)
def test_reading_raises_nothing_but_article_errors(data, attributes):
    sent = message(data, **attributes)
    with contextlib.suppress(ArticleError, OutOfScope):
        found = read_message(sent, RULES, READY_MAPS)
        assert found == read_message(sent, RULES, READY_MAPS)
        parsed(found)
