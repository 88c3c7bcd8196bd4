import gzip
import io
import lzma
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from reading_samples import NAMES, PACKERS, lines, read

from transforms.core.compression import Source, strip_suffix

LINES = lines(400)
PACKED = {kind: pack(LINES) for kind, pack in PACKERS.items()}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.bz2"])
def test_compression_is_known_by_content_whatever_the_name(kind, name):
    result = read(PACKED[kind], name)
    assert result.payloads == LINES.splitlines()
    assert result.file.compression == NAMES[kind]
    assert result.file.read_bytes == len(LINES)
    assert result.file.size_bytes == len(PACKED[kind])


def test_a_plain_file_named_gz_is_read_as_it_is():
    result = read(LINES, "a.jsonl.gz")
    assert (len(result.records), result.file.compression) == (400, "none")


def test_a_gzip_named_txt_is_one_text():
    result = read(gzip.compress("نص قصير في ملف".encode()), "a.txt")
    assert result.payloads == ["نص قصير في ملف".encode()]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("step", range(20))
def test_every_cut_is_found_and_complete_lines_are_kept(kind, step):
    packed = PACKED[kind]
    cut = packed[: 1 + (len(packed) - 2) * step // 19]
    result = read(cut, f"a.jsonl.{kind}")
    assert result.reasons == ["truncated_file"]
    whole = LINES.splitlines()
    assert result.payloads == whole[: len(result.records)]
    letter = result.refused[0]
    assert letter.origin.offset == sum(len(line) + 1 for line in result.payloads)
    assert LINES[letter.origin.offset :].startswith(letter.payload)


def test_a_truncated_gzip_keeps_its_complete_lines_and_says_where_it_ends():
    result = read(PACKED["gz"][:-1], "a.jsonl.gz")
    assert len(result.records) == 400
    assert result.refused[0].origin.offset == len(LINES)
    assert str(len(PACKED["gz"]) - 1) in result.refused[0].detail


@pytest.mark.parametrize("kind", PACKERS)
def test_several_members_are_one_file(kind):
    pack = PACKERS[kind]
    packed = b"".join(pack(line + b"\n") for line in LINES.splitlines())
    assert read(packed, "a.jsonl").payloads == LINES.splitlines()


@pytest.mark.parametrize("kind", PACKERS)
def test_a_cut_second_member_is_truncated(kind):
    pack = PACKERS[kind]
    packed = pack(LINES) + pack(LINES)[:2]
    result = read(packed, f"a.jsonl.{kind}")
    assert (len(result.records), result.reasons) == (400, ["truncated_file"])


def test_zeros_after_gzip_members_are_padding():
    packed = PACKED["gz"] + bytes(1000) + PACKED["gz"] + bytes(200_000)
    assert len(read(packed).records) == 800
    assert len(read(PACKED["xz"] + bytes(8)).records) == 400


@pytest.mark.parametrize("kind", PACKERS)
def test_other_trailing_bytes_are_damage(kind):
    result = read(PACKED[kind] + b"and then some more text", f"a.jsonl.{kind}")
    assert (len(result.records), result.reasons) == (400, ["corrupt_file"])


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_flipped_bits_are_found(kind):
    packed = PACKED[kind]
    for place in range(12, len(packed) - 12, max(1, len(packed) // 40)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x10
        result = read(bytes(damaged), f"a.jsonl.{kind}")
        assert set(result.reasons) & {"corrupt_file", "truncated_file", "decompression_bomb"}, place


def test_zstd_with_a_skippable_frame_first_is_read():
    frame = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    result = read(frame + PACKED["zst"] + frame, "a.jsonl")
    assert (len(result.records), result.file.compression, result.reasons) == (400, "zstd", [])


def test_xz_that_needs_much_memory_is_refused():
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20, "preset": 0}]
    # The header alone decides; compressing with such a dictionary would take the memory here.
    head = bytearray(lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]))
    assert head[16] < 40, filters
    head[16] = 36  # 1 GiB
    head[20:24] = zlib.crc32(bytes(head[12:20])).to_bytes(4, "little")
    result = read(bytes(head), "a.jsonl.xz")
    assert result.reasons == ["corrupt_file"]


