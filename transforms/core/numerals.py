"""Numbers in digits and in words, as the Arabic press writes them: `120 ألف`, `مئة وخمسة وعشرين ألفا`, `8ر27`.

A grammar over lexemes, driven by one table from word (search form, with its clitics) to what it means. The order
of the parts is that of written Arabic: hundreds, ones, tens, each joined by و (waw, "and"), then the scale.
"""

from typing import NamedTuple

from transforms.core.lexemes import Lexemes
from transforms.core.number_words import BELOW_HUNDRED, NUMBER_WORDS, SCALES, NumberWord, Part

__all__ = ["Number", "read_number"]


class Number(NamedTuple):
    """A number and the index of its last lexeme.

    `ordinal` is a place in an order (الخامس, "the fifth"), `digits` tells that it begins with digits. `clitic` is
    the number of characters of the first lexeme that stand before the number (1 in وعشرين, "and twenty").
    """

    value: float
    last: int
    ordinal: bool
    digits: bool
    clitic: int = 0


_WAW, _POINT = "و", "فاصله"  # waw, "and"; "(decimal) point"
#: Old agency copy typed the Arabic decimal sign as the letter reh; the whole then reads from right to left: the
#: digits before it in memory are the decimals. Measured: 8ر15 مليون is 15.8, 83ر51 دولار is 51.83.
_REH = "ر"
#: More digits than a count has: an ID.
_MOST_DIGITS = 15
_MOST_GROUPS = 6
#: Digits of a first group that is no year: 6789,45 but not 2014,201.
_LONG = 3
_DIGITS = frozenset("0123456789")
_MARKS = frozenset((".", ",", _REH))


def read_number(lexemes: Lexemes, index: int) -> Number | None:
    """Return the number that begins at a lexeme, None if none does. Reads a bounded number of lexemes."""
    words = lexemes.words
    if not 0 <= index < len(words):
        return None
    piece = _read_scaled(lexemes, index)
    if piece is None:
        return None
    word = NUMBER_WORDS.get(words[index])
    number = Number(piece.value, piece.last, piece.ordinal, word is None, word.clitic if word else 0)
    if piece.ordinal:
        return number
    if word is not None and word.part is Part.FRACTION:
        # Half a million is a number, half of the people is none.
        return number if piece.scale > 1 else None
    scale = piece.scale
    while scale > 1:
        # A smaller part: مليونان و300 ألف, ألف وخمسمئة.
        start = _joined_at(words, number.last + 1)
        more = _read_scaled(lexemes, start) if start >= 0 else None
        if more is None or more.ordinal or more.value >= scale or more.value < 1:
            break
        number = number._replace(value=number.value + more.value, last=more.last)
        scale = more.scale
    return _with_point(words, _with_fraction(words, number, max(scale, piece.scale)))


class _Piece(NamedTuple):
    """A number up to and with its scale; `scale` is what a further part must be smaller than (1: none follows)."""

    value: float
    last: int
    ordinal: bool = False
    scale: float = 1


def _read_scaled(lexemes: Lexemes, index: int) -> _Piece | None:
    """Return digits or words of a number below a thousand with the scales that follow: `15 ألف`, `(15) ألف`."""
    words = lexemes.words
    word = NUMBER_WORDS.get(words[index])
    piece = _read_digits(lexemes, index) if word is None else _read_words(words, index, word)
    if piece is None or piece.ordinal:
        return piece
    value, last, _, scale = piece
    if word is None and _closes(words, index, last) and last + 2 < len(words) and words[last + 2] in SCALES:
        last += 1
    more = SCALES.get(words[last + 1]) if last + 1 < len(words) else None
    # A larger scale may follow a scale: مئة ألف مليون.
    while more is not None and more > scale:
        value, last, scale = value * more, last + 1, more
        more = SCALES.get(words[last + 1]) if last + 1 < len(words) else None
    return _Piece(value, last, scale=scale)


def _closes(words: list[str], first: int, last: int) -> bool:
    """Return whether a number stands alone in brackets or quotation marks: (15) ألف."""
    return first > 0 and last + 1 < len(words) and words[first - 1] + words[last + 1] in ("()", '""', "[]")


