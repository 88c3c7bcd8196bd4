"""The main job through the console script."""

import fcntl
import importlib.util
import json
import subprocess

import pytest
from corpus import WARRAQ, accounting, all_data_files, body, data_files, record, warraq, write_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("in"))


@pytest.fixture(scope="module")
def clean(corpus, tmp_path_factory):
    output = tmp_path_factory.mktemp("clean") / "out"
    warraq("batch", "--input", corpus, "--output", output)
    return output


def test_every_record_is_accounted_for(clean):
    assert accounting(clean) == {
        "in": 141, "articles": 120, "duplicates": 19, "dead_letters": 1, "filtered": 1, "holds": True,
    }  # fmt: skip


def test_a_clean_run_passes_verify(clean):
    warraq("verify", clean)


def test_a_second_run_leaves_the_same_bytes_under_the_same_names(corpus, clean, tmp_path):
    output = tmp_path / "out"
    warraq("batch", "--input", corpus, "--output", output, PYTHONHASHSEED="1")
    first = data_files(output)
    warraq("batch", "--input", corpus, "--output", output, PYTHONHASHSEED="2")
    assert data_files(output) == first == data_files(clean)
    assert all_data_files(output) == set(first)
    assert json.loads((output / "_SUCCESS").read_text())["generation"] == 2


def test_the_order_of_the_patterns_does_not_matter(corpus, clean, tmp_path):
    files = sorted(corpus.iterdir(), reverse=True)
    warraq("batch", "--input", *files, corpus, "--output", tmp_path / "out")
    assert data_files(tmp_path / "out") == data_files(clean)


def test_fewer_or_more_shards_than_an_earlier_run_leave_no_stale_rows(corpus, tmp_path):
    output = tmp_path / "out"
    for shards in (5, 3, 7):
        warraq("batch", "--input", corpus, "--output", output, "--set", f"output.shards={shards}")
        assert accounting(output)["articles"] == 120
        assert all_data_files(output) == set(data_files(output))
        warraq("verify", output)
    fresh = tmp_path / "fresh"
    warraq("batch", "--input", corpus, "--output", fresh, "--set", "output.shards=7")
    assert data_files(fresh) == data_files(output)


def test_worker_processes_give_the_same_bytes(corpus, clean, tmp_path):
    output = tmp_path / "out"
    warraq(
        "batch", "--input", corpus, "--output", output,
        "--direct_running_mode=multi_processing", "--direct_num_workers=2",
    )  # fmt: skip
    assert data_files(output) == data_files(clean)


def test_direct_runner_is_the_same_engine_and_says_so(corpus, clean, tmp_path):
    done = warraq("batch", "--input", corpus, "--output", tmp_path / "out", "--runner=DirectRunner")
    assert "FnApiRunner" in done.stderr
    assert data_files(tmp_path / "out") == data_files(clean)


def test_too_many_dead_letters_fail_the_run_after_everything_is_written(tmp_path):
    (tmp_path / "in.jsonl").write_text("\n".join([json.dumps(record(n)) for n in range(5)] + ["{bad"] * 5))
    output = tmp_path / "out"
    done = warraq("batch", "--input", tmp_path / "in.jsonl", "--output", output, check=4)
    assert "max_dead_letter_share" in done.stderr
    assert accounting(output) == {
        "in": 10, "articles": 5, "duplicates": 0, "dead_letters": 5, "filtered": 0, "holds": True,
    }  # fmt: skip
    assert not (output / "_SUCCESS").exists()
    assert (output / "_FAILED").exists()
    rows = [
        json.loads(line) for line in warraq("inspect", output / "dead_letters", "--jsonl").stdout.splitlines()
    ]
    assert [row["reason"] for row in rows] == ["bad_json"] * 5
    warraq(
        "batch",
        "--input",
        tmp_path / "in.jsonl",
        "--output",
        output,
        "--set",
        "run.max_dead_letter_share=0.5",
    )
    assert (output / "_SUCCESS").exists()
    assert not (output / "_FAILED").exists()


def test_a_failed_run_leaves_the_earlier_generation_live(corpus, clean, tmp_path):
    output = tmp_path / "out"
    warraq("batch", "--input", corpus, "--output", output)
    (tmp_path / "bad.jsonl").write_text("{bad\n" * 3)
    warraq("batch", "--input", tmp_path / "bad.jsonl", "--output", output, check=4)
    assert data_files(output) == data_files(clean)


def test_no_input_is_an_error_unless_it_is_allowed(tmp_path):
    done = warraq("batch", "--input", tmp_path / "none*", "--output", tmp_path / "out", check=3)
    assert "matches no file" in done.stderr
    assert not (tmp_path / "out").exists()
    warraq("batch", "--input", tmp_path / "none*", "--output", tmp_path / "out", "--allow-empty")
    assert accounting(tmp_path / "out")["in"] == 0
    warraq("verify", tmp_path / "out")


def test_an_input_inside_the_output_is_refused(corpus, tmp_path):
    warraq("batch", "--input", corpus, "--output", tmp_path / "out")
    done = warraq("batch", "--input", tmp_path / "out", "--output", tmp_path / "out", check=2)
    assert "lies in --output" in done.stderr


