"""A stream begins where batch runs have ended, and batch runs go on where a stream has: together they are one run over all."""

import io
import itertools
import json
import shutil
import signal
import subprocess
import time

import prism
import pytest
from corpus import SHARED, UNTAGGED, UNTAGGED_SETTINGS, WARRAQ, warraq
from indexes import by_the_rule, decided, deliveries, follow, known, rows_of, write_day
from pubsub import running_fake
from rich.console import Console

from pipelines.batch import BatchRequest, run_batch
from pipelines.config import load_config
from pipelines.index import read_state
from pipelines.index_collect import run_collect
from pipelines.outcome import ExitCode
from pipelines.published import read_commits
from pipelines.verify_commits import verify_commits
from transforms.files import OutputFolder

QUIET = Console(file=io.StringIO(), width=500)
DELIVERED = deliveries()


def batch(inputs, output, index=None):
    config = load_config(None, UNTAGGED_SETTINGS)
    index = None if index is None else str(index)
    request = BatchRequest(config, tuple(map(str, inputs)), str(output), index, quiet=True)
    assert run_batch(request, QUIET) is ExitCode.OK


def collect(output, index):
    assert run_collect(str(output), str(index), QUIET) is ExitCode.OK


def check_four_days(place, inputs):
    """Two days by batch, the third by follow, the fourth by batch again: as one run over all four."""
    index = place / "index"
    batch(inputs, place / "whole")
    whole = decided(place / "whole")
    for number in (0, 1):
        batch([inputs[number]], place / f"out-{number}", index)
    output = place / "stream"
    follow(inputs[2], output, index)
    elsewhere = [row for row in rows_of(output, "duplicates") if row["parent_from_index"]]
    assert {row["relation"] for row in elsewhere} >= {"exact", "near"}
    assert not {row["article_id"] for row in rows_of(output, "articles")} & {
        row["parent_id"] for row in elsewhere
    }
    collect(output, index)
    batch([inputs[3]], place / "out-3", index)
    assert known(index) == whole
    return whole


def test_batch_stream_and_batch_again_decide_what_one_run_over_all_decides(tmp_path):
    inputs = [write_day(tmp_path / f"in-{day}", f"day{day}", records) for day, records in DELIVERED.items()]
    whole = check_four_days(tmp_path, inputs)
    assert {one[1] for one in whole.values()} == {"", "exact", "near"}
    assert whole == by_the_rule([one for records in DELIVERED.values() for one in records])

    # The fourth day had articles that rank before what the stream kept on the third: started again, it tells.
    output, index = tmp_path / "stream", tmp_path / "index"
    own = {row["article_id"] for row in rows_of(output, "decisions") if row["revision"] == 1}
    before = decided(output)
    assert {key for key in own if before[key] != whole[key]}
    assert "generation 4: " in follow(inputs[2], output, index)
    after = decided(output)
    assert {key: after[key] for key in own} == {key: whole[key] for key in own}
    assert {key for key in after if after[key] != whole[key]} == set()
    assert verify_commits(OutputFolder(str(output))).faults == []

    commits = sorted((output / "_commits").iterdir())
    assert "taken over" not in follow(inputs[2], output, index), "nothing is taken over twice"
    assert sorted((output / "_commits").iterdir()) == commits
    collect(output, index)
    assert known(index) == whole
    generation = read_state(OutputFolder(str(index))).generation
    told = warraq("index", "collect", index, "--output", output).stderr
    assert "0 articles of" in told
    assert read_state(OutputFolder(str(index))).generation == generation, "nothing was new"
    for wrong in (("collect", index), ("stats", index, "--output", output)):
        assert "--output names the output of a stream" in warraq("index", *wrong, check=2).stderr


