"""Elements to Avro records and back to rows: the tables, their schemas, and the container bytes.

Container bytes are a function of schema, rows and codec alone: the sync marker is derived, not random,
and no clock enters. So the same rows give the same file, and its name can be its checksum.
"""

import dataclasses
import datetime
import functools
import hashlib
import importlib.resources
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import fastavro

from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import (
    Article,
    DeadLetter,
    Decision,
    Duplicate,
    Filtered,
    InputFile,
    Origin,
    Relation,
    Span,
    Tag,
    TaggedArticle,
)

__all__ = [
    "INDEX_TABLES",
    "TABLES",
    "Table",
    "count_rows",
    "encode_container",
    "encode_row",
    "event_date",
    "fingerprint",
    "join_rows",
    "parsed_schema",
    "read_rows",
    "signature_of",
    "to_record",
]

Row = dict[str, Any]
_EPOCH = datetime.date(1970, 1, 1)
_EPOCH_TIME = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY_US = 86_400_000_000
#: A block of a container ends with the row that makes it so large (bytes, not compressed): fastavro's own measure.
_BLOCK_BYTES = 16_000


def event_date(event_us: int | None) -> str:
    """Return the UTC day of a time in microseconds as `YYYY-MM-DD`, or `unknown`.

    Times are kept by the parser within the years 1900 to 2200, so every one has a day.
    """
    if event_us is None:
        return "unknown"
    return (_EPOCH + datetime.timedelta(days=event_us // _DAY_US)).isoformat()


def _origin(origin: Origin) -> Row:
    return {"uri": origin.uri, "index": origin.index, "offset": origin.offset}


def _span(span: Span) -> Row:
    return {"start": span.start, "end": span.end}


#: Element fields that have another name in the files.
_RENAMED = {"rules_version": "profile_version"}


#: (attribute, field of the record, is it an origin) of the elements whose fields are those of their schema.
_FLAT_FIELDS = {
    element: tuple(
        (field.name, _RENAMED.get(field.name, field.name), field.type is Origin)
        for field in dataclasses.fields(element)
    )
    for element in (Tag, Duplicate, Relation, Decision, DeadLetter, Filtered, InputFile)
}


def _flat(element: Any) -> Row:
    """Return the record of an element of `_FLAT_FIELDS`."""
    return {
        name: _origin(getattr(element, attribute)) if is_origin else getattr(element, attribute)
        for attribute, name, is_origin in _FLAT_FIELDS[type(element)]
    }


def _mentions(text: str, mentions: Iterable[Any]) -> list[Row]:
    """Return the records of news mentions (NamedTuples with a place), with their surface form."""
    return [{**mention._asdict(), "text": text[mention.start : mention.end]} for mention in mentions]


def _news(article: Article) -> Row:
    news = article.news
    return {
        "section": news.section,
        "byline": news.byline._asdict(),
        "published_day": news.published_day,
        "published_by": news.published_by,
        "dates": _mentions(article.text, news.dates),
        "figures": _mentions(article.text, news.figures),
        "quotes": _mentions(article.text, news.quotes),
        "boilerplate": [part._asdict() for part in news.boilerplate],
        "briefs": [{"start": start, "end": end} for start, end in news.briefs],
        "take": news.take,
        "story_id": news.story_id,
        "truncated": news.truncated,
    }


def _article(tagged: TaggedArticle) -> Row:
    article = tagged.article.article
    return {
        "article_id": article.article_id,
        "source": article.source,
        "url": article.url,
        "title": article.title_text,
        "text": article.text,
        "display": article.display,
        "title_span": _span(article.title),
        "body_start": article.body_start,
        "paragraphs": [_span(span) for span in article.paragraphs],
        "subheads": [_span(span) for span in article.subheads],
        "author": article.author,
        "published_us": article.published_us,
        "crawled_us": article.crawled_us,
        "event_date": None if article.event_us is None else article.event_us // _DAY_US,
        "language": article.language,
        **_news(article),
        "tags": [_flat(tag) for tag in tagged.tags],
        "flags": list(article.flags),
        "origin": _origin(article.origin),
        "profile_version": tagged.article.rules_version,
    }


_NO_TEXT = Fingerprint(b"", 0, b"", b"", b"")


def _signature(signature: Signature | Member) -> Row:
    """Return the index row of a settled signature, or the amendment of a member settled anew."""
    if isinstance(signature, Signature):
        kind, member, text = "article", signature.member, signature.fingerprint
        url_key = signature.url_key
    else:
        kind, member, text, url_key = "amendment", signature, _NO_TEXT, b""
    settled = member.settled
    if settled is None:
        message = f"article {member.article_id} has not been settled"
        raise ValueError(message)
    return {
        "kind": kind,
        "article_id": member.article_id,
        "event_us": member.event_us,
        "priority": member.priority,
        "tokens": member.tokens,
        "origin": _origin(member.origin),
        "url_key": url_key,
        **{name: getattr(text, name) for name in ("digest", "shingles", "stems", "numbers")},
        **settled._asdict(),
    }


def signature_of(row: Row) -> Signature | Member:
    """Return what an index row holds: a signature, or a member for an amendment. Times may come as numbers or datetimes."""
    member = Member(
        article_id=row["article_id"],
        event_us=_microseconds(row["event_us"]),
        priority=row["priority"],
        tokens=row["tokens"],
        origin=Origin(**row["origin"]),
        partition="",
        shard=0,
        settled=Settled(
            row["parent_id"],
            _microseconds(row["parent_us"]),
            row["parent_priority"],
            row["root_id"],
            row["relation"],
            row["version"],
            row["revision"],
        ),
    )
    if row["kind"] == "amendment":
        return member
    text = Fingerprint(row["digest"], row["tokens"], row["shingles"], row["stems"], row["numbers"])
    return Signature(member, row["url_key"], text)


def _microseconds(time: datetime.datetime | int | None) -> int | None:
    return (time - _EPOCH_TIME) // _MICROSECOND if isinstance(time, datetime.datetime) else time


@dataclasses.dataclass(frozen=True)
class Table:
    """One kind of output: its folder, its schema file, the element it holds and how that becomes a row.

    `tallied` names the row fields whose values the report counts.
    """

    name: str
    schema_file: str
    element: type
    convert: Callable[[Any], Row]
    tallied: tuple[str, ...]


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("articles", "article.avsc", TaggedArticle, _article, ("source", "language")),
        Table("duplicates", "duplicate.avsc", Duplicate, _flat, ("source", "relation")),
        Table("relations", "relation.avsc", Relation, _flat, ("relation",)),
        Table("decisions", "decision.avsc", Decision, _flat, ("relation",)),
        Table("dead_letters", "dead_letter.avsc", DeadLetter, _flat, ("reason",)),
        Table("filtered", "filtered.avsc", Filtered, _flat, ("source", "reason")),
        Table("inputs", "input_file.avsc", InputFile, _flat, ("form", "compression", "encoding")),
    )
}
#: What lies in an index, not in an output folder: signatures, and decisions anew about older ones.
INDEX_TABLES: dict[str, Table] = {
    name: Table(name, "signature.avsc", Signature, _signature, ()) for name in ("signatures", "amendments")
}


