"""The fast road of the profiles: one table over the code units, then standing tatweel and white space.

It answers None where a text needs more than that (see `profiles.RARE`): then `repair` does the work.
"""

import html
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyarabic import araby

from transforms.core.composing import compose
from transforms.core.profiles import DELETED, RARE, SEPARATOR, Profile, tables
from transforms.core.units import Traced, choose, collapse, dashes, from_units, map_units

__all__ = ["REFERENCE", "map_batch", "map_text", "read_references", "trace_text", "unescape"]

#: A well-formed character reference; and what may become one when invisible characters go or signs are folded.
#: `&amp;amp;quot;` is read in one go: escaping again and again is what feeds do, and a round each would be quadratic.
_NESTED = re.compile(r"&(?:(?:amp|AMP|#0{0,5}38|#[xX]0{0,4}26);)+")
REFERENCE = re.compile(
    _NESTED.pattern + r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_FEW_ROUNDS = 8
_MAYBE_REFERENCE = re.compile("&[^&;\u061b]*[;\u061b]")
_RARE_CHARACTER = chr(RARE)
_TATWEEL = araby.TATWEEL
_SEPARATOR_CHARACTER = chr(SEPARATOR)


def map_text(text: str, profile: Profile) -> str | None:
    """Return the text in `profile`, None where a table is not enough."""
    prepared = read_references(text, profile)
    if prepared is None:
        return None
    folded = _map(prepared, profile)
    if folded is None:
        # The common causes once more: letters written as one ligature, marks out of order.
        prepared = _written_out(prepared, profile)
        folded = None if prepared is None else _map(prepared, profile)
    return folded


def map_batch(texts: Sequence[str], profile: Profile) -> list[str | None]:
    """Return `map_text` of each text; all go through the table together."""
    prepared = [read_references(text, profile) for text in texts]
    joined = _SEPARATOR_CHARACTER.join([text or "" for text in prepared])
    pieces = _decode(tables(profile).batch.take(_units(joined)), profile, dashed=_TATWEEL in joined)
    folded = pieces.split(_SEPARATOR_CHARACTER)
    if len(folded) != len(texts):  # a text holds the separator, which is no character
        return [map_text(text, profile) for text in texts]
    return [
        _checked(piece, profile) or map_text(text, profile) if ready is not None else None
        for text, ready, piece in zip(texts, prepared, folded, strict=True)
    ]


def trace_text(text: str, profile: Profile) -> Traced | None:
    """Return the text in `profile` with the original place (code point) of each character, or None."""
    if read_references(text, profile) != text:  # the way back is the slow road's business
        return None
    own = tables(profile)
    kept, places = map_units(_units(text), own.fast)
    if (kept == RARE).any():
        return None
    if profile.has_dashes:
        kept, places = choose(*dashes(kept, own.letters), places)
    folded, places = from_units(*choose(*collapse(kept, ends=True), places))
    return (folded, places) if _is_composed(folded, profile) else None


def read_references(text: str, profile: Profile) -> str | None:
    """Return the text with its character references read, None where one may be split by invisible characters."""
    if "&" not in text or not profile.has("entities"):
        return text
    for _ in range(_FEW_ROUNDS):
        read = REFERENCE.sub(_unescape, text)
        if read == text:
            return None if _MAYBE_REFERENCE.search(text) else text
        text = read
    return None


def unescape(reference: str) -> str:
    """Return what a piece that `REFERENCE` found stands for."""
    return "&" if _NESTED.fullmatch(reference) else html.unescape(reference)


def _unescape(match: re.Match[str]) -> str:
    return unescape(match.group())


def _written_out(text: str, profile: Profile) -> str | None:
    """Return the text with ligatures written out and marks in order, None where that changes nothing."""
    own = tables(profile)
    units = _units(text)
    changed = text
    for code in np.unique(units[own.expands.take(units)]).tolist():  # few, so str.replace beats str.translate
        changed = changed.replace(chr(code), own.ligatures.get(code, chr(code)))
    if profile.name == "display":
        changed = compose(changed)
    return None if changed == text else changed


def _map(text: str, profile: Profile) -> str | None:
    mapped = tables(profile).fast.take(_units(text))
    return _checked(_decode(mapped, profile, dashed=_TATWEEL in text), profile)


def _units(text: str) -> NDArray[np.uint16]:
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)


def _decode(mapped: NDArray[np.uint16], profile: Profile, *, dashed: bool) -> str:
    units = mapped[mapped != DELETED]
    if dashed and profile.has_dashes:
        units, stay = dashes(units, tables(profile).letters)
        units = units if stay is None else units[stay]
    units, stay = collapse(units, ends=False)
    return (units if stay is None else units[stay]).tobytes().decode("utf-16-le")


def _checked(folded: str, profile: Profile) -> str | None:
    if _RARE_CHARACTER in folded or not _is_composed(folded, profile):
        return None
    return folded.strip(" \n")


def _is_composed(folded: str, profile: Profile) -> bool:
    # In search and dedup the marks are gone, and the table answers RARE where composing could matter.
    return profile.name != "display" or unicodedata.is_normalized("NFC", folded)
