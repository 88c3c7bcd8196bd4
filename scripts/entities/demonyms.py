"""demonyms.tsv from demonyms.txt and arwikicats: adjectives of countries and peoples."""

import json
import zipfile
from collections.abc import Iterator

from entities.lists import folded_names, lines_of, read_countries, table

from transforms.core.normalize import dedup_text

_FILES = ("nationalities_data", "all_nat_as_en", "nationalities_data_with_directions")


class _Forms:
    """Forms and their countries; those that are a country's name or another word stay out."""

    def __init__(self, faults: list[str]) -> None:
        self.found: dict[str, tuple[str, str]] = {}
        self.out = set(folded_names(read_countries()))
        self.faults = faults

    def add(self, form: str, country: str, *, hand: bool) -> None:
        folded = dedup_text(form)
        if folded in self.out:
            return
        known = self.found.setdefault(folded, (form, country))
        if known[1] != country and hand:
            self.faults.append(f"{form}: both {known[1]} and {country}")


def read_demonyms(wiki: zipfile.ZipFile, faults: list[str]) -> tuple[str, frozenset[str]]:
    """Return the table and its folded forms. The hand-written country stands where the sources differ."""
    forms = _Forms(faults)
    english = {row["name_en"].lower(): row["code"] for row in read_countries()}
    for line in lines_of("demonyms.txt"):
        code, _, rest = line.partition(": ")
        if code == "!":
            forms.out.update(map(dedup_text, rest.split(", ")))
        elif code.startswith("~"):
            english.update((name, code[1:]) for name in rest.split(", "))
        else:
            _add_line(forms, code.strip("-"), rest)
    for file in _FILES:
        rows = json.loads(wiki.read(f"ArWikiCats/jsons/nationalities/{file}.json"))
        for _, row in sorted(rows.items()):
            _add_row(forms, english.get(row["en"].lower(), ""), row)
    return table(("form", "country"), (forms.found[key] for key in sorted(forms.found))), frozenset(
        forms.found
    )


def _add_line(forms: _Forms, country: str, rest: str) -> None:
    made, _, others = rest.partition(" | ")
    for word in made.split(", "):
        for form in (word[1:],) if word.startswith("=") else _inflect(word):
            forms.add(form, country, hand=True)
    for word in filter(None, others.split(", ")):
        forms.add(word, country, hand=True)
        forms.add("ال" + word, country, hand=True)


def _add_row(forms: _Forms, country: str, row: dict[str, str]) -> None:
    """Add the forms of one people of arwikicats, if it is a state's."""
    if not country:
        return
    plain = [row[column].strip() for column in ("male", "males", "female", "females")]
    articled = ["ال" + form for form in plain if " " not in form]
    for form in (*plain, *articled, row["the_male"].strip(), row["the_female"].strip()):
        if form not in ("", "ال"):
            forms.add(form, country, hand=False)
    if " " not in plain[0]:
        for form in _inflect(plain[0]):
            forms.add(form, country, hand=False)


def _inflect(word: str) -> Iterator[str]:
    """Yield the forms of a nisba: masculine, feminine, sound plurals, duals, each with the article as well."""
    for ending in ("", "ة", "ون", "ين", "ات", "ان", "تان", "تين") if word.endswith("ي") else ("",):
        yield word + ending
        yield "ال" + word + ending
