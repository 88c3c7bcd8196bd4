import json

from hypothesis import given
from hypothesis import strategies as st

from schemas.elements import Origin, RawRecord
from transforms.core.compared import normalize
from transforms.core.errors import ArticleError, OutOfScope
from transforms.core.mapping import READY_MAPS
from transforms.core.normalize import NormalizeRules
from transforms.core.parse import ParsePlan, parse
from transforms.core.tagging.tagger import TagRules
from transforms.core.tagging.user_rules import UserRules
from transforms.tag_models import load_tagger

PLAN = ParsePlan(READY_MAPS, {})
TAGGER = load_tagger(TagRules(), UserRules())
KEYS = [
    "body",
    "title",
    "source",
    "url",
    "author",
    "published",
    "crawled",
    "content",
    "date_extracted",
    "other",
]
texts = st.text(alphabet="ابتهيأإ سوريا العراق.–\n\r\u001a\u2028\u200f\u064b&;<>ﻻ😀", max_size=40) | st.text(
    max_size=20
)
values = texts | st.none() | st.integers() | st.floats() | st.booleans() | st.lists(texts, max_size=2)


def parsed(payload, form="json"):
    try:
        return parse(RawRecord(payload, form, "utf-8", "", Origin("f", 0, 0)), PLAN)
    except (ArticleError, OutOfScope):
        return None


def check(article):
    if article is None:
        return
    text = article.text
    assert text[article.title.start : article.title.end] == article.title_text
    for start, end in (*article.paragraphs, *article.subheads):
        assert article.body_start <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
    text.encode("utf-8")
    (tagged,) = TAGGER.tag([normalize(article, NormalizeRules())])
    last = dict.fromkeys((one.kind for one in tagged.tags), 0)
    for one in tagged.tags:
        if one.start is not None:
            assert last[one.kind] <= one.start < one.end <= len(text)
            assert text[one.start : one.end] == one.value
            last[one.kind] = one.end


@given(st.dictionaries(st.sampled_from(KEYS), values))
def test_any_record_is_an_article_or_has_a_reason(value):
    check(parsed(json.dumps(value).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_article_or_have_a_reason(payload):
    check(parsed(payload))
    check(parsed(payload, "text"))


@given(texts, texts)
def test_any_text_file_is_laid_out_within_itself(title, body):
    check(parsed(f"{title}\n\n{body}".encode("utf-8", "replace"), "text"))
