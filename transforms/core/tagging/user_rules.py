"""The user's own rules, gazetteers and thresholds, checked and ready to travel to the workers.

They are data: `pipelines.rules` makes them from YAML, `rule_tagger` applies them.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from transforms.core.tagging.words import SIGN, read_words

__all__ = [
    "EVIDENCE",
    "KEYPHRASE",
    "KINDS",
    "SECTIONS",
    "TAGGERS",
    "TOPIC",
    "WHOLE_ARTICLE",
    "Addition",
    "Edit",
    "Name",
    "Rule",
    "UserGazetteer",
    "UserRules",
    "count_letters",
]

TOPIC, KEYPHRASE = "topic", "keyphrase"
#: Kinds of tags that warraq makes itself; rules and gazetteers may make others.
KINDS = (TOPIC, "place", "person", "organisation", "event", KEYPHRASE)
#: What `disable` may name besides the ids of rules and gazetteers.
TAGGERS = ("topics", "keyphrases", "entities", "gazetteers")
#: Parts of an article that a rule may be bound to. The lead is the first paragraph of the body.
SECTIONS = ("title", "lead", "body")
#: What an edit is about: every tag of the article that fits, or those where the rule's evidence stands.
WHOLE_ARTICLE, EVIDENCE = "article", "evidence"


@dataclasses.dataclass(frozen=True)
class Name:
    """One thing of a gazetteer: its names as written (the first is the usual one) and what is known of it."""

    names: tuple[str, ...]
    canonical: str
    code: str = ""
    type: str = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclasses.dataclass(frozen=True)
class UserGazetteer:
    """A word list of the user's. `version` is a hash of the file; phrases are as written, codes are complete.

    A name is tagged where one of `only_topics` (if any) is a topic of the article, one of `triggers` (if any)
    stands right before it, and none of `block_before` does. `case` wants upper and lower case as in the list.
    """

    id: str
    version: str
    kind: str
    names: tuple[Name, ...]
    clitics: bool = True
    only_topics: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    block_before: tuple[str, ...] = ()
    case: bool = False
    score: float = 1.0
    replace: bool = False

    @property
    def provenance(self) -> str:
        """What its tags carry: `gaz:<id>@<version>`."""
        return f"gaz:{self.id}@{self.version}"


@dataclasses.dataclass(frozen=True)
class Addition:
    """The tag that a rule adds. `label` is that of a topic; `canonical` "" takes the phrase, or the folded match."""

    kind: str
    code: str = ""
    label: str = ""
    canonical: str = ""
    country: str = ""
    score: float = 1.0
    replace: bool = False


@dataclasses.dataclass(frozen=True)
class Edit:
    """Tags that a rule takes away, or scores anew: those of `kind`, of these values and these codes.

    Values are compared folded with the value and the canonical name of a tag; no values, or no codes, means any.
    `score` is the new score, `factor` multiplies the old one; where both are None the tags go.
    """

    kind: str
    values: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    where: str = WHOLE_ARTICLE
    score: float | None = None
    factor: float | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """Conditions, all of which must hold within `scope`, and what follows: an addition or an edit.

    `any`: one phrase of these; `all`: of each group one phrase; `none`: none of these; `pattern`: an RE2 pattern.
    The evidence is the mentions of the pattern, else of `any`, else of `all`: what `min_count` counts and what
    is tagged. `pattern` is as `rule_patterns.fold_pattern` gives it, or as written where `exact`.
    """

    id: str
    add: Addition | None = None
    edit: Edit | None = None
    any: tuple[str, ...] = ()
    all: tuple[tuple[str, ...], ...] = ()
    none: tuple[str, ...] = ()
    scope: tuple[str, ...] = ("title", "body")
    clitics: bool = True
    min_count: int = 1
    weight: float = 1.0
    pattern: str = ""
    exact: bool = False
    whole_words: bool = True

    @property
    def provenance(self) -> str:
        """What its tags carry: `rule:<id>`."""
        return f"rule:{self.id}"


@dataclasses.dataclass(frozen=True)
class UserRules:
    """Everything in a rules file and its lists, in the order of the file.

    `digest` is the beginning of a hash over all these files. `thresholds` are pairs of kind and least score;
    `parents` are pairs of a code of the user's taxonomies and the code above it. `disabled` names taggers that
    the caller leaves out; `switched_off` rules and gazetteers that are in the file but not in here.
    """

    digest: str = ""
    gazetteers: tuple[UserGazetteer, ...] = ()
    rules: tuple[Rule, ...] = ()
    thresholds: tuple[tuple[str, float], ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    disabled: tuple[str, ...] = ()
    switched_off: tuple[str, ...] = ()


def count_letters(phrases: Sequence[str]) -> list[tuple[str, int]]:
    """Return of each phrase its folded tokens, one blank apart, and how many letters and digits are in them."""
    words = read_words(phrases)
    forms = words.forms()
    sizes = np.where(words.kinds == SIGN, 0, words.ends - words.starts)
    totals = np.concatenate(([0], np.cumsum(sizes)))[words.borders]
    borders = words.borders.tolist()
    return [
        (" ".join(forms[start:end]), letters)
        for start, end, letters in zip(borders[:-1], borders[1:], np.diff(totals).tolist(), strict=True)
    ]
