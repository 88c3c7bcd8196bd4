"""Names of the user's gazetteers in an article: which are tagged, and why others are not."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from transforms.core.tagging.rule_evidence import Mention, PhraseBook, Reading
from transforms.core.tagging.user_rules import Name, UserGazetteer

__all__ = ["Candidate", "NameFinder"]

#: Signs that may stand between a trigger and a name, as folded: quotation marks and opening brackets.
_OPENING = frozenset("\"'([{")


class Candidate(NamedTuple):
    """A name found: its gazetteer, what it names, where, and why it is not tagged ("" where it is)."""

    gazetteer: UserGazetteer
    name: Name
    mention: Mention
    refusal: str


class NameFinder:
    """All gazetteers, their phrases in a phrase book."""

    def __init__(self, gazetteers: Sequence[UserGazetteer], book: PhraseBook) -> None:
        """Add the phrases to `book`; call `close` when the book is closed."""
        self._gazetteers = gazetteers
        self._entries: list[tuple[int, int, int]] = []  # entry, gazetteer, name
        self._triggers: list[tuple[range, range]] = []
        for place, gazetteer in enumerate(gazetteers):
            for index, name in enumerate(gazetteer.names):
                entries = book.add(name.names, clitics=gazetteer.clitics)
                self._entries += [(entry, place, index) for entry in entries]
            triggers = book.add(gazetteer.triggers, clitics=True)
            self._triggers.append((triggers, book.add(gazetteer.block_before, clitics=True)))
        self._book = book
        self._targets: dict[int, list[tuple[int, int, int]]] = {}

    def close(self) -> None:
        """Take the numbers of the phrases."""
        for entry, place, index in self._entries:
            self._targets.setdefault(self._book.number(entry), []).append((place, index, entry))
        self._entries.clear()

    def find(self, reading: Reading, topics: Collection[str]) -> list[Candidate]:
        """Return the names in an article, those of the first gazetteer first, then by place, the longest first.

        `topics` are the codes of the article's topics and of all above them. Of overlapping names of one gazetteer
        that nothing else speaks against, the one that starts first, then the longest, goes before others.
        """
        hits = sorted(
            (place, mention.start, -mention.end, index, entry, mention)
            for number, mentions in reading.mentions.items()
            for place, index, entry in self._targets.get(number, ())
            for mention in mentions
        )
        before: dict[int, tuple[dict[int, str], dict[int, str]]] = {}
        candidates: list[Candidate] = []
        last = (-1, -1)  # gazetteer, end of its latest name
        for place, start, negative_end, index, entry, mention in hits:
            if place not in before:
                triggers, blocks = self._triggers[place]
                before[place] = self._endings(triggers, reading), self._endings(blocks, reading)
            gazetteer = self._gazetteers[place]
            refusal = self._refusal(gazetteer, reading, mention, entry, before[place], topics)
            if not refusal and last[0] == place and start < last[1]:
                refusal = "it overlaps a longer or earlier name of the list"
            if not refusal:
                last = place, -negative_end
            candidates.append(Candidate(gazetteer, gazetteer.names[index], mention, refusal))
        return candidates

    def _endings(self, entries: range, reading: Reading) -> dict[int, str]:
        """Return the phrase that ends before each token before which one of the entries ends."""
        return {
            mention.last: self._book.written(entry)
            for entry in entries
            for mention in reading.mentions.get(self._book.number(entry), ())
        }

    def _refusal(
        self,
        gazetteer: UserGazetteer,
        reading: Reading,
        mention: Mention,
        entry: int,
        before: tuple[dict[int, str], dict[int, str]],
        topics: Collection[str],
    ) -> str:
        if gazetteer.only_topics and not any(code in topics for code in gazetteer.only_topics):
            return f"the article has no topic of only_topics, {', '.join(gazetteer.only_topics)}"
        triggers, blocks = before
        token = _word_before(reading, mention)
        if token in blocks:
            return f"{blocks[token]} of block_before stands right before it"
        if gazetteer.triggers and token not in triggers:
            return "none of triggers stands right before it"
        if gazetteer.case:
            start, end = reading.place(mention)
            if _cased(reading.text[start:end]) != _cased(self._book.written(entry)):
                return "upper and lower case are not as in the list"
        return ""


def _word_before(reading: Reading, mention: Mention) -> int:
    """Return the token at which whatever stands right before a mention ends, -1 where a clitic or a new line does."""
    token = mention.first
    if mention.clitics or reading.words.breaks[token]:
        return -1
    if reading.forms[token - 1] in _OPENING:
        token -= 1
        if reading.words.breaks[token]:
            return -1
    return token


def _cased(text: str) -> str:
    return "".join(char for char in text if char.lower() != char.upper())
