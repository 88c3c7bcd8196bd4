"""What holds of tags on any text: places, order, no overlap, and nothing that depends on other articles."""

import itertools

from builders import article, normalized
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tag_samples import SAMPLES, bare_alefs, stretched, vocalised

from transforms.core.normalize import normalize_text
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.core.tagging.words import read_words
from transforms.tag_models import load_tagger

TAGGER = load_tagger(TagRules(), UserRules())
#: Words that names are made of, what stands around them, and what is easily taken for a name.
PIECES = (
    "بغداد والقاهرة للعراق بمصر وبيروت عمان صور تدمر مدينة المدينة المنورة في إلى ب و سمير الحداد وسمير محمد بن عبد الله الدين "
    "أبو آل الوزير رئيس الوزراء اللبناني السيد الدكتور وزارة الصحة مجلس الأمن الأمم المتحدة للأمم نادي الهلال صحيفة الحياة قال "
    "أعلنت التقى ، . « » ( ) - : 12 ٣ AFP &amp; &#1575; ﷲ ﻻ ـ مـصر بَغْدَادُ 😀 الأحد التي أن لم"
)
soup = st.lists(st.sampled_from([*PIECES.split(), "\n", "\n\n"]), max_size=40).map(" ".join)
anything = st.text(max_size=60) | st.text(
    alphabet="ابتلوفكيمنسر دعأإةى.،\n\u064e\u0640\u200f&;#1😀ﻻ", max_size=60
)
samples = st.sampled_from([sample.body for sample in SAMPLES])
cuts = st.tuples(samples, st.integers(0, 1200), st.integers(1, 120)).map(
    lambda cut: cut[0][cut[1] :][: cut[2]]
)
texts = soup | anything | cuts
articles = st.builds(lambda title, body: normalized(article(body=body, title=title)), texts, texts)


def tags_of(one):
    return TAGGER.tag([one])[0].tags


def check(one, tags):
    text = one.article.text
    for tag in tags:
        assert 0 <= tag.score <= 1
        if tag.kind == "topic":
            assert tag.start is tag.end is None
        else:
            assert 0 <= tag.start < tag.end <= len(text)
            assert text[tag.start : tag.end] == tag.value
            assert any(map(str.isalnum, normalize_text(tag.value, "dedup")))
    placed = [tag for tag in tags if tag.start is not None]
    assert list(tags) == [tag for tag in tags if tag.start is None] + sorted(
        placed, key=lambda tag: tag.start
    )
    for kind in {tag.kind for tag in placed}:
        spans = [(tag.start, tag.end) for tag in placed if tag.kind == kind]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    things = {}
    for tag in tags:
        thing = tag.kind, tag.code, tag.canonical, tag.country
        assert things.setdefault(tag.entity, thing) == thing


@given(articles)
@example(normalized(article(body="", title="")))
@example(normalized(article(body="بن بن بن بن عبد أبو", title="آل")))
@example(normalized(article(body="ل" * 50 + " و وو ووو لل ال الل", title="لل")))
def test_any_text_has_tags_that_lie_in_it(one):
    check(one, tags_of(one))


@given(st.lists(articles, min_size=2, max_size=5))
def test_an_article_has_the_same_tags_alone_and_among_others(batch):
    together = TAGGER.tag(batch)
    assert [tagged.article for tagged in together] == batch
    assert [tagged.tags for tagged in together] == [tags_of(one) for one in batch]
    assert [tagged.tags for tagged in TAGGER.tag(batch[::-1])] == [tagged.tags for tagged in together][::-1]


@settings(max_examples=60)
@given(soup | cuts, st.sampled_from([bare_alefs, vocalised, stretched]))
def test_the_same_things_are_tagged_in_every_spelling(body, rewrite):
    clean, other = (normalized(article(body=text, title="خبر")) for text in (body, rewrite(body)))
    if read_words([clean.article.text]).forms() != read_words([other.article.text]).forms():
        return  # tatweel beside a reference or a sign may be a dash
    things = [
        [
            (tag.kind, tag.type, tag.code or normalize_text(tag.canonical, "dedup"), tag.country, tag.score)
            for tag in tags_of(one)
        ]
        for one in (clean, other)
    ]
    # A keyphrase stands where the spelling is that the article uses most, so the order may differ.
    assert sorted(things[0]) == sorted(things[1])


@given(soup)
def test_a_person_is_called_by_one_of_the_names_of_the_article(body):
    (tagged,) = TAGGER.tag([normalized(article(body=body, title=""))])
    for entity in {tag.entity for tag in tagged.tags if tag.kind == "person"}:
        mentions = [tag for tag in tagged.tags if tag.entity == entity]
        names = {normalize_text(tag.value, "search") for tag in mentions}
        assert normalize_text(mentions[0].canonical, "search").removeprefix("ا") in {
            name.removeprefix("ا") for name in names
        }
