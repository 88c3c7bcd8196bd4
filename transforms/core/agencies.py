"""News agencies: their codes and every way in which Arabic papers print them.

A name is looked up by its letters alone (search form, blanks and dots left out), so that أ ف ب, أ.ف.ب and اف ب are one.
Short acronyms are words as well (أب father, ومع and with, قنا a town): they count only in a credit slot, and only spaced
or dotted where `_SPACED` says so.
"""

from collections.abc import Sequence

from transforms.core.lexemes import Lexemes
from transforms.core.normalize import normalize_text

__all__ = ["UNNAMED", "agency_of", "find_self_reference"]

#: Credited agencies that the text does not name.
UNNAMED = "agencies"
_NAMES = """
AFP: أ ف ب|أ.ف.ب|فرانس برس|الفرنسية|وكالة الأنباء الفرنسية|وكالة فرانس برس|فرانس بريس|AFP|الصحافة الفرنسية|وكالة الصحافة الفرنسية
Reuters: رويترز|رويتر|وكالة رويترز|رويترز نيوز|Reuters
AP: أ ب|أسوشيتد برس|اسوشيتدبرس|أسوشييتد برس|الأسوشيتد برس|وكالة أسوشيتد برس|أسوشيتيد برس|AP
DPA: د ب أ|د ب ا|الألمانية|وكالة الأنباء الألمانية|DPA
SPA: واس|و ا س|وكالة الأنباء السعودية|SPA
WAM: وام|و ا م|وكالة أنباء الإمارات|WAM
QNA: قنا|ق ن ا|وكالة الأنباء القطرية|QNA
KUNA: كونا|ك و ن ا|وكالة الأنباء الكويتية|KUNA
BNA: بنا|ب ن ا|وكالة أنباء البحرين|BNA
ONA: العمانية|وكالة الأنباء العمانية|ONA
MENA: أ ش أ|ا ش ا|وكالة أنباء الشرق الأوسط|MENA
PETRA: بترا|وكالة الأنباء الأردنية|PETRA
SANA: سانا|وكالة سانا|الوكالة العربية السورية للأنباء|SANA
NNA: الوكالة الوطنية للإعلام|الوطنية للإعلام|NNA
INA: واع|و ا ع|وكالة الأنباء العراقية|INA
WAFA: وفا|وكالة وفا|وكالة الأنباء الفلسطينية|WAFA
SABA: سبأ|سبأ نت|وكالة الأنباء اليمنية|وكالة سبأ|SABA
SUNA: سونا|وكالة السودان للأنباء|وكالة الأنباء السودانية|SUNA
APS: واج|و ا ج|وكالة الأنباء الجزائرية|APS
TAP: وات|و ا ت|وكالة تونس أفريقيا للأنباء|TAP
MAP: ومع|و م ع|وكالة المغرب العربي للأنباء|MAP
LANA: وال|وكالة الأنباء الليبية|LANA
AMI: وما|الوكالة الموريتانية للأنباء|AMI
XINHUA: شينخوا|وكالة شينخوا|وكالة أنباء الصين الجديدة|وكالة أنباء شينخوا|Xinhua
ANADOLU: الأناضول|وكالة الأناضول|وكالة أنباء الأناضول|وكالة الأناضول للأنباء|Anadolu|AA
UPI: يو بي آي|يو بي أي|يو بي اي|يونايتد برس انترناشونال|يونايتد برس إنترناشيونال|UPI
BBC: بي بي سي|هيئة الإذاعة البريطانية|BBC
CNN: سي إن إن|سي ان ان|CNN
BLOOMBERG: بلومبرغ|بلومبيرغ|بلومبرج|بلومبيرج|وكالة بلومبرغ|Bloomberg
IRNA: إرنا|ارنا|وكالة إرنا|IRNA
FARS: فارس|وكالة فارس|وكالة أنباء فارس
TASNIM: تسنيم|وكالة تسنيم
TASS: تاس|ايتار تاس|إيتار تاس|وكالة تاس|TASS
INTERFAX: إنترفاكس|انترفاكس|وكالة إنترفاكس|Interfax
NOVOSTI: نوفوستي|ريا نوفوستي|وكالة نوفوستي|Novosti
SPUTNIK: سبوتنيك|وكالة سبوتنيك|Sputnik
EFE: إيفي|إفي|وكالة إيفي|الإسبانية|وكالة الأنباء الإسبانية|EFE
ANSA: أنسا|انسا|وكالة أنسا|ANSA
IINA: إينا|وكالة الأنباء الإسلامية الدولية|وكالة الأنباء الإسلامية|IINA
KYODO: كيودو|وكالة كيودو|Kyodo
YONHAP: يونهاب|وكالة يونهاب|Yonhap
PTI: برس ترست أوف إنديا
agencies: وكالات|الوكالات|وكالات الأنباء|وكالات أنباء|عواصم وكالات|العواصم وكالات
"""
#: Words that are names of agencies only with blanks or dots between their letters.
_SPACED = frozenset(normalize_text("أب ومع وات وال وما بنا واع واج", "search").split())


