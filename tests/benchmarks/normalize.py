"""Print how fast and how right the normaliser is beside what else there is for Arabic text.

Every contestant runs in a process of its own, pinned to one core, over the same articles; a round is one pass of
each in turn, and the best of the rounds counts. MB/s are megabytes (10^6) of UTF-8 input over CPU seconds; strings
are made anew before each pass, so that nothing cached inside them helps. Not a test: a person reads the figures.

    python tests/benchmarks/normalize.py [--peers] [--rounds 5] [--articles 6000] [--input FILE.jsonl[.gz] …]

`--peers` installs the peers in .cache/bench-normalize/ and runs them too; without it only this project and
str.translate run. PyICU is built from source and needs `apt-get update; apt-get install -y libicu-dev pkg-config g++`;
the Rust crate needs cargo. What could not be installed is named, and the rest runs.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from contestants import ENTRIES, NOTES

CONTESTANTS = Path(__file__).with_name("contestants.py")
SHARED = Path(__file__).parents[3] / "shared" / "data"
HOME = Path(__file__).parents[2] / ".cache" / "bench-normalize"
PEER_PYTHON, PEER_RUST = HOME / "venv/bin/python", HOME / "target/release/bench-arabic-normalize"
#: What pip installs for each peer. camel-tools asks for torch; its normalisers import only six and emoji.
PACKAGES = {
    "pyarabic": ["pyarabic==0.6.15"],
    "CAMeL Tools": ["--no-deps", "camel-tools==1.6.0", "six", "emoji"],
    "PyICU": ["pyicu==2.17"],
    "arabic-norm": ["arabic-norm==0.1.0"],
    "arabic-normalize": ["arabic-normalize==0.1.0"],
}


def install():
    """Install the peers; say what could not be installed."""

    def attempt(name, command, **options):
        try:
            done = subprocess.run(command, capture_output=True, text=True, **options)
        except OSError as error:
            done = subprocess.CompletedProcess(command, 1, "", str(error))
        if done.returncode:
            last = [
                line for line in done.stderr.splitlines() if re.search("error|No such", line, re.IGNORECASE)
            ]
            hint = " (needs libicu-dev, pkg-config and g++ from Debian)" if name == "PyICU" else ""
            print(f"not installed: {name}{hint}: {' '.join(last[:2]) or done.stderr[-200:]}", flush=True)

    HOME.mkdir(parents=True, exist_ok=True)
    if not PEER_PYTHON.exists():
        attempt("the peers' environment", [sys.executable, "-m", "venv", str(HOME / "venv")])
    pip = [str(PEER_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for name, packages in PACKAGES.items():
        attempt(name, [*pip, *packages])
    crate = HOME / "rust_peer"  # a copy: cargo writes its lock file beside Cargo.toml
    shutil.copytree(Path(__file__).parent / "rust_peer", crate, dirs_exist_ok=True)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(HOME / "target")}
    attempt("crate arabic-normalize", ["cargo", "build", "--release", "--quiet"], cwd=crate, env=environment)


def read(inputs, count):
    """Return title and content of the first articles of the files."""
    texts = []
    for path in inputs:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                article = json.loads(line)
                body = article.get("content") or article.get("body") or article.get("text") or ""
                texts.append(f"{article.get('title') or ''}\n{body}")
                if len(texts) == count:
                    return texts
    return texts


def ask(process):
    """Take one pass of a contestant; return its CPU seconds."""
    process.stdin.write("go\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def race(names, texts, rounds):
    """Run the rounds; return what each contestant said of itself and its seconds."""
    started, said, seconds = {}, {}, {}
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts")
        path.write_bytes(b"".join(len(t).to_bytes(4, "little") + t for t in texts))
        for name in names:
            python = PEER_PYTHON if ENTRIES[name][0] == "peer" else Path(sys.executable)
            command = [str(python), str(CONTESTANTS), name, str(path)]
            if ENTRIES[name][0] == "rust":
                command = [str(PEER_RUST), str(path)]
            if not Path(command[0]).exists():
                said[name] = {"missing": "not installed"}
                continue
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
            )
            said[name] = json.loads(process.stdout.readline() or '{"missing": "its process died"}')
            if "missing" not in said[name]:
                started[name], seconds[name] = process, []
        for number in range(rounds):
            for name, process in list(started.items()):
                try:
                    seconds[name].append(ask(process))
                except (OSError, ValueError):
                    said[name] = {"missing": f"its process died in round {number + 1}"}
                    del started[name], seconds[name]
            print(f"round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
        for process in started.values():
            process.stdin.close()
            process.wait()
    return said, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, default=6000)
    parser.add_argument("--input", nargs="+", type=Path)
    args = parser.parse_args()
    if not args.input and not SHARED.is_dir():
        sys.exit("the shared data is not here; name your own JSON Lines files with --input")
    inputs = args.input or sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz"))
    if args.peers:
        install()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts = [text.encode("utf-8", "replace") for text in read(inputs, args.articles)]
    size = sum(map(len, texts)) / 1e6
    said, seconds = race(
        [name for name, entry in ENTRIES.items() if args.peers or entry[0] == "ours"], texts, args.rounds
    )
    print(f"{len(texts):,} articles, {size:.1f} MB of UTF-8; best (median) of {args.rounds} rounds, one core")
    print(f"Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':28}{'MB/s':>7} {'median':>8} {'x ours search':>14}  what it gets wrong")
    rate = {name: size / min(runs) for name, runs in seconds.items()}
    for name, about in said.items():
        if name not in rate:
            print(f"{name:28}not there: {about['missing']}")
            continue
        errors = "-" if about["wrong"] is None else ", ".join(about["wrong"]) or "none of the pairs tried"
        ratio = f"{rate[name] / rate['ours search']:.2f}" if "ours search" in rate else "?"
        median = size / statistics.median(seconds[name])
        print(f"{name:28}{rate[name]:7.1f} {median:8.1f} {ratio:>14}  {about['what'] or 'warraq'}: {errors}")
    print()
    for name, note in NOTES.items():
        if args.peers or name == "str.translate":
            print(f"{name}: {note}")
    search = rate.get("ours search", 0)
    for name in ("pyarabic chain", "str.translate, dict"):
        if name in rate:
            print(f"ours search is {search / rate[name]:.1f} x {name}")
    print(
        f"wanted: search 100 MB/s, 3 x pyarabic's chain, 4 x str.translate; tokens 50 MB/s (search {search:.0f})"
    )


if __name__ == "__main__":
    main()
