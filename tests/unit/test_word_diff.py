import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from transforms.core.word_diff import Words, diff_words, folded_words, written_words


def shown(own, other, read=folded_words):
    mine, theirs = read(own), read(other)
    return [(run.same, own[slice(*run.own)], other[slice(*run.other)]) for run in diff_words(mine, theirs)]


def test_equal_texts_are_one_shared_run():
    assert shown("افتتح الوزير المعرض", "افتتح الوزير المعرض") == [
        (True, "افتتح الوزير المعرض", "افتتح الوزير المعرض")
    ]


def test_a_word_in_place_of_another_is_a_differing_run_between_shared_ones():
    assert shown("افتتح الوزير المعرض امس", "افتتح الامير المعرض امس") == [
        (True, "افتتح", "افتتح"),
        (False, "الوزير", "الامير"),
        (True, "المعرض امس", "المعرض امس"),
    ]


def test_words_that_one_side_lacks_stand_against_an_empty_place():
    assert shown("وصل القطار", "وصل القطار متأخرا") == [
        (True, "وصل القطار", "وصل القطار"),
        (False, "", "متأخرا"),
    ]
    assert shown("اليوم وصل القطار", "وصل القطار")[0] == (False, "اليوم", "")


def test_spelling_is_no_difference_and_is_shown_as_written():
    own, other = "أعلنت الهيئةُ «خُطّة» جديدة.", "اعلنت الهيئة خطه جديده"
    assert shown(own, other) == [(True, own, other)]


def test_marks_go_with_the_word_they_touch():
    text = "قال: «نعم» - ثم غادر (مسرعا)."
    words = folded_words(text)
    assert [text[slice(*span)] for span in words.spans] == ["قال:", "«نعم»", "ثم", "غادر", "(مسرعا)."]


def test_one_letter_that_folds_to_several_words_does_not_break_the_places():
    text = "النبي \ufdfa قال"  # a single character for four words
    words = folded_words(text)
    assert len(words.keys) > 3
    assert text[words.spans[0].start : words.spans[-1].end] == text


def test_texts_without_words_have_no_runs():
    assert shown("", " - ") == []


def test_written_words_tell_repairs_of_spelling_apart():
    assert shown("خطة&nbsp;جديدة هنا", "خطة جديدة هنا", written_words) == [
        (False, "خطة&nbsp;جديدة", "خطة جديدة"),
        (True, "هنا", "هنا"),
    ]


def test_a_hostile_pair_of_texts_is_parted_at_both_ends_in_no_time():
    own, other = ["ا", *["ب"] * 9_000, "ج"], ["ا", *["ب", "د"] * 9_000, "ج"]
    texts = [Words(text := " ".join(keys), keys, written_words(text).spans) for keys in (own, other)]
    began = time.perf_counter()
    runs = diff_words(*texts)
    assert time.perf_counter() - began < 2
    assert [run.same for run in runs] == [True, False, True]


_WORDS = st.lists(st.sampled_from(["نص", "خبر", "مدينة", "قال", "و-", "«", "ﷺ", "أَ"]), max_size=30).map(
    " ".join
)


@given(_WORDS, _WORDS)
def test_runs_cover_every_word_of_both_texts_once_and_alternate(own, other):
    mine, theirs = folded_words(own), folded_words(other)
    runs = diff_words(mine, theirs)
    assert sum(run.own_words for run in runs) == len(mine.keys)
    assert sum(run.other_words for run in runs) == len(theirs.keys)
    assert all(one.same != two.same for one, two in itertools.pairwise(runs))
    at = to = 0
    for run in runs:
        keys = mine.keys[at : at + run.own_words], theirs.keys[to : to + run.other_words]
        assert (keys[0] == keys[1]) == run.same
        at, to = at + run.own_words, to + run.other_words


@given(st.text(max_size=60))
def test_places_of_words_are_in_order_whatever_the_text(text):
    for words in (folded_words(text), written_words(text)):
        assert len(words.keys) == len(words.spans)
        assert all(0 <= span.start <= span.end <= len(text) for span in words.spans)
        assert all(one.end <= two.start for one, two in itertools.pairwise(words.spans))