@functools.cache
def _schema_text(table: str) -> str:
    return importlib.resources.files("schemas").joinpath(_table(table).schema_file).read_text("utf-8")


def _table(name: str) -> "Table":
    return TABLES[name] if name in TABLES else INDEX_TABLES[name]


@functools.cache
def parsed_schema(table: str) -> Any:
    """Return the schema of a table (a key of `TABLES` or `INDEX_TABLES`) in fastavro's parsed form.

    fastavro orders the keys of a parsed schema by a set, so by Python's hash seed, and writes them into
    every file: here they are sorted, or no two processes would write the same bytes.
    """
    return _sorted_keys(fastavro.parse_schema(json.loads(_schema_text(table))))


def _sorted_keys(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _sorted_keys(node[key]) for key in sorted(node)}
    return [_sorted_keys(item) for item in node] if isinstance(node, list) else node


@functools.cache
def fingerprint(table: str) -> str:
    """Return the SHA-256 fingerprint (hex) of the table's schema in Avro's parsing canonical form."""
    canonical = fastavro.schema.to_parsing_canonical_form(json.loads(_schema_text(table)))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def to_record(table: str, element: Any, config_sha256: str) -> Row:
    """Return the Avro record of an element of `table`, stamped with the config's hash (rows of an index are not)."""
    record = _table(table).convert(element)
    if table in TABLES:
        record["config_sha256"] = config_sha256
    return record


def encode_row(table: str, record: Mapping[str, Any]) -> bytes:
    """Return a record of a table in Avro's binary encoding: a row as it lies in a file, without any frame.

    Raises what fastavro raises for a record that does not fit.
    """
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed_schema(table), record)
    return out.getvalue()


def encode_container(table: str, records: Sequence[Row], codec: str, place: str) -> bytes:
    """Return an Avro container file of `records`.

    The sync marker is derived from the schema's fingerprint and `place` (the partition and shard), so
    the bytes depend on the arguments alone. Raises what fastavro raises for a record that does not fit.
    """
    out = io.BytesIO()
    fastavro.writer(out, parsed_schema(table), records, codec=codec, sync_marker=_sync_marker(table, place))
    return out.getvalue()


def join_rows(table: str, rows: Iterable[bytes], codec: str, place: str) -> bytes:
    """Return the container file of rows that `encode_row` has made: the same bytes as `encode_container` of their records."""
    out = io.BytesIO()
    writer = fastavro.write.Writer(
        out, parsed_schema(table), codec=codec, sync_marker=_sync_marker(table, place)
    )
    block = _Block(0, io.BytesIO())
    for row in rows:
        block.bytes_.write(row)
        block.num_records += 1
        if block.bytes_.tell() >= _BLOCK_BYTES:
            writer.write_block(block)
            block = _Block(0, io.BytesIO())
    if block.num_records:
        writer.write_block(block)
    writer.flush()
    return out.getvalue()


@dataclasses.dataclass
class _Block:
    """Rows that follow each other in a file, as fastavro's writer takes them."""

    num_records: int
    bytes_: io.BytesIO


def _sync_marker(table: str, place: str) -> bytes:
    return hashlib.blake2b(f"{fingerprint(table)}\n{place}".encode(), digest_size=16).digest()


def count_rows(stream: BinaryIO) -> int:
    """Return the number of rows of an Avro container by its block headers, without decoding a row."""
    return sum(block.num_records for block in fastavro.block_reader(stream))


def read_rows(stream: BinaryIO, table: str | None = None) -> Iterator[Row]:
    """Yield the rows of a container file that warraq wrote, as dictionaries.

    With `table` the rows are resolved to the current schema of that table (defaults filled in), else they
    come as written. Only for files whose checksum a manifest vouches for, or that a user names to look
    at: foreign files are read by `transforms.core.avro_container`, which checks them first.
    """
    reader: Iterable[Any] = fastavro.reader(stream, parsed_schema(table) if table else None)
    yield from reader
