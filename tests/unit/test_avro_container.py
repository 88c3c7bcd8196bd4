import base64
import bz2
import decimal
import io
import json
import lzma
import subprocess
import sys
import time
import uuid
import zlib
from datetime import UTC, datetime
from pathlib import Path

import cramjam
import fastavro
import pytest
from backports import zstd
from reading_samples import SENTENCES, read

ROOT = Path(__file__).parents[2]
ROW = {
    "type": "record",
    "name": "Row",
    "fields": [{"name": "n", "type": "int"}, {"name": "t", "type": "string"}],
}
ROWS = [{"n": i, "t": SENTENCES[i % 4]} for i in range(500)]
CODECS = ["null", "deflate", "bzip2", "xz", "zstandard", "snappy"]
SYNC = b"0123456789abcdef"


def container(schema=ROW, rows=ROWS, codec="null", interval=4000):
    out = io.BytesIO()
    fastavro.writer(out, schema, rows, codec=codec, sync_interval=interval, sync_marker=SYNC)
    return out.getvalue()


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def text(data):
    return varint(len(data)) + data


def raw(schema, *blocks, codec=b"null"):
    """Return a container by hand; `blocks` are (rows, data)."""
    schema = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    head = (
        b"Obj\x01"
        + varint(2)
        + text(b"avro.schema")
        + text(schema)
        + text(b"avro.codec")
        + text(codec)
        + varint(0)
    )
    return head + SYNC + b"".join(varint(n) + text(data) + SYNC for n, data in blocks)


def record(*types):
    return {
        "type": "record",
        "name": "R",
        "fields": [{"name": f"f{i}", "type": t} for i, t in enumerate(types)],
    }


def objects(result):
    return [json.loads(one.payload) for one in result.records]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["a.avro", "a.bin", "a.txt"])
def test_rows_of_every_codec_become_objects(codec, name):
    result = read(container(codec=codec), name)
    assert objects(result) == ROWS
    assert [r.origin.offset for r in result.records] == list(range(500))
    assert (result.file.form, result.file.encoding, result.reasons) == ("avro", "", [])


def segfault_file():
    """The 463 bytes of quality.md 1.2: a recursive schema, and a value nested 300,000 deep, deflated."""
    schema = {"type": "record", "name": "R", "fields": [{"name": "r", "type": ["null", "R"]}]}
    packer = zlib.compressobj(9, wbits=-15)
    data = packer.compress(b"\x02" * 300_000 + b"\x00") + packer.flush()
    return raw(schema, (1, data), codec=b"deflate")


def test_the_file_that_kills_other_readers_is_refused_at_once():
    data = segfault_file()
    assert len(data) < 600
    began = time.process_time()
    result = read(data, "a.avro")
    assert time.process_time() - began < 0.2
    assert (result.records, result.reasons) == ([], ["unsafe_avro"])
    assert "contains itself" in result.refused[0].detail


FIXED = {"type": "fixed", "name": "F", "size": 0}
EMPTY = {"type": "record", "name": "E", "fields": []}


def _nested(depth):
    schema = "int"
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def _doubling(count):
    types = [
        {
            "type": "record",
            "name": "N0",
            "fields": [{"name": "a", "type": "null"}, {"name": "b", "type": "null"}],
        }
    ]
    types += [
        {"type": "record", "name": f"N{i}", "fields": [{"name": c, "type": f"N{i - 1}"} for c in "ab"]}
        for i in range(1, count)
    ]
    return record("int", *types)


