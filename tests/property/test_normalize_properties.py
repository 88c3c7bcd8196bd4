import itertools

from hypothesis import given
from hypothesis import strategies as st

from transforms.core.normalize import dedup_text, fold

ODD = "ابتةىيأإآؤئءَُِّْٰـ ﻻﷲﷺ…&amp;#1575quot;٣۳،؛؟«»“”\u200f\u200c\u001a\u2028\ud83d\ude00\ud800\uffffAbÉ0 \n\t"
texts = st.text(alphabet=ODD, max_size=60) | st.text(st.characters(exclude_categories=()), max_size=60)


@given(texts)
def test_folding_any_text_never_raises_and_offsets_rise_within_it(text):
    for profile in ("search", "dedup"):
        folded, offsets = fold(text, profile)
        assert len(folded) == len(offsets)
        assert all(0 <= place < len(text) for place in offsets)
        assert all(first <= second for first, second in itertools.pairwise(offsets))


@given(texts)
def test_the_text_alone_equals_the_text_with_offsets(text):
    assert dedup_text(text) == fold(text, "dedup").text


@given(texts)
def test_dedup_text_is_words_one_blank_apart(text):
    folded = dedup_text(text)
    assert folded == " ".join(folded.split())
