"""Publishing from within a job: however often it is tried, wherever a try dies, one generation comes of it, or none."""

import dataclasses
import hashlib
import pickle
import shutil
from pathlib import Path

import pytest
from builders import CONFIG, dead_letter, input_file, rows_of_every_kind, write_file, write_tables

from pipelines.commit import hold, next_generation, sweep
from pipelines.index import open_index
from pipelines.lease import LEASE, Lease, OutputLocked, break_lease, is_leased_to, read_lease, take_lease
from pipelines.manifest import read_manifest, read_marker
from pipelines.outcome import ExitCode, RunFailed
from pipelines.publication import IndexShare, Publication, count_file, live_generation, publish_once
from pipelines.verify import verify
from schemas.avro import event_date, to_record
from schemas.comparing import Fingerprint, Member, Settled, Signature
from schemas.elements import Origin
from transforms.files import OutputFolder

DAY_US = 16_000 * 86_400_000_000
PARAMETERS = {"rows": 3}


class Killed(Exception):  # noqa: N818 (says what happened)
    """The worker went down before this change."""


def launched(root, run="run1", *, indexed=True):
    """What a launcher knows when it submits: it has leased the folders."""
    output, index = OutputFolder(str(root / "out")), OutputFolder(str(root / "index"))
    sweep(output)
    share = None
    if indexed:
        opened = open_index(index.root, PARAMETERS, run)
        share = IndexShare(
            index.root, opened.state.generation, opened.next_generation(), PARAMETERS, 5, "2025-03-27"
        )
    built = Publication(
        run=run,
        output=output.root,
        live=live_generation(output),
        generation=next_generation(output),
        config_sha256=CONFIG,
        versions={"warraq": "0.1.0"},
        max_dead_letter_share=0.2,
        inputs=("gs://news/*.jsonl",),
        input_files=1,
        input_bytes=1000,
        engine="DataflowRunner",
        started_at="2025-03-27T10:00:00+00:00",
        index=share,
    )
    for folder in built.folders:
        take_lease(folder, Lease(run, output.root, "DataflowRunner", built.started_at))
    return built


def signature(number):
    name = hashlib.sha256(number.to_bytes()).hexdigest()[:32]
    text = Fingerprint(bytes(16), 40, bytes(4 * number), b"", bytes(8))
    return Signature(
        Member(name, DAY_US, 0, 40, Origin("f", number, 0), "", 0, Settled("", None, 0, name, "", 1)),
        b"",
        text,
    )


def written(publication, tables=None, number=1):
    """What the pipeline of a run has left: counted data files, and files of the index."""
    output = publication.output
    files = write_tables(Path(output), rows_of_every_kind() if tables is None else tables)
    if publication.index is None:
        return [count_file(output, file) for file in files], []
    folder = OutputFolder(publication.index.root)
    record = to_record("signatures", signature(number), "")
    where = f"signatures/date={event_date(DAY_US)}"
    return [count_file(output, file) for file in files], [
        write_file(folder, "signatures", [record], where, "null")
    ]


