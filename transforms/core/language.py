"""Which language a text is in, by its script and the letters that only one language of that script uses."""

import functools

import numpy as np
from numpy.typing import NDArray

__all__ = ["identify"]

#: Code points looked at; a lead is enough.
_SAMPLE = 2000
#: Letters that tell languages of the Arabic script apart (CLDR exemplar sets of ar, fa, ur, ckb, ps).
_TELLING = {
    "ar": "\u0629\u0649\u064a\u0643\u0623\u0625",  # teh marbuta, alef maqsura, yeh, kaf, alefs with hamza
    "fa": "\u067e\u0686\u0698\u06af\u06a9\u06cc",  # peh, tcheh, jeh, gaf, keheh, farsi yeh
    "ur": "\u0679\u0688\u0691\u06ba\u06d2\u06c1\u06be",  # tteh, ddal, rreh, noon ghunna, yeh barree, heh goal, do-chashmee
    "ckb": "\u0695\u06b5\u06ce\u06c6",  # reh and lam with small v, yeh and oe with small v
    "ps": "\u067c\u0689\u0693\u0696\u069a\u06bc\u06cd\u06d0",  # letters with ring, xe, yeh with tail, e
}
_LANGUAGES = tuple(_TELLING)
#: Classes of code units: no letter, a letter of another script, a letter of the Arabic script that every
#: such language has, then one class per language above.
_NONE, _FOREIGN, _COMMON, _FIRST = range(4)
#: Share of all letters above which the letters of a language are no stray name or keyboard slip.
_TELLING_SHARE = 0.02


@functools.cache
def _classes() -> NDArray[np.uint8]:
    table = np.array([_FOREIGN if chr(code).isalpha() else _NONE for code in range(0x10000)], np.uint8)
    for first, last in (
        (0x0620, 0x064A),
        (0x066E, 0x06D3),
        (0x06FA, 0x06FF),
        (0xFB50, 0xFDFB),
        (0xFE80, 0xFEFC),
    ):
        block = table[first : last + 1]
        block[block == _FOREIGN] = _COMMON
    table[[0x0640, 0x06D5]] = _NONE, _COMMON  # tatweel is no letter; ae (Kurdish, Uighur) is
    for number, letters in enumerate(_TELLING.values()):
        table[[ord(letter) for letter in letters]] = _FIRST + number
    return table


def identify(text: str) -> str:
    """Return `ar`, `fa`, `ur`, `ckb`, `ps`, `other` (another script) or `und` (no letters at all).

    Arabic varieties are all `ar`. Decides by the first 2,000 code points. Never raises.
    """
    units = np.frombuffer(text[:_SAMPLE].encode("utf-16-le", "surrogatepass"), np.uint16)
    counts = np.bincount(_classes()[units], minlength=_FIRST + len(_LANGUAGES)).tolist()
    letters = sum(counts) - counts[_NONE]
    if not letters:
        return "und"
    if 2 * counts[_FOREIGN] > letters:
        return "other"
    telling = dict(zip(_LANGUAGES, counts[_FIRST:], strict=True))
    for language in ("ur", "ckb", "ps"):
        if telling[language] > _TELLING_SHARE * letters:
            return language
    if telling["fa"] > _TELLING_SHARE * letters and telling["fa"] > telling["ar"]:
        return "fa"
    return "ar"
