"""Print what peer deduplicators cost and find on the same raw articles, side by side.

Each runs in a virtual environment of its own (made in DIR when missing) and in a process of its own, one after
the other in turn; the least CPU of the rounds counts. All are scored alike from the rows that they removed,
against two exact truths (`dedup_peers/truth.py`). Not a test: figures on a shared machine are read by a person.

    python tests/benchmarks/dedup_peers.py --work DIR [--only NAME ...] [--rounds N] [--input FOLDER]
        [--also 'NAME=command with {out} and {files}' ...] [--json FILE]

A contestant of your own is a command with the protocol of `dedup_peers/protocol.py`. Run it with the project's
interpreter: the truth needs numpy and warraq's normaliser.

Figures: CPU seconds of the process and all its children; the largest resident set of any one of its processes;
recall, the share of similar pairs of which at least one article is gone; precision, the share of removed
articles that have a similar one (removed articles that the truth does not judge stand apart: `empty` bodies and
`short` ones of fewer than 10 shingles); lost, the clusters of similar articles of which nothing is left.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).parent / "dedup_peers"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "saudinewsnet_dev"


class Peer(NamedTuple):
    """A peer: what its environment holds, and how that is called (variants of one version share it)."""

    requirements: tuple[str, ...]
    environment: str = ""
    python: str = ""


PEERS = {
    "rensa": Peer(("rensa==0.5.0",)),
    "gaoya": Peer(("gaoya==0.2.2",)),
    "datasketch": Peer(("datasketch==2.0.0",)),
    "text_dedup_040": Peer(("text-dedup==0.4.0", "datasets==5.2.0")),
    "text_dedup_041": Peer(("text-dedup==0.4.1", "datasets==5.2.0"), python="3.12"),
    "text_dedup_041_default": Peer(
        ("text-dedup==0.4.1", "datasets==5.2.0"), environment="text_dedup_041", python="3.12"
    ),
    "datatrove": Peer(("datatrove[io,processing]==0.10.1", "spacy==3.8.18")),
}


class Usage(NamedTuple):
    """What a run cost: seconds, seconds, MB."""

    cpu: float
    wall: float
    rss: float


def find_python(version: str) -> str:
    """Return an interpreter of a version: on the path, or beside the one that runs this."""
    if not version or f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        return sys.executable
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}.*/bin/python{version}"))
    for candidate in (*map(str, beside), shutil.which(f"python{version}")):
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    raise FileNotFoundError(f"no Python {version} here")


def environment(name: str, peer: Peer, work: Path) -> str:
    """Return the interpreter of a peer's environment, made first if it is missing or was left half made."""
    folder = work / f"venv-{peer.environment or name}"
    python, done = folder / "bin" / "python", folder / "requirements"
    wanted = "\n".join(peer.requirements)
    if not done.exists() or done.read_text() != wanted:
        print(f"making {folder.name}: {', '.join(peer.requirements)}", file=sys.stderr)
        subprocess.run([find_python(peer.python), "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.requirements], check=True)
        done.write_text(wanted)
    return str(python)


def measure(command: list[str], log: Path, limit: float) -> Usage:
    """Run a command; return what it and all its children used. RuntimeError if it fails or takes too long."""
    started = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, start_new_session=True)
        timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
    wall = time.perf_counter() - started
    if status:
        tail = log.read_text(errors="replace").strip().splitlines()[-3:]
        reason = "took too long" if wall >= limit else f"ended with {os.waitstatus_to_exitcode(status)}"
        raise RuntimeError(f"{reason}: {' | '.join(tail)} (see {log})")
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def score(truth, removed: list[int]) -> dict[str, float | int | None]:
    """Return how a set of removed rows stands to a truth."""
    gone = np.zeros(len(truth.sizes), dtype=bool)
    gone[removed] = True
    paired = np.zeros(len(gone), dtype=bool)
    paired[truth.pairs] = True
    judged = gone & ~truth.empty & ~truth.short
    missed = int((~gone[truth.pairs]).all(axis=1).sum())
    labels = np.arange(len(gone))  # of each component of similar pairs, its lowest row
    while True:
        before = labels.copy()
        for one, other in (truth.pairs.T, truth.pairs.T[::-1]):
            np.minimum.at(labels, one, labels[other])
        labels = labels[labels]
        if (labels == before).all():
            break
    roots = np.unique(labels[paired])
    alive = np.unique(labels[paired & ~gone])
    return {
        "pairs": len(truth.pairs),
        "recall": 1 - missed / max(1, len(truth.pairs)),
        "removed": int(judged.sum()),
        "right": int((judged & paired).sum()),
        "precision": float((judged & paired).sum() / judged.sum()) if judged.any() else None,
        "short": int((gone & truth.short).sum()),
        "empty": int((gone & truth.empty).sum()),
        "clusters": len(roots),
        "lost": len(roots) - len(alive),
    }


def run(name: str, command: list[str], out: Path, rounds: list[Usage], limit: float) -> None:
    """Run a contestant once more and say so."""
    out.unlink(missing_ok=True)
    rounds.append(measure(command, out.with_suffix(".log"), limit))
    cpu, wall, rss = rounds[-1]
    print(
        f"round {len(rounds)}  {name:23} CPU {cpu:7.2f} s  wall {wall:7.2f} s  peak RSS {rss:6.0f} MB",
        flush=True,
    )


def contestants(args: argparse.Namespace, files: list[str], failed: dict[str, str]) -> dict[str, list[str]]:
    """Return the command of each contestant; peers that cannot be installed go to `failed`."""
    commands = {}
    for name in args.only if args.only is not None else PEERS:
        try:
            python = environment(name, PEERS[name], args.work)
        except (OSError, subprocess.CalledProcessError) as error:
            failed[name] = f"not installed: {error}"
            continue
        commands[name] = [python, str(HERE / f"run_{name}.py"), str(args.work / f"{name}.json"), *files]
    for also in args.also:
        name, _, command = also.partition("=")
        commands[name] = []
        for word in shlex.split(command):
            if word == "{files}":
                commands[name] += files
            else:
                commands[name].append(word.replace("{out}", str(args.work / f"{name}.json")))
    return commands


def table(rows: list[tuple[str, ...]]) -> str:
    """Return lines with the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--work", type=Path, required=True, metavar="DIR", help="environments, truths, results"
    )
    parser.add_argument("--input", type=Path, default=SHARED, metavar="FOLDER", help="daily .jsonl.gz files")
    parser.add_argument(
        "--only", nargs="*", choices=PEERS, metavar="NAME", help=", ".join(PEERS) + "; or none"
    )
    parser.add_argument("--also", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1200, metavar="SECONDS", help="of one run (wall)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    args = parser.parse_args()
    files = [str(path.resolve()) for path in sorted(args.input.glob("*.jsonl.gz"))]
    if not files:
        sys.exit("no .jsonl.gz files there; name a folder with --input")
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    failed: dict[str, str] = {}
    commands = contestants(args, files, failed)
    rounds: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            if name not in failed:
                try:
                    run(name, command, args.work / f"{name}.json", rounds[name], args.limit)
                except (OSError, RuntimeError) as error:
                    failed[name] = str(error)
                    print(f"{name} failed: {error}", file=sys.stderr)

    # Only now: a child's peak counts from what its parent held when it was started.
    sys.path.insert(0, str(HERE))
    import truth

    kinds = {
        f"word-{words} J>={least}": truth.load(files, words, least, args.work) for words, least in truth.KINDS
    }
    figures = {}
    for name in commands:
        if name not in failed:
            result = json.loads((args.work / f"{name}.json").read_text())
            cpu, wall, rss = min(rounds[name])
            figures[name] = {
                "cpu_s": cpu,
                "wall_s": wall,
                "peak_rss_mb": rss,
                "read": result["read"],
                "articles_per_cpu_s": result["read"] / cpu,
                "removed": len(result["removed"]),
                "rounds": [usage._asdict() for usage in rounds[name]],
                **{kind: score(found, result["removed"]) for kind, found in kinds.items()},
            }
    report(figures, kinds)
    for name, reason in failed.items():
        print(f"{name}: FAILED, {reason}")
    if args.json:
        args.json.write_text(json.dumps({"figures": figures, "failed": failed}, indent=1) + "\n")


def report(figures: dict[str, dict], kinds: dict) -> None:
    """Print the costs, then how each stands to each truth."""
    rows = [("", "CPU s", "articles/CPU s", "wall s", "peak MB", "read", "removed")]
    for name, figure in figures.items():
        costs = (f"{figure['cpu_s']:.1f}", f"{figure['articles_per_cpu_s']:,.0f}", f"{figure['wall_s']:.1f}")
        rows.append(
            (name, *costs, f"{figure['peak_rss_mb']:.0f}", f"{figure['read']:,}", f"{figure['removed']:,}")
        )
    print(f"\n{table(rows)}")
    for kind, truth in kinds.items():
        rows = [(kind, "recall", "precision", "judged", "wrong", "lost", "short", "empty")]
        clusters = 0
        for name, figure in figures.items():
            against = figure[kind]
            clusters = against["clusters"]
            precision = "-" if against["precision"] is None else f"{against['precision']:.4f}"
            shares = (f"{against['recall']:.4f}", precision)
            wrong = against["removed"] - against["right"]
            counts = (against["removed"], wrong, against["lost"], against["short"], against["empty"])
            rows.append((name, *shares, *(f"{count:,}" for count in counts)))
        print(f"\n{len(truth.pairs):,} similar pairs, {clusters:,} clusters\n{table(rows)}")


if __name__ == "__main__":
    main()
