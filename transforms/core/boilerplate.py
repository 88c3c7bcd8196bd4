"""Parts of a text that are not the article's own: tails, share bars, end marks. They stay in the text, and are not compared.

Every rule asks for a whole line or for the end of the text, and for words that running text does not have there: a sentence
about copyright or about a network is never cut.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from schemas.elements import Span
from schemas.news import Boilerplate
from transforms.core.agencies import agency_of
from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.normalize import normalize_text

__all__ = [
    "BOILERPLATE_VERSION",
    "KINDS",
    "body_without",
    "find_boilerplate",
    "is_disclaimer",
    "is_only_boilerplate",
]

#: Names these rules; raise it with any change of what is cut, for it changes what is compared: older indexes are refused.
BOILERPLATE_VERSION = "warraq-boilerplate/1"

#: What each kind is.
KINDS: dict[str, str] = {
    "byline_head": "the byline printed at the head of the body",
    "source_link": "where the story was taken from, with its title",
    "tag_tail": "the publisher's tags",
    "contact": "how to reach the author or the paper",
    "syndication": "whose service the story comes from",
    "share_bar": "names of networks to share on",
    "end_mark": "the mark and the time with which an agency ends an item",
    "credit_line": "a last line with nothing but an agency",
    "read_more": "pointers to other stories",
    "copyright": "the publisher's claim of rights",
    "photo_credit": "who took the picture",
    "subscribe": "invitations to follow or subscribe",
    "disclaimer": "whose opinions and what terms of use",
    "navigation": "words of a page's controls",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(normalize_text(text, "search").split())


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(normalize_text(phrase, "search").split()) for phrase in text.split("|"))


_NETWORKS = _words(
    "فيسبوك فيس بوك الفيسبوك تويتر تويتير واتساب واتس آب واتسآب تلغرام تيليجرام تليجرام انستغرام إنستجرام انستقرام لينكدإن لينكد سناب شات"
    " يوتيوب بينتريست ماسنجر جوجل بلس facebook twitter whatsapp telegram instagram linkedin youtube pinterest google plus messenger tumblr"
    " reddit email print x"
)
_NETWORK_FIRST = _words(
    "فيسبوك فيس الفيسبوك تويتر واتساب واتس واتسآب تلغرام تيليجرام تليجرام انستغرام إنستجرام انستقرام لينكدإن لينكد سناب يوتيوب"
    " بينتريست ماسنجر جوجل facebook twitter whatsapp telegram instagram linkedin youtube pinterest google messenger tumblr reddit"
)
_AROUND_NETWORKS = _words(
    "شارك مشاركة انشر على عبر و طباعة إرسال بريد إلكتروني الإلكتروني حفظ نسخ الرابط share on via tweet"
)
#: First words of a line -> kind; the line may go on.
_LINE_HEADS: tuple[tuple[tuple[str, ...], str, int], ...] = tuple(
    (phrase, kind, longest)
    for kind, longest, phrases in (
        ("source_link", 60, "رابط الخبر بصحيفة|رابط الخبر|المصدر :|المصدر:"),
        ("tag_tail", 80, "سمات|الكلمات المفتاحية|كلمات مفتاحية|كلمات دلالية|وسوم|الوسوم :|وسوم :"),
        ("read_more", 40, "اقرأ أيضا|إقرأ أيضا|اقرا ايضا|شاهد أيضا|مواضيع ذات صلة|أخبار ذات صلة|موضوعات ذات صلة|لمزيد من التفاصيل|للمزيد من التفاصيل|لمشاهدة الفيديو|لقراءة المزيد|طالع أيضا|للاطلاع على|اضغط هنا|المزيد من الأخبار|قد يهمك أيضا|انظر أيضا"),
        ("copyright", 30, "جميع الحقوق محفوظة|الحقوق محفوظة|حقوق النشر محفوظة|كافة الحقوق محفوظة|copyright|©|all rights reserved"),
        ("subscribe", 30, "تابعونا على|تابعنا على|اشترك في|اشتركوا في|انضم إلى قناة|انضموا إلى|للاشتراك في|حمل تطبيق|حملوا تطبيق|تابعوا آخر الأخبار"),
        ("contact", 30, "للتواصل|للتواصل مع|للتواصل عبر|للمراسلة|لمراسلة الكاتب|البريد الإلكتروني|للإرسال|أرسل رسالة|تويتر :|فاكس|هاتف|جوال"),
        ("photo_credit", 12, "تصوير :|تصوير -|عدسة :|عدسة -|صورة :|الصورة :|مصدر الصورة"),
    )
    for phrase in _phrases(phrases)
)  # fmt: skip
_HEADS_BY_FIRST: dict[str, list[tuple[tuple[str, ...], str, int]]] = {}
for _entry in _LINE_HEADS:
    _HEADS_BY_FIRST.setdefault(_entry[0][0], []).append(_entry)
#: Tails that also follow the last sentence on its line.
_RUNNING_TAILS = tuple(
    (phrase, kind)
    for kind, phrases in (
        ("source_link", "رابط الخبر بصحيفة"),
        ("tag_tail", "سمات"),
    )
    for phrase in _phrases(phrases)
)
_CONTACT = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}|\bsms\b|@\w{2,30}", re.IGNORECASE)
_SYNDICATED = tuple(
    normalize_text(name, "search")
    for name in (
        "واشنطن بوست",
        "نيويورك تايمز",
        "بلومبيرغ",
        "بلومبرغ",
        "لوس أنجليس تايمز",
        "الغارديان",
        "تريبيون ميديا",
        "كريستيان ساينس مونيتور",
    )
)
_NAVIGATION = _words("next previous التالي السابق")
_TERMS = tuple(
    " ".join(phrase)
    for phrase in _phrases(
        "سياسة الخصوصية|شروط استخدام الموقع|شروط الاستخدام|مشاركاتك|التعليقات المسيئة|إدارة الموقع"
    )
)
_OPINIONS = tuple(
    " ".join(phrase)
    for phrase in _phrases(
        "لا تعبر عن رأي موقع|لا تعبر بالضرورة عن رأي|لا يعبر بالضرورة عن رأي|لا تعبر عن رأي الصحيفة|لا يعبر عن رأي الموقع|تعكس وجهات نظر أصحابها"
    )
)
_END = _words("انتهى انتهي إنتهى انتهت")
#: A line is looked at by its first words; a tail lies in the last part of the text.
_LONGEST_HEAD = 4
_TAIL_LEXEMES = 90
_CONTACT_LEXEMES = 24


def find_boilerplate(
    lexemes: Lexemes, body_start: int, paragraphs: Sequence[Span], head: tuple[int, int]
) -> tuple[Boilerplate, ...]:
    """Return the parts of the body that are not its own, in order, apart. Never raises; linear.

    `paragraphs` are the lines of the body, `head` is the place of the byline printed at its head ((-1, -1) for
    none). Nothing but the text decides, so a copy is cut alike whatever its record says.
    """
    if not paragraphs:
        return ()
    found: list[Boilerplate] = []
    lines = _lines(lexemes, body_start)
    for number, (first, last) in enumerate(lines):
        kind = _line_kind(
            lexemes, first, last, is_last=number >= len(lines) - 2, last_lines=number >= len(lines) - 4
        )
        if kind:
            found.append(Boilerplate(lexemes.starts[first], lexemes.ends[last], kind))
    found += _head(lexemes, head)
    found += _tail(lexemes, lines)
    return _apart(found)


def _lines(lexemes: Lexemes, body_start: int) -> list[tuple[int, int]]:
    """Return first and last lexeme of each line of the body that has any."""
    words, starts = lexemes.words, lexemes.starts
    lines: list[tuple[int, int]] = []
    size = len(words)
    first = 0
    while first < size:
        try:
            end = words.index(NEWLINE, first)
        except ValueError:
            end = size
        if end > first and starts[first] >= body_start:
            lines.append((first, end - 1))
        first = end + 1
    return lines


def _line_kind(lexemes: Lexemes, first: int, last: int, *, is_last: bool, last_lines: bool) -> str:
    """Return what kind of boilerplate a whole line is, "" for none."""
    words = lexemes.words
    size = last - first + 1
    kind = _by_first_words(words, first, last, is_last=is_last)
    if kind:
        return kind
    if size <= 40 and _is_share_bar(words, first, last):
        return "share_bar"
    if size <= 12 and _is_end_mark(words, first, last):
        return "end_mark"
    if size <= 3 and all(word in _NAVIGATION for word in words[first : last + 1]):
        return "navigation"
    if size <= 10 and _is_syndicated(words, first, last):
        return "syndication"
    if last_lines and size <= 120 and is_disclaimer(words[first : last + 1]):
        return "disclaimer"
    return _last_line_kind(lexemes, first, last) if is_last else ""


def _by_first_words(words: list[str], first: int, last: int, *, is_last: bool) -> str:
    """Return the kind of a line that begins as boilerplate does, and goes on no longer than it may."""
    size = last - first + 1
    start = first
    while start < last and words[start] in ("-", "*", "•", "|", "/", "(", "[", "#", ">"):
        start += 1
    for phrase, kind, longest in _HEADS_BY_FIRST.get(words[start], ()):
        if size > longest or tuple(words[start : start + len(phrase)]) != phrase:
            continue
        if kind in ("contact", "tag_tail", "source_link", "photo_credit") and not is_last:
            continue
        # A sentence may begin so too: a line that ends with a full stop and is long is one.
        if words[last] == "." and size > 14 and kind not in ("contact", "source_link"):
            continue
        return kind
    return ""


def _last_line_kind(lexemes: Lexemes, first: int, last: int) -> str:
    """Return the kind of a last line: an agency alone, or an address with a few words."""
    words = lexemes.words
    size = last - first + 1
    if size <= 10 and agency_of([word for word in words[first : last + 1] if word != "المصدر"]):
        return "credit_line"
    if size > _CONTACT_LEXEMES or not _CONTACT.search(lexemes.surface(first, last)[:400]):
        return ""
    letters = sum(word.isalpha() and not word.isascii() for word in words[first : last + 1])
    return "contact" if letters <= 10 else ""


def is_disclaimer(words: Sequence[str]) -> bool:
    """Tell whether the words of a line (search form) speak of a site's terms, or of whose opinions it holds."""
    line = " ".join(words)
    return sum(phrase in line for phrase in _TERMS) >= 2 or any(phrase in line for phrase in _OPINIONS)


