"""`warraq parse`: what one file's articles say as pieces of news, and single fragments for scoring.

Runs without Beam: the same core functions as the pipeline, on the records of the files named.
"""

import datetime
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.config_tree import Config, parse_plan
from pipelines.outcome import ExitCode, RunFailed
from pipelines.terminal import escape_unsafe, plain, shorten
from schemas.avro import to_record
from schemas.elements import Article, DeadLetter, InputFile, NormalizedArticle, RawRecord, TaggedArticle
from transforms.aids import load_aids
from transforms.core.bylines import fragment_byline
from transforms.core.dates import fragment_dates
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.figure_notation import fragment_figures
from transforms.core.parse import parse
from transforms.core.reading import read_records
from transforms.core.times import iso_utc

__all__ = ["FRAGMENTS", "STDIN", "article_row", "run_fragments", "run_parse", "show_articles"]

#: Name of standard input among the files.
STDIN = "-"
Row = dict[str, Any]


def run_parse(
    files: Sequence[str], config: Config, *, as_json: bool, out: TextIO | None = None, errors: Console
) -> ExitCode:
    """Print what each article of `files` says (`-`: standard input): as JSON lines, or as tables.

    An article out of scope is shown all the same, and why it would be filtered told on `errors`; a record that
    is no article is told there too. Returns DEAD_LETTERS if there was one. Raises RunFailed for a file that
    cannot be read, and for one without any record.
    """
    out = sys.stdout if out is None else out
    show = _show_json if as_json else _show_tables
    return show_articles(files, config, errors, lambda article: show(article, out))


def show_articles(
    files: Sequence[str], config: Config, errors: Console, show: Callable[[Article], None]
) -> ExitCode:
    """Call `show` with each article of files (`-`: standard input); what is no article is told on `errors`.

    Returns DEAD_LETTERS if something was none. Raises RunFailed for a file that cannot be read, and for one without any record.
    """
    refused = shown = 0
    for article in _articles(files, config, errors):
        if article is None:
            refused += 1
        else:
            shown += 1
            show(article)
    if not shown and not refused:
        raise RunFailed(ExitCode.NO_INPUT, f"{', '.join(files)}: no article in it")
    return ExitCode.DEAD_LETTERS if refused else ExitCode.OK


def _articles(files: Sequence[str], config: Config, errors: Console) -> Iterator[Article | None]:
    """Yield the articles of files (`-`: standard input); None for a record that is none, told on `errors`.

    An article out of scope is yielded, and told too. Raises RunFailed for a file that cannot be read.
    """
    for name in files:
        for found in _records(name, config):
            if isinstance(found, DeadLetter):
                _tell(errors, name, found.reason, found.detail)
                yield None
            else:
                yield _parse(name, found, config, errors)


def _records(name: str, config: Config) -> Iterator[RawRecord | DeadLetter]:
    stream: BinaryIO
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read()
            stream, size, uri = io.BytesIO(data), len(data), "stdin"
        else:
            path = Path(name)
            stream, size, uri = path.open("rb"), path.stat().st_size, str(path.absolute())
    except OSError as error:
        raise RunFailed(ExitCode.USAGE, f"{name}: cannot be read: {error.strerror or error}") from error
    with stream:
        for found in read_records(stream, uri, size, config.read):
            if not isinstance(found, InputFile):
                yield found


def _parse(name: str, record: RawRecord, config: Config, errors: Console) -> Article | None:
    try:
        return parse(record, parse_plan(config), load_aids(config.scope.language_model))
    except OutOfScope as error:
        _tell(errors, name, f"would be filtered as {error.reason}", error.detail)
        return error.article
    except ArticleError as error:
        _tell(errors, name, error.reason, error.detail)
        return None


def _tell(errors: Console, name: str, reason: str, detail: str) -> None:
    errors.print(Text(f"warraq: {plain(name)}: {reason}: {plain(detail)}", style="red"), soft_wrap=True)


