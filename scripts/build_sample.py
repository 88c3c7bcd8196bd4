"""Build the bundled sample: `tests/sample/source/` (written by hand) -> `tests/sample/inputs/` and `expected.json`.

    python scripts/build_sample.py            write them
    python scripts/build_sample.py --check    fail if what lies there is not what would be written

`source/articles.jsonl` holds one record a line. Besides the fields of an article a line may have:
`file` (where under inputs/ it goes), `copy_of`, `near_of` or `repeat_of` (the body is made from that record by
`edits`, `drop` and `respell`), `template_of` (same formula, other names), `filtered` and `language`.
`source/wire/*.txt` are the texts of `WIRE`; the damaged records and files are made here.

Everything is asserted with a small folding that is independent of warraq's own: copies fold to equal bodies,
all other bodies differ.
"""

import argparse
import bz2
import csv
import datetime
import email.utils
import hashlib
import html
import io
import json
import lzma
import re
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import fastavro

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Record = dict[str, Any]

SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "sample"
FIELDS = ("source", "url", "published", "crawled", "title", "author", "body")
WIRE_SOURCE = "almashriq-wire"
WIRE_FOLDER = f"wire/source={WIRE_SOURCE}"
#: Text file -> the text in source/wire, its encoding, and what it repeats, copies or updates.
WIRE: dict[str, tuple[str, str, dict[str, str]]] = {
    "beirut-trial": ("beirut-trial", "windows-1256", {}),
    "club-final": ("club-final", "windows-1256", {}),
    "diyala-clash": ("diyala-clash", "utf-8", {}),
    "gulf-budget": ("gulf-budget", "utf-8", {}),
    "homs-return": ("homs-return", "utf-16-le with BOM", {}),
    "kassala-cholera": ("kassala-cholera", "iso-8859-6", {}),
    "luxor-tomb": ("luxor-tomb", "utf-8 with BOM", {}),
    "maghreb-drought": ("maghreb-drought", "utf-8", {}),
    "muscat-talks": ("muscat-talks", "utf-8", {}),
    "muscat-talks.utf16": ("muscat-talks", "utf-16-le with BOM", {"repeat_of": "muscat-talks"}),
    "quake-felt": ("quake-felt", "windows-1256", {"copy_of": "nahda-quake"}),
    "redsea-shipping": ("redsea-shipping", "utf-8", {}),
    "sfax-boat": ("sfax-boat", "utf-8", {}),
    "yemen-floods": ("yemen-floods", "utf-8", {}),
    "yemen-floods-update": ("yemen-floods-update", "utf-8", {"near_of": "yemen-floods"}),
}
#: Copies must be later by more than any time zone of the sources, so that the parent never depends on the config.
MARGIN = datetime.timedelta(hours=4)
#: Fewer words are never an exact duplicate.
MIN_TOKENS = 10
AVRO_SYNC = bytes(range(16))
AVRO_SCHEMA = {
    "type": "record",
    "name": "NewsItem",
    "namespace": "example.archive",
    "fields": [
        {"name": "source", "type": "string"},
        {"name": "url", "type": ["null", "string"]},
        {"name": "date_extracted", "type": "string"},
        {"name": "title", "type": "string"},
        {"name": "author", "type": ["null", "string"]},
        {"name": "content", "type": "string"},
    ],
}


# -- folding, for the assertions only ------------------------------------------------------------------------


def fold(body: str) -> list[str]:
    """Return the words of a body without marks, tatweel, punctuation, markup, hamza on alef, ى and ة."""
    text = html.unescape(re.sub(r"</?[a-z]+>", " ", body))
    text = unicodedata.normalize("NFKC", text).lower()
    text = "".join(
        letter for letter in text if letter != "ـ" and unicodedata.category(letter) not in ("Mn", "Cf")
    )
    text = text.translate(str.maketrans("أإآىة", "ااايه"))
    return re.findall(r"[^\W_]+", text)


def jaccard(left: list[str], right: list[str]) -> float:
    """Return the similarity of two word lists by their sets of three words in a row."""
    one, other = (set(zip(words, words[1:], words[2:], strict=False)) for words in (left, right))
    return len(one & other) / len(one | other)


