"""The parts of a byline: cut at its separators, and told apart."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from transforms.core.agencies import agency_of
from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.normalize import normalize_text
from transforms.core.outlets import OUTLET_NAMES, own_names

__all__ = ["BylineLexicon", "Part", "classify", "cut", "head_of_lead"]


@dataclasses.dataclass(frozen=True)
class BylineLexicon:
    """Names in search form: of persons (given names and surnames), and of cities with their country (alpha-2)."""

    names: frozenset[str] = frozenset()
    cities: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Part(NamedTuple):
    """One part: `kind` is `agency`, `outlet`, `city`, `role`, `person` or "" (dropped); `text` as written, or a code."""

    kind: str
    text: str
    words: tuple[str, ...]
    quoted: bool


_SEPARATORS = frozenset(
    ("-", ":", "(", ")", "،", ",", "|", "/", NEWLINE, '"', "_", "*", "•", "[", "]", "—", "..", "…")
)


def _words(text: str) -> frozenset[str]:
    return frozenset(normalize_text(text, "search").split())


#: Words of a byline -> the role of the person after them.
_ROLES = {
    normalize_text(word, "search"): role
    for role, words in (
        ("opinion", "بقلم"),
        ("writer", "كتب كتبت يكتب تكتب إعداد أعد أعدت أعدته أعده"),
        ("photographer", "تصوير عدسة صور تصوير:"),
        ("translator", "ترجمة ترجمها"),
        ("interviewer", "حوار حاوره حاورته"),
        ("reporter", "تقرير تحقيق استطلاع مراسل مراسلنا مراسلة تغطية"),
    )
    for word in words.split()
}
#: Photographers are not the authors.
_OTHERS = frozenset(("photographer",))
#: Parts that say nothing: several capitals, follow-ups.
_NOTHING = _words(
    "عواصم العواصم متابعات متابعه متابعة تحليل الإلكتروني خاص إنترنت الإنترنت مواقع ترجمات أونلاين next previous المحرر التحرير المحليات محليات القسم"
)
#: Papers named after the city that they write from.
_CITIES_OF_PAPERS = frozenset(normalize_text(name, "search") for name in ("الرياض", "مكة"))
_TITLES = _words("د الدكتور م المهندس أ الأستاذ أد")
_EDITORIAL = _words("كلمة رأي افتتاحية")
#: Given names before which و is "and", though و and they are somebody's name as well.
_FREQUENT = _words("علي محمد أحمد خالد عبدالله عبد فهد سعد ناصر حسن حسين إبراهيم يوسف عمر صالح سعيد")
_MOST_WORDS, _LONGEST_NAME, _LONGEST_CITY = 14, 6, 4
_ABOUT = _words(
    "في من على إلى عن مع أن إن بعد قبل منذ حتى خلال بين عند ضد حول ثم قد لقد لا لم لن ما هل هذا هذه كما فيما بينما وسط رغم حين عندما أو أم بل لكن كان كانت اليوم أمس يوم"
)


def cut(lexemes: Lexemes, first: int, last: int) -> list[Part]:
    """Return the parts between the separators of lexemes `first` to `last`, inclusive; kinds are open yet."""
    words = lexemes.words
    parts: list[Part] = []
    begin = first
    quoted = False
    for place in range(first, last + 2):
        word = words[place] if place <= last else NEWLINE
        of = word == "من" and place > first and place < last
        if word not in _SEPARATORS and not of:
            continue
        if place > begin:
            _add(parts, lexemes, begin, place - 1, quoted=quoted)
        if word == '"':
            quoted = not quoted
        begin = place + 1
    return parts


def _add(parts: list[Part], lexemes: Lexemes, first: int, last: int, *, quoted: bool) -> None:
    words = tuple(lexemes.words[first : last + 1])
    if len(words) > 2 and words[0] in _ROLES:
        # بقلم NAME: the role is a part of its own.
        parts.append(Part("", lexemes.surface(first, first), words[:1], quoted=False))
        words, first = words[1:], first + 1
    while words and words[-1] == ".":
        words, last = words[:-1], last - 1
    while words and words[0] == ".":
        words, first = words[1:], first + 1
    if any(word.isalpha() for word in words):
        parts.append(Part("", lexemes.surface(first, last), words, quoted))


def classify(parts: Sequence[Part], source: str, lexicon: BylineLexicon) -> list[Part]:
    """Return the parts with their kinds; those that say nothing are left out, joint authors are parted."""
    own = own_names(source)
    known = [_by_lists(piece, own, lexicon) for part in parts for piece in _city_first(part, lexicon)]
    has_city = any(part.kind == "city" for part in known)
    decided: list[Part] = []
    role = ""
    for part in known:
        name = " ".join(part.words)
        if part.kind == "own":
            # A paper's name that is a city as well is the paper where another city stands beside it, or in quotes.
            is_city = name in _CITIES_OF_PAPERS and not part.quoted and not has_city and len(known) > 1
            part = part._replace(kind="city" if is_city else "outlet")
        elif part.kind == "role":
            role = part.text
            if role != "photographer":
                decided.append(part)
            continue
        elif part.kind == "editorial":
            decided += [
                part._replace(kind="role", text="editorial"),
                part._replace(kind="outlet", text=part.text.split(None, 1)[1]),
            ]
            continue
        elif part.kind == "":
            part = _by_shape(part, known, lexicon)
        if part.kind == "person":
            if role in _OTHERS:
                continue
            decided += _joint(part, lexicon)
        elif part.kind:
            decided.append(part)
    return decided


def _city_first(part: Part, lexicon: BylineLexicon) -> list[Part]:
    """Part `الرياض خالد الفهد`, where two bylines meet, into the city of the first and the name of the second."""
    words = part.words
    written = part.text.split()
    if part.quoted or len(written) != len(words) or len(words) < 3 or " ".join(words) in lexicon.cities:
        return [part]
    for length in (2, 1):
        rest = words[length:]
        if (
            " ".join(words[:length]) in lexicon.cities
            and len(rest) >= 2
            and rest[0] in lexicon.names
            and words[0] not in lexicon.names
        ):
            return [
                part._replace(text=" ".join(written[:length]), words=words[:length]),
                part._replace(text=" ".join(written[length:]), words=rest),
            ]
    return [part]


def _by_lists(part: Part, own: frozenset[str], lexicon: BylineLexicon) -> Part:
    """Return a part with the kind that a list gives it; `own` for the source's own name, "" where no list knows it."""
    name = " ".join(part.words)
    code = agency_of(part.words)
    if code:
        return part._replace(kind="agency", text=code)
    if name in own:
        return part._replace(kind="own")
    if (
        part.words[0] in _EDITORIAL
        and len(part.words) == 2
        and (part.words[1] in own or part.words[1] in OUTLET_NAMES)
    ):
        return part._replace(kind="editorial")
    if len(part.words) == 1 and part.words[0] in _ROLES:
        return part._replace(kind="role", text=_ROLES[part.words[0]])
    if part.words[0] == "مكتب":  # a bureau of the paper
        return part._replace(kind="nothing")
    if all(word in _NOTHING or not word.isalpha() for word in part.words):
        return part._replace(kind="nothing")
    if name in lexicon.cities and not (part.quoted and name in OUTLET_NAMES):
        return part._replace(kind="city")
    if part.quoted or (name in OUTLET_NAMES and name not in lexicon.cities):
        return part._replace(kind="outlet")
    first = " ".join(part.words[:2])
    if len(part.words) > 2 and first in own:
        return part._replace(kind="own")
    return part