def article_row(article: Article) -> Row:
    """Return an article as a JSON object: the fields of the Avro record, each place with its surface form.

    `byline` has besides its lists `city` and `agency`, the first of each. Times are ISO 8601.
    """
    row = to_record("articles", TaggedArticle(NormalizedArticle(article, b"", 0, ""), ()), "")
    for name in ("tags", "profile_version", "config_sha256"):
        del row[name]
    text = article.text
    for name in ("paragraphs", "subheads", "boilerplate", "briefs"):
        row[name] = [{**span, "text": text[span["start"] : span["end"]]} for span in row[name]]
    byline = row["byline"]
    row["byline"] = {
        "city": (byline["cities"] or ("",))[0],
        "agency": (byline["agencies"] or ("",))[0],
        **byline,
    }
    for name in ("published_us", "crawled_us"):
        time_us = row.pop(name)
        row[name.removesuffix("_us")] = None if time_us is None else iso_utc(time_us)
    row["event_date"] = None if article.event_us is None else iso_utc(article.event_us)[:10]
    return row


def _show_json(article: Article, out: TextIO) -> None:
    out.write(escape_unsafe(json.dumps(article_row(article), ensure_ascii=False)) + "\n")


#: The tables of one article: heading, field of the row, columns.
_TABLES = (
    ("dates", "dates", ("text", "value", "written", "kind", "calendar")),
    ("figures", "figures", ("text", "value", "high", "unit", "bound", "noun", "claimant")),
    ("quotes", "quotes", ("text", "speaker", "verb", "confidence")),
    ("sub-heads", "subheads", ("text",)),
    ("boilerplate", "boilerplate", ("text", "kind")),
)
_CELL = 70


def _show_tables(article: Article, out: TextIO) -> None:
    console = Console(file=out, highlight=False)
    row = article_row(article)
    byline = row["byline"]
    facts = {
        "title": row["title"],
        "source": row["source"],
        "section": row["section"],
        "authors": "، ".join(byline["authors"]),
        "role": byline["role"],
        "city": "، ".join(byline["cities"]),
        "agency": ", ".join(byline["agencies"]),
        "outlet": byline["outlet"],
        "read from": byline["evidence"],
        "day": f"{row['published_day']} ({row['published_by']})" if row["published_day"] else "",
        "language": row["language"],
        "flags": ", ".join(row["flags"]),
        "paragraphs": str(len(row["paragraphs"])),
    }
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            grid.add_row(Text(name, style="dim"), Text(plain(value)))
    console.print(grid)
    for heading, field, columns in _TABLES:
        if row[field]:
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=heading, title_justify="left")
            for column in columns:
                table.add_column(column, overflow="fold")
            for mention in row[field]:
                table.add_row(*(Text(_cell(mention[column])) for column in columns))
            console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.10g}"
    return shorten(str(value), _CELL)


def _fragment_date(row: Row) -> Any:
    reference = row.get("ref")
    day = datetime.date.fromisoformat(reference) if reference else None
    return fragment_dates(row["text"], day, row.get("source", ""))


def _fragment_figure(row: Row) -> Any:
    return fragment_figures(row["text"], row.get("source", ""), row.get("country", ""))


def _fragment_byline(row: Row) -> Any:
    return fragment_byline(row, load_aids("off").names)


#: What `--fragment` reads: one JSON object with `text` (and `ref`, `source`, `author`, `lead`) per line.
FRAGMENTS: dict[str, Callable[[Row], Any]] = {
    "date": _fragment_date,
    "figure": _fragment_figure,
    "byline": _fragment_byline,
}


def run_fragments(files: Sequence[str], kind: str, out: TextIO | None = None) -> ExitCode:
    """Print for each line of `files`, a JSON object, one JSON value: what the fragment says.

    Dates and figures are lists of strings, bylines objects. Raises RunFailed for a line that is no such object.
    """
    out = sys.stdout if out is None else out
    for name in files:
        try:
            data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        except OSError as error:
            raise RunFailed(ExitCode.USAGE, f"{name}: cannot be read: {error.strerror or error}") from error
        for number, line in enumerate(data.split(b"\n"), 1):
            if line.strip():
                out.write(
                    json.dumps(_fragment(kind, line, f"{name}, line {number:,}"), ensure_ascii=False) + "\n"
                )
    return ExitCode.OK


def _fragment(kind: str, line: bytes, place: str) -> Any:
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise RunFailed(ExitCode.USAGE, f"{place}: wanted a JSON object with a `text`")
        return FRAGMENTS[kind](row)
    except ValueError as error:
        raise RunFailed(ExitCode.USAGE, f"{place}: {error}") from error
