"""Folding of Arabic spelling for matching: `search` for finding names, `dedup` for comparing bodies.

First profile, `ar-norm/0`. A text is mapped as an array of UTF-16 code units through one table; what the
table deletes is the offset map. Folded text is never stored as the article and never shown.

Rules by code point (sources: the Unicode charts of the blocks Arabic 0600-06FF, Arabic Extended-A 08A0-08FF
and the Arabic Presentation Forms FB50-FDFF, FE70-FEFF; letter classes of pyarabic where they are right):

* marks (tashkeel, Quranic marks, superscript alef) and tatweel are deleted; invisible controls too;
* alef with hamza, madda or wasla -> alef; alef maqsura and the yeh variants, yeh with hamza -> yeh;
  waw with hamza -> waw; teh marbuta -> heh; Persian and Urdu letters -> their Arabic look-alikes;
* presentation forms -> their letters; Arabic-Indic digits -> 0-9; Latin capitals -> small;
* quotes, dashes and Arabic punctuation -> ASCII; kinds of space -> a blank; paragraph marks -> newline.
"""

import dataclasses
import functools
import hashlib
import html
import re
import unicodedata
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyarabic import araby

from transforms.core.settings import setting

__all__ = ["FoldedText", "NormalizeRules", "dedup_text", "fold", "mark_run", "profile_version"]

_DELETE = 0xFFFF
_BLANK = 0x20
_NEWLINE = 0x0A


@dataclasses.dataclass(frozen=True)
class NormalizeRules:
    """Which profile matching uses."""

    profile: str = setting("ar-norm/0", "Version of the normalisation profiles.", choices=("ar-norm/0",))


class FoldedText(NamedTuple):
    """A folded text and the way back: `offsets[i]` is the code point of the original that made `text[i]`."""

    text: str
    offsets: NDArray[np.int64]


def _spread(*ranges: tuple[int, int]) -> list[int]:
    return [code for first, last in ranges for code in range(first, last + 1)]


