import numpy as np
import pytest

from transforms.core.mojibake import looks_damaged, repair

TEXT = (
    "أعلنت هيئة الموانئ في بيروت أن الرصيف الجديد «سيفتح» قريبا، وقال مصدر مسؤول: ما الكلفة؟\n"
    "موجز\n"
    "وذكر المصدر أن العمل بدأ منذ عام 2015 مع شركة النقل (Sea Lines) على ثلاث مراحل؛ كما قال.\n"
)
TITLE = "افتتاح معرض الكتاب السنوي"


def misread(text, stored, read):
    """Return `text` as a reader with the wrong codec sees it; bytes the codec lacks keep their value."""
    return "".join(
        chr(byte) if (char := bytes([byte]).decode(read, "replace")) == "\ufffd" else char
        for byte in text.encode(stored, "replace")
    )


def kept(text, codec):
    return text.encode(codec, "replace").decode(codec)


KINDS = [
    ("utf-8", "cp1252"),
    ("utf-8", "latin-1"),
    ("utf-8", "cp1256"),
    ("cp1256", "latin-1"),
    ("cp1256", "cp1252"),
    ("iso8859-6", "latin-1"),
    ("iso8859-6", "cp1252"),
]


@pytest.mark.parametrize(("stored", "read"), KINDS)
@pytest.mark.parametrize("text", [TEXT, TITLE, TEXT * 20])
def test_every_kind_of_damage_is_undone_exactly(stored, read, text):
    result = repair(misread(text, stored, read))
    assert result.text == kept(text, stored)
    assert result.path[-1] == stored


@pytest.mark.parametrize("first", ["cp1252", "latin-1", "cp1256"])
@pytest.mark.parametrize("second", ["cp1252", "latin-1", "cp1256"])
def test_double_damage_is_undone_and_the_path_names_both_readings(first, second):
    damaged = misread(misread(TEXT, "utf-8", first), "utf-8", second)
    result = repair(damaged)
    assert result.text == TEXT
    assert result.path == (second, "utf-8", first, "utf-8")
    lengths = [len(misread(misread(char, "utf-8", first), "utf-8", second)) for char in TEXT]
    assert result.offsets.tolist() == np.concatenate([[0], np.cumsum(lengths)[:-1]]).tolist()


def test_a_character_comes_from_the_place_of_its_first_byte():
    damaged = misread("قال x في “بيروت”", "utf-8", "cp1252")
    result = repair(damaged)
    assert result.offsets.tolist() == [0, 2, 4, 6, 7, 8, 9, 11, 13, 14, 17, 19, 21, 23, 25, 27]
    single = repair(misread(TITLE, "cp1256", "latin-1"))
    assert single.offsets.tolist() == list(range(len(TITLE)))


@pytest.mark.parametrize(("stored", "read"), KINDS)
def test_clean_paragraphs_beside_damaged_ones_stay_as_they_are(stored, read):
    clean = "حفظ، ثم وعظ؛ هكذا قال الحارس «ع» في café.\n"
    result = repair(clean + misread(TEXT, stored, read) + clean)
    assert result.text == clean + kept(TEXT, stored) + clean


@pytest.mark.parametrize("read", ["cp1252", "latin-1", "cp1256"])
def test_characters_that_came_in_after_the_damage_do_not_hinder(read):
    damaged = misread(TITLE, "utf-8", read)
    result = repair("\u201c" + damaged + "\u201d \u263a")
    assert result.text == "\u201c" + TITLE + "\u201d \u263a"


@pytest.mark.parametrize("read", ["cp1252", "latin-1", "cp1256"])
def test_a_text_cut_amid_a_character_ends_with_the_replacement_character(read):
    damaged = misread(TEXT.strip()[:-1], "utf-8", read)[:-1]
    assert repair(damaged).text == TEXT.strip()[:-2] + "\ufffd"


@pytest.mark.parametrize("mark", ["\ufffd", "?"])
def test_a_lost_continuation_becomes_the_replacement_character(mark):
    damaged = misread(TITLE, "utf-8", "cp1252").replace("\u0081", mark)
    assert repair(damaged).text == TITLE.replace("ف", "\ufffd")


def test_an_arabic_zero_whose_no_break_space_became_a_blank_is_found_among_digits():
    damaged = misread("وقال في ٢٠١٥ هذا", "utf-8", "cp1252")
    assert repair(damaged.replace("\u00a0", " ")).text == "وقال في ٢٠١٥ هذا"


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT,
        TITLE,
        "À côté du café, l'été dernier : où êtes-vous ? Ça va, Élodie.",
        "Größe ÄÖÜ äöü, Ærø, Öl, ÅÄÖ",
        "El niño comió piñas en Íñigo, ¿qué pasó allí?",
        "Í dag á ég að fara út á æ ó ú",
        "قال Álvaro Núñez في Málaga إن § 5 يسري ±3 درجات",
        "دانشگاه تهران گفت که پژوهشگران چین را دعوت کرد",
        "پاکستان کے وزیر نے کہا کہ ٹیم کل لاہور جائے گی",
        "Ã© Ã¨ Ã§ MÃ¼ller",
        "Ø 5 mm § 7 ± 2",
        "\ud8d8Ø\udc00Ù",
        misread("Привет, как дела сегодня в Москве", "utf-8", "cp1252"),
        misread("Привет, как дела сегодня в Москве", "cp1251", "latin-1"),
        misread("Καλημέρα σας από την Αθήνα", "cp1253", "latin-1"),
        misread("שלום לכולם מירושלים הבירה", "cp1255", "latin-1"),
        misread("今天北京的天气很好我们去公园", "gbk", "latin-1"),
        misread("สวัสดีครับ วันนี้อากาศดี", "cp874", "latin-1"),
        misread("오늘 날씨가 좋습니다 서울", "euc-kr", "latin-1"),
    ],
)
def test_what_is_fine_or_in_another_language_is_left_alone(text):
    assert repair(text) is None


def test_clean_arabic_does_not_look_damaged():
    assert not looks_damaged(TEXT)
    assert not looks_damaged("plain ASCII")


def test_a_second_repair_finds_nothing():
    for stored, read in KINDS:
        assert repair(repair(misread(TEXT, stored, read)).text) is None
