"""Names of organisations: how far they reach, and when a name of the gazetteer is one here.

An organisation's name is often a head noun (ministry, club, council) with what completes it: definite adjectives, a
genitive, a name between quotes. The model finds most; the rules here make them whole.
"""

from collections.abc import Iterator

from transforms.core.tagging.body_heads import (
    ADJECTIVES,
    APART,
    DEFINITE_FORMS,
    DESCRIBED,
    DISTRICTS,
    HEAD_FORMS,
    LED,
    NATIONAL,
    NISBA,
    SIDES,
    STOPS,
    STRONG_FORMS,
)
from transforms.core.tagging.matching import ARTICLE, LAM
from transforms.core.tagging.mentions import Mention, Reading, letters_before

__all__ = ["bodies_in", "headed_at", "is_named"]

_BODY = ("organisation", "organisation?", "organisation??", "organisation-first", "org_head")
_MOST_WORDS = 9
_GENERIC_WORDS = 2


def bodies_in(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    """Yield the organisation that a run of tokens names, after mending its borders."""
    while last > first and reading.kinds[last - 1] != 0:
        last -= 1
    while first < last and reading.kinds[first] != 0:
        first += 1
    if first >= last:
        return
    while last - first > 1 and (
        reading.forms[first] in APART
        or (reading.forms[first] in LED and reading.is_in(first + 1, "org_head"))
    ):
        first += 1
    if reading.forms[first] in NATIONAL:
        yield from _countries(reading, first, last, score, source)
        return
    known = next(
        (
            hit
            for hit in reading.hits.get(first, ())
            if hit.last >= last
            and any(one.kind == "organisation" for one in reading.lexicon.index.meanings(hit.number))
        ),
        None,
    )
    if known is not None and known.last > last:
        last = known.last
    last = _to_the_right(reading, first, last)
    first = _to_the_left(reading, first)
    if (
        last - first == _GENERIC_WORDS
        and reading.forms[first] in SIDES
        and reading.forms[last - 1] in reading.lexicon.demonyms
    ):
        return
    if last - first <= _GENERIC_WORDS and _is_generic(reading, first, last):
        whole = headed_at(reading, first) if reading.forms[first] in HEAD_FORMS else last
        if whole <= last:
            return
        last = whole
    hit = reading.hit(first, last, "organisation")
    spot = None if hit else reading.hit(first, last, "place")
    if spot and any(one.type == "country" for one in spot[1]):
        # A country that acts (or plays) is a place that stands for its government or team.
        yield Mention("place", first, last, spot[0], score, source, spot[1])
        return
    cut = hit[0] if hit else letters_before(reading, first, *_BODY)
    yield Mention("organisation", first, last, cut, score, source, hit[1] if hit else ())


def _countries(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    for token in range(first + 1, last):
        for hit in reading.hits.get(token, ()):
            meanings = reading.lexicon.index.meanings(hit.number)
            places = tuple(one for one in meanings if one.kind == "place" and one.type == "country")
            if places and hit.last <= last:
                yield Mention("place", token, hit.last, hit.cut, score, source, places)
                return


def headed_at(reading: Reading, head: int) -> int:
    """Return where the name ends that a strong head noun begins, `head` + 1 where nothing completes it.

    What completes it: definite nouns and adjectives (and such joined by waw), a place with or without its generic
    head, or a noun before a definite one.
    """
    last = head + 1
    if not _continues(reading, last):
        return last
    if reading.forms[head] in DEFINITE_FORMS:
        whole = _with_purpose(reading, head)
        # After lam "the committee" and "committee" are written alike.
        if whole > head + 1 or reading.forms[head] not in STRONG_FORMS:
            return whole
    for place_at in (last, last + 1):
        if place_at > last and not reading.is_in(last, "place_head"):
            break
        spot = _place_at(reading, place_at)
        if spot and place_at == last and reading.forms[head] in DISTRICTS:
            return head + 1
        if spot:
            return _adjectives(reading, head, spot)
    if not reading.forms[last].startswith(ARTICLE):
        if not _continues(reading, last + 1) or not reading.forms[last + 1].startswith(ARTICLE):
            return head + 1
        last += 1
    return _adjectives(reading, head, last + 1)


def _with_purpose(reading: Reading, head: int) -> int:
    """Return where "the general authority for statistics" ends: definite adjectives, then lam and the purpose."""
    last = head + 1
    while last - head <= 3 and _continues(reading, last) and reading.forms[last].startswith(ARTICLE):
        last += 1
    if last == head + 1 or not _continues(reading, last) or not reading.forms[last].startswith(LAM + LAM):
        return head + 1
    return _adjectives(reading, head, last + 1)


def _continues(reading: Reading, token: int) -> bool:
    return (
        reading.follows(token)
        and reading.types[token] in ("", "LOC", "ORG", "MISC")
        and reading.forms[token] not in STOPS
        and not reading.is_in(token, "speech_verb", "person_title")
    )


def _place_at(reading: Reading, token: int) -> int:
    """Return where a place ends that begins with the whole token, 0 if none does."""
    if not reading.follows(token):
        return 0
    for hit in reading.hits.get(token, ()):
        if hit.cut == 0 and any(one.kind == "place" for one in reading.lexicon.index.meanings(hit.number)):
            return hit.last
    if reading.types[token] == "LOC":
        while reading.follows(token + 1) and reading.types[token + 1] == "LOC":
            token += 1
        return token + 1
    return 0


def _adjectives(reading: Reading, head: int, last: int) -> int:
    """Return where definite words after a name end, those joined by waw too."""
    while last - head < _MOST_WORDS and _continues(reading, last):
        form = reading.forms[last]
        joined = form.startswith("\u0648" + ARTICLE) and not reading.is_in(last, "org_head", "generic_org")
        adjective = form.startswith(ARTICLE) and (form.endswith(NISBA) or form in ADJECTIVES)
        if not (adjective or joined) or reading.has_flag(form, "place"):
            break
        last += 1
    return last


def _to_the_left(reading: Reading, first: int) -> int:
    """Return where the name begins with the head noun that stands right before it."""
    before = first - 1
    if (
        reading.follows(first)
        and before >= reading.low
        and not reading.types[before]
        and reading.kinds[before] == 0
        and not reading.form(before).startswith(ARTICLE)
        and reading.form(before) not in APART
        and reading.is_in(before, "org_head")
    ):
        return before
    return first


def _to_the_right(reading: Reading, first: int, last: int) -> int:
    """Return where the name ends with a nationality after it, and with what a name that ends on a preposition wants."""
    headed = reading.is_in(first, "org_head") or reading.is_in(first - 1, "org_head")
    described = reading.forms[first] in DESCRIBED or reading.form(first - 1) in DESCRIBED
    if described and last - first > _GENERIC_WORDS and reading.forms[last - 1] in reading.lexicon.demonyms:
        return last if reading.hit(first, last, "organisation") else last - 1
    if described:
        return last
    while reading.follows(last) and last - first < _MOST_WORDS and not reading.types[last]:
        form = reading.forms[last]
        if headed and form.startswith(ARTICLE) and form in reading.lexicon.demonyms:
            last += 1
            continue
        break
    return last


def _is_generic(reading: Reading, first: int, last: int) -> bool:
    """Tell whether words only say what kind of body is meant."""
    name = " ".join(reading.forms[first:last])
    return name in reading.lexicon.spread["generic_org"] or name in reading.lexicon.spread["org_head"]


def is_named(reading: Reading, first: int, rule: str, *, sport: bool) -> bool:
    """Tell whether a name of the gazetteer is an organisation here, by its rule, where the model has said nothing."""
    if rule == "":
        return True
    if rule == "sport" and sport:
        return True
    if rule not in ("sport", "head"):
        return False
    before = first - 1
    if not reading.follows(first) or before < reading.low:
        return False
    return reading.is_in(before, "org_head")
