"""Figures of streaming: what deciding costs, what an index of a million articles needs, what state an article takes.

    python tests/benchmarks/streaming.py index [--articles 1000000]
    python tests/benchmarks/streaming.py decide [--engine FnApiRunner]     (needs the shared data)

It prints figures and asserts nothing; machines differ.
"""

import argparse
import gzip
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from schemas.comparing import Fingerprint, Member, Signature
from schemas.elements import Origin
from transforms.core.cluster import DedupRules
from transforms.core.live_index import LiveIndex

RULES = DedupRules()
_DAY_US = 86_400_000_000
#: Shingles and stems of a usual article, and the share of articles that are near copies of one of the last hundred.
_SHINGLES, _STEMS, _COPIES = 275, 200, 0.15
_FIRST_DAY = 20_000


def peak_mb() -> float:
    """Return the largest resident size so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def synthetic(count: int, days: int, seed: int = 1):
    """Yield (day, signature) of invented articles over some days, a share of them near copies."""
    draw = np.random.default_rng(seed)
    last: list[np.ndarray] = []
    for number in range(count):
        shingles = np.sort(draw.integers(0, 1 << 32, _SHINGLES, dtype=np.uint32))
        if last and draw.random() < _COPIES:
            shingles = last[number % len(last)].copy()
            shingles[draw.integers(0, _SHINGLES, 10)] = draw.integers(0, 1 << 32, 10, dtype=np.uint32)
            shingles.sort()
        last.append(shingles)
        del last[:-100]
        stems = np.sort(draw.integers(0, 1 << 31, _STEMS, dtype=np.uint32)) << 1
        digest = draw.bytes(16)
        day = _FIRST_DAY + number * days // count
        event_us = day * _DAY_US + number % 80_000 * 1_000_000
        origin = Origin(f"projects/p/subscriptions/s#{number}", 0, 0)
        member = Member(f"{number:032x}", event_us, 0, 280, origin, "", 0, None)
        text = Fingerprint(digest, 280, shingles.tobytes(), stems.astype("<u4").tobytes(), bytes(8))
        yield day, Signature(member, draw.bytes(8), text)


def run_index(articles: int) -> None:
    """Add articles one by one to an index of 14 days, then read it anew from its segments."""
    live, segments, times = LiveIndex(RULES), [], []
    before = peak_mb()
    batch: list[Signature] = []
    for day, signature in synthetic(articles, 14):
        batch.append(signature)
        # Most are added in batches, as a stream does; the last hundred thousand one by one, to see single times.
        if len(batch) < 200 and len(live) < articles - 100_000:
            continue
        started = time.perf_counter()
        decided = live.decide(batch, day)
        times.append((time.perf_counter() - started) / len(batch))
        segments.append(decided.segment)
        batch = []
    single = np.sort(np.array(times[-100_000:])) * 1e6
    state = sum(map(len, segments))
    print(f"{len(live):,} articles, {sum(map(bool, live._roots)):,} dropped")
    print(f"add one: p50 {single[len(single) // 2]:.0f} µs, p99 {single[int(len(single) * 0.99)]:.0f} µs")
    print(f"state: {state / len(live):,.0f} bytes an article (shingles {_SHINGLES}, stems {_STEMS})")
    print(
        f"memory: {(peak_mb() - before) * 1e6 / len(live) - state / len(live):,.0f} bytes an article, segments left out"
    )
    head = live.head
    del live
    started = time.perf_counter()
    again = LiveIndex.load(RULES, head, segments)
    print(f"read anew: {time.perf_counter() - started:.1f} s for {len(again):,}; peak {peak_mb():,.0f} MB")
    started = time.perf_counter()
    gone = again.expire(_FIRST_DAY + 16)
    print(f"forget {len(gone)} day: {time.perf_counter() - started:.1f} s")


def run_decide(engine: str, rounds: int) -> None:
    """Time the deduplication stage alone over real articles: CPU milliseconds an article, best of some rounds."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines.config import Config
    from pipelines.config_tree import parse_plan
    from schemas.elements import NormalizedArticle, RawRecord
    from transforms.aids import load_aids
    from transforms.core.compared import normalize
    from transforms.core.errors import ArticleError, OutOfScope
    from transforms.core.normalize import NormalizeRules
    from transforms.core.parse import parse
    from transforms.decide import DecideArticles

    config = Config()
    plan, articles = parse_plan(config), []
    data = Path(__file__).parents[3] / "shared" / "data" / "saudinewsnet_dev"
    for path in sorted(data.iterdir())[:4]:
        for number, line in enumerate(gzip.decompress(path.read_bytes()).splitlines()):
            try:
                record = RawRecord(line, "json", "utf-8", "", Origin(path.name, number, 0))
                found = parse(record, plan, load_aids(plan.scope.language_model))
            except (ArticleError, OutOfScope):
                continue
            articles.append(normalize(found, config.normalize))

    def seconds(with_stage: bool) -> float:
        flags = []
        if engine == "PrismRunner":
            import prism

            flags = prism.arguments("--streaming")
        options = PipelineOptions(flags or [f"--runner={engine}"])
        usage = resource.getrusage
        before = sum(
            usage(who).ru_utime + usage(who).ru_stime
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        with beam.Pipeline(options=options) as pipeline:
            made = pipeline | beam.Create(articles).with_output_types(NormalizedArticle)
            if with_stage:
                made | "Decide" >> DecideArticles(RULES, {}, NormalizeRules())
        after = sum(
            usage(who).ru_utime + usage(who).ru_stime
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return after - before

    pairs = [(seconds(True), seconds(False)) for _ in range(rounds)]
    best = min(one for one, _ in pairs) - min(other for _, other in pairs)
    print(
        f"{engine}: {len(articles):,} articles, {best / len(articles) * 1e3:.3f} ms CPU an article (signing included)"
    )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("index", "decide"))
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--engine", default="FnApiRunner")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if args.what == "index":
        run_index(args.articles)
    else:
        run_decide(args.engine, args.rounds)


if __name__ == "__main__":
    main()
