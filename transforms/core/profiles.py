"""Normalisation profiles: which rules a text is folded by, as frozen, versioned tables.

Three profiles, each defined on the one before:

* `display`: what readers see, repaired: mojibake, character references, invisible characters, kinds of
  space, presentation forms, composed letters (NFC), white space. Spelling, marks and punctuation stay.
* `search`: for finding: marks, tatweel and joiners go; variants of a letter, digits, quotes, dashes,
  Arabic punctuation and letter case become one.
* `dedup`: for comparing: the words of `search`, one blank apart.

The character rules are frozen in `norm_table` (made by scripts/build_normalization.py from pyarabic's
letter classes and the Unicode charts), so that neither Python nor a library changes a text. A profile's
version holds a hash of its tables and the numbers of its procedures (here and of `mojibake`), which are
raised when what comes out changes. Character references are those of HTML, a list closed for ever.
"""

import dataclasses
import functools
import hashlib
import re

import numpy as np
from numpy.typing import NDArray
from pyarabic import araby

from transforms.core import mojibake
from transforms.core.norm_table import COMPOSING, RULES, UNICODE, WORDS

__all__ = [
    "BLANK",
    "DEDUP",
    "DELETED",
    "DISPLAY",
    "NEWLINE",
    "RARE",
    "SEARCH",
    "SEPARATOR",
    "SWITCHABLE",
    "Profile",
    "Tables",
    "characters_of",
    "code_points",
    "mark_run",
    "tables",
]

#: Code units with a meaning of their own in mapped text; as input they are noncharacters, which are rare.
DELETED, RARE, SEPARATOR = 0xFFFF, 0xFFFE, 0xFDD0
BLANK, NEWLINE = 0x20, 0x0A
#: Rules that a configuration may switch off. The others make the guarantees (closed alphabet, idempotence) hold.
SWITCHABLE = (
    "mojibake",
    "entities",
    "presentation_forms",
    "marks",
    "tatweel",
    "alef",
    "alef_maqsura",
    "hamza_seats",
    "teh_marbuta",
    "persian_letters",
    "digits",
    "quotes",
    "apostrophes",
    "dashes",
    "punctuation",
    "case",
)
_DISPLAY_RULES = ("invisible", "spaces", "paragraph_marks", "presentation_forms")
#: Raised when the procedures (not the tables) change what comes out.
_PROCEDURE = "1"
#: Base, mark, what NFC makes of them (chart 0600-06FF). Deleting a mark is right only if both fold alike.
_COMPOSITIONS = (
    (0x0627, 0x0653, 0x0622),
    (0x0627, 0x0654, 0x0623),
    (0x0648, 0x0654, 0x0624),
    (0x0627, 0x0655, 0x0625),
    (0x064A, 0x0654, 0x0626),
    (0x06D5, 0x0654, 0x06C0),
    (0x06C1, 0x0654, 0x06C2),
    (0x06D2, 0x0654, 0x06D3),
)


@dataclasses.dataclass(frozen=True)
class Profile:
    """A profile by name (`display`, `search` or `dedup`) and the rules that are switched off in it."""

    name: str
    off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.name not in ("display", "search", "dedup"):
            raise ValueError(f"{self.name!r} is no profile; there are display, search and dedup")
        unknown = sorted(self.off.difference(SWITCHABLE))
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)}: no rule of that name can be switched off; see {', '.join(SWITCHABLE)}"
            )

    @property
    def version(self) -> str:
        """`ar-norm/1+unicode…+sha256:…` over the tables and procedures of this profile."""
        return _version(self)

    def has(self, rule: str) -> bool:
        """Tell whether a rule is on."""
        return rule not in self.off

    @property
    def has_dashes(self) -> bool:
        """Whether a standing tatweel becomes a dash."""
        return self.name == "search" and self.has("tatweel")

    def based_on(self, name: str) -> "Profile":
        """Return the profile `name` with the same rules off."""
        return Profile(name, self.off)


DISPLAY, SEARCH, DEDUP = Profile("display"), Profile("search"), Profile("dedup")


@dataclasses.dataclass(frozen=True, eq=False)
class Tables:
    """What a profile does to single code units (UTF-16).

    `fast` maps the original text at once and answers `RARE` where a unit needs more than a table; `batch` is
    the same, but lets `SEPARATOR` through, which parts the texts of a batch.
    `step` maps the text of the profile below, and never answers `RARE`; characters of `expanding` are
    written out before it.
    """

    fast: NDArray[np.uint16]
    batch: NDArray[np.uint16]
    step: NDArray[np.uint16]
    expanding: dict[str, str]
    ligatures: dict[int, str]
    expands: NDArray[np.bool_]
    letters: NDArray[np.bool_]


def code_points(ranges: str) -> list[int]:
    """Return the code points of ranges written as `0041-005A 00AA`."""
    points: list[int] = []
    for item in ranges.split():
        first, _, last = item.partition("-")
        points.extend(range(int(first, 16), int(last or first, 16) + 1))
    return points


