"""Arabic text whose bytes were read with a wrong codec: found by structure and by Arabic words, and undone.

Two kinds of damage, each undone with its own proof:

* UTF-8 read as a single-byte codec (`Ø§Ù„`, `ط§ظ„`), also several times over: the characters are taken back to
  bytes, and only runs of two or more well-formed UTF-8 sequences that give Arabic letters are believed. Such runs
  prove themselves, so a text may be damaged in part, hold characters that came in later, or end amid a sequence.
* windows-1256 or ISO-8859-6 read as Western (`ÇáÌíÔ`): every byte is well-formed in both, so the words must show it:
  words wholly of high letters, Arabic letter frequencies, stop words and the article.

Decisions are made line by line (for the second kind: for all doubtful lines together), so clean paragraphs stay as
they are. A text is repaired until nothing more can be, hence repairing twice changes nothing. Time is linear.
"""

import functools
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.letter_pairs import bits_of_proof

__all__ = ["SIGNS", "VERSION", "Repaired", "looks_damaged", "repair"]

#: Raised when what comes out changes; part of the version of the profiles.
VERSION = "mojibake/1"

_Points = NDArray[np.int32]
_Flags = NDArray[np.bool_]

#: What nearly every damaged Arabic word holds and clean Arabic hardly ever does. No low byte of them is one of a
#: frequent character, so that each is looked for at the speed of memchr.
SIGNS = (
    # Ø Ù: first bytes of Arabic letters in UTF-8, read as Western; Ã: the same, twice damaged.
    *("\u00d8", "\u00d9", "\u00c3"),
    # Ç Ñ: alef and reh of both single-byte codecs; á í: lam and yeh of windows-1256; ä æ: noon or lam, waw or noon.
    *("\u00c7", "\u00d1", "\u00e1", "\u00ed", "\u00e4", "\u00e6"),
    # § „ ± ˆ ٹ: second bytes of alef, lam, reh, waw, yeh in UTF-8, read as windows-1256.
    *("\u00a7", "\u201e", "\u00b1", "\u02c6", "\u0679"),
)
#: Rounds of damage undone in one text. One that is not done by then is left alone.
_ROUNDS = 6
_LAST = 0x2200
_LETTER_FIRST, _LETTER_LAST = 0x0621, 0x064A
_REPLACEMENT = 0xFFFD
#: Of the first bytes in a line so many may lack their continuation; more, and too much is lost to repair surely.
_LONE_SHARE = 0.25
#: Characters of windows-1256 beside an Arabic letter that are at home in clean text; they prove no damage.
_AT_HOME = "پٹچژڈگکڑںھ…‹›‘’“”•–—\u200c\u200d\u00a0،«»؛؟\u00ad°·"

#: Characters that may stand among the letters of a damaged line.
_PUNCTUATION = [ord(char) for char in _AT_HOME]
_LEAST_BITS = 10.0
_LEAST_MEAN = 1.0
#: By so many bits the better of two readings must win.
_LEAST_LEAD = 6.0
# Ten words may miss the article and every stop word; thirty do not.
_MANY_WORDS = 30
_KNOWN_SHARE = 0.1
_WORD = re.compile("[\u0621-\u063a\u0641-\u064a]{2,}")
_KNOWN = re.compile(
    "(?:\u0627\u0644[\u0621-\u063a\u0641-\u064a]{2,}"  # ال
    "|من|في|على|إلى|الى|أن|ان|التي|الذي|عن|مع|هذا|هذه|كما|وقد|قال|بعد)"
)


class Repaired(NamedTuple):
    """A repaired text, the way back, and the codecs.

    `offsets[i]` is the code point of the damaged text where the bytes of `text[i]` begin. `path` holds pairs in the
    order of repair: ("cp1256", "utf-8") was UTF-8 read as windows-1256.
    """

    text: str
    offsets: NDArray[np.int64]
    path: tuple[str, ...]


class _Round(NamedTuple):
    points: _Points
    offsets: NDArray[np.int64]
    path: tuple[str, str]
    arabic: bool


def looks_damaged(text: str) -> bool:
    """Return whether a text holds a character that damage brings; False for nearly all clean Arabic, at once.

    Never False where `repair` repairs: that asks here first.
    """
    return not text.isascii() and any(sign in text for sign in SIGNS)


def repair(text: str) -> Repaired | None:
    """Return the text as it was before its bytes were misread; None where it is fine or not surely repairable.

    Total and idempotent: `repair(repair(text).text)` is None. A character whose bytes are partly lost becomes U+FFFD.
    """
    if not looks_damaged(text):
        return None
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)
    offsets: NDArray[np.int64] = np.arange(points.size)
    path: tuple[str, ...] = ()
    best: Repaired | None = None
    for _ in range(_ROUNDS):
        done = _undo_utf8(points, "cp1252") or _undo_utf8(points, "cp1256") or _undo_single_byte(points)
        if done is None:
            return best
        points, offsets, path = done.points, offsets[done.offsets], path + done.path
        if done.arabic:  # what gave no Arabic counts only if a later round does
            best = Repaired(_text(points), offsets, path)
    return None


