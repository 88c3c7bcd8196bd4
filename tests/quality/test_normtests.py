from collections import Counter

import pytest
from quality import normtests
from quality.normtests import CHARACTER_RULES, LUCENE, TABLES, compare, compare_table, endings, tables

from transforms.core.normalize import normalize_text

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not TABLES.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]

#: Rows that must agree (the same text, or theirs absorbed by ours): calling more of them another job cannot hide one.
AGREE = {"camel": 279, "duckling": 129, "lucene": 15, "maha": 100, "pyarabic": 13}


@pytest.fixture(scope="module")
def results():
    return {table: compare_table(table) for table in tables()}


def test_all_tables_are_there(results):
    assert len(results) == 19
    assert sum(map(len, results.values())) == 2196 + len(LUCENE)


@pytest.mark.parametrize("table", tables())
def test_no_difference_is_without_a_name(table, results):
    assert [result for result in results[table] if result.ending == "unexplained"] == []


def test_every_anchor_agrees_on_as_many_rows_as_ever(results):
    agree = Counter(
        result.row.anchor
        for rows in results.values()
        for result in rows
        if result.ending in {"same", "absorbed"}
    )
    assert {anchor: agree[anchor] for anchor, floor in AGREE.items() if agree[anchor] < floor} == {}


def test_what_lucene_normalises_we_normalise_alike():
    assert endings(map(compare, LUCENE)) == {"same": 15}


def test_every_explained_row_names_its_rule(results):
    for rows in results.values():
        for result in rows:
            assert result.names or result.ending in {"same", "absorbed"}, result


def test_the_rules_for_characters_explain_no_other_text_than_ours(results):
    for result in results["camel_arclean_map"]:
        row, ours = result.row, result.ours
        for wrong in (f"{ours}ظ", f"ظ{ours}", "ظ"):
            explained = [name for name, holds in CHARACTER_RULES if holds(row.given, row.expected, wrong)]
            assert not explained, (row, wrong)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda text: text.replace("ه", ""), id="a letter lost"),
        pytest.param(lambda text: text.replace("ي", "ى"), id="yeh folded the wrong way"),
        pytest.param(lambda text: text.replace(".", ","), id="decimal point lost"),
        pytest.param(lambda text: f"{text} ", id="a blank more"),
    ],
)
def test_a_broken_profile_is_noticed(broken, monkeypatch):
    ours = normtests.normalize_text
    monkeypatch.setattr(normtests, "normalize_text", lambda text, profile: broken(ours(text, profile)))
    assert endings(result for table in tables() for result in compare_table(table))["unexplained"] > 10


def test_the_profiles_nest_over_every_input_of_the_tables(results):
    texts = {
        form for rows in results.values() for row, *_ in rows for form in (row.given, f"بحر{row.given} بر")
    }
    for text in texts:
        display, search, dedup = (normalize_text(text, profile) for profile in ("display", "search", "dedup"))
        assert normalize_text(display, "display") == display, text
        assert normalize_text(display, "search") == normalize_text(search, "search") == search, text
        assert normalize_text(search, "dedup") == normalize_text(dedup, "dedup") == dedup, text
