import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.tagging.matching import (
    PhraseMatcher,
    fold_phrases,
    leftmost_longest,
    with_clitics,
)
from transforms.core.tagging.words import read_words

CLITICS = ("و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل", "فك")
#: Pieces that are easily taken for one another: ends of words, clitics, parts of phrases, signs, lines.
PIECES = (
    "العراق للعراق وللعراق بالعراق لالعراق عراق كالعراق مصر ومصر لمصر جنوب وجنوب بجنوب السودان للسودان السوداني شركة "
    "لشركة ب. ب وب لبنان ولبنان للبنان فلبنان قلبنان كلبنان ووب فولبنان بولبنان ، . (ب) a-b"
)
PHRASES = (
    "العراق",
    "مصر",
    "السودان",
    "جنوب السودان",
    "لبنان",
    "شركة",
    "ب.",
    "شركة ب.",
    "عراق",
    "a-b",
    "السودان جنوب",
)
soup = st.lists(st.sampled_from([*PIECES.split(), "\n"]), max_size=30).map(" ".join)


def found(text, *phrases, longest=False, clitics=None):
    """Return the phrase, the form of its tokens and the letters before it, of each match."""
    words = read_words([text])
    forms = words.forms()
    matches = PhraseMatcher(phrases, clitics).find(words)
    if longest:
        matches = leftmost_longest(matches)
    return [
        (phrases[number], words.joined[start : int(words.ends[last - 1])], forms[first][:cut])
        for number, first, last, start, cut in zip(*(column.tolist() for column in matches), strict=True)
    ]


def names(text, *phrases, **how):
    return [name for name, _, _ in found(text, *phrases, **how)]


def plainly_found(words, phrases):
    """Return (phrase, first token, token after, letters before) of each match, by looking at every token."""
    forms, breaks = words.forms(), words.breaks.tolist()
    matches = []
    for number, phrase in enumerate(fold_phrases(phrases)):
        first, *rest = phrase.split(" ")
        starts = {first: 0}
        if len(phrase) >= 4:
            for clitic in CLITICS:
                starts[clitic + first] = len(clitic)
                if clitic[-1] == "ل" and first.startswith("ال"):
                    starts[clitic + "ل" + first[2:]] = len(clitic)
        for token, form in enumerate(forms):
            end = token + 1 + len(rest)
            if form in starts and forms[token + 1 : end] == rest and not any(breaks[token + 1 : end]):
                matches.append((number, token, end, starts[form]))
    return sorted(matches)


def test_whole_words_only():
    assert names("السوريات يلبننان العراقيون مصري", "سوريا", "لبنان", "العراق", "مصر") == []
    assert names("مصر، (مصر) «مصر» مصر-مصر", "مصر") == ["مصر"] * 5


@pytest.mark.parametrize("clitic", CLITICS)
def test_a_clitic_and_two_may_stand_before_a_name(clitic):
    assert found(f"زار {clitic}لبنان", "لبنان") == [("لبنان", "لبنان", clitic)]


@pytest.mark.parametrize("letters", ["بو", "وو", "بب", "بل", "لب", "كف", "س", "ال", "وبل", "وال", "ت"])
def test_other_letters_before_a_name_make_another_word(letters):
    assert found(f"زار {letters}لبنان", "لبنان") == []


def test_lam_swallows_the_alef_of_the_article():
    assert found("دعم للعراق وللسودان فللعراق", "العراق", "السودان") == [
        ("العراق", "لعراق", "ل"),
        ("السودان", "لسودان", "ول"),
        ("العراق", "لعراق", "فل"),
    ]


def test_the_second_lam_alone_is_not_the_article():
    assert found("لعراق ولعراق", "العراق") == []


@pytest.mark.parametrize("place", ["اللاذقية", "اللد"])
def test_three_lams_are_written_as_two(place):
    assert names(f"دعم للعراق ول{place[2:]}", "العراق") == ["العراق"]
    assert names(f"طريق ل{place[2:]} القديم ول{place[2:]}", place) == [place, place]


def test_a_name_whose_first_letter_is_a_clitic_is_found_as_it_stands():
    assert found("وهران بيروت لندن كابل فاس", "وهران", "بيروت", "لندن", "كابل", "فاس") == [
        (name, name, "") for name in ("وهران", "بيروت", "لندن", "كابل", "فاس")
    ]


def test_a_short_name_has_no_clitic():
    assert names("مصر بمصر ومصر", "مصر") == ["مصر"]
    assert names("دبي بدبي أبوظبي بأبوظبي", "دبي", "أبوظبي") == ["دبي", "أبوظبي", "أبوظبي"]


def test_a_short_name_has_one_where_the_caller_says_so():
    words = read_words(["بمصر ودبي وقال"])
    matches = PhraseMatcher(["مصر", "دبي", "قال"], shortest=[3, 4, 3]).find(words)
    assert (matches.phrases.tolist(), matches.clitics.tolist()) == ([0, 2], [1, 1])


def test_a_long_name_may_begin_with_a_short_word():
    assert found("في بتل أبيض", "تل أبيض") == [("تل أبيض", "تل ابيض", "ب")]


def test_a_clitic_is_refused_where_the_caller_says_so():
    assert names("لبنان ولبنان العراق للعراق", "لبنان", "العراق", clitics=[False, True]) == [
        "لبنان",
        "العراق",
        "العراق",
    ]


