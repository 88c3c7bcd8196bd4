"""The words, numbers and marks of a text, folded for matching and with the way back: what the grammars read.

A lexeme is a run of letters, a run of digits, one mark of punctuation or a newline of the `search` text
(`ar-norm`): so one spelling stands for all, digits are ASCII, every quotation mark is `"`, every dash `-`.
Letters and digits that touch (`2015م`, `ب10`) are two lexemes with no space between.
"""

import functools
import unicodedata
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.normalize import fold

__all__ = ["NEWLINE", "Lexemes", "read_lexemes"]

#: What a paragraph ends with.
NEWLINE = "\n"
_SPACE, _LETTER, _DIGIT, _MARK = range(4)


class Lexemes(NamedTuple):
    """Lexeme i is `words[i]` in search form; it stands at `text[starts[i]:ends[i]]` in the original.

    `spaced[i]` tells whether white space stands before it. An end includes the marks (tashkeel) that folding
    drops, and neither blanks nor invisible characters. `at` and `offsets` are for `place`.
    """

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    spaced: list[bool]
    at: list[int]
    offsets: NDArray[np.int64]

    def surface(self, first: int, last: int) -> str:
        """Return the original from lexeme `first` to `last`, inclusive."""
        return self.text[self.starts[first] : self.ends[last]]

    def place(self, index: int, char: int) -> int:
        """Return the code point of the original at which character `char` of lexeme `index` stands."""
        return int(self.offsets[self.at[index] + char])


def read_lexemes(text: str) -> Lexemes:
    """Return the lexemes of any text. Never raises; linear in the length of the text."""
    folded = fold(text, "search")
    if not folded.text:
        return Lexemes(text, [], [], [], [], [], np.array([len(text)], np.int64))
    offsets = np.append(folded.offsets, len(text))
    codes = np.frombuffer(folded.text.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = _classes().take(codes, mode="clip")
    borders = classes == _MARK
    borders[0] = True
    borders[1:] |= classes[1:] != classes[:-1]
    firsts = np.flatnonzero(borders)
    words = classes[firsts] != _SPACE
    at, after = firsts[words], np.append(firsts[1:], codes.size)[words]
    spaced = np.ones(at.size, np.bool_)
    spaced[1:] = at[1:] > after[:-1]
    ends = offsets[after - 1] + 1
    # Marks that folding dropped belong to the word before them; blanks and invisible characters do not.
    nexts = offsets[after]
    for index in np.flatnonzero(nexts != ends).tolist():
        end, least = int(nexts[index]), int(ends[index])
        while end > least and not _belongs(text[end - 1]):
            end -= 1
        ends[index] = max(end, least)  # … is three lexemes in one place
    return Lexemes(
        text=text,
        words=[folded.text[first:last] for first, last in zip(at.tolist(), after.tolist(), strict=True)],
        starts=offsets[at].tolist(),
        ends=ends.tolist(),
        spaced=spaced.tolist(),
        at=at.tolist(),
        offsets=offsets,
    )


@functools.cache
def _classes() -> NDArray[np.uint8]:
    """Return the class of each code point of the BMP; the last entry, a mark, stands for all beyond."""
    return np.array([_class(chr(code)) for code in range(0xFFFF)] + [_MARK], np.uint8)


def _class(char: str) -> int:
    if char in "0123456789":
        return _DIGIT
    if char == NEWLINE:
        return _MARK
    if char.isspace():
        return _SPACE
    return _LETTER if char.isalpha() else _MARK


def _belongs(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc")
