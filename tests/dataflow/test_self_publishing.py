"""A job that publishes itself: the launcher submits it and is done. The job runs here on a local engine in the service's place."""

import dataclasses
import json
from pathlib import Path

import pytest
from corpus import UNTAGGED_SETTINGS, all_data_files, data_files, write_corpus
from rich.console import Console

from pipelines import engine, submission
from pipelines.batch import BatchRequest, run_batch
from pipelines.config import load_config
from pipelines.index_care import check_index
from pipelines.lease import LEASE, Lease, break_lease, read_lease, take_lease
from pipelines.outcome import ExitCode, RunFailed
from pipelines.verify import verify
from transforms.files import OutputFolder

QUIET = Console(quiet=True)
NEWS = '{"broken": \n'


def request(corpus, output, **changes):
    config = load_config(None, UNTAGGED_SETTINGS)
    return BatchRequest(config, (str(corpus),), str(output), quiet=True, **changes)


def lease_of(run):
    return Lease(run, "gs://elsewhere/out", "DataflowRunner", "2025-03-27T10:00:00+00:00")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("in"), count=40)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    (folder / "a.jsonl").write_text(NEWS * 5)
    return folder


@pytest.fixture(scope="module")
def attached(corpus, tmp_path_factory):
    """What a launcher publishes that waits."""
    root = tmp_path_factory.mktemp("attached")
    assert run_batch(request(corpus, root / "out", index=str(root / "index")), QUIET) is ExitCode.OK
    return root


@pytest.fixture(scope="module")
def service(attached):
    """The local engine, as one that goes on without its launcher."""
    local = engine.ENGINES["FnApiRunner"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(engine.ENGINES, "FnApiRunner", dataclasses.replace(local, detached=True))
        yield


@pytest.fixture(scope="module")
def detached(corpus, service, tmp_path_factory):
    """What a job publishes whose launcher does not wait."""
    root = tmp_path_factory.mktemp("detached")
    assert run_batch(request(corpus, root / "out", index=str(root / "index")), QUIET) is ExitCode.OK
    return root


def report(output):
    return json.loads((output / "report.json").read_text())


def test_a_job_publishes_the_files_that_a_waiting_launcher_would_have_published(attached, detached):
    assert data_files(detached / "out") == data_files(attached / "out")
    for folder in ("out", "index"):
        left, wanted = (
            {path.relative_to(root / folder).as_posix() for path in (root / folder).rglob("*")}
            for root in (detached, attached)
        )
        assert left == wanted, "no litter, and leases are given back"
    found, wanted = report(detached / "out"), report(attached / "out")
    for own in ("seconds", "started_at", "articles_per_second", "output", "stages"):
        found.pop(own), wanted.pop(own)
    assert found == wanted
    assert verify(str(detached / "out")).faults == ()
    faults, notes, articles = check_index(OutputFolder(str(detached / "index")))
    assert (tuple(faults.lines()), notes, articles) == ((), [], 45)


def test_a_job_that_fails_its_checks_fails_and_the_older_generation_stays_live(broken, detached):
    output = detached / "out"
    live, indexed = data_files(output), all_data_files(detached / "index")
    with pytest.raises(Exception, match=r"generation 2 of .* is not published: 5 of 5 records"):
        run_batch(request(broken, output, index=str(detached / "index")), QUIET)
    assert data_files(output) == live
    assert all_data_files(detached / "index") == indexed
    assert json.loads((output / "_FAILED").read_text())["generation"] == 2
    assert report(output)["failure"].startswith("5 of 5 records (100.0%) are dead letters")
    for folder in ("out", "index"):
        assert not (detached / folder / LEASE).exists(), "the run is over, though it failed"
    assert verify(str(output)).faults == ()


def test_a_job_that_finds_nothing_publishes_that(service, tmp_path):
    (tmp_path / "in").mkdir()
    asked = request(tmp_path / "in", tmp_path / "out", index=str(tmp_path / "index"), allow_empty=True)
    assert run_batch(asked, QUIET) is ExitCode.OK
    assert data_files(tmp_path / "out") == {}
    assert report(tmp_path / "out")["accounting"]["holds"]
    assert not (tmp_path / "out" / LEASE).exists()
    assert verify(str(tmp_path / "out")).faults == ()


def test_a_folder_of_a_running_job_is_refused_and_left_alone_until_it_is_taken_over(
    broken, service, tmp_path
):
    asked = request(broken, tmp_path / "out", index=str(tmp_path / "index"))
    part = "articles/date=2025-03-27/source=a/part-00000-of-00001-0123456789abcdef.avro"
    for name in ("out", "index"):
        leased = OutputFolder(str(tmp_path / name))
        leased.write(part, b"written by the job", run="r1")
        take_lease(leased, lease_of("r1"))
        with pytest.raises(
            RunFailed, match=r"belongs to run r1 .*--take-over or remove .*_RUNNING"
        ) as refused:
            run_batch(asked, QUIET)
        assert refused.value.code is ExitCode.LOCKED
        assert Path(leased.root, part).exists(), "nothing is swept"
        if name == "out":
            break_lease(leased)
    with pytest.raises(
        Exception, match="is not published: 5 of 5 records"
    ):  # it runs, and finds what it finds
        run_batch(dataclasses.replace(asked, take_over=True), QUIET)
    assert read_lease(OutputFolder(str(tmp_path / "index"))) is None


def test_a_job_whose_folder_was_taken_over_publishes_nothing(broken, service, tmp_path, monkeypatch):
    folder = OutputFolder(str(tmp_path / "out"))
    start = submission.start

    def start_late(pipeline):
        # Between the launch and the moment when the job publishes the folder changes hands.
        break_lease(folder)
        take_lease(folder, lease_of("r2"))
        return start(pipeline)

    monkeypatch.setattr(submission, "start", start_late)
    with pytest.raises(Exception, match=r"does not belong to run .* any more"):
        run_batch(request(broken, folder.root), QUIET)
    assert not folder.exists("_SUCCESS")
    assert not folder.exists("_FAILED")
    assert read_lease(folder) == lease_of("r2"), "the lease of the other run is left alone"


def test_a_job_that_was_not_submitted_leaves_the_folder_free(broken, service, tmp_path, monkeypatch):
    def unreachable(pipeline):
        raise RunFailed(ExitCode.FAILED, "the job was not submitted: no route")

    monkeypatch.setattr(submission, "start", unreachable)
    with pytest.raises(RunFailed, match="no route"):
        run_batch(request(broken, tmp_path / "out"), QUIET)
    assert read_lease(OutputFolder(str(tmp_path / "out"))) is None


def test_local_paths_are_refused_where_the_workers_are_other_machines(broken, service, tmp_path, monkeypatch):
    far = dataclasses.replace(engine.ENGINES["FnApiRunner"], remote=True)
    monkeypatch.setitem(engine.ENGINES, "FnApiRunner", far)
    with pytest.raises(
        RunFailed, match=r"other machines, which do not see .*/out; give gs:// paths"
    ) as refused:
        run_batch(request(broken, tmp_path / "out"), QUIET)
    assert refused.value.code is ExitCode.USAGE
    assert not (tmp_path / "out").exists()
