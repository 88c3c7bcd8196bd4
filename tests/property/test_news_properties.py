"""Whatever a text is made of, news parsing returns places that lie in it, in order, apart."""

import datetime
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.core.byline_parts import BylineLexicon
from transforms.core.lexemes import read_lexemes
from transforms.core.news import Printed, read_news
from transforms.core.structure import lay_out_text

NAMES = BylineLexicon(frozenset(("محمد", "خالد", "سالم", "علي")), {"بغداد": "IQ", "الرياض": "SA"})
PIECES = (
    *"0123456789٠٥.,/-–()«»“”\":؛،؟!…ـ|\n\r \u200f\u00a0%$@",
    "قال ", "وقال ", "ان ", "الاحد ", "امس ", "اليوم ", "نيسان", "ابريل ", "/", "رمضان ", "ربيع ", "الاول ", "1436", "هـ ", "2015",
    "م ", "الموافق ", "قبل ", "نحو ", "عام ", "ونصف ", "ثلاثة ", "وعشرين ", "مليون ", "ريال ", "دولار ", "في المئة ", "مقتل ", "شخصا ",
    "قتيلا ", "ما لا يقل عن ", "محمد ", "الرياض ", "بغداد", "أ ف ب", "رويترز", "سمات ", "انتهى", "رابط الخبر ", "بن ", "من ", "و", "الساعة ",
    "كل ", "يوم ", "هذا ", "الشهر ", "الماضي ", "بحسب ", "مؤكدا ", "تشرين ", "ال", "بَ", "ّ", "😀", "&quot;", "\ud800", "x",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def news_of(text, crawled=datetime.date(2015, 8, 19)):
    return read_news(Printed(text, lay_out_text(text), "", "wire", "", "", None, crawled), NAMES)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_every_mention_is_a_place_of_the_text_and_mentions_of_a_kind_lie_apart(text):
    news = news_of(text)
    for mentions in (news.dates, news.figures, news.quotes, news.boilerplate):
        end = 0
        for mention in mentions:
            assert end <= mention.start < mention.end <= len(text)
            end = mention.end


@settings(max_examples=300, deadline=None)
@given(texts)
def test_the_same_text_says_the_same(text):
    assert news_of(text) == news_of(text)


@settings(max_examples=200, deadline=None)
@given(texts, st.none() | st.dates())
def test_any_day_of_reading_will_do(text, crawled):
    news = news_of(text, crawled)
    assert (news.published_day == "") == (
        news.published_by in ("", "text")
    ) or news.published_by == "dateline"


@settings(max_examples=300, deadline=None)
@given(texts)
def test_lexemes_cover_every_letter_and_digit(text):
    lexemes = read_lexemes(text)
    assert all(a < b for a, b in zip(lexemes.starts, lexemes.ends, strict=True))
    # Only what folding writes out in several characters (…, ligatures) gives several lexemes in one place.
    places = list(zip(lexemes.starts, lexemes.ends, strict=True))
    assert all(end <= after[0] or (start, end) == after for (start, end), after in itertools.pairwise(places))
    for index, word in enumerate(lexemes.words):
        assert lexemes.place(index, 0) == lexemes.starts[index]
        assert word


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_of_any_script_is_parsed(text):
    news_of(text)
