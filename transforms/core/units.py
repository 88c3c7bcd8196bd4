"""Texts as arrays of UTF-16 code units: mapping, deleting and collapsing them, with the indexes that stay."""

import numpy as np
from numpy.typing import NDArray
from pyarabic import araby

from transforms.core.profiles import BLANK, DELETED, NEWLINE, SEPARATOR

__all__ = ["Traced", "choose", "collapse", "dashes", "from_units", "map_units", "to_units"]

Units = NDArray[np.uint16]
Indexes = NDArray[np.int64]
#: A text and, for each of its characters, the index in the text that it was made from.
Traced = tuple[str, Indexes]
_TATWEEL = ord(araby.TATWEEL)
_DASH = ord("-")
#: White space between paragraphs is this long at most; longer runs are looked up in another way.
_SHORT_RUN = 6


def to_units(text: str) -> tuple[Units, Indexes]:
    """Return the code units of a text without lone surrogates, and the code point each belongs to."""
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    if units.size == len(text):
        return units, np.arange(units.size)
    return units, np.cumsum((units & 0xFC00) != 0xDC00) - 1


def from_units(units: Units, places: Indexes) -> Traced:
    """Return the text of code units and the place of each code point, given the place of each unit."""
    first_halves = (units & 0xFC00) != 0xDC00
    if not first_halves.all():
        places = places[first_halves]
    return units.tobytes().decode("utf-16-le"), places


def map_units(units: Units, table: Units) -> tuple[Units, Indexes]:
    """Map units through a table of 65,536; return those not deleted and their indexes."""
    mapped = table.take(units)
    kept = np.flatnonzero(mapped != DELETED)
    return mapped.take(kept), kept


def choose(units: Units, stay: NDArray[np.bool_] | None, places: Indexes) -> tuple[Units, Indexes]:
    """Return the units that stay and their places."""
    return (units, places) if stay is None else (units[stay], places[stay])


def dashes(units: Units, letters: NDArray[np.bool_]) -> tuple[Units, NDArray[np.bool_] | None]:
    """Make a dash of each run of tatweel that follows no letter and precedes white space or the end.

    Returns the units and which of them stay (the other tatweel goes), None for all. Marks must be gone before,
    so that what stands before a run is the letter itself. Newsrooms type a standing tatweel as a dash, and
    one after a letter to stretch it or to hold a prefix before a quote.
    """
    places = np.flatnonzero(units == _TATWEEL)
    if not places.size:
        return units, None
    first = np.empty(places.size, bool)
    first[0] = True
    np.not_equal(places[1:], places[:-1] + 1, out=first[1:])
    starts = places[first]
    ends = places[np.append(first[1:], True)] + 1
    after_letter = (starts > 0) & letters[units[starts - 1]]
    following = units[np.minimum(ends, units.size - 1)]
    stands = ~after_letter & ((ends == units.size) | (following <= BLANK) | (following == SEPARATOR))
    changed = units.copy()
    changed[starts[stands]] = _DASH
    return changed, changed != _TATWEEL


def collapse(units: Units, *, ends: bool) -> tuple[Units, NDArray[np.bool_] | None]:
    """Find the white space to drop: each run becomes one newline if it holds one, else one blank.

    Returns the units (changed where a newline moves to the start of its run) and which of them stay, None for
    all. With `ends`, white space at both ends goes. Everything at or below U+0020 counts as white space.
    """
    white = units <= BLANK
    again = white[1:] & white[:-1]
    stay: NDArray[np.bool_] | None = None
    if again.any():
        stay = np.empty(units.size, bool)
        stay[0] = True
        np.logical_not(again, out=stay[1:])
        newlines = np.flatnonzero(units == NEWLINE)
        newlines = newlines[~stay[newlines]]
        if newlines.size:
            units = units.copy()
            units[_run_starts(newlines, stay)] = NEWLINE
    if ends and units.size and (white[0] or white[-1]):
        stay = np.ones(units.size, bool) if stay is None else stay
        kept = np.flatnonzero(stay)
        stay[0] &= not white[0]
        stay[kept[-1]] &= not white[kept[-1]]
    return units, stay


def _run_starts(places: Indexes, stay: NDArray[np.bool_]) -> Indexes:
    """Return for each place, which follows white space, where that white space begins."""
    starts = places - 1
    for _ in range(_SHORT_RUN):
        inside = ~stay[starts]
        if not inside.any():
            return starts
        starts = starts - inside
    kept = np.flatnonzero(stay)
    return kept[np.searchsorted(kept, places, "right") - 1]
