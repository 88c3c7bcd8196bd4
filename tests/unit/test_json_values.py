import io
import json
import time

import pytest
from reading_samples import SENTENCES, read

from transforms.core.compression import Source
from transforms.core.json_values import MAX_DEPTH, read_values
from transforms.core.pieces import Piece

ELEMENTS = [
    b'{"a": 1}',
    b'{"a": "]}[{\\"", "b": [1, {"c": null}]}',
    b'{"title": "' + SENTENCES[0].encode() + b'\\\\"}',
    b"[1, 2]",
    b'"text, with ] and \\" inside"',
    b"-1.5e3",
    b"null",
    b"{}",
]


def test_an_array_is_split_into_its_raw_elements():
    data = b" [\n" + b",\n".join(ELEMENTS) + b"\n]\n"
    result = read(data, "a.json")
    assert result.payloads == ELEMENTS
    assert [data[r.origin.offset :][: len(r.payload)] for r in result.records] == ELEMENTS
    assert (result.file.form, result.reasons) == ("json", [])


def test_values_in_a_row_are_split_too():
    data = b'{\n"a": 1}' + b"\n".join(ELEMENTS)
    assert read(data, "a.json").payloads == [b'{\n"a": 1}', *ELEMENTS]


class _Drops:
    """A source whose chunks have one size, so that every boundary falls somewhere."""

    def __init__(self, data, size):
        self.start, self.fault = 0, None
        self._data, self._size = data, size

    def chunks(self):
        for at in range(0, len(self._data), self._size):
            yield self._data[at : at + self._size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16])
def test_chunk_boundaries_change_nothing(size):
    data = b"[" + b", ".join(ELEMENTS) + b", nope, {}]"
    whole = list(read_values(_Drops(data, len(data)), "utf-8", "", 1000, array=True))
    assert list(read_values(_Drops(data, size), "utf-8", "", 1000, array=True)) == whole
    assert [one.payload for one in whole if isinstance(one, Piece)] == [*ELEMENTS, b"{}"]


def test_one_malformed_element_spoils_only_itself():
    result = read(b'[{"a": 1}, {"a": nope}, {"a": 3}]', "a.json")
    assert result.payloads == [b'{"a": 1}', b'{"a": nope}', b'{"a": 3}']


def test_junk_between_elements_is_refused_with_its_place():
    data = b'[{"a": 1}, nope nope, {"a": 2}]\n trailing words'
    result = read(data, "a.json")
    assert result.payloads == [b'{"a": 1}', b'{"a": 2}']
    assert [(d.reason, d.payload, d.origin.offset) for d in result.refused] == [
        ("bad_json", b"nope nope", 11),
        ("bad_json", b"trailing words", data.index(b"trailing")),
    ]


def test_brackets_that_close_nothing_are_junk():
    result = read(b'[{"a": 1}}, {"a": 2}] ] }', "a.json")
    assert result.payloads == [b'{"a": 1}', b'{"a": 2}']
    assert result.reasons == ["bad_json"] * 3


@pytest.mark.parametrize("end", ['{"a": 1', '{"a": "x', '{"a": "x\\', '"x', "12", "tru"])
def test_an_element_that_does_not_close_is_truncated(end):
    result = read(b'[{"a": 0}, ' + end.encode(), "a.json")
    assert result.payloads == [b'{"a": 0}']
    assert [(d.reason, d.payload, d.origin.offset) for d in result.refused] == [
        ("truncated_file", end.encode(), 11)
    ]


def test_an_array_that_does_not_close_is_truncated():
    result = read(b'[{"a": 0},', "a.json")
    assert (result.payloads, result.reasons) == ([b'{"a": 0}'], ["truncated_file"])


def test_nesting_has_a_limit():
    fine = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    deep = b"[" + fine + b"]"
    result = read(b"[" + fine + b"," + deep + b"," + b'{"a": 1}]', "a.json")
    assert result.payloads == [fine, b'{"a": 1}']
    assert [(d.reason, d.payload) for d in result.refused] == [("bad_json", deep)]


def test_an_element_over_the_limit_is_cut_off_and_the_next_is_read():
    big = b'{"a": "' + b"x" * 900_000 + b'"}'
    result = read(b"[" + big + b', {"a": 2}]', "a.json", max_record_bytes=100_000)
    assert result.payloads == [b'{"a": 2}']
    letter = result.refused[0]
    assert (letter.reason, letter.payload_bytes, letter.payload) == (
        "record_too_large",
        len(big),
        big[: 64 << 10],
    )


def test_bytes_that_do_not_decode_reach_only_their_element():
    rows = [f'{{"t": "{SENTENCES[0]}"}}'.encode("iso8859_6", "ignore"), b'{"t": "\xff"}', b'{"t": 2}']
    result = read(b"[" + b",".join(rows) + b"]", "a.json", encoding="iso-8859-6")
    decoded = []
    for record in result.records:
        try:
            decoded.append(json.loads(record.payload.decode(record.encoding)))
        except UnicodeDecodeError:
            decoded.append(None)
    assert decoded[1:] == [None, {"t": 2}]
    assert decoded[0] is not None


def test_offsets_count_bytes_of_the_file_in_utf_16():
    text = '[{"a": "نص 😀"}, {"b": 2}]'
    result = read(text.encode("utf-16-le"), "a.json", encoding="utf-16")
    assert [r.origin.offset for r in result.records] == [
        2,
        len(text[: text.index('{"b')].encode("utf-16-le")),
    ]


@pytest.mark.parametrize("unit", [b"[", b'{"a":', b'"\\', b"x ", b"]", b'"a",', b"\\", b'{"'])
def test_hostile_repetition_takes_linear_time(unit):
    data = b"[" + unit * (1_000_000 // len(unit))
    began = time.process_time()
    read(data, "a.json")
    assert time.process_time() - began < 5


def test_a_source_is_read_in_chunks():
    data = b"[" + b",".join(ELEMENTS * 9000) + b"]"
    source = Source(io.BytesIO(data), "", len(data), 200)
    found = list(read_values(source, "utf-8", "saudi", 1000, array=True))
    assert [one.payload for one in found] == ELEMENTS * 9000
    assert found[0].field_map == "saudi"