@pytest.mark.parametrize(
    "schema",
    [
        record({"type": "array", "items": "R"}),
        record({"type": "map", "values": ["null", {"type": "array", "items": "R"}]}),
        record("int", {"type": "array", "items": "null"}),
        record("int", {"type": "map", "values": "null"}),
        record("int", {"type": "array", "items": EMPTY}),
        record("int", {"type": "array", "items": FIXED}),
        record("int", {"type": "array", "items": record("null", "null") | {"name": "Q"}}),
        record(),
        record("null"),
        record(FIXED, EMPTY),
        record("int", *["null"] * 200),
        record(_nested(40)),
        _doubling(25),
        {"type": "array", "items": "int"},
        "string",
        ["null", ROW],
        b'{"type": "record", "name": "R", "__fastavro_parsed__": true, "fields": [{"name": "r", "type": ["null", "R"]}]}',
        b'{"type":' * 300 + b'"int"' + b"}" * 300,
    ],
)
def test_schemas_that_could_harm_are_refused_before_a_row_is_decoded(schema):
    began = time.process_time()
    result = read(raw(schema, (1 << 40, b"\x00")), "a.avro")
    assert time.process_time() - began < 0.2
    assert result.reasons == ["unsafe_avro"]


@pytest.mark.parametrize(
    "schema", [b"", b"nonsense", b"\xff", b'{"type": "record"}', record("Missing"), record(None)]
)
def test_what_is_no_schema_is_damage(schema):
    assert read(raw(schema, (1, b"\x00")), "a.avro").reasons == ["corrupt_file"]


def test_an_unknown_codec_is_refused_by_name():
    result = read(raw(ROW, (1, b""), codec=b"lzo"), "a.avro")
    assert result.reasons == ["unsafe_avro"]
    assert "'lzo'" in result.refused[0].detail


@pytest.mark.parametrize(
    "block", [varint(1 << 40) + text(b"\x02\x00"), varint(-1) + text(b""), varint(1) + varint(1 << 40)]
)
def test_absurd_counts_and_sizes_are_refused(block):
    result = read(raw(ROW) + block + SYNC, "a.avro")
    assert result.reasons == ["unsafe_avro"]


def test_a_huge_header_is_refused():
    data = b"Obj\x01" + varint(1) + text(b"avro.schema") + varint(1 << 30) + bytes(100)
    assert read(data, "a.avro").reasons == ["unsafe_avro"]
    assert read(b"Obj\x01" + b"\xff" * 50, "a.avro").reasons == ["corrupt_file"]


BOMBS = {
    "deflate": lambda data: zlib.compress(data, 9, wbits=-15),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstd.compress,
    "snappy": lambda data: bytes(cramjam.snappy.compress_raw(data)) + zlib.crc32(data).to_bytes(4, "big"),
}


@pytest.mark.parametrize("codec", BOMBS)
def test_a_block_that_explodes_is_stopped(codec):
    block = BOMBS[codec](bytes(66 << 20))
    assert read(raw(ROW, (1, block), codec=codec.encode()), "a.avro").reasons == ["decompression_bomb"]


BOMB_RUN = """
import io, resource, sys
sys.path.insert(0, "tests/unit"); sys.path.insert(0, "tests")
import test_avro_container as t, zlib
packer = zlib.compressobj(9, wbits=-15)
block = b"".join(packer.compress(bytes(1 << 20)) for _ in range(950)) + packer.flush()
data = t.raw(t.ROW, (1, block), codec=b"deflate")
before = resource.getrusage(resource.RUSAGE_SELF)
result = t.read(data, "a.avro")
after = resource.getrusage(resource.RUSAGE_SELF)
print(result.reasons, after.ru_maxrss - before.ru_maxrss)
"""


def test_a_bomb_takes_bounded_memory():
    run = subprocess.run(
        [sys.executable, "-c", BOMB_RUN], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    reasons, _, kilobytes = run.stdout.rpartition(" ")
    assert reasons == "['decompression_bomb']"
    assert int(kilobytes) < 150_000


def test_many_blocks_together_are_a_bomb_too():
    block = zlib.compress(bytes(40 << 20), 9, wbits=-15)
    result = read(raw(ROW, (0, block), (0, block), codec=b"deflate"), "a.avro")
    assert "decompression_bomb" in result.reasons


def test_a_wrong_sync_marker_is_damage_and_its_block_is_not_trusted():
    data = bytearray(container())
    place = data.rindex(SYNC)
    data[place] ^= 1
    result = read(bytes(data), "a.avro")
    assert result.reasons == ["corrupt_file"]
    assert objects(result) == ROWS[: len(result.records)]
    assert 0 < len(result.records) < 500


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "zstandard", "snappy"])
def test_a_damaged_block_is_found(codec):
    whole = bytearray(container(codec=codec))
    place = whole.index(SYNC) + len(SYNC) + 12
    whole[place : place + 8] = bytes(byte ^ 0xFF for byte in whole[place : place + 8])
    result = read(bytes(whole), "a.avro")
    assert set(result.reasons) <= {"corrupt_file", "bad_avro", "unsafe_avro"}
    assert result.reasons


