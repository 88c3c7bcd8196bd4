"""Near duplicates through the console script: the same bytes whatever the order, and the same decisions day by day."""

import json
import random

import pytest
from corpus import SHARED, body, data_files, record, warraq, write_corpus
from stories import articles, story, write


def rows(output, table):
    return [
        json.loads(line)
        for line in warraq("inspect", output, "--table", table, "--jsonl").stdout.splitlines()
    ]


def decisions(outputs):
    """Return article -> (relation, parent, root, canonical), and the relations, of what runs have written one after the other."""
    dropped, related = {}, set()
    for output in outputs:
        for row in rows(output, "duplicates"):
            if row["relation"] != "repeat":
                dropped[row["article_id"]] = (
                    row["relation"],
                    row["parent_id"],
                    row["root_id"],
                    row["canonical_id"],
                )
        for row in rows(output, "relations"):
            related.add(
                (
                    row["article_id"],
                    row["relation"],
                    row["other_id"],
                    row["version"],
                    round(row["jaccard"], 9),
                )
            )
    return dropped, related


def without_places(output):
    """The rows of the live generation without where they were read, which differs between layouts of the input."""
    found = []
    for table in ("articles", "duplicates", "relations"):
        for row in rows(output, table):
            for name in ("origin", "parent_origin", "other_origin"):
                row.pop(name, None)
            found.append(json.dumps([table, row], sort_keys=True))
    return sorted(found)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("near")
    output = folder / "out"
    warraq("batch", "--quiet", "--input", write(folder / "in", articles(), 5), "--output", output)
    return output


def test_copies_with_a_few_other_words_are_near_duplicates_with_their_evidence(whole):
    near = [row for row in rows(whole, "duplicates") if row["relation"] == "near"]
    assert len(near) == 14
    for row in near:
        assert 0.7 <= row["similarity"] < 1
        assert row["root_id"] == row["parent_id"] == row["canonical_id"]
        assert row["shared_shingles"] / (
            row["shingles"] + row["parent_shingles"] - row["shared_shingles"]
        ) == pytest.approx(row["similarity"])
        assert len(row["sample"]) == 3
        assert (row["threshold"], row["horizon_days"], row["parent_from_index"]) == (0.7, 14, False)


def test_another_text_at_the_same_url_is_a_later_version_and_stays(whole):
    versions = [row for row in rows(whole, "relations") if row["relation"] == "updated_version"]
    assert len(versions) == 8
    assert {row["version"] for row in versions} == {2}
    kept = {row["article_id"] for row in rows(whole, "articles")}
    assert {row["article_id"] for row in versions} <= kept


def test_what_was_written_passes_verify_and_adds_up(whole):
    warraq("verify", whole)
    report = json.loads((whole / "report.json").read_text())
    assert report["relations_by_kind"]["updated_version"]["rows"] == 8
    assert report["accounting"]["holds"]


@pytest.mark.parametrize(("seed", "workers", "files"), [("1", 1, 5), ("2", 2, 16)])
def test_neither_order_nor_workers_nor_hash_seed_nor_source_shards_change_a_decision(
    whole, tmp_path, seed, workers, files
):
    shuffled = articles()
    random.Random(int(seed)).shuffle(shuffled)
    options = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"] if workers == 2 else []
    source = write(tmp_path / "in", shuffled, files)
    warraq("batch", "--quiet", "--input", source, "--output", tmp_path / "out", *options, PYTHONHASHSEED=seed)
    assert without_places(tmp_path / "out") == without_places(whole)


def test_the_same_input_gives_the_same_bytes_in_one_process_and_in_two(tmp_path):
    source = write(tmp_path / "in", articles(), 5)
    for name, options in (
        ("one", ()),
        ("two", ("--direct_running_mode=multi_processing", "--direct_num_workers=2")),
    ):
        warraq(
            "batch", "--quiet", "--input", source, "--output", tmp_path / name, *options, PYTHONHASHSEED="7"
        )
    assert data_files(tmp_path / "one") == data_files(tmp_path / "two")


def by_day(records):
    days = {}
    for one in records:
        days.setdefault(one["published"][:10], []).append(one)
    return dict(sorted(days.items()))


def test_day_by_day_with_an_index_decides_as_one_run_over_all_days(whole, tmp_path):
    index, outputs = tmp_path / "index", []
    for day, records in by_day(articles()).items():
        outputs.append(tmp_path / day)
        source = write(tmp_path / f"in-{day}", records, 2)
        warraq("batch", "--quiet", "--input", source, "--output", outputs[-1], "--index", index)
        warraq("verify", outputs[-1])
    assert decisions(outputs) == decisions([whole])
    warraq("index", "check", index)
    elsewhere = [row for output in outputs for row in rows(output, "duplicates") if row["parent_from_index"]]
    assert elsewhere, "parents of earlier runs are found"
    again = data_files(outputs[2])
    day = sorted(by_day(articles()))[2]
    warraq("batch", "--quiet", "--input", tmp_path / f"in-{day}", "--output", outputs[2], "--index", index)
    assert data_files(outputs[2]) == again, "a run done again takes its own articles anew"
    warraq("index", "check", index)