def test_a_clitic_stands_before_the_first_word_only():
    assert names("جنوب والسودان وجنوب السودان", "جنوب السودان") == ["جنوب السودان"]


def test_no_name_goes_over_a_line_a_sign_or_into_the_next_text():
    assert names("الولايات\nالمتحدة", "الولايات المتحدة") == []
    assert names("الولايات، المتحدة", "الولايات المتحدة") == []
    words = read_words(["زار الولايات", "المتحدة"])
    assert not PhraseMatcher(["الولايات المتحدة"]).find(words).phrases.size


def test_blanks_between_words_may_be_of_any_kind_and_number():
    assert names("الولايات  المتحدة الولايات\u00a0المتحدة", "الولايات المتحدة") == ["الولايات المتحدة"] * 2


def test_spelling_and_marks_do_not_matter():
    assert names("سُورِيَّةُ وأمـيركا ٱلأُرْدُن", "سورية", "اميركا", "الأردن") == ["سورية", "اميركا", "الأردن"]


def test_names_with_signs_are_found_with_their_signs():
    assert names('صحيفة "الحياة" و (أ ف ب)', '"الحياة"', "(أ ف ب)", "أ ف ب") == [
        '"الحياة"',
        "(أ ف ب)",
        "أ ف ب",
    ]
    assert names("ا.ف.ب. وا ف ب", "أ.ف.ب") == ["أ.ف.ب"]


def test_names_inside_names_are_all_found_the_longer_first():
    phrases = ("السودان", "جنوب السودان", "جنوب", "السودان وتشاد")
    assert names("في جنوب السودان وتشاد", *phrases) == [
        "جنوب السودان",
        "جنوب",
        "السودان وتشاد",
        "السودان",
    ]


def test_two_names_may_begin_in_one_token():
    assert found("كلبنان", "لبنان", "كلبنان") == [("كلبنان", "كلبنان", ""), ("لبنان", "لبنان", "ك")]


def test_the_leftmost_and_then_the_longest_goes():
    phrases = ("السودان", "جنوب السودان", "جنوب", "السودان وتشاد", "تشاد")
    text = "في جنوب السودان وتشاد والسودان وتشاد"
    assert names(text, *phrases, longest=True) == ["جنوب السودان", "تشاد", "السودان وتشاد"]


def test_nothing_is_found_by_no_phrases_and_in_no_text():
    assert names("نص ما") == []
    assert names("", "لبنان") == []
    assert not leftmost_longest(PhraseMatcher([]).find(read_words([]))).phrases.size


@pytest.mark.parametrize("empty", ["", " ", "،", "(.)", "\u064e"])
def test_a_phrase_without_a_word_is_refused(empty):
    with pytest.raises(ValueError, match="has no word"):
        PhraseMatcher(["لبنان", empty])


def test_folded_phrases_are_words_one_blank_apart():
    assert fold_phrases(["  إربد ", "ا.ف.ب", "الدَّارُ  البيضاء"]) == ["اربد", "ا . ف . ب", "الدار البيضاء"]


def test_words_are_spread_by_clitics_as_they_are_found():
    forms = with_clitics(["العراق", "وزاره", "رئيس الوزراء"])
    assert {"العراق", "للعراق", "وللعراق", "بالعراق", "فالعراق", "وكالعراق", "وزاره", "ووزاره"} <= forms
    assert {"ولوزاره", "لرئيس الوزراء"} <= forms
    assert not {"لالعراق", "لعراق", "بوالعراق", "للوزاره"} & forms


def test_the_article_before_lam_is_spread_with_two_lams():
    assert "للجنه" in with_clitics(["اللجنه"])


@given(st.lists(soup, max_size=3), st.lists(st.sampled_from(PHRASES), unique=True, max_size=6))
def test_the_matches_are_those_of_looking_at_every_token(texts, phrases):
    words = read_words(texts)
    matches = PhraseMatcher(phrases).find(words)
    columns = (matches.phrases, matches.firsts, matches.lasts, matches.clitics)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == plainly_found(words, phrases)
    assert (matches.starts == words.starts[matches.firsts] + matches.clitics).all()


@given(st.lists(soup, min_size=1, max_size=4))
def test_a_text_has_the_same_matches_alone_and_among_others(texts):
    matcher = PhraseMatcher(PHRASES)
    words = read_words(texts)
    together = matcher.find(words)
    for number, text in enumerate(texts):
        low, high = int(words.borders[number]), int(words.borders[number + 1])
        mine = together.where((together.firsts >= low) & (together.firsts < high))
        alone = matcher.find(read_words([text]))
        assert mine.phrases.tolist() == alone.phrases.tolist()
        assert (mine.firsts - low).tolist() == alone.firsts.tolist()
        assert (mine.lasts - low).tolist() == alone.lasts.tolist()
        assert mine.clitics.tolist() == alone.clitics.tolist()


@given(soup)
def test_what_is_chosen_does_not_overlap_and_leaves_no_gap_for_more(text):
    words = read_words([text])
    matches = PhraseMatcher(PHRASES).find(words)
    chosen = leftmost_longest(matches)
    spans = list(zip(chosen.firsts.tolist(), chosen.lasts.tolist(), strict=True))
    assert all(end <= first for (_, end), (first, _) in itertools.pairwise(spans))
    taken = {token for first, end in spans for token in range(first, end)}
    for first, end in zip(matches.firsts.tolist(), matches.lasts.tolist(), strict=True):
        assert taken & set(range(first, end))
