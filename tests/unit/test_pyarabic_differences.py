"""Where pyarabic and we differ on purpose, and where it is right and serves as an oracle.

Each difference asserts pyarabic's text too: a release that mends it is noticed, and the test then says less.
"""

import re
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarabic import araby, number, unshape
from pyarabic.normalize import normalize_searchtext

from transforms.core.normalize import dedup_text, normalize_text

ROOT = Path(__file__).parents[2]


def search(text):
    return normalize_text(text, "search")


def display(text):
    return normalize_text(text, "display")


def decomposed(text):
    return unicodedata.normalize("NFD", text)


# Differences: the same letter in two encodings -------------------------------------------------------------


def test_a_decomposed_hamza_is_composed_before_marks_are_deleted():
    """Some keyboards and feeds send alef and U+0654: both must match, and neither keep half a letter."""
    word = "أثمار"
    assert araby.strip_tashkeel(decomposed(word)) == "ا\u0654ثمار"
    assert araby.strip_diacritics(decomposed(word)) == "اثمار" != araby.strip_diacritics(word)
    assert display(decomposed(word)) == word
    assert search(decomposed(word)) == search(word) == "اثمار"


def test_a_hamza_folds_to_its_seat_and_not_to_a_bare_hamza():
    """The hamza-less spelling of newspapers keeps the seat: a bare hamza would never match it."""
    word = "أثمار"
    assert araby.normalize_hamza(word) == "ءثمار"
    assert araby.normalize_hamza(decomposed(word)) == "اءثمار"
    assert araby.normalize_hamza(word, "tasheel") == "اثمار"
    assert araby.normalize_hamza(decomposed(word), "tasheel") == "ااثمار"
    assert search(word) == search(decomposed(word)) == search("اثمار") == "اثمار"


def test_waw_and_yeh_with_hamza_keep_their_seats():
    """Readers who leave the hamza out write the seat."""
    assert normalize_searchtext("لؤلؤ شاطئ") == "لءلء شاطء"
    assert search("لؤلؤ شاطئ") == search("لولو شاطي") == "لولو شاطي"


def test_presentation_letters_are_read_each():
    """Texts pasted from old layout programs hold them; pyarabic knows the four lam-alefs and drops their hamza."""
    assert araby.normalize_ligature("ﻷزهار") == "لازهار"
    assert araby.normalize_ligature("ﺯﻫﺮ ﷲ ﷺ ﷼") == "ﺯﻫﺮ ﷲ ﷺ ﷼"
    assert display("ﻷزهار") == "لأزهار"
    assert display("ﺯﻫﺮ ﷲ ﷼") == "زهر الله ريال"
    assert search("ﷺ") == "صلي الله عليه وسلم"


def test_presentation_letters_are_in_reading_order_already():
    """pyarabic's unshaping turns the text round, as if it came from a screen, and adds a line."""
    assert unshape.unshaping_text("ﺯﻫﺮ") == "\nرهز"
    assert display("ﺯﻫﺮ") == "زهر"


# Differences: which letters are one ------------------------------------------------------------------------


def test_alef_maqsura_is_a_yeh_and_not_an_alef():
    """Egyptian and Gulf papers write one for the other at the end of words; nobody writes an alef there."""
    assert araby.normalize_alef("مرسى") == normalize_searchtext("مرسى") == "مرسا"
    assert search("مرسى") == search("مرسي") == "مرسي"


def test_superscript_alef_is_a_mark_and_not_a_letter():
    """Plain spelling leaves it out, so deleting it is what makes both one."""
    assert araby.normalize_alef("ذٰلك") == normalize_searchtext("ذٰلك") == "ذالك"
    assert araby.strip_tashkeel("ذٰلك") == "ذٰلك"
    assert search("ذٰلك") == search("ذلك") == "ذلك"


def test_quranic_marks_are_deleted_with_the_others():
    """Quoted verses carry them; strip_tashkeel leaves them, strip_diacritics does not."""
    assert araby.strip_tashkeel("بحرۖ") == "بحرۖ"
    assert araby.strip_diacritics("بحرۖ") == search("بحرۖ") == "بحر"


def test_small_waw_and_small_yeh_are_deleted_too():
    """They are letters to Unicode and pronunciation to readers; pyarabic's classes do not hold them."""
    assert araby.strip_diacritics("لهۥ بهۦ") == "لهۥ بهۦ"
    assert search("لهۥ بهۦ") == "له به"


def test_alef_wasla_is_an_alef():
    """Only quoted verses write it."""
    assert araby.strip_diacritics("ٱلبحر") == araby.strip_tashkeel("ٱلبحر") == "ٱلبحر"
    assert search("ٱلبحر") == "البحر"


def test_persian_letters_are_arabic_script():
    """They stand inside Arabic words from foreign keyboards."""
    assert not araby.is_arabicstring("گ")
    assert normalize_searchtext("کتاب عربی") == "کتاب عربی"
    assert search("کتاب عربی") == "كتاب عربي"


# Differences: what is not a letter -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        pytest.param("٤٧", "47", id="digits"),
        pytest.param("«زهر»", '"زهر"', id="quotes"),
        pytest.param("زه\u200fر", "زهر", id="bidi control"),
        pytest.param("زه\u200bر", "زهر", id="zero width space"),
        pytest.param("زهر\u00a0بري", "زهر بري", id="no-break space"),
        pytest.param("زهر &quot;بري&quot;", 'زهر "بري"', id="character reference"),
    ],
)
def test_what_feeds_hold_beside_letters_is_folded_too(written, folded):
    """pyarabic's search text treats letters only."""
    assert normalize_searchtext(written) == written
    assert search(written) == folded