def _is_share_bar(words: list[str], first: int, last: int) -> bool:
    """Whether a line holds three networks and next to nothing else."""
    networks = others = 0
    for word in words[first : last + 1]:
        if word in _NETWORK_FIRST:
            networks += 1
        elif word.isalpha() and word not in _NETWORKS and word not in _AROUND_NETWORKS:
            others += 1
    return networks >= 3 and others <= 1


def _is_end_mark(words: list[str], first: int, last: int) -> bool:
    """Whether a line is انتهى in slashes, dashes or parentheses, or `10:45 ت م`."""
    letters = [word for word in words[first : last + 1] if word.isalpha()]
    marks = [word for word in words[first : last + 1] if not word.isalpha() and not word.isdecimal()]
    if len(letters) == 1 and letters[0] in _END:
        return bool(marks) or last == first
    return letters == ["ت", "م"] and ":" in marks


def _is_syndicated(words: list[str], first: int, last: int) -> bool:
    text = " ".join(word for word in words[first : last + 1] if word.isalpha())
    return text.removeprefix("خاص ب").startswith(("خدمه ", "حقوق نشر ", "خدمات ")) and any(
        name in text for name in _SYNDICATED
    )


def _head(lexemes: Lexemes, head: tuple[int, int]) -> list[Boilerplate]:
    """Return the byline printed at the head of the body, with the mark that parts it from the text."""
    start, end = head
    if start < 0:
        return []
    place = bisect_left(lexemes.starts, end)
    while place < len(lexemes.words) and lexemes.words[place] in (":", "-", ")", '"'):
        end = lexemes.ends[place]
        place += 1
    return [Boilerplate(start, end, "byline_head")]