@pytest.mark.parametrize("way", ["by the same inbox", "by a batch run beside"])
def test_old_days_are_filled_in_while_the_stream_runs(tmp_path, way):
    """Live articles of the last days, the first days in between, then the rest of the live ones."""
    output, inbox, index = tmp_path / "out", tmp_path / "inbox", tmp_path / "index"
    old, live = [*DELIVERED[1], *DELIVERED[2]], [*DELIVERED[3], *DELIVERED[4]]
    shared = None if way == "by the same inbox" else index
    write_day(inbox, "a", live[: len(live) // 2])
    if shared is None:
        coming = iter([("old", old), ("b", live[len(live) // 2 :])])

        def clock():
            """Tell the time; the stream asks for it at each batch, and more files come meanwhile."""
            for name, records in itertools.islice(coming, 1):
                write_day(inbox, name, records)
            return time.time()

        follow(inbox, output, clock=clock)
    else:
        follow(inbox, output, shared)
        batch([write_day(tmp_path / "old", "old", old)], tmp_path / "batch", index)
        follow(write_day(inbox, "b", live[len(live) // 2 :]), output, shared)
    found = decided(output)
    if shared is not None:
        collect(output, index)
        assert known(index) == by_the_rule([*live, *old])
        # What the stream has nothing to say of stands in the output of the batch run.
        found = {**decided(tmp_path / "batch"), **found}
    assert found == by_the_rule([*live, *old])
    assert max(row["revision"] for row in rows_of(output, "decisions")) > 1
    assert verify_commits(OutputFolder(str(output))).faults == []


@pytest.mark.long
@pytest.mark.parametrize("engine", ["BundleBasedDirectRunner", "PrismRunner"])
def test_the_stream_command_takes_an_index_over_and_leaves_what_it_needs(engine, tmp_path):
    """Two days by batch, two over Pub/Sub, on the engines that stream here."""
    index, output = tmp_path / "index", tmp_path / "out"
    old, new = [*DELIVERED[1], *DELIVERED[2]], [*DELIVERED[3], *DELIVERED[4]]
    batch([write_day(tmp_path / "in", "old", old)], tmp_path / "batch", index)
    with running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=600)
        command = [WARRAQ, "stream", "--subscription", subscription, "--output", output, "--index", index]
        command += [*UNTAGGED, "--runner", engine, "--set", "stream.window_seconds=2"]
        if engine == "PrismRunner":
            command += [f"--prism_location={prism.binary()}", "--environment_type=LOOPBACK"]

        def run_until(records):
            running = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
            time.sleep(5)
            for one in new:
                fake.publish_all(topic, [(json.dumps(one, ensure_ascii=False).encode(), {})])
            end = time.monotonic() + 60
            while time.monotonic() < end:
                time.sleep(0.5)
                commits = read_commits(OutputFolder(str(output))) if output.exists() else ()
                if sum(one.records_in for one in commits) == records:
                    break
            time.sleep(3)
            running.send_signal(signal.SIGTERM)
            told = running.communicate(timeout=30)[1]
            assert running.returncode == 0, told
            return told

        assert "generation 1, is taken over at the start" in run_until(len(new))
        report = verify_commits(OutputFolder(str(output)))
        assert (report.faults, report.records_in) == ([], len(new))
        right = by_the_rule([*old, *new])
        assert {**decided(tmp_path / "batch"), **decided(output)} == right
        collect(output, index)
        assert known(index) == right
        # A stream that begins anew has an empty state; of the index it knows what it has written itself.
        articles = len(rows_of(output, "articles"))
        run_until(2 * len(new))
    assert len(rows_of(output, "articles")) == articles
    assert verify_commits(OutputFolder(str(output))).faults == []
    assert known(index) == right


@pytest.mark.long
@pytest.mark.data
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder does not lie beside the checkout")
def test_four_real_days_by_batch_stream_and_batch_decide_as_one_run_over_all(tmp_path):
    inputs = []
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz"))[:4]:
        inputs.append(tmp_path / path.name.split(".")[0])
        inputs[-1].mkdir()
        shutil.copy(path, inputs[-1])
    assert len(check_four_days(tmp_path, inputs)) > 5_000