def everything(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in Path(root).rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


@pytest.fixture
def dying(monkeypatch):
    """Make the machine go down before the n-th change of a file; return how many changes a life made."""
    changes = 0
    limit = None

    def guarded(change):
        def guard(folder, *args, **kwargs):
            nonlocal changes
            if limit is not None and changes >= limit:
                raise Killed
            changes += 1
            return change(folder, *args, **kwargs)

        return guard

    for name in ("write", "delete", "clear"):
        monkeypatch.setattr(OutputFolder, name, guarded(getattr(OutputFolder, name)))

    def live(publication, files, indexed, before=None):
        nonlocal changes, limit
        changes, limit = 0, before
        try:
            return publish_once(publication, files, indexed, 60.0), changes
        finally:
            limit = None

    return live


def two_runs(root):
    """A folder with one published run, and a second one that has written its files and not published."""
    first = launched(root, "run0")
    assert publish_once(first, *written(first), 60.0).code is ExitCode.OK
    second = launched(root)
    tables = {**rows_of_every_kind(), "inputs": [dataclasses.replace(input_file(6), size_bytes=1001)]}
    return second, *written(second, tables, 2)


@pytest.mark.parametrize("share", [0.2, 0.1], ids=["published", "failed"])
def test_a_try_that_dies_anywhere_is_made_good_by_the_next(tmp_path, dying, share):
    clean, seed = tmp_path / "clean", tmp_path / "seed"
    # Paths are within the files, so every life is lived at the same place.
    place = tmp_path / "place"
    publication, files, indexed = two_runs(place)
    publication = dataclasses.replace(publication, max_dead_letter_share=share)
    shutil.copytree(place, seed)
    published, changes = dying(publication, files, indexed)
    shutil.copytree(place, clean)
    assert published.code is (ExitCode.OK if share == 0.2 else ExitCode.DEAD_LETTERS)
    assert changes > 10
    for before in range(changes):
        shutil.rmtree(place)
        shutil.copytree(seed, place)
        with pytest.raises(Killed):
            dying(publication, files, indexed, before)
        live = read_marker(OutputFolder(publication.output))["generation"]
        assert verify(publication.output).faults == ()
        assert live == 1 or share == 0.2
        again, _ = dying(publication, files, indexed)
        assert (again.code, again.failure) == (published.code, published.failure)
        assert everything(place) == everything(clean), f"died before change {before}"
    assert verify(publication.output).faults == ()


def test_a_second_try_after_a_finished_publication_changes_nothing(tmp_path, dying):
    publication, files, indexed = two_runs(tmp_path)
    first, _ = dying(publication, files, indexed)
    left = everything(tmp_path)
    second, changes = dying(publication, files, indexed)
    assert second == first
    assert changes == 0
    assert everything(tmp_path) == left
    # Not even where the next run is at work by then.
    following = launched(tmp_path, "run2")
    written(following, number=3)
    left = everything(tmp_path)
    third, changes = dying(publication, files, indexed)
    assert third.code is ExitCode.OK
    assert changes == 0
    assert everything(tmp_path) == left


def test_files_that_a_tried_again_bundle_has_named_twice_count_once(tmp_path):
    publication = launched(tmp_path)
    files, indexed = written(publication)
    assert publish_once(publication, files * 2, indexed * 2, 60.0).code is ExitCode.OK
    assert verify(publication.output).faults == ()


def test_records_that_do_not_add_up_are_a_failed_generation(tmp_path):
    publication = launched(tmp_path)
    files, indexed = written(publication, {**rows_of_every_kind(), "inputs": [input_file(7)]})
    published = publish_once(publication, files, indexed, 60.0)
    assert published.code is ExitCode.ACCOUNTING
    assert "do not add up" in published.failure
    output = OutputFolder(publication.output)
    assert read_marker(output) is None
    assert read_manifest(output, 1).state == "failed"
    assert read_lease(output) is None
    assert list(OutputFolder(publication.index.root).files("signatures")) == []


def test_inputs_that_were_gone_are_no_empty_publication(tmp_path):
    publication = launched(tmp_path)
    with pytest.raises(RunFailed, match="found none of the inputs"):
        publish_once(publication, [], [], 60.0)
    assert read_marker(OutputFolder(publication.output)) is None


@pytest.mark.parametrize("of", ["out", "index"])
def test_a_run_whose_lease_is_gone_publishes_nothing(tmp_path, of):
    publication, files, indexed = two_runs(tmp_path)
    break_lease(OutputFolder(str(tmp_path / of)))
    left = everything(tmp_path)
    with pytest.raises(RunFailed, match=f"/{of} does not belong to run run1") as refused:
        publish_once(publication, files, indexed, 60.0)
    assert refused.value.code is ExitCode.LOCKED
    assert everything(tmp_path) == left


def test_a_run_into_a_folder_that_has_changed_since_its_launch_publishes_nothing(tmp_path):
    publication, files, indexed = two_runs(tmp_path)
    other = dataclasses.replace(publication, run="run9")
    stolen = Lease("run9", publication.output, "FnApiRunner", publication.started_at)
    for (
        folder
    ) in publication.folders:  # another run publishes, and the lease of the first is laid back by hand
        break_lease(folder)
        take_lease(folder, stolen)
    assert publish_once(other, files, indexed, 60.0).code is ExitCode.OK
    for folder in publication.folders:
        take_lease(folder, dataclasses.replace(stolen, run=publication.run))
    left = everything(tmp_path)
    with pytest.raises(RunFailed, match="newest generation was 1 and is 2"):
        publish_once(publication, files, indexed, 60.0)
    assert everything(tmp_path) == left


def test_all_that_a_publication_needs_travels_to_a_worker(tmp_path):
    publication = launched(tmp_path)
    assert pickle.loads(pickle.dumps(publication)) == publication


def test_a_leased_folder_is_held_by_nobody_else(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    take_lease(folder, Lease("r1", folder.root, "DataflowRunner", "2025-03-27T10:00:00+00:00"))
    with (
        pytest.raises(OutputLocked, match=r"belongs to run r1 .* launched at 2025-03-27T10:00:00"),
        hold(folder),
    ):
        pass
    with pytest.raises(OutputLocked), hold(folder):
        pass
    with hold(folder, take_over=True):
        assert read_lease(folder) is None


def test_of_two_launchers_at_once_the_last_to_write_has_the_folder(tmp_path, monkeypatch):
    folder = OutputFolder(str(tmp_path / "out"))
    mine, theirs = (Lease(run, folder.root, "DataflowRunner", "now") for run in ("mine", "theirs"))
    write = OutputFolder.write

    def write_and_lose(self, path, data, *, run):
        write(self, path, data, run=run)
        if run == "mine":
            write(self, path, data.replace(b'"mine"', b'"theirs"'), run="theirs")

    monkeypatch.setattr(OutputFolder, "write", write_and_lose)
    with pytest.raises(OutputLocked, match="belongs to run theirs"):
        take_lease(folder, mine)
    assert is_leased_to(folder, "theirs")
    assert theirs.run != mine.run


def test_a_lease_that_cannot_be_read_is_a_lease(tmp_path):
    folder = OutputFolder(str(tmp_path / "out"))
    folder.write(LEASE, b"{", run="r")
    with pytest.raises(OutputLocked, match="belongs to run unknown"), hold(folder):
        pass


def test_a_share_of_dead_letters_is_judged_by_the_limit_of_the_run(tmp_path):
    publication = dataclasses.replace(launched(tmp_path, indexed=False), max_dead_letter_share=1.0)
    tables = {"dead_letters": [dead_letter(0)], "inputs": [input_file(1)]}
    assert publish_once(publication, *written(publication, tables), 60.0).code is ExitCode.OK
