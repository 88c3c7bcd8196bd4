"""Tags with evidence: names of a gazetteer found in the text, with their places in the original."""

import dataclasses
import re
from collections.abc import Callable, Iterator

import ahocorasick_rs

from schemas.elements import NormalizedArticle, Tag, TaggedArticle
from transforms.core.normalize import fold
from transforms.core.profiles import mark_run
from transforms.core.settings import setting
from transforms.core.tagging.gazetteer import Entry, Gazetteer

__all__ = ["Matcher", "TagRules", "tag"]


@dataclasses.dataclass(frozen=True)
class TagRules:
    """What is tagged."""

    gazetteers: tuple[str, ...] = setting(("places",), "Names of the shipped gazetteers to match.")


#: Letters written onto the next word: waw "and", feh "so", beh "in", lam "to", kaf "as"; waw or feh come first.
_CLITICS = frozenset(
    [
        *"\u0648\u0641\u0628\u0644\u0643",
        *(first + second for first in "\u0648\u0641" for second in "\u0628\u0644\u0643"),
    ]
)
_ARTICLE = "\u0627\u0644"  # ال
_LONGEST_CLITIC = 2
#: What ends a name: punctuation, or a blank line. (Arabic comma, semicolon and question mark are U+060C, 061B, 061F.)
_BREAK = re.compile(r"""[.,:;!?()\[\]{}\u060c\u061b\u061f«»“”"]|\n\s*\n""")


class Matcher:
    """All gazetteers in one automaton. Load it once per worker; it is not picklable, the gazetteers are."""

    def __init__(self, gazetteers: tuple[Gazetteer, ...]) -> None:
        self._targets: list[tuple[Entry, str]] = []
        self._contracted: set[int] = set()
        patterns: list[str] = []
        for gazetteer in gazetteers:
            for name, entry in gazetteer.names.items():
                patterns.append(name)
                self._targets.append((entry, gazetteer.provenance))
                if name.startswith(_ARTICLE):
                    # lam + the article are written as two lams: "to Iraq" is lam lam ayn ...; the name keeps the second.
                    self._contracted.add(len(patterns))
                    patterns.append("\u0644" + name[len(_ARTICLE) :])
                    self._targets.append((entry, gazetteer.provenance))
        self._automaton = ahocorasick_rs.AhoCorasick(patterns) if patterns else None

    def find(self, words: str, is_name: Callable[[int, int], bool]) -> Iterator[tuple[int, int, Entry, str]]:
        """Yield (start, end, entry, provenance) of the names in folded text whose words are one blank apart.

        Whole words only, clitics left out; of overlapping names that `is_name` accepts (by start and end) the
        one that starts first, then the longest.
        """
        if self._automaton is None:
            return
        found = [
            (start, -end, number)
            for number, start, end in self._automaton.find_matches_as_indexes(words, overlapping=True)
            if self._stands_alone(words, start, end, contracted=number in self._contracted)
        ]
        last = 0
        for start, negative_end, number in sorted(found):
            if start >= last and is_name(start, -negative_end):
                last = -negative_end
                yield (start, last, *self._targets[number])

    @staticmethod
    def _stands_alone(words: str, start: int, end: int, *, contracted: bool) -> bool:
        if end < len(words) and words[end] != " ":
            return False
        before = words[max(0, start - _LONGEST_CLITIC - 1) : start].rpartition(" ")[2]
        if contracted:
            # The first lam of lam + article must be there, after nothing or waw/feh.
            return before in {"\u0644", "\u0648\u0644", "\u0641\u0644"}
        return before == "" or before in _CLITICS


def tag(article: NormalizedArticle, matcher: Matcher) -> TaggedArticle:
    """Return the article with a tag for each name found in its title and body, in order of place.

    Every tag's `value` is `text[start:end]` of the original text.
    """
    text = article.article.text
    words, offsets = fold(text, "dedup")

    def surface(start: int, end: int) -> tuple[int, int]:
        # The marks on the last letter belong to the surface form.
        last = int(offsets[end - 1]) + 1
        marks = mark_run().match(text, last)
        return int(offsets[start]), marks.end() if marks else last

    def is_name(start: int, end: int) -> bool:
        first, last = surface(start, end)
        # Tanwin (U+064B) makes an adverb or adjective of it, not a name.
        return not _BREAK.search(text, first, last) and "\u064b" not in text[first:last]

    tags: list[Tag] = []
    for start, end, entry, provenance in matcher.find(words, is_name):
        first, last = surface(start, end)
        tags.append(
            Tag(
                kind=entry.kind,
                value=text[first:last],
                canonical=entry.canonical,
                code=entry.code,
                country=entry.country,
                score=1.0,
                start=first,
                end=last,
                provenance=provenance,
            )
        )
    return TaggedArticle(article, tuple(tags))