def _by_shape(part: Part, parts: Sequence[Part], lexicon: BylineLexicon) -> Part:
    """Return a part that no list knows with the kind that its words and the other parts leave."""
    letters = [word for word in part.words if word.isalpha() and word not in _TITLES]
    if not letters or len(letters) > 8 or any(word.isdecimal() for word in part.words):
        return part._replace(kind="nothing")
    titled = part.words[0] in _TITLES
    named = sum(word in lexicon.names for word in letters)
    others = [other for other in parts if other is not part]
    if len(letters) == 1 and not titled:
        # One word beside a person, an agency or an outlet is where it was written.
        person_there = any(
            other.kind == "person" or (other.kind == "" and len(other.words) > 1) for other in others
        )
        known = any(other.kind in ("agency", "own", "outlet") for other in others)
        beside = person_there or known or any(other.kind == "city" for other in others)
        if beside and not named and not any(other.kind == "city" for other in others):
            return part._replace(kind="city")
        return part._replace(kind="person" if named and not beside else "nothing")
    place = _city_at(part, lexicon)
    if place:
        return place
    return part._replace(kind="person")


def _city_at(part: Part, lexicon: BylineLexicon) -> Part | None:
    """Return the city that two cities joined by و or a province after a city make: مكة المكرمة is in the list itself."""
    words = part.words
    if len(words) == 2 and words[0] in lexicon.cities and words[0] not in lexicon.names:
        return part._replace(kind="city")
    return None


def _joint(part: Part, lexicon: BylineLexicon) -> list[Part]:
    """Part `ماجد هود ومحمد المرحبي` into two persons: و before a given name, after two words at least."""
    written = part.text.split()
    starts = [0]
    for number in range(2, len(written)):
        folded = normalize_text(written[number], "search")
        if (
            folded[:1] == "و"
            and folded[1:] in lexicon.names
            and (folded not in lexicon.names or folded[1:] in _FREQUENT)
            and number - starts[-1] >= 2
            and len(written) - number >= 2
        ):
            starts.append(number)
    if len(starts) == 1:
        return [part]
    ends = [*starts[1:], len(written)]
    people = []
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        text = " ".join(written[first:last])
        people.append(part._replace(text=text if number == 0 else text[1:]))
    return people