# -- respelling ----------------------------------------------------------------------------------------------


def _requote(text: str, opening: str, closing: str) -> str:
    text = re.sub("[«“]", opening, text)
    text = re.sub("[»”]", closing, text)
    inside = False
    pieces = []
    for piece in re.split('(")', text):
        if piece == '"' and opening != '"':
            piece = closing if inside else opening
            inside = not inside
        pieces.append(piece)
    return "".join(pieces)


def _unvocalise(text: str) -> str:
    return "".join(letter for letter in text if letter != "ـ" and not "\u064b" <= letter <= "\u0652")


def _lengthen(text: str) -> str:
    """Put a tatweel after the first letter of every seventh word where the two letters join."""
    words = text.split(" ")
    for place in range(3, len(words), 7):
        words[place] = re.sub(r"^([بتجحسشعفقكمنهي])([ء-ي])", "\\1ـ\\2", words[place])
    return " ".join(words)


RESPELLINGS = {
    "bare": lambda text: re.sub("[أإآ]", "ا", text),
    "heh": lambda text: re.sub("ة(?![ء-ي])", "ه", text),
    "unvocalised": _unvocalise,
    "tatweel": _lengthen,
    "quotes": lambda text: _requote(text, '"', '"'),
    "guillemets": lambda text: _requote(text, "«", "»"),
    "curly": lambda text: _requote(text, "“", "”"),
    "nbsp": lambda text: text.replace("\n\n", "\n\u00a0\n"),
    "one_line_breaks": lambda text: text.replace("\n\n", "\n"),
    "html": lambda text: "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n")),
}


def derive(record: Record, parent: Record) -> Record:
    """Return a record whose body is made from its parent's."""
    if "repeat_of" in record:
        return {**parent, "key": record["key"], "file": record["file"], "repeat_of": parent["key"]}
    dropped = record.get("drop", [])
    paragraphs = [part for place, part in enumerate(parent["body"].split("\n\n")) if place not in dropped]
    assert len(paragraphs) + len(dropped) == len(parent["body"].split("\n\n")), record["key"]
    body = "\n\n".join(paragraphs)
    for old, new in record.get("edits", []):
        assert old in body, f"{record['key']}: {old!r} is not in the body of {parent['key']}"
        body = body.replace(old, new)
    for name in record.get("respell", []):
        body = RESPELLINGS[name](body)
    assert body != parent["body"] or record["title"] != parent["title"], record["key"]
    return {**record, "body": body}


