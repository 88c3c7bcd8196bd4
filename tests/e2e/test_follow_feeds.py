"""`warraq follow --feeds`: feeds are polled and followed by one command, and a kill between the two loses nothing."""

import importlib
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from corpus import UNTAGGED, UNTAGGED_SETTINGS, WARRAQ, body
from hostile_server import HOSTILE, HostileServer, answer
from rich.console import Console

from pipelines.cli import main
from pipelines.config import load_config
from pipelines.feed_sinks import InboxSink
from pipelines.final import final_rows
from pipelines.follow import FollowRequest, run_follow
from pipelines.outcome import ExitCode, RunFailed
from pipelines.verify_commits import verify_commits
from transforms.files import OutputFolder


def rss(*numbers):
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>خبر رقم {number}</title><link>/{number}</link>"
        f"<pubDate>Tue, 02 Jan 2024 03:04:05 +0300</pubDate><description>{body(number)}</description></item>"
        for number in numbers
    )
    return answer(
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>صحيفة</title>{items}</channel></rss>"
    )


@pytest.fixture(autouse=True)
def no_idling(monkeypatch):
    monkeypatch.setattr("pipelines.follow._IDLE_S", 0.02)
    monkeypatch.setattr("pipelines.feed_poller._IDLE_S", 0.02)


@pytest.fixture
def server():
    with HostileServer() as server:
        server.routes["/wire"] = rss(*range(8))
        server.routes["/sport"] = rss(*range(20, 25))
        yield server


@pytest.fixture
def feeds(tmp_path, server):
    lines = ["version: 1", "pause_seconds: 0", "timeout_seconds: 1", "workers: 2", "feeds:"]
    lines += [
        f"  - {{id: {name}, url: 'http://127.0.0.1:{server.port}/{name}', allow_addresses: [127.0.0.0/8]}}"
        for name in ("wire", "sport")
    ]
    path = tmp_path / "feeds.yaml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def follow_once(feeds, output, *overrides):
    config = load_config(None, [*UNTAGGED_SETTINGS, *overrides])
    request = FollowRequest(config, None, None, str(output), once=True, quiet=True, feeds=str(feeds))
    return run_follow(request, Console(file=io.StringIO()))


def titles(output):
    """The titles of the kept articles of a folder that is sound, and how many records came in."""
    folder = OutputFolder(str(output))
    report = verify_commits(folder)
    assert report.faults == []
    return sorted(row["title"] for row in final_rows(folder) if row["kept"]), report.records_in


def told(*numbers):
    return sorted(f"خبر رقم {number}" for number in numbers)


ALL = told(*range(8), *range(20, 25))


def test_the_articles_of_a_feed_are_in_the_output_and_a_second_run_adds_nothing(tmp_path, server, feeds):
    output = tmp_path / "out"
    assert follow_once(feeds, output) is ExitCode.OK
    assert titles(output) == (ALL, 13)
    commits = sorted((output / "_commits").iterdir())
    assert follow_once(feeds, output) is ExitCode.OK
    assert sorted((output / "_commits").iterdir()) == commits
    server.routes["/wire"] = rss(*range(6, 11))
    assert follow_once(feeds, output) is ExitCode.OK
    assert titles(output) == (told(*range(11), *range(20, 25)), 16)
    health = json.loads((output / "_state/poll/health.json").read_text("utf-8"))
    assert health["by_feed"]["wire"]["items_sent"] == 11


def test_the_inbox_of_the_state_is_empty_once_its_files_are_rolled(tmp_path, feeds):
    inbox = tmp_path / "out/_state/inbox"
    inbox.mkdir(parents=True)
    (inbox / ".wire-0123.jsonl.tmp").write_text("{")  # of a poller that was killed
    foreign = inbox / "notes.txt"
    foreign.write_text(body(77))
    follow_once(feeds, tmp_path / "out", "stream.batch=3")
    assert list(inbox.iterdir()) == [foreign]
    assert titles(tmp_path / "out")[1] == 14


#: Where `kill -9` strikes: before the poller has remembered what is in the inbox, before the follower has kept it in its
#: state, before it is in files, and before the files are removed from the inbox.
MOMENTS = {
    "not remembered": "pipelines.feed_memory.FeedMemory.record_sent",
    "not taken in": "pipelines.follow_store.FollowStore.commit",
    "not in files": "pipelines.follow_store.FollowStore.begin_roll",
    "not removed": "pipelines.follow_feeds.PolledInbox.sweep",
}


