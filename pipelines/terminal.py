"""Text of unknown origin made safe to show: nothing in the data can steer a terminal or reorder a line."""

import re

__all__ = ["escape_unsafe", "plain", "shorten"]

#: Line ends of any kind and tabs: they become one blank.
_BREAKS = re.compile(r"[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]+")
#: Controls (ESC and C1 CSI among them), bidi embeddings, overrides and isolates, invisible formats, tag letters.
#: The marks that Arabic needs (joiners, U+200E, U+200F, U+061C) stay: they cannot reach beyond their neighbours.
_HIDDEN = r"\x00-\x1f\x7f-\x9f\xad\u180e\u2028-\u202e\u2060-\u2069\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_DROPPED = re.compile(f"[{_HIDDEN}]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED = re.compile(rf"[{_HIDDEN}\ud800-\udfff]")


def plain(text: str) -> str:
    """Return `text` as one harmless line: breaks become a blank, hidden controls go, lone surrogates become U+FFFD."""
    return _SURROGATE.sub("\ufffd", _DROPPED.sub("", _BREAKS.sub(" ", text)))


def shorten(text: str, length: int) -> str:
    """Return `plain(text)`, cut to `length` characters with an ellipsis where it is longer."""
    # Four times the length is enough to see, and spares cleaning a text of megabytes.
    line = plain(text[: 4 * length])
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def escape_unsafe(json_text: str) -> str:
    r"""Return JSON with its hidden characters written as `\uXXXX`: the same value, harmless to print."""
    return _ESCAPED.sub(_unicode_escape, json_text)


def _unicode_escape(found: "re.Match[str]") -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))