@functools.cache
def _bytes_of(codec: str) -> NDArray[np.int16]:
    """Return code point -> byte, -1 for what the codec lacks. Controls 80-9F stand for their own bytes too."""
    table = np.full(_LAST + 1, -1, np.int16)
    table[:0xA0] = np.arange(0xA0)
    for byte in range(0x80, 0x100):
        char = bytes([byte]).decode(codec, "replace")
        if char != chr(_REPLACEMENT):
            table[ord(char)] = byte
    return table


@functools.cache
def _proving(codec: str) -> _Flags:
    """Return byte -> whether it is no part of clean text when it continues a sequence."""
    flags = np.ones(256, np.bool_)
    if codec == "cp1256":
        flags[list(_AT_HOME.encode(codec))] = False
    return flags


def _undo_utf8(points: _Points, codec: str) -> _Round | None:
    """Undo one reading of UTF-8 as `codec` (cp1252 stands for latin-1 too) in the lines that prove it."""
    size = points.size
    padded = np.full(size + 3, -1, np.int32)
    padded[:size] = _bytes_of(codec)[np.minimum(points, _LAST)]
    lengths = _sequence_lengths(padded)
    starts = np.flatnonzero(lengths)
    if starts.size < 2:
        return None
    values = _sequence_values(padded, starts, lengths[starts])
    inside = _inside(lengths)

    # Runs of sequences without anything between.
    run = np.cumsum((starts == 0) | ~inside[starts - 1]) - 1
    proving = np.bincount(run, _proving(codec)[padded[starts + 1]]) > 0
    arabic = np.bincount(run, _is_letter(values)) >= 2
    again = np.bincount(run, (values >= 0x80) & (_bytes_of("cp1252")[np.minimum(values, _LAST)] >= 0)) >= 2
    sure = (np.bincount(run) >= 2) & proving & (arabic | again)

    line = np.cumsum(points == ord("\n"))
    lines = int(line[-1]) + 1
    believed = np.bincount(line[starts], sure[run], lines) > 0
    firsts = padded[:size] >= 0xC2
    lone = firsts & (lengths == 0)
    if codec == "cp1252":
        lost = np.bincount(line[lone], minlength=lines) > _LONE_SHARE * np.bincount(
            line[starts], minlength=lines
        )
        believed &= ~lost
        whole = np.bincount(line[lone | _is_letter(points)], minlength=lines) == 0
    else:
        # First bytes are Arabic letters here. Beside other letters only a run that proves itself is undone.
        left_over = _is_letter(points) & ~inside
        left_over[-1] = False
        whole = np.bincount(line[left_over], minlength=lines) == 0
        lone &= whole[line]
    if not believed.any():
        return None
    # A line wholly of sequences and ASCII goes with the others, be it one word or a blank.
    at = line[starts]
    chosen = whole[at] | (believed[at] & proving[run])

    result, keep = points.copy(), np.ones(size, np.bool_)
    undone = starts[chosen]
    result[undone] = values[chosen]
    for place in (1, 2, 3):
        keep[undone[lengths[undone] > place] + place] = False
    _mend_losses(result, keep, padded, lone & believed[line], all_lines=codec == "cp1252")
    offsets = np.flatnonzero(keep)
    if codec == "cp1252":
        consumed = points[~keep]
        controls = int(((consumed >= 0x80) & (consumed < 0xA0)).sum())
        codec = "latin-1" if controls > int((consumed >= 0x100).sum()) else codec
    # Bytes of other double-byte text may look like UTF-8, but come out as letters of every kind.
    mostly = np.count_nonzero((values[chosen] >> 8) == 0x06) * 2 >= np.count_nonzero(chosen)
    return _Round(
        result[offsets], offsets, (codec, "utf-8"), bool(mostly and (chosen & (sure & arabic)[run]).any())
    )


def _sequence_lengths(padded: _Points) -> _Points:
    """Return the length of the well-formed UTF-8 sequence of two or more bytes that begins at each place, else 0."""
    first, second, third, fourth = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    two = (second & ~0x3F) == 0x80
    three = two & ((third & ~0x3F) == 0x80)
    four = three & ((fourth & ~0x3F) == 0x80)
    low = np.select([first == 0xE0, first == 0xF0], [0xA0, 0x90], 0x80)
    high = np.select([first == 0xED, first == 0xF4], [0x9F, 0x8F], 0xBF)
    fits = (second >= low) & (second <= high)
    length = np.zeros(first.size, np.int32)
    length[two & (first >= 0xC2) & (first <= 0xDF)] = 2
    length[three & fits & (first >= 0xE0) & (first <= 0xEF)] = 3
    length[four & fits & (first >= 0xF0) & (first <= 0xF4)] = 4
    return length


def _sequence_values(padded: _Points, starts: NDArray[np.int64], lengths: _Points) -> _Points:
    values = padded[starts] & np.array([0, 0, 0x1F, 0x0F, 0x07], np.int32)[lengths]
    for place in (1, 2, 3):
        longer = lengths > place
        values[longer] = values[longer] << 6 | padded[starts[longer] + place] & 0x3F
    return values


