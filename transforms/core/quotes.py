"""Quotes with their speakers: quotation marks paired within a paragraph, and the speech verb that introduces them.

Measured on 23,547 articles: 38,863 spans in quotation marks of 12 characters and more; in 41 % a speech verb stands in
the same clause within 90 characters before. The others are scare quotes, names and titles, which are no quotes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from schemas.news import Quote
from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.normalize import normalize_text
from transforms.core.speech import (
    ATTRIBUTIONS,
    CONTINUING,
    SENTENCE_ENDS,
    THAT,
    VERBS,
    Speaker,
    find_subject,
    subject_of,
)

__all__ = ["Statement", "claimants", "find_quotes", "speaker_at"]

_OPENING, _CLOSING = frozenset("“«„‟‹‘‚❝"), frozenset("”»›’❞")
#: Lexemes before a quote in which its verb is looked for.
_REACH = 60
#: A quote of fewer words is a quoted term, unless it follows the verb or the "that" at once.
_FEW = 4
_MOST_BEFORE_FEW = 2
#: Names in quotation marks follow these: organisations, works, places of publication.
_HEADS = frozenset(
    normalize_text(
        "تنظيم حزب صحيفة جريدة مجلة قناة حركة شركة فيلم كتاب برنامج مهرجان عملية مشروع موقع هاشتاق وسم جائزة قصيدة مسرحية رواية"
        " مسلسل ديوان أغنية مبادرة حملة جمعية مؤسسة منظمة جماعة مجموعة كتيبة فرقة لواء متحف معرض فندق مطعم سفينة صاروخ طراز فئة"
        " مصطلح كلمة عبارة لقب اسم بعنوان عنوان شعار تحت بشعار تويتر فيسبوك صفحة تطبيق لعبة بطولة كأس دوري نادي تحالف",
        "search",
    ).split()
)
_GLUED = frozenset(("ل", "ب", "ول", "وب", "ك", "-"))
_AS_HE_SAID = frozenset(normalize_text("تعبيره تعبيرها قوله قولها وصفه وصفها", "search").split())


class Statement(NamedTuple):
    """What somebody claims: code points from `start` to `end`."""

    start: int
    end: int
    speaker: str


class _Pair(NamedTuple):
    """A pair of quotation marks, by lexeme; `sure` tells that no mark of its paragraph is left over."""

    opening: int
    closing: int
    sure: bool


def find_quotes(lexemes: Lexemes, names: AbstractSet[str]) -> tuple[Quote, ...]:
    """Return the spoken quotes in order; `names` are given names and surnames in search form. Never raises; linear."""
    pairs = _pairs(lexemes)
    quotes: list[Quote] = []
    last_speaker: Speaker | None = None
    previous: tuple[_Pair, Speaker | None] | None = None
    seen = 0
    for pair in pairs:
        # Whoever spoke since the last quote without being quoted is the last speaker as well.
        last_speaker = (
            _last_subject(lexemes, seen, _sentence_start(lexemes, pair.opening), names) or last_speaker
        )
        found = _attribute(lexemes, pair, previous, last_speaker, names)
        seen = pair.closing
        if found is None:
            continue
        speaker, verb, confidence = found
        previous = (pair, speaker)
        last_speaker = speaker or last_speaker
        start, end = lexemes.starts[pair.opening + 1], lexemes.ends[pair.closing - 1]
        quotes.append(
            Quote(
                start,
                end,
                speaker.name if speaker else "",
                lexemes.starts[speaker.first] if speaker else -1,
                lexemes.ends[speaker.last] if speaker else -1,
                verb,
                confidence - (0.0 if pair.sure else 0.2),
            )
        )
    return tuple(quotes)


def _pairs(lexemes: Lexemes) -> list[_Pair]:
    """Pair the quotation marks of each paragraph; of nested pairs the outer one counts."""
    words, text, starts = lexemes.words, lexemes.text, lexemes.starts
    if '"' not in words:
        return []
    pairs: list[_Pair] = []
    opened: list[tuple[int, str]] = []
    found: list[tuple[int, int]] = []
    left_over = 0
    place = mark_at = -1
    size = len(words)
    while True:
        try:
            place = words.index('"', place + 1)
        except ValueError:
            place = size
        # A newline since the last mark ends the paragraph.
        if (opened or found) and (place == size or NEWLINE in words[mark_at + 1 : place]):
            left_over += len(opened)
            pairs += [_Pair(first, last, left_over == 0) for first, last in found if last - first > 1]
            opened, found, left_over = [], [], 0
        if place == size:
            return pairs
        mark_at = place
        mark = text[starts[place]]
        if _closes(mark, opened):
            first = _pop(mark, opened)
            if not opened:
                while found and found[-1][0] > first:
                    found.pop()
                found.append((first, place))
        elif mark in _CLOSING and mark != "”":
            left_over += 1
        else:
            opened.append((place, mark))
            if len(opened) > 4:
                del opened[0]


def _closes(mark: str, opened: list[tuple[int, str]]) -> bool:
    if not opened:
        return False
    top = opened[-1][1]
    if mark in ("»", "›"):
        return True
    if mark == "”":
        return top != "«" or len(opened) == 1
    if mark in _OPENING:
        return mark == "“" and top == "”"
    return top not in _OPENING or (len(opened) == 1 and top == "“")


def _pop(mark: str, opened: list[tuple[int, str]]) -> int:
    """Take the opener that a mark closes, with what was left open within."""
    if mark == "»":
        for depth in range(len(opened) - 1, -1, -1):
            if opened[depth][1] == "«":
                first = opened[depth][0]
                del opened[depth:]
                return first
    return opened.pop()[0]


def _sentence_start(lexemes: Lexemes, place: int) -> int:
    """Return the first lexeme of the sentence in which `place` stands, at most _REACH back."""
    words = lexemes.words
    first = max(0, place - _REACH)
    for index in range(place - 1, first - 1, -1):
        word = words[index]
        if word == NEWLINE or (word in SENTENCE_ENDS and _ends_sentence(lexemes, index)):
            return index + 1
    return first


def _ends_sentence(lexemes: Lexemes, index: int) -> bool:
    """Whether a mark ends a sentence: a full stop within a number or an acronym does not."""
    words, size = lexemes.words, len(lexemes.words)
    if words[index] != "." or index == 0 or index + 1 >= size:
        return True
    return (lexemes.spaced[index + 1] and len(words[index - 1]) > 1) or words[index + 1] in (NEWLINE, '"')


def _last_subject(lexemes: Lexemes, first: int, last: int, names: AbstractSet[str]) -> Speaker | None:
    """Return the subject of the last finite speech verb between two lexemes, looking back a paragraph or two."""
    words = lexemes.words
    for place in range(last - 1, max(first, last - 2 * _REACH) - 1, -1):
        verb = VERBS.get(words[place])
        if verb is not None and verb not in CONTINUING:
            speaker = find_subject(lexemes, place, names)
            if speaker is not None:
                return speaker
    return None


def _attribute(
    lexemes: Lexemes,
    pair: _Pair,
    previous: tuple[_Pair, Speaker | None] | None,
    last_speaker: Speaker | None,
    names: AbstractSet[str],
) -> tuple[Speaker | None, str, float] | None:
    """Return speaker, verb and confidence of a quote; None where nobody says it."""
    words = lexemes.words
    begin = _sentence_start(lexemes, pair.opening)
    length = sum(word.isalpha() for word in words[pair.opening + 1 : min(pair.closing, pair.opening + 40)])
    if not length or (length <= 2 * _FEW and pair.opening and _names(lexemes, pair.opening)):
        return None
    since = begin
    spoken = previous is not None and previous[0].closing >= begin
    if spoken and previous is not None:
        since = max(begin, previous[0].closing + 1)
    verb = _verb_before(lexemes, since, pair.opening)
    if verb is not None and _near(lexemes, verb, pair.opening, length):
        return _by_verb(lexemes, verb, begin, previous if spoken else None, last_speaker, names)
    after = _after(lexemes, pair.closing, last_speaker, names)
    if after is not None:
        return after
    if spoken and previous is not None and length >= _FEW and verb is None:
        return previous[1] or last_speaker, "", 0.7
    if words[pair.opening - 1] == ":" and pair.opening > 1:
        speaker = subject_of(lexemes, begin, names)
        if speaker is not None and speaker.last == pair.opening - 2:
            return speaker, "", 0.7
    return None


def _names(lexemes: Lexemes, opening: int) -> bool:
    """Whether what stands before a quotation mark makes it a name: تنظيم «…», لـ«…»."""
    before = lexemes.words[opening - 1]
    return before in _HEADS or (before in _GLUED and not lexemes.spaced[opening])


def _verb_before(lexemes: Lexemes, first: int, opening: int) -> int | None:
    """Return the last speech verb between two lexemes."""
    words = lexemes.words
    for place in range(opening - 1, first - 1, -1):
        if words[place] in VERBS:
            return place
    return None


def _near(lexemes: Lexemes, verb: int, opening: int, length: int) -> bool:
    """Whether a quote of that many words is said, not named: a short one must follow the verb or its "that"."""
    words = lexemes.words
    if (
        verb == opening - 1
        and length <= 2 * _FEW
        and VERBS[words[verb]] not in CONTINUING
        and words[opening + 1].startswith("ال")
    ):
        return False  # the subject in quotation marks: اكد «المرصد السوري …»
    if length >= _FEW:
        return True
    for place in range(opening - 1, verb - 1, -1):
        if words[place] in THAT or words[place] in (":", "ذلك") or place == verb:
            distance = opening - 1 - place
            return distance == 0 or (length > 1 and distance < _MOST_BEFORE_FEW)
    return False


def _by_verb(
    lexemes: Lexemes,
    verb: int,
    begin: int,
    previous: tuple[_Pair, Speaker | None] | None,
    last_speaker: Speaker | None,
    names: AbstractSet[str],
) -> tuple[Speaker | None, str, float]:
    bare = VERBS[lexemes.words[verb]]
    if bare in CONTINUING:
        if previous is not None and previous[1] is not None:
            return previous[1], bare, 0.9
        subject = _last_subject(lexemes, begin, verb, names)
        return subject or last_speaker, bare, 0.9 if subject else 0.7
    subject = find_subject(lexemes, verb, names)
    if subject is not None:
        return subject, bare, 0.95
    return last_speaker, bare, 0.85 if last_speaker else 0.5


def _after(
    lexemes: Lexemes, closing: int, last_speaker: Speaker | None, names: AbstractSet[str]
) -> tuple[Speaker | None, str, float] | None:
    """Read what follows a quote: «…»، قال فلان; «…» بحسب فلان; «…» على حد تعبيره."""
    words, size = lexemes.words, len(lexemes.words)
    place = closing + 1
    while place < size and words[place] in (",", "-", "."):
        if words[place] == ".":
            return None
        place += 1
    if place >= size:
        return None
    word = words[place]
    if word in VERBS and VERBS[word] not in CONTINUING and not word.startswith("و"):
        subject = find_subject(lexemes, place, names)
        return subject or last_speaker, VERBS[word], 0.9 if subject else 0.6
    if word in ATTRIBUTIONS:
        subject = subject_of(lexemes, place + 1, names)
        return (subject, word, 0.85) if subject is not None else None
    if word in ("علي", "حسب") and any(other in _AS_HE_SAID for other in words[place + 1 : place + 4]):
        return last_speaker, word, 0.7
    return None


def claimants(
    lexemes: Lexemes, quotes: Sequence[Quote], names: AbstractSet[str] = frozenset()
) -> list[Statement]:
    """Return who claims what, in order: quotes, reported speech up to the end of its sentence, and attributions.

    An attribution (بحسب فلان) covers its sentence. Statements may overlap: the later one, within, is the closer.
    """
    words = lexemes.words
    found = [Statement(quote.start, quote.end, quote.speaker) for quote in quotes if quote.speaker]
    last: Speaker | None = None
    begin = 0
    for place, word in enumerate(words):
        if word in SENTENCE_ENDS:
            if word == NEWLINE or _ends_sentence(lexemes, place):
                begin = place + 1
            continue
        if word in ATTRIBUTIONS:
            speaker = subject_of(lexemes, place + 1, names)
            if speaker is not None:
                found.append(Statement(lexemes.starts[begin], _sentence_end(lexemes, place), speaker.name))
            continue
        verb = VERBS.get(word)
        if verb is None or verb in CONTINUING:
            continue
        speaker = find_subject(lexemes, place, names)
        last = speaker or last
        if last is not None:
            found.append(Statement(lexemes.starts[place], _sentence_end(lexemes, place), last.name))
    return sorted(found)


def _sentence_end(lexemes: Lexemes, place: int) -> int:
    """Return the code point at which the sentence of a lexeme ends, at most three times _REACH on."""
    words, size = lexemes.words, len(lexemes.words)
    last = min(size, place + 3 * _REACH)
    for index in range(place, last):
        word = words[index]
        if word == NEWLINE or (word in SENTENCE_ENDS and _ends_sentence(lexemes, index)):
            return lexemes.starts[index]
    return lexemes.ends[last - 1]


def speaker_at(statements: Sequence[Statement], starts: Sequence[int], place: int) -> str:
    """Return who claims what stands at a code point: the statement that begins last before it and holds it."""
    number = bisect_right(starts, place)
    for statement in reversed(statements[max(0, number - 8) : number]):
        if statement.end > place:
            return statement.speaker
    return ""
