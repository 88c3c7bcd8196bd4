import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.core.urls import canonical_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "http://example.org/أخبار/محلية",
            "http://example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/%D9%85%D8%AD%D9%84%D9%8A%D8%A9",
        ),
        ("http://example.org/%d8%a3", "http://example.org/%D8%A3"),
        ("http://example.org/\u0627\u0654", "http://example.org/أ"),
        ("HTTP://Example.ORG:80/a", "http://example.org/a"),
        ("https://example.org", "https://example.org:443/"),
        ("http://example.org/a?utm_source=x&id=7&fbclid=abc", "http://example.org/a?id=7"),
        ("http://example.org/a?b=2&a=1#part", "http://example.org/a?a=1&b=2"),
        (" http://example.org/a\n", "http://example.org/a"),
        ("http://example.org/%7Ename", "http://example.org/~name"),
        ("http://example.org/a?", "http://example.org/a"),
    ],
)
def test_two_ways_to_write_one_page_meet(one, other):
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "http://example.org/b"),
        ("http://example.org/a%2Fb", "http://example.org/a/b"),
        ("http://example.org/a?id=1", "http://example.org/a?id=2"),
        ("http://example.org/a?x=1%26y=2", "http://example.org/a?x=1&y=2"),
        ("http://example.org/A", "http://example.org/a"),
        ("http://example.org:8080/", "http://example.org/"),
        ("http://example.org/%E1", "http://example.org/%E2"),
        ("http://example.org/100%25", "http://example.org/100"),
    ],
)
def test_different_pages_stay_apart(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize("text", ["", "n/a", "urn:x:1", "http://[bad", "http://h:port/", "//x", "mailto:a@b"])
def test_what_is_no_web_address_comes_back_as_it_is(text):
    assert canonical_url(text) == text


@given(
    st.text(max_size=40) | st.text(alphabet="/?#%&=aأ\u0654:2F@[]. ", max_size=30).map("http://h/".__add__)
)
def test_any_text_has_a_canonical_form_that_stays(text):
    once = canonical_url(text)
    assert canonical_url(once) == once
