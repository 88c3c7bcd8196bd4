"""Figures of a text: numbers with what they count or measure, their bounds and ranges.

What is no figure: years and dates, times of day, scores, ordinals, phone numbers and other long digit strings,
numbered lists, numbers within names.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from schemas.news import Figure
from transforms.core.casualties import casualty_of, read_one_or_two
from transforms.core.date_words import UNITS
from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.measures import (
    BOUNDS,
    CASUALTY_CUES,
    CASUALTY_NOUNS,
    CURRENCIES,
    CURRENCY_SIGNS,
    INHABITANTS,
    MEASURES,
    NO_NOUNS,
    PEOPLE,
    PERCENT,
    SQUARES,
    VAGUE,
    currency_of,
)
from transforms.core.normalize import normalize_text
from transforms.core.number_words import NUMBER_WORDS, SCALES
from transforms.core.numerals import Number, read_number

__all__ = ["find_figures", "is_clock"]

_DIGITS = frozenset("0123456789")
_BOUNDS_BY_LAST: dict[str, list[tuple[tuple[str, ...], str]]] = {}
for _phrase, _bound in BOUNDS:
    _BOUNDS_BY_LAST.setdefault(_phrase[-1], []).append((_phrase, _bound))
for _phrases in _BOUNDS_BY_LAST.values():
    _phrases.sort(key=lambda entry: -len(entry[0]))
_BOUND_FIRST = frozenset(phrase[0] for phrase, _ in BOUNDS)
_VAGUE_FIRST = frozenset(words[0] for words in VAGUE)
_CLITICS_OF_VAGUE = {clitic + word: word for word in _VAGUE_FIRST for clitic in ("", "و", "ب", "ل")}
_STARTS = NUMBER_WORDS.keys() | set(_CLITICS_OF_VAGUE) | set(CASUALTY_CUES)
_TIME_UNITS = {
    "D": "day",
    "W": "week",
    "M": "month",
    "Y": "year",
    "H": "hour",
    "N": "minute",
    "X": "decade",
    "C": "century",
}
_RANGE = frozenset({"الي", "-", "حتي"})
_LONGEST_COUNT = 9
#: Nouns whose own first letter is و; other words that begin so go on with the sentence.
_WAW_NOUNS = frozenset(
    normalize_text(
        "وحدة وحدات وظيفة وظائف ورقة وزير وزراء ولاية ولايات وثيقة وثائق وجبة وجبات وكالة وسيلة وسائل وفد وفود ورشة ورش",
        "search",
    ).split()
)
_MINUTES = frozenset({"دقيقه", "دقايق"})
_HOURS = frozenset(
    normalize_text(
        "الواحدة الثانية الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة عشرة الساعة",
        "search",
    ).split()
)


class _What(NamedTuple):
    """What a number counts: kind, unit, noun (lexemes from `first` to `last`; none where first > last)."""

    kind: str
    unit: str
    first: int
    last: int


def find_figures(
    lexemes: Lexemes, country: str = "", taken: Sequence[tuple[int, int]] = ()
) -> tuple[Figure, ...]:
    """Return the figures in order of their place; they do not overlap. Never raises; linear.

    `country` is the source's (alpha-2), for names of currencies; `taken` are sorted places (code points) of dates,
    in which no figure is looked for.
    """
    words, starts = lexemes.words, lexemes.starts
    begins = [start for start, _ in taken]
    ends = [end for _, end in taken]
    found: list[Figure] = []
    index, size = 0, len(words)
    while index < size:
        word = words[index]
        if word[0] not in _DIGITS and word not in _STARTS and word not in CURRENCY_SIGNS:
            index += 1
            continue
        if begins:
            place = bisect_right(begins, starts[index]) - 1
            if place >= 0 and starts[index] < ends[place]:
                index += 1
                continue
        read = _read(lexemes, index, country)
        if read is None:
            index += 1
            continue
        figure, after = read
        if figure is not None and not (found and found[-1].end > figure.start):
            found.append(figure)
        index = max(after, index + 1)
    return tuple(found)


def _read(lexemes: Lexemes, index: int, country: str) -> tuple[Figure | None, int] | None:
    """Read the figure that begins at `index`; (None, after) skips what is a number and no figure."""
    words = lexemes.words
    word = words[index]
    if word in CURRENCY_SIGNS:
        return _after_sign(lexemes, index)
    vague = _vague(lexemes, index) if word in _CLITICS_OF_VAGUE else None
    if vague is not None:
        return vague
    if word in CASUALTY_CUES and word[0] not in _DIGITS:
        one = read_one_or_two(lexemes, index)
        if one is not None:
            return one
    number = read_number(lexemes, index)
    if number is None:
        return None
    if number.ordinal or _no_count(lexemes, index, number):
        return None, number.last + 1
    return _figure(lexemes, index, number, country)


def _no_count(lexemes: Lexemes, index: int, number: Number) -> bool:
    """Whether a number is a score, a time, a phone number, a list's, or part of a word."""
    words, size, spaced = lexemes.words, len(lexemes.words), lexemes.spaced
    before = words[index - 1] if index else NEWLINE
    after = words[number.last + 1] if number.last + 1 < size else NEWLINE
    if len(words[index]) > _LONGEST_COUNT and number.digits:
        return True
    if is_clock(lexemes, index):
        return True
    if number.digits and before.isdecimal() and after.isdecimal():
        return True  # a column of numbers
    if number.digits and before in ("+", ":", "/", "#", "_", "@") and not spaced[index]:
        return True
    glued = number.last + 1 < size and not spaced[number.last + 1]
    if number.digits and glued and (after in (":", "/", "_", "@") or (after.isascii() and after.isalpha())):
        return True
    if number.digits and index and not spaced[index] and before.isascii() and before.isalpha():
        return True
    if number.digits and before == NEWLINE and index and after in ("-", ".", ")") and number.value < 100:
        return True
    if number.digits and after == "-" and number.last + 2 < size and words[number.last + 2].isdecimal():
        return _is_score(lexemes, number)
    return False


