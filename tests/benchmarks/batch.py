"""Print what Beam costs: `warraq batch` beside a plain Python loop over the same files and core functions.

Both run as whole processes, one after the other in turn; the least CPU of the rounds counts. Not a test:
figures on a shared machine are read by a person.

    python tests/benchmarks/batch.py [--rounds 3] [--input FOLDER]
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "data"
DEFAULT = [str(SHARED / "saudinewsnet_dev"), str(SHARED / "seed" / "*.txt")]


def run_loop(inputs: list[str], output: str) -> None:
    """Do the whole job with the core functions alone: no Beam pipeline, everything in one dictionary."""
    import hashlib
    from collections import defaultdict

    from pipelines.config import Config
    from pipelines.graph import parse_plan
    from pipelines.tagging import load_rules
    from schemas.avro import encode_container, to_record
    from schemas.elements import RawRecord
    from transforms.core.cluster import rank
    from transforms.core.compared import normalize
    from transforms.core.errors import ArticleError, OutOfScope
    from transforms.core.index import SignatureIndex
    from transforms.core.parse import parse
    from transforms.core.partition import data_file_name
    from transforms.core.reading import read_records
    from transforms.files import find_files
    from transforms.sign import sign_all, signable_of
    from transforms.tag_models import load_tagger

    config = Config()
    plan = parse_plan(config)
    tagger = load_tagger(config.tag, load_rules(config.tag))
    normalized, lost = {}, 0
    for file in find_files(inputs):
        with open(file.uri, "rb") as stream:
            for piece in read_records(stream, file.uri, file.size_bytes, config.read):
                if isinstance(piece, RawRecord):
                    try:
                        article = normalize(parse(piece, plan), config.normalize)
                        normalized[article.article.origin] = article
                    except (ArticleError, OutOfScope):
                        lost += 1
    articles = list(normalized.values())
    index, duplicates = SignatureIndex(config.dedup), {}
    for first in range(0, len(articles), 64):
        signables = [signable_of(article, {}, 1) for article in articles[first : first + 64]]
        for edge in index.add(sign_all(signables, config.normalize, config.dedup)).edges:
            duplicates[edge.child.origin] = edge
    for origin in duplicates:
        del normalized[origin]
    partitions = defaultdict(list)
    for article in normalized.values():
        member = signable_of(article, {}, 1).member
        partitions[member.partition].append((rank(member), article))
    rows = 0
    for partition, members in sorted(partitions.items()):
        members.sort(key=lambda member: member[0])
        records = [to_record("articles", one, "") for one in tagger.tag([article for _, article in members])]
        data = encode_container("articles", records, config.output.codec, partition)
        path = Path(output, "articles", partition, data_file_name(0, 1, hashlib.sha256(data).hexdigest()))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        rows += len(records)
    print(f"loop: {rows} articles, {len(duplicates)} duplicates, {lost} filtered or refused", file=sys.stderr)


def measure(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return CPU seconds (all its processes), wall seconds and peak RSS in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    _, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        sys.exit(f"{command} failed:\n{errors.decode()}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--input", nargs="+", default=DEFAULT)
    parser.add_argument("--loop", metavar="OUTPUT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.loop:
        run_loop(args.input, args.loop)
        return
    if args.input == DEFAULT and not SHARED.is_dir():
        sys.exit("the shared data is not here; name your own files with --input")
    warraq = Path(sys.executable).parent / "warraq"
    figures: dict[str, list[tuple[float, float, float]]] = {"loop": [], "warraq batch": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.rounds):
            for name, command in (
                ("loop", [sys.executable, __file__, "--loop", f"{folder}/loop", "--input", *args.input]),
                (
                    "warraq batch",
                    [str(warraq), "batch", "--quiet", "--input", *args.input, "--output", f"{folder}/batch"],
                ),
            ):
                shutil.rmtree(f"{folder}/{name.rpartition(' ')[2]}", ignore_errors=True)
                figures[name].append(measure(command))
                print(
                    f"round {number + 1}  {name:13}  CPU {figures[name][-1][0]:6.2f} s  wall {figures[name][-1][1]:6.2f} s  peak RSS {figures[name][-1][2]:6.0f} MB"
                )
        import json

        accounting = json.loads(Path(folder, "batch", "report.json").read_text())["accounting"]
    best = {name: min(runs) for name, runs in figures.items()}
    for name, (cpu, wall, rss) in best.items():
        print(
            f"best     {name:13}  CPU {cpu:6.2f} s  wall {wall:6.2f} s  peak RSS {rss:6.0f} MB  {accounting['in'] / cpu:7,.0f} records/CPU s"
        )
    loop, batch = best["loop"][0], best["warraq batch"][0]
    print(
        f"ratio {batch / loop:.2f}; allowance 1.5 x loop + 3 s = {1.5 * loop + 3:.2f} s, used {batch:.2f} s"
    )
    print(f"this program: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
