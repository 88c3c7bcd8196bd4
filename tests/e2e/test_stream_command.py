"""`warraq stream` as users run it, over the Pub/Sub fake, on both engines that stream here."""

import contextlib
import io
import json
import signal
import subprocess
import time

import prism
import pytest
from corpus import UNTAGGED, UNTAGGED_SETTINGS, WARRAQ, final_decisions, record, warraq
from pubsub import running_fake
from rich.console import Console

from pipelines import stream
from pipelines.config import Config, load_config
from pipelines.engine import ENGINES
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import read_commits
from pipelines.stream import StreamRequest, stream_source
from pipelines.verify_commits import verify_commits
from transforms.files import OutputFolder


def flags(engine, processes=1):
    if engine != "PrismRunner":
        return []
    here = (f"--prism_location={prism.binary()}", "--environment_type=LOOPBACK", "--prism_log_level=warn")
    return [*here, f"--sdk_worker_parallelism={processes}"]


@pytest.mark.parametrize(
    ("engine", "processes"),
    [
        ("BundleBasedDirectRunner", 1),
        ("PrismRunner", 1),
        pytest.param("PrismRunner", 2, marks=pytest.mark.long),  # other tests stream with two workers
    ],
)
def test_what_a_stream_writes_is_what_a_batch_writes_and_poison_is_a_dead_letter(engine, processes, tmp_path):
    articles = [record(number) for number in range(60)]
    articles += [record(number + 100, body=articles[number]["body"]) for number in range(10)]
    lines = [json.dumps(one, ensure_ascii=False) for one in articles]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    warraq("batch", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "batch", *UNTAGGED)
    output = tmp_path / "out"
    messages = [(line.encode(), {}) for line in lines] + [(b"\0\1", {})] + [(lines[0].encode(), {})]
    with running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=600)
        published = fake.pair(ack_deadline=600)
        command = [WARRAQ, "stream", "--subscription", subscription, "--output", str(output), *UNTAGGED]
        command += ["--publish", published.topic]
        # Prism is drained when it is stopped and its worker is in the same process: there no window fires by itself.
        drains = engine == "PrismRunner" and processes == 1
        window = f"stream.window_seconds={3600 if drains else 2}"
        command += ["--runner", engine, "--set", window, "--set", "run.on_bug=set_aside"]
        running = subprocess.Popen([*command, *flags(engine, processes)], stderr=subprocess.PIPE, text=True)
        time.sleep(5)
        for first in range(0, len(messages), 9):
            fake.publish_all(topic, messages[first : first + 9])
            time.sleep(0.2)
        end = time.monotonic() + 45
        while time.monotonic() < end:
            time.sleep(0.5)
            if drains and not fake.unacked(topic):
                break
            if output.exists() and sum(c.records_in for c in read_commits(OutputFolder(str(output)))) == 72:
                break
        time.sleep(0 if drains else 3)
        running.send_signal(signal.SIGTERM)
        told = running.communicate(timeout=120)[1]
        assert fake.unacked(topic) == 0
        sent = [one.attributes["article_id"] for one in fake.pull(published.subscription, 200)]
    assert running.returncode == 0, told
    assert "engine: " in told
    if processes == 1:  # how many messages were read elsewhere is not known here
        assert "all 72 messages that were read are in files" in told
    assert final_decisions(output) == final_decisions(tmp_path / "batch")
    report = verify_commits(OutputFolder(str(output)))
    assert report.faults == []
    assert len(sent) == len(set(sent)) == report.rows["articles"]
    assert report.rows["dead_letters"] == 1
    # Messages come in no order: a copy that comes before its parent is dropped by a later decision, not by a row here.
    assert report.records_in == 72
    assert 1 <= report.rows["duplicates"] <= 11
    assert "are as the commits say" in warraq("verify", output).stderr


def test_an_engine_that_cannot_be_drained_says_what_is_lost(tmp_path, monkeypatch):
    with running_fake() as fake:
        topic, subscription = fake.pair(ack_deadline=600)
        fake.publish_all(
            topic, [(json.dumps(record(number), ensure_ascii=False).encode(), {}) for number in range(10)]
        )
        acknowledged = []

        class Stop:
            """Asked to stop a while after everything is acknowledged."""

            def is_set(self):
                if not acknowledged and not fake.unacked(topic):
                    acknowledged.append(time.monotonic())
                return bool(acknowledged) and time.monotonic() > acknowledged[0] + 2

        monkeypatch.setattr(stream, "stopping", lambda: contextlib.nullcontext(Stop()))
        config = load_config(None, [*UNTAGGED_SETTINGS, "stream.window_seconds=3600", "run.on_bug=set_aside"])
        said = io.StringIO()
        asked = StreamRequest(config, subscription, None, str(tmp_path), runner="BundleBasedDirectRunner")
        assert stream.run_stream(asked, Console(file=said, width=500)) is ExitCode.OK
    assert "10 of 10 messages were acknowledged and are in no file" in said.getvalue()
    assert "the engine was not drained" in said.getvalue()


def test_an_engine_that_reads_no_stream_is_refused_and_so_is_a_topic_on_prism(tmp_path):
    source = ("--subscription", "projects/warraq-tests/subscriptions/s-1")
    done = warraq("stream", *source, "--output", tmp_path, "--runner", "FnApiRunner", check=2)
    assert "FnApiRunner does not run streaming" in done.stderr
    done = warraq(
        "stream",
        "--topic",
        "projects/warraq-tests/topics/t-1",
        "--output",
        tmp_path,
        "--runner",
        "PrismRunner",
        "--prism_location=/bin/true",
        check=2,
    )
    assert "cannot read a topic" in done.stderr


def request(**changes):
    return StreamRequest(Config(), "projects/warraq-tests/subscriptions/s-1", None, "out", **changes)


def test_an_id_label_is_for_the_engine_whose_source_knows_it():
    source = stream_source(request(id_label="guid"), ENGINES["DataflowRunner"])
    assert (source.id_label, source.pull) == ("guid", False)
    for name in ("BundleBasedDirectRunner", "PrismRunner", "FlinkRunner"):
        with pytest.raises(RunFailed, match=f"the source of {name} knows messages by no id") as told:
            stream_source(request(id_label="guid"), ENGINES[name])
        assert told.value.code is ExitCode.USAGE
        assert stream_source(request(), ENGINES[name]).id_label is None


@pytest.mark.parametrize("command", ["stream", "follow"])
def test_a_name_that_is_none_is_told_in_a_line(command, tmp_path):
    done = warraq(command, "--subscription", "news", "--output", tmp_path, check=2)
    assert "Traceback" not in done.stderr


def test_a_short_name_is_answered_with_the_full_form(tmp_path):
    runner = ("--runner", "BundleBasedDirectRunner")
    done = warraq("stream", "--subscription", "news", "--output", tmp_path, *runner, check=2)
    assert "--subscription news: give the full name, projects/PROJECT/subscriptions/NAME" in done.stderr
    topic = ("--subscription", "projects/warraq-tests/subscriptions/s-1", "--publish", "out")
    done = warraq("stream", *topic, "--output", tmp_path, *runner, check=2)
    assert "--publish out: give the full name, projects/PROJECT/topics/NAME" in done.stderr