def _with_fraction(words: list[str], number: Number, scale: float) -> Number:
    """Return a number with the half, third or quarter after it: ثلاثة ملايين ونصف المليون, ثلاثة ونصف مليون."""
    start = _joined_at(words, number.last + 1)
    fraction = NUMBER_WORDS.get(words[start]) if start >= 0 else None
    if fraction is None or fraction.part is not Part.FRACTION or fraction.definite:
        return number
    after = NUMBER_WORDS.get(words[start + 1]) if start + 1 < len(words) else None
    if after is not None and after.part is Part.SCALE and not after.clitic:
        if scale == 1:
            return number._replace(value=(number.value + fraction.value) * after.value, last=start + 1)
        return number._replace(value=number.value + fraction.value * after.value, last=start + 1)
    return number._replace(value=number.value + fraction.value * scale, last=start)


def _with_point(words: list[str], number: Number) -> Number:
    """Return a number with decimals spelt out: واحد فاصلة خمسة."""
    index = number.last + 2
    if index >= len(words) or words[index - 1] != _POINT:
        return number
    word = NUMBER_WORDS.get(words[index])
    if word is not None and word.part is Part.ONES and not word.clitic and not word.definite:
        return number._replace(value=number.value + word.value / 10, last=index)
    if words[index].isdecimal() and len(words[index]) < _MOST_DIGITS:
        return number._replace(value=number.value + float(f"0.{words[index]}"), last=index)
    return number


def _joined_at(words: list[str], index: int) -> int:
    """Return the index of the part of a number that و joins to what stands before `index`, -1 if none."""
    if index >= len(words):
        return -1
    word = NUMBER_WORDS.get(words[index])
    if word is not None:
        return index if word.joined and word.clitic == 1 else -1
    if words[index] != _WAW or index + 1 >= len(words):
        return -1
    word = NUMBER_WORDS.get(words[index + 1])
    if word is not None:
        return -1 if word.clitic else index + 1
    return index + 1 if words[index + 1][0] in _DIGITS else -1


def _bare(words: list[str], index: int) -> NumberWord | None:
    """Return the number word without clitics at an index."""
    word = NUMBER_WORDS.get(words[index]) if index < len(words) else None
    return word if word is not None and not word.clitic and not word.definite else None


def _read_words(words: list[str], index: int, word: NumberWord) -> _Piece | None:
    part = word.part
    if part in BELOW_HUNDRED:
        return _read_below_thousand(words, index, word)
    if part is Part.HUNDREDS or part is Part.HUNDRED:
        return _after_hundreds(words, word.value, index)
    if part is Part.SCALE:
        return _Piece(word.value, index, scale=word.value)
    if part is Part.DUAL:
        return _Piece(2 * word.value, index, scale=word.value)
    if part is Part.FRACTION:
        return _read_part_of_scale(words, index, word)
    if part is Part.ORDINAL or part is Part.ORDINAL_TEEN:
        return _read_ordinal(words, index, word)
    return None


def _read_part_of_scale(words: list[str], index: int, word: NumberWord) -> _Piece:
    """Return نصف مليون, ربع المليون as a number; without a scale after it, a fraction has the scale 1."""
    after = NUMBER_WORDS.get(words[index + 1]) if index + 1 < len(words) else None
    if after is None or after.part is not Part.SCALE or after.clitic or word.definite:
        return _Piece(word.value, index)
    return _Piece(word.value * after.value, index + 1, scale=after.value)


def _read_below_thousand(words: list[str], index: int, word: NumberWord) -> _Piece | None:
    """Return ones (with hundred), teens, ten, tens, and ones with tens: ثلاث مئة, خمسة عشر, خمسة وعشرين."""
    if word.part is Part.TENS:
        # The definite tens alone tell a place: القرن العشرين.
        return _Piece(word.value, index, word.definite and not word.joined)
    if word.part is Part.TEN:
        return _Piece(word.value, index)
    after = _bare(words, index + 1)
    if after is not None and after.part is Part.TEN and word.value >= 1:
        return _Piece(word.value + 10, index + 1)
    if after is not None and after.part is Part.HUNDRED and word.part is Part.ONES and word.value > 2:
        return _after_hundreds(words, 100 * word.value, index + 1)
    start = _joined_at(words, index + 1)
    tens = NUMBER_WORDS.get(words[start]) if start >= 0 else None
    if tens is not None and tens.part is Part.TENS and word.value >= 1:
        return _Piece(word.value + tens.value, start)
    return None if word.part is Part.TEEN else _Piece(word.value, index)


