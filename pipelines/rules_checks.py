"""A rules file as written -> rules that hold together: ids, codes, phrases, patterns, lists; every fault is kept."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipelines.config_build import Path
from pipelines.errors import did_you_mean
from pipelines.rule_names import COUNTRY, read_names, why_no_phrase
from pipelines.rule_taxonomies import Taxonomies
from pipelines.rules_build import RulesBuilder
from pipelines.rules_faults import FaultKeeper
from pipelines.rules_tree import GazetteerEntry, RescoreEntry, RuleEntry, RulesFile, SuppressEntry
from pipelines.yaml_nodes import shown
from transforms.core.tagging.rule_patterns import Pattern, fold_pattern
from transforms.core.tagging.user_rules import (
    EVIDENCE,
    KINDS,
    TAGGERS,
    TOPIC,
    Addition,
    Edit,
    Rule,
    UserGazetteer,
    UserRules,
    count_letters,
)

__all__ = ["RulesChecker"]

_ID = re.compile(r"\w[\w.-]{0,63}")
_KIND = re.compile(r"[a-z][a-z_]{1,39}")
#: From here on, a kind is a slip: "places" and "place" are .91 alike, "operation" and "organisation" .67.
_LIKE = 0.8
_EDITS = ("suppress", "rescore")
#: Names of lists that warraq ships, which would be mistaken in the provenance of tags.
_SHIPPED = ("places", "organisations", "persons")


class RulesChecker:
    """Checks one file. Faults go to the builder that read it, whose places they have."""

    def __init__(
        self,
        path: str,
        builder: RulesBuilder,
        labels: Mapping[str, str],
        read_list: Callable[[str], tuple[str, bytes]],
    ) -> None:
        self._faults = FaultKeeper(path, builder, read_list)
        self._taxonomies = Taxonomies(labels, self._faults)
        self._kinds: set[str] = set(KINDS)

    # The file

    def check(self, written: RulesFile) -> UserRules:
        """Return the rules; what is faulty is left out."""
        if not self._faults.given(("version",)):
            self._faults.add(("version",), "is missing; write `version: 1`")
        self._taxonomies.add(zip(self._faults.paths(("taxonomies",)), written.taxonomies, strict=True))
        gazetteers = list(zip(self._faults.paths(("gazetteers",)), written.gazetteers, strict=True))
        rules = list(zip(self._faults.paths(("rules",)), written.rules, strict=True))
        ids = self._ids(
            [*((path, entry.id) for path, entry in gazetteers), *((path, entry.id) for path, entry in rules)]
        )
        for path, gazetteer in gazetteers:
            self._kind((*path, "kind"), gazetteer.kind)
        for path, rule in rules:
            if rule.add is not None:
                self._kind((*path, "add", "kind"), rule.add.kind)
        for number, name in enumerate(written.disable, 1):
            if name not in TAGGERS and name not in ids:
                hint = did_you_mean(name, [*TAGGERS, *ids]) or f"; taggers are {', '.join(TAGGERS)}"
                self._faults.add(
                    ("disable", str(number)),
                    f"{shown(name)} is no tagger and no id of a gazetteer or rule{hint}",
                )
        for kind in written.thresholds:
            self._known_kind(("thresholds", kind), kind)
        off = frozenset(written.disable)
        lists = [self._gazetteer(path, entry) for path, entry in gazetteers]
        checked = [self._rule(path, entry) for path, entry in rules]
        return UserRules(
            gazetteers=tuple(
                gazetteer for gazetteer in lists if gazetteer is not None and gazetteer.id not in off
            ),
            rules=tuple(rule for rule in checked if rule is not None and rule.id not in off),
            thresholds=tuple(written.thresholds.items()),
            parents=tuple(sorted(self._taxonomies.parents.items())),
            disabled=tuple(name for name in TAGGERS if name in off),
            switched_off=tuple(
                [f"gazetteer {entry.id}" for _, entry in gazetteers if entry.id in off]
                + [f"rule {entry.id}" for _, entry in rules if entry.id in off]
            ),
        )

    def _ids(self, entries: Sequence[tuple[Path, str]]) -> dict[str, str]:
        """Return where each id is given; check that it is one, and that there is no other."""
        first: dict[str, str] = {}
        for path, name in entries:
            where = (*path, "id")
            if not self._faults.required(where, name, "a name, for the provenance of its tags"):
                continue
            if not _ID.fullmatch(name):
                self._faults.add(
                    where, f"{shown(name)} is no id; use letters, digits, _, - and ., 64 at most"
                )
            elif name in TAGGERS or name in _SHIPPED:
                self._faults.add(
                    where, f"{shown(name)} is the name of something that warraq ships; choose another"
                )
            elif name in first:
                self._faults.add(where, f"{shown(name)} is given twice, first at {first[name]}")
            else:
                first[name] = self._faults.place_of(where)
        return first

    # Kinds, codes and phrases

    def _kind(self, path: Path, kind: str) -> None:
        """Take the kind of a tag that the file makes."""
        if not self._faults.required(path, kind, f"one of {', '.join(KINDS)}, or a kind of your own"):
            return
        near = _almost(kind)
        if not _KIND.fullmatch(kind):
            self._faults.add(path, f"{shown(kind)} is no kind; use small Latin letters and _{near}")
        elif near:
            self._faults.add(path, f"{shown(kind)} is too near to a kind that warraq has{near}")
        else:
            self._kinds.add(kind)

    def _known_kind(self, path: Path, kind: str) -> None:
        if self._faults.required(path, kind, "the kind of the tags") and kind not in self._kinds:
            hint = did_you_mean(kind, sorted(self._kinds)) or f"; there are {', '.join(sorted(self._kinds))}"
            self._faults.add(path, f"nothing makes tags of the kind {shown(kind)}{hint}")

    def _codes(self, path: Path, codes: Iterable[str]) -> None:
        """Check that topic codes are known."""
        for number, code in enumerate(codes, 1):
            self._taxonomies.known((*path, str(number)), code)

    def _phrases(self, path: Path, phrases: Sequence[str]) -> dict[str, str]:
        """Check a list of phrases, each under its number; return the good ones by how they fold."""
        if self._faults.given(path) and not phrases:
            self._faults.add(path, "is empty; give a phrase, or delete the key")
        good: dict[str, str] = {}
        for number, (phrase, (folded, letters)) in enumerate(
            zip(phrases, count_letters(phrases), strict=True), 1
        ):
            wrong = why_no_phrase(phrase, folded, letters)
            if wrong:
                self._faults.add((*path, str(number)), wrong)
            else:
                good[folded] = phrase
        return good

    def _country(self, path: Path, country: str) -> None:
        if country and not COUNTRY.fullmatch(country):
            self._faults.add(path, f"{shown(country)} is no ISO 3166-1 alpha-2 code such as SY")

    # Gazetteers

    def _gazetteer(self, path: Path, entry: GazetteerEntry) -> UserGazetteer | None:
        if entry.kind == TOPIC:
            self._faults.add((*path, "kind"), "topics come from rules; a gazetteer tags names")
        self._codes((*path, "only_topics"), entry.only_topics)
        triggers = self._phrases((*path, "triggers"), entry.triggers)
        blocks = self._phrases((*path, "block_before"), entry.block_before)
        for folded in triggers.keys() & blocks.keys():
            self._faults.add((*path, "block_before"), f"{shown(blocks[folded])} is among triggers too")
        if entry.score <= 0:
            self._faults.add((*path, "score"), "must be above 0")
        where = (*path, "file")
        if not self._faults.required(where, entry.file, "a TSV or CSV file"):
            return None
        found = self._faults.read(where, entry.file)
        if found is None:
            return None
        named = self._faults.keys((*path, "columns"))
        names, version = read_names(entry, *found, named, self._faults.in_list(where))
        return UserGazetteer(
            id=entry.id,
            version=version,
            kind=entry.kind,
            names=names,
            clitics=entry.clitics,
            only_topics=entry.only_topics,
            triggers=tuple(triggers.values()),
            block_before=tuple(blocks.values()),
            case=entry.case,
            score=entry.score,
            replace=entry.replace,
        )

    # Rules

    def _rule(self, path: Path, entry: RuleEntry) -> Rule | None:
        before = self._faults.count
        self._what_follows(path, entry)
        any_of = self._phrases((*path, "any"), entry.any)
        none_of = self._phrases((*path, "not"), entry.not_)
        groups = [self._phrases((*path, "all", str(n)), group) for n, group in enumerate(entry.all, 1)]
        if self._faults.given((*path, "all")) and not entry.all:
            self._faults.add((*path, "all"), "is empty; give a phrase, or delete the key")
        for number, folded in enumerate(count_letters(entry.not_), 1):
            if folded[0] in any_of or any(group.keys() == {folded[0]} for group in groups):
                self._faults.add(
                    (*path, "not", str(number)),
                    f"{shown(entry.not_[number - 1])} is wanted and forbidden in one rule",
                )
        if self._faults.given((*path, "scope")) and not entry.scope:
            self._faults.add((*path, "scope"), "is empty; name title, lead or body, or delete the key")
        if entry.min_count > 1 and not self._has_evidence(path):
            self._faults.add((*path, "min_count"), "there is nothing to count; give any, all or pattern")
        pattern = self._pattern(path, entry)
        if self._faults.count > before:
            return None
        return Rule(
            id=entry.id,
            add=self._addition(entry),
            edit=_edit(entry),
            any=tuple(any_of.values()),
            all=tuple(tuple(group.values()) for group in groups),
            none=tuple(none_of.values()),
            scope=entry.scope,
            clitics=entry.clitics,
            min_count=entry.min_count,
            weight=entry.weight,
            pattern=pattern,
            exact=entry.exact,
            whole_words=entry.whole_words,
        )

    def _what_follows(self, path: Path, entry: RuleEntry) -> None:
        deeds = [name for name in ("add", *_EDITS) if self._faults.given((*path, name))]
        if len(deeds) != 1:
            message = "does nothing; give one of add, suppress, rescore"
            if deeds:
                message = f"has {' and '.join(deeds)}; a rule does one thing: make two rules of it"
            self._faults.add(path, message)
        has_evidence = self._has_evidence(path)
        if entry.add is not None:
            self._add(path, entry)
            if not has_evidence:
                self._faults.add(path, "would add its tag to every article; give any, all or pattern")
        for name in _EDITS:
            edit = getattr(entry, name)
            if edit is None:
                continue
            where = (*path, name)
            self._edited((*path, name), edit)
            if self._faults.given((*path, "weight")):
                self._faults.add((*path, "weight"), "is for rules that add a tag")
            if edit.where == EVIDENCE and not has_evidence:
                self._faults.add((*where, "where"), "there is no evidence; give any, all or pattern")
        ways = self._faults.keys((*path, "rescore")) & {"score", "factor"}
        if entry.rescore is not None and len(ways) != 1:
            self._faults.add((*path, "rescore"), "give either score or factor")

    def _has_evidence(self, path: Path) -> bool:
        return any(self._faults.given((*path, key)) for key in ("any", "all", "pattern"))

    def _add(self, path: Path, entry: RuleEntry) -> None:
        add, where = entry.add, (*path, "add")
        if add is None:
            return
        if add.kind == TOPIC:
            if self._faults.required((*where, "code"), add.code, "the code of the topic"):
                self._taxonomies.known((*where, "code"), add.code)
            for key in ("canonical", "country", "replace"):
                if self._faults.given((*where, key)):
                    self._faults.add((*where, key), "is not for topics, which are said of the whole article")
        elif add.kind:
            if add.label:
                self._faults.add((*where, "label"), "is for topics; give canonical")
            self._country((*where, "country"), add.country)
        if add.score <= 0:
            self._faults.add((*where, "score"), "must be above 0")

    def _edited(self, path: Path, edit: SuppressEntry | RescoreEntry) -> None:
        self._known_kind((*path, "kind"), edit.kind)
        self._phrases((*path, "value"), edit.value)
        where = (*path, "code")
        if self._faults.given(where) and not edit.code:
            self._faults.add(where, "is empty; give a code, or delete the key")
        for number, code in enumerate(edit.code, 1):
            if self._faults.required((*where, str(number)), code, "a code") and edit.kind == TOPIC:
                self._taxonomies.known((*where, str(number)), code)
        if edit.kind == TOPIC and edit.where == EVIDENCE:
            message = "topics are said of the whole article, so none stands at the evidence"
            self._faults.add((*path, "where"), message)

    def _addition(self, entry: RuleEntry) -> Addition | None:
        add = entry.add
        if add is None:
            return None
        label = add.label
        if add.kind == TOPIC:
            label = label or self._taxonomies.labels.get(add.code, "") or add.code
        return Addition(add.kind, add.code, label, add.canonical, add.country, add.score, add.replace)

    def _pattern(self, path: Path, entry: RuleEntry) -> str:
        where = (*path, "pattern")
        if not entry.pattern:
            if self._faults.given(where):
                self._faults.add(where, "is empty; give an RE2 pattern, or delete the key")
            for key in ("exact", "whole_words"):
                if self._faults.given((*path, key)) and not self._faults.given(where):
                    self._faults.add((*path, key), "says how a pattern matches, and there is none")
            return ""
        try:
            folded = entry.pattern if entry.exact else fold_pattern(entry.pattern)
            Pattern(folded, exact=entry.exact)
        except ValueError as error:
            self._faults.add(where, f"{shown(entry.pattern)}: {error}")
            return ""
        return folded


def _almost(kind: str) -> str:
    """Return the end of a message for a kind that is almost one of warraq's own, such as a plural; else ""."""
    likeness, own = max((difflib.SequenceMatcher(None, kind, own).ratio(), own) for own in KINDS)
    return f"; did you mean {own}?" if _LIKE <= likeness < 1 else ""


def _edit(entry: RuleEntry) -> Edit | None:
    written = entry.suppress if entry.suppress is not None else entry.rescore
    if written is None:
        return None
    score, factor = (written.score, written.factor) if isinstance(written, RescoreEntry) else (None, None)
    return Edit(written.kind, written.value, written.code, written.where, score, factor)
