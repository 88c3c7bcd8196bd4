"""Bodies of web answers -> text: what the bytes are, the header says and the document says, weighed."""

import codecs
import re
from typing import NamedTuple

from transforms.core.encoding import SAMPLE_BYTES, detect

__all__ = ["Decoded", "decode_feed", "decode_page"]

_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_IN_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HEAD_BYTES = 4096
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,400}\?>")
#: What a server says without being asked, of whatever it has.
_DEFAULTS = frozenset({"iso8859-1", "cp1252", "ascii"})
#: Text encodings of one byte, and UTF-16: nothing that could unpack or run anything.
_KNOWN = re.compile(r"utf-8|utf-16(?:-[lb]e)?|cp\d{3,4}|iso8859-\d{1,2}|koi8-[rut]|ascii|mac-\w+")


class Decoded(NamedTuple):
    """A text, the codec that gave it, and how many broken bytes became U+FFFD."""

    text: str
    codec: str
    broken: int


def decode_feed(body: bytes, content_type: str) -> Decoded:
    """Return the text of an XML document without its declaration, which spoke of the bytes."""
    declared = _IN_XML.match(body[:_HEAD_BYTES].removeprefix(codecs.BOM_UTF8))
    decoded = _decode(body, content_type, declared)
    return decoded._replace(text=_DECLARATION.sub("", decoded.text, count=1))


def decode_page(body: bytes, content_type: str) -> Decoded:
    """Return the text of an HTML page."""
    return _decode(body, content_type, _IN_PAGE.search(body[:_HEAD_BYTES]))


def _decode(body: bytes, content_type: str, declared: re.Match[bytes] | None) -> Decoded:
    """Weigh the witnesses: byte order mark, valid UTF-8, header, document, looks.

    Valid UTF-8 with letters beyond ASCII is no accident, whatever is said of it. The header comes before the
    document (RFC 7303 3.2), but the defaults of servers (Latin-1) come last.
    """
    found = detect(body[:SAMPLE_BYTES], complete=len(body) <= SAMPLE_BYTES, rule="auto")
    body = body[found.bom_bytes :]
    if found.bom_bytes or found.codec.startswith("utf-16"):
        return _lenient(body, found.codec)
    strict = _strict(body, "utf-8")
    if strict is not None:
        return Decoded(strict, "utf-8", 0)
    if found.codec == "utf-8" and not body[:SAMPLE_BYTES].isascii():
        return _lenient(body, "utf-8")  # letters cut in the middle, not another encoding
    in_header = _IN_HEADER.search(content_type)
    named = [
        _codec("" if in_header is None else in_header[1]),
        _codec("" if declared is None else declared[1].decode("ascii")),
    ]
    for codec in [
        *(name for name in named if name not in _DEFAULTS),
        "" if found.codec == "utf-8" else found.codec,
    ]:
        text = _strict(body, codec) if codec and codec != "utf-8" else None
        if text is not None:
            return Decoded(text, codec, 0)
    if found.codec != "utf-8" and any(name in _DEFAULTS for name in named):
        return _lenient(body, "cp1252")
    return _lenient(body, "utf-8")


def _codec(name: str) -> str:
    """Return Python's name of an encoding, "" for one that is unknown or no encoding of text."""
    try:
        codec = codecs.lookup(name).name if name else ""
    except LookupError:
        return ""
    return codec if _KNOWN.fullmatch(codec) else ""


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _lenient(body: bytes, codec: str) -> Decoded:
    text = body.decode(codec, "replace")
    return Decoded(text, codec, text.count("\ufffd"))
