import hashlib
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.normalize import normalize_text
from transforms.core.tagging.keyphrases import count_title_tokens, find_keyphrases
from transforms.core.tagging.vocabulary import parse_vocabulary
from transforms.core.tagging.words import read_words

CORE = Path(__file__).parents[2] / "transforms" / "core"
MODEL = (CORE / "models" / "keyphrases.npz").read_bytes()
STOPWORDS = (CORE / "lexicon" / "stopwords.tsv").read_text(encoding="utf-8")
VOCABULARY = parse_vocabulary(MODEL, STOPWORDS)

TITLE = "مشروع مصنع الإسمنت في وادي النخيل يتأخر"
BODY = (
    "قال وزير الصناعة إن مصنع الإسمنت في وادي النخيل لن يفتح قبل نهاية العام. وأضاف الوزير أن مصنع الإسمنت يحتاج "
    "إلى محطة كهرباء.\nوتقول شركة السهل الأخضر، التي تبني المصنع، إن محطة كهرباء ثانية في الطريق. وأكدت شركة السهل "
    "الأخضر أن أهالي وادي النخيل سيعملون فيه."
)
#: Words that are made of each other, and what parts phrases.
_PIECES = (
    "الحكومة والحكومة للحكومة بالحكومة حكومة لِلحُكومةِ وَالحكومه وزير الخارجية خارجية أعلن في من 12 2030 يناير ، . « » "
    "رحمه الله المدينة لمدينة إسمنت اسمنت بن علي 𝒳 &amp; a"
)
soup = st.lists(st.sampled_from([*_PIECES.split(), "\n"]), max_size=40).map(" ".join)
texts = soup | st.text(max_size=30)


def phrases(*articles):
    """Return the phrases of articles, each a text or a pair of title and body."""
    pairs = [("", article) if isinstance(article, str) else article for article in articles]
    words = read_words([f"{title}\n\n{body}" if title else body for title, body in pairs])
    titles = count_title_tokens(words, [len(title) + 2 if title else 0 for title, _ in pairs])
    return find_keyphrases(words, VOCABULARY, titles)


def canonical(article):
    return [phrase.canonical for phrase in phrases(article)[0]]


def values(article):
    return [phrase.value for phrase in phrases(article)[0]]


def bare(*listed):
    words = read_words([" ".join(listed)])
    groups = VOCABULARY.groups(words)
    return [
        words.joined[start:end] for start, end in zip(groups.bare.tolist(), words.ends.tolist(), strict=True)
    ]


def test_an_article_is_about_what_it_names_often():
    found = values((TITLE, BODY))
    assert {"مصنع الإسمنت", "وادي النخيل", "شركة السهل الأخضر", "محطة كهرباء"} <= set(found)
    assert found[0] in {"مصنع الإسمنت", "وادي النخيل"}


def test_a_word_with_clitics_and_without_is_one_phrase():
    (found,) = phrases("رفضت النقابة العرض. والنقابة غاضبة، وقدم للنقابة عرض آخر، واجتمع بالنقابة الوسيط.")
    (union,) = [phrase for phrase in found if phrase.canonical == "النقابه"]
    assert (union.value, union.count, union.start) == ("النقابة", 4, 5)


def test_a_clitic_is_no_part_of_the_value():
    (found,) = phrases("بمحطة كهرباء هنا، وبمحطة كهرباء هناك، ولمحطة كهرباء أخرى.")
    assert [(phrase.value, phrase.count) for phrase in found] == [("محطة كهرباء", 3)]


def test_an_article_written_as_lam_is_restored_in_the_canonical_form():
    (found,) = phrases("قدم للنقابة عرض آخر. ثم قيل للنقابة كلام آخر.")
    (union,) = [phrase for phrase in found if phrase.canonical == "النقابه"]
    assert (union.value, union.count) == ("لنقابة", 2)


def test_a_letter_of_the_word_itself_is_no_clitic():
    own = [
        "وزير",
        "وكاله",
        "كتاب",
        "لجنه",
        "بنك",
        "فريق",
        "لبنان",
        "بغداد",
        "ولايه",
        "فيصل",
        "كمال",
        "لندن",
        "وليد",
    ]
    assert bare(*own) == own


