"""Figures of the hand-over: what it costs a stream to take an index over, and an index to take in what a stream has left.

    python tests/benchmarks/handover.py [--articles 20000] [--engine PrismRunner]

It prints figures and asserts nothing; machines differ.
"""

import argparse
import dataclasses
import datetime
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp
from dedup_samples import normalized
from growing import grow
from indexes import CONFIG, index_of_signatures
from streaming import peak_mb, synthetic

from pipelines.config import Config
from pipelines.follow_index import begin_sharing
from pipelines.follow_store import FollowStore
from pipelines.handover import adopted_index, share
from pipelines.index import index_parameters, open_index
from pipelines.index_collect import collect
from schemas.comparing import Signature
from schemas.elements import NormalizedArticle
from transforms.core.live_index import LiveIndex
from transforms.core.normalize import NormalizeRules
from transforms.decide import DecideArticles
from transforms.files import OutputFolder

_DAY_S = 86_400
_TODAY = datetime.date(2024, 10, 17)  # 14 days after the first of the synthetic articles


class Clock:
    """Print how long a step took, for so many articles."""

    def __init__(self, what: str, count: int) -> None:
        self._what, self._count = what, count

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        seconds = time.perf_counter() - self._started
        each = seconds / self._count * 1e3
        print(f"{self._what}: {seconds:.1f} s, {each:.2f} ms an article; peak {peak_mb():,.0f} MB")


def at_us() -> int:
    """Return the time of the start, in microseconds."""
    return (_TODAY - datetime.date(1970, 1, 1)).days * _DAY_S * 1_000_000


def other(count: int, first: int, seed: int) -> list[Signature]:
    """Return signatures of other articles than those of the index, numbered from `first`, as a stream has them."""
    found = []
    for number, (_, one) in enumerate(synthetic(count, 14, seed)):
        member = dataclasses.replace(one.member, article_id=f"{first + number:032x}", partition="here")
        found.append(dataclasses.replace(one, member=member))
    return found


def run_follow(place: Path, index: Path, count: int, own: int) -> None:
    """Take the index over into a state that has `own` articles already."""
    place.mkdir()
    folder = OutputFolder(str(place))
    with FollowStore(place / "state" / "follow.sqlite", index_parameters(CONFIG)) as store:
        live = LiveIndex(CONFIG.dedup)
        if own:
            live.decide(other(own, count, 2), 1)
        with Clock(f"follow, {own:,} articles of its own", count):
            begin_sharing(str(index), CONFIG, store, folder, live, at_us())
    size = sum(file.stat().st_size for file in place.rglob("follow.sqlite*"))
    print(f"  state on disk: {size / count:,.0f} bytes an article")


def run_stream(engine: str, index: Path, count: int) -> None:
    """Take the index over on an engine, beside one article."""
    if engine == "PrismRunner":
        import prism

        options = prism.options("--streaming")
    else:
        options = PipelineOptions([f"--runner={engine}"])
        options.view_as(StandardOptions).streaming = True
    opened = open_index(str(index), index_parameters(CONFIG), "read")
    adopted = adopted_index(opened, "/news/stream", CONFIG, at_us())
    article = TimestampedValue(normalized("خبر", 20_000.0, 1), Timestamp(micros=at_us()))
    stream = (
        TestStream(coder=beam.coders.PickleCoder()).add_elements([article]).advance_watermark_to_infinity()
    )
    with Clock(engine, count), beam.Pipeline(options=options) as pipeline:
        arriving = pipeline | "Arrive" >> stream.with_output_types(NormalizedArticle)
        arriving | "Decide" >> DecideArticles(CONFIG.dedup, {}, NormalizeRules(), adopted=adopted)


def run_collect(place: Path, index: Path, count: int) -> None:
    """Let the index take in as many articles as it has."""
    share(OutputFolder(str(place)), Config(), "share")
    settled = LiveIndex(CONFIG.dedup).decide(other(count, count, 3), 1).settled
    grow(place, 1, (0, {"signatures": settled}))
    with Clock(f"collect into {count:,}", count):
        told = collect(OutputFolder(str(place)), str(index), _TODAY)
    print(f"  {told.articles:,} new, {told.amended:,} decided anew")


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--engine", action="append")
    args = parser.parse_args()
    count = args.articles
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        index = index_of_signatures(place / "index", [one for _, one in synthetic(count, 14)])
        size = sum(file.stat().st_size for file in index.rglob("*.avro"))
        print(f"an index of {count:,} articles, {size / count:,.0f} bytes each, not compressed")
        run_follow(place / "first", index, count, 0)
        run_follow(place / "later", index, count, count)
        for engine in args.engine or ():
            run_stream(engine, index, count)
        run_collect(place / "stream", index, count)


if __name__ == "__main__":
    main()
