"""The user's rules applied last, over the tags of an article, and the reasons told.

The order is fixed, whatever the order in the file: topics that rules add; names of the user's gazetteers (which
may depend on topics); other tags that rules add; scores that rules change; tags that rules take away; thresholds.
Rules look at the text alone, never at what other rules did.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from schemas.elements import Tag
from transforms.core.normalize import dedup_text, normalize_text
from transforms.core.tagging.rule_evidence import CheckedRule, Mention, PhraseBook, Reading, Verdict, judge
from transforms.core.tagging.rule_patterns import Pattern
from transforms.core.tagging.tag_list import TagList, agree, new_tag, shown_tag
from transforms.core.tagging.user_gazetteers import Candidate, NameFinder
from transforms.core.tagging.user_rules import EVIDENCE, KEYPHRASE, TOPIC, Addition, Edit, Rule, UserRules
from transforms.core.tagging.words import Words

__all__ = ["RuleTagger"]

_Fired = list[tuple[CheckedRule, tuple[Mention, ...]]]
#: In an explanation, so many mentions are told one by one.
_TOLD = 5
_NOT_THERE = {
    "all": "none of {phrases} (all) is in {scope}",
    "any": "none of {phrases} (any) is in {scope}",
    "not": "{phrases} (not) is there: {places}",
    "pattern": "the pattern matches nothing in {scope}",
    "min_count": "{count} of {wanted} mentions that min_count asks for: {places}",
}


class RuleTagger:
    """The user's rules with their automaton. Make it once per worker: it is not picklable, `UserRules` are."""

    def __init__(self, rules: UserRules) -> None:
        """Take rules that `pipelines.rules` has checked. Raises ValueError for an unfit phrase or pattern."""
        self._user = rules
        book = self._book = PhraseBook()
        self._finder = NameFinder(rules.gazetteers, book)
        self._rules = [_check(rule, book) for rule in rules.rules]
        book.close()
        self._finder.close()
        self._always = [place for place, rule in enumerate(self._rules) if not rule.needed]
        self._rules_of: dict[int, list[int]] = {}
        for place, checked in enumerate(self._rules):
            for number in sorted(set(map(book.number, checked.needed))):
                self._rules_of.setdefault(number, []).append(place)
        self._thresholds = dict(rules.thresholds)
        self._parents = dict(rules.parents)

    def apply_batch(
        self,
        words: Words,
        forms: Sequence[str],
        title_ends: Sequence[int],
        lead_ends: Sequence[int],
        tags: Sequence[tuple[Tag, ...]],
    ) -> list[tuple[Tag, ...]]:
        """Return the tags of each text after the rules: topics first, best first, then by place.

        `forms` are `words.forms()`. The title of text i is `text[:title_ends[i]]`, its lead goes on to
        `lead_ends[i]` (code points of the original). What a text gets does not depend on the others.
        """
        found = self._book.find(words, forms)
        results: list[tuple[Tag, ...]] = []
        for number, (mentions, own) in enumerate(zip(found, tags, strict=True)):
            sections = title_ends[number], lead_ends[number]
            reading = Reading(words, forms, number, sections, mentions)
            results.append(self._apply(reading, self._judge_candidates(reading), own, None))
        return results

    def apply(
        self,
        words: Words,
        forms: Sequence[str],
        number: int,
        title_end: int,
        lead_end: int,
        tags: tuple[Tag, ...],
    ) -> tuple[Tag, ...]:
        """Return the tags of text `number` after the rules, as `apply_batch` does for all texts at once."""
        mentions = self._book.find(words, forms)[number]
        reading = Reading(words, forms, number, (title_end, lead_end), mentions)
        return self._apply(reading, self._judge_candidates(reading), tags, None)

    def explain(
        self,
        words: Words,
        forms: Sequence[str],
        number: int,
        title_end: int,
        lead_end: int,
        tags: tuple[Tag, ...],
    ) -> list[str]:
        """Return why each rule did or did not fire in text `number`, and what it did; `tags` are those before the rules."""
        mentions = self._book.find(words, forms)[number]
        reading = Reading(words, forms, number, (title_end, lead_end), mentions)
        verdicts = [judge(rule, self._book, reading) for rule in self._rules]
        lines = [f"{name}: switched off by disable" for name in self._user.switched_off]
        fired: _Fired = []
        for checked, verdict in zip(self._rules, verdicts, strict=True):
            lines.append(f"rule {checked.rule.id}: {self._reason(checked, verdict, reading)}")
            if verdict.fired:
                fired.append((checked, verdict.evidence))
        self._apply(reading, fired, tags, lines)
        return lines

    def _judge_candidates(self, reading: Reading) -> _Fired:
        """Return the rules that fire, in the order of the file, with their evidence."""
        places = set(self._always)
        for number in reading.mentions:
            places.update(self._rules_of.get(number, ()))
        fired: _Fired = []
        for place in sorted(places):
            verdict = judge(self._rules[place], self._book, reading)
            if verdict.fired:
                fired.append((self._rules[place], verdict.evidence))
        return fired

    def _apply(
        self, reading: Reading, fired: _Fired, tags: tuple[Tag, ...], log: list[str] | None
    ) -> tuple[Tag, ...]:
        found = TagList(tags, log)
        for checked, _ in fired:
            add = checked.rule.add
            if add is not None and add.kind == TOPIC:
                found.add_topic(_tag(checked.rule, add, add.label), checked.rule.id)
        if self._user.gazetteers:
            for candidate in self._finder.find(reading, self._topics(found.tags)):
                self._add_name(found, reading, candidate, log)
        for checked, evidence in fired:
            add = checked.rule.add
            if add is not None and add.kind != TOPIC:
                for mention in evidence[:1] if add.kind == KEYPHRASE else evidence:
                    found.add(self._mention_tag(checked, add, reading, mention), replace=add.replace)
        edits = [
            (checked.rule, checked.rule.edit, evidence)
            for checked, evidence in fired
            if checked.rule.edit is not None
        ]
        # Those that take away come last.
        edits.sort(key=lambda edit: edit[1].score is None and edit[1].factor is None)
        for rule, edit, evidence in edits:
            _edit(found, rule, edit, [reading.place(mention) for mention in evidence])
        found.keep_above(self._thresholds)
        return found.sorted()

    def _topics(self, tags: Iterable[Tag]) -> set[str]:
        """Return the codes of the topics that reach their threshold, and of all above them."""
        least = self._thresholds.get(TOPIC, 0.0)
        codes: set[str] = set()
        for tag in tags:
            code = tag.code if tag.kind == TOPIC and tag.score >= least else ""
            while code and code not in codes:
                codes.add(code)
                code = self._parents.get(code, "")
        return codes

    def _add_name(
        self, found: TagList, reading: Reading, candidate: Candidate, log: list[str] | None
    ) -> None:
        gazetteer, name, mention, refusal = candidate
        start, end = reading.place(mention)
        if refusal:
            if log is not None:
                where = f"{reading.text[start:end]!r} at {start}-{end}"
                log.append(f"gazetteer {gazetteer.id}: {where} is not tagged: {refusal}")
            return
        tag = Tag(
            kind=gazetteer.kind,
            type=name.type,
            value=reading.text[start:end],
            canonical=name.canonical,
            code=name.code,
            country=name.country,
            lat=name.lat,
            lon=name.lon,
            score=gazetteer.score,
            start=start,
            end=end,
            provenance=gazetteer.provenance,
            entity=0,
        )
        found.add(tag, replace=gazetteer.replace)

    def _mention_tag(self, checked: CheckedRule, add: Addition, reading: Reading, mention: Mention) -> Tag:
        """Return the tag of a mention; its canonical name is the phrase as the rule has it, or what a pattern matched, folded."""
        start, end = reading.place(mention)
        value = reading.text[start:end]
        canonical = add.canonical or checked.written(mention, self._book) or normalize_text(value)
        tag = _tag(checked.rule, add, value)
        return dataclasses.replace(tag, canonical=canonical, start=start, end=end)

    def _reason(self, checked: CheckedRule, verdict: Verdict, reading: Reading) -> str:
        def places(mentions: Sequence[Mention]) -> str:
            told = []
            for mention in mentions[:_TOLD]:
                start, end = reading.place(mention)
                told.append(f"{reading.text[start:end]!r} at {start}-{end} ({reading.section(mention)})")
            more = len(mentions) - len(told)
            return ", ".join(told) + (f" and {more} more" if more else "")

        if verdict.fired:
            return (
                f"fired on {places(verdict.evidence)}"
                if verdict.evidence
                else "fired: it has no condition that fails"
            )
        phrases = ", ".join(repr(self._book.written(entry)) for entry in verdict.entries[:_TOLD])
        return "did not fire: " + _NOT_THERE[verdict.failed].format(
            phrases=phrases + (", …" if len(verdict.entries) > _TOLD else ""),
            scope=" or ".join(checked.rule.scope),
            places=places(verdict.mentions),
            count=len(verdict.mentions),
            wanted=checked.rule.min_count,
        )


