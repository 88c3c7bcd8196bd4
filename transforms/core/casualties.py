"""Who was killed, hurt, held or driven away: the word that says so, before a number, after it, or without one."""

from schemas.news import Figure
from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.measures import (
    AFTER_CASUALTY,
    CASUALTY_CUES,
    CASUALTY_NOUNS,
    DUALS,
    PEOPLE,
    SINGULARS,
)

__all__ = ["casualty_of", "read_one_or_two"]

#: Lexemes before and after a number in which the word is looked for.
_BACK, _ON = 8, 12
_STOPS = frozenset({NEWLINE, ".", ";", "!", "?"})
#: Others are of the kind before: مقتل 12 شخصا واصابة 40 اخرين.
_OTHERS = frozenset({"اخرين", "اخرون", "اخر", "اخرى", "اخري", "منهم", ""})


def casualty_of(lexemes: Lexemes, first: int, last: int, noun: str) -> str:
    """Return `killed`, `injured`, `arrested`, `displaced`, `missing` or "" for a number from lexeme `first` to `last`.

    `noun` is what is counted, in search form. The nearest word of harm before the number in its sentence decides,
    for people and where nothing else is named; for other nouns it must stand right before. Then a verb after.
    """
    words = lexemes.words
    if noun in CASUALTY_NOUNS:
        return CASUALTY_NOUNS[noun]
    person = noun in PEOPLE or noun in _OTHERS
    reach = _BACK if person else 1
    for place in range(first - 1, max(-1, first - 1 - reach), -1):
        word = words[place]
        if word in _STOPS:
            break
        if word in CASUALTY_CUES:
            # Without people named, to lose and to seize is said of jobs and goods.
            return CASUALTY_CUES[word] if noun or CASUALTY_CUES[word] not in ("missing", "arrested") else ""
        if word in PEOPLE and place < first - 1 and not _joined(words, place + 1, first):
            break
    if not person or not noun:
        return ""
    for place in range(last + 1, min(len(words), last + 1 + _ON)):
        word = words[place]
        if word in _STOPS or word.isdecimal():
            break
        if word in AFTER_CASUALTY:
            return AFTER_CASUALTY[word]
    return ""


def _joined(words: list[str], first: int, last: int) -> bool:
    """Whether another count stands between, joined by و: مقتل 20 مدنيا و5 جنود."""
    return any(word == "و" or (word[:1] == "و" and len(word) > 2) for word in words[first:last])


def read_one_or_two(lexemes: Lexemes, index: int) -> tuple[Figure | None, int] | None:
    """Read مقتل شخص as one, اصابة جنديين as two; None where a number follows."""
    words, size = lexemes.words, len(lexemes.words)
    if index + 1 >= size:
        return None
    noun = words[index + 1]
    value = 1.0 if noun in SINGULARS else 2.0 if noun in DUALS else 0.0
    word = words[index].lstrip("وب")
    # A verb before a subject says nothing of how many: قتل شخص is one, قتل رجال no number.
    if not value or (index + 2 < size and words[index + 2].isdecimal()):
        return None
    if word in ("فقد", "ضبط", "اوقف", "اصاب", "جراح", "حياه"):
        return None
    start, end = lexemes.starts[index + 1], lexemes.ends[index + 1]
    unit = CASUALTY_CUES[words[index]]
    return Figure(
        start, end, "casualty", value, None, unit, "", lexemes.surface(index + 1, index + 1), ""
    ), index + 2
