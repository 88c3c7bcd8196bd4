"""Items of RSS 2.0, RSS 1.0 and Atom feeds as JSON objects, parsed as the bytes come.

No document type is accepted, so no entity is ever defined or fetched. Depth, the size of an item, the
size of one token and the number of different names are bounded.
"""

import html
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from transforms.core.compression import Source
from transforms.core.errors import ArticleError
from transforms.core.pieces import EXCERPT_BYTES, HEAD_BYTES, Flaw, Found, Piece, flaw, too_large

__all__ = ["FEED_KEYS", "MAX_DEPTH", "read_items"]

#: Deeper nesting is refused; feeds with XHTML inside stay below 40.
MAX_DEPTH = 100
#: The keys of an item's object, all text but `categories`, a list.
FEED_KEYS = (
    "feed",
    "title",
    "link",
    "id",
    "summary",
    "content",
    "author",
    "published",
    "updated",
    "categories",
)

# The parser keeps every name that it has seen; a real feed has some dozens.
_MAX_NAME_CHARS = 256 << 10
_MAX_TITLE_CHARS = 1000
_ROOTS = {"rss": "item", "rdf": "item", "feed": "entry"}
_FIELDS = {
    "title": "title",
    "link": "link",
    "guid": "id",
    "id": "id",
    "description": "summary",
    "summary": "summary",
    "content:encoded": "content",
    "content": "content",
    "author": "author",
    "dc:creator": "author",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "dc:date": "published",
    "updated": "updated",
    "modified": "updated",
    "atom:updated": "updated",
    "dcterms:modified": "updated",
    "category": "categories",
    "dc:subject": "categories",
}
#: Text constructs of Atom, plain unless their type says otherwise; RSS has HTML there by habit.
_CONSTRUCTS = frozenset({"title", "summary", "content"})
_MARKUP_TYPES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_HOST = re.compile(r"https?://([^/?#:@]+)", re.IGNORECASE)
_BLANK_START = re.compile(rb"[ \t\r\n]*+")


def read_items(source: Source, uri: str, encoding: str | None, max_bytes: int) -> Iterator[Found]:
    """Yield the items of a feed as JSON objects with `FEED_KEYS`; `offset` is the 0-based item.

    `encoding` overrides what the document declares. Flaws: `unsafe_xml`, `unknown_form` (another root),
    `bad_xml`, `truncated_file`, `record_too_large` and the source's fault. Text is HTML: plain Atom text
    comes escaped, XHTML re-serialised.
    """
    feed = _Feed(uri, encoding, max_bytes)
    first = True
    for chunk in source.chunks():
        # A blank line before the declaration is a common fault of templates.
        data = chunk[_BLANK_START.match(chunk).end() :] if first else chunk  # type: ignore[union-attr]
        first = False
        error = feed.parse(data, final=False)
        yield from feed.take()
        if error is not None:
            yield error
            return
    if source.fault is not None:
        yield from source.flaws(feed.raw(feed.fed), feed.open_bytes(), feed.items)
        return
    error = feed.parse(b"", final=True)
    yield from feed.take()
    if error is not None:
        yield error


