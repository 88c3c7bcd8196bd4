"""`warraq follow` as users run it: what batch decides, whatever is killed."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from corpus import UNTAGGED, WARRAQ, body, final_decisions, record, warraq
from pubsub import running_fake

from pipelines.published import read_commits
from transforms.files import OutputFolder

SAMPLE = Path(__file__).parents[1] / "sample" / "inputs"
SMALL = (*UNTAGGED, "--set", "stream.batch=20", "--set", "stream.window_seconds=1")


def rows(folder, table, *fields):
    lines = warraq("inspect", folder, "--table", table, "--jsonl").stdout.splitlines()
    return [tuple(row[field] for field in fields) for row in map(json.loads, lines)]


def sums(folder):
    """Records in and rows out, over all commits."""
    found = Counter()
    for commit in read_commits(OutputFolder(str(folder))):
        found["in"] += commit.records_in
        for file in commit.files:
            found[file.table] += file.rows
    found["out"] = sum(found[name] for name in ("articles", "duplicates", "dead_letters", "filtered"))
    return found


def write_inbox(folder, count=300, files=6):
    """Articles of which a quarter are near copies of earlier ones, and some repeats."""
    folder.mkdir(parents=True)
    chance = random.Random(4)
    made = []
    for number in range(count):
        text = " ".join(body(number + place) for place in (0, 1_000, 2_000))
        if number % 4 == 3:
            text = made[chance.randrange(len(made))]["body"] + f" تحديث {number}"
        made.append(record(number, body=text))
    made += made[:10]
    for place in range(files):
        lines = [json.dumps(one, ensure_ascii=False) for one in made[place::files]]
        (folder / f"{place}.jsonl").write_text("\n".join(lines) + "\n")
    return len(made)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("follow")
    warraq("batch", "--input", SAMPLE, "--output", folder / "batch", *UNTAGGED)
    told = warraq("follow", "--once", "--inbox", SAMPLE, "--output", folder / "follow", *SMALL).stderr
    return folder, told


def test_follow_decides_about_the_sample_what_batch_decides(sample):
    folder, _ = sample
    assert final_decisions(folder / "follow") == final_decisions(folder / "batch") != []
    kept = {row[0] for row in final_decisions(folder / "batch") if row[1]}
    texts = dict(rows(folder / "follow", "articles", "article_id", "text"))
    assert {key: texts[key] for key in kept} == dict(rows(folder / "batch", "articles", "article_id", "text"))
    for table, fields in (
        ("dead_letters", ("reason", "payload_bytes")),
        ("filtered", ("article_id", "reason")),
    ):
        assert sorted(rows(folder / "follow", table, *fields)) == sorted(
            rows(folder / "batch", table, *fields)
        )


def test_the_promise_and_the_counts_are_printed(sample):
    folder, told = sample
    assert "Survives kill -9" in told
    assert "191 records = " in told
    assert sums(folder / "follow")["in"] == sums(folder / "follow")["out"] == 191


def test_a_second_run_finds_nothing_new(sample):
    folder, _ = sample
    before = sorted(path.name for path in (folder / "follow" / "_commits").iterdir())
    warraq("follow", "--once", "--inbox", SAMPLE, "--output", folder / "follow", *SMALL)
    assert sorted(path.name for path in (folder / "follow" / "_commits").iterdir()) == before


def test_a_state_of_other_rules_is_refused(sample):
    folder, _ = sample
    done = warraq(
        "follow",
        "--once",
        "--inbox",
        SAMPLE,
        "--output",
        folder / "follow",
        "--set",
        "dedup.threshold=0.8",
        check=2,
    )
    assert "threshold 0.7 (now 0.8)" in done.stderr


def test_a_file_that_grows_is_read_again_and_what_was_known_is_a_repeat(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    lines = [json.dumps(record(number), ensure_ascii=False) for number in range(4)]
    for count in (3, 4):
        (inbox / "a.jsonl").write_text("\n".join(lines[:count]) + "\n")
        warraq("follow", "--once", "--inbox", inbox, "--output", tmp_path / "out", *SMALL)
    found = sums(tmp_path / "out")
    assert (found["in"], found["articles"], found["duplicates"]) == (7, 4, 3)


def test_a_batch_run_does_not_replace_what_a_stream_has_written(sample):
    folder, _ = sample
    before = sorted(path for path in (folder / "follow").rglob("*.avro"))
    done = warraq("batch", "--input", SAMPLE, "--output", folder / "follow", *UNTAGGED, check=2)
    assert "holds the commits of a stream" in done.stderr
    assert sorted(path for path in (folder / "follow").rglob("*.avro")) == before != []
    source = ("--subscription", "projects/warraq-tests/subscriptions/s-1")
    done = warraq("stream", *source, "--output", folder / "batch", "--runner", "DirectRunner", check=2)
    assert "is the output of a batch run" in done.stderr


def start(*args):
    return subprocess.Popen([WARRAQ, "follow", *map(str, args), *SMALL], stderr=subprocess.PIPE)


def test_five_kills_lose_nothing_and_double_nothing(tmp_path):
    inbox, output = tmp_path / "inbox", tmp_path / "out"
    count = write_inbox(inbox)
    warraq("batch", "--input", inbox, "--output", tmp_path / "batch", *UNTAGGED)
    chance = random.Random(9)
    for _ in range(5):
        running = start("--inbox", inbox, "--output", output, "--set", "stream.batch=5")
        time.sleep(1.2 + chance.random())
        running.send_signal(signal.SIGKILL)
        running.wait()
    warraq("follow", "--once", "--inbox", inbox, "--output", output, *SMALL)
    assert final_decisions(output) == final_decisions(tmp_path / "batch")
    assert sums(output)["in"] == sums(output)["out"] == count
    ids = [row[0] for row in rows(output, "articles", "article_id")]
    assert len(ids) == len(set(ids))


def test_messages_are_acknowledged_once_safe_and_a_kill_only_repeats(tmp_path):
    with running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=10)
        made = [(json.dumps(record(number), ensure_ascii=False).encode(), {}) for number in range(120)]
        fake.publish_all(topic, [*made, (b"\0\1", {})])
        output = tmp_path / "out"
        running = start("--subscription", subscription, "--output", output)
        time.sleep(2.2)
        running.send_signal(signal.SIGKILL)
        running.wait()
        end = time.monotonic() + 40
        while (
            fake.unacked(topic) and time.monotonic() < end
        ):  # what was on its way comes again after its deadline
            warraq("follow", "--once", "--subscription", subscription, "--output", output, *SMALL)
        assert fake.unacked(topic) == 0
    found = sums(output)
    assert found["in"] == found["out"] >= 121
    assert found["articles"] == 120
    assert found["dead_letters"] >= 1
    assert len({row[0] for row in rows(output, "articles", "article_id")}) == 120
    assert (
        {row[0] for row in rows(output, "duplicates", "relation")} <= {"repeat"}
        if found["duplicates"]
        else True
    )


def test_sigterm_drains(tmp_path):
    inbox, output = tmp_path / "inbox", tmp_path / "out"
    count = write_inbox(inbox, 60)
    running = start("--inbox", inbox, "--output", output, "--set", "stream.window_seconds=3600")
    end = time.monotonic() + 30
    database = output / "_state" / "follow.sqlite-wal"
    while time.monotonic() < end and not (database.exists() and database.stat().st_size > 100_000):
        time.sleep(0.1)
    time.sleep(1)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
    assert sums(output)["in"] == count


def test_a_full_disk_ends_it_with_a_reason_and_the_next_run_goes_on(tmp_path):
    inbox, output = tmp_path / "inbox", tmp_path / "out"
    count = write_inbox(inbox)
    limited = (
        f"ulimit -f 120; exec {WARRAQ} follow --once --inbox {inbox} --output {output} {' '.join(SMALL)}"
    )
    done = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; {limited}"], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 1
    assert "warraq: " in done.stderr
    assert "Traceback" not in done.stderr
    warraq("follow", "--once", "--inbox", inbox, "--output", output, *SMALL)
    assert sums(output)["in"] == sums(output)["out"] == count
