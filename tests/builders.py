"""Small builders of elements and whole output folders, for all tests: say only what the test is about."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.commit import commit
from pipelines.manifest import Accounting, Manifest
from schemas.avro import TABLES, encode_container, fingerprint, to_record
from schemas.elements import (
    Article,
    DeadLetter,
    Duplicate,
    Filtered,
    InputFile,
    NormalizedArticle,
    Origin,
    Relation,
    Span,
    Tag,
    TaggedArticle,
    WrittenFile,
    article_id,
)
from transforms.core.partition import article_partition, data_file_name, day_partition
from transforms.files import OutputFolder
from transforms.write import _tally

CONFIG = "c0" * 32
#: 2016-03-27T10:00:00Z
NOON_US = 1_459_072_800_000_000
URI = "/news/day.jsonl"


def origin(index: int = 0, uri: str = URI) -> Origin:
    return Origin(uri, index, index * 100)


def article(
    index: int = 0, body: str = "وصل الوفد إلى بغداد صباح اليوم.", title: str = "زيارة جديدة", **changes: Any
) -> Article:
    """An article of a title and one paragraph, read as record `index` of `URI`."""
    text = f"{title}\n\n{body}"
    built = Article(
        article_id="",
        source="afp",
        url=f"https://news.example/{index}",
        text=text,
        title=Span(0, len(title)),
        body_start=len(title) + 2,
        paragraphs=(Span(len(title) + 2, len(text)),),
        subheads=(),
        author="",
        published_us=NOON_US + index,
        crawled_us=None,
        language="ar",
        flags=(),
        origin=origin(index),
    )
    built = dataclasses.replace(built, **changes)
    return (
        built
        if built.article_id
        else dataclasses.replace(built, article_id=article_id(built.source, built.url, built.text))
    )


def normalized(of: Article | None = None) -> NormalizedArticle:
    of = of or article()
    return NormalizedArticle(
        of, hashlib.blake2b(of.body.encode(), digest_size=16).digest(), len(of.body.split()), "ar-norm/1"
    )


def tag(text: str, value: str, type_: str = "capital", canonical: str | None = None) -> Tag:
    """A tag on the first place of `value` in `text`."""
    start = text.index(value)
    return Tag(
        "place",
        type_,
        value,
        canonical or value,
        "",
        "IQ",
        None,
        None,
        1.0,
        start,
        start + len(value),
        "gaz:places@test",
        1,
    )


def tagged(of: Article | None = None, *values: str) -> TaggedArticle:
    """An article with a tag for each of `values`."""
    of = of or article()
    return TaggedArticle(normalized(of), tuple(tag(of.text, value) for value in values))


def duplicate(
    of: Article, parent: Article, root: Article | None = None, relation: str = "exact"
) -> Duplicate:
    return Duplicate(
        article_id=of.article_id,
        parent_id=parent.article_id,
        root_id=(root or parent).article_id,
        canonical_id=(root or parent).article_id,
        relation=relation,
        similarity=1.0,
        containment=1.0,
        shared_shingles=0,
        shingles=0,
        parent_shingles=0,
        sample=(),
        parent_from_index=False,
        root_from_index=False,
        source=of.source,
        url=of.url,
        title=of.title_text,
        event_us=of.event_us,
        parent_us=parent.event_us,
        parent_origin=parent.origin,
        threshold=0.7,
        horizon_days=14,
        rules_version="ar-norm/1",
        origin=of.origin,
    )


def relation(of: Article, other: Article, kind: str = "similar", **changes: Any) -> Relation:
    built = Relation(
        article_id=of.article_id,
        other_id=other.article_id,
        relation=kind,
        version=0,
        root_id=of.article_id,
        other_root_id=other.article_id,
        jaccard=0.6,
        containment=0.75,
        shared_shingles=60,
        shingles=80,
        other_shingles=80,
        own_words=0,
        other_words=0,
        blocked=False,
        sample=("وصل الوفد الي",),
        source=of.source,
        url=of.url,
        title=of.title_text,
        event_us=of.event_us,
        other_us=other.event_us,
        other_origin=other.origin,
        threshold=0.7,
        horizon_days=14,
        rules_version="ar-norm/1",
        origin=of.origin,
    )
    return dataclasses.replace(built, **changes)


def dead_letter(index: int, reason: str = "bad_json", payload: bytes = b'{"title": ') -> DeadLetter:
    return DeadLetter("parse", reason, "ends in the middle of a string", payload, len(payload), origin(index))


def filtered(of: Article, reason: str = "empty_body") -> Filtered:
    return Filtered(
        "parse",
        reason,
        "0 words",
        of.article_id,
        of.source,
        of.url,
        of.title_text,
        of.event_us,
        of.language,
        of.origin,
    )


def input_file(records: int, uri: str = URI) -> InputFile:
    return InputFile(uri, 1000, 1000, "none", "json_lines", "utf-8", records, 0)


def rows_of_every_kind() -> dict[str, list[Any]]:
    """Six records of one input: three articles (two days), a copy, a dead letter, one out of scope."""
    first = article(0)
    second = article(1, "أعلنت الوزارة في دمشق عن خطة للمياه.", "خطة للمياه", source="الوطن")
    third = article(2, "قال الناطق إن المعرض يفتح غدا.", "معرض الكتاب", published_us=None)
    copy = article(3, source="sana")
    return {
        "articles": [tagged(first, "بغداد"), tagged(second, "دمشق"), tagged(third)],
        "duplicates": [duplicate(copy, first)],
        "relations": [relation(second, first)],
        "dead_letters": [dead_letter(4)],
        "filtered": [filtered(article(5, body=""))],
        "inputs": [input_file(6)],
    }


def place(table: str, element: Any) -> str:
    """The folder that a row of a table lies in."""
    if table == "articles":
        return (
            f"articles/{article_partition(element.article.article.event_us, element.article.article.source)}"
        )
    by_day = table in ("duplicates", "relations", "decisions")
    return f"{table}/{day_partition(element.event_us)}" if by_day else table


def write_file(
    folder: OutputFolder, table: str, records: Sequence[dict[str, Any]], where: str, codec: str
) -> WrittenFile:
    """Write records as one data file of the folder."""
    data = encode_container(table, records, codec, where)
    checksum = hashlib.sha256(data).hexdigest()
    path = f"{where}/{data_file_name(0, 1, checksum)}"
    folder.write(path, data, run="test")
    return WrittenFile(
        path, table, len(records), len(data), checksum, fingerprint(table), _tally(table, records)
    )


def write_tables(
    root: Path, tables: Mapping[str, Sequence[Any]], codec: str = "null", config: str = CONFIG
) -> tuple[WrittenFile, ...]:
    """Write elements as the data files of an output folder, without a manifest."""
    folder = OutputFolder(str(root))
    files = []
    for table, elements in tables.items():
        by_place: dict[str, list[dict[str, Any]]] = {}
        for element in elements:
            by_place.setdefault(place(table, element), []).append(to_record(table, element, config))
        files += [write_file(folder, table, records, where, codec) for where, records in by_place.items()]
    return tuple(sorted(files, key=lambda file: file.path))


def accounting(tables: Mapping[str, Sequence[Any]]) -> Accounting:
    """The accounting that fits the rows."""
    counts = {table: len(tables.get(table, ())) for table in TABLES}
    records_in = sum(row.records for row in tables.get("inputs", ()))
    return Accounting(
        records_in, counts["articles"], counts["duplicates"], counts["dead_letters"], counts["filtered"]
    )


def manifest(files: tuple[WrittenFile, ...], counts: Accounting, **changes: Any) -> Manifest:
    built = Manifest(
        generation=1,
        state="committed",
        failure="",
        config_sha256=CONFIG,
        versions={"warraq": "0.1.0"},
        inputs=("/news/*.jsonl",),
        accounting=counts,
        files=files,
    )
    return dataclasses.replace(built, **changes)


def output_folder(
    root: Path,
    tables: Mapping[str, Sequence[Any]] | None = None,
    *,
    codec: str = "null",
    config: str = CONFIG,
    **changes: Any,
) -> Manifest:
    """Build a committed output folder of `tables` (default: rows of every kind); `changes` are of its manifest."""
    tables = rows_of_every_kind() if tables is None else tables
    built = manifest(write_tables(root, tables, codec, config), accounting(tables))
    return publish(root, dataclasses.replace(built, **changes))


def publish(root: Path, built: Manifest) -> Manifest:
    """Commit a manifest of data files that lie there already."""
    commit(OutputFolder(str(root)), "test", built, {}, lambda report: "")
    return built
