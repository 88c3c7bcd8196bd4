import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.normalize import normalize_text
from transforms.core.tagging.words import LETTERS, NUMBER, SIGN, read_words
from transforms.core.tokens import words_of_texts

texts = st.text(alphabet="ابتةىأإؤ و.،؟\nـ\u064e\u0651\u200f٣7aéﻻﷺ😀&;#\ud800", max_size=30) | st.text(
    st.characters(exclude_categories=()), max_size=30
)


def written(*texts):
    """Return the original of each token of each text."""
    words = read_words(texts)
    return [
        [
            text[slice(*words.span(number, int(words.starts[token]), int(words.ends[token])))]
            for token in range(words.borders[number], words.borders[number + 1])
        ]
        for number, text in enumerate(texts)
    ]


def forms(text):
    return read_words([text]).forms()


def last_of_sentences(text):
    words = read_words([text])
    return [form for form, ends in zip(words.forms(), words.sentence_ends(), strict=True) if ends]


def test_tokens_are_words_and_single_signs():
    words = read_words(["قال: «نعم»، ثم ١٢٫٥% في A4!"])
    assert words.forms() == ["قال", ":", '"', "نعم", '"', ",", "ثم", "12", ".", "5", "%", "في", "a4", "!"]
    assert words.kinds.tolist() == [
        *(LETTERS, SIGN, SIGN, LETTERS, SIGN, SIGN, LETTERS),
        *(NUMBER, SIGN, NUMBER, SIGN, LETTERS, LETTERS, SIGN),
    ]


def test_the_forms_are_the_search_text_without_blanks():
    text = "وَصَلَ الـوَفْدُ إلى «مؤتمر» القاهرة"
    assert " ".join(forms(text)) == 'وصل الوفد الي " موتمر " القاهره'
    assert "".join(forms(text)) == normalize_text(text, "search").replace(" ", "")


def test_marks_and_tatweel_stay_in_the_original():
    (found,) = written("بِلَادُ الـشَّامِ ومحمـــد")
    assert found == ["بِلَادُ", "الـشَّامِ", "ومحمـــد"]


def test_a_mark_on_the_last_letter_belongs_to_the_word_and_a_comma_does_not():
    assert written("مصرُ، قطرٍ.") == [["مصرُ", "،", "قطرٍ", "."]]


def test_presentation_forms_are_read_as_their_letters():
    assert forms("ﻣﺼﺮ ﻻ") == ["مصر", "لا"]
    assert written("ﻣﺼﺮ ﻻ") == [["ﻣﺼﺮ", "ﻻ"]]


def test_each_word_of_a_ligature_is_the_whole_ligature():
    assert forms("قال ﷺ") == ["قال", "صلي", "الله", "عليه", "وسلم"]
    assert written("قال ﷺ") == [["قال", *["ﷺ"] * 4]]


def test_characters_beyond_the_bmp_do_not_move_what_follows():
    assert written("😀مصر😀 و𐐀قطر", "🇪🇬 لبنان") == [
        ["😀", "مصر", "😀", "و", "𐐀", "قطر"],
        ["🇪", "🇬", "لبنان"],
    ]


def test_character_references_are_read_as_characters():
    assert forms("قال&nbsp;أحمد &laquo;نعم&raquo;") == ["قال", "احمد", '"', "نعم", '"']
    assert [word for word in written("قال&nbsp;أحمد &laquo;نعم&raquo;")[0] if word.isalpha()] == [
        "قال",
        "أحمد",
        "نعم",
    ]


def test_a_word_that_ends_with_a_reference_is_whole():
    assert written("&#1571;حم&#1583; هنا") == [["&#1571;حم&#1583;", "هنا"]]


def test_a_word_of_repaired_text_is_whole():
    damaged = "العراق اليوم".encode().decode("cp1252", "ignore")
    assert forms(damaged)[-1] == "اليوم"
    assert written(damaged) == [damaged.split(" ")]


def test_invisible_characters_are_no_part_of_a_word():
    assert written("مصر\u200f قطر\u200f، \u202bتونس") == [["مصر", "قطر", "،", "تونس"]]


