"""Figures of a stream that runs on: a steady rate of messages into one of the commands, delays and memory out.

    python tests/benchmarks/sustained.py stream [--rate 250] [--seconds 600]     (Prism; needs Go and the shared data)
    python tests/benchmarks/sustained.py follow [--rate 100] [--seconds 1800]

Messages are articles of the shared data over the Pub/Sub fake. Once all have been sent, every fourth word of the next round is
foreign, so that an article is no near copy of itself. The delay is from sending to the tagged article on a topic (`stream`)
or to the state's disk (`follow`, its own figure). It prints figures and asserts nothing; machines differ.
"""

import argparse
import datetime
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import prism
import pubsub

from pipelines.published import read_commits
from transforms.files import OutputFolder

WARRAQ = str(Path(sys.executable).parent / "warraq")
_DATA = Path(__file__).parents[3] / "shared" / "data" / "saudinewsnet_dev"
_ROUND = 23_000
_STEP_S = 0.1
#: The first part of a run, when models are read and caches fill, is left out of slope and delays (seconds).
_WARM_S = 60


def articles() -> Iterator[dict[str, str]]:
    """Yield articles for ever, none of them a near copy of one of an earlier round."""
    rows = [
        json.loads(line)
        for path in sorted(_DATA.iterdir())
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ][:_ROUND]
    bodies = [row["content"].split(" ") for row in rows]
    for turn in itertools.count():
        for number, row in enumerate(rows):
            words = list(bodies[number])
            if turn:
                strange = bodies[(number + 7_919 * turn) % len(bodies)]
                words[turn % 4 :: 4] = [
                    strange[place % len(strange)] for place in range(turn % 4, len(words), 4)
                ]
            yield {
                "source": row["source"],
                "url": f"{row['url']}?turn={turn}",
                "title": row["title"],
                "body": " ".join(words),
            }


class Sender(threading.Thread):
    """Sends articles at a steady rate; what it falls behind it makes up for."""

    def __init__(self, fake: pubsub.PubsubFake, topic: str, rate: float, seconds: float) -> None:
        super().__init__(daemon=True)
        self._fake, self._topic, self._rate, self._seconds = fake, topic, rate, seconds
        self.sent = 0
        self.seconds = 0.0

    def run(self) -> None:
        source, began = articles(), time.monotonic()
        while (passed := time.monotonic() - began) < self._seconds:
            due = int(passed * self._rate) - self.sent
            now = datetime.datetime.now(datetime.UTC).isoformat()
            messages = [
                (json.dumps(next(source) | {"published": now}, ensure_ascii=False).encode(), {})
                for _ in range(due)
            ]
            self._fake.publish_all(self._topic, messages)
            self.sent += len(messages)
            time.sleep(max(0.0, _STEP_S - (time.monotonic() - began - passed)))
        self.seconds = time.monotonic() - began


