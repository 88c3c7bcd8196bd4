"""Deduplication alone, without parsing and tagging: what it costs, how it grows, and what hostile input does to it.

    python tests/benchmarks/dedup.py core OUT FILE...     the pure core in one process, no Beam
    python tests/benchmarks/dedup.py beam OUT FILE...     a Beam job: read -> sign -> find duplicates -> ids out
    python tests/benchmarks/dedup.py grow [--times 10]    the corpus against ten times as much, interleaved
    python tests/benchmarks/dedup.py hostile              hot buckets, boilerplate, a chain of drifting versions

`core` and `beam` are contestants of `dedup_peers.py`: OUT is JSON, {"removed": rows, "pairs": [[row, row]], "read": n}; rows
count lines over all files. Both get the raw text. Figures are printed, nothing is asserted: machines are shared.
"""

import argparse
import functools
import gc
import gzip
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
sys.path[:0] = [str(ROOT)]

from schemas.comparing import Member, Signature  # noqa: E402
from schemas.elements import Origin, RawRecord, article_id  # noqa: E402
from transforms.core.cluster import DedupRules  # noqa: E402
from transforms.core.fingerprint import fingerprint_texts  # noqa: E402
from transforms.core.index import SignatureIndex  # noqa: E402
from transforms.core.normalize import NormalizeRules  # noqa: E402

RULES = DedupRules()


def lines_of(path) -> list[str]:
    return gzip.decompress(Path(path).read_bytes()).decode().rstrip("\n").split("\n")


def time_of(fields: dict[str, str]) -> int:
    return int(datetime.fromisoformat(fields["date_extracted"] + "+00:00").timestamp()) * 1_000_000


def member_of(fields: dict[str, str], origin: Origin) -> Member:
    name = article_id(fields["source"], fields["url"], f"{fields['title']}\n\n{fields['content']}")
    return Member(name, time_of(fields), 0, 0, origin, "", 0, None)


def run_core(out: str, files: list[str]) -> None:
    """Read, normalise, shingle, sign, put into bands and verify, all in this process."""
    gc.set_threshold(50_000, 20, 50)  # as `warraq batch` does
    signatures: list[Signature] = []
    row = 0
    for path in files:
        records = [json.loads(line) for line in lines_of(path)]
        for first in range(0, len(records), 64):
            batch = records[first : first + 64]
            texts = fingerprint_texts(
                [fields["content"] for fields in batch], min_tokens=RULES.near_min_tokens
            )
            for fields, text in zip(batch, texts, strict=True):
                member = Member(
                    f"{row:032x}", time_of(fields), 0, text.tokens, Origin("", row, 0), "", 0, None
                )
                signatures.append(Signature(member, b"", text))
                row += 1
    index = SignatureIndex(RULES)
    edges = index.add(signatures).edges
    pairs = [(edge.child.origin.index, edge.parent.origin.index) for edge in edges]
    Path(out).write_text(
        json.dumps({"removed": sorted(child for child, _ in pairs), "pairs": pairs, "read": row})
    )
    print(
        f"core: {row} articles, {len(edges)} dropped, {index.pairs} raw pairs, {index.compared} compared",
        file=sys.stderr,
    )


def signable_of_record(record: RawRecord):
    """Make a Signable of a raw JSON record; what the main job does in its parse stage is left out here."""
    from transforms.sign import Signable

    fields = json.loads(record.payload)
    return Signable(member_of(fields, record.origin), "", fields["content"])