def head_of_lead(lexemes: Lexemes, first: int, source: str, lexicon: BylineLexicon) -> int | None:
    """Return the last lexeme of the byline with which a body begins at lexeme `first`, None where it begins with none.

    A byline has a separator, and every part but one of persons is known; or it is a line of its own.
    """
    words, size = lexemes.words, len(lexemes.words)
    end = min(size, first + _MOST_WORDS)
    marks: list[int] = []
    for place in range(first, end):
        word = words[place]
        if word in (NEWLINE, ":"):
            if place > first and _is_byline(lexemes, first, place - 1, source, lexicon, marked=word == ":"):
                return place - 1
            if word == NEWLINE and not marks:
                return _name_line(lexemes, first, place - 1, lexicon)
            if word == NEWLINE:
                break
        if word == "-":
            marks.append(place)
        elif word in ("!", "?", ";") or (
            word == "." and place + 1 < size and lexemes.spaced[place + 1] and len(words[place - 1]) > 1
        ):
            break
    if marks:
        return _open_end(lexemes, first, marks, end, source, lexicon)
    return _bare_name(lexemes, first, end, source, lexicon)


def _is_byline(
    lexemes: Lexemes,
    first: int,
    last: int,
    source: str,
    lexicon: BylineLexicon,
    *,
    marked: bool,
) -> bool:
    """Whether lexemes `first` to `last` are a byline and nothing else."""
    raw = cut(lexemes, first, last)
    own = own_names(source)
    if not raw or any(
        len(part.words) > _LONGEST_NAME
        or (_ABOUT.intersection(part.words) and " ".join(part.words) not in own)
        for part in raw
    ):
        return False
    parts = classify(raw, source, lexicon)
    kinds = [part.kind for part in parts]
    sure = sum(kind in ("agency", "outlet", "city") for kind in kinds)
    if len(raw) == 1:
        # القاهرة: or سبق: alone before a colon says where or who; a name before a colon is a speaker.
        return marked and sure == 1 and kinds[0] in ("agency", "outlet")
    people = [part for part in parts if part.kind == "person"]
    named = all(
        any(word in lexicon.names for word in part.words) or len(part.words) in (2, 3) for part in people
    )
    return bool(sure) and len(people) <= 3 and named and len(parts) >= 1


def _open_end(
    lexemes: Lexemes, first: int, marks: Sequence[int], end: int, source: str, lexicon: BylineLexicon
) -> int | None:
    """Return where a byline ends that runs into the text: after the longest known part behind its last dash."""
    words = lexemes.words
    own = own_names(source)
    for mark in reversed(marks[:3]):
        for length in range(min(_LONGEST_CITY, end - mark - 1), 0, -1):
            part = tuple(words[mark + 1 : mark + 1 + length])
            name = " ".join(part)
            known = (
                name in own
                or name in lexicon.cities
                or bool(agency_of(part))
                or all(word in _NOTHING for word in part)
            )
            if known and _is_byline(lexemes, first, mark + length, source, lexicon, marked=False):
                return mark + length
        if lexemes.spaced[mark] and mark > first and _is_dateline(lexemes, first, mark - 1, source, lexicon):
            return mark - 1
    return None


def _is_dateline(lexemes: Lexemes, first: int, last: int, source: str, lexicon: BylineLexicon) -> bool:
    """Whether what stands before a dash is a city or an agency, or both: القاهرة (رويترز) - قال."""
    parts = classify(cut(lexemes, first, last), source, lexicon)
    known = [part for part in parts if part.kind in ("city", "agency", "outlet")]
    return bool(known) and len(known) == len(cut(lexemes, first, last)) and last - first < _MOST_WORDS


def _name_line(lexemes: Lexemes, first: int, last: int, lexicon: BylineLexicon) -> int | None:
    """Return the end of a first line that is nothing but a person's name."""
    words = lexemes.words[first : last + 1]
    if (
        2 <= len(words) <= 4
        and all(word.isalpha() for word in words)
        and words[0] in lexicon.names
        and not _ABOUT.intersection(words)
    ):
        return last
    return None


#: Papers that begin bodies with the author's name and no separator.
_NAME_FIRST = frozenset(("3alyoum",))


def _bare_name(lexemes: Lexemes, first: int, end: int, source: str, lexicon: BylineLexicon) -> int | None:
    """Return the end of a name at the head of a body of such a paper: given name, surname, then no verb of his."""
    words = lexemes.words
    if source not in _NAME_FIRST or first >= len(words) or words[first] not in lexicon.names:
        return None
    last = first
    while (
        last + 1 < end
        and last - first < 3
        and (words[last + 1] in lexicon.names or words[last + 1].startswith("ال"))
    ):
        last += 1
        if words[last].startswith("ال"):
            break
    after = words[last + 1] if last + 1 < end else ""
    return last if last > first and (after in _ABOUT or after in (NEWLINE, "")) else None
