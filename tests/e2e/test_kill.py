"""kill -9 at random moments: nothing half-done is ever visible, and the next run equals a clean one."""

import json
import os
import random
import signal
import subprocess
import time

import pytest
from corpus import WARRAQ, all_data_files, data_files, warraq, write_corpus

KILLS = 20


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in")
    return write_corpus(folder / "old", count=60), write_corpus(folder / "new", count=240)


def start(corpus, output):
    command = [
        WARRAQ,
        "batch",
        "--quiet",
        "--input",
        str(corpus),
        "--output",
        str(output),
        "--set",
        "output.shards=8",
    ]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


def test_a_killed_run_shows_nothing_and_the_next_run_equals_a_clean_one(corpora, tmp_path):
    old, new = corpora
    clean = {}
    for corpus in (old, new):
        output = tmp_path / f"clean-{corpus.name}"
        started = time.monotonic()
        assert start(corpus, output).wait() == 0
        seconds = time.monotonic() - started
        clean[corpus] = data_files(output)
    output = tmp_path / "out"
    assert start(old, output).wait() == 0
    randomness = random.Random(20250327)
    left_litter = killed = 0
    for number in range(KILLS):
        process = start(new, output)
        # Half of the kills at any moment, half while the files are written (the folder of temporary files is there).
        if number % 2:
            deadline = time.monotonic() + seconds * 3
            while (
                not (output / ".warraq-tmp").exists()
                and process.poll() is None
                and time.monotonic() < deadline
            ):
                time.sleep(0.001)
            time.sleep(randomness.uniform(0, 0.15) * seconds)
        else:
            time.sleep(randomness.uniform(0.05, 1.0) * seconds)
        os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        live = data_files(output)
        assert live in (clean[old], clean[new]), "a reader of the manifest sees one generation, whole"
        left_litter += all_data_files(output) != set(live)
        if json.loads((output / "_SUCCESS").read_text())["generation"] % 3 == 0 or live == clean[new]:
            assert start(old, output).wait() == 0
            assert data_files(output) == clean[old]
            assert all_data_files(output) == set(clean[old])
    assert killed >= KILLS // 2
    assert left_litter, "no kill hit the writing of files: the test proves nothing"
    assert start(new, output).wait() == 0
    assert data_files(output) == clean[new]
    assert all_data_files(output) == set(clean[new])
    assert not (output / ".warraq-tmp").exists()
    warraq("verify", output)
