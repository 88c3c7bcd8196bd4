"""What a web page says of its article: fields by meaning, chosen among what the page offers.

The page is taken apart by `transforms.pages` (trafilatura); here are the choices, as pure functions.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from transforms.core.boilerplate import is_disclaimer
from transforms.core.normalize import normalize_text

__all__ = [
    "Page",
    "PageError",
    "choose_published",
    "clean_author",
    "clean_title",
    "drop_title",
    "published_in_json_ld",
]


class PageError(Exception):
    """A page in which no article was found, or that could not be taken apart."""


class Page(NamedTuple):
    """An article of a page. `published` is as the page gives it ("" where it does not), `url` the canonical one or ""."""

    title: str
    body: str
    author: str
    published: str
    url: str
    source: str


#: Names of meta elements that hold the publication time, best first.
META_DATES = (
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "date",
)
_ISO_DAY = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d")
_URL_DAY = re.compile(
    r"/((?:19|20)\d\d)[/-](?:[a-z_]{1,20}/)?(0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|$)"
)
_URL_DAY_GLUED = re.compile(r"/((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{0,12}(?=[/-]|$)")
_ARTICLES = frozenset(
    (
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "blogposting",
        "webpage",
        "report",
        "opinionnewsarticle",
    )
)
_SEPARATORS = (" | ", " - ", " – ", " — ", " :: ", " » ")
_LONGEST_AUTHOR = 80
_LARGEST_JSON = 1 << 19


def published_in_json_ld(scripts: Iterable[str]) -> str:
    """Return `datePublished` of the article in JSON-LD blocks, "" where there is none. Bad blocks are passed over."""
    for script in scripts:
        if len(script) > _LARGEST_JSON or "datePublished" not in script:
            continue
        try:
            value = json.loads(script, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value):
            kinds = node.get("@type", "")
            names = kinds if isinstance(kinds, list) else [kinds]
            date = node.get("datePublished")
            if isinstance(date, str) and any(str(name).lower() in _ARTICLES for name in names):
                return date.strip()
    return ""


def _nodes(value: Any) -> Iterable[Mapping[str, Any]]:
    """Yield the objects of a JSON-LD value, down to its @graph."""
    waiting = [value]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting += node[:100]
        elif isinstance(node, dict):
            yield node
            graph = node.get("@graph")
            if isinstance(graph, list):
                waiting += graph[:100]


def choose_published(
    json_ld: str, metas: Mapping[str, str], times: Sequence[str], url: str, guessed: str
) -> str:
    """Return the publication time of a page: JSON-LD, meta elements, <time>, the URL, then what was guessed.

    `metas` are contents by lower-case name, `times` the `datetime` of <time> elements in order. What does not begin
    with a day is passed over. ISO 8601 as the page has it, with its zone; "" where nothing is known.
    """
    for candidate in (json_ld, *(metas.get(name, "") for name in META_DATES)):
        if _ISO_DAY.match(candidate.strip()):
            return candidate.strip()
    day = _day_of_url(url)
    for candidate in times:
        if _ISO_DAY.match(candidate.strip()):
            return candidate.strip()
    return day or guessed


def _day_of_url(url: str) -> str:
    path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0][:600]
    match = _URL_DAY.search(path) or _URL_DAY_GLUED.search(path)
    return "" if match is None else f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def clean_title(title: str, headings: Sequence[str]) -> str:
    """Return a title without the name of the site: the heading that it holds, or what stands before a last separator."""
    title = " ".join(title.split())
    for heading in headings:
        heading = " ".join(heading.split())
        if len(heading) > 8 and heading in title:
            return heading
    for separator in _SEPARATORS:
        head, found, tail = title.rpartition(separator)
        if found and len(head) > 2 * len(tail):
            return head.strip()
    return title


def clean_author(author: str | None) -> str:
    """Return an author as given, "" where it is an address or a file."""
    author = " ".join((author or "").split())
    bad = (
        not author
        or len(author) > _LONGEST_AUTHOR
        or any(mark in author.lower() for mark in ("http", "www.", "@", ".png", ".jpg", "png"))
    )
    return "" if bad else author


def drop_title(body: str, title: str) -> str:
    """Return a body without its first paragraph, where that is the title again."""
    first, _, rest = body.partition("\n")
    return rest.lstrip("\n") if rest and " ".join(first.split()).strip(" .:") == title.strip(" .:") else body


def drop_disclaimers(body: str) -> str:
    """Return a body without the disclaimers among its last paragraphs."""
    paragraphs = body.split("\n\n")
    while len(paragraphs) > 1 and is_disclaimer(normalize_text(paragraphs[-1], "dedup").split()):
        paragraphs.pop()
    return "\n\n".join(paragraphs)