@pytest.mark.parametrize("kind", PACKERS)
def test_a_bomb_is_stopped_at_the_floor(kind):
    packed = PACKERS[kind](bytes(66 << 20))
    began = time.process_time()
    result = read(packed, f"a.jsonl.{kind}")
    assert result.reasons == ["decompression_bomb"]
    assert result.file.read_bytes <= (66 << 20)
    assert time.process_time() - began < 5


def test_lines_before_a_bomb_are_kept():
    packed = gzip.compress(LINES + bytes(66 << 20))
    result = read(packed)
    assert (len(result.records), result.reasons) == (400, ["decompression_bomb"])


BIG_LINE = """
import io, resource, sys, zlib
from transforms.core.reading import ReadRules, read_records
packer = zlib.compressobj(6, wbits=31)
block = bytes(1 << 20)
packed = packer.compress(b'{"a": 1}' + b"\\n")
packed += b"".join(packer.compress(block) for _ in range(1 << 10))
packed += packer.compress(b"\\n" + b'{"a": 2}' + b"\\n") + packer.flush()
before = resource.getrusage(resource.RUSAGE_SELF)
out = list(read_records(io.BytesIO(packed), "a.jsonl.gz", len(packed), ReadRules(max_expansion=2000)))
after = resource.getrusage(resource.RUSAGE_SELF)
print([getattr(one, "reason", "ok") for one in out], out[1].payload_bytes, len(out[1].payload))
print(after.ru_utime - before.ru_utime, after.ru_maxrss - before.ru_maxrss)
"""


def test_a_line_of_a_gigabyte_is_cut_off_in_little_time_and_memory():
    run = subprocess.run(
        [sys.executable, "-c", BIG_LINE], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    found, figures = run.stdout.splitlines()
    assert found == f"['ok', 'record_too_large', 'ok', 'ok'] {1 << 30} {64 << 10}"
    seconds, kilobytes = map(float, figures.split())
    assert seconds < 10
    assert kilobytes < 100_000


def test_many_tiny_members_take_linear_time():
    packed = gzip.compress(b"", mtime=0) * 50_000 + PACKED["gz"]
    began = time.process_time()
    assert len(read(packed).records) == 400
    assert time.process_time() - began < 5


class _Stuttering(io.RawIOBase):
    def __init__(self, data, fail_after=None):
        self._data, self._fail_after = io.BytesIO(data), fail_after

    def read(self, size=-1):
        if self._fail_after is not None and self._data.tell() >= self._fail_after:
            raise OSError("the connection was reset")
        return self._data.read(min(size, 7))


def test_a_stream_that_gives_little_at_a_time_is_read_whole():
    assert len(read(PACKED["gz"], stream=_Stuttering(PACKED["gz"])).records) == 400


def test_a_stream_that_fails_keeps_what_was_read():
    result = read(LINES, stream=_Stuttering(LINES, fail_after=len(LINES) // 2))
    assert result.reasons == ["unreadable_file"]
    assert 150 < len(result.records) < 250
    assert "connection was reset" in result.refused[0].detail


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_file_of_another_size_than_listed_has_changed(shift):
    result = read(LINES, size=len(LINES) + shift)
    assert (len(result.records), result.reasons) == (400, ["file_changed"])
    assert result.file.size_bytes == len(LINES) + shift


def test_an_unknown_size_is_not_compared():
    result = read(LINES, size=-1)
    assert (result.reasons, result.file.size_bytes) == ([], len(LINES))


def test_the_last_line_of_a_growing_file_is_not_taken_for_a_record():
    result = read(LINES[:-5], size=len(LINES))
    assert (len(result.records), result.reasons) == (399, ["file_changed"])
    assert result.refused[0].payload == LINES.splitlines()[-1][:-4]


def test_names_lose_one_suffix():
    assert strip_suffix("gs://b/A.JSONL.GZ") == ("gs://b/a.jsonl", ".gz")
    assert strip_suffix("a.txt") == ("a.txt", "")


def test_peek_does_not_consume():
    source = Source(io.BytesIO(PACKED["gz"]), "", -1, 200)
    assert source.peek(10)[:10] == LINES[:10]
    source.skip(3)
    assert b"".join(source.chunks()) == LINES[3:]