#: Marks above and below letters. pyarabic's DIACRITICS, and the newer blocks it does not know.
_MARKS = sorted(
    {ord(mark) for mark in araby.DIACRITICS}
    | set(
        _spread(
            (0x0610, 0x061A),
            (0x064B, 0x065F),
            (0x0670, 0x0670),
            (0x06D6, 0x06DC),
            (0x06DF, 0x06E8),
            (0x06EA, 0x06ED),
            (0x08CA, 0x08E1),
            (0x08E3, 0x08FF),
        )
    )
)
#: Controls and formats that nobody sees: C0 and C1 but for the spaces, bidi controls, joiners, BOM.
_INVISIBLE = _spread(
    (0x0000, 0x0008),
    (0x000E, 0x0019),
    (0x001B, 0x001F),
    (0x007F, 0x0084),
    (0x0086, 0x009F),
    (0x00AD, 0x00AD),
    (0x061C, 0x061C),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2060),
    (0x2066, 0x2069),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
)
_SPACES = [0x09, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
#: Substitute (an old paragraph mark of newsroom systems), carriage return, line and paragraph separators.
_PARAGRAPHS = [0x1A, 0x0D, 0x2028, 0x2029]
#: Letter -> the letter it is folded to.
_LETTERS = {
    0x0627: [0x0622, 0x0623, 0x0625, 0x0671, 0x0672, 0x0673, 0x0675],  # alef
    0x064A: [0x0626, 0x0649, 0x06CC, 0x06CD, 0x06D0, 0x06D2, 0x06D3],  # yeh
    0x0648: [0x0624],  # waw
    0x0647: [0x0629, 0x06BE, 0x06C0, 0x06C1, 0x06C2, 0x06C3, 0x06D5],  # heh
    0x0643: [0x06A9, 0x06AA, 0x06AB, 0x06AD, 0x06AF, 0x0763],  # kaf
    0x0628: [0x067E],  # beh for peh
    0x062C: [0x0686],  # jeem for tcheh
    0x0632: [0x0698],  # zain for jeh
    0x0641: [0x06A4],  # feh for veh
    0x0642: [0x06A8],  # qaf for qaf with three dots
}
_PUNCTUATION = {
    ord('"'): [0x00AB, 0x00BB, 0x2039, 0x203A, 0x201C, 0x201D, 0x201E, 0x201F, 0x2033, 0x3003],
    ord("'"): [0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x02BC],
    ord("-"): [*range(0x2010, 0x2016), 0x2212],
    ord(","): [0x060C, 0x066C],
    ord(";"): [0x061B],
    ord("?"): [0x061F],
    ord("."): [0x066B],
    ord("%"): [0x066A],
}
#: What stands for several letters: the ligatures and the ellipsis; handled before the table.
_LONG_FORMS = {0x2026: "...", 0xFDFC: "ريال", 0xFDFD: "بسم الله الرحمن الرحيم"}


def _presentation(code: int) -> str | None:
    """Return the letters of a presentation form: NFKC of that code point, without the blank it adds to marks."""
    if not (0xFB50 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFC) or code in (0xFD3E, 0xFD3F):
        return None
    letters = unicodedata.normalize("NFKC", chr(code))
    return None if letters == chr(code) else letters.strip()


@functools.cache
def _tables() -> tuple[NDArray[np.uint16], NDArray[np.uint16], dict[str, str]]:
    """Return the search table, the dedup table (both over 65,536 code units) and the expanding characters."""
    search = np.arange(0x10000, dtype=np.uint16)
    for target, codes in (*_LETTERS.items(), *_PUNCTUATION.items()):
        search[codes] = target
    search[[*_MARKS, *_INVISIBLE, 0x0640]] = _DELETE
    search[_SPACES] = _BLANK
    search[_PARAGRAPHS] = _NEWLINE
    for digit in range(10):
        search[[0x0660 + digit, 0x06F0 + digit]] = ord("0") + digit
    expanding = {chr(code): letters for code, letters in _LONG_FORMS.items()}
    for code in range(0xFB50, 0xFEFD):
        letters = expanding.get(chr(code)) or _presentation(code)
        if letters is None:
            continue
        if len(letters) == 1:
            search[code] = search[ord(letters)]
        else:
            expanding[chr(code)] = letters
    for code in range(0x80, 0xD800):
        small = chr(code).lower()
        if search[code] == code and len(small) == 1 and ord(small) < 0x10000:
            search[code] = ord(small)
    search[ord("A") : ord("Z") + 1] = np.arange(ord("a"), ord("z") + 1)
    words = np.array([chr(code).isalnum() for code in range(0x10000)])
    words[0xD800:0xE000] = True  # letters and emoji beyond the BMP stay, unfolded
    dedup = np.where((search != _DELETE) & ~words[search], np.uint16(_BLANK), search)
    return search, dedup, expanding


@functools.cache
def profile_version() -> str:
    """Return the profile's version with the hash of its tables, so that no change of rules goes unseen."""
    search, dedup, expanding = _tables()
    digest = hashlib.sha256(
        search.tobytes() + dedup.tobytes() + repr(sorted(expanding.items())).encode("utf-8")
    )
    return f"ar-norm/0+sha256:{digest.hexdigest()[:16]}"


@functools.cache
def _rare() -> re.Pattern[str]:
    """Return a pattern for what the table cannot do: well-formed character references, expanding characters, U+FFFF, lone surrogates."""
    expanding = "".join(map(re.escape, _tables()[2]))
    return re.compile(
        rf"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});|[{expanding}\uffff\ud800-\udfff]"
    )


def _replacement(found: str) -> str:
    if found.startswith("&"):
        letters = html.unescape(found)
        return "".join(_replacement(letter) for letter in letters) if letters != found else found
    if found == "\uffff" or "\ud800" <= found <= "\udfff":
        return " "
    return _tables()[2].get(found, found)


def _rewrite(text: str) -> tuple[str, NDArray[np.int64] | None]:
    """Replace what the table cannot; return the text and, if anything changed, the original place of each character."""
    pieces: list[str] = []
    places: list[NDArray[np.int64]] = []
    end = 0
    for match in _rare().finditer(text):
        replacement = _replacement(match.group())
        pieces += [text[end : match.start()], replacement]
        places += [np.arange(end, match.start()), np.full(len(replacement), match.start())]
        end = match.end()
    if not pieces:
        return text, None
    return "".join([*pieces, text[end:]]), np.concatenate([*places, np.arange(end, len(text))])


def fold(text: str, profile: str = "search") -> FoldedText:
    """Return the `search` or `dedup` form of any text, with the original place (code point) of each character.

    `search` keeps punctuation and paragraphs; `dedup` keeps the words, one blank apart, and is "" where no
    word is left. Total: never raises on any text. No longer than the input but for references and ligatures.
    """
    rewritten, places = _rewrite(text)
    units, kept = _map(rewritten, profile)
    offsets: NDArray[np.int64] = kept
    if len(rewritten) != units.size:  # surrogate pairs: two units are one code point
        low_halves = (np.frombuffer(rewritten.encode("utf-16-le"), np.uint16) & 0xFC00) == 0xDC00
        offsets = (np.cumsum(~low_halves) - 1)[kept[(units[kept] & 0xFC00) != 0xDC00]]
    if places is not None:
        offsets = places[offsets]
    return FoldedText(units[kept].tobytes().decode("utf-16-le"), offsets)


def dedup_text(text: str) -> str:
    """Return the `dedup` form alone: `fold(text, "dedup").text`, without the way back."""
    units, kept = _map(_rewrite(text)[0], "dedup")
    return units[kept].tobytes().decode("utf-16-le")


def _map(text: str, profile: str) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Return the mapped UTF-16 code units of a text without rare characters, and the indexes of those to keep."""
    search, dedup, _ = _tables()
    units = (dedup if profile == "dedup" else search)[np.frombuffer(text.encode("utf-16-le"), np.uint16)]
    kept = np.flatnonzero(units != _DELETE)
    if profile == "dedup" and kept.size:
        blank = units[kept] == _BLANK
        after_blank = np.empty_like(blank)
        after_blank[0] = True
        after_blank[1:] = blank[:-1]
        kept = kept[~(blank & after_blank)]
        if kept.size and units[kept[-1]] == _BLANK:
            kept = kept[:-1]
    return units, kept


@functools.cache
def mark_run() -> re.Pattern[str]:
    """Return a pattern for a run of what `search` deletes after a letter: marks and tatweel."""
    return re.compile(f"[{''.join(map(chr, _MARKS))}\u0640]*")
