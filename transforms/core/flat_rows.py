"""Elements as flat rows, for whatever holds columns: Beam rows, data frames, CSV, SQL.

A value of a row is a text, a number, a truth value, None or a list of texts. Times are ISO 8601 in UTC where they are for
people (`published`), and microseconds where a row is an element's own (`event_us`). An `Origin` is three columns, `uri`,
`index` and `offset` (`parent_uri` and so on for `parent_origin`); bytes are base64.
"""

import base64
import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from schemas.avro import event_date
from schemas.elements import Article, NormalizedArticle, Origin, Tag, TaggedArticle
from schemas.news import DateMention, Figure, Quote
from transforms.core.times import iso_utc

__all__ = ["ARTICLE", "VIEWS", "Columns", "View", "columns_of", "element_of", "flat_article", "flat_row"]

#: Name and type of each column: str, int, float, bool, one of these or None, or Sequence[str].
Columns = dict[str, Any]
Row = dict[str, Any]

_TEXTS = Sequence[str]
#: Columns of an article. The lists of names are canonical ones, each once, in the order of the tags.
ARTICLE: Columns = {
    "article_id": str,
    "source": str,
    "url": str,
    "title": str,
    "text": str,
    "display": str | None,
    "author": str,
    "published": str | None,
    "crawled": str | None,
    "event_date": str | None,
    "language": str,
    "section": str,
    "authors": _TEXTS,
    "cities": _TEXTS,
    "agencies": _TEXTS,
    "topics": _TEXTS,
    "places": _TEXTS,
    "persons": _TEXTS,
    "organisations": _TEXTS,
    "keyphrases": _TEXTS,
    "countries": _TEXTS,
    "tags": _TEXTS,
    "flags": _TEXTS,
    "uri": str,
    "index": int,
    "offset": int,
}
#: The column of each kind of tag; `tags` has all of them, those of your own rules too, as `kind:name`.
_KINDS = {
    "topics": "topic",
    "places": "place",
    "persons": "person",
    "organisations": "organisation",
    "keyphrases": "keyphrase",
}
AnyArticle = Article | NormalizedArticle | TaggedArticle


def flat_article(article: AnyArticle) -> Row:
    """Return an article as a row of the columns `ARTICLE`; one that is not tagged (yet) has no names."""
    own, tags = _parts(article)
    byline = own.news.byline
    return {
        "article_id": own.article_id,
        "source": own.source,
        "url": own.url,
        "title": own.title_text,
        "text": own.text,
        "display": own.display,
        "author": own.author,
        "published": _iso(own.published_us),
        "crawled": _iso(own.crawled_us),
        "event_date": None if own.event_us is None else event_date(own.event_us),
        "language": own.language,
        "section": own.news.section,
        "authors": list(byline.authors),
        "cities": list(byline.cities),
        "agencies": list(byline.agencies),
        **{
            column: _once(tag.canonical for tag in tags if tag.kind == kind)
            for column, kind in _KINDS.items()
        },
        "countries": _once(tag.country for tag in tags if tag.country),
        "tags": _once(f"{tag.kind}:{tag.canonical}" for tag in tags),
        "flags": list(own.flags),
        **own.origin._asdict(),
    }


def _parts(article: AnyArticle) -> tuple[Article, tuple[Tag, ...]]:
    if isinstance(article, TaggedArticle):
        return article.article.article, article.tags
    return article.article if isinstance(article, NormalizedArticle) else article, ()


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _iso(us: int | None) -> str | None:
    return None if us is None else iso_utc(us)


@dataclasses.dataclass(frozen=True)
class View:
    """A way to make rows of an article: the columns, and a function that gives the rows."""

    columns: Columns
    rows: Callable[[AnyArticle], list[Row]]


def _tags(article: AnyArticle) -> list[Row]:
    own, tags = _parts(article)
    return [{"article_id": own.article_id, **flat_row(tag)} for tag in tags]


def _mentions(field: str) -> Callable[[AnyArticle], list[Row]]:
    def rows(article: AnyArticle) -> list[Row]:
        own, _ = _parts(article)
        return [
            {
                "article_id": own.article_id,
                "text": own.text[mention.start : mention.end],
                **mention._asdict(),
            }
            for mention in getattr(own.news, field)
        ]

    return rows


def _mention_columns(mention: type) -> Columns:
    return {"article_id": str, "text": str, **typing.get_type_hints(mention)}


def columns_of(element: type) -> Columns:
    """Return the columns of an element whose fields are plain (Tag, Duplicate, Relation, DeadLetter, Filtered, InputFile …)."""
    columns: Columns = {}
    for name, hint in typing.get_type_hints(element).items():
        if hint is Origin:
            columns |= {_within(name, part): kind for part, kind in typing.get_type_hints(Origin).items()}
        elif hint is bytes:
            columns |= {name: str, f"{name}_base64": str}
        else:
            columns[name] = _TEXTS if typing.get_origin(hint) is tuple else hint
    return columns


def _within(name: str, part: str) -> str:
    """Return the column of a part of an origin: `uri` of `origin`, `parent_uri` of `parent_origin`."""
    return name.removesuffix("origin") + part


def flat_row(element: Any) -> Row:
    """Return an element as a row of `columns_of` its type. Bytes stand there twice: as text for eyes, and whole as base64."""
    row: Row = {}
    for field in dataclasses.fields(element):
        name, value = field.name, getattr(element, field.name)
        if isinstance(value, Origin):
            row |= {_within(name, part): inner for part, inner in value._asdict().items()}
        elif isinstance(value, bytes):
            row[name] = value.decode("utf-8", "replace")
            row[f"{name}_base64"] = base64.b64encode(value).decode("ascii")
        else:
            row[name] = list(value) if isinstance(value, tuple) else value
    return row


def element_of(element: type, row: Mapping[str, Any]) -> Any:
    """Return the element that `flat_row` made a row of; other columns are passed over. Raises KeyError for one that lacks."""
    values: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(element).items():
        if hint is Origin:
            values[name] = Origin(*(row[_within(name, part)] for part in Origin._fields))
        elif hint is bytes:
            values[name] = base64.b64decode(row[f"{name}_base64"])
        else:
            values[name] = tuple(row[name]) if typing.get_origin(hint) is tuple else row[name]
    return element(**values)


#: What rows can be made of articles, by name.
VIEWS = {
    "articles": View(ARTICLE, lambda article: [flat_article(article)]),
    "tags": View({"article_id": str, **columns_of(Tag)}, _tags),
    "dates": View(_mention_columns(DateMention), _mentions("dates")),
    "figures": View(_mention_columns(Figure), _mentions("figures")),
    "quotes": View(_mention_columns(Quote), _mentions("quotes")),
}
