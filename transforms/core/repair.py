"""The slow road of the profiles: what a table cannot do to a text, with the way back to the original.

Each step takes a text and returns a new one with, for every character, the index of the character it
came from. Steps are repeated until nothing changes, because one can make work for another (deleting an
invisible character may complete a character reference), and because only so a second call changes nothing.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from transforms.core import mojibake
from transforms.core.composing import Found, compose_run, composing_runs
from transforms.core.fast import REFERENCE, map_text, trace_text, unescape
from transforms.core.profiles import Profile, characters_of, tables
from transforms.core.units import Traced, choose, collapse, dashes, from_units, map_units, to_units

__all__ = ["repeat"]

Places = NDArray[np.int64]

Step = Callable[[str], Traced]

#: Half surrogate pairs and the noncharacters that mapped text uses: no text of a reader holds them.
_BROKEN = re.compile("[\ud800-\udfff\ufdd0\ufffe\uffff]")
_REPLACEMENT = "\ufffd"
#: Far more rounds than any text needs; the properties are tested on texts made to need many.
_MOST_ROUNDS = 64


def repeat(text: str, profile: Profile) -> Traced:
    """Return the text in `profile` and the original place of each character. Never raises."""
    places: Places = np.arange(len(text))
    for _ in range(_MOST_ROUNDS):
        changed, back = _pass(text, profile)
        if changed == text:
            break
        text, places = changed, places[back]
        if map_text(text, profile) == text:
            break
    return text, places


def _pass(text: str, profile: Profile) -> Traced:
    if profile.name == "display":
        return _chain(text, _display_steps(profile))
    below = profile.based_on("display" if profile.name == "search" else "search")
    folded, places = trace_text(text, below) or repeat(text, below)
    folded, back = _own_step(folded, profile)
    return folded, places[back]


def _until_stable(text: str, step: Step) -> Traced:
    places: Places = np.arange(len(text))
    for _ in range(_MOST_ROUNDS):
        changed, back = step(text)
        if changed == text:
            break
        text, places = changed, places[back]
    return text, places


def _chain(text: str, steps: list[Step]) -> Traced:
    places: Places = np.arange(len(text))
    for step in steps:
        text, back = step(text)
        places = places[back]
    return text, places


def _display_steps(profile: Profile) -> list[Step]:
    # Composing comes first too: damage is told by composed letters.
    steps: list[Step] = [_drop_broken, _compose]
    if profile.has("mojibake"):
        steps.append(_undo_mojibake)
    if profile.has("entities"):
        steps.append(functools.partial(_until_stable, step=_read_references))
    return [*steps, functools.partial(_own_step, profile=profile), _compose, _collapse]


def _drop_broken(text: str) -> Traced:
    return _substitute(text, _BROKEN.finditer(text), lambda _: _REPLACEMENT)


def _undo_mojibake(text: str) -> Traced:
    repaired = mojibake.repair(text) if mojibake.looks_damaged(text) else None
    if repaired is None:
        return text, np.arange(len(text))
    return repaired.text, repaired.offsets


def _read_references(text: str) -> Traced:
    """Read character references, once the invisible characters that may split one are gone."""
    if "&" not in text:
        return text, np.arange(len(text))
    return _chain(text, [_drop_invisible, _unescape, _drop_broken])


def _drop_invisible(text: str) -> Traced:
    return _substitute(text, _invisible().finditer(text), lambda _: "")


def _unescape(text: str) -> Traced:
    return _substitute(text, REFERENCE.finditer(text), unescape)


@functools.cache
def _invisible() -> re.Pattern[str]:
    return re.compile(f"[{characters_of('invisible')}]")


def _compose(text: str) -> Traced:
    if unicodedata.is_normalized("NFC", text):
        return text, np.arange(len(text))
    return _substitute(text, composing_runs(text), compose_run)


def _own_step(text: str, profile: Profile) -> Traced:
    """Map by the profile's own character rules."""
    own = tables(profile)
    expanding = own.expanding
    steps: list[Step] = [functools.partial(_map, profile=profile)]
    if own.expands.take(to_units(text)[0]).any():
        steps.insert(0, lambda seen: _substitute(seen, _characters(seen, expanding), expanding.__getitem__))
    return _chain(text, steps)


def _characters(text: str, wanted: Container[str]) -> Iterator[Found]:
    return (Found(place, place + 1, char) for place, char in enumerate(text) if char in wanted)


def _map(text: str, profile: Profile) -> Traced:
    own = tables(profile)
    units, points = to_units(text)
    kept, indexes = map_units(units, own.step)
    places = points[indexes]
    if profile.has_dashes:
        kept, places = choose(*dashes(kept, own.letters), places)
    if profile.name != "display":
        kept, places = choose(*collapse(kept, ends=True), places)
    return from_units(kept, places)


def _collapse(text: str) -> Traced:
    units, points = to_units(text)
    return from_units(*choose(*collapse(units, ends=True), points))


def _substitute(text: str, found: Iterable[Found | re.Match[str]], replace: Callable[[str], str]) -> Traced:
    """Replace what was found; its new characters come from its characters in order, the last repeated."""
    pieces: list[str] = []
    counts = np.ones(len(text), np.int64)  # how many new characters come from each
    end = 0
    for match in found:
        replacement = replace(match.group())
        if replacement == match.group():
            continue
        start, stop = match.span()
        pieces += [text[end:start], replacement]
        surplus = len(replacement) - (stop - start)
        if surplus < 0:
            counts[stop + surplus : stop] = 0
        else:
            counts[stop - 1] += surplus
        end = stop
    if not pieces:
        return text, np.arange(len(text))
    return "".join([*pieces, text[end:]]), np.repeat(np.arange(len(text)), counts)
