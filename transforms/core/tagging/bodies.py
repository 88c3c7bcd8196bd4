"""Names of organisations: how far they reach, and when a name of the gazetteer is one here.

An organisation's name is often a head noun (ministry, club, council) with what completes it: definite adjectives, a
genitive, a name between quotes. The model finds most; the rules here make them whole.
"""

from collections.abc import Iterator

from transforms.core.tagging.mentions import ARTICLE, LAM, Mention, NameHit, Reading, letters_before, variants

__all__ = ["bodies_in", "is_named"]

_BODY = ("organisation", "organisation?", "organisation??", "organisation-first", "org_head")
_MOST_WORDS = 9


def bodies_in(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    """Yield the organisation that a run of tokens names, after mending its borders."""
    while last > first and reading.kinds[last - 1] != 0:
        last -= 1
    while first < last and reading.kinds[first] != 0:
        first += 1
    if first >= last:
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
    if last - first == 1 and _is_generic(reading, first):
        return
    hit = reading.hit(first, last, "organisation")
    cut = hit[0] if hit else letters_before(reading, first, *_BODY)
    yield Mention("organisation", first, last, cut, score, source, hit[1] if hit else ())


def _to_the_left(reading: Reading, first: int) -> int:
    """Return where the name begins with the head noun that stands right before it."""
    before = first - 1
    if (
        reading.follows(first)
        and before >= reading.low
        and not reading.types[before]
        and reading.kinds[before] == 0
        and not reading.form(before).startswith(ARTICLE)
        and reading.is_in(before, "org_head")
    ):
        return before
    return first


def _to_the_right(reading: Reading, first: int, last: int) -> int:
    """Return where the name ends with a nationality after it, and with what a name that ends on a preposition wants."""
    headed = reading.is_in(first, "org_head") or reading.is_in(first - 1, "org_head")
    while reading.follows(last) and last - first < _MOST_WORDS and not reading.types[last]:
        form = reading.forms[last]
        if headed and form.startswith(ARTICLE) and form in reading.lexicon.demonyms:
            last += 1
            continue
        break
    return last


def _is_generic(reading: Reading, token: int) -> bool:
    generic = reading.lexicon.triggers["generic_org"]
    heads = reading.lexicon.triggers["org_head"]
    return any(form in generic or form in heads for form in variants(reading.forms[token]))


def is_named(reading: Reading, first: int, hit: NameHit, rule: str, *, sport: bool) -> bool:
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
    return reading.is_in(before, "org_head") or (
        hit.cut > 0 and reading.forms[first][hit.cut - 1] == LAM and reading.is_in(before, "org_head")
    )
