"""`warraq poll` as a user calls it: inbox to batch, restarts, signals, exit codes; every server is on loopback."""

import json
import os
import signal
import subprocess
import threading
import time
from concurrent import futures

import pytest
from corpus import WARRAQ
from hostile_server import HOSTILE, HostileServer, answer

from pipelines.outcome import ExitCode

TEXT = (
    "أعلنت وزارة الموارد المائية اليوم عن افتتاح محطة جديدة لتنقية المياه في المدينة، وقال المتحدث باسم الوزارة ان "
    "المحطة رقم {} تخدم الاحياء الشرقية وان العمل فيها بدأ قبل عامين"
)


def rss(*guids):
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>محطة {guid}</title><link>/{guid}</link>"
        f"<pubDate>Tue, 02 Jan 2024 03:04:05 +0300</pubDate><description>{TEXT.format(guid)}</description></item>"
        for guid in guids
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>صحيفة</title>{items}</channel></rss>"


def feed_list(folder, server, paths, *, host="127.0.0.1", allow=True, extra=""):
    """Write a list of feeds, named after their paths."""
    lines = ["version: 1", "pause_seconds: 0", "timeout_seconds: 1", extra, "feeds:"]
    allowed = ", allow_addresses: [127.0.0.0/8]" if allow else ""
    lines += [f"  - {{id: {path[1:]}, url: 'http://{host}:{server.port}{path}'{allowed}}}" for path in paths]
    path = folder / "feeds.yaml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def command(feeds, to, *more):
    return [WARRAQ, "poll", "--feeds", str(feeds), "--to", to, "--state", str(feeds.parent / "state"), *more]


