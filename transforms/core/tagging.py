"""Tags with evidence: names of a gazetteer found in the text, with their places in the original."""

import dataclasses
import re
from collections.abc import Iterator

import ahocorasick_rs

from schemas.elements import NormalizedArticle, Tag, TaggedArticle
from transforms.core.gazetteer import Entry, Gazetteer
from transforms.core.normalize import fold
from transforms.core.profiles import mark_run
from transforms.core.settings import setting

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
        patterns: list[str] = []
        for gazetteer in gazetteers:
            for name, entry in gazetteer.names.items():
                written = [name]
                if name.startswith(_ARTICLE):
                    # lam + the article are written as two lams: "to Iraq" is lam lam ayn ...; the name keeps the second.
                    written.append("\u0644" + name[len(_ARTICLE) :])
                for form in written:
                    patterns.append(form)
                    self._targets.append((entry, gazetteer.provenance))
        self._contracted = frozenset(
            number
            for number, form in enumerate(patterns)
            if number and form == "\u0644" + patterns[number - 1][2:]
        )
        self._automaton = ahocorasick_rs.AhoCorasick(patterns) if patterns else None

    def find(self, words: str) -> Iterator[tuple[int, int, Entry, str]]:
        """Yield (start, end, entry, provenance) of the names in folded text whose words are one blank apart.

        Whole words only, clitics left out; of overlapping names the one that starts first, then the longest.
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
            if start >= last:
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
    tags: list[Tag] = []
    for start, end, entry, provenance in matcher.find(words):
        first = int(offsets[start])
        # The marks on the last letter belong to the surface form.
        mark_end = mark_run().match(text, int(offsets[end - 1]) + 1)
        last = mark_end.end() if mark_end else int(offsets[end - 1]) + 1
        # Tanwin (U+064B) makes an adverb or adjective of it, not a name.
        if _BREAK.search(text, first, last) or "\u064b" in text[first:last]:
            continue
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