class Memory(threading.Thread):
    """Looks at the resident size of processes: (seconds since its start, MB)."""

    def __init__(self, pids: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self._pids = pids
        self.seen: dict[str, list[tuple[float, float]]] = {name: [] for name in pids}
        self._ended = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(5):
            for name, pid in self._pids.items():
                found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
                if found:
                    self.seen[name].append((time.monotonic() - began, int(found[1]) / 1024))

    def end(self) -> None:
        self._ended.set()

    def show(self) -> None:
        for name, seen in self.seen.items():
            warm = [one for one in seen if one[0] > _WARM_S] or seen
            half = warm[len(warm) // 2 :]
            print(
                f"memory of {name}: {warm[0][1]:,.0f} MB warm, {warm[-1][1]:,.0f} MB at the end, peak {max(mb for _, mb in seen):,.0f} MB; "
                f"slope {slope(warm):+.2f} MB a minute, in the second half {slope(half):+.2f}"
            )


def slope(points: list[tuple[float, float]]) -> float:
    """Return the least-squares slope of (seconds, MB) in MB a minute."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points) or 1.0
    return 60 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parts(values: list[float]) -> str:
    """Return p50, p99 and the largest of some seconds."""
    ordered = sorted(values)
    if not ordered:
        return "nothing seen"
    return f"p50 {ordered[len(ordered) // 2]:.2f} s, p99 {ordered[len(ordered) * 99 // 100]:.2f} s, largest {ordered[-1]:.2f} s"


def run_stream(rate: float, seconds: float, flags: list[str]) -> None:
    """`warraq stream` on Prism, publishing what it tags."""
    with tempfile.TemporaryDirectory() as folder, pubsub.running_fake() as fake:
        pair, out = fake.pair(ack_deadline=60), fake.pair(ack_deadline=60)
        process = subprocess.Popen(
            [
                WARRAQ, "stream", "--subscription", pair.subscription, "--output", f"{folder}/out", "--publish", out.topic,
                "--runner=PrismRunner", f"--prism_location={prism.binary()}", "--prism_log_level=warn", "--quiet",
                *flags,
                "--set", "run.on_bug=set_aside", "--set", "stream.window_seconds=60",
            ]
        )  # fmt: skip
        time.sleep(15)  # until it runs: what waits for it would count as delay
        servers = prism.children(process.pid)
        memory = Memory({"warraq": process.pid} | {f"prism {pid}": pid for pid in servers})
        memory.start()
        sender = Sender(fake, pair.topic, rate, seconds)
        sender.start()
        began, delays, seen, per_minute = time.time(), list[float](), 0, Counter[int]()
        quiet_since = time.monotonic()
        while sender.is_alive() or time.monotonic() - quiet_since < 20:
            received = fake.pull(out.subscription, 100)  # an answer may have 4 MiB
            now = time.time()
            if received:
                quiet_since = time.monotonic()
                fake.ack(out.subscription, received)
            for one in received:
                seen += 1
                minute = int(now - began) // 60
                if not per_minute[minute]:
                    print(f"minute {minute}: {sender.sent:,} sent, {seen:,} tagged", flush=True)
                per_minute[minute] += 1
                sent = datetime.datetime.fromisoformat(one.attributes["published"]).timestamp()
                if sent - began > _WARM_S:
                    delays.append(one.publish_us / 1e6 - sent)
            if len(received) < 50:
                time.sleep(0.2)
        left = fake.unacked(pair.topic)
        time.sleep(62)  # until the last window is written
        used = cpu_s(process.pid), sum(map(cpu_s, servers))
        memory.end()
        process.terminate()
        process.wait(60)
        prism.stop(servers)
        print(
            f"sent {sender.sent:,} in {sender.seconds:.0f} s: {sender.sent / sender.seconds:.0f} a second; {left} not acknowledged at the end"
        )
        print(f"tagged and published: {seen:,}, by minute {[per_minute[at] for at in sorted(per_minute)]}")
        print(f"delay from sending to the tagged article: {parts(delays)}")
        print(
            f"CPU an article: warraq {used[0] / sender.sent * 1e3:.2f} ms, Prism {used[1] / sender.sent * 1e3:.2f} ms"
        )
        memory.show()
        tell_files(f"{folder}/out")


def run_follow(rate: float, seconds: float) -> None:
    """`warraq follow` over a subscription; its own lines tell the delays."""
    with tempfile.TemporaryDirectory() as folder, pubsub.running_fake() as fake:
        pair = fake.pair(ack_deadline=60)
        process = subprocess.Popen(
            [
                WARRAQ, "follow", "--subscription", pair.subscription, "--output", f"{folder}/out",
                "--set", "run.on_bug=set_aside", "--set", "stream.window_seconds=60",
            ],
            stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "400"},
        )  # fmt: skip
        lines: list[str] = []
        known: list[tuple[float, float]] = []  # seconds, articles in the index
        began = time.monotonic()

        def listen() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line.strip())
                print(line.strip(), flush=True)
                if found := re.search(r"([\d,]+) in the index", line):
                    known.append((time.monotonic() - began, float(found[1].replace(",", ""))))

        threading.Thread(target=listen, daemon=True).start()
        memory = Memory({"warraq": process.pid})
        memory.start()
        sender = Sender(fake, pair.topic, rate, seconds)
        sender.start()
        sender.join()
        end = time.monotonic() + 120
        while fake.unacked(pair.topic) and time.monotonic() < end:
            time.sleep(1)
        left, used = fake.unacked(pair.topic), cpu_s(process.pid)
        memory.end()
        process.terminate()
        process.wait(120)
        delays = [
            float(found[1]) for line in lines if (found := re.search(r"p99 ([\d.]+) s until safe", line))
        ]
        print(
            f"sent {sender.sent:,} in {sender.seconds:.0f} s: {sender.sent / sender.seconds:.0f} a second; {left} not acknowledged at the end"
        )
        print(f"p99 until safe, by roll: {parts(delays)}")
        print(f"CPU an article: {used / sender.sent * 1e3:.2f} ms")
        memory.show()
        tell_growth(memory.seen["warraq"], known)
        tell_files(f"{folder}/out")


def tell_growth(seen: list[tuple[float, float]], known: list[tuple[float, float]]) -> None:
    """Print what of the growing memory is the growing index: it has all articles of the last two weeks, and these are all new."""
    half = [one for one in known if one[0] > _WARM_S][-(len(known) // 2) :]
    if len(half) < 2:
        return
    grown = [one for one in seen if half[0][0] <= one[0] <= half[-1][0]]
    share = slope(grown) * 1e6 / slope(half)
    print(f"in the second half {share:,.0f} bytes for each article that came into the index, all in all")


def tell_files(root: str) -> None:
    """Print what the commits say, and what `warraq verify` says of it."""
    commits = read_commits(OutputFolder(root))
    rows = {
        table: sum(commit.rows(table) for commit in commits)
        for table in ("articles", "duplicates", "dead_letters", "filtered")
    }
    print(
        f"files: {sum(commit.records_in for commit in commits):,} records in = {sum(rows.values()):,} out ({rows})"
    )
    subprocess.run([WARRAQ, "verify", root], check=False)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("stream", "follow"))
    parser.add_argument("--rate", type=float, help="messages a second")
    parser.add_argument("--seconds", type=float)
    args, flags = parser.parse_known_args()  # what is left is for `warraq stream`
    print(f"load of the machine before: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    if args.what == "stream":
        run_stream(args.rate or 250, args.seconds or 600, flags)
    else:
        run_follow(args.rate or 100, args.seconds or 1800)


if __name__ == "__main__":
    main()
