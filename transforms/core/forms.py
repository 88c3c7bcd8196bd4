"""What form a file has: by its first bytes, then by its name."""

import json
import re

from transforms.core.avro_container import MAGIC

__all__ = ["describe", "extension", "recognise"]

_BY_NAME = {
    "txt": "text",
    "jsonl": "lines",
    "ndjson": "lines",
    "json": "json",
    "csv": "csv",
    "tsv": "csv",
    "xml": "feed",
    "rss": "feed",
    "atom": "feed",
    "avro": "avro",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
}
_FEED = re.compile(r"<(?:\?xml|rss|feed|(?:\w{1,20}:)?rdf|\w{1,20}:feed)\b", re.IGNORECASE)
_PAGE = re.compile(r"(?:<!--.{0,400}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_OBJECTS = re.compile(r"\[\s*[{\]]")
_OBJECT = re.compile(r"\{\s*[\"}]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_MOST_CONTROL = 0.02
_SHOWN = 16
_OTHERS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "Parquet"),
    (b"7z\xbc\xaf", "a 7z archive"),
)


def extension(name: str) -> str:
    """Return the extension of a file name or URI in lower case, without its dot; "" where there is none."""
    return name.rpartition("/")[2].lower().rpartition(".")[2] if "." in name.rpartition("/")[2] else ""


def recognise(ending: str, sample: bytes, text: str) -> str:
    """Return `avro`, `text`, `lines`, `values`, `array`, `csv`, `feed`, `html`, or `unknown`.

    `sample` is the beginning of the file, `text` the same decoded (U+FFFD for what does not decode),
    `ending` the extension.
    """
    if sample.startswith(MAGIC):
        return "avro"
    known = _BY_NAME.get(ending, "")
    if known == "feed" and _PAGE.match(text.lstrip()) and "<html" in text[:4096].lower():
        return "html"  # a page where a feed was asked for
    if known == "json":
        return _json(text.lstrip())
    return known or _sniff(text)


def _json(text: str) -> str:
    if text.startswith("["):
        return "array"
    first, ended, _ = text.partition("\n")
    return "lines" if ended and _is_object(first) else "values"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _sniff(text: str) -> str:
    start = text.lstrip()
    if _OBJECTS.match(start):
        return "array"
    if _OBJECT.match(start):
        return _json(start)
    if _PAGE.match(start):
        return "html"
    if _FEED.match(start):
        return "feed"
    return "text" if text and len(_CONTROL.findall(text)) <= _MOST_CONTROL * len(text) else "unknown"


def describe(sample: bytes, ending: str) -> str:
    """Return in words why a file with these first bytes is read as nothing."""
    for magic, name in _OTHERS:
        if sample.startswith(magic):
            return f"this is {name}; unpack or convert it first"
    shown = sample[:_SHOWN].hex(" ")
    name = f"a name in .{ending}" if ending else "no extension"
    return f"{name} and first bytes {shown}; give it one of: .{', .'.join(_BY_NAME)}"
