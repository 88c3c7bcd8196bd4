import codecs

import pytest
from reading_samples import ARTICLE, SENTENCES, read

from transforms.core.encoding import decode, detect
from transforms.core.errors import ArticleError

CODECS = ["utf-8", "utf-16-le", "utf-16-be", "cp1256", "iso8859_6"]


def _encode(text, codec):
    return text.encode(codec, "ignore")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("text", [ARTICLE, *SENTENCES])
def test_every_encoding_is_found(codec, text):
    assert detect(_encode(text, codec), complete=True, rule="auto") == (codec, 0)


@pytest.mark.parametrize("codec", CODECS)
def test_every_encoding_is_found_among_keys_and_addresses(codec):
    row = f'{{"url": "http://example.org/news/2020/01/02/some-long-address/", "body": "{SENTENCES[0]}"}}\n'
    assert detect(_encode(row * 3, codec), complete=True, rule="auto").codec == codec


@pytest.mark.parametrize(
    ("bom", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
@pytest.mark.parametrize("rule", ["auto", "windows-1256"])
def test_a_byte_order_mark_outranks_everything_and_is_stripped(bom, codec, rule):
    data = bom + ARTICLE.encode(codec)
    assert detect(data, complete=True, rule=rule) == (codec, len(bom))
    result = read(data, "a.txt", encoding=rule)
    assert [decode(r.payload, r.encoding) for r in result.records] == [ARTICLE]


@pytest.mark.parametrize(
    ("rule", "codec"),
    [("utf-8", "utf-8"), ("windows-1256", "cp1256"), ("iso-8859-6", "iso8859_6"), ("utf-16", "utf-16-le")],
)
def test_the_config_decides_where_there_is_no_mark(rule, codec):
    assert detect(b"plain", complete=True, rule=rule).codec == codec


def test_utf_16_by_config_finds_its_byte_order():
    assert detect(ARTICLE.encode("utf-16-be"), complete=True, rule="utf-16").codec == "utf-16-be"


def test_plain_ascii_is_utf_8():
    assert detect(b"only ascii", complete=True, rule="auto").codec == "utf-8"
    assert detect(b"", complete=True, rule="auto").codec == "utf-8"


def test_a_character_cut_at_the_end_of_a_sample_is_no_fault():
    data = ARTICLE.encode()[:-1]
    cut = data + "ه".encode()[:1]
    assert detect(cut, complete=False, rule="auto").codec == "utf-8"


def test_a_few_bad_bytes_spoil_only_their_lines():
    good = [f"{{{SENTENCES[i % 4]}}}" for i in range(100)]
    data = b"\n".join(line.encode("cp1256" if i % 50 == 7 else "utf-8") for i, line in enumerate(good))
    result = read(data, "a.jsonl")
    assert {record.encoding for record in result.records} == {"utf-8"}
    bad = 0
    for record in result.records:
        try:
            decode(record.payload, record.encoding)
        except ArticleError:
            bad += 1
    assert (len(result.records), bad) == (100, 2)


@pytest.mark.parametrize(
    "data", ["Français, déjà l'été à Orléans".encode("latin-1"), bytes(range(128, 256)) * 3]
)
def test_what_is_no_arabic_text_is_unknown(data):
    assert detect(data, complete=True, rule="auto").codec == ""
    result = read(data, "a.txt")
    assert result.reasons == ["undecodable"]
    assert result.refused[0].payload == data


def test_zeros_are_no_utf_16():
    assert detect(bytes(1000), complete=True, rule="auto").codec == "utf-8"


def test_decoding_is_strict_and_says_where():
    with pytest.raises(ArticleError, match="byte 4 is not utf-8: ff fe") as caught:
        decode(b"abcd\xff\xfe", "utf-8")
    assert caught.value.reason == "undecodable"
    assert decode("نص".encode("cp1256"), "cp1256") == "نص"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "b.json", "a.csv", "a.txt", "plain"])
def test_every_form_is_read_in_every_encoding(codec, name):
    rows = [f'{{"title": "{sentence}"}}' for sentence in SENTENCES]
    text = {
        "a.jsonl": "\n".join(rows),
        "a.json": "[" + ",\n".join(rows) + "]",
        "b.json": "{\n" + rows[0][1:] + rows[1] + rows[2] + rows[3],
        "a.csv": "title\r\n" + "\r\n".join(f'"{sentence}"' for sentence in SENTENCES),
    }.get(name, ARTICLE)
    clean = _encode(text, codec).decode(codec)
    result = read(_encode(text, codec), name)
    assert result.reasons == []
    assert result.file.encoding == codec
    found = [decode(record.payload, record.encoding) for record in result.records]
    if name in {"a.txt", "plain"}:
        assert found == [clean]
    else:
        wanted = [_encode(sentence, codec).decode(codec) for sentence in SENTENCES]
        assert [one.replace("\n", "") for one in found] == [
            f'{{"title": "{sentence}"}}' for sentence in wanted
        ]
