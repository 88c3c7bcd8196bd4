"""What warraq costs at any size: measured where a machine can, computed beyond. The tables of docs/scale.md come from here.

    python tests/benchmarks/scale.py tables                   computed: every stage at 10^5 to 10^10 articles, keys, money, streams
    python tests/benchmarks/scale.py profile                  measured: what an article costs (the constants of `cost_model.USUAL`)
    python tests/benchmarks/scale.py batch [--times 5]        measured: whole runs over the shared news and over `times` as much
    python tests/benchmarks/scale.py join [--articles 1000000]   measured: the shuffles of deduplication, counted without Beam
    python tests/benchmarks/scale.py stream                   measured: what the one key of a stream does, and what it keeps
    python tests/benchmarks/scale.py plan                     measured: what `warraq plan` says beside what a run then does

All but `tables` need the shared news. Nothing is asserted: figures of a shared machine are read by a person.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from dedup import SHARED, lines_of, member_of, write_families  # noqa: E402

from pipelines.config import Config  # noqa: E402
from schemas.comparing import Fingerprint, Member, Signature  # noqa: E402
from schemas.elements import Origin  # noqa: E402
from transforms.core import cost_model as model  # noqa: E402
from transforms.core.buckets import ENTRY_BYTES, bucket_pairs, digest_in, entry_of  # noqa: E402
from transforms.core.cluster import DedupRules  # noqa: E402
from transforms.core.estimates import exactly  # noqa: E402
from transforms.core.fingerprint import fingerprint_texts  # noqa: E402
from transforms.core.index import keys_of  # noqa: E402
from transforms.core.join import (  # noqa: E402
    compare_text,
    pair_messages,
    settle_text,
    signature_message,
    text_key,
)

NEWS = SHARED / "saudinewsnet_dev"
RULES = DedupRules()
#: Articles that a file holds in the computed tables.
PER_FILE = 500
SIZES = (1e5, 1e6, 1e8, 1e9, 1e10)


def row(*cells) -> None:
    print("| " + " | ".join(map(str, cells)) + " |")


def head(*cells) -> None:
    row(*cells)
    print("|" + "---|" * len(cells))


def size(value: float) -> str:
    for unit, least in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= least:
            return f"{_short(value / least)} {unit}"
    return f"{_short(value / 1e3)} kB"


def hours(seconds: float) -> str:
    if seconds >= 3600:
        return f"{_short(seconds / 3600)} h"
    return f"{_short(seconds / 60)} min" if seconds >= 60 else f"{_short(seconds)} s"


def _short(value: float) -> str:
    """Return a number with two or three digits that count."""
    if value >= 100:
        digits = len(str(int(value))) - 3
        return f"{round(value / 10**digits) * 10**digits:,}"
    return f"{value:.3g}"


def dollars(value: float) -> str:
    return f"${value:,.0f}" if value >= 10 else f"${value:,.2f}"


# Computed --------------------------------------------------------------------------------------------------------


def tables() -> None:
    """Print the computed tables: CPU, shuffles, keys, money, streams."""
    usual = model.USUAL
    powers = [f"10^{len(str(int(articles))) - 1}" for articles in SIZES]
    print("\n### CPU by stage (one core)\n")
    head("stage", "an article", *powers)
    for stage in model.STAGES:
        each = usual.cpu[stage]
        row(stage, f"{each * 1e6:,.0f} µs", *(hours(each * articles) for articles in SIZES))
    each = sum(usual.cpu.values())
    row("all", f"{each * 1e6:,.0f} µs", *(hours(each * articles) for articles in SIZES))
    print("\n### Bytes through shuffles\n")
    head("step", "key", "bytes an article", *powers)
    for place, shuffle in enumerate(model.shuffles(usual, 1)):
        if shuffle.bytes:
            sizes = (model.shuffles(usual, articles)[place].bytes for articles in SIZES)
            row(shuffle.step, shuffle.key, f"{shuffle.bytes:,.0f}", *map(size, sizes))
    row(
        "all",
        "",
        f"{model.shuffle_bytes(usual, 1):,.0f}",
        *(size(model.shuffle_bytes(usual, a)) for a in SIZES),
    )
    row(
        "input, decompressed",
        "",
        f"{usual.decompressed:,.0f}",
        *(size(usual.decompressed * a) for a in SIZES),
    )
    row("output", "", f"{usual.output:,.0f}", *(size(usual.output * a) for a in SIZES))
    print("\n### Hot keys\n")
    head("step", "key", "gathers", "bounded by", "bytes each", "fits 1 GB")
    for key in model.HOT_KEYS:
        fits = _short(1e9 / key.element_bytes) if key.element_bytes else "–"
        row(key.step, key.key, key.holds, key.bound, key.element_bytes, fits)
    print("\n### A batch on Dataflow\n")
    head(
        "articles",
        "workers",
        "run time",
        "counting the files",
        "vCPU hours",
        "shuffled",
        "workers' cost",
        "shuffle's cost",
        "cost",
    )
    for articles, workers in zip(SIZES, (2, 10, 200, 1000, 1000), strict=True):
        work = exactly(sum(model.cpu_seconds(usual, articles).values()))
        shuffled = model.PAIRS_VARY.times(model.shuffle_bytes(usual, articles))
        cost = model.service_cost(work, shuffled, workers)
        seconds = model.service_seconds(work, workers)
        counting = model.counting_seconds(exactly(articles / PER_FILE), exactly(articles * usual.output))
        row(
            f"10^{len(str(int(articles))) - 1}",
            f"{workers:,}",
            f"{hours(seconds.low)} – {hours(seconds.high)}",
            f"{hours(counting.low)} – {hours(counting.high)}",
            f"{_short(cost.vcpu_hours.low)} – {_short(cost.vcpu_hours.high)}",
            f"{_short(cost.shuffled_gib.low)} – {_short(cost.shuffled_gib.high)} GiB",
            f"{dollars(cost.workers.low)} – {dollars(cost.workers.high)}",
            f"{dollars(cost.shuffle.low)} – {dollars(cost.shuffle.high)}",
            f"{dollars(cost.dollars.low)} – {dollars(cost.dollars.high)}",
        )
    print("\n### A stream: one key, 15 days remembered\n")
    head("articles a day", "articles a second", "state", "memory of the index", "of the key's time")
    for a_day in (1e4, 1e5, 1e6, 1e7):
        busy = a_day / 86_400 / model.STREAM_CEILING.likely
        row(
            f"{a_day:,.0f}",
            _short(a_day / 86_400),
            size(model.stream_state_bytes(usual, a_day)),
            size(model.stream_memory_bytes(a_day)),
            f"{busy:.2%}" if busy < 1 else "does not fit",
        )


# Measured --------------------------------------------------------------------------------------------------------


def measure(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return CPU seconds, wall seconds and peak RSS in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed:\n{errors.decode()}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1024


def run_batch(inputs: list[str], folder: str) -> tuple[dict, float, float, float]:
    """Run `warraq batch`; return its report, CPU seconds, wall seconds, peak RSS in MB."""
    warraq = str(Path(sys.executable).parent / "warraq")
    figures = measure([warraq, "batch", "--quiet", "--input", *inputs, "--output", folder])
    return json.loads(Path(folder, "report.json").read_text()), *figures


def batch(times: int) -> None:
    """Print what whole runs take, over the news and over `times` as much."""
    head(
        "records",
        "CPU",
        "wall",
        "peak memory",
        "CPU an article",
        "shuffled by deduplication an article",
        "raw pairs",
        "compared",
        "hot buckets",
        "output an article",
    )
    with tempfile.TemporaryDirectory() as folder:
        many = write_families(folder, times)
        for files in ([path for path in many if path.endswith("-0.jsonl.gz")], many):
            report, cpu, wall, rss = run_batch(files, f"{folder}/out{len(files)}")
            records = report["accounting"]["in"]
            counts = report["stages"]["deduplicate"]
            output = sum(found["bytes"] for found in report["files"].values())
            row(
                f"{records:,}",
                f"{cpu:,.0f} s",
                f"{wall:,.0f} s",
                f"{rss:,.0f} MB",
                f"{cpu / records * 1e3:.2f} ms",
                f"{counts['shuffled_bytes'] / records:,.0f} B",
                f"{counts['pairs'] / records:.2f}",
                f"{counts['compared'] / records:.2f}",
                f"{counts.get('hot_buckets', 0):,}",
                f"{output / records:,.0f} B",
            )
            sys.stdout.flush()


def profile() -> None:
    """Print what a record of the news costs, by the functions that `warraq plan` uses, over a few whole days."""
    from pipelines.plan_sample import scan
    from pipelines.plan_stages import run_sample
    from pipelines.tagging import load_rules
    from transforms.files import find_files

    config = Config()
    files = find_files([str(path) for path in sorted(NEWS.glob("*.gz"))[3:6]])
    scanned = scan(files, config, 10**9, 0)
    run = run_sample(scanned.drawn, config, load_rules(config.tag))
    records = scanned.records
    print(f"records {records:,}; bytes a record:")
    print(f"  stored {scanned.bytes_on_disk / records:,.0f}")
    print(f"  decompressed {sum(chunk.read_bytes for chunk in scanned.chunks) / records:,.0f}")
    for name in ("articles", "signatures", "bands"):
        print(f"  {name} shuffled {sum(one.shuffled.get(name, 0) for one in run.outcomes) / records:,.0f}")
    for table in ("articles", "duplicates", "relations", "filtered"):
        print(f"  {table} written {sum(one.rows.get(table, 0) for one in run.outcomes) / records:,.0f}")
    print(f"  read {scanned.read_seconds / records * 1e6:,.0f} µs")
    for stage, batches in run.batches.items():
        warm = batches[4:] or batches
        each = sum(seconds for seconds, _ in warm) / sum(count for _, count in warm)
        print(f"  {stage} {each * 1e6:,.0f} µs an element")


def base_signatures() -> list[Signature]:
    """Return the signatures of the news, as the batch makes them but for boilerplate."""
    signatures: list[Signature] = []
    for path in sorted(NEWS.glob("*.jsonl.gz")):
        records = [json.loads(line) for line in lines_of(path)]
        for first in range(0, len(records), 64):
            some = records[first : first + 64]
            texts = fingerprint_texts([one["content"] for one in some], min_tokens=RULES.near_min_tokens)
            for fields, text in zip(some, texts, strict=True):
                member = member_of(fields, Origin(path.name, len(signatures), 0))
                member = Member(
                    member.article_id, member.event_us, 0, text.tokens, member.origin, "", 0, None
                )
                signatures.append(Signature(member, b"", text))
    return signatures


def in_family(signature: Signature, family: int) -> Signature:
    """Return a signature in another world: nine in ten shingles become others, alike in all articles of a family.

    So duplicates within a family stay what they are, and articles of different families have as much in common as strangers
    with the same turns of phrase.
    """
    if not family:
        return signature
    text, member = signature.fingerprint, signature.member
    mark = f"{family} ".encode()
    shingles = np.frombuffer(text.shingles, "<u4").copy()
    changed = shingles % 10 != 0
    shingles[changed] = (shingles[changed] ^ np.uint32(family * 0x9E3779B1 & 0xFFFFFFFF)) * np.uint32(
        0x85EBCA6B
    )
    digest = hashlib.blake2b(mark + text.digest, digest_size=16).digest() if text.tokens else text.digest
    other = hashlib.blake2b(mark + member.article_id.encode(), digest_size=16).hexdigest()
    own = Member(other, member.event_us, 0, member.tokens, member.origin, "", 0, None)
    return Signature(
        own, b"", Fingerprint(digest, text.tokens, np.sort(shingles).tobytes(), text.stems, text.numbers)
    )


def join(articles: int) -> None:
    """Count what the shuffles of deduplication carry over `articles` signatures, and what their largest keys hold.

    The functions are those of the graph, between groups that are made here in memory; the counts are those of the engine's
    counters. Comparisons go in parts, so that memory stays at about 3 kB an article.
    """
    started = time.process_time()
    base = base_signatures()
    texts: dict[bytes, list[bytes]] = {}
    entries: list[bytes] = []
    keys = np.empty((articles, RULES.bands), np.uint64)
    has_keys = np.zeros(articles, bool)
    signature_bytes = 0
    waiting: list[Signature] = []
    for number in range(articles):
        waiting.append(in_family(base[number % len(base)], number // len(base)))
        if len(waiting) == 64 or number == articles - 1:
            first = number + 1 - len(waiting)
            for place, (signature, own) in enumerate(
                zip(waiting, keys_of(waiting, RULES), strict=True), first
            ):
                key = text_key(signature, RULES)
                message = signature_message(signature)
                texts.setdefault(key, []).append(message)
                signature_bytes += len(key) + len(message)
                entries.append(entry_of(signature.member, key, settled=False))
                if own:
                    keys[place] = own
                    has_keys[place] = True
            waiting = []
    said = f"signed {articles:,} in {time.process_time() - started:,.0f} s CPU"
    print(said, file=sys.stderr)
    pairs: set[bytes] = set()
    raw = hot = banded = largest_bucket = 0
    places = np.flatnonzero(has_keys)
    for band in range(RULES.bands):
        column = keys[places, band]
        order = np.argsort(column, kind="stable")
        borders = np.flatnonzero(np.diff(column[order])) + 1
        for group in np.split(places[order], borders):
            banded += len(group)
            if len(group) < 2:
                continue
            largest_bucket = max(largest_bucket, len(group))
            hot += len(group) > RULES.bucket_limit
            for earlier, later in bucket_pairs([entries[place] for place in group], RULES):
                raw += 1
                pairs.add(earlier + later)
    print(f"{len(pairs):,} distinct of {raw:,} raw pairs", file=sys.stderr)
    edges = compared = later_bytes = largest_later = 0
    copies = 0
    for part in range(8):
        told: dict[bytes, list[bytes]] = {}
        for pair in pairs:
            earlier, later = pair[:ENTRY_BYTES], pair[ENTRY_BYTES:]
            if digest_in(later)[0] % 8 == part:
                for key, message in pair_messages(earlier, later):
                    told.setdefault(key, []).append(message)
        met: dict[bytes, list[bytes]] = {}
        for key, messages in told.items():
            for later, message in settle_text(key, texts[key] + messages, RULES).messages:
                met.setdefault(later, []).append(message)
                later_bytes += len(later) + len(message)
        for messages in met.values():
            largest_later = max(largest_later, sum(map(len, messages)))
            found, _, count = compare_text(messages, RULES)
            edges += len(found)
            compared += count
    for key, messages in texts.items():
        if len(messages) > 1:
            copies += len(settle_text(key, messages, RULES).edges)
    band_bytes = banded * (8 + ENTRY_BYTES)
    total = signature_bytes + band_bytes + raw * 2 * ENTRY_BYTES + later_bytes
    most_copies = max(map(len, texts.values()))
    head("figure", "value", "an article")
    row("articles", f"{articles:,}", "")
    row(
        "CPU, signing included",
        f"{time.process_time() - started:,.0f} s",
        f"{(time.process_time() - started) / articles * 1e6:,.0f} µs",
    )
    row("exact copies and repeats", f"{copies:,}", f"{copies / articles:.3f}")
    row("near duplicates", f"{edges:,}", f"{edges / articles:.3f}")
    row("GroupTexts", size(signature_bytes), f"{signature_bytes / articles:,.0f} B")
    row("GroupBands", size(band_bytes), f"{band_bytes / articles:,.0f} B")
    row("GroupPairs: raw pairs", f"{raw:,}", f"{raw / articles:.2f}")
    row("distinct pairs", f"{len(pairs):,}", f"{len(pairs) / articles:.2f}")
    row("compared", f"{compared:,}", f"{compared / articles:.2f}")
    row("GroupLater", size(later_bytes), f"{later_bytes / articles:,.0f} B")
    row("all of these", size(total), f"{total / articles:,.0f} B")
    row("largest bucket (articles)", f"{largest_bucket:,}", "")
    row("buckets above bucket_limit", f"{hot:,}", "")
    row("most copies of a text", f"{most_copies:,}", "")
    row("largest later text", size(largest_later), "")
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB", file=sys.stderr)


def stream() -> None:
    """Print what the one key of a stream does per article, engine left out, and the state that it leaves, in micro-batches of 200."""
    import pickle

    from pipelines.plan_sample import scan
    from pipelines.plan_stages import Outcome, _Run
    from transforms.core.live_index import LiveIndex
    from transforms.core.packing import pack_signature, unpack_signature
    from transforms.core.tagging.user_rules import UserRules
    from transforms.core.told import tell
    from transforms.files import find_files
    from transforms.sign import sign_all, signable_of

    config = Config()
    files = find_files([str(path) for path in sorted(NEWS.glob("*.gz"))[3:6]])
    run = _Run(config, UserRules())
    drawn = [(Outcome(one), one.record) for one in scan(files, config, 10**9, 0).drawn]
    articles = [
        article
        for _, article in run._each("normalize", run._each("parse", drawn, run._parse), run._normalize)
    ]
    articles.sort(key=lambda one: one.article.event_us)
    live, state, seconds = LiveIndex(RULES), 0, 0.0
    for first in range(0, len(articles), 200):
        some = articles[first : first + 200]
        signed = sign_all([signable_of(one, {}, 1) for one in some], config.normalize, RULES)
        sent = pickle.dumps(
            [(pack_signature(one), article) for one, article in zip(signed, some, strict=True)]
        )
        started = time.process_time()
        came = pickle.loads(sent)
        signatures = [unpack_signature(packed)[0] for packed, _ in came]
        told = tell(live, [one for _, one in came], signatures, first // 1000, RULES, config.normalize)
        seconds += time.process_time() - started
        state += len(told.segment)
    each = seconds / len(articles)
    print(
        f"decided {len(articles):,}: {each * 1e6:,.0f} µs of CPU an article, {1 / each:,.0f} a second; "
        f"state {state / len(articles):,.0f} bytes an article"
    )


def plan(samples: list[int]) -> None:
    """Print what `warraq plan` says of the news from samples and parts, beside what a run over all of it then does."""
    from pipelines.plan import PlanRequest, make_plan

    days = sorted(map(str, NEWS.glob("*.jsonl.gz")))
    with tempfile.TemporaryDirectory() as folder:
        report, cpu, wall, rss = run_batch(days, f"{folder}/out")
    counts = report["accounting"]
    truth = {
        "records": counts["in"],
        "duplicates": counts["duplicates"] / counts["in"],
        "filtered": counts["filtered"] / counts["in"],
        "output": sum(found["bytes"] for found in report["files"].values()),
        "files": report["files"]["articles"]["files"],
        "seconds": wall,
        "memory": rss * 2**20,
    }
    print(f"the run: {truth}; CPU {cpu:,.0f} s; {Counter(report['duplicates_by_relation'])}", file=sys.stderr)
    cases = [(f"all read, {sample:,} run", days, sample, 0, None) for sample in samples]
    cases += [
        (f"{limit} MB of 21 read, 2,000 run", days, 2_000, limit * 1_000_000, None) for limit in (10, 4)
    ]
    cases += [
        (f"first {count} days, --articles {counts['in']:,}", days[:count], 2_000, 0, counts["in"])
        for count in (7, 3)
    ]
    head("plan from", "records", "duplicates", "filtered", "output", "files", "run time", "memory", "took")
    row(
        "**the run itself**",
        f"{truth['records']:,}",
        f"{truth['duplicates']:.1%}",
        f"{truth['filtered']:.1%}",
        size(truth["output"]),
        truth["files"],
        f"{wall:,.0f} s",
        size(truth["memory"]),
        "",
    )
    for name, inputs, sample, limit, articles in cases:
        started = time.perf_counter()
        made = make_plan(PlanRequest(Config(), tuple(inputs), None, sample, limit, articles))
        took = time.perf_counter() - started
        amounts, shares = made.figures.amounts, made.figures.shares

        def told(value, form, actual):
            sign = "" if value.low <= actual <= value.high else " ✗"
            return (
                form(value.likely)
                if value.is_exact
                else f"{form(value.likely)} ({form(value.low)} – {form(value.high)}){sign}"
            )

        row(
            name,
            told(amounts["records"], "{:,.0f}".format, truth["records"]),
            told(shares["duplicate"], "{:.1%}".format, truth["duplicates"]),
            told(shares["filtered"], "{:.1%}".format, truth["filtered"]),
            told(amounts["output_bytes"], size, truth["output"]),
            told(amounts["output_files"], "{:,.0f}".format, truth["files"]),
            told(made.seconds, "{:,.0f} s".format, truth["seconds"]),
            told(made.memory, size, truth["memory"]),
            f"{took:,.0f} s",
        )
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("tables", "profile", "batch", "join", "stream", "plan"))
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, nargs="+", default=[500, 2_000, 5_000])
    args = parser.parse_args()
    if args.what != "tables" and not NEWS.is_dir():
        sys.exit("the shared news is not here")
    {
        "tables": tables,
        "profile": profile,
        "batch": lambda: batch(args.times),
        "join": lambda: join(args.articles),
        "stream": stream,
        "plan": lambda: plan(args.samples),
    }[args.what]()


if __name__ == "__main__":
    main()
