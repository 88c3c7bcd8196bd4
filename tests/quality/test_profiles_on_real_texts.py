"""The guarantees of the profiles on real texts: news of 2015, odd ones first, and other collections."""

import gzip
import itertools
import json
import lzma
import unicodedata

import pytest
from corpus import SHARED

from transforms.core.fast import map_text
from transforms.core.normalize import fold, normalize_text, normalize_texts
from transforms.core.profiles import DEDUP, DISPLAY, SEARCH
from transforms.core.repair import repeat

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]
PROFILES = (DISPLAY, SEARCH, DEDUP)
PLAIN, ODD = 600, 900
_FORMS = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for code in range(0xFE80, 0xFEF5)
    if unicodedata.category(chr(code)) != "Cn"
}


@pytest.fixture(scope="module")
def texts():
    """Return texts that need the slow road for some profile, and others; the first of each kind in file order."""
    plain, odd = [], []
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                record = json.loads(line)
                text = f"{record['title']}\n\n{record['content']}"
                (odd if map_text(text, DISPLAY) is None or "\u064b" in text else plain).append(text)
        if len(odd) >= ODD:
            break
    with lzma.open(SHARED / "topics_asnd_dev.jsonl.xz") as lines:
        posts = [json.loads(line)["text"] for line in itertools.islice(lines, 300)]
    return plain[:PLAIN] + odd[:ODD] + posts


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_second_time_changes_nothing(texts, profile):
    once = normalize_texts(texts, profile)
    assert normalize_texts(once, profile) == once


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_composed_decomposed_and_presentation_forms_are_one(texts, profile):
    expected = normalize_texts([unicodedata.normalize("NFC", text) for text in texts], profile)
    assert normalize_texts([unicodedata.normalize("NFD", text) for text in texts], profile) == expected
    presented = [
        "".join(_FORMS.get(char, char) for char in unicodedata.normalize("NFC", text)) for text in texts
    ]
    assert sum(one != other for one, other in zip(presented, texts, strict=True)) > 1000
    assert normalize_texts(presented, profile) == expected


def test_each_profile_can_be_made_from_the_one_below(texts):
    display, search, dedup = (normalize_texts(texts, profile) for profile in PROFILES)
    assert normalize_texts(display, SEARCH) == search
    assert normalize_texts(search, DEDUP) == dedup


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_both_roads_end_at_the_same_text_and_know_the_way_back(texts, profile):
    for text in texts[::3]:
        folded, offsets = fold(text, profile)
        slow, places = repeat(text, profile)
        assert folded == slow == normalize_text(text, profile)
        for way in (offsets, places):
            assert len(way) == len(folded)
            assert (way[1:] >= way[:-1]).all()
            assert not way.size or (way[0] >= 0 and way[-1] < len(text))


def test_the_character_at_an_offset_folds_to_the_character_it_made(texts):
    checked = 0
    for text in texts[::5]:
        folded, offsets = fold(text, "search")
        for char, place in zip(folded[::7], offsets[::7], strict=True):
            if char.isalnum() and text[place] != "&":
                assert char in normalize_text(text[place], "search"), (text[place - 3 : place + 3], char)
                checked += 1
    assert checked > 10_000