def test_a_tatweel_standing_alone_is_a_dash():
    """Papers type it for one, between city and agency; deleted, it would leave two blanks and no dash."""
    assert araby.strip_tatweel("الميناء ـ خاص") == "الميناء  خاص"
    assert search("الميناء ـ خاص") == "الميناء - خاص"


def test_marks_alone_leave_no_text():
    """An empty key must be empty."""
    assert normalize_searchtext("\u064e \u064f") == " "
    assert search("\u064e \u064f") == dedup_text("\u064e \u064f") == ""


# Why its tokenizer and its reader of numbers are not used --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("3.7", ["3", ".", "7"], id="decimal number"),
        pytest.param("٣٫٧", ["٣", "٫", "٧"], id="Arabic decimal number"),
        pytest.param("desk@example.org", ["desk", "@", "example", ".", "org"], id="address"),
        pytest.param(":“زهر”", [":“", "زهر", "”"], id="colon and quote are one piece"),
        pytest.param('\u200f"زهر', ['\u200f"', "زهر"], id="bidi control and quote are one piece"),
        pytest.param("می\u200cخواهم", ["می", "\u200c", "خواهم"], id="a joiner parts a word"),
    ],
)
def test_pyarabic_parts_what_belongs_together(text, pieces):
    assert araby.tokenize(text) == pieces


def test_pyarabic_tokens_with_places_do_not_cover_the_text():
    """Spans of ours must: punctuation and paragraphs carry the structure of an article."""
    tokens = araby.tokenize_with_location("زهر، وثمر.\nبحر")
    assert [token["token"] for token in tokens] == ["زهر", "وثمر", "بحر"]


def test_pyarabic_ends_sentences_inside_an_agency_acronym():
    assert len(araby.sentence_tokenize("اوردت أ. ف. ب النبا.")) == 3


@pytest.mark.parametrize(
    ("words", "value", "right"),
    [
        ("مائتان وخمسة وعشرون", 25, 225),
        ("ثلاث مئة الف", 103, 300_000),
        ("ثلاث مئة", 103, 300),
        ("مئتي", 0, 200),
        ("مليوني", 0, 2_000_000),
        ("الف", 0, 1_000),
        ("الفان", 0, 2_000),
        ("مليونان ونصف", 2_000_000, 2_500_000),
    ],
)
def test_pyarabic_misreads_numbers_in_words(words, value, right):
    assert number.text2number(words) == value != right


def test_pyarabic_says_zero_for_zero_and_for_no_number():
    assert number.text2number("صفر") == number.text2number("زهر") == 0


def test_our_code_takes_constants_from_pyarabic_and_calls_none_of_its_functions():
    """The rows above are why: no defect of its functions can reach users."""
    for package in ("transforms", "pipelines", "schemas"):
        for path in (ROOT / package).rglob("*.py"):
            code = path.read_text(encoding="utf-8")
            assert not re.search(r"\baraby\.[a-z_]\w*", code), path
            imported = re.findall(r"^\s*(?:from|import) (pyarabic.*)$", code, re.MULTILINE)
            assert set(imported) <= {"pyarabic import araby"}, path


# Where it is right: oracle ---------------------------------------------------------------------------------

_LETTERS = [*araby.LETTERS, *string.ascii_letters]
#: Letters with the marks and the tatweel that follow them in real words.
_WORDS = st.lists(
    st.tuples(
        st.sampled_from(_LETTERS), st.text(st.sampled_from(araby.TASHKEEL), max_size=3), st.integers(0, 3)
    ),
    min_size=1,
    max_size=8,
).map(lambda parts: "".join(letter + marks + araby.TATWEEL * long for letter, marks, long in parts))
_FIGURES = st.text(st.sampled_from(string.digits + "٣٤۵"), min_size=1)
_TEXTS = st.lists(_WORDS | _FIGURES, max_size=6).map(
    lambda words: unicodedata.normalize("NFC", " ".join(words))
)
#: Letters that `search` folds into no other.
_PLAIN = st.text(st.sampled_from("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"), min_size=1, max_size=8)


@given(_TEXTS)
def test_stripping_tashkeel_first_changes_no_search_text(text):
    assert search(araby.strip_tashkeel(text)) == search(text)


@given(_TEXTS)
def test_stripping_tatweel_first_changes_no_search_text(text):
    assert search(araby.strip_tatweel(text)) == search(text)


@given(
    st.lists(
        st.lists(st.tuples(_PLAIN, st.text(st.sampled_from(araby.TASHKEEL), max_size=3)), min_size=1),
        max_size=6,
    )
)
def test_on_letters_that_fold_into_no_other_both_strip_the_same(words):
    text = unicodedata.normalize(
        "NFC", " ".join("".join(letters + marks + "ـ" for letters, marks in word) for word in words)
    )
    assert search(text) == araby.strip_tatweel(araby.strip_tashkeel(text))


def test_the_letter_classes_that_our_table_is_built_from_have_not_changed():
    """A release of pyarabic that changes a class must not change our profiles unseen."""
    assert sorted(araby.TASHKEEL) == [chr(code) for code in range(0x064B, 0x0653)]
    assert len(araby.DIACRITICS) == len(set(araby.DIACRITICS)) == 52
    assert len(araby.LETTERS) == 36
    assert araby.TATWEEL == "\u0640"
