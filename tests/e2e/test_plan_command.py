"""`warraq plan` by the console script: the bundled sample, whose every record has a known door."""

import json
from pathlib import Path

import pytest
from corpus import UNTAGGED, warraq

from pipelines.cli import main

SAMPLE = Path(__file__).parents[1] / "sample"
EXPECTED = json.loads((SAMPLE / "expected.json").read_text())
PLAN = ("plan", "--input", SAMPLE / "inputs", *UNTAGGED)


@pytest.fixture(scope="module")
def told():
    return json.loads(warraq(*PLAN, "--json", "--runner", "DataflowRunner", "--workers", "2").stdout)


def test_the_plan_of_the_sample_is_what_a_run_makes_of_it(told):
    for amount, count in EXPECTED["totals"].items():
        assert told["estimates"][amount] == {"low": count, "likely": count, "high": count, "exact": True}
    seen = told["sample"]["reasons"]
    assert {**seen["dead_letter"], **seen["filtered"]} == EXPECTED["reasons"]
    assert seen["duplicate"] == EXPECTED["relations"]


def test_the_plan_of_a_service_has_prices_with_a_date(told):
    assert told["format"] == "warraq-plan/1"
    assert (told["engine"], told["workers"]) == ("DataflowRunner", 2)
    assert 0 < told["cost"]["dollars"]["low"] < told["cost"]["dollars"]["high"] < 1
    assert told["cost"]["prices"]["as_of"]
    assert told["memory_bytes"] is None


def test_readers_get_a_table():
    shown = warraq(*PLAN).stdout
    for words in (
        "articles kept",
        "143",
        "duplicates",
        "exact 15",
        "run time",
        "memory",
        "read all of the input",
    ):
        assert words in shown, words
    assert "cost" not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--input", "x", "--runner", "NoRunner"), 2, "'NoRunner' is no engine of warraq"),
        (("--input", "x", "--runner", "RayRunner"), 2, "RayRunner is refused"),
        (("--input", "x", "--sample", "0"), 2, "'0' is no whole number from 1"),
        (("--input", "x", "--scan", "-1"), 2, "--scan"),
        (("--input", "x", "--output", "out"), 2, "unknown argument"),
        ((), 2, "--input"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_is_read(arguments, code, message):
    assert message in warraq("plan", *arguments, check=code).stderr


def test_no_input_and_no_filesystem_are_told_apart(tmp_path, capfd):
    assert main(["plan", "--input", str(tmp_path / "none.jsonl")]) == 3
    assert "matches no file" in capfd.readouterr().err
    assert main(["plan", "--input", "nowhere://bucket/news"]) == 2
    assert "warraq[gcp]" in capfd.readouterr().err