def _tail(lexemes: Lexemes, lines: Sequence[tuple[int, int]]) -> list[Boilerplate]:
    """Return what follows the last sentence on its own line: source links, tags, an end mark."""
    if not lines:
        return []
    words = lexemes.words
    first, last = lines[-1]
    found: list[Boilerplate] = []
    for place in range(last, max(first, last - _TAIL_LEXEMES) - 1, -1):
        word = words[place]
        if (
            word in _END
            and place > first
            and place + 1 <= last
            and words[place - 1] in ("/", "-", "(", "[")
            and words[place + 1] in ("/", "-", ")", "]")
        ):
            begin = place - 1
            while begin > first and words[begin - 1] in ("/", "-", "("):
                begin -= 1
            return [Boilerplate(lexemes.starts[begin], lexemes.ends[last], "end_mark")]
        for phrase, kind in _RUNNING_TAILS:
            if word != phrase[0] or tuple(words[place : place + len(phrase)]) != phrase:
                continue
            if kind == "tag_tail" and not _stands_apart(lexemes, place, first, last):
                continue
            found = [Boilerplate(lexemes.starts[place], lexemes.ends[last], kind)]
        if found and found[0].kind == "source_link":
            return found
    return found


def _stands_apart(lexemes: Lexemes, place: int, first: int, last: int) -> bool:
    """Whether سمات is a label and no word of the sentence: after a full stop or at the head of a line, with no full stop after."""
    words = lexemes.words
    before = words[place - 1] if place > first else NEWLINE
    return (before in (NEWLINE, ".", "!", "?", '"', ")", "،") or not before.isalpha()) and "." not in words[
        place:last
    ]


def _apart(found: list[Boilerplate]) -> tuple[Boilerplate, ...]:
    """Sort, and leave out what lies within another part."""
    kept: list[Boilerplate] = []
    for part in sorted(found, key=lambda part: (part.start, -part.end)):
        if not kept or part.start >= kept[-1].end:
            kept.append(part)
        elif part.end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=part.end)
    return tuple(kept)


def body_without(text: str, body_start: int, parts: Sequence[Boilerplate]) -> str:
    """Return the body of a text without its boilerplate (in order, apart), a line end in the place of each part."""
    if not parts:
        return text[body_start:]
    kept: list[str] = []
    begin = body_start
    for part in parts:
        kept.append(text[begin : max(begin, part.start)])
        begin = max(begin, part.end)
    kept.append(text[begin:])
    return NEWLINE.join(kept)


def is_only_boilerplate(text: str, body_start: int, parts: Sequence[Boilerplate]) -> bool:
    """Tell whether a body has no letter or digit besides its boilerplate."""
    return bool(parts) and not any(map(str.isalnum, body_without(text, body_start, parts)))
