"""Lengths of time: a number and a unit, with the approximation before them; ISO 8601."""

from transforms.core.date_mentions import Read, mention
from transforms.core.date_words import APPROXIMATE, UNITS, Unit
from transforms.core.lexemes import Lexemes
from transforms.core.numerals import read_number

__all__ = ["HALVES", "YEARS_OF", "approximation_before", "duration_mention", "iso_length", "read_duration"]

_BY_LAST: dict[str, list[tuple[str, ...]]] = {}
for _words in APPROXIMATE:
    _BY_LAST.setdefault(_words[-1], []).append(_words)
#: And a half, and a quarter.
HALVES = {"ونصف": 0.5, "وربع": 0.25, "ونصفا": 0.5}
_SPAN_LETTERS = {"H": "PT{}H", "N": "PT{}M", "X": "P{}Y", "C": "P{}Y"}
#: Years of a decade and a century.
YEARS_OF = {"X": 10, "C": 100}


def approximation_before(lexemes: Lexemes, index: int) -> int:
    """Return where the approximation that ends right before lexeme `index` begins (`index` where there is none)."""
    words = lexemes.words
    if not index:
        return index
    for phrase in _BY_LAST.get(words[index - 1], ()):
        begin = index - len(phrase)
        if begin >= 0 and tuple(words[begin:index]) == phrase:
            return begin
    # وقرابة, بنحو, لاكثر من: the first word may carry a clitic.
    for phrase in _BY_LAST.get(words[index - 1].lstrip("وبل"), ()) if len(words[index - 1]) > 3 else ():
        if len(phrase) == 1:
            return index - 1
    for phrase in _BY_LAST.get(words[index - 1], ()):
        begin = index - len(phrase)
        if (
            begin >= 0
            and tuple(words[begin + 1 : index]) == phrase[1:]
            and words[begin].lstrip("وبل") == phrase[0]
        ):
            return begin
    return index


def read_duration(lexemes: Lexemes, index: int) -> Read | None:
    """Read a number and a unit of time: 26 عاما, ثلاثة اسابيع, 24 ساعة, عشر سنوات ونصف."""
    words, size = lexemes.words, len(lexemes.words)
    number = read_number(lexemes, index)
    if number is None or number.ordinal or number.last + 1 >= size:
        return None
    last = number.last + 1
    unit = UNITS.get(words[last])
    if unit is None or unit.definite or unit.count == 2:
        return None
    count = number.value
    if last + 1 < size and words[last + 1] in HALVES:
        last += 1
        count += HALVES[words[last]]
    return duration_mention(lexemes, (index, last), count, unit, number.clitic, number_at=index)


def duration_mention(
    lexemes: Lexemes,
    places: tuple[int, int],
    count: float,
    unit: Unit,
    clitic: int,
    *,
    number_at: int | None = None,
) -> Read:
    """Return a length of time, with the approximation before it."""
    first, last = places
    at = first if number_at is None else number_at
    begin = approximation_before(lexemes, at) if not clitic else at
    length = iso_length(count, unit.letter)
    found = mention(
        lexemes,
        begin,
        last,
        length,
        length,
        clitic=_approximation_clitic(lexemes, begin) if begin < at else clitic,
        kind="duration",
        approximate=begin < at,
    )
    return [found], last + 1


def _approximation_clitic(lexemes: Lexemes, begin: int) -> int:
    word = lexemes.words[begin]
    bare = word.lstrip("وبل")
    known = any(bare == phrase[0] for phrase in APPROXIMATE) and not any(
        word == phrase[0] for phrase in APPROXIMATE
    )
    return len(word) - len(bare) if known else 0


def iso_length(count: float, letter: str) -> str:
    """Return a length as ISO 8601: P3W, PT24H; halves of a year in months, of other units as decimals."""
    if letter in YEARS_OF:
        count, letter = count * YEARS_OF[letter], "Y"
    if letter == "Y" and count != int(count):
        count, letter = count * 12, "M"
    text = f"{count:.10g}" if count < 1e9 else f"{count:.0f}"
    return _SPAN_LETTERS.get(letter, f"P{{}}{letter}").format(text)
