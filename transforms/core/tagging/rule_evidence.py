"""Whether the conditions of a rule hold in one article, and where its evidence stands."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from transforms.core.tagging.matching import PhraseMatcher
from transforms.core.tagging.rule_patterns import Pattern
from transforms.core.tagging.user_rules import Rule, count_letters
from transforms.core.tagging.words import SIGN, Words

__all__ = ["CheckedRule", "Mention", "PhraseBook", "Reading", "Verdict", "judge"]

#: Letters written onto the next word: waw "and", feh "so"; beh "in", lam "to", kaf "as".
_AND, _PREPOSITIONS = "\u0648\u0641", "\u0628\u0644\u0643"
_CLITICS = frozenset(["", *_AND, *_PREPOSITIONS, *(a + b for a in _AND for b in _PREPOSITIONS)])
_WHOLE_TEXT = frozenset({"title", "body"})


class Mention(NamedTuple):
    """A place of a phrase or pattern: code units of `Words.joined`, the tokens, letters of clitics before it.

    `phrase` is its number in the phrase book. A pattern has neither number nor tokens (-1), but knows its place in
    code points of the text, `original`.
    """

    start: int
    end: int
    first: int
    last: int
    clitics: int
    phrase: int = -1
    original: tuple[int, int] | None = None


class PhraseBook:
    """All phrases of rules and gazetteers, each kept once, found at once."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._clitics: list[bool] = []
        self._numbers: list[int] = []
        self._matcher: PhraseMatcher | None = None

    def add(self, phrases: Iterable[str], *, clitics: bool) -> range:
        """Take phrases that have a letter or digit; return the entries by which `number` knows them."""
        first = len(self._written)
        self._written += phrases
        self._clitics += [clitics] * (len(self._written) - first)
        return range(first, len(self._written))

    def close(self) -> None:
        """Make the automaton; after this, no phrase is added."""
        known: dict[tuple[str, bool], int] = {}
        for (folded, _), clitics in zip(count_letters(self._written), self._clitics, strict=True):
            self._numbers.append(known.setdefault((folded, clitics), len(known)))
        self._matcher = PhraseMatcher(
            [folded for folded, _ in known], [clitics for _, clitics in known], folded=True
        )

    def number(self, entry: int) -> int:
        """Return the number of a phrase, the same for phrases that fold alike."""
        return self._numbers[entry]

    def written(self, entry: int) -> str:
        """Return a phrase as the user wrote it."""
        return self._written[entry]

    def find(self, words: Words, forms: Sequence[str]) -> list[dict[int, list[Mention]]]:
        """Return for each text the mentions of each phrase number that is there, in order of place."""
        found: list[dict[int, list[Mention]]] = [{} for _ in words.texts]
        if self._matcher is None:
            return found
        matches = self._matcher.find(words, forms)
        texts = np.searchsorted(words.borders, matches.firsts, "right") - 1
        ends = words.ends[matches.lasts - 1] if matches.lasts.size else matches.lasts
        columns = (
            texts,
            matches.phrases,
            matches.starts,
            ends,
            matches.firsts,
            matches.lasts,
            matches.clitics,
        )
        for text, phrase, start, end, first, last, clitics in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            found[text].setdefault(phrase, []).append(Mention(start, end, first, last, clitics, phrase))
        return found


class Reading:
    """One article with what was found in it."""

    def __init__(
        self,
        words: Words,
        forms: Sequence[str],
        number: int,
        sections: tuple[int, int],
        mentions: dict[int, list[Mention]],
    ) -> None:
        """`sections` are the code points where the title and the lead end; `mentions` are those of `PhraseBook.find`."""
        self.words, self.forms, self.number = words, forms, number
        self.text = words.texts[number]
        self.mentions = mentions
        self._title_end, self._lead_end = sections
        self._places: dict[tuple[int, int], tuple[int, int]] = {}

    def place(self, mention: Mention) -> tuple[int, int]:
        """Return where a mention stands in the original: code points, half-open."""
        if mention.original is not None:
            return mention.original
        key = mention.start, mention.end
        if key not in self._places:
            self._places[key] = self.words.span(self.number, *key)
        return self._places[key]

    def section(self, mention: Mention) -> str:
        """Return the part of the article in which a mention begins."""
        start = self.place(mention)[0]
        if start < self._title_end:
            return "title"
        return "lead" if start < self._lead_end else "body"

    def within(self, mentions: Iterable[Mention], scope: frozenset[str]) -> list[Mention]:
        """Return the mentions that begin in `scope`, where the lead belongs to the body too."""
        if scope >= _WHOLE_TEXT:
            return list(mentions)
        allowed = scope | {"lead"} if "body" in scope else scope
        return [mention for mention in mentions if self.section(mention) in allowed]


