import bz2
import contextlib
import gzip
import io
import lzma

from backports import zstd
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading_samples import ARTICLE, lines, read

from transforms.core.compression import Source
from transforms.core.encoding import decode, detect
from transforms.core.errors import ArticleError
from transforms.core.json_lines import split_lines
from transforms.core.markup import html_to_text

ENDINGS = [
    "",
    ".txt",
    ".json",
    ".jsonl",
    ".csv",
    ".tsv",
    ".xml",
    ".rss",
    ".avro",
    ".bin",
    ".json.gz",
    ".txt.bz2",
    ".xml.xz",
]
PACK = [bytes, gzip.compress, bz2.compress, lzma.compress, zstd.compress]
BITS = [
    *(bytes([byte]) for byte in b'[]{}",:\\\n\r\t <>&/;=!-\0\x06'),
    b'{"a": 1}',
    b"<rss><channel>",
    b"<item><title>",
    b"</title></item>",
    b"<feed>",
    b"<entry>",
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"<!DOCTYPE x>",
    b"<![CDATA[",
    b"Obj\x01",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    ARTICLE.encode()[:40],
    ARTICLE.encode("cp1256", "ignore")[:40],
    ARTICLE.encode("utf-16-le")[:41],
    b'\x04\x16avro.schema\x60{"type":"record","name":"r","fields":[]}',
]
SOUP = st.lists(st.one_of(st.sampled_from(BITS), st.binary(max_size=6)), max_size=40).map(b"".join)


@settings(max_examples=1000, deadline=None)
@given(
    SOUP,
    st.sampled_from(ENDINGS),
    st.sampled_from(PACK),
    st.integers(0, 30),
    st.sampled_from(["auto", "utf-16", "iso-8859-6"]),
)
@example(b"\xff\xfe\n", ".csv", bytes, 0, "auto")
def test_any_bytes_by_any_name_end_in_one_input_file(data, ending, pack, cut, encoding):
    packed = pack(data)
    packed = packed[: max(0, len(packed) - cut)]
    # `read` asserts the numbering, the count and the one InputFile at the end.
    read(packed, f"a{ending}", max_record_bytes=1024, encoding=encoding)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 20), st.integers(0, 7), st.sampled_from(PACK[1:]))
def test_a_flipped_bit_never_raises(place, bit, pack):
    packed = bytearray(pack(lines(30)))
    packed[place % len(packed)] ^= 1 << bit
    read(bytes(packed), "a.jsonl")


@settings(max_examples=300, deadline=None)
@given(SOUP)
def test_lines_joined_again_are_the_file(data):
    source = Source(io.BytesIO(data), "", len(data), 200)
    if source.compression == "none":
        found = list(split_lines(source, "utf-8", 1 << 20))
        assert b"\n".join(line.payload for line in found) == data
        assert [line.ended for line in found] == [True] * (len(found) - 1) + [False]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200),
    st.booleans(),
    st.sampled_from(["auto", "utf-8", "utf-16", "windows-1256", "iso-8859-6"]),
)
def test_detecting_and_decoding_raise_nothing_but_article_errors(data, complete, rule):
    found = detect(data, complete=complete, rule=rule)
    if found.codec:
        with contextlib.suppress(ArticleError):
            decode(data[found.bom_bytes :], found.codec)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["<", ">", "&", "<!--", "-->", "<p>", "<script>", "</", '"', "<![", "#", ";"]),
            st.text(max_size=5),
        )
    )
)
def test_any_markup_becomes_text(parts):
    text = html_to_text("".join(parts))
    assert text == text.strip()
    assert "\x1e" not in text
