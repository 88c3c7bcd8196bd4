"""The seed article and 13 days of real newspapers in one run. The data is not part of the project."""

import json

import pytest
from corpus import SHARED, accounting, data_files, warraq

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]
INPUTS = (SHARED / "seed" / "*.txt", SHARED / "saudinewsnet_dev")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "out"
    warraq("batch", "--input", *INPUTS, "--output", folder)
    return folder


def test_every_one_of_the_23548_records_is_accounted_for(output):
    found = accounting(output)
    assert found["holds"]
    assert (found["in"], found["dead_letters"]) == (23_548, 0)
    assert found["articles"] + found["duplicates"] + found["filtered"] == 23_548


def test_277_empty_bodies_and_15_that_are_only_a_link_to_their_source_are_filtered(output):
    report = json.loads((output / "report.json").read_text())
    assert report["filtered_by_reason"]["empty_body"]["rows"] == 277 + 15


def test_what_was_written_passes_verify(output):
    warraq("verify", output)


@pytest.mark.long
def test_a_second_run_of_everything_is_byte_identical(output):
    first = data_files(output)
    warraq("batch", "--input", *INPUTS, "--output", output)
    assert data_files(output) == first


def test_a_second_run_is_byte_identical(tmp_path):
    inputs = (INPUTS[0], SHARED / "saudinewsnet_dev" / "2015-07-2[12].jsonl.gz")
    output = tmp_path / "out"
    warraq("batch", "--input", *inputs, "--output", output)
    first = data_files(output)
    warraq("batch", "--input", *inputs, "--output", output)
    assert data_files(output) == first


def test_the_seed_article_has_its_parts(output):
    lines = warraq(
        "inspect", next(output.glob("articles/date=unknown/**/*.avro")), "--jsonl"
    ).stdout.splitlines()
    (row,) = [json.loads(line) for line in lines]
    expected = json.loads((SHARED / "seed" / "seed_expected.json").read_text())
    assert row["title"] == row["text"][row["title_span"]["start"] : row["title_span"]["end"]]
    assert len(row["subheads"]) == 2
    countries = {place["country"] for place in expected["places"] if place["kind"] == "country"}
    assert countries <= {tag["country"] for tag in row["tags"] if tag["type"] == "country"}
    assert row["tags"][0]["code"] == "medtop:16000000"