def _check(rule: Rule, book: PhraseBook) -> CheckedRule:
    return CheckedRule(
        rule,
        any=tuple(book.add(rule.any, clitics=rule.clitics)),
        all=tuple(tuple(book.add(group, clitics=rule.clitics)) for group in rule.all),
        none=tuple(book.add(rule.none, clitics=rule.clitics)),
        pattern=Pattern(rule.pattern, exact=rule.exact) if rule.pattern else None,
        scope=frozenset(rule.scope),
    )


def _tag(rule: Rule, add: Addition, value: str) -> Tag:
    """Return the tag that a rule adds, without a place."""
    return new_tag(
        add.kind,
        value,
        agree(0.0, add.score, rule.weight),
        rule.provenance,
        canonical=add.canonical,
        code=add.code,
        country=add.country,
    )


def _edit(found: TagList, rule: Rule, edit: Edit, evidence: list[tuple[int, int]]) -> None:
    """Score anew, or take away, the tags that an edit is about."""
    wanted = frozenset(map(dedup_text, edit.values))

    def fits(tag: Tag) -> bool:
        if tag.kind != edit.kind or (edit.codes and tag.code not in edit.codes):
            return False
        if edit.where == EVIDENCE:
            start, end = tag.start, tag.end
            if (
                start is None
                or end is None
                or not any(start < last and end > first for first, last in evidence)
            ):
                return False
        return not wanted or dedup_text(tag.value) in wanted or dedup_text(tag.canonical) in wanted

    for tag in [tag for tag in found.tags if fits(tag)]:
        if edit.score is not None:
            found.rescore(tag, edit.score, rule)
        elif edit.factor is not None:
            found.rescore(tag, tag.score * edit.factor, rule)
        else:
            found.remove(tag, f"rule {rule.id}: took away {shown_tag(tag)}")
