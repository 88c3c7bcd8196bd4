import json
import time

import pytest
from reading_samples import SENTENCES, read

from transforms.core.csv_rows import sniff_delimiter


def rows(result):
    return [json.loads(record.payload) for record in result.records]


def test_rows_become_objects_by_the_header():
    data = f'title,body\nخبر,"{SENTENCES[0]}, ""كما"" قيل\nوسطر ثان"\r\nثان,نص\n'.encode()
    result = read(data, "a.csv")
    assert rows(result) == [
        {"title": "خبر", "body": f'{SENTENCES[0]}, "كما" قيل\nوسطر ثان'},
        {"title": "ثان", "body": "نص"},
    ]
    assert [record.origin.offset for record in result.records] == [0, 1]
    assert {(record.form, record.encoding) for record in result.records} == {("json", "utf-8")}
    assert result.file.form == "csv"


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.csv", ",")]
)
def test_the_delimiter_is_found(name, delimiter):
    result = read(f'a{delimiter}"b,b,b;;"\n1{delimiter}2\n'.encode(), name)
    assert rows(result) == [{"a": "1", "b,b,b;;": "2"}]


def test_one_column_needs_no_delimiter():
    assert sniff_delimiter("body") == ","
    assert rows(read(b"body\nx\n", "a.csv")) == [{"body": "x"}]


def test_a_row_of_another_width_is_refused_alone():
    result = read(b"a,b\n1,2\n3\n4,5,6\n7,8", "a.csv")
    assert rows(result) == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    assert [(d.reason, d.payload, d.origin.offset) for d in result.refused] == [
        ("bad_csv", b"3", 1),
        ("bad_csv", b"4,5,6", 2),
    ]


def test_bad_quotes_are_refused_alone():
    result = read(b'a,b\n"x"y,2\n3,4\n"open,5\n6,7\n8,9\n', "a.csv")
    assert rows(result) == [{"a": "3", "b": "4"}, {"a": "6", "b": "7"}, {"a": "8", "b": "9"}]
    assert [(d.reason, d.payload) for d in result.refused] == [
        ("bad_csv", b'"x"y,2'),
        ("bad_csv", b'"open,5'),
    ]


def test_a_lone_carriage_return_does_not_split():
    result = read(b"a,b\n1,2\r3,4\n5,6\n", "a.csv")
    assert rows(result) == [{"a": "5", "b": "6"}]
    assert result.reasons == ["bad_csv"]


def test_a_line_that_does_not_decode_is_refused_raw():
    good = f"{SENTENCES[0]},1\n".encode() * 20
    result = read(b"a,b\n" + good + b"\xff\xfe,2\n" + good, "a.csv")
    assert len(result.records) == 40
    assert [(d.reason, d.payload, d.origin.offset) for d in result.refused] == [
        ("undecodable", b"\xff\xfe,2", 20)
    ]


@pytest.mark.parametrize("header", [b"a,a", b"a,", b"a, ,b", b'"a', b'"a"b,c'])
def test_a_header_that_names_no_columns_refuses_the_file_once(header):
    result = read(header + b"\n1,2\n3,4\n", "a.csv")
    assert (result.records, result.reasons) == ([], ["bad_csv"])


def test_blank_lines_are_counted_and_skipped():
    result = read(b"\na,b\n\n1,2\n  \n3,4\n\n", "a.csv")
    assert (len(result.records), result.file.blank_lines, result.reasons) == (2, 4, [])


def test_long_fields_are_no_fault():
    result = read(b"a,b\n1," + b"x" * 1_000_000 + b"\n", "a.csv")
    assert len(rows(result)[0]["b"]) == 1_000_000


@pytest.mark.parametrize("row", [b"1," + b"x" * 5000, b'1,"' + b"x\n" * 2500 + b'"'])
def test_a_row_over_the_limit_is_refused_and_the_next_is_read(row):
    result = read(b"a,b\n" + row + b"\n3,4\n", "a.csv", max_record_bytes=1024)
    assert result.reasons[0] == "record_too_large"
    assert rows(result)[-1] == {"a": "3", "b": "4"}


def test_a_header_alone_has_no_rows():
    assert read(b"a,b\n", "a.csv").file.records == 0


def test_an_unfinished_row_of_a_cut_file_is_the_payload_of_the_cut():
    result = read(b'a,b\n1,2\n3,"x\ny', "a.csv", size=100)
    assert rows(result) == [{"a": "1", "b": "2"}]
    assert [(d.reason, d.payload) for d in result.refused] == [("file_changed", b'3,"x\ny')]


def test_endless_quotes_take_linear_time():
    began = time.process_time()
    read(b"a,b\n" + b'"x,1\n' * 20_000, "a.csv")
    read(b"a,b\n" + b'"x\n' * 60_000, "a.csv")
    assert time.process_time() - began < 10


def test_a_field_map_of_the_config_is_handed_on():
    assert read(b"a,b\n1,2\n", "a.csv", field_map="mine").records[0].field_map == "mine"


def test_a_stray_quote_costs_its_own_row_and_no_other():
    rows = [f"{number},نص {number}" for number in range(500)]
    rows[9] = '9,"نص لم يغلق'
    data = ("id,body\n" + "\n".join(rows) + "\n").encode()
    result = read(data, "a.csv")
    assert len(result.records) == 499
    assert result.reasons == ["bad_csv"]
