"""Who wrote an article, where and for whom: read from the author field, or from the head of the text.

A byline is cut at its separators (- – — : ( ) ، | and من) into parts, and each part is an agency, an outlet, a city,
a role or a person: by the lists first, then by the source's own name, then by what the other parts are. Papers print the
parts in every order, so the order decides nothing where a list knows better.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.news import NO_BYLINE, Byline
from transforms.core.agencies import agency_of, find_self_reference
from transforms.core.byline_parts import (
    BylineLexicon,
    Part,
    classify,
    cut,
    head_of_lead,
)
from transforms.core.lexemes import NEWLINE, Lexemes, read_lexemes

__all__ = ["Dateline", "fragment_byline", "read_byline"]

#: Lexemes of the last line of a text that is nothing but a credit.
_LONGEST_CREDIT = 8
#: Words of an author field at most; two bylines in one are shorter.
_LONGEST_FIELD = 20


class Dateline(NamedTuple):
    """The byline printed at the head of the body, as a range of code points; (-1, -1) where there is none."""

    start: int
    end: int


def read_byline(
    author: str, lexemes: Lexemes, body_start: int, source: str, lexicon: BylineLexicon
) -> tuple[Byline, Dateline]:
    """Return the byline of an article and the place where it stands at the head of its body.

    `author` is the field of the record ("" where there is none), `body_start` the code point at which the body begins.
    The field is read first; what it lacks is filled from the head of the body, from a credit in the last line, and
    at last from agencies that people speak to in the text.
    """
    field = _of_parts(_parts_of_field(author, source, lexicon))
    first = _first_of_body(lexemes, body_start)
    last = head_of_lead(lexemes, first, source, lexicon)
    printed, dateline = NO_BYLINE, Dateline(-1, -1)
    if last is not None:
        printed = _of_parts(classify(cut(lexemes, first, last), source, lexicon))
        dateline = Dateline(lexemes.starts[first], lexemes.ends[last])
    credit = "" if field.agencies or printed.agencies else _credit_line(lexemes)
    agencies = field.agencies or printed.agencies or ((credit,) if credit else ())
    spoken_to = "" if agencies else find_self_reference(lexemes)
    evidence = [
        name
        for name, there in (
            ("author", field != NO_BYLINE),
            ("lead", printed != NO_BYLINE),
            ("credit_line", bool(credit)),
            ("self_reference", bool(spoken_to)),
        )
        if there
    ]
    byline = Byline(
        authors=field.authors or printed.authors,
        cities=field.cities or printed.cities,
        agencies=agencies or ((spoken_to,) if spoken_to else ()),
        outlet=field.outlet or printed.outlet,
        role=field.role or printed.role,
        evidence="+".join(evidence),
        start=dateline.start,
        end=dateline.end,
    )
    return byline, dateline


def _parts_of_field(author: str, source: str, lexicon: BylineLexicon) -> list[Part]:
    if not author.strip():
        return []
    if len(author.split()) > _LONGEST_FIELD or author.lstrip()[0].isdecimal():
        return []  # a sentence that slipped into the field
    lexemes = read_lexemes(author[:400])
    return classify(cut(lexemes, 0, len(lexemes.words) - 1), source, lexicon) if lexemes.words else []


def _first_of_body(lexemes: Lexemes, body_start: int) -> int:
    """Return the first lexeme of the body that is no newline."""
    low, high = 0, len(lexemes.starts)
    while low < high:
        middle = (low + high) // 2
        if lexemes.starts[middle] < body_start:
            low = middle + 1
        else:
            high = middle
    while low < len(lexemes.words) and lexemes.words[low] == NEWLINE:
        low += 1
    return low


def _of_parts(parts: Sequence[Part]) -> Byline:
    def of(kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.text for part in parts if part.kind == kind))

    outlets = of("outlet")
    roles = of("role")
    return Byline(
        authors=of("person"),
        cities=of("city"),
        agencies=of("agency"),
        outlet=outlets[0] if outlets else "",
        role=roles[0] if roles else "",
        evidence="",
        start=-1,
        end=-1,
    )


def _credit_line(lexemes: Lexemes) -> str:
    """Return the agency that the last line credits, if the line holds nothing else."""
    words = lexemes.words
    last = len(words) - 1
    while last >= 0 and words[last] == NEWLINE:
        last -= 1
    first = last
    while first > 0 and words[first - 1] != NEWLINE and last - first < _LONGEST_CREDIT:
        first -= 1
    if first <= 0 or (first > 0 and words[first - 1] != NEWLINE):
        return _credit_in_brackets(words, last)
    return agency_of(
        [word for word in words[first : last + 1] if word not in ("المصدر", "وكاله")]
    ) or _credit_in_brackets(words, last)


def _credit_in_brackets(words: Sequence[str], last: int) -> str:
    """Return the agency in the parentheses with which the text ends."""
    while last > 0 and words[last] == ".":
        last -= 1
    if last < 2 or words[last] != ")":
        return ""
    for first in range(last - 1, max(-1, last - _LONGEST_CREDIT), -1):
        if words[first] == "(":
            return agency_of(words[first + 1 : last])
    return ""


def fragment_byline(row: Mapping[str, Any], lexicon: BylineLexicon) -> dict[str, Any]:
    """Return what the byline of a row says: those of city, agency, outlet, authors, role that it has.

    The row has `author`, `lead` (head of the body) and `source`. A single city is text, several are a list.
    """
    author = str(row.get("author") or "")
    lead = str(row.get("lead") or "")
    if not author and not lead:
        author = str(row.get("text") or "")
    byline, _ = read_byline(author, read_lexemes(lead), 0, str(row.get("source") or ""), lexicon)
    fields: dict[str, Any] = {
        "city": byline.cities[0] if len(byline.cities) == 1 else list(byline.cities),
        "agency": byline.agencies[0] if len(byline.agencies) == 1 else list(byline.agencies),
        "outlet": byline.outlet,
        "authors": list(byline.authors),
        "role": byline.role,
    }
    if "self_reference" in byline.evidence:
        del fields["agency"]
    return {name: value for name, value in fields.items() if value}