def test_clitics_come_off_known_words_only():
    assert bare("وحكومه", "لحكومه", "والحكومه", "بالحكومه", "وللحكومه", "وزكرتيش", "بزكرتيش", "وبمحطه") == [
        "حكومه",
        "حكومه",
        "الحكومه",
        "الحكومه",
        "لحكومه",
        "وزكرتيش",
        "بزكرتيش",
        "محطه",
    ]


def test_no_phrase_begins_or_ends_with_a_function_word():
    assert not set(canonical("في وادي النخيل من في وادي النخيل من")) - {"وادي النخيل"}


def test_no_verb_is_in_a_phrase():
    for verb in ("أعلنت", "تستضيف", "سيفتتح", "ارتفعت", "يناقشون", "وأكد"):
        assert canonical(f"{verb} وادي النخيل. {verb} وادي النخيل. {verb}.") == ["وادي النخيل"], verb


def test_a_name_that_looks_like_a_verb_is_a_name():
    assert "متحف تدمر" in canonical("متحف تدمر. متحف تدمر.")
    assert canonical("مدينة ينبع. مدينة ينبع.") == ["مدينه ينبع"]


def test_formulas_and_phrases_of_newsrooms_are_no_keyphrases():
    assert canonical("الفقيد رحمه الله. رحمه الله. صلى الله عليه وسلم. صلى الله عليه وسلم.") == []
    assert (
        canonical("جدير بالذكر هذا، وجدير بالذكر ذاك. في سياق متصل. في سياق متصل. مصدر مسؤول. مصدر مسؤول.")
        == []
    )


def test_numbers_single_letters_days_and_months_alone_are_no_keyphrases():
    assert canonical("12 12 12. س س س. الثلاثاء. الثلاثاء. يناير. يناير. كانون الثاني، كانون الثاني.") == []
    assert canonical("ثلاثة ملايين. ثلاثة ملايين. يوم الخميس الماضي، يوم الخميس الماضي.") == []


def test_a_month_or_a_number_may_end_a_phrase():
    assert "ثوره يناير" in canonical("ثورة يناير. ثورة يناير.")
    assert "مونديال 2034" in canonical("مونديال 2034. مونديال 2034.")


def test_a_word_with_a_pronoun_is_no_phrase_and_begins_none():
    assert canonical("عمليتها العسكرية. عمليتها العسكرية. مدينتهم. مدينتهم.") in ([], ["العسكريه"])


def test_no_phrase_goes_over_a_punctuation_mark_or_a_line():
    for mark in ("، ", ". ", "\n", " - ", "» «"):
        assert "وادي النخيل" not in canonical(f"وادي{mark}النخيل. وادي{mark}النخيل"), mark


def test_a_phrase_inside_a_better_one_is_left_out():
    assert canonical("شركة السهل الأخضر. شركة السهل الأخضر. شركة السهل الأخضر.") == ["شركه السهل الاخضر"]


def test_a_piece_of_a_longer_name_is_no_phrase():
    found = canonical("مدير متحف وادي النخيل هنا. مدير متحف وادي النخيل هناك.")
    assert found == ["مدير متحف وادي"] or "متحف وادي النخيل" not in found


def test_what_stands_once_is_a_phrase_in_the_title_only():
    assert "مصنع الاسمنت" in canonical(("مصنع الإسمنت", "كلام آخر."))
    assert canonical("مصنع الإسمنت. كلام آخر.") == []


def test_the_value_is_the_spelling_that_the_article_uses_most():
    (found,) = phrases("متحف الاسماك هنا. متحف الأسماك هناك. متحف الأسماك بعيد.")
    (museum,) = [phrase for phrase in found if phrase.canonical == "متحف الاسماك"]
    assert (museum.value, museum.start, museum.count) == ("متحف الأسماك", 18, 3)


