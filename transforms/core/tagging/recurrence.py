"""A name found once in an article is found wherever it stands again in it."""

import functools
from collections.abc import Iterable, Iterator, Sequence

from transforms.core.tagging.matching import ARTICLE, LAM, after_lam
from transforms.core.tagging.mentions import Mention, Reading
from transforms.core.tagging.people import last_name

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
#: Rules of names that are common words too.
_NEVER_ALONE = ("slot", "head", "sport")


def found_again(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Yield a mention for each further place of a name that `mentions` are sure of, where none of them stands.

    Names of one word are looked for when they are places or bodies; a person's last name only after a verb of speech.
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
    for token in [
        token for token, form in enumerate(forms[reading.low : reading.high], reading.low) if form in starts
    ]:
        if token < last or token in taken:
            continue
        cut, first = starts[forms[token]]
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
            if known.kind == "person" and end == token + 1 and not reading.is_in(token - 1, "speech_verb"):
                continue
            yield Mention(known.kind, token, end, cut, min(known.score, _AGAIN), known.source, known.meanings)
            last = end
            break


@functools.lru_cache(maxsize=1 << 14)
def _starts(first: str) -> dict[str, tuple[int, str]]:
    """Return the forms of a first word with clitics: their letters before the name, and the word."""
    contracted = after_lam(first) if first.startswith(ARTICLE) else first
    return {
        before + (contracted if before.endswith(LAM) else first): (len(before), first) for before in _BEFORE
    }


def _names(reading: Reading, mentions: Iterable[Mention]) -> Iterator[tuple[str, Mention]]:
    for mention in mentions:
        if mention.score < _SURE:
            continue
        name = reading.name(mention.first, mention.last, mention.cut)
        # A name that is a common word too is one where a rule says so, each time.
        if (
            " " not in name
            and mention.source.startswith("gaz:")
            and all(one.rule in _NEVER_ALONE for one in mention.meanings)
        ):
            continue
        if len(name) < _SHORTEST - 1:
            continue
        if " " in name or mention.kind != "person":
            yield name, mention
        if " " in name and mention.kind == "person":
            yield last_name(name), mention