def test_two_runs_at_once_on_one_output_are_refused(corpus, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    with (output / ".warraq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = warraq("batch", "--input", corpus, "--output", output, check=6)
    assert "another run" in done.stderr


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("--runer=DirectRunner", "--runner"),
        ("--num_wrokers=2", "num_workers"),
        ("--outptu=x", "--output"),
        ("-f", "-f"),
    ],
)
def test_a_misspelt_option_is_refused_with_a_suggestion(corpus, tmp_path, argument, hint):
    done = warraq("batch", "--input", corpus, "--output", tmp_path / "out", argument, check=2)
    assert hint in done.stderr
    assert not (tmp_path / "out").exists()


def test_all_faults_of_a_config_are_told_at_once_with_their_places(corpus, tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text("dedup:\n  horizon_day: 3\n  min_tokens: 0\noutput: {codec: zip}\n")
    done = warraq("batch", "--config", config, "--input", corpus, "--output", tmp_path / "out", check=2)
    for piece in (f"{config}:2:3", "horizon_days", f"{config}:3:", f"{config}:4:", "zstandard"):
        assert piece in done.stderr


def test_another_engine_that_is_silently_wrong_is_refused(corpus, tmp_path):
    done = warraq("batch", "--input", corpus, "--output", tmp_path / "out", "--runner=DaskRunner", check=2)
    assert "DaskRunner" in done.stderr


def test_hostile_source_names_stay_inside_the_output(tmp_path):
    sources = ["../../evil", "/abs", "..", "con", "a\0b", "الوطن", "\u202e", "x" * 300, "a/b", "%2e%2e"]
    lines = [json.dumps(record(n, source=source)) for n, source in enumerate(sources)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    output = tmp_path / "deep" / "er" / "out"
    warraq("batch", "--input", tmp_path / "in.jsonl", "--output", output)
    assert accounting(output)["articles"] == len(sources)
    assert all(path == output or output in path.parents for path in tmp_path.rglob("*.avro"))
    warraq("verify", output)


def test_a_wire_text_file_is_one_article(tmp_path):
    (tmp_path / "1.txt").write_text(f"العنوان\n\n{body(1)}\n\n– عنوان فرعي –\n\n{body(2)}\n")
    output = tmp_path / "out"
    warraq("batch", "--input", tmp_path / "1.txt", "--output", output, "--set", "parse.crawled=2025-03-27")
    (row,) = [json.loads(line) for line in warraq("inspect", output, "--jsonl").stdout.splitlines()]
    assert row["title"] == "العنوان"
    assert [row["text"][span["start"] : span["end"]] for span in row["subheads"]] == ["عنوان فرعي"]
    assert [path.parent.parent.name for path in output.rglob("articles/**/*.avro")] == ["date=2025-03-27"]


def test_a_full_disk_is_a_clear_failure_and_nothing_is_published(corpus, tmp_path):
    limited = [
        "bash",
        "-c",
        f"ulimit -f 2; exec {WARRAQ} batch --quiet --input {corpus} --output {tmp_path / 'out'}",
    ]
    done = subprocess.run(limited, capture_output=True, text=True)
    assert done.returncode == 1
    assert "nothing was published" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    warraq("batch", "--input", corpus, "--output", tmp_path / "out")
    warraq("verify", tmp_path / "out")


def test_a_cloud_path_without_the_extra_says_what_to_install(corpus, tmp_path):
    if importlib.util.find_spec("apitools"):
        pytest.skip("the extra gcp is installed")
    done = warraq("batch", "--input", corpus, "--output", "gs://bucket/out", check=2)
    assert "warraq[gcp]" in done.stderr
    done = warraq("batch", "--input", "gs://bucket/in", "--output", tmp_path / "out", check=2)
    assert "warraq[gcp]" in done.stderr


def test_an_output_that_is_a_file_or_lies_in_the_input_is_refused_before_anything_starts(corpus, tmp_path):
    (tmp_path / "file").write_text("mine")
    for output in (tmp_path / "file", tmp_path / "file" / "sub"):
        assert "is a file" in warraq("batch", "--input", corpus, "--output", output, check=2).stderr
    done = warraq("batch", "--input", corpus, "--output", corpus / "out", check=2)
    assert "lies in --input" in done.stderr
    assert not (corpus / "out").exists()


def test_a_damaged_marker_is_told_with_the_way_out(corpus, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    for content in ("garbage", '{"format":"warraq-success/1"}'):
        (output / "_SUCCESS").write_text(content)
        done = warraq("batch", "--input", corpus, "--output", output, check=7)
        assert str(output / "_SUCCESS") in done.stderr or "generation" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_report_counts_what_was_assumed_and_what_was_odd(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps(record(1, published="امس")) + "\n" + json.dumps(record(2)))
    done = warraq("batch", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["articles_by_flag"]["date_unreadable"]["rows"] == 1
    assert "date_unreadable" in done.stderr