def run_beam(out: str, files: list[str], *options: str) -> dict[str, int]:
    """Run the Beam job on the in-process engine; return its counters."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from transforms.core.reading import ReadRules
    from transforms.find_duplicates import FindDuplicates
    from transforms.follow_parents import FollowParents
    from transforms.read import ReadArticleFiles
    from transforms.sign import SignArticles

    gc.set_threshold(50_000, 20, 50)  # as `warraq batch` does
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(list(options)))
    records = (pipeline | "Read" >> ReadArticleFiles(tuple(files), ReadRules())).records
    signatures = records | "Sign" >> SignArticles(signable_of_record, NormalizeRules(), RULES)
    found = signatures | "Find" >> FindDuplicates(RULES)
    roots = (found.edges, found.settled) | "Roots" >> FollowParents()
    rows = found.edges | "Rows" >> beam.Map(row_of_edge).with_output_types(tuple[str, tuple])
    count = roots | "Count" >> beam.combiners.Count.Globally()
    (rows | "Gather" >> beam.GroupByKey() | "Write" >> beam.MapTuple(functools.partial(write_rows, path=out)))
    del count
    result = pipeline.run()
    result.wait_until_finish()
    totals: Counter[str] = Counter()
    for counter in result.metrics().query()["counters"]:
        if counter.key.metric.namespace == "warraq.deduplicate":
            totals[counter.key.metric.name] += int(counter.result)
    return dict(totals)


def row_of_edge(edge):
    child, parent = edge.child.origin, edge.parent.origin
    return "all", (child.uri, child.index, parent.uri, parent.index)


def write_rows(_: str, rows, path: str) -> None:
    Path(path).write_text(json.dumps(sorted(rows)))


def beam_contestant(out: str, files: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "rows.json")
        counters = run_beam(str(found), files)
        rows = json.loads(found.read_text()) if found.exists() else []
    first, total = {}, 0
    for path in files:
        first[path] = total
        total += len(lines_of(path))
    pairs = [(first[a] + b, first[c] + d) for a, b, c, d in rows]
    Path(out).write_text(
        json.dumps({"removed": sorted(child for child, _ in pairs), "pairs": pairs, "read": total})
    )
    print(f"beam: {counters}", file=sys.stderr)


def measure(*arguments: str) -> tuple[float, float, float, str]:
    """Run this program; return CPU seconds, wall seconds, peak RSS in MB, and what it said."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, *arguments], stderr=subprocess.PIPE)
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(said)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1024, said


def mutate(text: str, family: int) -> str:
    """Return the text in another world: in family n every word whose hash falls so (9 in 10) becomes another word.

    The same word changes alike in all articles of a family: so duplicates within a family stay what they are, and
    articles of different families have hardly a shingle in common.
    """
    if family == 0:
        return text
    return " ".join(replaced(word, family) for word in text.split(" "))


@functools.lru_cache(maxsize=1 << 20)
def replaced(word: str, family: int) -> str:
    digest = hashlib.blake2b(f"{family} {word}".encode(), digest_size=8).digest()
    if digest[0] < 26:
        return word
    letters = "\u0628\u062a\u062c\u062d\u062f\u0631\u0633\u0639\u0641\u0642\u0643\u0644\u0645\u0646\u0648\u064a"  # ب ت ج ح د ر س ع ف ق ك ل م ن و ي
    return "".join(letters[byte % len(letters)] for byte in digest[1 : 2 + max(1, min(len(word), 6))])


def write_families(folder: str, times: int) -> list[str]:
    """Write the daily files `times` over, each time in another family. Returns the paths."""
    paths = []
    for path in sorted((SHARED / "saudinewsnet_dev").glob("*.jsonl.gz")):
        records = [json.loads(line) for line in lines_of(path)]
        for family in range(times):
            changed = [
                {**fields, "url": f"{fields['url']}#{family}", "content": mutate(fields["content"], family)}
                for fields in records
            ]
            target = Path(folder, f"{path.name.split('.')[0]}-{family}.jsonl.gz")
            lines = "".join(json.dumps(fields, ensure_ascii=False) + "\n" for fields in changed)
            target.write_bytes(gzip.compress(lines.encode(), 1, mtime=0))
            paths.append(str(target))
    return paths


