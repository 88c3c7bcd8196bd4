import numpy as np
import pytest
from dedup_samples import PREFIXES, SUFFIXES, light_stem
from hypothesis import example, given
from hypothesis import strategies as st

from transforms.core.stems import count_digits, stem_spans
from transforms.core.tokens import words_of_texts

#: Words that are made of affixes: a few letters of a stem between prefixes and suffixes, and marks that folding takes off.
affixed = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(("", "و", "ا", *PREFIXES)),
        st.text(alphabet="ابتكلمنهويفد", max_size=3),
        st.lists(st.sampled_from((*SUFFIXES, "ة", "ى", "َ")), max_size=3).map("".join),
    ),
)
texts = st.lists(affixed | st.text(alphabet="ابتكلمنهوي 1٣Aأة،", max_size=8), max_size=8).map(" ".join)


def stems(*texts):
    words = words_of_texts(texts)
    starts, ends = stem_spans(words)
    return [
        words.units[start:end].tobytes().decode("utf-16-le")
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("المدينة", "مدين"),
        ("والمدينة", "مدين"),
        ("بالمدينة", "مدين"),
        ("كالمدينة", "مدين"),
        ("فالمدينة", "مدين"),
        ("للمدينة", "مدين"),
        ("ومدينة", "مدين"),
        ("مدينتها", "مدينت"),
        ("سائقان", "سايق"),
        ("سائقات", "سايق"),
        ("مهندسون", "مهندس"),
        ("مهندسين", "مهندس"),
        ("مصريه", "مصر"),
        ("مصرية", "مصر"),
        ("مصري", "مصر"),
        ("سؤاله", "سوال"),
        ("والمهندسون", "مهندس"),
        ("وبالمدينة", "مدين"),
        ("فللمدينة", "مدين"),
        ("ولمملكة", "مملك"),
        ("لمدينة", "مدين"),
        ("معلوماتيها", "معلومات"),
        ("معلوماتها", "معلوم"),
    ],
)
def test_a_word_loses_its_proclitics_in_their_order_and_its_suffixes(word, stem):
    assert stems(word) == [stem]


def test_suffixes_go_in_the_order_of_the_list_each_once():
    assert stems("مصرينها") == ["مصر"]  # ها, then ين
    assert stems("مصرهاين") == ["مصرها"]  # ين; ها has had its turn


@pytest.mark.parametrize("word", ["و", "في", "من", "ال", "له", "هي", "ولد", "وفد", "بان", "الو"])
def test_short_words_stay(word):
    assert stems(word) == [word]


def test_two_letters_stay_after_an_article_and_three_after_a_single_letter():
    assert stems("الفن", "والد", "وزير", "للفن", "وطن", "للي") == ["فن", "الد", "زير", "فن", "وطن", "لل"]


def test_spellings_of_a_word_have_one_stem():
    assert stems("الأُمّة", "الامه", "والأمة", "مستشفى", "مستشفي") == ["ام", "ام", "ام", "مستشف", "مستشف"]
    assert len(set(stems("إدارية", "اداري", "الإداريّة", "والإدارية"))) == 1


def test_the_words_of_one_text_do_not_reach_into_the_next():
    assert stems("ا", "لمدينة", "مدينت", "ها") == ["ا", "مدين", "مدينت", "ها"]
    assert stems("", "ه", "", "المدينة", "") == ["ه", "مدين"]
    assert stems() == stems("", "") == []


@given(st.lists(texts, max_size=4))
@example(["ه"])
@example(["و", "الان"])
@example(["والوان"])
def test_stems_are_those_of_the_plain_stemmer(batch):
    words = words_of_texts(batch)
    assert stems(*batch) == [light_stem(word) for text in words.folded for word in text.split()]


@given(st.lists(texts, max_size=4))
def test_a_stem_is_never_empty_and_lies_in_its_word(batch):
    words = words_of_texts(batch)
    starts, ends = stem_spans(words)
    assert (starts < ends).all()
    assert (starts >= words.starts).all()
    assert (ends <= words.ends).all()


def test_digits_are_counted_by_word():
    words = words_of_texts(["عام 2015م بلغ ٨ر٢٧ في المئة", "", "٤٥ و12ب3"])
    assert count_digits(words).tolist() == [0, 4, 0, 3, 0, 0, 2, 3]
    assert count_digits(words_of_texts([])).tolist() == []


@given(st.lists(texts, max_size=4))
def test_digits_are_those_of_the_folded_words(batch):
    words = words_of_texts(batch)
    expected = [sum(c in "0123456789" for c in word) for text in words.folded for word in text.split()]
    assert np.array_equal(count_digits(words), expected)
