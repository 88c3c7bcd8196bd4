"""Who says: speech verbs, their subjects, and phrases that name a source (according to …), in search form."""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.normalize import normalize_text
from transforms.core.person_names import fullest_name, name_within

__all__ = [
    "ATTRIBUTIONS",
    "CONTINUING",
    "SENTENCE_ENDS",
    "THAT",
    "VERBS",
    "Speaker",
    "find_subject",
    "subject_of",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(normalize_text(text, "search").split())


#: Finite verbs of saying. بين is "between" nearly always, and not here; زاد, ذكر, علق are, with their subject after them.
_FINITE = _words(
    "قال قالت قالوا يقول تقول يقولون أضاف أضافت يضيف تضيف أكد أكدت يؤكد تؤكد أوضح أوضحت يوضح توضح أشار أشارت يشير تشير أعلن أعلنت"
    " يعلن ذكر ذكرت يذكر كشف كشفت أفاد أفادت تابع تابعت يتابع لفت لفتت شدد شددت زاد زادت أبان أبانت نوه نوهت اعتبر اعتبرت يعتبر أشاد"
    " أشادت صرح صرحت رأى رأت يرى ترى قالا أعرب أعربت حذر حذرت طالب طالبت دعا دعت وصف وصفت نفى نفت اتهم اتهمت استطرد استطردت أردف"
    " أردفت واصل واصلت اختتم اختتمت ختم توقع توقعت رجح رجحت جزم اعترف اعترفت أقر أقرت زعم زعمت ادعى ادعت سأل تساءل تساءلت رد"
    " ردت علق علقت كتب كتبت غرد غردت هدد هددت تعهد تعهدت وعد وعدت استنكر استنكرت أدان أدانت ندد نددت انتقد انتقدت شكر أثنى رحب رحبت"
    " هنأ أبدى أبدت أبلغ أبلغت أخبر أخبرت روى روت نقل نقلت جدد جددت استبعد استبعدت أكدا أكدوا أعلنوا قرر"
)
#: Participles that go on with the speaker of the sentence: مضيفا, مؤكدا.
CONTINUING = _words(
    "قائلا قائلة مضيفا مضيفة مؤكدا مؤكدة موضحا موضحة مشيرا مشيرة لافتا لافتة مبينا مبينة معتبرا معتبرة منوها منوهة مشددا مشددة معلنا"
    " معلنة متابعا متابعة مستطردا محذرا محذرة واصفا واصفة داعيا داعية مطالبا مطالبة نافيا نافية متهما متهمة كاشفا كاشفة ذاكرا مستدركا"
    " معربا معربة متسائلا متسائلة منتقدا منتقدة مذكرا مذكرة متوقعا متوقعة مرجحا مؤكدين قائلين مشيرين معلقا معلقة مختتما مرددا مرددين"
)
#: Nouns and phrases that name a source: بحسب, وفق, نقلا عن.
ATTRIBUTIONS = _words("بحسب حسب وفق وفقا وبحسب ووفقا ووفق نقلا")
_AFTER_ATTRIBUTION = _words("ل عن لما")
THAT = _words(
    "أن إن بأن أنه إنه أنها إنها بأنه بأنها أنهم إنهم بأنهم أننا إننا أنني إنني إني وأن وإن وأنه وأنها وبأن بأننا إنك أنهما"
)
VERBS: dict[str, str] = {}
for _verb in _FINITE:
    for _clitic in ("", "و", "ف"):
        VERBS.setdefault(_clitic + _verb, _verb)
for _verb in CONTINUING:
    for _clitic in ("", "و"):
        VERBS.setdefault(_clitic + _verb, _verb)
SENTENCE_ENDS = frozenset((".", "!", "?", NEWLINE, "…"))
#: Where a subject ends: prepositions, conjunctions, times, those spoken to.
_STOPS = THAT | _words(
    "في على إلى عن من مع عبر خلال بعد قبل منذ عند لدى أمام أثناء حول بشأن إثر عقب ضد بين تحت فيما كما حيث إذ لكن ثم و أو أمس اليوم غدا"
    " لوكالة لمراسل لمراسلة لفرانس لرويترز للأناضول للصحافيين للصحفيين لصحيفة لقناة لإذاعة لموقع لبرنامج لشبكة لتلفزيون لجريدة"
    " لـ وكالة وكالات هاتفيا بتصريح بالقول قوله قولها له لها لهم ذلك هذا إنما بأنه يوم مساء صباح ايضا أيضا كذلك حينها عنه"
    " التي الذي الذين إلا قد لقد وقد وكان كان كانت سوف لم لن لا ما هل إذا لو حتى مؤخرا الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت"
    " ضمن بقوله بقولها ردا تعليقا معلقا بمناسبة بحضور فقد بشكل بـ"
)
#: Verbs whose object begins with ب: praised, called for, welcomed.
_WITH_BA = _words(
    "أشاد أشادت نوه نوهت طالب طالبت رحب رحبت ندد نددت وعد وعدت تعهد تعهدت اعترف اعترفت أقر أقرت هدد هددت"
)
#: Words between a verb and its subject that say nothing of it.
_SKIPPED = _words("من جهته جهتها جانبه جانبها أيضا ايضا كذلك بدوره بدورها هنا له لنا")
_BEFORE_SUBJECT = _words("كان وكان كانت وكانت")
#: Heads of phrases that are no speakers.
_NO_SPEAKER = _words("هناك ذلك هذا هذه تلك فيه عليه إليه به بها")
_LONGEST = 14
_ALI = "علي"
_ALEF_MAQSURA = "\u0649"  # ى


class Speaker(NamedTuple):
    """Who speaks: his fullest name or his role as written, and where he is named for this speech (lexemes)."""

    name: str
    first: int
    last: int


def find_subject(lexemes: Lexemes, verb: int, names: AbstractSet[str]) -> Speaker | None:
    """Return the subject of the speech verb at lexeme `verb`: after it, or between كان and it; None where none is named."""
    words, size = lexemes.words, len(lexemes.words)
    first = verb + 1
    while first < size and words[first] in _SKIPPED:
        first += 1
    last = first - 1
    object_by_ba = VERBS[words[verb]] in _WITH_BA
    brackets = 0
    while last + 1 < size and last - first < _LONGEST:
        word = words[last + 1]
        if word == "(":
            brackets += 1
        elif brackets:
            brackets -= word == ")"
        elif _ends_subject(lexemes, last + 1) or (
            object_by_ba and last >= first and word.startswith("ب") and word not in names and len(word) > 4
        ):
            break
        last += 1
    last = _without_brackets(words, first, last)
    if last < first or words[first] in _NO_SPEAKER:
        return _subject_before(lexemes, verb, names)
    return _named(lexemes, first, last, names)


def _ends_subject(lexemes: Lexemes, place: int) -> bool:
    word = lexemes.words[place]
    if word == _ALI:
        # على (on) ends a subject, علي is a name: only their last letters differ.
        return lexemes.text[lexemes.ends[place] - 1] == _ALEF_MAQSURA
    if word in _STOPS or word in VERBS or word in SENTENCE_ENDS:
        return True
    if not word.isalpha():
        return word != "-" or lexemes.spaced[place]
    return word.startswith(("للصحاف", "للصحف", "لـ")) or (
        word[:1] == "ب" and word[1:3] == "ال" and len(word) > 4
    )


def _without_brackets(words: list[str], first: int, last: int) -> int:
    """Leave out a party or place in parentheses at the end: وليد جنبلاط (الحزب …)."""
    for place in range(first, last + 1):
        if words[place] == "(":
            return place - 1
    return last


def _subject_before(lexemes: Lexemes, verb: int, names: AbstractSet[str]) -> Speaker | None:
    """Return the subject between كان and its verb: وكان مصدر عسكري قال."""
    words = lexemes.words
    for place in range(verb - 1, max(-1, verb - 8), -1):
        word = words[place]
        if word in _BEFORE_SUBJECT:
            return _named(lexemes, place + 1, verb - 1, names) if verb - place > 1 else None
        if not word.isalpha() or word in SENTENCE_ENDS:
            break
    return None


def subject_of(lexemes: Lexemes, first: int, names: AbstractSet[str]) -> Speaker | None:
    """Return who is named from lexeme `first` on, after بحسب or before a colon; None where nobody is."""
    words, size = lexemes.words, len(lexemes.words)
    while first < size and words[first] in _AFTER_ATTRIBUTION:
        first += 1
    last = first - 1
    while last + 1 < size and last - first < _LONGEST and not _ends_subject(lexemes, last + 1):
        last += 1
    last = _without_brackets(words, first, last)
    return None if last < first or words[first] in _NO_SPEAKER else _named(lexemes, first, last, names)


def _named(lexemes: Lexemes, first: int, last: int, names: AbstractSet[str]) -> Speaker | None:
    """Return the person within a noun phrase by his fullest name, or else the role that the phrase names."""
    begin = name_within(lexemes, first, last, names)
    if begin is None:
        if first == last:
            full = fullest_name(lexemes, first, last, names)
            return Speaker(_surface(lexemes, *full), first, last)
        return Speaker(_surface(lexemes, first, last), first, last)
    full = fullest_name(lexemes, begin, last, names)
    return Speaker(_surface(lexemes, *full), begin, last)


def _surface(lexemes: Lexemes, first: int, last: int) -> str:
    text = " ".join(lexemes.surface(first, last).split())
    return text.removeprefix("ل") if text.startswith("للل") else text
