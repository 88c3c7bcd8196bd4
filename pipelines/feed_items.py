"""A feed's document -> its items, each with a name by which it is remembered and a fingerprint of what it says."""

import dataclasses
import hashlib
import io
import json
import re
import urllib.parse
from typing import Any, NamedTuple

from transforms.core.compression import Source
from transforms.core.errors import ArticleError
from transforms.core.feeds import read_items
from transforms.core.mapping import READY_MAPS, apply_map
from transforms.core.markup import html_to_text
from transforms.core.pieces import Flaw, Piece
from transforms.core.times import iso_utc, parse_time

__all__ = ["FeedContent", "FeedItem", "iso_time", "item_row", "read_feed"]

_DIGEST_BYTES = 16
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_BLANK = re.compile(r"\s+")
#: What of an item is its content. Times are left out: many sites renew them with every request.
_CONTENT = ("title", "link", "summary", "content", "author", "categories")


@dataclasses.dataclass(frozen=True)
class FeedItem:
    """One item. `key` names it within its feed, `version` what it says (16 bytes each); texts are plain text.

    `published` is as the feed has it, "" where it has none. `body_from` tells where `body` is from: feed or page.
    """

    key: bytes
    version: bytes
    guid: str
    url: str
    title: str
    body: str
    author: str
    published: str
    categories: tuple[str, ...]
    feed_title: str
    body_from: str = "feed"


class FeedContent(NamedTuple):
    """The items in document order, what was refused of the document (reason, detail), and whether it was read whole."""

    items: list[FeedItem]
    faults: list[tuple[str, str]]
    complete: bool


def read_feed(text: str, url: str, max_record_bytes: int) -> FeedContent:
    """Return the items of an RSS or Atom document; never raises, whatever the text.

    A fault of one item (too large) leaves the rest; a fault of the document (not XML, unsafe XML, cut) ends it,
    and what came before is returned. Of items that are twice the same in all the first counts.
    """
    if not text.lstrip().startswith("<") or _PAGE.match(text):
        return FeedContent([], [("not_a_feed", f"begins with {text.lstrip()[:60]!r}")], complete=False)
    data = text.encode("utf-8", "replace")
    source = Source(io.BytesIO(data), "", len(data), 1)
    items: dict[tuple[bytes, bytes], FeedItem] = {}
    faults: list[tuple[str, str]] = []
    complete = True
    for found in read_items(source, url, "utf-8", max_record_bytes):
        if isinstance(found, Piece):
            item = _item(json.loads(found.payload), url)
            items.setdefault((item.key, item.version), item)
        elif isinstance(found, Flaw):
            faults.append((found.reason, found.detail))
            complete = complete and found.reason == "record_too_large"
    return FeedContent(list(items.values()), faults, complete)


def _item(row: dict[str, Any], feed_url: str) -> FeedItem:
    try:
        fields = apply_map(row, READY_MAPS["feed"])
        body, published = fields.body, fields.published
    except ArticleError:  # half a surrogate pair: nothing that XML can hold, but never the end of a feed
        body, published = "", ""
    title = _BLANK.sub(" ", html_to_text(row["title"])).strip()
    link = _absolute(feed_url, row["link"])
    plain = html_to_text(body)
    content = [row[name] for name in _CONTENT]
    # Mark-up holds what changes with every request (addresses of pictures, counters); what it says is compared.
    said = [html_to_text(value) if name in {"summary", "content", "title"} else value
            for name, value in zip(_CONTENT, content, strict=True)]  # fmt: skip
    version = _digest(said)
    return FeedItem(
        key=_digest([row["id"] or link or title or plain]),
        version=version,
        guid=row["id"],
        url=link,
        title=title,
        body=plain,
        author=html_to_text(row["author"]).strip(),
        published=str(published or ""),
        categories=tuple(row["categories"]),
        feed_title=html_to_text(row["feed"]).strip(),
    )


def _digest(value: Any) -> bytes:
    data = json.dumps(value, ensure_ascii=True).encode()
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()


def _absolute(base: str, link: str) -> str:
    if not link or link.startswith(("http://", "https://")):
        return link
    try:
        return urllib.parse.urljoin(base, link)
    except ValueError:
        return link


def iso_time(published: str) -> str:
    """Return a publication time as ISO 8601 in UTC; "" where it cannot be read or has no zone."""
    try:
        time = parse_time(published, "UTC")
    except ValueError:
        return ""
    if time.zone_assumed:
        return ""
    return iso_utc(time.us)


def item_row(item: FeedItem, feed_id: str, source: str, crawled: str) -> dict[str, Any]:
    """Return what is sent of an item: a JSON object whose keys the field map `warraq` reads.

    `source` is the outlet's name, the title of the feed where it is ""; `crawled` is ISO 8601.
    """
    return {
        "title": item.title,
        "body": item.body,
        "source": source or item.feed_title,
        "url": item.url,
        "author": item.author,
        "published": item.published or None,
        "crawled": crawled,
        "feed_id": feed_id,
        "guid": item.guid,
        "categories": list(item.categories),
        "body_from": item.body_from,
    }
