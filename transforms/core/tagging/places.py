"""Names of places: when a name of the gazetteer is a place here, and which place it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from transforms.core.tagging.gazetteer import Entry
from transforms.core.tagging.matching import ARTICLE, with_clitics
from transforms.core.tagging.mentions import Mention, NameHit, Reading, letters_before

__all__ = ["choose_entries", "guess_country", "is_named", "most_common_country", "places_in"]

#: Heads that say what a place is and are no part of its name.
_GENERIC = frozenset(
    [
        "مدينه",
        "محافظه",
        "منطقه",
        "ولايه",
        "قريه",
        "بلده",
        "مديريه",
        "دوله",
        "بلديه",
        "ناحيه",
        "مقاطعه",
        "اقليم",
        "العاصمه",
        "عاصمه",
        "هجره",
        "مركز",
        "مدينتي",
        "محافظتي",
        "بلدتي",
        "قريتي",
        "منطقتي",
        "ولايتي",
        "مدن",
        "محافظات",
        "مناطق",
    ]
)
#: Common nouns of places that are heads of landmarks' names, never names (folded).
_LANDMARKS = frozenset(
    ("مسجد", "سوق", "كورنيش", "ملعب", "مستشفي", "جامع", "فندق", "متحف", "حديقه", "مبني", "معرض", "عالم")
)
#: Words after which a place is expected (folded): in, to, near, directions, and the heads of the trigger list.
_BEFORE_PLACES = frozenset(
    [
        "في",
        "الي",
        "قرب",
        "شمال",
        "جنوب",
        "شرق",
        "غرب",
        "شمالي",
        "جنوبي",
        "شرقي",
        "غربي",
        "وسط",
        "نحو",
        "باتجاه",
        "داخل",
        "خارج",
        "صوب",
    ]
)
_SLOT = with_clitics(_BEFORE_PLACES)
_GENERIC_FORMS = with_clitics(_GENERIC)
_COMMON = with_clitics(prefix + word for word in _GENERIC | _LANDMARKS for prefix in ("", ARTICLE))
_IN = "\u0628"  # ب
_PLACE = ("place", "place?", "place??", "place-first")


def places_in(reading: Reading, first: int, last: int, score: float, source: str) -> Iterator[Mention]:
    """Yield the places that a run of tokens names, after mending its borders."""
    while last > first and not reading.forms[last - 1].isalnum():
        last -= 1
    while first < last:
        # A name of the list that begins here and reaches further is the name.
        longer = next((hit for hit in reading.hits.get(first, ()) if _is_place(reading, hit)), None)
        if (
            longer is not None
            and longer.last >= last
            and reading.types[first:last].count("LOC") == last - first
        ):
            common = longer.last == first + 1 and _is_common(reading, first)
            if not common and not any(reading.types[last : longer.last]):
                yield _of_hit(reading, first, longer, score, source)
                return
        if last - first > 1 and reading.forms[first] in _GENERIC_FORMS:
            first += 1
            continue
        break
    if first >= last or (last - first == 1 and _is_common(reading, first)):
        return
    for begin, end in _apart(reading, first, _without_adjective(reading, first, last)):
        hit = reading.hit(begin, end, "place")
        body = None if hit else reading.hit(begin, end, "organisation")
        if body and any(one.rule == "" for one in body[1]):
            yield Mention("organisation", begin, end, body[0], score, source, body[1])
            continue
        cut = hit[0] if hit else letters_before(reading, begin, *_PLACE)
        if not hit and all(form in reading.lexicon.demonyms for form in reading.forms[begin:end]):
            continue
        yield Mention("place", begin, end, cut, score, source, hit[1] if hit else ())


def _is_common(reading: Reading, token: int) -> bool:
    """Tell whether a single word only says what kind of place is meant."""
    if reading.forms[token] not in _COMMON and not reading.is_in(token, "place_head"):
        return False
    return not any(
        one.rule == ""
        for hit in reading.hits.get(token, ())
        if hit.last == token + 1
        for one in reading.lexicon.index.meanings(hit.number)
    )


def _without_adjective(reading: Reading, first: int, last: int) -> int:
    """Return where a known place ends to which one definite adjective was added ("ancient", "happy")."""
    if (
        last - first < 2
        or not reading.forms[last - 1].startswith(ARTICLE)
        or reading.hit(first, last, "place")
    ):
        return last
    known = reading.hit(first, last - 1, "place")
    return last - 1 if known else last


def _is_place(reading: Reading, hit: NameHit) -> bool:
    return any(one.kind == "place" for one in reading.lexicon.index.meanings(hit.number))


def _of_hit(reading: Reading, first: int, hit: NameHit, score: float, source: str) -> Mention:
    meanings = tuple(one for one in reading.lexicon.index.meanings(hit.number) if one.kind == "place")
    return Mention("place", first, hit.last, hit.cut, score, source, meanings)


def _apart(reading: Reading, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the places of a run in which waw "and" joins several known ones."""
    begin = first
    for token in range(first + 1, last):
        if any(
            hit.cut and hit.last <= last and _is_place(reading, hit) for hit in reading.hits.get(token, ())
        ):
            yield begin, token
            begin = token
    yield begin, last


def is_named(reading: Reading, first: int, hit: NameHit, rule: str) -> bool:
    """Tell whether a name of the gazetteer is a place here, by its rule, where the model has said nothing."""
    if rule == "":
        return True
    if rule != "slot" or (hit.last == first + 1 and _is_common(reading, first)):
        return False
    before = reading.form(first - 1) if reading.follows(first) else ""
    form = reading.forms[first]
    if hit.cut and form[hit.cut - 1] == _IN:
        return True
    return bool(before) and (before in _SLOT or reading.is_in(first - 1, "place_head"))


def most_common_country(entries: Sequence[Entry | None]) -> str:
    """Return the country that at least half of the known places lie in, "" where there is none."""
    countries = Counter(entry.country for entry in entries if entry and entry.country)
    for country, count in countries.most_common(1):
        if 2 * count >= countries.total():
            return country
    return ""


def guess_country(reading: Reading, mentions: Sequence[Mention], common: str) -> str:
    """Return the country of a place that no list has: that of a known place in its name, else `common`."""
    for mention in mentions:
        for token in range(mention.first + 1, mention.last):
            for hit in reading.hits.get(token, ()):
                if hit.last > mention.last:
                    continue
                countries = {
                    one.country for one in reading.lexicon.index.meanings(hit.number) if one.kind == "place"
                }
                if countries:
                    return common if common in countries else min(countries)
    return common


def choose_entries(
    mentions: Sequence[tuple[str, tuple[Entry, ...]]], ambiguous: Mapping[str, Sequence[str]], home: str
) -> list[Entry | None]:
    """Return what each place stands for, given its folded name and the meanings of that name; None where unknown.

    Of several meanings: what lies in the country that most other places of the article lie in, then a country before
    others, then what lies in `home` (the outlet's), then where most people live.
    """
    countries: Counter[str] = Counter()
    for _, meanings in mentions:
        if len(meanings) == 1 or (meanings and len({one.country for one in meanings}) == 1):
            countries[meanings[0].country] += 1
    chosen: list[Entry | None] = []
    for name, meanings in mentions:
        if len(meanings) < 2:
            chosen.append(meanings[0] if meanings else None)
            continue
        listed = ambiguous.get(name, ())
        chosen.append(
            min(
                meanings,
                key=lambda one: (
                    -countries[one.country] if one.country else 0,
                    one.type != "country",
                    one.country != home,
                    listed.index(one.code) if one.code in listed else len(listed),
                    -one.population,
                    one.code,
                ),
            )
        )
    return chosen
