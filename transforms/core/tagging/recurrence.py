"""A name found once in an article is found wherever it stands again in it."""

import functools
from collections.abc import Iterable, Iterator, Sequence

from transforms.core.tagging.mentions import ARTICLE, LAM, Mention, Reading

__all__ = ["found_again"]

#: A name must be so sure to be looked for again.
_SURE = 0.55
_AGAIN = 0.7
#: One or two letters that may stand before a name: waw, feh; beh, lam, kaf; both.
_BEFORE = ("", *"وفبلك", "وب", "ول", "وك", "فب", "فل")
#: Words after which a word of verb's shape is a verb, not a name: that, which, may, not (folded).
_BEFORE_VERBS = frozenset(
    ("ان", "التي", "الذي", "قد", "لم", "لن", "لا", "سوف", "كي", "لكي", "حتي", "ما", "بان", "وهي")
)
_SHORTEST = 4


def found_again(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Yield a mention for each further place of a name that `mentions` are sure of, where none of them stands.

    Names of one word are looked for when they are places or bodies; of persons only full names are.
    """
    names = dict(_names(reading, mentions))
    if not names:
        return
    taken = {token for mention in mentions for token in range(mention.first, mention.last)}
    starts: dict[str, tuple[int, str]] = {}
    by_first: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        by_first.setdefault(name.partition(" ")[0], []).append(name)
    for first in by_first:
        starts |= _starts(first)
    forms = reading.forms
    last = reading.low
    for token in range(reading.low, reading.high):
        start = starts.get(forms[token])
        if start is None or token < last or token in taken:
            continue
        cut, first = start
        for name in by_first[first]:
            end = token + name.count(" ") + 1
            if end > reading.high or any(place in taken for place in range(token, end)):
                continue
            if reading.name(token, end, cut) != name or any(reading.breaks[token + 1 : end]):
                continue
            if end == token + 1 and (
                (cut and len(first) < _SHORTEST) or reading.form(token - 1) in _BEFORE_VERBS
            ):
                continue
            known = names[name]
            yield Mention(known.kind, token, end, cut, min(known.score, _AGAIN), known.source, known.meanings)
            last = end
            break


@functools.lru_cache(maxsize=1 << 14)
def _starts(first: str) -> dict[str, tuple[int, str]]:
    """Return the forms of a first word with clitics: their letters before the name, and the word."""
    contracted = LAM + first[2:] if first.startswith(ARTICLE) else first
    return {
        before + (contracted if before.endswith(LAM) else first): (len(before), first) for before in _BEFORE
    }


def _names(reading: Reading, mentions: Iterable[Mention]) -> Iterator[tuple[str, Mention]]:
    for mention in mentions:
        if mention.score < _SURE:
            continue
        name = reading.name(mention.first, mention.last, mention.cut)
        if len(name) >= _SHORTEST - 1 and (" " in name or mention.kind != "person"):
            yield name, mention
