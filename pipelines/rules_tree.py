"""A rules file as the user writes it: one dataclass per table, each key with its default, bounds and sentence."""

# ruff: noqa: RUF009
# (`setting` gives a dataclass field, which is what a default may be.)

import dataclasses
from collections.abc import Mapping

from transforms.core.settings import setting
from transforms.core.tagging.user_rules import EVIDENCE, SECTIONS, WHOLE_ARTICLE

__all__ = [
    "AddEntry",
    "CodeEntry",
    "ColumnNames",
    "GazetteerEntry",
    "RescoreEntry",
    "RuleEntry",
    "RulesFile",
    "SuppressEntry",
    "TaxonomyEntry",
]

_WHERE = (WHOLE_ARTICLE, EVIDENCE)


@dataclasses.dataclass(frozen=True)
class CodeEntry:
    """One code of a taxonomy of the user's."""

    code: str = setting("", "The code, without the id of the taxonomy before it.")
    label_ar: str = setting("", "Its name in Arabic: the label of the topic.")
    label_en: str = setting("", "Its name in English: the label where there is no Arabic one.")
    parent: str = setting(
        "", "The code above it: one of this taxonomy, or a complete one such as medtop:11000000."
    )


@dataclasses.dataclass(frozen=True)
class TaxonomyEntry:
    """Topic codes of the user's own, `<id>:<code>`."""

    id: str = setting("", "The name before the colon of its codes.")
    file: str | None = setting(None, "TSV or CSV with the columns code, label_ar, label_en, parent.")
    codes: tuple[CodeEntry, ...] = setting((), "The codes themselves, instead of a file.")


@dataclasses.dataclass(frozen=True)
class ColumnNames:
    """What the columns of a list are called in its header."""

    name: str = setting("name", "The name to look for.")
    variants: str = setting("variants", "Further names, parted by |.")
    canonical: str = setting(
        "canonical", "The usual name; the name itself where the column is missing or empty."
    )
    code: str = setting("code", "The code of the thing.")
    type: str = setting("type", "More of what it is.")
    country: str = setting("country", "ISO 3166-1 alpha-2 of its country.")
    lat: str = setting("lat", "Latitude in degrees.")
    lon: str = setting("lon", "Longitude in degrees.")


@dataclasses.dataclass(frozen=True)
class GazetteerEntry:
    """A list of names."""

    id: str = setting("", "Its name in the provenance of tags.")
    file: str = setting("", "TSV or CSV with a header; a relative path starts at this file.")
    columns: ColumnNames = setting(ColumnNames(), "What its columns are called.")
    kind: str = setting(
        "", "Kind of the tags: place, person, organisation, event, keyphrase or one of your own."
    )
    min_len: int = setting(2, "Shorter names (letters and digits) are left out.", minimum=2, maximum=50)
    clitics: bool = setting(True, "Whether a clitic (and, so, in, to, as) may be written onto a name.")
    only_topics: tuple[str, ...] = setting(
        (), "Tag names only in articles on one of these topics, or on one below them."
    )
    triggers: tuple[str, ...] = setting((), "One of these must stand right before a name.")
    block_before: tuple[str, ...] = setting((), "None of these may stand right before a name.")
    case: bool = setting(False, "Whether upper and lower case must be as in the list.")
    score: float = setting(1.0, "Score of its tags.", minimum=0, maximum=1)
    replace: bool = setting(False, "Whether its tags go before others of their kind, whatever the scores.")


@dataclasses.dataclass(frozen=True)
class AddEntry:
    """The tag that a rule adds."""

    kind: str = setting("", "topic, place, person, organisation, event, keyphrase, or a kind of your own.")
    type: str = setting("", "Another name of the key kind.")
    code: str = setting("", "Code of the topic, complete: medtop:04000000; of other tags, any code.")
    label: str = setting("", "Label of the topic; that of the taxonomy where there is none.")
    canonical: str = setting(
        "", "The usual name of the thing; the phrase itself, or the folded match, where there is none."
    )
    country: str = setting("", "ISO 3166-1 alpha-2 of the country.")
    score: float = setting(1.0, "Score of the tag.", minimum=0, maximum=1)
    replace: bool = setting(False, "Whether it goes before other tags of its kind, whatever the scores.")


@dataclasses.dataclass(frozen=True)
class SuppressEntry:
    """The tags that a rule takes away."""

    kind: str = setting("", "Kind of the tags.")
    value: tuple[str, ...] = setting((), "Their value or canonical name: one, or a list.")
    code: tuple[str, ...] = setting((), "Their code: one, or a list.")
    where: str = setting(
        WHOLE_ARTICLE,
        "All of the article, or only tags that stand where the rule's evidence stands.",
        choices=_WHERE,
    )


@dataclasses.dataclass(frozen=True)
class RescoreEntry:
    """The tags that a rule scores anew."""

    kind: str = setting("", "Kind of the tags.")
    value: tuple[str, ...] = setting((), "Their value or canonical name: one, or a list.")
    code: tuple[str, ...] = setting((), "Their code: one, or a list.")
    where: str = setting(
        WHOLE_ARTICLE,
        "All of the article, or only tags that stand where the rule's evidence stands.",
        choices=_WHERE,
    )
    score: float | None = setting(None, "The new score.", minimum=0, maximum=1)
    factor: float | None = setting(
        None, "What the old score is multiplied by; 1 is the most that comes out.", minimum=0, maximum=100
    )


@dataclasses.dataclass(frozen=True)
class RuleEntry:
    """One rule: conditions, all of which must hold, and what it does."""

    id: str = setting("", "Its name in the provenance of tags.")
    note: str = setting("", "What it is for; for readers only.")
    add: AddEntry | None = setting(None, "The tag that it adds.")
    suppress: SuppressEntry | None = setting(None, "The tags that it takes away.")
    rescore: RescoreEntry | None = setting(None, "The tags that it scores anew.")
    any: tuple[str, ...] = setting((), "One of these phrases must be there.")
    all: tuple[tuple[str, ...], ...] = setting(
        (), "All of these must be there; of a list within the list, one."
    )
    not_: tuple[str, ...] = setting((), "None of these may be there.")
    pattern: str = setting("", "An RE2 regular expression that must match.")
    exact: bool = setting(False, "Match the pattern with the original text, not with the folded one.")
    whole_words: bool = setting(True, "Whether a match of the pattern must begin and end with a word.")
    scope: tuple[str, ...] = setting(("title", "body"), "Where to look.", choices=SECTIONS)
    clitics: bool = setting(True, "Whether a clitic (and, so, in, to, as) may be written onto a phrase.")
    min_count: int = setting(1, "So many mentions at least.", minimum=1, maximum=1000)
    weight: float = setting(
        1.0, "How often the score counts: 1 - (1 - score) ** weight.", minimum=0.01, maximum=100
    )


@dataclasses.dataclass(frozen=True)
class RulesFile:
    """The user's tagging rules."""

    version: int = setting(0, "Version of this form: 1.", minimum=1, maximum=1)
    taxonomies: tuple[TaxonomyEntry, ...] = setting((), "Topic codes of your own.")
    gazetteers: tuple[GazetteerEntry, ...] = setting((), "Lists of names.")
    rules: tuple[RuleEntry, ...] = setting((), "The rules.")
    thresholds: Mapping[str, float] = setting({}, "Least score of the tags of a kind.", minimum=0, maximum=1)
    disable: tuple[str, ...] = setting(
        (), "Taggers (topics, keyphrases, entities, gazetteers), gazetteers or rules that are off."
    )
