"""Round-ups: several stories under one title; and texts that end in the middle."""

from collections.abc import Sequence

from schemas.elements import Span
from transforms.core.lexemes import Lexemes
from transforms.core.normalize import normalize_text

__all__ = ["find_briefs", "is_truncated"]

_TITLES = frozenset(
    normalize_text(
        "موجز باختصار متفرقات مختصرات إيجاز أخبار_قصيرة عناوين برقيات لقطات قصاصات", "search"
    ).split()
)
_TITLE_PHRASES = tuple(
    normalize_text(phrase, "search")
    for phrase in (
        "أخبار قصيرة",
        "أخبار موجزة",
        "موجز الأخبار",
        "أخبار متفرقة",
        "حول العالم",
        "أخبار سريعة",
        "في سطور",
    )
)
_BULLETS = frozenset("•●▪◆*")
_FEWEST = 2
_ENDS = ("…", "...", "..", "[…]", "(…)")


def find_briefs(
    lexemes: Lexemes, title: Span, body_start: int, paragraphs: Sequence[Span]
) -> tuple[tuple[int, int], ...]:
    """Return the places of the stories of a round-up, () for an ordinary article.

    A round-up says so in its title (موجز), and its stories begin with bullets or, where there are none, are its
    paragraphs.
    """
    text = lexemes.text
    heading = normalize_text(text[title.start : min(title.end, title.start + 200)], "dedup")
    if not _TITLES.intersection(heading.split()[:4]) and not any(
        phrase in heading for phrase in _TITLE_PHRASES
    ):
        return ()
    starts = [span.start for span in paragraphs if text[span.start] in _BULLETS]
    if not starts:
        starts = [
            start
            for word, start in zip(lexemes.words, lexemes.starts, strict=True)
            if start >= body_start and word in _BULLETS
        ]
    if len(starts) >= _FEWEST and paragraphs:
        end = paragraphs[-1].end
        return tuple(zip(starts, [*starts[1:], end], strict=True))
    return tuple((span.start, span.end) for span in paragraphs) if len(paragraphs) >= _FEWEST else ()


def is_truncated(text: str) -> bool:
    """Tell whether a text ends with an ellipsis: a teaser, or cut by the feed."""
    return text[-200:].rstrip().endswith(_ENDS)
