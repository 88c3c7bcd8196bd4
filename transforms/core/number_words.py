"""Words of numbers in search form: what each says, with its clitics. `numerals` reads numbers by them."""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import NamedTuple

from transforms.core.normalize import normalize_text

__all__ = ["BELOW_HUNDRED", "FRACTIONS", "NUMBER_WORDS", "SCALES", "NumberWord", "Part", "is_number_start"]


class Part(Enum):
    """The part that a word plays in a number."""

    ONES = auto()
    TEEN = auto()
    TEN = auto()
    TENS = auto()
    HUNDRED = auto()
    HUNDREDS = auto()
    SCALE = auto()
    PLURAL = auto()
    DUAL = auto()
    FRACTION = auto()
    ORDINAL = auto()
    ORDINAL_TEEN = auto()


#: What stands for a number below a hundred, alone or with another.
BELOW_HUNDRED = frozenset((Part.ONES, Part.TEEN, Part.TEN, Part.TENS))


class NumberWord(NamedTuple):
    """What a word says: its part of a number, the value, and its clitics.

    `joined` tells that it begins with و (and), `definite` that it has the article. `clitic` is their length
    without the article.
    """

    part: Part
    value: float
    joined: bool
    definite: bool
    clitic: int


# Written as readers know them, folded below.
_WORDS: tuple[tuple[Part, float, str], ...] = (
    (Part.ONES, 0, "صفر"),
    (Part.ONES, 1, "واحد واحدة"),
    (Part.ONES, 2, "اثنان اثنين اثنتان اثنتين"),
    (Part.ONES, 3, "ثلاث ثلاثة"),
    (Part.ONES, 4, "أربع أربعة"),
    (Part.ONES, 5, "خمس خمسة"),
    (Part.ONES, 6, "ست ستة"),
    (Part.ONES, 7, "سبع سبعة"),
    (Part.ONES, 8, "ثمان ثماني ثمانية"),
    (Part.ONES, 9, "تسع تسعة"),
    (Part.TEEN, 1, "أحد إحدى"),
    (Part.TEEN, 2, "اثنا اثني اثنى اثنتا اثنتي اثنتى"),
    (Part.TEN, 10, "عشر عشرة"),
    (Part.TENS, 20, "عشرون عشرين"),
    (Part.TENS, 30, "ثلاثون ثلاثين"),
    (Part.TENS, 40, "أربعون أربعين"),
    (Part.TENS, 50, "خمسون خمسين"),
    (Part.TENS, 60, "ستون ستين"),
    (Part.TENS, 70, "سبعون سبعين"),
    (Part.TENS, 80, "ثمانون ثمانين"),
    (Part.TENS, 90, "تسعون تسعين"),
    (Part.HUNDRED, 100, "مئة مائة"),
    (Part.HUNDREDS, 200, "مئتان مئتين مئتا مئتي مائتان مائتين مائتا مائتي"),
    (Part.SCALE, 1e3, "ألف"),
    (Part.SCALE, 1e6, "مليون"),
    (Part.SCALE, 1e9, "مليار بليون"),
    (Part.SCALE, 1e12, "تريليون ترليون"),
    (Part.PLURAL, 1e3, "آلاف"),
    (Part.PLURAL, 1e6, "ملايين"),
    (Part.PLURAL, 1e9, "مليارات بلايين"),
    (Part.PLURAL, 1e12, "تريليونات ترليونات"),
    # Those in -a are also the accusative singular: خمسين ألفا, but ألفا شخص are two thousand.
    (Part.DUAL, 1e3, "ألفان ألفين ألفا ألفي"),
    (Part.DUAL, 1e6, "مليونان مليونين مليونا مليوني"),
    (Part.DUAL, 1e9, "ملياران مليارين مليارا ملياري بليونان بليونين بليونا بليوني"),
    (Part.DUAL, 1e12, "تريليونان تريليونين تريليونا تريليوني ترليونان ترليونين ترليونا ترليوني"),
    (Part.FRACTION, 1 / 2, "نصف"),
    (Part.FRACTION, 1 / 3, "ثلث"),
    (Part.FRACTION, 1 / 4, "ربع"),
    (Part.FRACTION, 1 / 2, "النصف"),
    (Part.FRACTION, 1 / 3, "الثلث"),
    (Part.FRACTION, 1 / 4, "الربع"),
    (Part.ORDINAL, 1, "أول أولى"),
    (Part.ORDINAL, 2, "ثان ثاني ثانية"),
    (Part.ORDINAL, 3, "ثالث ثالثة"),
    (Part.ORDINAL, 4, "رابع رابعة"),
    (Part.ORDINAL, 5, "خامس خامسة"),
    (Part.ORDINAL, 6, "سادس سادسة"),
    (Part.ORDINAL, 7, "سابع سابعة"),
    (Part.ORDINAL, 8, "ثامن ثامنة"),
    (Part.ORDINAL, 9, "تاسع تاسعة"),
    (Part.ORDINAL, 10, "عاشر عاشرة"),
    (Part.ORDINAL_TEEN, 1, "حادي حادية"),
)
#: Written as one word: ثلاثمئة.
_BEFORE_HUNDRED = ((3, "ثلاث"), (4, "أربع"), (5, "خمس"), (6, "ست"), (7, "سبع"), (8, "ثمان ثماني"), (9, "تسع"))
#: Clitic before the word, is it و (and), is it the article.
_CLITICS = (
    ("", False, False),
    ("و", True, False),  # waw: and
    ("ف", False, False),  # feh: then
    ("ب", False, False),  # beh: with
    ("ل", False, False),  # lam: for
    ("وب", True, False),
    ("ول", True, False),
    ("ال", False, True),  # the
    ("وال", True, True),
    ("بال", False, True),
    ("وبال", True, True),
    ("لل", False, True),
    ("ولل", True, True),
)
#: Other words of the same letters: "I am not", Lamia (a name), Monday, "the governor" and the like.
_OTHERS = frozenset(
    normalize_text(word, "search")
    for word in [
        "لست",
        "ولست",
        "فلست",
        "لمية",
        "فمية",
        "الاثنين",
        "والاثنين",
        "بالاثنين",
        "الأحد",
        "والأحد",
        "بالأحد",
        "للأحد",
        "وبالأحد",
        "وللأحد",
        "للاثنين",
        "وللاثنين",
        "وبالاثنين",
        "الست",
        "فربع",
    ]
)