def is_clock(lexemes: Lexemes, index: int) -> bool:
    """Whether the digits at lexeme `index` are the minutes of a time of day: العاشرة و50 دقيقة."""
    words, size = lexemes.words, len(lexemes.words)
    if index < 2 or index + 1 >= size or words[index - 1] != "و" or words[index + 1] not in _MINUTES:
        return False
    return words[index - 2] in _HOURS and words[index].isdecimal() and int(words[index][:4]) < 60


def _is_score(lexemes: Lexemes, number: Number) -> bool:
    """Whether `2-1` is a score and not a range: small, falling or even, and nothing is counted after it."""
    words, size = lexemes.words, len(lexemes.words)
    second = read_number(lexemes, number.last + 2)
    if second is None or number.value >= second.value:
        return True
    after = words[second.last + 1] if second.last + 1 < size else NEWLINE
    return not (
        after in MEASURES
        or after in CURRENCIES
        or after in UNITS
        or after in PEOPLE
        or after == "%"
        or _is_noun(after)
    )


def _figure(lexemes: Lexemes, index: int, number: Number, country: str) -> tuple[Figure | None, int]:
    words = lexemes.words
    low, high, last = number.value, None, number.last
    second = _upper(lexemes, number)
    if second is not None:
        last, high = second.last, second.value
        scaled = words[second.last] in SCALES and words[number.last] not in SCALES
        if scaled and low < 1000 and high > low * SCALES[words[second.last]] * 0.999:
            low *= SCALES[words[second.last]]
        if high <= low:
            high, last = None, number.last
    begin, bound, clause = _bound_before(lexemes, index)
    what = _what(lexemes, last, country)
    after = last + 1
    if what is None:
        if high is None and not bound and number.digits is False and low < 3:
            return None, after
        harm = casualty_of(lexemes, begin, last, noun="")
        if not harm:
            return None, after
        what = _What("casualty", harm, 1, 0)
    elif what.unit in ("person", "items"):
        noun = words[what.first]
        harm = casualty_of(lexemes, begin, what.last, noun=noun)
        if harm:
            what = what._replace(kind="casualty", unit=harm)
        elif not number.digits and low == 1:
            return None, after
    # A number and its noun are the place, with a clause of bound (ما لا يقل عن) in the noun's stead.
    start = begin if clause or what.kind == "duration" else index
    end = last if clause and what.kind in ("casualty", "count") else max(last, what.last)
    noun = lexemes.surface(what.first, what.last) if what.first <= what.last else ""
    clitic = number.clitic if start == index else _clitic_of_bound(words[start])
    figure = Figure(
        lexemes.place(start, clitic) if clitic else lexemes.starts[start],
        lexemes.ends[end],
        what.kind,
        low,
        high,
        what.unit,
        bound,
        noun,
        "",
    )
    return figure, max(after, what.last + 1)


def _clitic_of_bound(word: str) -> int:
    """Return 1 where و or ب stands before the first word of a bound: ونحو, بأكثر."""
    return int(word not in _BOUND_FIRST and word[1:] in _BOUND_FIRST)


def _upper(lexemes: Lexemes, number: Number) -> Number | None:
    """Return the upper end of a range after a number: الى, -, or و after بين."""
    words, size = lexemes.words, len(lexemes.words)
    place = number.last + 1
    # The unit may stand between: من 10 في المئة الى 20 في المئة is two figures.
    if place + 1 >= size or words[place] not in _RANGE:
        if (
            place + 1 < size
            and words[place] == "و"
            and words[place + 1].isdecimal()
            and _between(words, number.last)
        ):
            return read_number(lexemes, place + 1)
        return None
    second = read_number(lexemes, place + 1)
    if second is None or second.ordinal:
        return None
    if number.digits and second.digits and 1900 <= number.value <= second.value <= 2100:
        return None
    # A year and a value are no range: 2012 إلى 640 مليون
    if (
        1900 <= number.value <= 2100
        and number.digits
        and words[number.last] not in SCALES
        and second.value > 3000
    ):
        return None
    return second


def _between(words: list[str], last: int) -> bool:
    return any(word in ("بين", "مابين", "وبين") for word in words[max(0, last - 3) : last])