def poll(feeds, to, *more, code=0):
    done = subprocess.run(command(feeds, to, "--once", *more), capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def guids(inbox):
    return [
        json.loads(line)["guid"]
        for path in sorted(inbox.glob("*.jsonl"))
        for line in path.open(encoding="utf-8")
    ]


@pytest.fixture
def server():
    with HostileServer() as server:
        yield server


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_the_inbox_is_read_by_batch_as_it_is(tmp_path, server):
    server.routes["/wire"] = answer(rss("1").encode("cp1256"), Content_Type="text/xml; charset=windows-1256")
    feeds = feed_list(tmp_path, server, ["/wire"])
    inbox = tmp_path / "inbox"
    done = poll(feeds, f"inbox:{inbox}")
    assert "wire: HTTP 200, 1 items, 1 sent" in done.stderr
    batch = [WARRAQ, "batch", "--input", str(inbox), "--output", str(tmp_path / "out"), "--quiet"]
    assert subprocess.run(batch, capture_output=True).returncode == 0
    shown = subprocess.run(
        [WARRAQ, "inspect", str(tmp_path / "out"), "--jsonl"], capture_output=True, text=True, check=True
    )
    (row,) = (json.loads(line) for line in shown.stdout.splitlines())
    assert row["url"] == f"http://127.0.0.1:{server.port}/1"
    assert row["source"] == "صحيفة"
    assert row["text"] == f"محطة 1\n\n{TEXT.format(1)}"
    assert "2024-01-02T00:04:05" in json.dumps(row)


def test_a_second_run_sends_only_what_is_new(tmp_path, server):
    server.routes["/wire"] = [answer(rss("1", "2")), answer(rss("2", "3"))]
    feeds = feed_list(tmp_path, server, ["/wire"])
    first = poll(feeds, "stdout", "--quiet")
    second = poll(feeds, "stdout", "--quiet")
    assert [json.loads(line)["guid"] for line in (first.stdout + second.stdout).splitlines()] == [
        "1",
        "2",
        "3",
    ]
    assert first.stderr == ""
    health = json.loads((tmp_path / "state/health.json").read_text("utf-8"))
    assert health["by_feed"]["wire"]["items_sent"] == 3


def test_a_name_of_loopback_is_refused_unless_the_feed_allows_it(tmp_path, server):
    server.routes["/wire"] = answer(rss("1"))
    refused = feed_list(tmp_path, server, ["/wire"], host="localhost", allow=False)
    done = poll(refused, "stdout", code=ExitCode.FAILED)
    assert "refused_address" in done.stderr
    assert "loopback" in done.stderr
    assert server.requests == []


def test_one_good_feed_among_hostile_ones_makes_a_good_run(tmp_path, server):
    server.routes["/good"] = answer(rss("1"))
    feeds = feed_list(tmp_path, server, ["/good", "/gzip-bomb", "/endless-body", "/garbage", "/too-short"])
    done = poll(feeds, "stdout")
    assert len(done.stdout.splitlines()) == 1
    for reason in ("too_large", "broken"):
        assert reason in done.stderr
    health = json.loads((tmp_path / "state/health.json").read_text("utf-8"))
    assert health["failing"] == 4


def test_sigterm_ends_it_at_once_and_well(tmp_path, server):
    server.routes["/good"] = answer(rss("1"))
    server.routes["/slow"] = HOSTILE["/slow-body"]
    feeds = feed_list(tmp_path, server, ["/good", "/slow"], extra="workers: 2")
    feeds.write_text(feeds.read_text("utf-8").replace("timeout_seconds: 1", "timeout_seconds: 30"), "utf-8")
    inbox = tmp_path / "inbox"
    process = subprocess.Popen(command(feeds, f"inbox:{inbox}"), stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: "/slow" in server.paths() and guids(inbox))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3
    finally:
        process.kill()
        told = process.communicate()[1]
    assert "stopped by SIGTERM" in told
    assert "Traceback" not in told
    health = json.loads((tmp_path / "state/health.json").read_text("utf-8"))
    assert health["by_feed"]["good"]["last_success"]


def test_what_is_killed_at_any_moment_loses_nothing(tmp_path, server):
    names = [f"/f{number}" for number in range(40)]
    for name in names:
        server.routes[name] = answer(rss(*(f"{name[1:]}-{number}" for number in range(20))))
    feeds = feed_list(tmp_path, server, names)
    inbox = tmp_path / "inbox"
    for files in (3, 15):
        process = subprocess.Popen(command(feeds, f"inbox:{inbox}", "--once", "--quiet"))
        wait_for(lambda files=files: len(list(inbox.glob("*.jsonl"))) >= files)
        process.kill()
        process.wait()
    poll(feeds, f"inbox:{inbox}", "--quiet")
    found = guids(inbox)
    # The same items sent again have the same file name, so that not even a kill makes a second copy here.
    assert sorted(found) == sorted(f"{name[1:]}-{number}" for name in names for number in range(20))


def test_a_second_poller_with_the_same_state_is_refused(tmp_path, server):
    server.routes["/slow"] = HOSTILE["/slow-body"]
    feeds = feed_list(tmp_path, server, ["/slow"])
    process = subprocess.Popen(
        command(feeds, "stdout", "--quiet"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: "/slow" in server.paths())
        assert "another poller" in poll(feeds, "stdout", code=ExitCode.LOCKED).stderr
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("text", "to", "part"),
    [("version: 1\nfeeds: [{id: a, url: 'ftp://x/'}]", "stdout", "not http or https"),
     ("version: 1\nfeeds: [{id: a, url: 'http://x/'}]", "nowhere", "inbox:DIR"),
     ("version: 1\nfeeds: [{id: a, url: 'http://x/', fulltext: true}]", "stdout", "did you mean full_text")],
)  # fmt: skip
def test_a_wrong_call_is_refused_before_anything_is_asked(tmp_path, text, to, part):
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(text, "utf-8")
    assert part in poll(feeds, to, code=ExitCode.USAGE).stderr
    assert not (tmp_path / "state").exists()


def test_items_reach_a_pub_sub_emulator(tmp_path, server):
    pytest.importorskip("google.cloud.pubsub_v1")
    grpc = pytest.importorskip("grpc")
    from google.pubsub_v1.types import PublishRequest, PublishResponse

    messages, lock = [], threading.Lock()

    def publish(request, _):
        with lock:
            messages.extend(request.messages)
            return PublishResponse(
                message_ids=[str(len(messages) - index) for index in range(len(request.messages))]
            )

    method = grpc.unary_unary_rpc_method_handler(
        publish, PublishRequest.deserialize, PublishResponse.serialize
    )
    emulator = grpc.server(futures.ThreadPoolExecutor(2))
    emulator.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": method})]
    )
    port = emulator.add_insecure_port("127.0.0.1:0")
    emulator.start()
    try:
        server.routes["/wire"] = answer(rss("1", "2", "3"))
        feeds = feed_list(tmp_path, server, ["/wire"])
        done = subprocess.run(
            command(feeds, "pubsub:projects/a-project/topics/news", "--once"),
            env={**os.environ, "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{port}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    finally:
        emulator.stop(None)
    assert sorted(json.loads(message.data)["guid"] for message in messages) == ["1", "2", "3"]
    assert {message.attributes["published"] for message in messages} == {"2024-01-02T00:04:05Z"}
    assert {message.attributes["source"] for message in messages} == {"صحيفة"}