def load(source: Path) -> dict[str, Record]:
    """Return all records that are no dead letters, by key, with their bodies."""
    records: dict[str, Record] = {}
    for line in (source / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        assert record["key"] not in records, record["key"]
        parent = record.get("copy_of") or record.get("near_of") or record.get("repeat_of")
        records[record["key"]] = derive(record, records[parent]) if parent else record
    for name, (stem, encoding, relation) in WIRE.items():
        text = (source / "wire" / f"{stem}.txt").read_text(encoding="utf-8")
        title, _, body = text.partition("\n\n")
        records[name] = {
            "key": name,
            "file": f"{WIRE_FOLDER}/{name}.txt",
            "source": WIRE_SOURCE,
            "published": "",
            "crawled": "",
            "title": title,
            "body": body,
            "text": text,
            "encoding": encoding,
            **relation,
        }
    return records


# -- forms ---------------------------------------------------------------------------------------------------


def _plain(record: Record) -> Record:
    return {field: record[field] for field in FIELDS}


def _saudi(record: Record) -> Record:
    return {
        "source": record["source"],
        "url": record["url"],
        "date_extracted": record["crawled"],
        "title": record["title"],
        "author": record["author"],
        "content": record["body"],
    }


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"


def json_lines(records: Iterable[Record]) -> bytes:
    """Return JSON Lines in the default field map, with one blank line after the third record."""
    lines = [_line(_plain(record)) for record in records]
    return b"".join(lines[:3]) + b"\n" + b"".join(lines[3:])


def saudi_lines(records: Iterable[Record]) -> bytes:
    """Return JSON Lines with the keys of the `saudinewsnet` field map."""
    return b"".join(_line(_saudi(record)) for record in records)


def json_array(records: Iterable[Record]) -> bytes:
    """Return one indented JSON array with escaped letters, as many exports write it."""
    return json.dumps([_plain(record) for record in records], indent=1).encode("ascii") + b"\n"


def csv_rows(records: Iterable[Record]) -> bytes:
    """Return a CSV with a header; bodies keep their line breaks within quotes."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_plain, records))
    return out.getvalue().encode("utf-8")


def avro_rows(records: Iterable[Record]) -> bytes:
    """Return an Avro file under a foreign schema."""
    out = io.BytesIO()
    rows = [_saudi(record) | {"author": record["author"] or None} for record in records]
    fastavro.writer(out, AVRO_SCHEMA, rows, codec="deflate", sync_marker=AVRO_SYNC)
    return out.getvalue()


def _element(name: str, text: str, attributes: str = "") -> str:
    return f"      <{name}{attributes}>{escape(text)}</{name}>\n"


def rss(records: Iterable[Record], prolog: str = "", tail: str = "") -> bytes:
    """Return an RSS 2.0 feed; the whole text is in content:encoded, a teaser in description."""
    source = "sawt-alkhalij"
    items = "".join(
        "    <item>\n"
        + _element("title", record["title"])
        + _element("link", record["url"])
        + _element("guid", record["url"], ' isPermaLink="true"')
        + _element("dc:creator", record["author"])
        + _element("pubDate", record["published"])
        + _element("description", " ".join(re.sub("<[^>]+>", " ", record["body"]).split()[:12]) + " …")
        + f"      <content:encoded><![CDATA[{record['body']}]]></content:encoded>\n"
        + "    </item>\n"
        for record in records
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"  <channel>\n    <title>{source}</title>\n    <link>https://{source}.example/</link>\n"
        f"    <description>صوت الخليج</description>\n    <language>ar</language>\n{items}{tail}  </channel>\n</rss>\n"
    ).encode()


def atom(records: Iterable[Record]) -> bytes:
    """Return an Atom feed with escaped HTML in content."""
    source = "sada-alatlas"
    entries = "".join(
        "  <entry>\n"
        + _element("title", record["title"])
        + f'      <link rel="alternate" href="{record["url"]}"/>\n'
        + _element("id", record["url"])
        + _element("published", record["published"])
        + _element("updated", record["published"])
        + f"      <author><name>{escape(record['author'])}</name></author>\n"
        + _element("content", record["body"], ' type="html"')
        + "  </entry>\n"
        for record in records
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ar">\n'
        f"  <title>{source}</title>\n  <id>https://{source}.example/</id>\n"
        f'  <link href="https://{source}.example/"/>\n  <updated>2025-03-13T12:00:00Z</updated>\n{entries}</feed>\n'
    ).encode()


def gzip_chunks(chunks: Iterable[bytes]) -> list[bytes]:
    """Return gzip data without time or name, flushed after each chunk, so that it can be cut exactly."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH) for chunk in chunks]
    return [*packed, packer.flush()]


def gzip(data: bytes) -> bytes:
    """Return gzip data without time or name."""
    return b"".join(gzip_chunks([data]))


# -- damaged inputs ------------------------------------------------------------------------------------------

_LATE = "https://almashriq-wire.example/2025/03/12/late"
#: Lines of broken/lines.jsonl: the key of a good record, or (key of a dead letter, its reason, its bytes).
BROKEN_LINES: list[str | tuple[str, str, bytes]] = [
    "bad-ok-1",
    (
        "dead-cut-line",
        "bad_json",
        '{"source": "almashriq-wire", "title": "سطر مقطوع", "body": "انقطع الإرسال قبل أن'.encode(),
    ),
    ("dead-string", "not_an_object", _line("خبر عاجل بلا حقول")),
    (
        "dead-foreign-keys",
        "unmapped_record",
        _line({"headline": "عنوان بحقول غريبة", "story": "نص لا يعرف له حقل", "day": "2025-03-12"}),
    ),
    (
        "dead-number-body",
        "bad_field",
        _line({"source": WIRE_SOURCE, "url": _LATE, "title": "الجسم رقم", "body": 20250312}),
    ),
    (
        "dead-object-time",
        "bad_field",
        _line(
            {"source": WIRE_SOURCE, "published": {"day": 12}, "title": "الوقت كائن", "body": "نص قصير سليم."}
        ),
    ),
    (
        "dead-half-emoji",
        "lone_surrogate",
        '{"source": "almashriq-wire", "title": "نصف رمز", "body": "وصلت الرسالة ناقصة \\ud83d من المحرر."}'.encode(),
    ),
    (
        "dead-bytes",
        "undecodable",
        b'{"source": "almashriq-wire", "title": "'
        + "بايتات".encode()
        + b'", "body": "\xc7\xe1\xce\xc8\xd1 \xff\xfe"}',
    ),
    "bad-ok-2",
]


def broken_lines(records: dict[str, Record]) -> bytes:
    """Return JSON Lines with one fault of each kind among good records."""
    lines = [
        _line(_plain(records[line])) if isinstance(line, str) else line[2].rstrip() + b"\n"
        for line in BROKEN_LINES
    ]
    return b"".join(lines)


def truncated_gzip(records: Iterable[Record]) -> bytes:
    """Return gzipped JSON Lines that end within the line after the given records."""
    lost = _line(
        {
            "source": WIRE_SOURCE,
            "title": "الخبر الذي لم يصل",
            "body": "هذا النص مقطوع في منتصف الملف المضغوط.",
        }
    )
    *whole, cut, _ = gzip_chunks([*(_line(_plain(record)) for record in records), lost])
    return b"".join(whole) + cut[: len(cut) // 2]


def damaged_xz() -> bytes:
    """Return xz data with a flipped byte in its block header: nothing of it can be decoded."""
    data = bytearray(lzma.compress(_line({"title": "ملف تالف", "body": "لا يمكن فك هذا الملف."}) * 2))
    data[13] ^= 0x40
    return bytes(data)


def doctype_feed() -> bytes:
    """Return a feed that declares entities."""
    doctype = '<!DOCTYPE rss [\n  <!ENTITY outlet "صوت الخليج">\n  <!ENTITY twice "&outlet;&outlet;">\n]>\n'
    return rss([], doctype, "    <item><title>&twice;</title></item>\n")


def malformed_feed(records: Iterable[Record]) -> bytes:
    """Return a feed whose items are followed by one with crossed tags."""
    return rss(records, tail="    <item><title>عنوان لا يُغلق<link></title></link></item>\n")


def wide_csv(records: Iterable[Record]) -> bytes:
    """Return a CSV whose last row has more columns than the header: its body is not quoted."""
    row = "sawt-alkhalij,,2025-03-13,,عنوان,محرر,نص فيه فواصل,لم توضع,بين علامتي تنصيص\n"
    return csv_rows(records) + row.encode("utf-8")


def junk() -> bytes:
    """Return bytes that are no form of anything."""
    return b"\x00\x93WQ" + b"".join(hashlib.sha256(bytes([part])).digest() for part in range(48))


def recursive_avro() -> bytes:
    """Return the header of an Avro file whose schema contains itself."""
    child = {"name": "child", "type": ["null", "Node"]}
    schema = {"type": "record", "name": "Node", "fields": [{"name": "body", "type": "string"}, child]}
    out = io.BytesIO()
    fastavro.writer(out, schema, [], codec="null", sync_marker=AVRO_SYNC)
    return out.getvalue()


#: Dead letters that are a whole file or its end: file -> (key, reason).
BROKEN_FILES = {
    "broken/truncated.jsonl.gz": ("dead-truncated", "truncated_file"),
    "broken/damaged.jsonl.xz": ("dead-damaged", "corrupt_file"),
    "broken/doctype.rss.xml": ("dead-doctype", "unsafe_xml"),
    "broken/malformed.rss.xml": ("dead-crossed-tags", "bad_xml"),
    "broken/columns.csv": ("dead-wide-row", "bad_csv"),
    "broken/dump": ("dead-junk", "unknown_form"),
    "broken/recursive.avro": ("dead-recursive", "unsafe_avro"),
}


# -- everything together -------------------------------------------------------------------------------------


def _encode(text: str, encoding: str) -> bytes:
    name, _, bom = encoding.partition(" with ")
    return (("\ufeff" if bom else "") + text).encode(name)


def build_inputs(records: dict[str, Record]) -> dict[str, bytes]:
    """Return the input files by their path under inputs/."""
    by_file: dict[str, list[Record]] = {}
    for record in records.values():
        by_file.setdefault(record["file"], []).append(record)
    files = {
        "alnahda/2025-03-10.jsonl": json_lines(by_file["alnahda/2025-03-10.jsonl"]),
        "alnahda/2025-03-11.jsonl.gz": gzip(json_lines(by_file["alnahda/2025-03-11.jsonl.gz"])),
        "alnahda/2025-03-12.jsonl": json_lines(by_file["alnahda/2025-03-12.jsonl"]),
        "akhbar-alnil/articles.json": json_array(by_file["akhbar-alnil/articles.json"]),
        "akhbar-alnil/archive.jsonl.xz": lzma.compress(json_lines(by_file["akhbar-alnil/archive.jsonl.xz"])),
        "almashriq-wire/briefs.jsonl.zst": zstd.compress(
            json_lines(by_file["almashriq-wire/briefs.jsonl.zst"]), 10
        ),
        "sawt-alkhalij/export.csv": csv_rows(by_file["sawt-alkhalij/export.csv"]),
        "sawt-alkhalij/feed.rss.xml": rss(by_file["sawt-alkhalij/feed.rss.xml"]),
        "sada-alatlas/feed.atom.xml": atom(by_file["sada-alatlas/feed.atom.xml"]),
        "sada-alatlas/articles.jsonl.bz2": bz2.compress(
            json_lines(by_file["sada-alatlas/articles.jsonl.bz2"])
        ),
        "najd-daily/articles.avro": avro_rows(by_file["najd-daily/articles.avro"]),
        "najd-daily/saudinewsnet.jsonl": saudi_lines(by_file["najd-daily/saudinewsnet.jsonl"]),
        "broken/lines.jsonl": broken_lines(records),
        "broken/truncated.jsonl.gz": truncated_gzip(by_file["broken/truncated.jsonl.gz"]),
        "broken/damaged.jsonl.xz": damaged_xz(),
        "broken/doctype.rss.xml": doctype_feed(),
        "broken/malformed.rss.xml": malformed_feed(by_file["broken/malformed.rss.xml"]),
        "broken/columns.csv": wide_csv(by_file["broken/columns.csv"]),
        "broken/dump": junk(),
        "broken/recursive.avro": recursive_avro(),
    }
    files |= {
        record["file"]: _encode(record["text"], record["encoding"])
        for record in records.values()
        if "text" in record
    }
    assert set(by_file) <= set(files), set(by_file) - set(files)
    return dict(sorted(files.items()))


def _event(record: Record) -> datetime.datetime | None:
    """Return the publication, else crawl time; a naive one as if it were UTC, which `MARGIN` allows for."""
    value = record["published"] or record["crawled"]
    if not value:
        return None
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        moment = email.utils.parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def check(records: dict[str, Record]) -> dict[str, float]:
    """Assert that every relation holds and that nothing else is alike; return the similarity of near pairs."""
    folded = {key: fold(record["body"]) for key, record in records.items()}
    first: dict[tuple[str, ...], str] = {}
    similarity: dict[str, float] = {}
    for key, record in records.items():
        same = first.setdefault(tuple(folded[key]), key)
        parent = record.get("copy_of") or record.get("repeat_of")
        if parent:
            assert same == parent, f"{key} does not fold to the body of {parent}"
            assert len(folded[key]) >= MIN_TOKENS, key
        elif record.get("filtered") != "empty_body":
            assert same == key, f"{key} has the body of {same}"
        if "copy_of" in record:
            mine, parents = _event(record), _event(records[parent])
            assert parents is not None, f"{parent} has no time: nobody knows which is first"
            assert mine is None or mine - parents >= MARGIN, f"{key} is too close to {parent}"
        other = record.get("near_of") or record.get("template_of")
        if other:
            similarity[key] = round(jaccard(folded[key], folded[other]), 3)
            assert similarity[key] < 1, key
            assert "template_of" in record or similarity[key] >= 0.7, (
                f"{key} is not near {other}: {similarity[key]}"
            )
    return similarity


def _fate(record: Record) -> Record:
    """Return the door by which a record leaves, and why. Of repeats the one that was read first stays."""
    if "filtered" in record:
        return {"door": "filtered", "reason": record["filtered"], "language": record["language"]}
    if "copy_of" in record:
        return {"door": "duplicates", "relation": "exact", "parent": record["copy_of"]}
    if "repeat_of" in record:
        return {"door": "duplicates", "relation": "repeat", "parent": record["repeat_of"]}
    if "near_of" in record:
        return {"door": "duplicates", "relation": "near", "parent": record["near_of"]}
    return {"door": "articles"} | {name: record[name] for name in ("template_of",) if name in record}


def expect(records: dict[str, Record], inputs: dict[str, bytes]) -> Record:
    """Return what must become of every record, and the totals."""
    similarity = check(records)
    fates: dict[str, Record] = {}
    places: Counter[str] = Counter()

    def put(key: str, file: str, fate: Record) -> None:
        fates[key] = {"file": file, "index": places[file], **fate}
        places[file] += 1

    for key, record in records.items():
        if record["file"] == "broken/lines.jsonl":
            continue
        put(key, record["file"], {"source": record["source"], **_fate(record)})
        if key in similarity:
            fates[key]["similarity"] = similarity[key]
    for line in BROKEN_LINES:
        if isinstance(line, str):
            put(line, "broken/lines.jsonl", {"source": records[line]["source"], **_fate(records[line])})
        else:
            put(line[0], "broken/lines.jsonl", {"door": "dead_letters", "reason": line[1]})
    for file, (key, reason) in BROKEN_FILES.items():
        put(key, file, {"door": "dead_letters", "reason": reason})
    for key, fate in fates.items():
        if fate.get("relation") == "repeat":
            stays = fates[fate["parent"]]
            assert (stays["file"], stays["index"]) < (fate["file"], fate["index"]), (
                f"{key} is read before {fate['parent']}"
            )
    assert set(places) == set(inputs), set(inputs) ^ set(places)
    doors = Counter(fate["door"] for fate in fates.values())
    assert doors["dead_letters"] * 10 < len(fates)
    return {
        "totals": {"records": len(fates), **dict(sorted(doors.items()))},
        "reasons": dict(
            sorted(Counter(fate["reason"] for fate in fates.values() if "reason" in fate).items())
        ),
        "relations": dict(
            sorted(Counter(fate["relation"] for fate in fates.values() if "relation" in fate).items())
        ),
        "files": {file: {"records": places[file], "size_bytes": len(data)} for file, data in inputs.items()},
        "records": dict(sorted(fates.items())),
    }


def build(sample: Path) -> dict[str, bytes]:
    """Return every file that belongs under the sample folder, by relative path, made from its source/."""
    records = load(sample / "source")
    inputs = build_inputs(records)
    expected = json.dumps(expect(records, inputs), ensure_ascii=False, indent=1) + "\n"
    return {f"inputs/{path}": data for path, data in inputs.items()} | {
        "expected.json": expected.encode("utf-8")
    }


def main() -> int:
    """Write the sample, or with --check compare; return the exit status."""
    parser = argparse.ArgumentParser(
        description="Build tests/sample/inputs and expected.json from tests/sample/source."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the files there differ")
    arguments = parser.parse_args()
    files = build(SAMPLE)
    there = {str(path.relative_to(SAMPLE)) for path in (SAMPLE / "inputs").rglob("*") if path.is_file()}
    stale = sorted(there - set(files))
    if arguments.check:
        differ = [
            path
            for path, data in files.items()
            if not (SAMPLE / path).is_file() or (SAMPLE / path).read_bytes() != data
        ]
        for path in [*differ, *stale]:
            print(f"{path} is not what scripts/build_sample.py makes", file=sys.stderr)
        return 1 if differ or stale else 0
    for path in stale:
        (SAMPLE / path).unlink()
    for path, data in files.items():
        (SAMPLE / path).parent.mkdir(parents=True, exist_ok=True)
        (SAMPLE / path).write_bytes(data)
    totals = json.loads(files["expected.json"])["totals"]
    print(f"{len(files) - 1} files, {sum(map(len, files.values())):,} bytes: {totals}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
