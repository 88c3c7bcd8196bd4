"""The bundled sample: every record leaves by the door, and for the reason, that was written down for it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from beam_yaml import run_example
from corpus import accounting, warraq

from schemas.avro import to_record
from schemas.elements import RawRecord
from transforms.core.reading import ReadRules, read_records
from transforms.files import find_files, open_raw
from transforms.lists import deduplicate_list, parse_list, tag_list

SAMPLE = Path(__file__).parents[1] / "sample"
EXPECTED = json.loads((SAMPLE / "expected.json").read_text())
TABLES = ("articles", "duplicates", "dead_letters", "filtered")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "out"
    warraq(
        "batch",
        "--config",
        SAMPLE.parents[1] / "configs/local.yaml",
        "--input",
        SAMPLE / "inputs",
        "--output",
        folder,
    )
    return folder


@pytest.fixture(scope="module")
def rows(output):
    found = {}
    for table in TABLES:
        for line in warraq("inspect", output, "--table", table, "--jsonl").stdout.splitlines():
            row = json.loads(line)
            origin = row["origin"]
            place = (Path(origin["uri"]).relative_to(SAMPLE / "inputs").as_posix(), origin["index"])
            assert place not in found
            found[place] = (table, row)
    return found


def places():
    return {
        (expected["file"], expected["index"]): (key, expected)
        for key, expected in EXPECTED["records"].items()
    }


def test_every_expected_record_is_there_and_no_other(rows):
    assert set(rows) == set(places())


def test_every_record_leaves_by_its_door_with_its_reason(rows):
    for place, (key, expected) in places().items():
        table, row = rows[place]
        assert table == expected["door"], key
        for field in ("reason", "relation"):
            if field in expected:
                assert row[field] == expected[field], key


def test_every_duplicate_names_its_parent(rows):
    by_key = {key: place for place, (key, _) in places().items()}
    for place, (key, expected) in places().items():
        if "parent" in expected:
            parent = rows[by_key[expected["parent"]]][1]
            assert rows[place][1]["parent_id"] == parent["article_id"], key


def test_edited_reprints_are_dropped_with_their_similarity_and_texts_of_one_template_are_kept(rows):
    near = [place for place, (_, expected) in places().items() if expected.get("relation") == "near"]
    assert len(near) == 9
    for place in near:
        assert 0.7 <= rows[place][1]["similarity"] < 1
    assert [rows[place][0] for place, (_, expected) in places().items() if "template_of" in expected] == [
        "articles"
    ] * 2


def test_the_totals_add_up(output):
    totals = accounting(output)
    assert totals["holds"]
    assert totals["in"] == len(EXPECTED["records"])


def test_the_outputs_pass_verify(output):
    warraq("verify", output)


def test_hamza_less_and_vocalised_copies_were_found_by_folding_alone(rows):
    exact = [row for table, row in rows.values() if table == "duplicates" and row["relation"] == "exact"]
    assert len(exact) >= 12


def test_the_sample_is_what_its_sources_build():
    script = SAMPLE.parents[1] / "scripts" / "build_sample.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)


def test_the_sample_holds_every_form_compression_and_encoding(output):
    inputs = [
        json.loads(line)
        for line in warraq("inspect", output, "--table", "inputs", "--jsonl").stdout.splitlines()
    ]
    assert {row["form"] for row in inputs} >= {"text", "json_lines", "json", "csv", "feed", "avro"}
    assert {row["compression"] for row in inputs} >= {"none", "gzip", "bzip2", "xz", "zstd"}
    assert {row["encoding"] for row in inputs} >= {"utf-8", "utf-16-le", "cp1256", "iso8859_6"}


def test_outputs_can_be_inputs_again(output, tmp_path):
    again = tmp_path / "again"
    warraq("batch", "--input", output / "articles", "--output", again)
    assert accounting(again)["articles"] == accounting(output)["articles"]
    assert accounting(again)["in"] == accounting(output)["articles"]


def test_the_report_tells_every_reason_and_opens_offline(output):
    page = (output / "report.html").read_text()
    report = json.loads((output / "report.json").read_text())
    assert set(EXPECTED["reasons"]) <= {
        *report["dead_letters_by_reason"],
        *report["filtered_by_reason"],
    }
    assert "src=" not in page
    assert "http-equiv" in page


def test_the_pipeline_of_beam_yaml_writes_the_same_files_as_the_main_job(output, tmp_path):
    by_yaml = tmp_path / "by-yaml"
    config = SAMPLE.parents[1] / "configs/local.yaml"
    run_example("batch.yaml", input=SAMPLE / "inputs", output=by_yaml, config=config)

    # Data files are named by their checksum: the same names are the same bytes.
    def data_files(folder):
        return sorted(path.relative_to(folder) for path in folder.rglob("*.avro"))

    assert len(data_files(output)) > 30
    assert data_files(by_yaml) == data_files(output)
    assert accounting(by_yaml) == accounting(output)
    warraq("verify", by_yaml)


def test_lists_in_memory_give_the_articles_duplicates_and_tags_of_the_main_job(rows):
    read = [
        piece
        for file in find_files([str(SAMPLE / "inputs")])
        for piece in read_records(open_raw(file.uri), file.uri, file.size_bytes, ReadRules())
    ]
    parsed = parse_list(piece for piece in read if isinstance(piece, RawRecord))
    done = deduplicate_list(parsed.articles)
    tagged = tag_list(done.kept)

    def of(table):
        return [row for name, row in rows.values() if name == table]

    names = ("article_id", "parent_id", "root_id", "canonical_id", "relation", "similarity")
    told = [tuple(map(to_record("duplicates", row, "").get, names)) for row in done.duplicates]
    assert sorted(told) == sorted(tuple(map(row.get, names)) for row in of("duplicates"))
    expected = {row["article_id"]: row["tags"] for row in of("articles")}
    found = {one.article.article.article_id: to_record("articles", one, "")["tags"] for one in tagged}
    assert found == expected
    reasons = Counter(record.reason for record in parsed.left_out if record.is_filtered)
    assert reasons == Counter(row["reason"] for row in of("filtered"))


def test_lists_in_memory_need_no_beam():
    code = "import sys, transforms.lists, transforms.core.flat_rows; sys.exit('apache_beam' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
