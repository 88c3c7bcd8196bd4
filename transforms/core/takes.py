"""Sections and takes of agency items: «رياضي / …», «… / إضافة أولى»."""

import hashlib
from typing import NamedTuple

from schemas.elements import Span
from transforms.core.normalize import dedup_text, normalize_text

__all__ = ["Heading", "read_heading", "story_key"]

_SECTIONS = frozenset(
    normalize_text(
        "عام عامة سياسي سياسية سياسة اقتصادي اقتصاد رياضي رياضة ثقافي ثقافة اجتماعي مجتمع محلي محليات دولي دولية فني فنون علمي علوم"
        " صحي صحة ديني إسلامي أمني عسكري منوعات طقس تقني بيئي سياحي تعليمي برلماني عربي عالمي",
        "search",
    ).split()
)
_ORDINALS = {
    normalize_text(word, "search"): number
    for number, words in enumerate(
        ("أولى", "ثانية", "ثالثة", "رابعة", "خامسة", "سادسة", "سابعة", "ثامنة", "تاسعة", "عاشرة"), 2
    )
    for word in (words, f"ال{words}")
}
_TAKE = frozenset(normalize_text("إضافة اضافة", "search").split())
_LONGEST = 200


class Heading(NamedTuple):
    """The printed section ("" for none), the number of the take (0: none is said), the title without both."""

    section: str
    take: int
    stem: str


def read_heading(text: str, title: Span) -> Heading:
    """Return section, take and stem of a title: `رياضي / فوز المنتخب / إضافة أولى واخيرة` is take 2 of `فوز المنتخب`.

    The first take itself says nothing: a story's takes 2, 3 … share their stem with it.
    """
    parts = [part.strip() for part in text[title.start : min(title.end, title.start + _LONGEST)].split("/")]
    section = ""
    if len(parts) > 1 and normalize_text(parts[0], "search") in _SECTIONS:
        section = parts.pop(0)
    take = 0
    if len(parts) > 1:
        words = normalize_text(parts[-1], "search").split()
        if words and words[0] in _TAKE:
            take = next((_ORDINALS[word] for word in words[1:] if word in _ORDINALS), 2)
            parts.pop()
    return Heading(section, take, " / ".join(parts))


def story_key(source: str, stem: str) -> str:
    """Return what all takes of a story share: 128-bit blake2b of source and folded stem, as hex; "" for an empty stem."""
    folded = dedup_text(stem)
    if not folded:
        return ""
    return hashlib.blake2b(f"{source}\0{folded}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
