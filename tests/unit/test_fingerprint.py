import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from dedup_samples import WORDS, body, light_stem, normalized, shingle_set, stem_counts
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.compared import compared_body
from transforms.core.fingerprint import REPEATED, digest_of, fingerprint_texts, shingle_places
from transforms.core.normalize import dedup_text
from transforms.core.tokens import words_of_texts

ROOT = Path(__file__).parents[2]
TEXT = (
    "أعلنت وزارة الموانئ أمس افتتاح 3 أرصفة في ميناء الصيد، وقال المدير إن الأرصفة تستقبل 25 سفينة يوميا، وإن ميناء"
    " الصيد سيعمل بكامل طاقته قبل نهاية عام 2015م، فيما بلغت التكلفة 8ر27 مليون دينار."
)
texts = st.lists(st.sampled_from((*WORDS[:12], "١٢", "12", "2015م", "،", "و")), max_size=24).map(
    " ".join
) | st.text(max_size=20)


def one(text, min_tokens=0):
    return fingerprint_texts([text], min_tokens=min_tokens)[0]


def values(data):
    return np.frombuffer(data, "<u4").tolist()


def describe(text):
    found = one(text)
    return [
        found.digest.hex(),
        str(found.tokens),
        str(len(found.shingles) // 4),
        found.shingles[:12].hex(),
        str(len(found.stems) // 4),
        found.stems[:12].hex(),
        found.numbers.hex(),
    ]


GOLDEN = [
    "6976820d7030c24d9c3214c716807615",
    "34",
    "32",
    "7b4a2209e1019625a4bc402a",
    "27",
    "849b6f02183013050cddaf1d",
    "25e85c754b2b5e57",
]


def test_a_fingerprint_never_changes():
    assert describe(TEXT) == GOLDEN


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_seed_of_python_does_not_matter(seed):
    program = (
        "import sys; from transforms.core.fingerprint import fingerprint_texts;"
        "f = fingerprint_texts([sys.argv[1]])[0];"
        "print(f.digest.hex(), f.tokens, f.shingles.hex(), f.stems.hex(), f.numbers.hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, TEXT],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    found = one(TEXT)
    assert done.stdout.split() == [
        found.digest.hex(),
        str(found.tokens),
        found.shingles.hex(),
        found.stems.hex(),
        found.numbers.hex(),
    ]


@given(st.lists(texts, max_size=8), st.integers(0, 8))
def test_a_batch_gives_what_each_text_gives_alone(batch, min_tokens):
    assert fingerprint_texts(batch, min_tokens=min_tokens) == [one(text, min_tokens) for text in batch]


@given(texts)
def test_digest_and_number_of_words_are_those_of_the_dedup_text(text):
    found = one(text)
    assert found.digest == digest_of(dedup_text(text))
    assert found.tokens == len(dedup_text(text).split())


@given(texts)
def test_shingles_are_the_distinct_triples_of_words(text):
    found = values(one(text).shingles)
    assert len(found) == len(shingle_set(text))
    assert found == sorted(set(found))


@given(texts, texts)
def test_two_texts_share_as_many_shingles_as_triples(text, other):
    shared = set(values(one(text).shingles)) & set(values(one(other).shingles))
    assert len(shared) == len(shingle_set(text) & shingle_set(other))


@given(texts)
def test_shingles_are_found_again_at_their_places_in_the_text(text):
    places = shingle_places(words_of_texts([text])).tolist()
    assert len(places) == max(len(dedup_text(text).split()) - 2, 0)
    assert sorted(set(places)) == values(one(text).shingles)


@given(texts)
def test_stems_are_distinct_and_the_repeated_ones_are_marked(text):
    if one(text).tokens < 3:
        return
    counts = stem_counts(text)
    found = values(one(text).stems)
    assert found == sorted(found)
    assert len({value >> 1 for value in found}) == len(found) == len(counts)
    assert sum(value & REPEATED for value in found) == sum(count > 1 for count in counts.values())


def test_a_stem_has_one_hash_in_all_texts_and_with_all_its_affixes():
    once, twice = one("ميناء مدينة بعيدة"), one("والمدينة طريق بالمدينة")
    (repeated,) = [value for value in values(twice.stems) if value & REPEATED]
    assert light_stem(dedup_text("والمدينة")) == light_stem(dedup_text("مدينة"))
    assert repeated ^ REPEATED in values(once.stems)


@pytest.mark.parametrize(
    "other",
    [
        "أَعلنَت الوزارةُ افتِتاحَ المَرحلةِ الأُولى",
        "اعلنت الوزاره افتتاح المرحله الاولي",
        "إعلنت، الوزارة: «افتتاح» المرحـــلة الأولى.",
    ],
)
def test_marks_hamzas_and_signs_change_nothing(other):
    assert one(other) == one("أعلنت الوزارة افتتاح المرحلة الأولى")


def test_short_texts_have_neither_shingles_nor_stems_but_a_digest():
    for text in ("", "—", "كلمة", "كلمتان هنا"):
        found = one(text)
        assert (found.shingles, found.stems) == (b"", b"")
        assert found.digest == digest_of(dedup_text(text))
    text = body(1, 29)
    assert one(text, 30).shingles == one(text, 30).stems == b""
    assert len(one(f"{text} ختام", 30).shingles) == 4 * 28


def test_a_short_text_between_long_ones_takes_nothing_from_them():
    long, short, longer = body(1, 40), "كلمة", body(2, 50)
    found = fingerprint_texts([long, short, longer, short, ""], min_tokens=30)
    assert [len(f.shingles) // 4 for f in found] == [38, 0, 48, 0, 0]


def test_numbers_are_compared_as_a_multiset():
    numbers = lambda text: one(text).numbers  # noqa: E731
    assert numbers("بلغ 12 ثم 7 طنا") == numbers("بلغ ٧ ثم ١٢ كيلا")
    assert numbers("بلغ 12 ثم 7") != numbers("بلغ 12 ثم 12 ثم 7") != numbers("بلغ 12")
    assert numbers("عام 2015م") == numbers("بلا عدد") == bytes(8)


@given(st.lists(st.integers(0, 999), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_equal_numbers_are_equally_many_of_each(some, others):
    written = ["عدد " + " عدد ".join(map(str, numbers)) for numbers in (some, others)]
    assert (one(written[0]).numbers == one(written[1]).numbers) == (Counter(some) == Counter(others))


def test_boilerplate_and_title_are_not_compared():
    article = normalized(body(3, 45), 0, 0).article
    assert compared_body(article) == body(3, 45)
    assert normalized(body(3, 45), 0, 0).digest == normalized(body(3, 45), 9, 4, "b", title="آخر").digest
    assert normalized(body(3, 45), 0, 0).digest == one(body(3, 45)).digest
