"""Folding of Arabic spelling: a text in a profile, alone, in batches, or with the way back to the original.

A text is mapped as an array of UTF-16 code units through one table (the fast road). Where that is not
enough (references, ligatures, damage, composition, characters beyond the BMP) the same rules run step by
step in `repair` (the slow road), with the same result. Folded text is never stored as the article.

Guarantees, each a property test: total on any text; idempotent; equal for NFC, NFD and presentation
forms of a text; `search` of `display` is `search`, `dedup` of `search` is `dedup`; "" for texts of marks
or nothing; at most 22 characters for one.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.core.fast import map_batch, map_text, trace_text
from transforms.core.profiles import DEDUP, DISPLAY, SEARCH, Profile
from transforms.core.repair import repeat
from transforms.core.settings import setting

__all__ = [
    "FoldedText",
    "NormalizeRules",
    "dedup_text",
    "display_if_repaired",
    "fold",
    "normalize_text",
    "normalize_texts",
    "profile_of",
]

_PROFILES = {profile.name: profile for profile in (DISPLAY, SEARCH, DEDUP)}
#: Texts mapped at once: together about the size of a second-level cache.
_BATCH = 64


@dataclasses.dataclass(frozen=True)
class NormalizeRules:
    """Which profiles matching uses."""

    profile: str = setting("ar-norm/1", "Version of the normalisation profiles.", choices=("ar-norm/1",))
    without: tuple[str, ...] = setting(
        (),
        "Rules of search and dedup to leave out, e.g. teh_marbuta; the profile's version changes with them.",
    )


class FoldedText(NamedTuple):
    """A folded text and the way back: `offsets[i]` is the code point of the original that made `text[i]`; it never falls."""

    text: str
    offsets: NDArray[np.int64]


def profile_of(name: str, off: Iterable[str] = ()) -> Profile:
    """Return the profile `display`, `search` or `dedup`, with rules switched off. Raises ValueError for unknown names."""
    return Profile(name, frozenset(off)) if off else _known(name)


def _known(profile: str | Profile) -> Profile:
    if isinstance(profile, Profile):
        return profile
    if profile not in _PROFILES:
        raise ValueError(f"{profile!r} is no profile; there are {', '.join(_PROFILES)}")
    return _PROFILES[profile]


def normalize_text(text: str, profile: str | Profile = "search") -> str:
    """Return any text in a profile. Never raises on a text; ValueError for an unknown profile."""
    known = _known(profile)
    folded = map_text(text, known)
    return repeat(text, known)[0] if folded is None else folded


def normalize_texts(texts: Sequence[str], profile: str | Profile = "search") -> list[str]:
    """Return texts in a profile: `[normalize_text(text, profile) for text in texts]`, several at a time."""
    known = _known(profile)
    folded: list[str] = []
    for first in range(0, len(texts), _BATCH):
        batch = texts[first : first + _BATCH]
        for text, mapped in zip(batch, map_batch(batch, known), strict=True):
            folded.append(repeat(text, known)[0] if mapped is None else mapped)
    return folded


def fold(text: str, profile: str | Profile = "search") -> FoldedText:
    """Return any text in a profile with the original place (code point) of each character. Never raises on a text."""
    known = _known(profile)
    return FoldedText(*(trace_text(text, known) or repeat(text, known)))


def dedup_text(text: str, profile: Profile = DEDUP) -> str:
    """Return the words that a text is compared by, one blank apart."""
    return normalize_text(text, profile)


def display_if_repaired(text: str) -> str | None:
    """Return the `display` form, None where it differs from the text in white space only."""
    display = normalize_text(text, DISPLAY)
    return None if display == text or display.split() == text.split() else display
