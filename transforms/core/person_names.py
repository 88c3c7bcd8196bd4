"""Names of persons within noun phrases: where a name begins after a title or role, and its fullest form in the text."""

from collections.abc import Set as AbstractSet

from transforms.core.lexemes import NEWLINE, Lexemes
from transforms.core.normalize import normalize_text

__all__ = ["fullest_name", "name_within"]

#: Parts of names that join the next word: servant of, son, daughter, father, mother, house.
_JOINTS = frozenset(normalize_text("عبد بن ابن بنت أبو أبي أم آل", "search").split())
#: Titles may stand right before a name, and are none themselves.
_TITLES = frozenset(
    normalize_text(
        "الرئيس رئيس الملك الأمير الشيخ السيد السيدة الدكتور الدكتورة المهندس المهندسة الأستاذ العميد اللواء العقيد الفريق المقدم الرائد"
        " النقيب الملازم الوزير السفير النائب المحامي القاضي المدير الأمين الناطق المتحدث الخبير الباحث الكاتب الصحفي الصحافي المدرب"
        " اللاعب الكابتن الحاج المستشار البروفيسور الجنرال الكولونيل وزير مدير أمين سفير محافظ عمدة قائد",
        "search",
    ).split()
)
_LONGEST = 6
#: How far back a fuller name is looked for, in lexemes.
_REACH = 1200


def name_within(lexemes: Lexemes, first: int, last: int, names: AbstractSet[str]) -> int | None:
    """Return the lexeme at which the person's name that ends a noun phrase begins, None where there is none.

    `names` are given names and surnames in search form. A name has two words at least, or is the whole phrase.
    """
    words = lexemes.words
    begin = last + 1
    known = 0
    for place in range(last, max(first, last - _LONGEST + 1) - 1, -1):
        word = words[place]
        before = words[place - 1] if place > first else ""
        if word in _TITLES or not word.isalpha():
            break
        if word in names or before in _JOINTS or word in _JOINTS:
            begin = place
            known += word in names
        elif (word.startswith("ال") or len(word) > 2) and before in names and before not in _TITLES:
            continue  # a surname that no list knows, after a given name
        else:
            break
    if begin > last or not known or not (words[begin] in names or words[begin] in _JOINTS):
        return None
    if last - begin < 1 and begin > first:
        return None
    return begin


def fullest_name(lexemes: Lexemes, first: int, last: int, names: AbstractSet[str]) -> tuple[int, int]:
    """Return the place of the fullest earlier form of a short name: الاسد after بشار الاسد was named.

    The short form is at most two words; the fuller one ends with the same words and has a given name before them.
    """
    words = lexemes.words
    size = last - first + 1
    if size > 2:
        return first, last
    alias = words[first : last + 1]
    if alias[0].startswith("وال"):
        alias = [alias[0][1:], *alias[1:]]
    for place in range(first - 1, max(0, first - _REACH), -1):
        if words[place] != alias[0] or words[place : place + size] != alias:
            continue
        begin = place
        while begin > 0 and place - begin < 3 and _is_given(words[begin - 1], names):
            begin -= 1
        if begin < place and NEWLINE not in words[begin:place]:
            return begin, place + size - 1
    return first, last


def _is_given(word: str, names: AbstractSet[str]) -> bool:
    return (word in names or word in _JOINTS) and word not in _TITLES and not word.startswith("ال")
