"""Topics of invented articles: keywords, the linear model, forms of writing, training."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from transforms.core.tagging.topic_features import MOST_WORDS, TopicWords, features_of, select_words
from transforms.core.tagging.topic_keywords import Phrases, parse_keywords
from transforms.core.tagging.topic_reasons import explain
from transforms.core.tagging.topic_seeds import Piece, cut_articles, sure_topics
from transforms.core.tagging.topic_taxonomy import parse_taxonomy
from transforms.core.tagging.topic_training import Settings, topic_words, train_topics
from transforms.core.tagging.topics import load_topics
from transforms.core.tokens import words_of_texts

CORE = Path(__file__).parents[2] / "transforms" / "core"
TAXONOMY = (CORE / "lexicon" / "topics.tsv").read_text("utf-8")
KEYWORDS = (CORE / "lexicon" / "topic_keywords.tsv").read_text("utf-8")
MODEL_BYTES = (CORE / "models" / "topics.npz").read_bytes()
MODEL = load_topics(MODEL_BYTES, TAXONOMY, KEYWORDS)
HEADER = "code\tphrase\tweight\tscope\n"

SPORT = ("فريق الساحل يفوز في الدوري", "سجل المهاجم هدف الفوز في الشوط الثاني من المباراة وسط فرحة الجماهير")
ECONOMY = ("ارتفاع أسعار النفط", "صعد سعر برميل خام برنت في الأسواق المالية مع توقعات بتراجع إنتاج أوبك")
WEATHER = ("توقعات الطقس", "تتوقع الأرصاد هطول أمطار رعدية ورياح نشطة مثيرة للأتربة مع انخفاض درجات الحرارة")
WAR = ("غارات على مواقع المسلحين", "قصفت طائرات التحالف مواقع الميليشيات وسقط قتلى وجرحى في اشتباكات عنيفة")
COURT = (
    "السجن لعصابة سرقة",
    "قضت المحكمة بالسجن خمس سنوات على أفراد عصابة بعد أن ألقت الشرطة القبض على المتهمين",
)
OBITUARY = (
    "وفاة والد الزميل سالم",
    "انتقل إلى رحمة الله تعالى والد الزميل سالم، تغمد الله الفقيد بواسع رحمته وأسكنه فسيح جناته، وتقبل التعازي في منزله",
)


def tag(*articles):
    return MODEL.tag_batch(topic_words(articles))


def codes(article):
    return [topic.code for topic in tag(article)[0].topics]


@pytest.mark.parametrize(
    ("article", "code"),
    [
        (SPORT, "medtop:15000000"),
        (ECONOMY, "medtop:04000000"),
        (WEATHER, "medtop:17000000"),
        (WAR, "medtop:16000000"),
        (COURT, "medtop:02000000"),
    ],
)
def test_a_plain_article_has_its_topic_first(article, code):
    assert codes(article)[0] == code


def test_a_topic_of_the_second_level_stands_below_its_parent_only():
    taxonomy = parse_taxonomy(TAXONOMY)
    found = codes(WEATHER)
    below = [code for code in found if taxonomy[code].level == 2]
    assert below
    assert {taxonomy[code].parent for code in below} <= set(found)


def test_a_club_name_that_is_a_common_word_is_no_sport():
    assert "medtop:15000000" not in codes(
        (
            "ظهور هلال شوال",
            "أعلنت المحكمة العليا ثبوت رؤية الهلال، وهنأ المفتي المسلمين بعيد الفطر بعد شهر الصيام",
        )
    )
    assert "medtop:15000000" not in codes(
        (
            "رئيس الاتحاد الأوروبي يلتقي وزير الخارجية",
            "بحث الوزير مع قادة الاتحاد الأوروبي العقوبات والعلاقات الدبلوماسية",
        )
    )


def test_a_death_notice_has_its_form_and_no_topic():
    (found,) = tag(OBITUARY)
    assert found.form == "obituary"
    assert found.topics == ()


def test_nothing_is_said_of_an_empty_text():
    found = tag(("", ""), ("؟!", "…"))
    assert [answer.topics for answer in found] == [(), ()]
    assert MODEL.tag_batch(topic_words([])) == []


def test_a_text_has_the_same_topics_alone_and_among_others():
    articles = [SPORT, ("", ""), ECONOMY, WEATHER, WAR, COURT, OBITUARY] * 5
    together = tag(*articles)
    alone = [tag(article)[0] for article in articles]
    assert [answer.form for answer in together] == [answer.form for answer in alone]
    for one, other in zip(together, alone, strict=True):
        assert [topic.code for topic in one.topics] == [topic.code for topic in other.topics]
        assert np.allclose([topic.score for topic in one.topics], [topic.score for topic in other.topics])


def test_scores_fall_and_name_their_source():
    digest = hashlib.sha256(MODEL_BYTES).hexdigest()[:12]
    for answer in tag(SPORT, ECONOMY, WEATHER, WAR, COURT):
        scores = [topic.score for topic in answer.topics]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
        assert {topic.source for topic in answer.topics} <= {f"model:topics@{digest}", "rule:topic_keywords"}


def test_only_the_beginning_of_a_long_text_counts():
    filler = "كلمة " * MOST_WORDS
    (short,) = tag((SPORT[0], SPORT[1]))
    (buried,) = tag(("", filler + SPORT[1]))
    assert short.topics[0].code == "medtop:15000000"
    assert "medtop:15000000" not in [topic.code for topic in buried.topics]


def test_a_slice_of_a_larger_array_of_words_is_tagged_alike():
    words = topic_words([SPORT, ECONOMY])
    part = TopicWords(words.hashes, words.borders[1:], words.titles[1:])
    assert MODEL.tag_batch(part)[0].topics[0].code == "medtop:04000000"


@pytest.mark.parametrize(
    "form", ["الدوري", "والدوري", "بالدوري", "للدوري", "وللدوري", "وبالدوري", "كالدوري", "فالدوري"]
)
def test_a_phrase_is_found_with_every_clitic(form):
    assert find(["الدوري"], form) == [0]


def test_a_tilde_stands_for_with_and_without_the_article():
    assert find(["~مباراة"], "مباراة") == find(["~مباراة"], "وبالمباراة") == [0]
    assert find(["مباراة"], "المباراة") == []


def test_a_phrase_of_several_words_is_found_inside_and_with_its_parts():
    assert find(["كأس العالم", "كأس", "كأس العالم للأندية"], "في كأس العالم للأندية اليوم") == [1, 0, 2]


def test_a_written_form_is_not_taken_for_another_one_with_a_clitic():
    assert find(["زير", "وزير"], "وزير") == [1]


def test_a_short_word_has_no_clitics():
    assert find(["حج"], "حج") == [0]
    assert find(["حج"], "وحج") == []


def test_a_phrase_does_not_reach_from_title_to_body():
    assert Phrases(["كأس العالم"]).find(select_words(topic_words([("كأس", "العالم")]))).phrases.size == 0


def find(phrases, text):
    return Phrases(phrases).find(select_words(topic_words([("", text)]))).phrases.tolist()


def test_title_words_count_twice_in_features():
    features = features_of(select_words(topic_words([("خبر", "خبر خبر")])), 1)
    assert sorted(features.counts.tolist()) == [1, 4]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("medtop:15000000\tمباراة\t1", "line 2: 3 columns"),
        ("medtop:15000000\tمباراة\tone\tany", "'one' is no weight"),
        ("medtop:15000000\tمباراة\t1\tbody", "scope 'body'"),
        ("medtop:15000000\tواحد اثنان ثلاثة أربعة خمسة\t1\tany", "1 to 4 words"),
        ("medtop:15000000\t\t1\tany", "1 to 4 words"),
    ],
)
def test_a_bad_line_of_keywords_is_named(line, message):
    with pytest.raises(ValueError, match=message):
        parse_keywords(HEADER + line)


def test_a_keyword_of_an_unknown_topic_is_refused():
    with pytest.raises(ValueError, match="medtop:99000000"):
        load_topics(MODEL_BYTES, TAXONOMY, HEADER + "medtop:99000000\tمباراة\t1\tany")


def test_a_damaged_model_is_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        load_topics(MODEL_BYTES[:1000], TAXONOMY, KEYWORDS)


def test_a_damaged_taxonomy_is_refused():
    lines = TAXONOMY.splitlines()
    with pytest.raises(ValueError, match="twice"):
        parse_taxonomy("\n".join([*lines, lines[1]]))
    with pytest.raises(ValueError, match="not there"):
        parse_taxonomy("\n".join([lines[0], *lines[2:]]))
    with pytest.raises(ValueError, match="first line"):
        parse_taxonomy("")


def test_the_taxonomy_is_a_tree_with_17_roots_and_corrected_labels():
    topics = parse_taxonomy(TAXONOMY)
    assert len(topics) == 1085
    assert sum(topic.level == 1 for topic in topics.values()) == 17
    assert all(topic.level == 1 or topics[topic.parent].level == topic.level - 1 for topic in topics.values())
    assert all(topic.label_ar_corrected for topic in topics.values() if topic.level <= 2)
    assert topics["medtop:04000000"].label_ar_corrected == "اقتصاد، أعمال ومال"


def test_every_top_level_code_has_sixty_keywords_or_more():
    keywords = parse_keywords(KEYWORDS)
    for code, topic in parse_taxonomy(TAXONOMY).items():
        if topic.level == 1:
            assert sum(keyword.code == code and keyword.weight > 0 for keyword in keywords) >= 60, code


def test_the_table_of_keywords_is_in_order_and_without_doubles():
    script = CORE.parents[1] / "scripts" / "build_topics.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_reasons_name_phrases_and_words_of_the_text():
    words = topic_words([SPORT])
    folded = words_of_texts(list(SPORT)).folded
    forms = " ".join(folded).split()
    reasons = explain(MODEL, words, forms)
    assert {reason.code for reason in reasons} == {"medtop:15000000"}
    assert {reason.kind for reason in reasons} == {"phrase", "words"}
    assert "هدف الفوز" in {reason.said for reason in reasons}
    assert all(set(reason.said.split()) <= set(forms) for reason in reasons if reason.kind == "words")
    with pytest.raises(ValueError, match="one text"):
        explain(MODEL, topic_words([SPORT, WAR]), forms)
    assert explain(MODEL, topic_words([("", "")]), []) == []


def invented(count):
    """Return articles of two invented subjects with their topics."""
    articles, labels = [], []
    for number in range(count):
        sport = number % 2 == 0
        subject = "الفريق سجل هدفا في الملعب" if sport else "الوزير افتتح مدرسة جديدة للطلاب"
        articles.append((f"خبر {number}", f"{subject} يوم {number} بحضور {number * 7} شخصا"))
        labels.append(["medtop:15000000" if sport else "medtop:05000000"])
    return articles, labels


def test_a_model_is_learnt_from_own_articles_and_the_same_each_time():
    articles, labels = invented(80)
    data = train_topics(articles, labels, TAXONOMY, KEYWORDS, Settings(epochs=3))
    assert data == train_topics(articles, labels, TAXONOMY, KEYWORDS, Settings(epochs=3))
    model = load_topics(data, TAXONOMY, KEYWORDS)
    found = model.tag_batch(topic_words([("خبر", "الفريق سجل هدفا"), ("خبر", "افتتح مدرسة للطلاب")]))
    assert [answer.topics[0].code for answer in found] == ["medtop:15000000", "medtop:05000000"]


def test_too_few_articles_are_not_learnt_from():
    articles, labels = invented(20)
    with pytest.raises(ValueError, match="too few"):
        train_topics(articles, labels, TAXONOMY, KEYWORDS)


def test_an_unknown_code_is_not_learnt():
    articles, labels = invented(80)
    with pytest.raises(ValueError, match="sport"):
        train_topics(articles, [["sport"], *labels[1:]], TAXONOMY, KEYWORDS, Settings(epochs=1))


def test_seeds_are_sure_topics_that_the_section_allows():
    pieces = [
        Piece(*SPORT, "sport"),
        Piece(*SPORT, "economy"),
        Piece("", "كلام عام", "sport"),
        Piece(*WAR, ""),
    ]
    topics = sure_topics(
        pieces, MODEL.keywords, MODEL.tops, {"sport": ["medtop:15000000"], "economy": ["medtop:04000000"]}
    )
    assert topics == ["medtop:15000000", "", "", "medtop:16000000"]


def test_long_articles_without_a_title_are_cut_and_repeats_dropped():
    body = " ".join(f"كلمة{number}" for number in range(300))
    pieces = cut_articles([Piece("", body, "x"), Piece("", body, "x"), Piece("عنوان", "نص", "y")])
    assert [len(piece.body.split()) for piece in pieces] == [300, 110, 80, 1][: len(pieces)] or len(
        pieces
    ) >= 3
    assert pieces[-1] == Piece("عنوان", "نص", "y")
