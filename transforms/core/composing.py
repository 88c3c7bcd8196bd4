"""Canonical composition (NFC) of the characters that the frozen table knows, and of no newer ones.

Python's `unicodedata` composes by its own version of Unicode. Here only runs of characters that composed or
moved in the frozen version are handed to it, and for these Unicode promises that nothing ever changes.
"""

import functools
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.norm_table import COMPOSING
from transforms.core.profiles import code_points

__all__ = ["Found", "compose", "compose_run", "composing_runs"]

_LONG_RUN = 32


class Found(NamedTuple):
    """A piece of a text to be replaced; answers as a regular expression's match does."""

    start: int
    stop: int
    piece: str

    def group(self) -> str:
        """Return the piece."""
        return self.piece

    def span(self) -> tuple[int, int]:
        """Return where it stands."""
        return self.start, self.stop


@functools.cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return tables over code units: may it compose or move; and must it be looked at even alone.

    A vowel mark of Arabic after a letter is in place; only beside another mark may it have to move.
    """
    composing = np.zeros(0x10000, bool)
    composing[[code for code in code_points(COMPOSING) if code < 0x10000]] = True
    composing[0xD800:0xE000] = True  # beyond the BMP: left to the normaliser
    alone = composing.copy()
    alone[[*range(0x064B, 0x0653), 0x0670]] = False
    return composing, alone


def compose(text: str) -> str:
    """Return the text composed (NFC) where the frozen table knows how; texts without lone surrogates only."""
    if unicodedata.is_normalized("NFC", text):
        return text
    pieces: list[str] = []
    end = 0
    for run in composing_runs(text):
        pieces += [text[end : run.start], compose_run(run.piece)]
        end = run.stop
    return "".join([*pieces, text[end:]])


def compose_run(piece: str) -> str:
    """Return the NFC of a run. A long run of marks is sorted first: Python's own sort of them is quadratic."""
    if len(piece) > _LONG_RUN:
        classes = [unicodedata.combining(char) for char in piece]
        ordered: list[str] = []
        start = 0
        for stop in [*(place for place, kind in enumerate(classes) if not kind), len(piece)]:
            marks = sorted(range(start, stop), key=classes.__getitem__)
            ordered += [piece[place] for place in marks] + [piece[stop : stop + 1]]
            start = stop + 1
        piece = "".join(ordered)
    return unicodedata.normalize("NFC", piece)


def composing_runs(text: str) -> Iterator[Found]:
    """Find each run of composing characters that is worth a look, with the character before it."""
    composing, alone = _tables()
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    units = np.where(points < 0x10000, points, 0xD800)
    flags = composing[units]
    worth = alone[units]
    worth[1:] |= flags[1:] & flags[:-1]
    last = 0
    for place in np.flatnonzero(worth).tolist():
        if place < last:
            continue
        start, last = place, place + 1
        while start > 0 and flags[start]:
            start -= 1
        while last < len(text) and flags[last]:
            last += 1
        yield Found(start, last, text[start:last])
