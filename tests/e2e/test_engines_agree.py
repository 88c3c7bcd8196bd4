"""One input on every engine that runs here: the same rows in all tables, the same counters, the same files."""

import functools
import hashlib
import io
import json
import os
from pathlib import Path
from typing import NamedTuple

import prism
import pytest
from corpus import body, data_files
from fastavro import reader
from stories import articles, write

from pipelines import batch
from pipelines.cli import main
from transforms.metrics import PROGRESS_VARIABLE

TABLES = {"articles", "duplicates", "relations", "filtered", "dead_letters", "inputs"}
ENGINES = {
    "in this process": (),
    "two processes": ("--direct_running_mode=multi_processing", "--direct_num_workers=2"),
    "bundle based": ("--runner=BundleBasedDirectRunner",),
    "Prism": ("PRISM",),
    "Prism, two processes": ("PRISM", "--sdk_worker_parallelism=2"),
}
REFERENCE, *OTHERS = ENGINES


class Ran(NamedTuple):
    """What a run left: table -> sorted digests of its rows, path -> bytes, counters, and pid -> the stages it counted."""

    tables: dict[str, list[str]]
    files: dict[str, bytes]
    counters: dict[str, int]
    processes: dict[int, set[str]]


def flags(engine):
    here = ("--runner=PrismRunner", f"--prism_location={prism.binary()}", "--prism_log_level=warn")
    return [flag for flag in ENGINES[engine] if flag != "PRISM"] + list(
        here if "PRISM" in ENGINES[engine] else ()
    )


def three_hundred():
    """Stories with near copies, versions and repeats, of which each names a place, an organisation and figures."""
    found = []
    for one in articles(200)[:300]:
        number = int(one["url"].rpartition("/")[2])
        found.append(one | {"body": f"{one['body']}\n{body(number)}"})
    return found


def digests(files):
    """Return table -> the sorted digests of its rows, whatever file they lie in."""
    found = {}
    for path, data in files.items():
        rows = [
            json.dumps(row, sort_keys=True, ensure_ascii=False, default=repr)
            for row in reader(io.BytesIO(data))
        ]
        found.setdefault(path.split("/")[0], []).extend(
            hashlib.sha256(row.encode()).hexdigest() for row in rows
        )
    return {table: sorted(rows) for table, rows in found.items()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("engines") / "in", three_hundred(), 5)
    bad = [
        '{"broken": ',
        json.dumps({"title": "بلا نص", "body": ""}),
        json.dumps({"title": "a", "body": "no Arabic here"}),
    ]
    (folder / "bad.jsonl").write_text("\n".join(bad) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def ran(source, tmp_path_factory):
    """Run an engine once, by the console script's own function, and return what it left."""

    @functools.cache
    def run(engine):
        folder = tmp_path_factory.mktemp("run")
        progress = folder / "progress"
        progress.mkdir()
        kept = {}
        stage_metrics = batch._stage_metrics
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(PROGRESS_VARIABLE, str(progress))
            patch.setattr(batch, "_stage_metrics", lambda result: kept.setdefault(0, stage_metrics(result)))
            arguments = ["batch", "--quiet", "--input", str(source), "--output", str(folder / "out")]
            assert main([*arguments, *flags(engine)]) == 0
        files = data_files(folder / "out")
        processes = {}
        for path in progress.glob("*.json"):
            stages = {name.partition(".")[0] for name in json.loads(path.read_text())}
            processes.setdefault(int(path.name.partition("-")[0]), set()).update(stages)
        return Ran(digests(files), files, kept[0], processes)

    return run


def test_the_reference_has_rows_in_every_table_near_duplicates_and_tags(ran):
    reference = ran(REFERENCE)
    assert set(reference.tables) == TABLES
    assert sum(map(len, reference.tables.values())) > 300
    rows = [
        row
        for path, data in reference.files.items()
        if path.startswith("duplicates/")
        for row in reader(io.BytesIO(data))
    ]
    assert {"near", "repeat"} <= {row["relation"] for row in rows}
    tags = [
        tag["kind"]
        for path, data in reference.files.items()
        if path.startswith("articles/")
        for row in reader(io.BytesIO(data))
        for tag in row["tags"]
    ]
    assert {"place", "organisation", "keyphrase"} <= set(tags)


@pytest.mark.parametrize("engine", OTHERS)
def test_every_engine_gives_the_same_rows_and_even_the_same_files(ran, engine):
    reference, other = ran(REFERENCE), ran(engine)
    assert other.tables == reference.tables
    assert other.files == reference.files


@pytest.mark.parametrize("engine", OTHERS)
def test_every_engine_counts_alike(ran, engine):
    assert len(ran(REFERENCE).counters) >= 30
    assert ran(engine).counters == ran(REFERENCE).counters


def test_work_is_done_where_the_engine_says(ran):
    own = os.getpid()
    for engine in (REFERENCE, "bundle based", "Prism"):
        assert set(ran(engine).processes) == {own}, engine
    assert len(ran("two processes").processes) == 2
    assert own not in ran("two processes").processes


def test_prism_divides_the_steps_among_two_worker_processes_of_its_own_and_ends_them(ran):
    processes = ran("Prism, two processes").processes
    assert len(processes) == 2
    assert os.getpid() not in processes
    first, second = sorted(processes.values(), key=lambda stages: "read" not in stages)
    assert "read" in first
    assert not first & second
    assert not [pid for pid in processes if Path(f"/proc/{pid}").exists()]
