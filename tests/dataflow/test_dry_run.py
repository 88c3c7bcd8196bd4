"""The dry run: the graphs as Dataflow would get them, compared with those that were agreed, and executed."""

import dataclasses
import difflib
import os
import socket
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from corpus import UNTAGGED, data_files, warraq, write_corpus

from pipelines import dry_run, engine
from pipelines.cli import main
from pipelines.graph_manifest import graph_steps
from pipelines.index_care import check_index
from pipelines.key_coders import unsafe_keys
from pipelines.lease import Lease, take_lease
from pipelines.verify import verify
from transforms.files import OutputFolder

GOLDEN = Path(__file__).parents[1] / "golden"
SERVICE = ("--runner", "DataflowRunner", "--project=demo-project", "--region=europe-west1", "--job_name=demo",
           "--temp_location=gs://demo-bucket/tmp", "--sdk_location=container", "--dry_run=True")  # fmt: skip
BATCH = ("batch", "--input", "gs://no-such-bucket/in/**", "--output", "gs://no-such-bucket/out")
STREAM = (
    "stream",
    "--subscription",
    "projects/demo-project/subscriptions/news",
    "--output",
    "gs://no-such-bucket/live",
)
INDEX = ("--index", "gs://no-such-bucket/index")
GRAPHS = {
    "batch_graph.txt": BATCH,
    "batch_index_graph.txt": (*BATCH, *INDEX),
    "stream_graph.txt": STREAM,
    "stream_index_graph.txt": (*STREAM, *INDEX, "--publish", "projects/demo-project/topics/tagged"),
}
BLESS = (
    "the graph changed: a running stream can be updated to it only if the service agrees (docs/dataflow.md, Update). If the"
    " change is meant, run this test with WARRAQ_BLESS=1, review the difference, and put renamed steps into CHANGELOG.md"
    " for --transform_name_mapping"
)


@pytest.fixture
def no_way_out(monkeypatch):
    """Every connection fails, and so does the search for credentials."""

    def connect(*_):
        raise AssertionError("a dry run asks nobody")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, connect)
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "STORAGE_EMULATOR"))]:
        monkeypatch.delenv(name)


def told(golden, manifest):
    """Return what a developer is told of a graph that is not the agreed one, "" for one that is."""
    agreed = (GOLDEN / golden).read_text()
    if manifest == agreed:
        return ""
    lines = difflib.unified_diff(
        agreed.splitlines(), manifest.splitlines(), "agreed", "now", lineterm="", n=1
    )
    return "\n".join((BLESS, *lines))


