"""Which language a text is in: by its script, by letters and words that tell, and by a model where they do not.

Each step is asked only where the one before could not tell:

1. script: most letters are of another script;
2. letters: those that only some languages of the Arabic script have;
3. words: function words and the article al-, Arabic against Persian. Persian is often typed on Arabic
   keyboards, with Arabic yeh and kaf, and then has few letters of its own;
4. model: a callable of the caller's, for what is still open and has 20 letters. Nothing here loads one.

What nothing tells is Arabic where every letter is one of Arabic: a headline of three words is no reason to
filter an article.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Identified", "LanguageModel", "identify"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Gives the most likely language code (ISO 639) of a text on one line, and its probability.
LanguageModel = Callable[[str], tuple[str, float]]


class Identified(NamedTuple):
    """A language and how sure that is.

    `language` is an ISO 639 code; `other` (not Arabic script, no model asked) or `und` (nothing tells). All
    varieties of Arabic are `ar`; `variant` is the code that the model gave to one of them, else "".
    `decided_by` is script, letters, words, model or none. `score` is the model's probability, or the share of
    what was counted that speaks for the language; scores of different steps do not compare.
    """

    language: str
    variant: str
    decided_by: str
    score: float


#: Code points looked at, and those shown to a model; a lead is enough.
_SAMPLE = 2000
_SHOWN = 1000
#: Fewer letters than these are too few for a model.
_ENOUGH = 20
#: Share of Arabic script from which on a text is of that script: Latin names, style sheets and lists of titles
#: lie in many Arabic articles, Arabic passages in few others. With fewer than 20 such letters a third is asked.
_A_PASSAGE, _A_HEADLINE = 0.1, 1 / 3
#: Share of the letters of the script, and number, from which on the letters of a language are no stray name.
_TELLING_SHARE, _TELLING_LETTERS = 0.02, 2
#: Share of hard Arabic letters that real Arabic has, and other languages stay below.
_ARABIC_SHARE = 0.01
#: What a model must be sure of to be believed; and to be believed against letters that are all Arabic.
_LIKELY, _SURE = 0.5, 0.8
#: Codes of the varieties of Arabic that models give (ISO 639-3, macrolanguage ara).
_ARABIC = _words(
    "aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arb arq ars ary arz auz avl ayh ayl ayn ayp pga shu ssh"
)

#: Letters that tell languages apart (CLDR exemplar sets). "hard" letters are seldom typed by mistake;
#: "soft" ones are the other language's look-alikes of a letter that both have.
_GROUPS = {
    "ar hard": "\u0629\u0623\u0625",  # teh marbuta, alef with hamza above and below
    "ar soft": "\u064a\u0643\u0649",  # yeh, kaf, alef maqsura
    "fa hard": "\u067e\u0686\u0698\u06af\u06c0",  # peh, tcheh, jeh, gaf, heh with yeh above
    "fa soft": "\u06cc\u06a9",  # farsi yeh, keheh
    "ur hard": "\u0679\u0688\u0691\u06ba\u06d2\u06d3",  # tteh, ddal, rreh, noon ghunna, yeh barree (with hamza)
    "ur soft": "\u06c1\u06be\u06c2\u06c3",  # heh goal, do-chashmee heh, heh goal with hamza, teh marbuta goal
    "ckb": "\u0695\u06b5\u06ce",  # reh and lam with small v, yeh with small v
    "ckb ug": "\u06d5\u06c6",  # ae, oe
    "ug": "\u06c7\u06c8\u06cb\u06ad",  # u, yu, ve, ng
    "ps ug": "\u06d0",  # e
    "ps": "\u067c\u0689\u0693\u0696\u069a\u06bc\u06cd\u06ab\u0681\u0685",  # letters with ring, xin, yeh with tail, dze, tse
    # beeh, beheh, tteheh, teh with dots, teheh, dyeh, nyeh, tcheheh, dal with dot, dahal, ddahal, dul, reh
    # with dots, peheh, gueh, ngoeh, rnoon, and the signs for "and" and "in"
    "sd": "\u067b\u0680\u067a\u067d\u067f\u0684\u0683\u0687\u068a\u068c\u068d\u068f\u0699\u06a6\u06b3\u06b1\u06bb\u06fd\u06fe",
    "sd soft": "\u06aa",  # swash kaf, which Arabic has as an ornament
}
#: Classes of code units: no letter, a letter of another script, any other letter of the Arabic script; then
#: one class per group above.
_NONE, _FOREIGN, _COMMON, _FIRST = range(4)
_CLASSES = _FIRST + len(_GROUPS)
#: Languages with letters of their own, and the groups that speak for each.
_OWN = {
    "ur": ("ur hard",),
    "ckb": ("ckb", "ckb ug"),
    "ps": ("ps", "ps ug"),
    "ug": ("ug", "ckb ug", "ps ug"),
    "sd": ("sd", "sd soft"),
}
#: Madda and hamza above and below as marks of their own.
_COMPOSING = ("\u0653", "\u0654", "\u0655")
_LINK = re.compile(r"(?:https?://|www\.|[@#])\S+|\S+@\S+|\S+\.(?:com|net|org)\b\S*")
_PERSIAN_LETTER = re.compile(f"[{_GROUPS['fa hard']}]")
_WORD = re.compile(r"[^\W\d_]+")
#: For words: Persian look-alikes to the Arabic letter, marks and tatweel away, the non-joiner parts words.
_SPELLING = {
    0x06CC: "\u064a",  # farsi yeh -> yeh
    0x0649: "\u064a",  # alef maqsura -> yeh
    0x06A9: "\u0643",  # keheh -> kaf
    0x06C0: "\u0647",  # heh with yeh above -> heh
    0x200C: " ",  # zero width non-joiner
    **dict.fromkeys([0x0640, 0x0670, *range(0x064B, 0x0653)], None),
}
_ARTICLE = ("ال", "وال", "بال", "فال", "كال", "لل")
_ARABIC_WORDS = _words(
    "في وفي علي وعلي الي إلي عن مع ان أن وان وأن التي الذي هذا هذه ذلك كان كانت قد وقد لم لن او أو ثم قال وقال وقالت اذا إذا "
    "هو هي حيث عند منذ ومن كما خلال عليه عليها فيها فيه لها بها ليس لكن ولكن"
)
#: Persian words in Arabic letters that Arabic has not, and those that an Arabic text may hold as well.
_PERSIAN_WORDS = _words(
    "است كه را از شده كند دارد باشد شود نيز نمي كرده خواهد هستند نيست يك كنند دارند گفت كردن شدن همچنين ديگر آنها"
)
_PERSIAN_AT_TIMES = _words("اين هاي مي براي شد خود با در تا بود ها")


@functools.cache
def _classes() -> NDArray[np.uint8]:
    table = np.array([_FOREIGN if chr(code).isalpha() else _NONE for code in range(0x10000)], np.uint8)
    for first, last in ((0x0620, 0x064A), (0x066E, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08C7)):
        block = table[first : last + 1]
        block[block == _FOREIGN] = _COMMON
    table[0x0640] = _NONE  # tatweel
    for number, letters in enumerate(_GROUPS.values(), _FIRST):
        table[[ord(letter) for letter in letters]] = number
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):  # presentation forms: as their letter
        if table[code] == _FOREIGN:
            letters = unicodedata.normalize("NFKC", chr(code))
            table[code] = table[ord(letters)] if len(letters) == 1 else _COMMON
    return table


def _count(text: str) -> list[int]:
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    counts: list[int] = np.bincount(_classes()[units], minlength=_CLASSES).tolist()
    return counts


def identify(text: str, model: LanguageModel | None = None) -> Identified:
    """Return the language of a text by its first 2,000 code points. Never raises but what `model` raises.

    Told without a model: ar, fa, ur, ckb, ps, ug, sd; the rest is `other` or `und`. A text of fewer than 20
    letters is `und` where scripts or letters contradict each other; where all its letters are Arabic it is `ar`.
    """
    sample = text[:_SAMPLE]
    if any(mark in sample for mark in _COMPOSING):
        sample = unicodedata.normalize("NFC", sample)
    counts = _count(sample)
    foreign, letters = counts[_FOREIGN], sum(counts) - counts[_NONE]
    if 2 * foreign > letters:
        sample = _LINK.sub(" ", sample)
        counts = _count(sample)
        foreign, letters = counts[_FOREIGN], sum(counts) - counts[_NONE]
    if not letters:
        return Identified("und", "", "none", 0.0)
    own = letters - foreign  # letters of the Arabic script
    if own < letters * (_A_PASSAGE if own >= _ENOUGH else _A_HEADLINE):
        return _of_another_script(sample, foreign, letters, model)
    found = _by_letters(counts, own) or _by_words(sample)
    return _undecided(sample, counts, own, model) if found is None else found


def _of_another_script(sample: str, foreign: int, letters: int, model: LanguageModel | None) -> Identified:
    if letters >= _ENOUGH:
        named = _ask(model, sample, _LIKELY)
        return named or Identified("other", "", "script", foreign / letters)
    if foreign == letters:
        return Identified("other", "", "script", 1.0)
    return Identified("und", "", "none", 0.0)


def _by_letters(counts: list[int], letters: int) -> Identified | None:
    """Return the language that the letters tell without contradiction; `letters` counts those of the script."""
    group = dict(zip(_GROUPS, counts[_FIRST:], strict=True))
    enough = max(_TELLING_SHARE * letters, _TELLING_LETTERS)
    arabic, arabic_soft = group["ar hard"], group["ar soft"]
    persian, persian_soft = group["fa hard"], group["fa soft"]
    own = {language: sum(map(group.__getitem__, names)) for language, names in _OWN.items()}
    if persian + persian_soft > arabic + arabic_soft:  # else a slip of Arabic typists for heh
        own["ur"] += group["ur soft"]
    if not group["sd"]:
        own["sd"] = 0
    language, telling = max(own.items(), key=lambda item: item[1])
    if telling >= enough and telling > arabic:
        return Identified(language, "", "letters", telling / (sum(own.values()) + arabic))
    evidence = arabic + arabic_soft + persian + persian_soft + telling
    if (
        arabic >= letters * _ARABIC_SHARE
        and 4 * (persian + telling) <= arabic
        and persian_soft <= arabic_soft
    ):
        return Identified("ar", "", "letters", (arabic + arabic_soft) / evidence)
    if persian + persian_soft >= enough and persian_soft > arabic_soft and arabic <= letters * _ARABIC_SHARE:
        if telling * 10 >= persian + persian_soft:
            return Identified(language, "", "letters", (persian + persian_soft + telling) / evidence)
        if persian:  # without, it may be Arabic from a Persian keyboard
            return Identified("fa", "", "letters", (persian + persian_soft) / evidence)
    return None


def _by_words(sample: str) -> Identified | None:
    """Return `ar` or `fa` where function words tell."""
    arabic = persian = 0
    for word in _WORD.findall(sample.translate(_SPELLING)):
        if word in _ARABIC_WORDS or (len(word) > 4 and word.startswith(_ARTICLE)):
            arabic += 2
        elif word in _PERSIAN_WORDS:
            persian += 2
        elif word in _PERSIAN_AT_TIMES or _PERSIAN_LETTER.search(word):
            persian += 1
    if persian >= 2 and persian > 2 * arabic:
        return Identified("fa", "", "words", persian / (persian + arabic))
    if arabic > 2 * persian:
        return Identified("ar", "", "words", arabic / (persian + arabic))
    return None


def _undecided(sample: str, counts: list[int], letters: int, model: LanguageModel | None) -> Identified:
    group = dict(zip(_GROUPS, counts[_FIRST:], strict=True))
    arabic = group["ar hard"] + group["ar soft"]
    others = sum(group.values()) - arabic
    if letters >= _ENOUGH:
        named = _ask(model, sample, _LIKELY if others else _SURE)
        if named is not None:
            return named
    if not others:
        return Identified("ar", "", "script", letters / (letters + counts[_FOREIGN]))
    if letters < _ENOUGH:
        return Identified("und", "", "none", 0.0)
    arabic_wins = group["ar hard"] > group["fa hard"] or arabic >= others
    language = "ar" if arabic_wins else "fa"
    return Identified(language, "", "letters", (arabic if arabic_wins else others) / (arabic + others))


def _ask(model: LanguageModel | None, sample: str, at_least: float) -> Identified | None:
    if model is None:
        return None
    code, score = model(" ".join(sample[:_SHOWN].split()))
    if score < at_least:
        return None
    return Identified("ar", code, "model", score) if code in _ARABIC else Identified(code, "", "model", score)
