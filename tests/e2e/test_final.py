"""`warraq inspect --final` as users run it: the fold of the sample says what its tables say."""

import json
from collections import Counter
from pathlib import Path

import pytest
from corpus import UNTAGGED, warraq

SAMPLE = Path(__file__).parents[1] / "sample" / "inputs"


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("final") / "out"
    warraq("batch", "--quiet", "--input", SAMPLE, "--output", folder, *UNTAGGED)
    return folder


def rows(*arguments):
    return [json.loads(line) for line in warraq("inspect", *arguments, "--jsonl").stdout.splitlines()]


def test_the_fold_of_a_batch_run_is_its_articles_and_its_duplicates(output):
    final = rows(output, "--final")
    ids = [row["article_id"] for row in final]
    assert ids == sorted(set(ids))
    articles = {row["article_id"]: row for row in rows(output, "--table", "articles")}
    dropped = {
        row["article_id"]: row for row in rows(output, "--table", "duplicates") if row["relation"] != "repeat"
    }
    assert articles
    assert dropped
    assert set(ids) == {*articles, *dropped}
    for row in final:
        of = row["article_id"]
        assert row["revision"] == 1
        assert row["kept"] == (of in articles)
        if row["kept"]:
            assert (row["relation"], row["parent_id"], row["root_id"], row["similarity"]) == (
                "",
                "",
                of,
                None,
            )
            same = ("source", "title")
            event = articles[of]["published_us"] or articles[of]["crawled_us"]
        else:
            same = ("source", "title", "relation", "parent_id", "root_id", "canonical_id", "similarity")
            event = dropped[of]["event_us"]
            assert row["root_id"] in articles
        table = articles if row["kept"] else dropped
        assert [row[name] for name in same] == [table[of][name] for name in same]
        assert row["event_us"] == event


def test_the_table_is_for_eyes_and_counts_what_it_left_out(output):
    counts = Counter(row["kept"] for row in rows(output, "--final"))
    done = warraq("inspect", output, "--final", "--limit", "5")
    assert len(done.stdout.splitlines()) >= 5 + 2
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert (
        f"5 of {sum(counts.values())} articles: {counts[True]} kept, {counts[False]} dropped" in done.stderr
    )


def test_fields_and_limit_choose(output):
    found = rows(output, "--final", "--limit", "2", "--fields", "article_id,kept")
    assert [tuple(row) for row in found] == [("article_id", "kept")] * 2
    done = warraq("inspect", output, "--final", "--fields", "nothing", check=2)
    assert "it has article_id, kept" in done.stderr


def test_what_is_no_output_folder_is_refused(tmp_path):
    assert "is no output folder" in warraq("inspect", tmp_path, "--final", check=2).stderr
