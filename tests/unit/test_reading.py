import gzip

import pytest
from reading_samples import ARTICLE, PACKERS, SENTENCES, lines, read

from transforms.core.forms import extension


def test_lines_end_at_line_feeds_only():
    rows = ['{"a": "أ\u2028ب"}', '{"b": "\x85"}', '{"c": "\x0b"}', '{"d": "\r"}']
    result = read("\r\n".join(rows).encode(), "a.ndjson")
    assert result.payloads == [row.encode() for row in rows]
    assert [r.origin.offset for r in result.records] == [0, 18, 31, 43]
    assert {(r.form, r.encoding, r.field_map) for r in result.records} == {("json", "utf-8", "")}
    assert (result.file.form, result.file.encoding) == ("json_lines", "utf-8")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_lines_are_split_at_whole_units(codec):
    rows = ['{"a": "\u0a0a \u0a00\u000b \u010a \u0a01"}', '{"b": "نص"}']
    text = "\n".join([*rows[:1], " \t", *rows[1:]]) + "\r\n"
    result = read(text.encode(codec), "a.jsonl", encoding="utf-16") if codec == "utf-16-le" else None
    if result is None:
        result = read(b"\xfe\xff" + text.encode(codec), "a.jsonl")
    assert [payload.decode(codec) for payload in result.payloads] == rows
    assert result.file.blank_lines == 1


def test_blank_lines_are_counted_not_delivered():
    result = read(b'\n{"a": 1}\n\r\n   \n{"a": 2}\n\n', "a.jsonl")
    assert (result.payloads, result.file.blank_lines) == ([b'{"a": 1}', b'{"a": 2}'], 4)


def test_a_last_line_without_end_is_a_record():
    assert read(b'{"a": 1}\n{"a": 2}', "a.jsonl").payloads == [b'{"a": 1}', b'{"a": 2}']


def test_a_line_over_the_limit_is_cut_off_and_the_next_is_read():
    big = b'{"a": "' + b"x" * 700_000 + b'"}'
    result = read(b'{"a": 1}\n' + big + b'\n{"a": 2}\n', "a.jsonl", max_record_bytes=100_000)
    assert result.payloads == [b'{"a": 1}', b'{"a": 2}']
    letter = result.refused[0]
    assert (letter.reason, letter.origin.offset, letter.payload_bytes) == ("record_too_large", 9, len(big))
    assert letter.payload == big[: 64 << 10]
    assert result.records[1].origin == ("a.jsonl", 2, 9 + len(big) + 1)


def test_a_line_just_at_the_limit_is_read():
    assert len(read(b"x" * 1024 + b"\n" + b"y" * 1025 + b"\n", "a.jsonl", max_record_bytes=1024).records) == 1


def test_a_text_file_is_one_article_whatever_it_holds():
    for text in (ARTICLE, '{"a": 1}\n{"a": 2}', "[1]", "<rss/>", "\n\n \n"):
        result = read(text.encode(), "folder/a.txt")
        assert result.payloads == [text.encode()]
        assert (result.records[0].form, result.records[0].field_map, result.file.form) == ("text", "", "text")


def test_a_text_over_the_limit_is_cut_off_and_counted():
    result = read(gzip.compress(b"x" * 5_000_000), "a.txt.gz", max_record_bytes=100_000)
    letter = result.refused[0]
    assert (letter.reason, letter.payload_bytes, len(letter.payload)) == (
        "record_too_large",
        5_000_000,
        64 << 10,
    )


def test_a_cut_text_is_no_record():
    packed = gzip.compress(ARTICLE.encode())
    result = read(packed[:-3], "a.txt.gz")
    assert (result.records, result.reasons) == ([], ["truncated_file"])
    assert result.refused[0].payload == ARTICLE.encode()


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.avro", "a.xml", "a", "a.csv", "a.json"])
@pytest.mark.parametrize("pack", [None, *PACKERS])
def test_empty_files_are_noted_or_refused_by_config(name, pack):
    data = b"" if pack is None else PACKERS[pack](b"")
    result = read(data, name)
    assert (result.records, result.refused, result.file.form) == ([], [], "empty")
    assert read(data, name, empty_files="refuse").reasons == ["empty_file"]


@pytest.mark.parametrize(
    ("data", "form", "count"),
    [
        (b'{"a": 1}\n{"a": 2}\n', "json_lines", 2),
        (b'\n{"a": 1}\n{"a": 2}\n', "json_lines", 2),
        (b' [\n{"a": 1}, {"a": 2}]', "json", 2),
        (b"[]", "json", 0),
        (b'{\n"a": 1\n}\n{"a": 2}', "json", 2),
        (b'<?xml version="1.0"?><rss><channel><item/></channel></rss>', "feed", 1),
        (b"<rss><channel><item/><item/></channel></rss>", "feed", 2),
        (ARTICLE.encode(), "text", 1),
        ("[تحديث] نص".encode(), "text", 1),
        ("{ نص }".encode(), "text", 1),
    ],
)
@pytest.mark.parametrize("name", ["a", "a.data", "http://x/feed?x=1.2"])
def test_files_without_a_known_extension_are_known_by_content(data, form, count, name):
    result = read(data, name)
    assert (result.file.form, len(result.records), result.reasons) == (form, count, [])


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'[{"a": 1}]', "json"),
        (b'{"a": 1}\n{"a": 2}', "json_lines"),
        (b'{"a":\n1}', "json"),
        (b" \n ", "json"),
    ],
)
def test_json_files_may_hold_an_array_values_or_lines(data, form):
    result = read(data, "a.json")
    assert (result.file.form, result.reasons) == (form, [])


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"\x00\x01\x02" * 50]
)
def test_other_files_are_an_unknown_form(data):
    result = read(data, "a.bin")
    assert (result.records, result.reasons, result.file.form) == ([], ["unknown_form"], "unknown")
    assert result.refused[0].payload == data[:4096]


def test_a_zip_is_called_by_its_name():
    assert "zip" in read(b"PK\x03\x04" + bytes(40), "a.zip").refused[0].detail


def test_lines_of_no_known_encoding_are_refused_one_by_one():
    bad = bytes(range(0xF3, 0x100)) * 4
    data = b'{"a": 1}\n{"b": "' + bad + b'"}\n{"c": 3}\n'
    result = read(data, "a.jsonl")
    assert result.payloads == [b'{"a": 1}', b'{"c": 3}']
    assert [(d.reason, d.payload) for d in result.refused] == [("undecodable", b'{"b": "' + bad + b'"}')]
    assert result.file.encoding == ""


def test_the_field_map_of_the_config_goes_with_the_records():
    assert read(b'{"a": 1}\n', "a.jsonl", field_map="mine").records[0].field_map == "mine"
    assert read(b"abc", "a.txt", field_map="mine").records[0].field_map == ""


def test_twenty_thousand_lines_with_two_hundred_bad_ones_are_all_delivered():
    rows = lines(20_000).splitlines()
    for at in range(0, 20_000, 100):
        rows[at] = rows[at][:-2] + b"\xff}"
    result = read(gzip.compress(b"\n".join(rows)), "a.jsonl.gz")
    assert result.payloads == rows


def test_extensions():
    cases = {"gs://b.c/d.JSON": "json", "gs://b.c/d": "", "a.b.txt": "txt", ".hidden": "hidden"}
    assert {uri: extension(uri) for uri in cases} == cases


def test_two_reads_of_one_file_are_equal():
    data = b'{"a": 1}\n' + SENTENCES[0].encode()
    assert read(data) == read(data)