def follow_until_killed(feeds, output, moment):
    """Follow in a process of its own that kills itself at a moment; return how it ended."""
    module, owner, name = moment.rsplit(".", 2)
    child = os.fork()
    if child == 0:  # what follows never leaves this process
        try:
            killed = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
            setattr(getattr(importlib.import_module(module), owner), name, killed)
            follow_once(feeds, output)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_between_feed_and_file_loses_nothing(tmp_path, feeds, moment):
    output = tmp_path / "out"
    assert follow_until_killed(feeds, output, MOMENTS[moment]) == -signal.SIGKILL
    assert list((output / "_state/inbox").glob("*.jsonl")) != []
    assert follow_once(feeds, output) is ExitCode.OK
    kept, records = titles(output)
    assert kept == ALL
    # What the poller could not remember it sends again, and what was read by then comes twice.
    assert records in ({13, 21, 18, 26} if moment == "not remembered" else {13})
    assert list((output / "_state/inbox").iterdir()) == []


def test_sigterm_ends_both_at_once_and_what_was_polled_is_written(tmp_path, server, feeds):
    server.routes["/sport"] = HOSTILE["/slow-body"]
    feeds.write_text(feeds.read_text("utf-8").replace("timeout_seconds: 1", "timeout_seconds: 30"), "utf-8")
    output = tmp_path / "out"
    command = [WARRAQ, "follow", "--feeds", feeds, "--output", output, *UNTAGGED]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and not (
            "/sport" in server.paths() and list((output / "_state/inbox").glob("wire-*.jsonl"))
        ):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        said = process.communicate()[1]
    assert "wire: HTTP 200, 8 items, 8 sent" in said
    assert "Traceback" not in said
    assert titles(output) == (told(*range(8)), 8)


def test_once_in_vain_is_a_failure(tmp_path, server, feeds):
    server.routes.clear()
    assert follow_once(feeds, tmp_path / "out") is ExitCode.FAILED


def test_a_sink_that_cannot_write_is_a_failure_and_the_items_come_with_the_next_run(
    tmp_path, feeds, monkeypatch
):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.feed_sinks._sync_folder", full)
        assert follow_once(feeds, tmp_path / "out") is ExitCode.FAILED
    assert follow_once(feeds, tmp_path / "out") is ExitCode.OK
    assert titles(tmp_path / "out")[0] == ALL


def test_a_poller_that_dies_is_told_and_not_waited_for(tmp_path, feeds, monkeypatch):
    def broken(*_, **__):
        raise OSError(5, "Input/output error", "health.json")

    monkeypatch.setattr("pipelines.feed_poller.write_health", broken)
    config = load_config(None, UNTAGGED_SETTINGS)
    request = FollowRequest(config, None, None, str(tmp_path / "out"), quiet=True, feeds=str(feeds))
    with pytest.raises(RunFailed, match="Input/output error") as failed:
        run_follow(request, Console(file=io.StringIO()))  # not once: it would poll for ever
    assert failed.value.code is ExitCode.FAILED


def test_a_user_s_inbox_keeps_its_files(tmp_path, feeds):
    inbox = tmp_path / "inbox"
    InboxSink(inbox).deliver("wire", [{"title": "خبر", "body": body(1)}], [b"a"])
    before = list(inbox.iterdir())
    config = load_config(None, UNTAGGED_SETTINGS)
    request = FollowRequest(config, str(inbox), None, str(tmp_path / "out"), once=True, quiet=True)
    assert run_follow(request, Console(file=io.StringIO())) is ExitCode.OK
    assert list(inbox.iterdir()) == before
    assert titles(tmp_path / "out")[1] == 1


def test_a_list_that_is_wrong_is_refused_before_anything_is_made(tmp_path):
    wrong = Path(tmp_path / "feeds.yaml")
    wrong.write_text("version: 1\nfeeds: [{id: a, url: 'ftp://x/'}]", "utf-8")
    assert main(["follow", "--feeds", str(wrong), "--output", str(tmp_path / "out")]) == ExitCode.USAGE
    assert not (tmp_path / "out").exists()