def _after_hundreds(words: list[str], value: float, index: int) -> _Piece:
    start = _joined_at(words, index + 1)
    word = NUMBER_WORDS.get(words[start]) if start >= 0 else None
    if word is not None and word.part in BELOW_HUNDRED:
        below = _read_below_thousand(words, start, word)
        if below is not None and 0 < below.value < 100:
            return _Piece(value + below.value, below.last)
    # The press also writes 250 as مئة و50.
    if start >= 0 and words[start].isdecimal() and len(words[start]) <= 2 and start + 1 < len(words):
        return _Piece(value + float(words[start]), start)
    return _Piece(value, index)


def _read_ordinal(words: list[str], index: int, word: NumberWord) -> _Piece | None:
    after = _bare(words, index + 1)
    if after is not None and after.part is Part.TEN and word.value < 10:
        return _Piece(word.value + 10, index + 1, ordinal=True)
    start = _joined_at(words, index + 1)
    tens = NUMBER_WORDS.get(words[start]) if start >= 0 else None
    # الثامنة والعشرون is the 28th, الثامنة وعشرون دقيقة is a time of day.
    if tens is not None and tens.part is Part.TENS and tens.definite == word.definite and word.value < 10:
        return _Piece(word.value + tens.value, start, ordinal=True)
    return None if word.part is Part.ORDINAL_TEEN else _Piece(word.value, index, ordinal=True)


def _read_digits(lexemes: Lexemes, index: int) -> _Piece | None:
    """Return digits with their marks: groups of three are thousands, else the mark is the decimal mark.

    None for what is no count: an ID, a date with points, an address.
    """
    words, spaced = lexemes.words, lexemes.spaced
    if words[index][0] not in _DIGITS:
        return None
    groups, marks, last = [words[index]], [], index
    while last + 2 < len(words) and len(groups) <= _MOST_GROUPS:
        mark, group = words[last + 1], words[last + 2]
        if mark not in _MARKS or spaced[last + 1] or spaced[last + 2] or group[0] not in _DIGITS:
            break
        if mark == "," and (len(group) > 3 or len(groups[0]) > _LONG):
            # 2014,2015 is a list of years.
            break
        groups.append(group)
        marks.append(mark)
        last += 2
    if sum(map(len, groups)) > _MOST_DIGITS or len(groups) > _MOST_GROUPS:
        return None
    text = _plain(groups, marks, words, last)
    return None if text is None else _Piece(float(text), last)


def _plain(groups: list[str], marks: list[str], words: list[str], last: int) -> str | None:
    """Return groups of digits and the marks between them as Python writes the number."""
    if not marks:
        return groups[0]
    if _REH in marks:
        if len(marks) > 1:
            return None
        decimals, whole = groups
        thousands = len(decimals) == 3 and whole != "0" and not _is_part(words, last)
        return whole + decimals if thousands else f"{whole}.{decimals}"
    triples = len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:-1])
    if len(set(marks)) == 1 and triples and len(groups[-1]) == 3:
        # 13.226 مليار and 13.226 % have decimals, 13.226 مستفيد has thousands, and so has 13,226 مليون.
        if marks == ["."] and _is_part(words, last):
            return ".".join(groups)
        return "".join(groups)
    if len(marks) == 1:
        return ".".join(groups)
    if triples and len(set(marks[:-1])) == 1 and marks[-1] != marks[0]:
        return f"{''.join(groups[:-1])}.{groups[-1]}"
    return None


def _is_part(words: list[str], last: int) -> bool:
    """Return whether a scale or a percent sign follows, before which numbers of three decimals are printed."""
    index = last + 1
    if index < len(words) and words[index] == ")":
        index += 1
    return index < len(words) and (words[index] == "%" or SCALES.get(words[index], 0) > 0)