def test_copies_without_hamza_and_with_marks_have_the_same_phrases():
    hamzaless = str.maketrans("أإآ", "ااا")
    marked = str.maketrans({letter: letter + "\u064e" for letter in "بتصمنعرخ"})  # fatha
    copies = [(TITLE.translate(table), BODY.translate(table)) for table in ({}, hamzaless, marked)]
    clean, *others = (
        [(phrase.canonical, phrase.score, phrase.count) for phrase in found] for found in phrases(*copies)
    )
    assert others == [clean, clean]
    assert len(clean) >= 4


def test_scores_lie_between_0_and_1_and_grow_with_mentions():
    scores = [phrases("محطة كهرباء. " * count)[0][0].score for count in (2, 3, 5, 20)]
    assert scores == sorted(scores)
    assert 0.4 < scores[0] < scores[-1] < 1


def test_a_rare_word_weighs_more_than_a_common_one():
    (found,) = phrases("زكرتيش هنا، العمل هناك. زكرتيش هنا، العمل هناك. زكرتيش، العمل.")
    by_name = {phrase.canonical: phrase.score for phrase in found}
    assert by_name["زكرتيش"] > 2 * by_name.get("العمل", 0)


def test_as_many_phrases_come_as_are_wanted():
    words = read_words([f"{TITLE}\n\n{BODY}"])
    most = find_keyphrases(words, VOCABULARY, np.zeros(1, np.int64), most=2)[0]
    assert len(most) == 2
    assert most == find_keyphrases(words, VOCABULARY, np.zeros(1, np.int64))[0][:2]


def test_texts_of_nothing_have_no_phrases():
    assert find_keyphrases(read_words([]), VOCABULARY, np.zeros(0, np.int64)) == []
    assert phrases("", " \n", "،", "") == [[], [], [], []]


def test_title_tokens_are_those_before_the_body():
    words = read_words(["أ ب، ج\n\nد ه", "د ه", ""])
    assert count_title_tokens(words, [8, 0, 0]).tolist() == [4, 0, 0]


@given(st.lists(texts, max_size=5))
def test_spans_are_values_and_do_not_overlap(articles):
    for article, found in zip(articles, phrases(*articles), strict=True):
        spans = sorted((phrase.start, phrase.end) for phrase in found)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
        assert all(article[phrase.start : phrase.end] == phrase.value for phrase in found)
        assert all(0 < phrase.score < 1 and phrase.count >= 1 for phrase in found)
        assert len({phrase.canonical for phrase in found}) == len(found)


@given(st.lists(st.tuples(soup, soup), min_size=2, max_size=5))
def test_an_article_has_the_same_phrases_alone_and_among_others(articles):
    assert phrases(*articles) == [phrases(article)[0] for article in articles]


def test_the_list_of_stop_words_has_each_word_once_and_known_classes():
    rows = [line.split("\t") for line in STOPWORDS.splitlines()[1:]]
    folded = [normalize_text(word, "search") for word, _ in rows]
    assert len(folded) == len(set(folded))
    assert all(folded)
    assert rows == sorted(rows, key=lambda row: (row[1], normalize_text(row[0], "search")))


def test_a_list_with_another_class_or_column_is_refused():
    with pytest.raises(ValueError, match="'noun' is no class"):
        parse_vocabulary(MODEL, "word\tclass\nكتاب\tnoun\n")
    with pytest.raises(ValueError, match="columns"):
        parse_vocabulary(MODEL, "word\nكتاب\n")


def test_a_damaged_table_is_refused():
    with np.load(io.BytesIO(MODEL)) as arrays:
        table = dict(arrays)
    for broken, message in (
        ({name: table[name] for name in table if name != "words"}, "lacks words"),
        (table | {"phrases": table["phrases"][::-1]}, "phrases are not in rising order"),
    ):
        buffer = io.BytesIO()
        np.savez(buffer, **broken)
        with pytest.raises(ValueError, match=message):
            parse_vocabulary(buffer.getvalue(), STOPWORDS)


def test_the_table_is_small_and_names_itself():
    assert len(MODEL) <= 2_500_000
    assert VOCABULARY.provenance == f"model:keyphrases@{hashlib.sha256(MODEL).hexdigest()[:12]}"
