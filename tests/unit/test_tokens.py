import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.normalize import dedup_text
from transforms.core.tokens import tokenize, tokenize_texts

texts = st.text(alphabet="ابت َ.،\nA1é٣ـ😀", max_size=30) | st.text(max_size=30)


def words(tokens):
    return [tokens.text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


def test_hashes_never_change():
    tokens = tokenize("وَقال المسؤول إنّ 25 شخصاً وصلوا، وقال")
    assert words(tokens) == ["وقال", "المسوول", "ان", "25", "شخصا", "وصلوا", "وقال"]
    assert [f"{value:016x}" for value in tokens.hashes[:3]] == [
        "e9a265b3ea76dc6a",
        "5b253eef638ebc0d",
        "9fdc1e400fab8348",
    ]
    assert tokens.hashes[0] == tokens.hashes[-1]


@given(texts)
def test_words_are_those_of_the_dedup_text(text):
    tokens = tokenize(text)
    assert tokens.text == dedup_text(text)
    assert words(tokens) == tokens.text.split()


@given(texts)
def test_a_word_has_the_same_hash_wherever_it_stands(text):
    tokens = tokenize(text)
    alone = [int(tokenize(word).hashes[0]) for word in words(tokens)]
    assert tokens.hashes.tolist() == alone


@given(st.lists(texts, max_size=6))
def test_a_batch_gives_what_each_text_gives_alone(batch):
    for together, text in zip(tokenize_texts(batch), batch, strict=True):
        alone = tokenize(text)
        assert together.text == alone.text
        for one, other in zip(together[1:], alone[1:], strict=True):
            assert np.array_equal(one, other)


def test_a_text_longer_than_the_ready_powers_is_hashed_alike():
    short = tokenize("مدينة الساحل")
    long = tokenize("مدينة الساحل " * 10_000)
    assert set(long.hashes.tolist()) == set(short.hashes.tolist())


def test_different_words_have_different_hashes():
    many = tokenize(
        " ".join(
            f"{first}{second}{number}" for first in "ابتثجح" for second in "دذرزس" for number in range(500)
        )
    )
    assert len(set(many.hashes.tolist())) == len(many.hashes) == 15_000


def test_letters_in_another_order_are_another_word():
    one, other = tokenize("كتب بكت").hashes
    assert one != other