def grow(times: int, rounds: int) -> None:
    """Print articles per CPU second of both programs on the corpus and on `times` as much."""
    with tempfile.TemporaryDirectory() as folder:
        many = write_families(folder, times)
        one = [path for path in many if path.endswith("-0.jsonl.gz")]
        best: dict[tuple[str, int], tuple[float, float]] = {}
        for _ in range(rounds):
            for program in ("core", "beam"):
                for files in (one, many):
                    cpu, wall, rss, said = measure(program, f"{folder}/out.json", *files)
                    read = json.loads(Path(folder, "out.json").read_text())["read"]
                    key = (program, read)
                    best[key] = min(best.get(key, (cpu, rss)), (cpu, rss))
                    print(
                        f"{program:5} {read:8,} articles  CPU {cpu:7.1f} s  wall {wall:7.1f} s  {read / cpu:7,.0f}/s  RSS {rss:6,.0f} MB"
                    )
                    print(f"      {said.strip().splitlines()[-2]}")
    for (program, read), (cpu, rss) in best.items():
        print(
            f"best {program:5} {read:8,} articles  CPU {cpu:7.1f} s  {read / cpu:7,.0f}/s  RSS {rss:6,.0f} MB"
        )


def write_hostile(path: str, bodies: list[str]) -> str:
    """Write bodies as records, one a second. Returns the path."""
    with gzip.open(path, "wt", 1, encoding="utf-8") as out:
        for number, body in enumerate(bodies):
            stamp = datetime.fromtimestamp(1_440_000_000 + number, UTC).strftime("%Y-%m-%d %H:%M:%S")
            record = {
                "source": "s",
                "url": f"u{number}",
                "date_extracted": stamp,
                "title": "",
                "content": body,
            }
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def invented(chance: random.Random, words: int, vocabulary: int = 30_000) -> list[str]:
    return [replaced(str(chance.randrange(vocabulary)) + "xxxxx", 1) for _ in range(words)]


def near_copies(count: int, chance: random.Random) -> list[str]:
    """One text of 200 words and its copies, each with 3 words in 100 changed."""
    text = invented(chance, 200)
    return [
        " ".join(word if chance.random() > 0.03 else replaced(f"{number}{word}", 2) for word in text)
        for number in range(count)
    ]


def with_paragraph(count: int, chance: random.Random, shared: int) -> list[str]:
    """Different texts of 200 words that end in the same paragraph of `shared` words."""
    paragraph = invented(chance, shared)
    return [" ".join(invented(chance, 200) + paragraph) for _ in range(count)]


def drifting(count: int, chance: random.Random) -> list[str]:
    """Versions of one text of 200 words, each with 5 words of the one before changed."""
    text, texts = invented(chance, 200), []
    for number in range(count):
        texts.append(" ".join(text))
        for place in chance.sample(range(200), 5):
            text[place] = replaced(f"{number} {place}", 3)
    return texts


def hostile(copies: int) -> None:
    """Print what each kind of hostile corpus costs, and what is made of it."""
    cases = {
        f"{copies // 4:,} near copies": lambda chance: near_copies(copies // 4, chance),
        f"{copies:,} near copies": lambda chance: near_copies(copies, chance),
        "10,000 benign": lambda chance: with_paragraph(10_000, chance, 0),
        "10,000 sharing 60 words": lambda chance: with_paragraph(10_000, chance, 60),
        "10,000 sharing 150 words": lambda chance: with_paragraph(10_000, chance, 150),
        "1,000 drifting versions": lambda chance: drifting(1_000, chance),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, make in cases.items():
            path = write_hostile(f"{folder}/hostile.jsonl.gz", make(random.Random(20151103)))
            for program in ("core", "beam"):
                cpu, wall, rss, said = measure(program, f"{folder}/out.json", path)
                found = json.loads(Path(folder, "out.json").read_text())
                print(
                    f"{name:26} {program:5} CPU {cpu:7.1f} s  wall {wall:7.1f} s  RSS {rss:6,.0f} MB  dropped {len(found['removed']):,}"
                    f"  {cpu / found['read'] * 1e6:,.0f} us/article"
                )
                print(f"    {said.strip().splitlines()[-2]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("core", "beam", "grow", "hostile"))
    parser.add_argument("out", nargs="?")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--copies", type=int, default=100_000)
    args = parser.parse_args()
    if args.what == "core":
        run_core(args.out, args.files)
    elif args.what == "beam":
        beam_contestant(args.out, args.files)
    elif args.what == "grow":
        grow(args.times, args.rounds)
    else:
        hostile(args.copies)
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