@pytest.mark.parametrize("golden", GRAPHS)
def test_the_graphs_are_those_that_were_agreed_and_nothing_is_asked_for(
    golden, no_way_out, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main([*GRAPHS[golden], *SERVICE]) == 0
    seen = capsys.readouterr()
    if os.environ.get("WARRAQ_BLESS"):
        (GOLDEN / golden).write_text(seen.out)
    assert told(golden, seen.out) == ""
    assert "dry run of demo" in seen.err
    assert "nothing was read, written or sent" in seen.err
    assert list(tmp_path.iterdir()) == []


def test_a_renamed_step_is_shown_and_how_to_agree_to_it():
    agreed = (GOLDEN / "stream_graph.txt").read_text()
    seen = told("stream_graph.txt", agreed.replace("TagArticles/Tag", "LabelArticles/Tag"))
    assert "WARRAQ_BLESS=1" in seen
    assert "\n-TagArticles/Tag/Tag\n+LabelArticles/Tag/Tag\n" in seen


def test_a_changed_coder_and_a_changed_state_are_shown(capsys):
    assert main([*STREAM, *SERVICE, "--quiet"]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    changed = seen.out.replace("state head: read_modify_write of bytes", "state head: bag of bytes")
    assert "\n-  state head: read_modify_write of bytes\n+  state head: bag of bytes\n" in told(
        "stream_graph.txt", changed
    )


def test_the_program_gives_the_same_text_in_another_process():
    done = warraq(*STREAM, *SERVICE, PYTHONHASHSEED="7")
    assert told("stream_graph.txt", done.stdout) == ""


@pytest.mark.parametrize(
    ("runner", "value", "message"),
    [
        ("FnApiRunner", "True", "--dry_run means nothing to FnApiRunner; it is for DataflowRunner"),
        ("DataflowRunner", "False", "--dry_run=False would be a dry run to Beam, as any value is"),
    ],
)
def test_a_dry_run_that_would_be_something_else_is_refused(runner, value, message, capsys):
    flags = [flag for flag in SERVICE if not flag.startswith("--dry_run")]
    flags[1] = runner
    assert main([*BATCH, *flags, f"--dry_run={value}"]) == 2
    assert message in capsys.readouterr().err


def test_a_local_place_is_refused_in_a_dry_run_too(capsys, tmp_path):
    assert main(["batch", "--input", str(tmp_path), "--output", str(tmp_path / "out"), *SERVICE]) == 2
    assert "runs on other machines" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["gs://b/tmp", "gs:///tmp", "bucket/tmp", "/tmp/staging"])
def test_a_folder_in_no_bucket_is_refused_before_beam_looks_for_another_one(folder, capsys):
    flags = [flag for flag in SERVICE if not flag.startswith("--temp_location")]
    assert main([*BATCH, *flags, f"--temp_location={folder}"]) == 2
    assert "is no folder in a bucket" in capsys.readouterr().err


class _Count(beam.DoFn):
    COUNT = ReadModifyWriteStateSpec("count", beam.coders.VarIntCoder())

    def process(self, element, count=beam.DoFn.StateParam(COUNT)):  # noqa: B008
        count.write((count.read() or 0) + 1)
        yield element


KEYED = {"grouped": beam.GroupByKey(), "counted": beam.ParDo(_Count())}


def keyed(key, how):
    """Return what is said of a graph that groups, or keeps state, by keys of a type."""
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    pairs = pipeline | beam.Create([]).with_output_types(tuple[key, bytes])
    pairs | "Keyed" >> KEYED[how]
    translated = pipeline.to_runner_api()
    return unsafe_keys(graph_steps(translated), translated.components)


@pytest.mark.parametrize("how", KEYED)
@pytest.mark.parametrize("key", [str, bytes, int, tuple[str, int], tuple[tuple[bytes, str], int]])
def test_keys_of_text_bytes_whole_numbers_and_tuples_of_them_are_safe(key, how):
    assert keyed(key, how) == []


@pytest.mark.parametrize("how", KEYED)
@pytest.mark.parametrize("key", [float, dict, Any, Lease, tuple[str, float], tuple[int, Any]])
def test_keys_of_other_types_are_told(key, how):
    (line,) = keyed(key, how)
    assert line.startswith("Keyed has keys of the coder ")


def test_a_dry_run_fails_for_keys_that_are_not_safe(capsys, monkeypatch):
    monkeypatch.setattr(dry_run, "unsafe_keys", lambda *_: ["Group has keys of the coder float"])
    assert main([*STREAM, *SERVICE]) == 1
    seen = capsys.readouterr()
    assert "Group has keys of the coder float" in seen.err
    assert seen.out == ""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("in"), count=60)


def test_the_translated_graph_writes_and_publishes_the_same_files(corpus, tmp_path, monkeypatch):
    """What Dataflow's runner replaces, packs, sorts and pickles is what runs here."""
    wanted, found, index = tmp_path / "wanted", tmp_path / "found", tmp_path / "index"
    assert main(["batch", "--input", str(corpus), "--output", str(wanted), *UNTAGGED, "--quiet"]) == 0
    translated = []
    near = dataclasses.replace(engine.ENGINES["DataflowRunner"], remote=False)
    monkeypatch.setitem(engine.ENGINES, "DataflowRunner", near)
    translate = dry_run.translate
    monkeypatch.setattr(
        dry_run, "translate", lambda pipeline: translated.append(translate(pipeline)) or translated[0]
    )
    places = ("--input", str(corpus), "--output", str(found), "--index", str(index))
    assert main(["batch", *places, *UNTAGGED, *SERVICE, "--quiet"]) == 0
    assert not found.exists()
    assert not index.exists()
    (proto,) = translated
    for environment in proto.components.environments.values():
        environment.urn = "beam:env:embedded_python:v1"
        del environment.dependencies[:]
        environment.payload = b""
    for folder in (found, index):
        take_lease(OutputFolder(str(folder)), Lease(dry_run.DRY_RUN, str(found), "DataflowRunner", ""))
    FnApiRunner().run_via_runner_api(proto, PipelineOptions([])).wait_until_finish()
    assert data_files(found) == data_files(wanted)
    assert verify(str(found)).faults == ()
    faults, notes, articles = check_index(OutputFolder(str(index)))
    assert (tuple(faults.lines()), notes, articles) == ((), [], 67)