def test_a_letter_and_its_hamza_in_two_characters_are_one_letter():
    assert written("ا\u0654حمد") == [["ا\u0654حمد"]]
    assert forms("ا\u0654حمد") == ["احمد"]


def test_lines_begin_where_the_text_breaks_and_at_each_text():
    words = read_words(["أول سطر\nثان", "نص"])
    assert words.breaks.tolist() == [True, False, True, True]


def test_sentences_end_at_stops_at_lines_and_at_the_end():
    assert last_of_sentences("قال نعم. ثم؟ لا! عنوان\nسطر، آخر") == [".", "?", "!", "عنوان", "اخر"]


def test_sentences_end_with_each_text_even_where_another_is_empty():
    words = read_words(["", "قال نعم", "", "ثم لا", ""])
    assert words.borders.tolist() == [0, 0, 2, 2, 4, 4]
    assert words.sentence_ends().tolist() == [False, True, False, True]


def test_no_texts_have_no_tokens():
    for nothing in ([], [""], ["", " \n", "\u200f"]):
        words = read_words(nothing)
        assert words.forms() == []
        assert not words.sentence_ends().size
        assert words.borders.tolist() == [0] * (len(nothing) + 1)


@given(st.lists(texts, max_size=5))
def test_words_have_the_hashes_of_the_other_readers(batch):
    words = read_words(batch)
    known = words_of_texts(batch)
    joined = " ".join(known.folded)
    hashes = {
        joined[start:end]: value
        for start, end, value in zip(
            known.starts.tolist(), known.ends.tolist(), known.hashes.tolist(), strict=True
        )
    }
    for form, kind, value in zip(words.forms(), words.kinds.tolist(), words.hashes.tolist(), strict=True):
        assert kind == SIGN or hashes.get(form, value) == value
    assert {
        form for form, kind in zip(words.forms(), words.kinds.tolist(), strict=True) if kind != SIGN
    } == set(hashes)


@given(st.lists(texts, max_size=5))
def test_a_text_has_the_same_tokens_alone_and_among_others(batch):
    words = read_words(batch)
    for number, text in enumerate(batch):
        alone = read_words([text])
        mine = slice(int(words.borders[number]), int(words.borders[number + 1]))
        first = int(words.firsts[number])
        assert words.forms()[mine] == alone.forms()
        for name in ("hashes", "kinds", "breaks"):
            assert np.array_equal(getattr(words, name)[mine], getattr(alone, name))
        assert np.array_equal(words.starts[mine] - first, alone.starts)
        assert words.sentence_ends()[mine].tolist() == alone.sentence_ends().tolist()


@given(texts)
def test_the_original_of_a_token_folds_to_the_token(text):
    words = read_words([text])
    last = 0
    for form, start, end in zip(words.forms(), words.starts.tolist(), words.ends.tolist(), strict=True):
        low, high = words.span(0, start, end)
        assert 0 <= low < high <= len(text)
        assert low >= last or form in normalize_text(text[low:high])  # words of one ligature share its place
        last = high
        if text.isascii() or not (set(text) & set("&\ufffd") or any(map(_odd, text))):
            assert form in normalize_text(text[low:high]), (form, text[low:high])


def _odd(char):
    """Tell whether a character folds otherwise alone than beside others."""
    return char > "\u06ff" or "\x7f" <= char < "\u0600" or unicodedata.category(char) in ("Cf", "Mn", "Cs")


def test_the_hash_of_a_span_is_that_of_the_word_it_spells():
    words = read_words(["وبالعراق"])
    inner = words.hash_spans(np.array([2]), np.array([8]))
    assert inner.tolist() == read_words(["العراق"]).hashes.tolist()


@pytest.mark.parametrize("size", [1, 300, 300_000])
def test_long_texts_are_read_alike(size):
    words = read_words(["مصر " * size])
    assert set(words.hashes.tolist()) == set(read_words(["مصر"]).hashes.tolist())
    assert words.starts.size == size