@pytest.mark.parametrize("codec", ["null", "zstandard"])
def test_every_cut_of_a_container_is_found(codec):
    data = container(codec=codec)
    ends = {at + len(SYNC) for at in range(len(data)) if data.startswith(SYNC, at)}
    for step in range(1, 100):
        cut = len(data) * step // 100
        if cut in ends:
            continue
        result = read(data[:cut], "a.avro")
        assert result.reasons == ["truncated_file"], cut
        assert objects(result) == ROWS[: len(result.records)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_cut_magic_is_truncated_and_another_magic_is_unknown(size):
    assert read(b"Obj\x01"[:size], "a.avro").reasons == ["truncated_file"]
    assert read(b"PAR1"[:size], "a.avro").reasons == ["unknown_form"]


def test_a_row_that_does_not_decode_costs_the_rest_of_its_block():
    good = varint(1) + text(b"x")
    result = read(raw(ROW, (3, good + varint(2) + text(b"\xff\xff") + good), (1, good)), "a.avro")
    assert objects(result) == [{"n": 1, "t": "x"}] * 2
    assert [(d.reason, d.origin.offset) for d in result.refused] == [("bad_avro", 1)]
    assert "2 rows" in result.refused[0].detail


def test_bytes_left_over_in_a_block_are_noted():
    assert read(raw(ROW, (1, varint(1) + text(b"x") + b"more")), "a.avro").reasons == ["bad_avro"]


def test_a_row_over_the_limit_is_refused():
    rows = [{"n": 1, "t": "x" * 5000}, {"n": 2, "t": "y"}]
    result = read(container(rows=rows), "a.avro", max_record_bytes=1024)
    assert (result.reasons, objects(result)) == (["record_too_large"], [{"n": 2, "t": "y"}])


def test_a_row_far_over_the_limit_costs_the_rest_of_its_block():
    rows = [{"n": 1, "t": "x" * 2_000_000}, {"n": 2, "t": "y"}]
    result = read(container(rows=rows, interval=1 << 24), "a.avro", max_record_bytes=100_000)
    assert (result.records, result.reasons) == ([], ["bad_avro"])


def test_a_row_of_countless_items_takes_no_memory():
    item = record("int") | {"name": "Q"}
    hostile = varint(5_000_000) + b"\x02" * 5_000_000 + b"\x00"
    result = read(raw(record({"type": "array", "items": item}), (1, hostile)), "a.avro")
    assert result.reasons == ["bad_avro"]
    assert "items" in result.refused[0].detail
    fine = varint(60_000) + b"\x7e" * 60_000 + b"\x00"
    assert (
        len(objects(read(raw(record({"type": "array", "items": item}), (1, fine)), "a.avro"))[0]["f0"])
        == 60_000
    )


def test_large_rows_of_every_type_are_walked_right():
    schema = record(
        "string",
        "null",
        "boolean",
        "float",
        "double",
        ["null", "string", {"type": "enum", "name": "C", "symbols": ["A", "B"]}],
        {"type": "map", "values": {"type": "array", "items": "bytes"}},
        {"type": "fixed", "name": "X", "size": 3},
        {"type": "record", "name": "P", "fields": [{"name": "p", "type": ["null", "C", "X"]}]},
        {"type": "array", "items": ["P", {"type": "long", "logicalType": "timestamp-micros"}]},
    )
    inner = {"p": b"abc"}
    values = [
        "x" * 700_000,
        None,
        True,
        1.5,
        -2.5,
        "B",
        {"k": [b"1", b"22"], "": []},
        b"xyz",
        inner,
        [inner, 5, {"p": None}],
    ]
    row = {f"f{i}": value for i, value in enumerate(values)}
    small = row | {"f0": "y"}
    rows = [small, row, row, small, row]
    found = objects(read(container(schema, rows, interval=1 << 24), "a.avro"))
    assert [one["f0"] for one in found] == [one["f0"] for one in rows]
    assert found[1] | {"f0": "y"} == found[0]


def test_rows_cross_the_windows_of_a_large_block():
    rows = [{"n": i, "t": "x" * (i % 900)} for i in range(2000)]
    assert objects(read(container(rows=rows, interval=1 << 24), "a.avro", max_record_bytes=1024)) == rows


def test_values_that_json_lacks_become_text():
    schema = record(
        "bytes",
        "bytes",
        {"type": "long", "logicalType": "timestamp-micros"},
        {"type": "int", "logicalType": "date"},
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        "double",
        {"type": "map", "values": ["null", "bytes", "long"]},
        {"type": "string", "logicalType": "uuid"},
        {"type": "enum", "name": "C", "symbols": ["A"]},
        {"type": "array", "items": "bytes"},
    )
    moment = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    key = uuid.UUID(int=7)
    values = ["نص".encode(), b"\xff", moment, moment.date(), decimal.Decimal("1.50"), float("inf")]
    values += [{"a": None, "b": b"\xfe", "c": 5}, key, "A", [b"ok"]]
    row = {f"f{i}": value for i, value in enumerate(values)}
    assert objects(read(container(schema, [row]), "a.avro")) == [
        {
            "f0": "نص",
            "f1_base64": base64.b64encode(b"\xff").decode(),
            "f2": "2020-01-02T03:04:05+00:00",
            "f3": "2020-01-02",
            "f4": "1.50",
            "f5": "inf",
            "f6": {"a": None, "b_base64": "/g==", "c": 5},
            "f7": str(key),
            "f8": "A",
            "f9": ["ok"],
        }
    ]


MICROS = ["null", {"type": "long", "logicalType": "timestamp-micros"}]


@pytest.mark.parametrize("logical", [True, False])
def test_articles_that_warraq_wrote_are_input_again(logical):
    time_type = MICROS if logical else ["null", "long"]
    span = {
        "type": "record",
        "name": "Span",
        "fields": [{"name": "start", "type": "int"}, {"name": "end", "type": "int"}],
    }
    fields = {
        "source": "string",
        "url": "string",
        "text": "string",
        "title_span": span,
        "title": "string",
        "body_start": "int",
        "author": "string",
        "published_us": time_type,
        "crawled_us": time_type,
    }
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    schema = {"type": "record", "name": "Article", "namespace": "org.warraq", "fields": listed}
    text_, title = f"خبر اليوم\n\n{SENTENCES[0]}", "خبر اليوم"
    row = {
        "source": "s",
        "url": "u",
        "text": text_,
        "title": title,
        "body_start": len(title) + 2,
        "author": "",
    }
    row["crawled_us"] = None
    row |= {"title_span": {"start": 0, "end": len(title)}, "published_us": 1_577_934_245_000_000}
    result = read(container(schema, [row]), "a.avro")
    assert result.records[0].field_map == "warraq"
    assert objects(result) == [
        {
            "source": "s",
            "url": "u",
            "published": "2020-01-02T03:04:05+00:00",
            "crawled": None,
            "title": title,
            "author": "",
            "body": SENTENCES[0],
        }
    ]


def test_a_changed_source_names_its_own_fault():
    data = container()
    assert read(data, "a.avro", size=len(data) + 1).reasons == ["file_changed"]
    assert read(data[:-20], "a.avro", size=len(data)).reasons == ["file_changed"]
