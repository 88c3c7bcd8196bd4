"""Well-known outlets: their names as bylines print them, and the country whose money they mean.

Keys are short source names as data sets give them; a source that is not here has no country and no printed name,
unless the configuration says so.
"""

from transforms.core.normalize import normalize_text

__all__ = ["OUTLET_NAMES", "country_of", "own_names"]

#: source -> (country alpha-2, printed names). Names that are cities or plain words as well are outlets only
#: in their own paper or in quotation marks.
_OUTLETS = {
    "3alyoum": ("SA", "عين اليوم"),
    "aawsat": ("SA", "الشرق الأوسط"),
    "aleqtisadiya": ("SA", "الاقتصادية"),
    "aljazirah": ("SA", "الجزيرة"),
    "almadina": ("SA", "المدينة"),
    "alriyadh": ("SA", "الرياض"),
    "alwatan": ("SA", "الوطن|الوطن أون لاين"),
    "alweeam": ("SA", "الوئام"),
    "alyaum": ("SA", "اليوم"),
    "alhayat": ("SA", "الحياة"),
    "arreyadi": ("SA", "الرياضي|الرياضية|الرياضي السعودي"),
    "okaz": ("SA", "عكاظ"),
    "sabq": ("SA", "سبق"),
    "makkah": ("SA", "مكة"),
    "was": ("SA", "واس"),
    "alkhaleej": ("AE", "الخليج"),
    "albayan": ("AE", "البيان"),
    "alittihad": ("AE", "الاتحاد"),
    "skynewsarabia": ("AE", "سكاي نيوز عربية"),
    "ahram": ("EG", "الأهرام|بوابة الأهرام"),
    "akhbarelyom": ("EG", "أخبار اليوم"),
    "youm7": ("EG", "اليوم السابع"),
    "almasryalyoum": ("EG", "المصري اليوم"),
    "elwatannews": ("EG", "الوطن"),
    "annahar": ("LB", "النهار"),
    "alakhbar": ("LB", "الأخبار"),
    "assafir": ("LB", "السفير"),
    "lbci": ("LB", "LBCI"),
    "alrai": ("KW", "الراي"),
    "alqabas": ("KW", "القبس"),
    "alanba": ("KW", "الأنباء"),
    "alraya": ("QA", "الراية"),
    "alsharq": ("QA", "الشرق"),
    "aljazeera": ("QA", "الجزيرة نت"),
    "addustour": ("JO", "الدستور"),
    "alghad": ("JO", "الغد"),
    "elkhabar": ("DZ", "الخبر"),
    "echorouk": ("DZ", "الشروق"),
    "hespress": ("MA", "هسبريس"),
    "assabah": ("TN", "الصباح"),
    "azzaman": ("IQ", "الزمان"),
    "alquds": ("GB", "القدس العربي"),
    "watan_om": ("OM", "الوطن"),
}
#: Printed name in search form -> the sources that it may be.
OUTLET_NAMES: dict[str, tuple[str, ...]] = {}
for _source, (_, _names) in _OUTLETS.items():
    for _name in _names.split("|"):
        _folded = normalize_text(_name, "search")
        OUTLET_NAMES[_folded] = (*OUTLET_NAMES.get(_folded, ()), _source)


def country_of(source: str) -> str:
    """Return the country (alpha-2) of a source, "" where it is not known."""
    return _OUTLETS.get(source, ("", ""))[0]


def own_names(source: str) -> frozenset[str]:
    """Return the names, in search form, that a source prints of itself."""
    names = _OUTLETS.get(source, ("", ""))[1]
    return frozenset(normalize_text(name, "search") for name in names.split("|") if name)