@functools.cache
def _rule(name: str) -> dict[int, str]:
    """Return a rule of the frozen table: code point -> what is written for it."""
    rule: dict[int, str] = {}
    for item in RULES[name].split():
        span, _, target = item.partition(">")
        rises = target.endswith("^")
        letters = (
            "" if target == "-" else "".join(chr(int(code, 16)) for code in target.rstrip("^").split("+"))
        )
        for place, code in enumerate(code_points(span)):
            rule[code] = chr(ord(letters) + place) if rises else letters
    return rule


def _step_rules(profile: Profile) -> list[dict[int, str]]:
    """Return the character rules that the profile adds to the one below it."""
    if profile.name == "display":
        names = [name for name in RULES if name in _DISPLAY_RULES]
    elif profile.name == "search":
        names = [name for name in RULES if name not in _DISPLAY_RULES]
    else:
        words = frozenset(code_points(WORDS))
        return [{code: " " for code in range(0x10000) if code not in words}]
    return [_rule(name) for name in names if profile.has(name)]


def _apply(rules: list[dict[int, str]], text: str) -> str:
    for rule in rules:
        text = "".join([rule.get(ord(char), char) for char in text])
    return text


@functools.cache
def _written(profile: Profile) -> tuple[str, ...]:
    """Return what each BMP code point becomes by the rules of this profile and of those below."""
    below = {"display": None, "search": "display", "dedup": "search"}[profile.name]
    base = (
        [chr(code) for code in range(0x10000)] if below is None else list(_written(profile.based_on(below)))
    )
    rules = _step_rules(profile)
    changed = set().union(*rules)
    for code, text in enumerate(base):
        if len(text) > 1 or (text and ord(text) in changed):
            base[code] = _apply(rules, text)
    if profile.name == "dedup" and profile.has("tatweel"):
        # A standing tatweel is a dash and so a blank beside another; else it is deleted: it is never a letter.
        base = [text.replace(araby.TATWEEL, "") for text in base]
    return tuple(base)


@functools.cache
def tables(profile: Profile) -> Tables:
    """Return the tables of a profile; made once per process, from the frozen rules."""
    written = _written(profile)
    fast = np.array([_unit(text, profile) for text in written], np.uint16)
    rare = [SEPARATOR, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
    if profile.has("mojibake"):
        rare += [ord(char) for char in mojibake.SIGNS]
    if profile.has_dashes:  # a form of tatweel with a mark is one only after its mark is gone
        rare += [code for code, text in enumerate(written) if araby.TATWEEL in text and text != chr(code)]
    if profile.name != "display":  # there NFC is checked on the text
        rare += [code for code in code_points(COMPOSING) if code < 0x10000 and not _may_go(code, written)]
    fast[rare] = RARE
    batch = fast.copy()
    batch[SEPARATOR] = SEPARATOR
    step = np.arange(0x10000, dtype=np.uint16)
    expanding: dict[str, str] = {}
    rules = _step_rules(profile)
    for code in set().union(*rules):
        text = _apply(rules, chr(code))
        if len(text) > 1:
            expanding[chr(code)] = text
        else:
            step[code] = _unit(text, profile)
    if profile.name == "dedup":
        step[0xD800:0xE000] = BLANK  # beyond the BMP are emoji and scripts of no newspaper
    letters = np.zeros(0x10000, bool)
    letters[[code for code in code_points(WORDS) if not chr(code).isdigit()]] = True
    letters[ord(araby.TATWEEL)] = False
    ligatures = {code: text for code, text in enumerate(written) if len(text) > 1 and not text.isspace()}
    expands = np.zeros(0x10000, bool)
    expands[[*ligatures, *map(ord, expanding)]] = True
    return Tables(fast, batch, step, expanding, ligatures, expands, letters)


def _unit(text: str, profile: Profile) -> int:
    if len(text) == 1:
        return ord(text)
    if profile.name == "dedup" and text.isspace():
        return BLANK
    return RARE if text else DELETED


def _may_go(code: int, written: tuple[str, ...]) -> bool:
    """Tell whether a composing mark can be deleted unseen: whatever it composes with folds as if it were not there."""
    return not written[code] and all(
        written[base] == written[composed] for base, mark, composed in _COMPOSITIONS if mark == code
    )


def characters_of(rule: str) -> str:
    """Return the characters that a rule of the frozen table changes, ready for a class of a regular expression."""
    return "".join(map(re.escape, map(chr, _rule(rule))))


@functools.cache
def mark_run() -> re.Pattern[str]:
    """Return a pattern for a run of what `search` deletes after a letter: marks and tatweel."""
    return re.compile(f"[{characters_of('marks')}{araby.TATWEEL}]*")


@functools.cache
def _version(profile: Profile) -> str:
    digest = hashlib.sha256(f"{_PROCEDURE} {profile.name} {sorted(profile.off)}".encode())
    for code, text in enumerate(_written(profile)):
        if text != chr(code):
            digest.update(f"{code:x}>{text};".encode("utf-8", "surrogatepass"))
    digest.update(COMPOSING.encode())
    if profile.has("mojibake"):
        digest.update(f"{mojibake.VERSION} {mojibake.SIGNS}".encode())
    return f"ar-norm/1+unicode{UNICODE}+sha256:{digest.hexdigest()[:16]}"
