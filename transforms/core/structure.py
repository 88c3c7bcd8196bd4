"""The parts of an article's text: title, paragraphs, dash-framed sub-heads. All are places in the text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from schemas.elements import Span

__all__ = ["Layout", "lay_out_body", "lay_out_text"]

#: A paragraph is a line. U+001A (substitute) is an old paragraph mark; U+2028/2029 are separators by name.
_LINE = re.compile(r"[^\n\r\x1a\u2028\u2029]+")
#: `– الرقة –`: at most 60 characters between dashes (hyphen, en or em dash, tatweel) at both ends of a line.
#: The inner text neither begins nor ends with a blank, so the pattern has one way to match: linear.
_SUBHEAD = re.compile(r"[-–—ـ]{1,3}[^\S\n]+(?P<head>\S(?:.{0,58}\S)?)[^\S\n]+[-–—ـ]{1,3}")
_BLANKS = " \t\u00a0\u200e\u200f\ufeff"


class Layout(NamedTuple):
    """Where the parts of a text lie, in code points."""

    title: Span
    body_start: int
    paragraphs: tuple[Span, ...]
    subheads: tuple[Span, ...]


def lay_out_text(text: str) -> Layout:
    """Lay out a text file: the first non-blank line is the title, the body begins at the next one."""
    lines = _lines(text, 0)
    title = next(lines, None)
    if title is None:
        return Layout(Span(0, 0), len(text), (), ())
    rest = list(lines)
    body_start = rest[0].start if rest else len(text)
    return Layout(title, body_start, *_split(text, rest))


def lay_out_body(text: str, title_length: int, body_start: int) -> Layout:
    """Lay out a text whose title (its first `title_length` code points) and body are known."""
    return Layout(Span(0, title_length), body_start, *_split(text, list(_lines(text, body_start))))


def _lines(text: str, start: int) -> Iterator[Span]:
    for line in _LINE.finditer(text, start):
        stripped = line.group().strip()
        inner = stripped.strip(_BLANKS)
        if inner:
            first = line.start() + line.group().index(inner)
            yield Span(first, first + len(inner))


def _split(text: str, lines: list[Span]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    paragraphs: list[Span] = []
    subheads: list[Span] = []
    for line in lines:
        found = _SUBHEAD.fullmatch(text, line.start, line.end)
        if found:
            subheads.append(Span(found.start("head"), found.end("head")))
        else:
            paragraphs.append(line)
    return tuple(paragraphs), tuple(subheads)