@dataclasses.dataclass(frozen=True)
class CheckedRule:
    """A rule with its phrases as entries of a phrase book."""

    rule: Rule
    any: tuple[int, ...]
    all: tuple[tuple[int, ...], ...]
    none: tuple[int, ...]
    pattern: Pattern | None
    scope: frozenset[str]

    def written(self, mention: Mention, book: PhraseBook) -> str:
        """Return the phrase of a mention as the user wrote it; "" for a pattern."""
        groups = (self.any, *self.all)
        return next(
            (book.written(e) for group in groups for e in group if book.number(e) == mention.phrase), ""
        )

    @property
    def needed(self) -> tuple[int, ...]:
        """Entries of which one must be there before the rule is worth a look; () where it always is."""
        if self.any or self.all:
            return self.any or self.all[0]
        return ()


class Verdict(NamedTuple):
    """What became of a rule in an article.

    `evidence` are its mentions, not overlapping, in order. Where the rule does not fire, `failed` is the condition
    (`not`, `all`, `any`, `pattern`, `min_count`), and `entries` are the phrases and `mentions` the places that say so.
    """

    fired: bool
    evidence: tuple[Mention, ...] = ()
    failed: str = ""
    entries: tuple[int, ...] = ()
    mentions: tuple[Mention, ...] = ()


def judge(rule: CheckedRule, book: PhraseBook, reading: Reading) -> Verdict:
    """Tell whether all conditions of a rule hold in an article."""

    def found(entries: tuple[int, ...]) -> list[Mention]:
        mentions = [
            m for number in sorted(set(map(book.number, entries))) for m in reading.mentions.get(number, ())
        ]
        return reading.within(mentions, rule.scope)

    evidence: list[Mention] = []
    for group in rule.all:
        mentions = found(group)
        if not mentions:
            return Verdict(fired=False, failed="all", entries=group)
        evidence += mentions
    if rule.any:
        evidence = found(rule.any)
        if not evidence:
            return Verdict(fired=False, failed="any", entries=rule.any)
    for entry in rule.none:
        mentions = found((entry,))
        if mentions:
            return Verdict(fired=False, failed="not", entries=(entry,), mentions=tuple(mentions))
    if rule.pattern is not None:
        evidence = reading.within(_pattern_mentions(rule, reading), rule.scope)
        if not evidence:
            return Verdict(fired=False, failed="pattern")
    evidence = _apart(evidence)
    if len(evidence) < rule.rule.min_count and (rule.any or rule.all or rule.pattern is not None):
        return Verdict(fired=False, failed="min_count", mentions=tuple(evidence))
    return Verdict(fired=True, evidence=tuple(evidence))


def _apart(mentions: list[Mention]) -> list[Mention]:
    """Return mentions that do not overlap: the one that starts first, then the longest, goes before others."""
    chosen: list[Mention] = []
    last = -1
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if mention.start >= last:
            chosen.append(mention)
            last = mention.end
    return chosen


def _pattern_mentions(rule: CheckedRule, reading: Reading) -> list[Mention]:
    """Return the matches of a rule's pattern, those inside of words left out where it wants whole ones."""
    words, number = reading.words, reading.number
    mentions: list[Mention] = []
    for found in rule.pattern.find(words, number) if rule.pattern is not None else ():
        if rule.rule.whole_words and not _whole(
            words, number, found.start, found.end, clitics=rule.rule.clitics
        ):
            continue
        mentions.append(Mention(found.start, found.end, -1, -1, 0, original=found.original))
    return mentions


def _whole(words: Words, number: int, start: int, end: int, *, clitics: bool) -> bool:
    """Tell whether a span begins with a token, or after a clitic in it, and ends with one."""
    low, high = int(words.borders[number]), int(words.borders[number + 1])
    starts, ends = words.starts[low:high], words.ends[low:high]
    before = int(np.searchsorted(starts, start, "right")) - 1
    if before >= 0 and starts[before] < start < ends[before]:
        cut = words.joined[int(starts[before]) : start]
        if words.kinds[low + before] == SIGN or not clitics or cut not in _CLITICS:
            return False
    after = int(np.searchsorted(starts, end, "left")) - 1
    return not (after >= 0 and starts[after] < end < ends[after])