def test_an_earlier_article_that_comes_late_supersedes_what_was_kept(tmp_path):
    early = record(1, body=story(1), published="2025-03-01T08:00:00Z")
    late = record(
        2,
        source="copier",
        url="http://copier.example/2",
        body=story(1, (5, 40)),
        published="2025-03-02T08:00:00Z",
    )
    for name, one in (("first", late), ("second", early)):
        source = write(tmp_path / f"in-{name}", [one], 1)
        warraq(
            "batch", "--quiet", "--input", source, "--output", tmp_path / name, "--index", tmp_path / "index"
        )
    (kept,) = rows(tmp_path / "second", "articles")
    (before,) = rows(tmp_path / "first", "articles")
    (row,) = [row for row in rows(tmp_path / "second", "relations") if row["relation"] == "superseded_by"]
    assert (row["article_id"], row["other_id"], row["root_id"]) == (
        before["article_id"],
        kept["article_id"],
        kept["article_id"],
    )
    warraq("verify", tmp_path / "second")
    third = record(
        3,
        source="third",
        url="http://third.example/3",
        body=story(1, (6, 41)),
        published="2025-03-03T08:00:00Z",
    )
    source = write(tmp_path / "in-third", [third], 1)
    warraq(
        "batch", "--quiet", "--input", source, "--output", tmp_path / "third", "--index", tmp_path / "index"
    )
    (dropped,) = rows(tmp_path / "third", "duplicates")
    assert (dropped["parent_id"], dropped["root_id"]) == (kept["article_id"], kept["article_id"])


def test_a_record_of_an_earlier_run_is_a_repeat(tmp_path):
    source = write(tmp_path / "in", [record(1, body=body(1))], 1)
    for name in ("first", "second"):
        warraq(
            "batch", "--quiet", "--input", source, "--output", tmp_path / name, "--index", tmp_path / "index"
        )
    (row,) = rows(tmp_path / "second", "duplicates")
    assert (row["relation"], row["parent_id"], row["parent_from_index"]) == (
        "repeat",
        row["article_id"],
        True,
    )
    assert rows(tmp_path / "second", "articles") == []


def test_an_index_made_with_other_parameters_is_refused_before_anything_is_read(tmp_path):
    source = write_corpus(tmp_path / "in", count=10)
    index = tmp_path / "index"
    warraq("batch", "--quiet", "--input", source, "--output", tmp_path / "out", "--index", index)
    refused = warraq(
        "batch", "--quiet", "--input", source, "--output", tmp_path / "other", "--index", index, "--set", "dedup.threshold=0.8",
        check=2,
    )  # fmt: skip
    assert "threshold 0.7 (now 0.8)" in refused.stderr
    assert (
        "lies in"
        in warraq("batch", "--input", source, "--output", tmp_path / "o", "--index", source, check=2).stderr
    )


def test_a_failed_run_leaves_the_index_as_it_was(tmp_path):
    source = write_corpus(tmp_path / "in", count=10)
    index = tmp_path / "index"
    warraq("batch", "--quiet", "--input", source, "--output", tmp_path / "out", "--index", index)
    before = {path.relative_to(index): path.read_bytes() for path in index.rglob("*.[aj]*") if path.is_file()}
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "x.jsonl").write_text('{"broken": \n{"broken":\n')
    warraq("batch", "--quiet", "--input", bad, "--output", tmp_path / "failed", "--index", index, check=4)
    assert {
        path.relative_to(index): path.read_bytes() for path in index.rglob("*.[aj]*") if path.is_file()
    } == before


def test_damage_to_an_index_is_found_and_taken_out(tmp_path):
    source = write_corpus(tmp_path / "in", count=10)
    index = tmp_path / "index"
    warraq("batch", "--quiet", "--input", source, "--output", tmp_path / "out", "--index", index)
    victim = next(index.glob("signatures/*/*.avro"))
    data = victim.read_bytes()
    victim.write_bytes(data[:-20] + b"\x00" + data[-19:])
    assert "checksum" in warraq("index", "check", index, check=7).stderr
    assert "taken out" in warraq("index", "repair", index).stderr
    warraq("index", "check", index)
    assert "articles of" in warraq("index", "stats", index).stderr
    assert "no index" in warraq("index", "stats", tmp_path / "nowhere", check=2).stderr


@pytest.mark.long
@pytest.mark.data
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout")
def test_thirteen_real_days_one_by_one_decide_as_one_run_over_all(tmp_path):
    outputs = []
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        outputs.append(tmp_path / path.name.split(".")[0])
        warraq("batch", "--quiet", "--input", path, "--output", outputs[-1], "--index", tmp_path / "index")
    warraq("batch", "--quiet", "--input", SHARED / "saudinewsnet_dev", "--output", tmp_path / "whole")
    assert decisions(outputs) == decisions([tmp_path / "whole"])
    warraq("index", "check", tmp_path / "index")
