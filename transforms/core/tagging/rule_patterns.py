r"""Regular expressions of the user's rules: RE2, which is linear in the text whatever the pattern (Cox 2010).

By default a pattern is matched with the `search` text, whatever the letter case: marks are gone, variants of a
letter, digits and punctuation are one. Arabic letters in the pattern are folded alike, so it may be written as
newspapers write. `exact` patterns are matched with the original. Neither reaches over the end of a line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import re2
from numpy.typing import NDArray

from transforms.core.normalize import fold, normalize_text
from transforms.core.profiles import SEARCH
from transforms.core.tagging.words import Words

__all__ = ["Found", "Pattern", "fold_pattern"]

_VALUE = "value"
_MAX_PATTERN = 1000
_TATWEEL = "\u0640"
_ASCII = 0x80
_WRITTEN_AS_NUMBER = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")


class Found(NamedTuple):
    """A match: half-open, in code units of `Words.joined`, and in code points of the text itself."""

    start: int
    end: int
    original: tuple[int, int]


def fold_pattern(pattern: str) -> str:
    """Return a pattern with its letters folded like the `search` text.

    Raises ValueError for characters that the folded text never has: marks, tatweel, ligatures.
    """
    for code in _WRITTEN_AS_NUMBER.finditer(pattern):
        number = int(code.group(1) or code.group(2), 16)
        if number >= _ASCII and (number > 0x10FFFF or normalize_text(chr(number)) != chr(number)):
            raise ValueError(f"{code.group()} is not in the folded text; write the letter itself")
    return "".join(char if char < "\x80" else _fold(char) for char in pattern)


def _fold(char: str) -> str:
    folded = normalize_text(char)
    if len(folded) != 1 or char == _TATWEEL:
        raise ValueError(
            f"U+{ord(char):04X} is not in the folded text, which has no marks, no tatweel and no ligatures; "
            "leave it out, or write `exact: true`"
        )
    # The Arabic question mark becomes "?", which would mean something else here.
    return folded if folded.isalnum() or folded >= "\x80" else "\\" + folded


class Pattern:
    """A compiled pattern. Not picklable: make it where it is used."""

    def __init__(self, pattern: str, *, exact: bool) -> None:
        """Take a pattern, folded by `fold_pattern` unless `exact`.

        Raises ValueError for what RE2 does not take, for what matches nothing, and for what grows too large.
        """
        if len(pattern) > _MAX_PATTERN:
            raise ValueError(f"longer than {_MAX_PATTERN:,} characters")
        options = re2.Options()
        options.log_errors = False
        options.never_nl = True
        options.case_sensitive = exact
        try:
            self._regexp = re2.compile(pattern.encode("utf-8"), options)
        except UnicodeEncodeError as error:
            raise ValueError("holds half of a surrogate pair, which is no character") from error
        except re2.error as error:
            raise ValueError(_message(error)) from error
        if self._regexp.search(b"") is not None:
            raise ValueError("matches the empty text, so it would match everywhere")
        self._group = self._regexp.groupindex.get(_VALUE.encode(), 0)
        self._exact = exact

    def find(self, words: Words, number: int) -> Iterator[Found]:
        """Yield the matches in text `number` from left to right: the group `value`, or all of it; blanks around it cut off."""
        text = words.texts[number] if self._exact else words.folded[number]
        data = text.encode("utf-8", "replace")  # half a surrogate pair becomes one "?", so places stay
        places: NDArray[np.int64] | None = None
        first = int(words.firsts[number])
        for match in self._regexp.finditer(data):
            start, end = match.span(self._group)
            if start < 0:
                start, end = match.span()
            if places is None:
                begins = (np.frombuffer(data, np.uint8) & 0xC0) != 0x80
                places = np.concatenate(([0], np.cumsum(begins)))
            low, high = int(places[start]), int(places[end])
            surface = text[low:high]
            low += len(surface) - len(surface.lstrip())
            high -= len(surface) - len(surface.rstrip())
            if low >= high:
                continue
            if self._exact:
                offsets = _offsets(words, number)
                begin, finish = np.searchsorted(offsets, (low, high)).tolist()
                yield Found(first + begin, first + finish, (low, high))
            else:
                yield Found(first + low, first + high, words.span(number, first + low, first + high))


def _offsets(words: Words, number: int) -> NDArray[np.int64]:
    way = words.ways.get(number)
    if way is None:
        way = words.ways[number] = fold(words.texts[number], SEARCH)
    return way.offsets


def _message(error: re2.error) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
