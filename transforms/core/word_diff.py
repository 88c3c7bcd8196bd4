"""Two texts word by word: which runs of words they share and where they differ, as places in the texts as written.

Words are compared in folded form and shown as written, so that a mere change of spelling is no difference.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from schemas.elements import Span
from transforms.core.normalize import fold
from transforms.core.profiles import DEDUP, Profile

__all__ = ["Run", "Words", "diff_words", "folded_words", "written_words"]

#: Pairs of equal words above which the middle of two texts is not aligned: real articles have some ten thousand.
_MOST_PAIRS = 20_000_000


class Words(NamedTuple):
    """The words of a text: `text[spans[i].start:spans[i].end]` is word i as written, `keys[i]` what it is compared by."""

    text: str
    keys: Sequence[str]
    spans: Sequence[Span]


class Run(NamedTuple):
    """A run of words that two texts share (`same`), or that stands in one or both in place of the other's.

    `own` and `other` are places in the two texts, empty where a side has no word there; the counts are in words.
    """

    same: bool
    own: Span
    other: Span
    own_words: int
    other_words: int


def written_words(text: str) -> Words:
    """Return the words of a text as white space parts them, compared as they are written."""
    keys = text.split()
    spans = []
    end = 0
    for key in keys:
        start = text.index(key, end)
        end = start + len(key)
        spans.append(Span(start, end))
    return Words(text, keys, spans)


def folded_words(text: str, profile: Profile = DEDUP) -> Words:
    """Return the words that a text is compared by; each is written with the punctuation that touches it."""
    folded = fold(text, profile)
    keys = folded.text.split()
    places = folded.offsets.tolist()
    rough = []
    begin = 0
    for key in keys:
        rough.append((places[begin], places[begin + len(key) - 1] + 1))
        begin += len(key) + 1
    return Words(text, keys, list(_with_marks(text, rough)))


def _with_marks(text: str, rough: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """Yield the places of words widened to the marks beside them: those before white space go with the word before."""
    if not rough:
        return
    start = max((at + 1 for at in range(rough[0][0]) if text[at].isspace()), default=0)
    for (_, end), (following, _) in pairwise(rough):
        gap = text[end:following]
        head = next((at for at, letter in enumerate(gap) if letter.isspace()), len(gap))
        tail = next((at for at, letter in enumerate(reversed(gap)) if letter.isspace()), 0)
        yield Span(start, max(start, end + head))
        start = max(start, end, following - tail)
    end = rough[-1][1]
    rest = next((at for at in range(end, len(text)) if text[at].isspace()), len(text))
    yield Span(start, max(start, rest))


def diff_words(own: Words, other: Words) -> list[Run]:
    """Return two texts as runs in the order of both, equal and differing by turns; [] for two texts without words.

    Texts so long and repetitive that aligning them would take minutes are parted at their common beginning and end
    alone: what lies between is one differing run.
    """
    mine, theirs = own.keys, other.keys
    shorter = min(len(mine), len(theirs))
    head = next((at for at in range(shorter) if mine[at] != theirs[at]), shorter)
    left = shorter - head
    tail = next((at for at in range(left) if mine[-1 - at] != theirs[-1 - at]), left)
    middle = mine[head : len(mine) - tail], theirs[head : len(theirs) - tail]
    blocks = [(0, 0, head)]
    if _pairs(*middle) <= _MOST_PAIRS:
        matcher = SequenceMatcher(None, *middle, autojunk=False)
        blocks += [(head + a, head + b, size) for a, b, size in matcher.get_matching_blocks()]
    blocks.append((len(mine) - tail, len(theirs) - tail, tail))
    return list(_runs(own, other, blocks))


def _pairs(own: Sequence[str], other: Sequence[str]) -> int:
    theirs = Counter(other)
    return sum(count * theirs[word] for word, count in Counter(own).items())


def _runs(own: Words, other: Words, blocks: Sequence[tuple[int, int, int]]) -> Iterator[Run]:
    """Yield the runs that blocks of equal words, in order, part two texts into; blocks that touch are one run."""
    a = b = 0  # where the run of equal words began
    a_end = b_end = 0
    for a_next, b_next, size in [*blocks, (len(own.keys), len(other.keys), 0)]:
        if (a_next, b_next) != (a_end, b_end):
            if a_end > a:
                yield _run(own, other, (a, a_end), (b, b_end), same=True)
            yield _run(own, other, (a_end, a_next), (b_end, b_next), same=False)
            a, b = a_next, b_next
        a_end, b_end = a_next + size, b_next + size
    if a_end > a:
        yield _run(own, other, (a, a_end), (b, b_end), same=True)


def _run(own: Words, other: Words, mine: tuple[int, int], theirs: tuple[int, int], *, same: bool) -> Run:
    return Run(same, _place(own, *mine), _place(other, *theirs), mine[1] - mine[0], theirs[1] - theirs[0])


def _place(words: Words, first: int, end: int) -> Span:
    """Return the place of words `first` to `end`; for none the empty place where they would stand."""
    if first < end:
        return Span(words.spans[first].start, words.spans[end - 1].end)
    at = words.spans[first - 1].end if first else 0
    return Span(at, at)