def _letters(words: Sequence[str]) -> str:
    return "".join(word for word in words if word.isalpha())


_CODES: dict[str, str] = {}
for _row in _NAMES.strip().splitlines():
    _code, _, _names = _row.partition(":")
    for _name in _names.split("|"):
        _CODES.setdefault(_letters(normalize_text(_name, "search").replace(".", " ").split()), _code)
_LONGEST = max(map(len, _CODES))
#: Names that a text uses of its own agency: «لوكالة فرانس برس» -> the words after لوكالة or ل.
_SELF = {
    normalize_text(name, "search"): code
    for code, names in (
        ("AFP", "فرانس برس|الصحافة الفرنسية"),
        ("Reuters", "رويترز"),
        ("AP", "أسوشيتد برس|أسوشييتد برس"),
        ("ANADOLU", "الأناضول"),
        ("XINHUA", "شينخوا"),
        ("KUNA", "كونا|الأنباء الكويتية"),
        ("SPA", "واس|الأنباء السعودية"),
        ("WAM", "وام|أنباء الإمارات"),
        ("QNA", "الأنباء القطرية"),
        ("PETRA", "بترا|الأنباء الأردنية"),
        ("DPA", "الأنباء الألمانية"),
        ("MENA", "أنباء الشرق الأوسط"),
        ("SANA", "سانا"),
    )
    for name in names.split("|")
}
_SELF_FIRST = frozenset(name.split()[0] for name in _SELF)
#: Said to the agency: ل before its name, or to its reporter.
_TO_FIRST = {
    clitic + word.removeprefix("ال") if clitic == "لل" else clitic + word: word
    for word in _SELF_FIRST
    for clitic in ("ل", "لل")
}
_TO_AGENCY = frozenset(normalize_text("لوكالة لمراسل لمراسلة لمراسلي مراسل", "search").split())


def agency_of(words: Sequence[str]) -> str:
    """Return the code of the agency that the words of a credit slot (search form, marks allowed) name, "" for none."""
    letters = _letters(words)
    if not letters or len(letters) > _LONGEST:
        return ""
    code = _CODES.get(letters, "")
    if code and letters in _SPACED and sum(word.isalpha() for word in words) < 2:
        return ""
    return code


def find_self_reference(lexemes: Lexemes) -> str:
    """Return the agency that somebody speaks to in the text most often (لوكالة فرانس برس), "" for none."""
    words, size = lexemes.words, len(lexemes.words)
    here = set(words)
    if not here & _SELF_FIRST and not here & _TO_FIRST.keys():
        return ""
    counts: dict[str, int] = {}
    for index, word in enumerate(words):
        first = _TO_FIRST.get(word)
        place = index
        if first is None and word in _TO_AGENCY:
            place = index + 1
            if place < size and words[place] == "وكاله":
                place += 1
            first = words[place] if place < size and words[place] in _SELF_FIRST else None
        if first is None:
            continue
        follow = words[place + 1] if place + 1 < size else ""
        more = words[place + 2] if place + 2 < size else ""
        for name in (f"{first} {follow} {more}", f"{first} {follow}", first):
            if name in _SELF:
                counts[_SELF[name]] = counts.get(_SELF[name], 0) + 1
                break
    return max(sorted(counts), key=counts.__getitem__) if counts else ""
