"""Fifty kills over real articles through Pub/Sub: what comes out is what went in, and what one batch run decides."""

import gzip
import random
import signal
import subprocess
import time

import pytest
from corpus import SHARED, UNTAGGED, WARRAQ, final_decisions, warraq
from pubsub import running_fake

from pipelines.verify_commits import verify_commits
from transforms.files import OutputFolder

DAYS = SHARED / "saudinewsnet_dev"
pytestmark = [
    pytest.mark.long,
    pytest.mark.data,
    pytest.mark.skipif(not DAYS.is_dir(), reason="the shared data folder does not lie beside the checkout"),
]
KILLS = 50


def test_fifty_kills_over_real_articles_lose_nothing_and_double_nothing(tmp_path):
    path = min(DAYS.iterdir())
    warraq("batch", "--input", path, "--output", tmp_path / "batch", *UNTAGGED)
    lines = gzip.decompress(path.read_bytes()).splitlines()
    chance, output = random.Random(50), tmp_path / "out"
    options = (
        "--output",
        str(output),
        *UNTAGGED,
        "--set",
        "stream.batch=10",
        "--set",
        "stream.window_seconds=1",
    )
    with running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=10)
        command = [WARRAQ, "follow", "--subscription", subscription, *options, "--quiet"]
        share = -(-len(lines) // KILLS)
        for number in range(KILLS):
            fake.publish_all(topic, [(line, {}) for line in lines[number * share :][:share]])
            running = subprocess.Popen(command)
            time.sleep(2.0 + 2.5 * chance.random())
            running.send_signal(signal.SIGKILL)
            running.wait()
        end = time.monotonic() + 120
        while fake.unacked(topic) and time.monotonic() < end:
            warraq("follow", "--once", "--subscription", subscription, *options)
            time.sleep(1)
        assert fake.unacked(topic) == 0
        deliveries = sum(counted.deliveries for counted in fake.counted(topic).values())
    report = verify_commits(OutputFolder(str(output)))
    assert report.faults == []
    repeats = report.records_in - len(lines)
    assert report.commits > KILLS // 4, "the kills came before there was anything to lose"
    print(
        f"{len(lines):,} messages, {deliveries:,} deliveries, {repeats} came twice, {report.commits} commits"
    )
    assert final_decisions(output) == final_decisions(tmp_path / "batch")
