"""Web pages taken apart with trafilatura, an extra: `pip install warraq[html]`."""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from transforms.core.pages import (
    Page,
    PageError,
    choose_published,
    clean_author,
    clean_title,
    drop_disclaimers,
    drop_title,
    published_in_json_ld,
)

__all__ = ["can_read_pages", "load_page_reader"]

PageReader = Callable[[str], Page]
#: A page of more code points is no article: taking it apart would take minutes.
_LARGEST = 4_000_000
#: Deeper nesting than any article has.
_MOST_TAGS = 60_000


def can_read_pages() -> bool:
    """Tell whether the extra `html` is installed."""
    return importlib.util.find_spec("trafilatura") is not None


@functools.cache
def load_page_reader() -> PageReader | None:
    """Return what takes pages apart, once per process; None without the extra `html`."""
    if not can_read_pages():
        return None
    trafilatura = importlib.import_module("trafilatura")
    html = importlib.import_module("lxml.html")
    etree = importlib.import_module("lxml.etree")

    def read(text: str) -> Page:
        if len(text) > _LARGEST or text.count("<") > _MOST_TAGS:
            raise PageError(f"{len(text):,} characters with {text.count('<'):,} tags are no article page")
        try:
            tree = html.document_fromstring(
                text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8", huge_tree=False)
            )
        except (etree.LxmlError, ValueError, AssertionError) as error:
            raise PageError(f"the page cannot be parsed: {error}") from error
        try:
            return _page(text, tree, trafilatura)
        except PageError:
            raise
        except Exception as error:  # the library on a hostile page; our own functions do not raise
            raise PageError(f"the page cannot be taken apart: {type(error).__name__}: {error}") from error

    return read


def _page(text: str, tree: Any, trafilatura: Any) -> Page:
    found = trafilatura.bare_extraction(
        text,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        include_images=False,
        include_links=False,
        with_metadata=True,
        deduplicate=False,
    )
    if found is None:
        found = trafilatura.bare_extraction(text, include_comments=False, with_metadata=True)
    if found is None or not (found.text or "").strip():
        raise PageError("no article in the page")
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        metas.setdefault(name, meta.get("content") or "")
    links = [
        link.get("href") or "" for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"
    ]
    url = next(
        (link for link in [*links, metas.get("og:url", ""), found.url or ""] if link.startswith("http")), ""
    )
    scripts = [script.text or "" for script in tree.iter("script") if "ld+json" in (script.get("type") or "")]
    times = [time.get("datetime") or "" for time in tree.iter("time")]
    headings = [heading.text_content() for heading in tree.iter("h1")]
    title = clean_title(metas.get("og:title") or found.title or "", headings)
    return Page(
        title=title,
        body=drop_disclaimers(drop_title(found.text.strip().replace("\n", "\n\n"), title)),
        author=clean_author(found.author),
        published=choose_published(published_in_json_ld(scripts), metas, times, url, found.date or ""),
        url=url,
        source=metas.get("og:site_name") or found.sitename or "",
    )