def _inside(lengths: _Points) -> _Flags:
    """Return which places are part of a sequence."""
    inside: _Flags = lengths > 0
    for place in (1, 2, 3):
        inside[place:] |= lengths[:-place] > place
    return inside


def _is_letter(points: _Points) -> _Flags:
    return (points >= _LETTER_FIRST) & (points <= _LETTER_LAST)


def _mend_losses(result: _Points, keep: _Flags, padded: _Points, lone: _Flags, *, all_lines: bool) -> None:
    """Put U+FFFD for a sequence cut off by the text's end, or whose continuation was lost; ٠ for D9 and a blank."""
    size = result.size
    for back in (1, 2, 3):
        place = size - back
        needed = 2 if padded[place] < 0xE0 else 3 if padded[place] < 0xF0 else 4
        if place >= 0 and lone[place] and back < needed and (padded[place + 1 : size] & ~0x3F == 0x80).all():
            result[place] = _REPLACEMENT
            keep[place + 1 :] = False
            break
    if not all_lines:
        return
    places = np.flatnonzero(lone[:-1])
    following = result[places + 1]
    lost = places[(following == _REPLACEMENT) | (following == ord("?"))]
    result[lost] = _REPLACEMENT
    keep[lost + 1] = False
    # A no-break space (the last byte of zero) made a blank, beside another Arabic digit.
    zeros = places[(padded[places] == 0xD9) & (following == ord(" "))]
    beside = np.zeros(zeros.size, np.bool_)
    for place in (zeros - 2, zeros + 2):
        near = result[np.clip(place, 0, size - 1)]
        beside |= (near >= 0x0660) & (near <= 0x0669)
    result[zeros[beside]] = 0x0660
    keep[zeros[beside] + 1] = False


@functools.cache
def _arabic_of(codec: str) -> _Points:
    """Return byte -> code point in an Arabic codec, 0 where it is undefined."""
    chars = bytes(range(256)).decode(codec, "replace")
    return np.array([0 if char == chr(_REPLACEMENT) else ord(char) for char in chars], np.int32)


def _undo_single_byte(points: _Points) -> _Round | None:
    """Undo the reading of windows-1256 or ISO-8859-6 as Western, in all lines of words wholly of high letters."""
    codes = _bytes_of("cp1252")[np.minimum(points, _LAST)]
    high = codes >= 0xC0
    if np.count_nonzero(high) < 3:
        return None
    lower = codes | 0x20
    small = (codes < 0x80) & (lower >= ord("a")) & (lower <= ord("z"))
    in_word = high | small
    before = np.concatenate([[False], in_word[:-1]])
    word = np.cumsum(in_word & ~before)  # number of the last word begun
    count = int(word[-1]) + 1
    mixed = np.bincount(word[small], minlength=count) > 0
    pure_letters = np.bincount(word[high], minlength=count)
    pure_letters[mixed] = 0

    line = np.cumsum(points == ord("\n"))
    lines = int(line[-1]) + 1
    glued = np.bincount(line[high & mixed[word]], minlength=lines)
    pure = np.bincount(line[high & ~mixed[word]], minlength=lines)
    clean = np.bincount(line[_is_letter(points)], minlength=lines)
    doubtful = pure > 2 * glued + clean
    if pure_letters[word[high & doubtful[line]]].max(initial=0) < 3:
        return None
    # Lines without any letter, such as a score with an Arabic comma, go with the others.
    change = (doubtful | ((clean == 0) & (glued == 0)))[line] & (codes >= 0x80)
    evidence = doubtful[line]

    found: list[tuple[float, str, _Points]] = []
    for codec in ("cp1256", "iso8859-6"):
        values = _arabic_of(codec)[np.maximum(codes, 0)]
        mapped = np.where(change & (values > 0), values, points).astype(np.int32)
        strange = (codes[evidence] >= 0x80) & ~np.isin(mapped[evidence], _PUNCTUATION)
        bits = bits_of_proof(mapped[evidence], high[evidence], strange)
        words = _WORD.findall(_text(mapped[evidence]))
        known = sum(1 for one in words if _KNOWN.fullmatch(one))
        if len(words) >= _MANY_WORDS and known < _KNOWN_SHARE * len(words):
            bits = 0.0
        found.append((bits, codec, mapped))
    if (found[0][2][evidence] == found[1][2][evidence]).all():
        del found[1]
    found.sort(reverse=True, key=lambda one: one[0])
    bits, codec, mapped = found[0]
    if bits < max(_LEAST_BITS, _LEAST_MEAN * np.count_nonzero(high & evidence)):
        return None
    if len(found) > 1 and bits < found[1][0] + _LEAST_LEAD:
        return None
    controls = bool(((points >= 0x80) & (points < 0xA0)).any())
    reading = "latin-1" if controls else "cp1252"
    return _Round(mapped, np.arange(points.size), (reading, codec), arabic=True)


def _text(points: _Points) -> str:
    return points.tobytes().decode("utf-32-le", "surrogatepass")
