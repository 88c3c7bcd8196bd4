"""Real article pages: their day, and their text without the page around it."""

import difflib
import json

import pytest
from quality.gates import SHARED, digest_of, needs

from transforms.core.normalize import normalize_text
from transforms.pages import load_page_reader

pytestmark = needs("html_pages")
FOLDER = SHARED / "html_pages"
DIGEST = "161b353d25e4"
PAGES = sorted(path.name for path in FOLDER.glob("*.html")) if FOLDER.is_dir() else []
#: Words of controls, bars and footers that no text of an article here has.
CONTROLS = (
    "الأكثر قراءة",
    "اقرأ أيضا",
    "جميع الحقوق محفوظة",
    "سياسة الخصوصية",
    "تسجيل الدخول",
    "اشترك",
    "تابعنا",
    "function(",
    "cookie",
)
#: Characters of each text, within a tenth of what was looked at.
LENGTHS = {
    "fundus__LBCGroup_2026_01_08.html": 1354,
    "htmldate__1550981615.html": 1842,
    "htmldate__1588107198.html": 549,
    "htmldate__1623715966.html": 610,
    "htmldate__1691196862.html": 2045,
    "htmldate__1731695567.html": 608,
    "htmldate__1764731404.html": 1152,
    "htmldate__1784190729.html": 3220,
    "htmldate__1806793639.html": 485,
    "newspaper4k__arabic_article.html": 1930,
    "python-goose__test_cnn_arabic.html": 1930,
    "trafilatura__assabah.com.tn.article.html": 7560,
}


@pytest.fixture(scope="module")
def pages():
    read = load_page_reader()
    return {name: read((FOLDER / name).read_bytes().decode("utf-8", "replace")) for name in PAGES}


def words(text):
    return normalize_text(text, "dedup").split()


def test_the_pages_are_those_that_were_looked_at():
    assert digest_of("html_pages") == DIGEST
    assert set(PAGES) == set(LENGTHS)


def test_every_labelled_day_is_right(pages):
    gold = [json.loads(line) for line in (FOLDER / "gold_dates.jsonl").read_text("utf-8").splitlines()]
    assert len(gold) == 8
    assert {row["file"]: pages[row["file"]].published[:10] for row in gold} == {
        row["file"]: row["published"] for row in gold
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_gives_its_text_and_nothing_of_the_page(pages, name):
    page = pages[name]
    assert abs(len(page.body) - LENGTHS[name]) <= LENGTHS[name] / 10
    assert [word for word in CONTROLS if word in page.body] == []
    assert page.title
    assert page.url.startswith("http")
    arabic = sum("\u0621" <= char <= "\u064a" for char in page.body)
    assert arabic / len(page.body) > 0.7


def test_the_text_that_others_extracted_is_ours(pages):
    body = words(pages["newspaper4k__arabic_article.html"].body)
    expected = words((FOLDER / "newspaper4k__arabic_article.txt").read_text("utf-8"))
    assert difflib.SequenceMatcher(None, body, expected, autojunk=False).ratio() >= 0.98
    begun = json.loads((FOLDER / "python-goose__test_cnn_arabic.json").read_text("utf-8"))["expected"][
        "cleaned_text"
    ]
    ours = words(pages["python-goose__test_cnn_arabic.html"].body)
    assert ours[: len(words(begun)) - 1] == words(begun)[:-1]  # the last word of the sample is cut