class _Feed:
    """One parse. The item, field and markup that are open are its state."""

    def __init__(self, uri: str, encoding: str | None, max_bytes: int) -> None:
        host = _HOST.match(uri)
        self._feed_title = ""
        self._feed_name = uri.rpartition("/")[2].partition(".")[0] if host is None else host[1]
        self._max_bytes = max_bytes
        self._stack: list[str] = []
        self._prefix = ""
        self._item_tag = ""
        self._names: set[str] = set()
        self._name_chars = 0
        self._item: dict[str, Any] | None = None
        self._item_depth = self._item_start = self._chars = 0
        self._field = ""
        self._field_depth = 0
        self._escape = False
        self._texts = io.StringIO()
        self._done: list[Found] = []
        self.items = 0
        self.fed = 0
        self._data = self._head = b""
        self._quiet = 0
        self._parser = parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.buffer_size = 64 << 10
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.DefaultHandlerExpand = self._other

    def take(self) -> list[Found]:
        """Return what was completed since the last call."""
        done, self._done = self._done, []
        return done

    def open_bytes(self) -> int:
        """Return how many bytes of the item that is open were read."""
        return 0 if self._item is None else self.fed - self._item_start

    def raw(self, end: int) -> bytes:
        """Return the first 64 KiB of the open item, up to the byte `end` of the file."""
        if self._item is None:
            return b""
        base = self.fed - len(self._data)
        if self._item_start >= base:
            return self._data[self._item_start - base : end - base][:HEAD_BYTES]
        return (self._head + self._data[: max(0, end - base)])[:HEAD_BYTES]

    def parse(self, data: bytes, *, final: bool) -> Flaw | None:
        """Feed data to the parser; return the flaw that ends the file, if one does."""
        self._data = data
        self.fed += len(data)
        self._quiet += len(data)
        try:
            self._parser.Parse(data, final)
        except ArticleError as error:
            return flaw(error, self._excerpt(self._parser.CurrentByteIndex), self.items)
        except expat.ExpatError as error:
            reason = "truncated_file" if final else "bad_xml"
            detail = f"line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}"
            return flaw(ArticleError(reason, detail), self._excerpt(self._parser.ErrorByteIndex), self.items)
        except (LookupError, ValueError) as error:  # an encoding that Python lacks or expat cannot use
            return flaw(ArticleError("bad_xml", str(error)), data[:EXCERPT_BYTES], self.items)
        if self._quiet > self._max_bytes:
            detail = f"one tag or comment is larger than {self._max_bytes} bytes"
            return flaw(ArticleError("bad_xml", detail), data[:EXCERPT_BYTES], self.items)
        self._head = self.raw(self.fed)
        return None

    def _excerpt(self, index: int) -> bytes:
        at = index - (self.fed - len(self._data))
        return self._data[max(0, at - EXCERPT_BYTES // 2) : max(0, at) + EXCERPT_BYTES // 2]

    def _doctype(self, name: str, system_id: str | None, *_: Any) -> None:
        detail = f"the XML has <!DOCTYPE {name[:40]}> {(system_id or '')[:80]}".rstrip()
        raise ArticleError("unsafe_xml", f"{detail}; remove it, no feed needs one")

    def _other(self, _: str) -> None:
        self._quiet = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._quiet = 0
        self._stack.append(name)
        self._guard(name, attributes)
        depth = len(self._stack)
        if depth == 1:
            self._root(name)
        tag = name.removeprefix(self._prefix).lower()
        if self._field:
            self._markup(name, attributes)
        elif self._item is not None:
            self._start_field(tag, attributes, depth)
        elif tag == self._item_tag and depth > 1:
            self._item = {"categories": []}
            self._item_depth = depth
            self._item_start = self._parser.CurrentByteIndex
            self._chars = 0
            self._item["id"] = attributes.get("rdf:about", "")
        elif tag == "title" and not self._feed_title and self._parent() in {"channel", "feed"}:
            self._capture("feed", depth)

    def _guard(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._stack) > MAX_DEPTH:
            raise ArticleError(
                "unsafe_xml", f"<{name[:40]}> is nested {MAX_DEPTH + 1} deep, {MAX_DEPTH} are allowed"
            )
        fresh = {name, *attributes} - self._names
        if fresh:
            self._names |= fresh
            self._name_chars += sum(map(len, fresh)) + 8 * len(fresh)
            if self._name_chars > _MAX_NAME_CHARS:
                raise ArticleError(
                    "unsafe_xml", f"{len(self._names)} different tags and attributes are no feed"
                )

    def _root(self, name: str) -> None:
        local = name.rpartition(":")[2].lower()
        if local not in _ROOTS:
            raise ArticleError("unknown_form", f"the XML is a <{name[:40]}>, not <rss>, <rdf:RDF> or <feed>")
        self._item_tag = _ROOTS[local]
        if local == "feed":
            self._prefix = name[: -len(local)]

    def _parent(self) -> str:
        return self._stack[-2].removeprefix(self._prefix).lower()

    def _start_field(self, tag: str, attributes: dict[str, str], depth: int) -> None:
        atom = self._item_tag == "entry"
        if depth == self._item_depth + 2 and tag == "name" and self._parent() == "author":
            self._capture("author", depth)
        if depth != self._item_depth + 1 or (atom and tag == "author"):
            return
        field = _FIELDS.get(tag, "")
        if atom and tag == "link":
            if attributes.get("rel", "alternate") == "alternate":
                self._put("link", attributes.get("href", ""))
        elif atom and tag == "category":
            self._put("categories", attributes.get("label") or attributes.get("term", ""))
        elif field:
            self._capture(field, depth)
            kind = attributes.get("type", "text").lower()
            self._escape = (atom and field in _CONSTRUCTS and kind not in _MARKUP_TYPES) or kind == "xhtml"

    def _capture(self, field: str, depth: int) -> None:
        self._field = field
        self._field_depth = depth
        self._escape = False
        self._texts = io.StringIO()

    def _markup(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        listed = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
        self._add(f"<{local}{listed}>")

    def _add(self, text: str) -> None:
        self._chars += len(text)
        limit = _MAX_TITLE_CHARS if self._field == "feed" else self._max_bytes
        if self._chars <= limit:
            self._texts.write(text)

    def _text(self, text: str) -> None:
        self._quiet = 0
        if self._field:
            inside = len(self._stack) > self._field_depth
            self._add(html.escape(text, quote=False) if self._escape or inside else text)

    def _end(self, name: str) -> None:
        self._quiet = 0
        depth = len(self._stack)
        self._stack.pop()
        if self._field and depth > self._field_depth:
            self._add(f"</{name.rpartition(':')[2]}>")
        elif self._field:
            self._close_field()
        elif self._item is not None and depth == self._item_depth:
            self._close_item(name)

    def _close_field(self) -> None:
        text = self._texts.getvalue().strip()
        if self._field == "feed":
            self._feed_title = text
            self._chars = 0
        else:
            self._put(self._field, text)
        self._field = ""
        self._texts = io.StringIO()

    def _put(self, key: str, value: str) -> None:
        item = self._item
        if item is None or not value:
            return
        if key == "categories":
            item[key].append(value)
        elif key == "id" or not item.get(key):
            item[key] = value

    def _close_item(self, name: str) -> None:
        item = self._item or {}
        end = self._parser.CurrentByteIndex + len(name) + len("</>")
        size = end - self._item_start
        if size > self._max_bytes or self._chars > self._max_bytes:
            self._done.append(too_large(self.raw(end), size, self._max_bytes, self.items))
        else:
            item["feed"] = self._feed_title or self._feed_name
            # A guid is the permanent link unless it says otherwise; many feeds give nothing else.
            if not item.get("link") and item["id"].startswith(("http://", "https://")):
                item["link"] = item["id"]
            row = {key: item.get(key, "") for key in FEED_KEYS}
            payload = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")
            self._done.append(Piece(payload, "utf-8", "feed", self.items))
        self._item = None
        self.items += 1