def _forms() -> Iterator[tuple[str, NumberWord]]:
    bases = [(part, value, word) for part, value, words in _WORDS for word in words.split()]
    bases += [
        (Part.HUNDREDS, 100 * ones, f"{stem}{hundred}")
        for ones, stems in _BEFORE_HUNDRED
        for stem in stems.split()
        for hundred in ("مئة", "مائة")
    ]
    for part, value, word in bases:
        folded = normalize_text(word, "search")
        definite = folded.startswith("ال") and part is Part.FRACTION
        for clitic, joined, article in _CLITICS:
            form = clitic + folded
            if form not in _OTHERS and not (article and definite):
                length = len(clitic) - (2 if article and not clitic.startswith(("لل", "ولل")) else 0)
                yield form, NumberWord(part, value, joined, article or definite, length)


#: Every word that a number may begin with or go on with.
NUMBER_WORDS: Mapping[str, NumberWord] = MappingProxyType(dict(reversed(list(_forms()))))
#: Words of scale without clitics, singular, plural and accusative.
SCALES: Mapping[str, float] = MappingProxyType(
    {
        form: word.value
        for form, word in NUMBER_WORDS.items()
        if not word.clitic
        and not word.definite
        and (word.part in (Part.SCALE, Part.PLURAL) or (word.part is Part.DUAL and form.endswith("ا")))
    }
)
#: Halves, thirds and quarters with و (and): what may follow a number or a unit (عام ونصف).
FRACTIONS: Mapping[str, float] = MappingProxyType(
    {
        form: word.value
        for form, word in NUMBER_WORDS.items()
        if word.part is Part.FRACTION and word.joined and word.clitic == 1
    }
)


def is_number_start(word: str) -> bool:
    """Return whether a number may begin with this lexeme."""
    return word in NUMBER_WORDS or "0" <= word[0] <= "9"
