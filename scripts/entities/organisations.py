"""organisations.tsv from organisations.txt and the clubs of arwikicats."""

import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from entities.lists import lines_of, table

from transforms.core.normalize import dedup_text

TYPES = frozenset(
    (
        *(
            "agency",
            "newspaper",
            "channel",
            "ministry",
            "party",
            "armed_group",
            "army",
            "security",
            "un_body",
        ),
        *("intl_body", "company", "bank", "club", "university", "league", "ngo", "religious", "government"),
        "court",
    )
)
RULES = frozenset(("", "head", "sport", "link"))
COLUMNS = (
    *("name", "kind", "type", "code", "country", "canonical", "name_en", "lat", "lon", "population"),
    *("rule", "variants"),
)
#: lat, lon, population
_NO_PLACE = ("", "", "")
#: Head words that make a name safe which is none without them.
HEADS = {
    "newspaper": ("صحيفة", "جريدة", "مجلة"),
    "channel": ("قناة",),
    "club": ("نادي",),
    "company": ("شركة",),
    "agency": ("وكالة",),
    "party": ("حزب", "حركة"),
}
_LINE = re.compile(
    r"(?P<en>[^:\[{]+?)(?: \[(?P<country>[A-Z]{0,2})\])?(?: \{(?P<rule>[a-z]*)\})?: (?P<names>.+)"
)
_NAME = re.compile(r"(?P<name>.+?)(?: \{(?P<rule>[a-z]+)\})?")
#: Labels of arwikicats that are no football club, or that Latin letters and numbers make unlike any text.
_NO_CLUB = re.compile(
    r"دوري|كأس|بطول|سباق|كرة (?:سلة|اليد|الطائرة|السلة)|لكرة (?:السلة|اليد)|للسيدات|للشباب|جامعة|الرديف|أكاديمية|\d|[A-Za-z(]"
)
_CLUB_AFTER = re.compile(r" (?:لكرة القدم|الرياضي|أفسي|إف سي|فوتبول|نادي)$")
_CLUB_BEFORE = re.compile(r"^(?:إف سي|أف سي) ")
_MARKS = re.compile("[\u200e\u200f]")  # left-to-right and right-to-left mark
#: Words of clubs, which make a name of two known words one of a club: أورلاندو سيتي.
_CLUB_WORDS = frozenset(
    map(
        dedup_text,
        [
            "سيتي",
            "يونايتد",
            "تاون",
            "سبور",
            "أتلتيك",
            "أتلتيكو",
            "دينامو",
            "ريال",
            "اتحاد",
            "نهضة",
            "وفاق",
            "شبيبة",
        ],
    )
)
_LONGEST_CLUB, _SHORTEST_ALONE = 4, 5


class Organisation(NamedTuple):
    """What all rows of one organisation say of it."""

    type: str
    code: str
    country: str
    canonical: str
    english: str


class Organisations:
    """Names by organisation and rule, and which folded form belongs to which organisation."""

    def __init__(self) -> None:
        self.names: dict[tuple[Organisation, str], list[str]] = {}
        self.owner: dict[str, str] = {}
        self.codes: set[str] = set()
        self.faults: list[str] = []

    def add(self, it: Organisation, rule: str, name: str, *, strict: bool = False) -> None:
        """Add a name unless the organisation has it; a form of another one is left out, or a fault where strict."""
        folded = dedup_text(name)
        self.codes.add(it.code)
        if folded not in self.owner:
            self.owner[folded] = it.code
            self.names.setdefault((it, rule), []).append(name)
        elif self.owner[folded] != it.code and strict:
            self.faults.append(f"{name}: both {self.owner[folded]} and {it.code}")

    def table(self) -> str:
        """Return the table, by code."""
        rows = [
            (name, "organisation", *it, *_NO_PLACE, rule, "|".join(variants))
            for (it, rule), (name, *variants) in self.names.items()
        ]
        return table(COLUMNS, sorted(rows, key=lambda row: (row[3], row[10], row[0])))


def read_organisations() -> Organisations:
    """Return the hand-written organisations, with the forms with a head word of those that need one."""
    found = Organisations()
    kind = country = rule = ""
    for line in lines_of("organisations.txt"):
        if line.startswith("["):
            kind, country, rule = [*line.strip("[]").replace("-", "").split(" "), "", ""][:3]
            if kind not in TYPES or rule not in RULES:
                found.faults.append(f"unknown type or rule: {line}")
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            found.faults.append(f"no organisation: {line}")
            continue
        names = [
            (name["name"], name["rule"])
            for name in map(_NAME.fullmatch, map(str.strip, match["names"].split(" | ")))
            if name
        ]
        it = Organisation(
            kind,
            "org:" + slug(match["en"]),
            country if match["country"] is None else match["country"],
            names[0][0].strip("()"),
            match["en"],
        )
        if it.code in found.codes:
            found.faults.append(f"{it.code} stands twice")
        _add_names(found, it, rule if match["rule"] is None else match["rule"], names)
    return found


def _add_names(
    found: Organisations, it: Organisation, rule: str, names: Iterable[tuple[str, str | None]]
) -> None:
    heads = HEADS.get(it.type, ())
    for written, own_rule in names:
        its_rule = own_rule or rule
        if its_rule not in RULES:
            found.faults.append(f"{it.code}: unknown rule {its_rule}")
        bare = written.strip("()")
        if not written.startswith("("):
            found.add(it, its_rule, bare, strict=True)
        if its_rule in ("head", "sport") and heads and not bare.startswith(heads):
            for head in heads:
                found.add(it, "", f"{head} {bare}")


def add_clubs(
    found: Organisations, wiki: zipfile.ZipFile, words: frozenset[str], heads: frozenset[str]
) -> None:
    """Add the clubs of arwikicats that the hand-written list lacks.

    `words` are folded names of other things, `heads` words that begin names of places: such a club, and one with the
    article (الأهلي شندي), counts only after نادي.
    """
    clubs = json.loads(wiki.read("ArWikiCats/jsons/sports/Clubs_key.json"))
    names = {english: _club_name(label) for english, label in clubs.items() if "women" not in english}
    times = Counter(map(dedup_text, names.values()))
    for english, name in sorted(names.items()):
        bare = name.removeprefix("نادي ")
        folded = dedup_text(bare)
        code = "org:" + (slug(english) or slug(name))
        if not bare or times[dedup_text(name)] > 1 or found.owner.keys() & {folded, dedup_text(name)}:
            continue
        if code in found.codes or folded in words & {dedup_text(name)}:
            continue
        it = Organisation("club", code, "", bare, english)
        parts = folded.split()
        plain = folded in words or parts[0] in heads
        plain = plain or (words.issuperset(parts) and not _CLUB_WORDS.intersection(parts))
        if len(parts) == 1 or plain or bare.startswith("ال"):
            found.add(it, "", f"نادي {bare}")
            if len(parts) == 1 and not plain and len(bare) >= _SHORTEST_ALONE:
                found.add(it, "sport", bare)
        else:
            found.add(it, "", bare)
            found.add(it, "", f"نادي {bare}")


def _club_name(label: str) -> str:
    """Return the name in a label of arwikicats, "" where it is none."""
    name = _CLUB_BEFORE.sub("", _CLUB_AFTER.sub("", _MARKS.sub("", label).strip()))
    return "" if _NO_CLUB.search(label) or len(name.split()) > _LONGEST_CLUB else name


def slug(text: str) -> str:
    """Return an English name in lower-case ASCII letters and digits, parted by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("&", " and ").replace("+", " plus")).strip("-")
