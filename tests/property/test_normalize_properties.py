"""The guarantees of the profiles, over any Unicode text and over texts made to be difficult."""

import itertools
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.core.normalize import dedup_text, fold, normalize_text, normalize_texts
from transforms.core.profiles import DEDUP, DISPLAY, SEARCH, SWITCHABLE, Profile
from transforms.core.repair import repeat

PROFILES = ("display", "search", "dedup")
LETTERS = "ابتةىيأإآؤئءوهلمنک گپیے"
MARKS = "\u064b\u064c\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655\u0670\u06e5\u08d3\u0301\u0300"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202b\u2067\ufeff\u00ad\u061c\x00\x1a\x1f"
SPACES = " \n\t\r\u00a0\u2003\u2028\u2029\u3000"
PRESENTATION = "ﺍﻻﻷﻹﷲﷺ﷽﷼ﺀﺁﹰﹱﱞﹼ"
SIGNS = "«»“”″’‘–—−…،؛؟٪٫٬%,.;:()-_'\"/ـ"
DIGITS = "0159٠١٥٩۰۱۵۹"
REFERENCES = [
    "&",
    "amp",
    "AMP",
    "Amp",
    "quot",
    "#39",
    "#x26",
    "#٣٤",
    "#65271",
    "lt",
    "nbsp",
    ";",
    "؛",
    "&amp;",
    "&amp;amp;quot;",
    "zwj",
    "shy",
]
OTHER = "aAéÉİßςΣЖжi\u0130ıﬁＡ가각\u1100\u1161\u11a8अ\u0928\u093c\U0001f600\U0001d15e\U00010400\ud800\udc00\ufffe\uffff\ufdd0\ue000Ø§Ù„Ã"

characters = st.sampled_from(
    list(LETTERS + MARKS + INVISIBLE + SPACES + PRESENTATION + SIGNS + DIGITS + OTHER) + REFERENCES
)
odd = st.lists(characters, max_size=24).map("".join)
texts = odd | st.text(st.characters(exclude_categories=()), max_size=40)
whole = odd.map(lambda text: "".join(c for c in text if not "\ud800" <= c <= "\udfff"))


@pytest.mark.parametrize("profile", PROFILES)
@given(text=texts)
@example(text="&amp;amp;amp;amp;quot;")
@example(text="&qu\u200bot;")
@example(text="&Amp;#٣٤;")
@example(text=" \n")
def test_a_second_time_changes_nothing(profile, text):
    once = normalize_text(text, profile)
    assert normalize_text(once, profile) == once


@pytest.mark.parametrize("profile", PROFILES)
@given(text=whole | st.text(max_size=40))
@example(text="\u0622")
@example(text="\u0627\u0654\u0653")
@example(text="e\u200d\u0301")
def test_composed_and_decomposed_texts_are_one(profile, text):
    composed = normalize_text(unicodedata.normalize("NFC", text), profile)
    assert composed == normalize_text(unicodedata.normalize("NFD", text), profile)


_FORMS = {}
for code in [*range(0xFB50, 0xFDFC), *range(0xFE80, 0xFEFD)]:
    plain = unicodedata.normalize("NFKC", chr(code))
    if (
        unicodedata.category(chr(code)) != "Cn"
        and " " not in plain
        and plain != chr(code)
        and len(plain) <= 2
    ):
        _FORMS.setdefault(plain, []).append(chr(code))


@given(st.lists(st.sampled_from(sorted(_FORMS)), max_size=12), st.randoms(use_true_random=False))
def test_presentation_forms_and_plain_letters_are_one(pieces, random):
    presented = "".join(random.choice(_FORMS[piece]) for piece in pieces)
    for profile in PROFILES:
        assert normalize_text(presented, profile) == normalize_text("".join(pieces), profile)


@given(texts)
def test_each_profile_can_be_made_from_the_one_below(text):
    display, search = normalize_text(text, "display"), normalize_text(text, "search")
    assert normalize_text(display, "search") == search
    assert normalize_text(search, "dedup") == normalize_text(text, "dedup")


@pytest.mark.parametrize("profile", PROFILES)
@given(text=texts)
def test_offsets_are_exact_in_number_never_fall_and_stay_in_the_text(profile, text):
    folded, offsets = fold(text, profile)
    assert folded == normalize_text(text, profile)
    assert len(folded) == len(offsets)
    assert all(0 <= place < len(text) for place in offsets)
    assert all(first <= second for first, second in itertools.pairwise(offsets))


@pytest.mark.parametrize("profile", [DISPLAY, SEARCH, DEDUP])
@given(text=texts)
def test_the_fast_road_and_the_slow_road_end_at_the_same_text(profile, text):
    assert normalize_text(text, profile) == repeat(text, profile)[0]


@pytest.mark.parametrize("profile", PROFILES)
@given(batch=st.lists(texts, max_size=8))
def test_a_batch_gives_what_each_text_gives_alone(profile, batch):
    assert normalize_texts(batch, profile) == [normalize_text(text, profile) for text in batch]


@given(texts)
def test_the_output_alphabet_is_closed(text):
    display, search, dedup = (normalize_text(text, profile) for profile in PROFILES)
    never = "\x00\t\r\x1a\x1f\u00a0\u00ad\u061c\u200b\u200e\u200f\u2003\u2028\u202b\u2067\u3000\ufeff\ufffe\uffffﺍﻻﻷﻹﷲﷺ﷽ﺀ"
    assert not set(never) & set(display + search + dedup)
    assert not set("أإآؤئةىیکگپ\u064b\u0651\u0670ـ\u200c\u200d«»“”–—…،؛؟٪0٠۱A".replace("0", "")) & set(
        search + dedup
    )
    assert all(char == " " or char.isalnum() for char in dedup)
    assert not any("\ud800" <= char <= "\udfff" for char in display)


@given(texts)
def test_white_space_is_single_and_none_stands_at_the_ends(text):
    for profile in PROFILES:
        folded = normalize_text(text, profile)
        assert folded == folded.strip()
        assert not any(pair in folded for pair in ("  ", " \n", "\n ", "\n\n"))


@given(texts)
def test_a_text_grows_by_a_bounded_factor(text):
    for profile in PROFILES:
        assert len(normalize_text(text, profile)) <= 22 * len(text)


@pytest.mark.parametrize(
    "nothing", ["", " ", "\u064b\u0651", "\u0670\u06e5", "\u200f\u200b", "\n\n", "\u064e \u064f"]
)
def test_nothing_and_marks_alone_become_nothing(nothing):
    assert normalize_text(nothing, "search") == ""
    assert dedup_text(nothing) == ""


@settings(deadline=None)  # the tables of a new set of rules are made at first use
@given(texts, st.sets(st.sampled_from(SWITCHABLE), max_size=5), st.sampled_from(PROFILES))
def test_the_guarantees_hold_with_any_rules_off(text, off, name):
    profile = Profile(name, frozenset(off))
    once = normalize_text(text, profile)
    assert normalize_text(once, profile) == once
    assert fold(text, profile).text == once == repeat(text, profile)[0]
    if name != "display":
        below = Profile("display" if name == "search" else "search", frozenset(off))
        assert normalize_text(normalize_text(text, below), profile) == once
    whole_text = text.encode("utf-16", "replace").decode("utf-16", "replace") if not text.isascii() else text
    assert normalize_text(unicodedata.normalize("NFD", whole_text), profile) == normalize_text(
        unicodedata.normalize("NFC", whole_text), profile
    )