def _bound_before(lexemes: Lexemes, index: int) -> tuple[int, str, bool]:
    """Return where the phrase of bound before a number begins, the bound, and whether it is a clause (ما لا يقل عن)."""
    words = lexemes.words
    if not index:
        return index, "", False
    for phrase, bound in _BOUNDS_BY_LAST.get(words[index - 1], ()):
        begin = index - len(phrase)
        if begin < 0:
            continue
        first = words[begin]
        if tuple(words[begin + 1 : index]) == phrase[1:] and (first == phrase[0] or first[1:] == phrase[0]):
            if phrase == ("حتي",):
                continue
            return begin, bound, phrase[0] in ("ما", "لا") and len(phrase) > 2
    for phrase, bound in _BOUNDS_BY_LAST.get(words[index - 1][1:], ()):
        if len(phrase) == 1 and words[index - 1][0] in "وبل":
            return index - 1, bound, False
    return index, "", False


def _what(lexemes: Lexemes, last: int, country: str) -> _What | None:
    """Return what the number that ends at lexeme `last` counts or measures."""
    words, size = lexemes.words, len(lexemes.words)
    place = last + 1
    if place >= size:
        return None
    word = words[place]
    for phrase in PERCENT:
        if tuple(words[place : place + len(phrase)]) == phrase:
            return _What("percent", "%", 1, place + len(phrase) - 1)
    if word in CURRENCIES:
        code, adjective = currency_of(word, words[place + 1] if place + 1 < size else "", country)
        return _What("money", code, place, place + adjective)
    if word in CURRENCY_SIGNS:
        return _What("money", CURRENCY_SIGNS[word], place, place)
    if word in MEASURES:
        unit = MEASURES[word]
        if (
            place + 1 < size
            and words[place + 1] in ("مربع", "مربعا", "مربعه", "مكعب", "مكعبا")
            and unit in SQUARES
        ):
            unit = SQUARES[unit] if words[place + 1].startswith("مربع") else f"{unit}3"
            return _What("measure", unit, place, place + 1)
        return _What("measure", unit, place, place)
    if word in UNITS and not UNITS[word].definite:
        unit_of_time = UNITS[word]
        half = place + 1 < size and words[place + 1] in ("ونصف", "وربع")
        return _What("duration", _TIME_UNITS[unit_of_time.letter], place, place + half)
    if word in INHABITANTS:
        return _What("count", "inhabitants", place, place)
    if word in CASUALTY_NOUNS:
        return _What("casualty", CASUALTY_NOUNS[word], place, place)
    if word in PEOPLE:
        return _What("count", "person", place, place)
    if _is_noun(word) and lexemes.spaced[place]:
        return _What("count", "items", place, place)
    return None


def _is_noun(word: str) -> bool:
    """Whether a word after a number may be what it counts: letters, no particle, no article, no verb's و."""
    if word.startswith("و") and word not in _WAW_NOUNS:
        return False
    return (
        len(word) > 2
        and word.isalpha()
        and not word.isascii()
        and word not in NO_NOUNS
        and not word.startswith(("ال", "وال", "لل", "بال"))
    )


def _vague(lexemes: Lexemes, index: int) -> tuple[Figure | None, int] | None:
    """Read عشرات الالاف من النازحين, المئات: an unquantified number and what it counts."""
    words, size = lexemes.words, len(lexemes.words)
    head = _CLITICS_OF_VAGUE[words[index]]
    for length in (2, 1):
        phrase = (head, *words[index + 1 : index + length])
        if len(phrase) == length and phrase in VAGUE:
            break
    else:
        return None
    if index and words[index - 1].isdecimal():
        return None
    last = index + length - 1
    place = last + 1
    of = place < size and words[place] == "من"
    place += of
    noun_at = place if place < size and words[place].isalpha() and words[place] not in NO_NOUNS else None
    harm = casualty_of(
        lexemes, index, last, noun=words[noun_at].removeprefix("ال") if noun_at is not None else ""
    )
    bare = words[noun_at].removeprefix("ال") if noun_at is not None else ""
    unit = harm or CASUALTY_NOUNS.get(bare) or ("person" if bare in PEOPLE else "items" if bare else "")
    if not unit or (not of and noun_at is None and not harm):
        return None
    least, name = VAGUE[phrase]
    start = lexemes.place(index, len(words[index]) - len(head))
    noun = lexemes.surface(noun_at, noun_at) if noun_at is not None else ""
    return Figure(start, lexemes.ends[last], "unquantified", least, None, unit, name, noun, ""), last + 1


def _after_sign(lexemes: Lexemes, index: int) -> tuple[Figure | None, int] | None:
    """Read $5, € 3.5 مليون."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 1 >= size or not words[index + 1].isdecimal():
        return None
    number = read_number(lexemes, index + 1)
    if number is None:
        return None
    figure = Figure(
        lexemes.starts[index],
        lexemes.ends[number.last],
        "money",
        number.value,
        None,
        CURRENCY_SIGNS[words[index]],
        "",
        "",
        "",
    )
    return figure, number.last + 1
