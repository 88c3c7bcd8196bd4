"""What numbers of news count and measure: units, currencies, people, casualties; in search form.

Currency codes are ISO 4217. Where a name is used by several countries (ريال, جنيه …) the adjective after it decides,
then the country of the source.
"""

from transforms.core.normalize import normalize_text

__all__ = [
    "AFTER_CASUALTY",
    "BOUNDS",
    "CASUALTY_CUES",
    "CASUALTY_NOUNS",
    "CURRENCIES",
    "CURRENCY_SIGNS",
    "DUALS",
    "INHABITANTS",
    "MEASURES",
    "NATIONALITIES",
    "NO_NOUNS",
    "PEOPLE",
    "PERCENT",
    "SINGULARS",
    "SQUARES",
    "VAGUE",
    "currency_of",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(normalize_text(text, "search").split())


def _table(rows: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for row in rows.strip().splitlines():
        code, _, words = row.partition(":")
        for word in normalize_text(words, "search").split():
            table[word] = code
    return table


#: Bound of a number -> the phrases before it, as lexemes.
BOUNDS: tuple[tuple[tuple[str, ...], str], ...] = tuple(
    (tuple(normalize_text(phrase, "search").split()), bound)
    for bound, phrases in (
        (
            "about",
            "نحو|حوالي|قرابة|زهاء|تقريبا|ما يقارب|ما يقرب من|بحدود|في حدود|ما يناهز|يناهز|يقارب|تقارب|تناهز",
        ),
        (
            "at_least",
            "أكثر من|ما لا يقل عن|لا يقل عن|لا تقل عن|على الأقل|ما يزيد على|ما يزيد عن|يزيد على|تزيد على|يزيد عن|تزيد عن|أزيد من|يفوق|تفوق|يتجاوز|تتجاوز|تجاوز|تجاوزت|فوق|بأكثر من|لأكثر من",
        ),
        (
            "at_most",
            "أقل من|ما لا يزيد على|ما لا يزيد عن|لا يتجاوز|لا تتجاوز|لا يزيد على|لا يزيد عن|لا تزيد على|لا تزيد عن|دون|حتى",
        ),
    )
    for phrase in phrases.split("|")
)
#: Units of measure -> code.
MEASURES = _table("""
km: كم كلم كيلومتر كيلومترا كيلومترات كيلو كيلومتراً
m: متر مترا أمتار
cm: سنتيمتر سنتيمترا سنتمتر سم سنتيمترات
mm: ملم مليمتر ملليمتر مليمترا
mi: ميل ميلا أميال
ha: هكتار هكتارا هكتارات
dunam: دونم دونما دونمات
feddan: فدان فدانا أفدنة
t: طن طنا أطنان
kg: كيلوغرام كيلوجرام كلغ كيلوغراما كيلوجراما كغ كغم كجم كيلوغرامات كيلوجرامات
g: غرام جرام غراما جراما غم
oz: أوقية أونصة أوقيات
bbl: برميل برميلا براميل
l: لتر لترا ليتر لترات ليترات
degree: درجة درجات
MW: ميغاوات ميجاوات ميغاواط ميجاواط
ft3: قدم
point: نقطة نقاط
""")
SQUARES = {"km": "km2", "m": "m2"}
PERCENT = (
    ("%",),
    ("في", "الميه"),
    ("في", "المايه"),
    ("في", "الماءه"),
    ("بالميه",),
    ("بالمايه",),
    ("بالمءه",),
    ("بالماءه",),
)
_BY_NATIONALITY = {
    "ريال": "سعودي SAR|سعوديا SAR|قطري QAR|قطريا QAR|عماني OMR|عمانيا OMR|يمني YER|يمنيا YER|إيراني IRR|ايرانيا IRR|برازيلي BRL",
    "جنيه": "إسترليني GBP|استرليني GBP|استرلينيا GBP|إسترلينيا GBP|مصري EGP|مصريا EGP|سوداني SDG|سودانيا SDG",
    "دينار": "كويتي KWD|كويتيا KWD|أردني JOD|اردنيا JOD|عراقي IQD|عراقيا IQD|بحريني BHD|بحرينيا BHD|تونسي TND|تونسيا TND|ليبي LYD|جزائري DZD|جزائريا DZD|صربي RSD",
    "درهم": "إماراتي AED|إماراتيا AED|مغربي MAD|مغربيا MAD",
    "ليرة": "لبنانية LBP|سورية SYP|تركية TRY|إيطالية ITL",
    "دولار": "أميركي USD|أمريكي USD|أميركيا USD|أمريكيا USD|كندي CAD|كنديا CAD|أسترالي AUD|استراليا AUD|سنغافوري SGD|تايواني TWD|نيوزيلندي NZD",
    "روبية": "هندية INR|باكستانية PKR|إندونيسية IDR|سريلانكية LKR",
    "فرنك": "سويسري CHF|سويسريا CHF",
    "كرونة": "سويدية SEK|دنماركية DKK|نرويجية NOK",
    "كرون": "سويدي SEK|دنماركي DKK|نرويجي NOK",
    "جنيهات": "إسترلينية GBP|مصرية EGP",
    "ريالات": "سعودية SAR|قطرية QAR|عمانية OMR|يمنية YER",
}
_BY_COUNTRY = {
    "ريال": {"SA": "SAR", "QA": "QAR", "OM": "OMR", "YE": "YER", "IR": "IRR"},
    "جنيه": {"EG": "EGP", "SD": "SDG", "GB": "GBP", "SS": "SSP"},
    "دينار": {
        "KW": "KWD", "JO": "JOD", "IQ": "IQD", "BH": "BHD", "TN": "TND", "LY": "LYD", "DZ": "DZD", "PS": "JOD",
    },
    "درهم": {"AE": "AED", "MA": "MAD"},
    "ليرة": {"LB": "LBP", "SY": "SYP", "TR": "TRY"},
    "روبية": {"IN": "INR", "PK": "PKR", "ID": "IDR"},
}  # fmt: skip
_FIXED = _table("""
USD: دولار دولارا دولارات دولاراً دولاران دولارين
EUR: يورو
GBP: إسترليني استرليني
JPY: ين
CNY: يوان يوانا
RUB: روبل روبلا
CHF: فرنك فرنكا
ILS: شيكل شيقل شيكلا
""")
_FORMS = {
    "ريال": "ريال ريالا ريالات ريالاً ريالين",
    "جنيه": "جنيه جنيها جنيهات جنيهاً جنيهين",
    "دينار": "دينار دينارا دنانير دينارين",
    "درهم": "درهم درهما دراهم درهمين",
    "ليرة": "ليرة ليرات",
    "روبية": "روبية روبيات",
    "كرونة": "كرونة كرونات",
}
#: Form of a currency's name -> its plain name (a key of the tables above), or its code.
CURRENCIES: dict[str, str] = dict(_FIXED)
for _name, _variants in _FORMS.items():
    for _form in _words(_variants):
        CURRENCIES[_form] = normalize_text(_name, "search")
CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
NATIONALITIES = {
    normalize_text(name, "search"): {
        normalize_text(pair.split()[0], "search"): pair.split()[1] for pair in pairs.split("|")
    }
    for name, pairs in _BY_NATIONALITY.items()
}
_COUNTRIES = {normalize_text(name, "search"): codes for name, codes in _BY_COUNTRY.items()}


def currency_of(word: str, after: str, country: str) -> tuple[str, bool]:
    """Return the code of a currency's name and whether the word after it belongs to it.

    `country` is the source's (alpha-2). Where neither decides, the codes that it may be stand with `|` between.
    """
    name = CURRENCIES[word]
    plain = normalize_text("دولار", "search") if name == "USD" else name
    by_adjective = NATIONALITIES.get(plain, {})
    if after in by_adjective:
        return by_adjective[after], True
    countries = _COUNTRIES.get(name)
    if countries is None:
        return (name, False) if name.isascii() else ("|".join(sorted(set(by_adjective.values()))), False)
    return countries.get(country) or "|".join(countries.values()), False


#: People who are counted: after such a noun a number is persons.
PEOPLE = _words(
    "شخص شخصا أشخاص شخصين فرد فردا أفراد إنسان نفر مواطن مواطنا مواطنين مواطنة مقيم مقيما رجل رجلا رجال امرأة سيدة نساء طفل طفلا"
    " أطفال طفلة شاب شابا شباب شابة فتاة فتيات طالب طالبا طلاب طالبة طالبات تلميذ تلميذا موظف موظفا موظفين موظفة عامل عاملا عمال"
    " سائح سائحا سياح زائر زائرا زوار راكب راكبا ركاب مسافر مسافرا مسافرين حاج حاجا حجاج معتمر معتمرا معتمرين مصل مصليا"
    " جندي جنديا جنود عسكري عسكريا عسكريين ضابط ضابطا ضباط شرطي شرطيا عنصر عنصرا عناصر مسلح مسلحا مسلحين مقاتل مقاتلا مقاتلين"
    " مدني مدنيا مدنيين متظاهر متظاهرا متظاهرين مهاجر مهاجرا مهاجرين لاعب لاعبا لاعبين متفرج متفرجا متفرجين مشجع مشجعا مريض مريضا"
    " مرضى مستفيد مستفيدا مستفيدين مشارك مشاركا مشاركين متدرب متدربا خريج خريجا معلم معلما معلمين معلمة مستوطن مستوطنا إرهابي"
    " إرهابيا إرهابيين فلسطيني فلسطينيا فلسطينيين سوري سوريا عراقي عراقيا مصري مصريا سعودي سعوديا سعودية صحفي صحفيا صحافي صحافيا"
    " ناخب ناخبا مليشياوي متشدد متشددا حوثي حوثيا داعشي آخرين آخرون آخر متطوع متطوعا متطوعة أسير أسيرا سجين سجينا متهم متهما متهمين مشتبه مشتبها"
    " مخالف مخالفا مخالفين مطلوب مطلوبا خبير خبيرا طبيب طبيبا عالم عالما نائب نائبا محام محاميا مهندس مهندسا يتيم يتيما شهيدا"
)
INHABITANTS = _words("نسمة ساكن ساكنا سكان")
#: Nouns that say what happened to those counted.
CASUALTY_NOUNS = _table("""
killed: قتيل قتيلا قتلى قتيلان قتيلين شهيد شهيدا شهداء شهيدان شهيدين وفاة وفيات ضحية ضحايا
injured: جريح جريحا جرحى جريحان جريحين مصاب مصابا مصابين مصابون إصابة إصابات
arrested: معتقل معتقلا معتقلين موقوف موقوفا موقوفين
displaced: نازح نازحا نازحين لاجئ لاجئا لاجئين مشرد مشردا مشردين مهجر مهجرا
missing: مفقود مفقودا مفقودين
""")
#: Words before a number that say what happened to those counted.
CASUALTY_CUES = _table("""
killed: مقتل ومقتل بمقتل لمقتل قتل وقتل قتلت وقتلت يقتل تقتل مصرع ومصرع مصرعهم استشهاد واستشهاد استشهد وفاة ووفاة بوفاة توفي أودت أودى بحياة وأودت حياة راح ضحيته قتلوا وقتلوا بقتل لقي يودي
injured: إصابة وإصابة بإصابة إصابات جرح وجرح بجرح أصيب وأصيب أصيبت وأصيبت جرحوا يصاب أصابت أصاب جراح وأصابت
arrested: اعتقال واعتقال باعتقال اعتقل اعتقلت واعتقلت توقيف وتوقيف بتوقيف أوقف أوقفت القبض ضبط وضبط احتجاز واحتجاز احتجزت يعتقل
displaced: نزوح ونزوح تشريد وتشريد شرد شردت تهجير وتهجير هجر وهجر هجرت نزح فرار لجوء نزحوا
missing: فقدان وفقدان فقد فقدت اختفاء
""")
#: Verbs after those counted: 180 men … were killed.
AFTER_CASUALTY = _table("""
killed: قتلوا مصرعهم حتفهم استشهدوا قضوا ماتوا توفوا لقوا مقتلهم
injured: أصيبوا جرحوا بجروح
arrested: اعتقلوا أوقفوا
displaced: نزحوا شردوا هجروا
""")
#: One and two without a number, after a word of CASUALTY_CUES.
SINGULARS = _words(
    "شخص عنصر جندي شرطي مدني رجل امرأة طفل طفلة مواطن مواطنة شاب شابة ضابط مسلح عامل فلسطيني مقيم سائق طالب صحفي صحافي قيادي إرهابي سيدة فتاة متظاهر مستوطن"
)
DUALS = _words("شخصين جنديين طفلين رجلين امرأتين ضابطين شابين عنصرين شرطيين سيدتين فتاتين طفلتين")
#: Unquantified numbers: the least that they can mean, and their name.
VAGUE: dict[tuple[str, ...], tuple[float, str]] = {
    tuple(normalize_text(words, "search").split()): (least, name)
    for words, least, name in (
        ("عشرات الآلاف", 1e4, "tens of thousands"),
        ("مئات الآلاف", 1e5, "hundreds of thousands"),
        ("عشرات الملايين", 1e7, "tens of millions"),
        ("مئات الملايين", 1e8, "hundreds of millions"),
        ("آلاف", 1e3, "thousands"),
        ("الآلاف", 1e3, "thousands"),
        ("ملايين", 1e6, "millions"),
        ("الملايين", 1e6, "millions"),
        ("مليارات", 1e9, "billions"),
        ("عشرات", 10.0, "tens"),
        ("العشرات", 10.0, "tens"),
        ("مئات", 100.0, "hundreds"),
        ("المئات", 100.0, "hundreds"),
    )
}
#: A word that follows a number and is not what it counts.
NO_NOUNS = _words(
    "من في على إلى عن مع و أو ثم أن إن التي الذي الذين كان كانت قد لم لا ما هو هي بعد قبل منذ حتى خلال بين عند لدى ضد حول دون فقط أيضا"
    " حسب وفق بحسب وفقا فيما بينما كما حيث لكن وقد وكان وفي ومن وعلى هذا هذه ذلك تلك كل بما مما عام سنة شهر يوم هـ م ه ص أ ب ج د ر"
    " يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر مليون الف مليار صباحا مساء ظهرا عصرا فجرا ليلا مقابل أمام سلامة شكر تحية مبروك مرة منهم منها منهن آلاف"
)
