"""Names of persons: where they begin and end, and whom a short form means.

The model finds most names but cuts some wrongly; the rules here know how Arabic names are built (ism, nasab with
ibn, kunya with abu, compounds of abd and of al-din, nisba), and that titles and what a person heads are no part of them.
"""

from collections.abc import Iterator, Sequence

from transforms.core.tagging.matching import ARTICLE
from transforms.core.tagging.mentions import Mention, Reading, letters_before

__all__ = ["full_names", "last_name", "persons_in"]

#: Folded words that link two parts of a name: ibn (two spellings), bint, al (house of), um, abu in three cases, abd, dhu.
_SON = frozenset({"بن", "ابن", "بنت", "ولد"})
_COMPOUND = frozenset({"عبد", "العبد", "ابو", "ابي", "ابا", "ال", "ام", "ذو"})
#: After these a name goes on.
_OPEN = _SON | _COMPOUND
#: Second words of compound names: X al-din, X Allah.
_SECOND = frozenset({"الدين", "الله"})
_GIVEN = ("given", "person-given")
_SURNAME = ("surname", "person-surname")
_NISBA = "\u064a"  # ي
_NAME = ("given", "surname", "person-given", "person-surname")
#: The alef that carries the accusative of an indefinite noun.
_TANWIN = "\u0627"
_MOST_WORDS = 8
#: Distinct names of an article that are compared with each other: more are a list, and pairs are quadratic.
_MOST_NAMES = 300


def persons_in(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    """Yield the persons that a run of tokens names, after mending its borders."""
    if reading.is_in(first - 1, "person_blocker") and reading.follows(first) and last - first <= 1:
        return
    first = _after_titles(reading, first, last)
    if first >= last:
        return
    last = _to_the_right(reading, first, last)
    for begin, end in _apart(reading, first, last):
        yield from _mention(reading, begin, end, score, source)


def _mention(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    while last > first and (reading.forms[last - 1] in _OPEN or not reading.forms[last - 1].isalnum()):
        last -= 1
    if last <= first or last - first > _MOST_WORDS:
        return
    cut = letters_before(reading, first, *_NAME)
    words = [reading.forms[first][cut:], *reading.forms[first + 1 : last]]
    if _is_nationality(reading, words):
        return
    hit = reading.hit(first, last, "person")
    if hit is not None and (hit[0] <= cut or not reading.has_flag(words[0], *_NAME)):
        cut = hit[0]
    else:
        hit = None
    yield Mention("person", first, last, cut, score, source, hit[1] if hit else ())


def _is_nationality(reading: Reading, words: Sequence[str]) -> bool:
    """Tell whether a nationality stands where a name might ("Russian air", "a French one"): no given name is there."""
    demonyms = reading.lexicon.demonyms
    if words[-1] not in demonyms and words[-1].removesuffix(_TANWIN) not in demonyms:
        return False
    return not any(reading.has_flag(word, *_GIVEN) for word in words[:-1]) and (
        len(words) > 1 or not reading.has_flag(words[0], *_GIVEN)
    )


def _after_titles(reading: Reading, first: int, last: int) -> int:
    """Return where the name begins once titles are off: the longest title of up to three words, again and again."""
    titles = reading.lexicon.spread["person_title"]
    while first < last:
        for size in (3, 2, 1):
            if first + size > last:
                continue
            words = reading.forms[first : first + size]
            if " ".join(words) not in titles:
                continue
            # A word that is also a given name (Sayyid, Amir) is a title with the article only.
            if size == 1 and reading.has_flag(words[0], *_GIVEN) and not words[0].startswith(ARTICLE):
                continue
            first += size
            break
        else:
            return first
    return first


def _to_the_right(reading: Reading, first: int, last: int) -> int:
    """Return where the name ends once what must follow is in: ibn and its name, the second word of a compound."""
    forms = reading.forms
    while last < reading.high and reading.follows(last):
        word = forms[last]
        ends_open = forms[last - 1] in _OPEN
        begins_more = (word in _SON or word in ("ال", "العبد")) and reading.follows(last + 1)
        if not (ends_open or begins_more or word in _SECOND) or last - first >= _MOST_WORDS:
            break
        last += 1
    if _SON.intersection(forms[first:last]) and reading.follows(last) and not reading.types[last]:
        # The nisba that ends a chain of fathers: al-Harbi, al-Shehri.
        word = forms[last]
        if word.startswith(ARTICLE) and word.endswith(_NISBA) and reading.has_flag(word, *_SURNAME):
            last += 1
    return last


def _apart(reading: Reading, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the names of a run in which waw "and" joins several."""
    begin = first
    for token in range(first + 1, last):
        form = reading.forms[token]
        if reading.forms[token - 1] in _OPEN:
            continue
        if form[0] == "\u0648" and not reading.has_flag(form, *_NAME) and len(form) > 3:
            rest = form[1:]
            if reading.has_flag(rest, *_GIVEN) or rest in _COMPOUND:
                yield begin, token
                begin = token
    yield begin, last


def full_names(names: Sequence[str]) -> dict[str, str]:
    """Return for each name (folded, in the order of the text) the fuller name of the article that it stands for.

    A single word stands for the nearest earlier name of two words or more that ends with it, or else has it as its
    first word; else for a later one. A compound of abd counts as one word. Names of several words stand for a longer
    name that begins and ends as they do, or that contains them. Others stand for themselves. Where a name stands first
    is what counts. In lists of very many names those after the first few hundred stand for themselves.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(name, place)
    listed = list(places)[:_MOST_NAMES]
    parts = {name: _parts(name) for name in listed}
    found = dict(zip(places, places, strict=True))
    for name in listed:
        own, place = parts[name], places[name]
        best: tuple[int, int, int] | None = None
        for other in listed:
            longer = parts[other]
            if len(longer) <= len(own) or own[0] not in longer:
                continue
            fit = _fit(own, longer)
            if fit:
                # Earlier before later, the better fit before the nearer.
                rank = (0 if places[other] < place else 1, fit, abs(place - places[other]))
                if best is None or rank < best:
                    best = rank
                    found[name] = other
    # What stands for a name that itself stands for a longer one.
    for name in tuple(found):
        seen = {name}
        while found[found[name]] != found[name] and found[name] not in seen:
            seen.add(found[name])
            found[name] = found[found[name]]
    return found


def last_name(name: str) -> str:
    """Return the last part of a full name, compounds whole."""
    return _parts(name)[-1]


def _parts(name: str) -> tuple[str, ...]:
    parts: list[str] = []
    for word in name.split(" "):
        if parts and (parts[-1] in _COMPOUND or word in _SECOND):
            parts[-1] += " " + word
        else:
            parts.append(word)
    return tuple(parts)


def _fit(short: tuple[str, ...], longer: tuple[str, ...]) -> int:
    """Return how well a short form fits a longer name: 1 best, 0 not at all."""
    if len(short) == 1:
        if longer[-1] == short[0]:
            return 1
        if longer[0] == short[0]:
            return 2
        return 3 if short[0] in longer[1:] else 0
    if longer[: len(short)] == short or longer[-len(short) :] == short:
        return 1
    return 2 if longer[0] == short[0] and longer[-1] == short[-1] else 0
