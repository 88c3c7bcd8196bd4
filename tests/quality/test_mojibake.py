"""Damage of a thousand real articles is undone, and no clean one is touched. The data is not part of the project."""

import importlib.util
from pathlib import Path

import pytest
from corpus import SHARED

spec = importlib.util.spec_from_file_location("measure_mojibake", Path(__file__).with_name("mojibake.py"))
measure = importlib.util.module_from_spec(spec)
spec.loader.exec_module(measure)

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]


@pytest.fixture(scope="module")
def rows():
    return measure.sample(1000)


@pytest.mark.parametrize("kind", measure.KINDS, ids=str)
@pytest.mark.parametrize("field", ["content", "title"])
def test_at_least_99_percent_are_repaired_exactly_and_hardly_one_wrongly(rows, kind, field):
    exact, damaged, wrong = measure.repaired([row[field] for row in rows], kind)
    assert exact >= 0.99 * damaged
    assert len(wrong) <= 0.001 * damaged


def test_no_clean_article_of_the_saudi_newspapers_is_repaired():
    texts = [row.get(field) or "" for row in measure.articles() for field in ("title", "content", "author")]
    assert len(texts) == 3 * 23_547
    assert measure.false_repairs(texts)[0] == []


def test_no_clean_text_of_sanad_and_ant_is_repaired():
    assert measure.false_repairs(list(measure.topic_texts()))[0] == []


@pytest.mark.parametrize("codec", ["cp1256", "iso8859-6"])
def test_files_in_old_encodings_are_read_right(rows, codec):
    assert measure.files_read_right(rows, codec) >= 0.99 * len(rows)
