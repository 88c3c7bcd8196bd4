"""What a run costs, as formulae: bytes through each shuffle, what one key may hold, state of a stream, CPU, money.

All of it is arithmetic on a `Profile`: what an average record of a corpus costs, measured on a sample of it (`warraq plan`) or
on the news that this project was measured with (`USUAL`). Sizes are bytes, times are seconds of one core like the one that was
measured, money is US dollars. What no sample on one machine can tell is an assumption with a name, in `Service` and `Prices`.
"""

# ruff: noqa: B008, RUF009
# (The rules and ranges that stand as defaults are frozen.)

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple

from transforms.core.buckets import ENTRY_BYTES
from transforms.core.cluster import DedupRules
from transforms.core.estimates import Estimate, exactly

__all__ = [
    "HOT_KEYS",
    "LOCAL",
    "PAIRS_VARY",
    "PRICES",
    "SERVICE",
    "STAGES",
    "STREAM_CEILING",
    "USUAL",
    "Cost",
    "HotKey",
    "Local",
    "Prices",
    "Profile",
    "Service",
    "Shuffle",
    "counting_seconds",
    "cpu_seconds",
    "local_bytes",
    "local_seconds",
    "service_cost",
    "service_seconds",
    "shards_for",
    "shuffle_bytes",
    "shuffles",
    "stream_memory_bytes",
    "stream_state_bytes",
]

STAGES = ("read", "parse", "normalize", "deduplicate", "tag", "write")
_MIB = 1 << 20
_GIB = 1 << 30
_HOUR = 3600.0


@dataclasses.dataclass(frozen=True)
class Profile:
    """What an average record of a corpus costs.

    Bytes: `stored` and `decompressed` as it lies in the input, `article` as it crosses the shuffle to its file, `signature` with
    its key, `output` over all tables (per record, dropped ones included). `cpu` is seconds per record and stage of `STAGES`.
    `duplicates` is the share of records that are dropped.
    """

    stored: float
    decompressed: float
    article: float
    signature: float
    output: float
    duplicates: float
    cpu: Mapping[str, float]


#: Saudi newspapers of 2015, gzipped JSON Lines, one core of an AMD EPYC (`python tests/benchmarks/scale.py profile`).
USUAL = Profile(
    stored=925,
    decompressed=4_200,
    article=6_500,
    signature=1_820,
    output=2_250,
    duplicates=0.13,
    cpu={
        "read": 20e-6,
        "parse": 900e-6,
        "normalize": 50e-6,
        "deduplicate": 120e-6,
        "tag": 1_800e-6,
        "write": 250e-6,
    },
)


class Shuffle(NamedTuple):
    """One GroupByKey: its step, what its key is, how many elements cross it, and their bytes."""

    step: str
    key: str
    elements: float
    bytes: float


#: Bytes of what is not measured per corpus, as packed or pickled: a line by URL, a decision with its two members, an id with a pointer.
_URL_BYTES, _DECISION_BYTES, _POINTER_BYTES, _FILE_NAME_BYTES = 72, 480, 64, 120
#: Raw pairs an article of real news: 2.4 at 23,000 articles, 2.9 at 300,000; a pair may be proposed by several bands.
_PAIRS = 2.9
#: By how much the bytes of all shuffles may differ from the formula: pairs differ from corpus to corpus.
PAIRS_VARY = Estimate(0.9, 1.0, 1.3)
#: Distinct pairs an article, and the relations that drop nothing.
_COMPARED, _RELATIONS = 0.64, 0.10


def shuffles(profile: Profile, articles: float, rules: DedupRules = DedupRules()) -> list[Shuffle]:
    """Return every shuffle of a batch run over `articles` records, in the order of the graph.

    Pairs grow a little faster than articles: chance pairs come with the number of articles within the horizon, and `_PAIRS` holds
    what was measured; a corpus of templates has up to `bucket_limit` pairs an article and band.
    """
    dropped = articles * profile.duplicates
    related = articles * _RELATIONS
    told = dropped + related
    pair_key = 2 * ENTRY_BYTES
    compared = articles * _COMPARED
    signature = profile.signature
    return [
        Shuffle("OncePerFile", "input file", 0, 0),
        Shuffle("GroupBands", "band", articles * rules.bands, articles * rules.bands * (8 + ENTRY_BYTES)),
        Shuffle("GroupPairs", "pair", articles * _PAIRS, articles * _PAIRS * pair_key),
        Shuffle("GroupUrls", "URL", articles, articles * _URL_BYTES),
        Shuffle(
            "GroupTexts",
            "text",
            articles + 2 * compared,
            articles * signature + 2 * compared * (16 + _POINTER_BYTES),
        ),
        Shuffle("GroupLater", "later text", 2 * compared, 2 * compared * (signature + 16)),
        Shuffle("FollowParents", "article", 10 * dropped, 10 * dropped * _POINTER_BYTES),
        Shuffle("GroupByArticle", "article", 2 * told, told * (_DECISION_BYTES + _POINTER_BYTES)),
        Shuffle("GroupFamilies", "root", told, told * _DECISION_BYTES),
        Shuffle(
            "GroupPartition",
            "day, source, shard",
            articles + told,
            articles * profile.article + told * _DECISION_BYTES,
        ),
        Shuffle("GroupFile (small tables)", "day, shard", told, told * 2 * _DECISION_BYTES),
    ]


def shuffle_bytes(profile: Profile, articles: float, rules: DedupRules = DedupRules()) -> float:
    """Return the bytes that all shuffles of a batch run take in."""
    return math.fsum(shuffle.bytes for shuffle in shuffles(profile, articles, rules))


class HotKey(NamedTuple):
    """A key that may hold much: the step, the key, what gathers under it, what bounds it, and bytes an element."""

    step: str
    key: str
    holds: str
    bound: str
    element_bytes: int


HOT_KEYS: tuple[HotKey, ...] = (
    HotKey(
        "GroupPartition", "day, source, shard", "whole articles and what was decided", "output.shards", 6_500
    ),
    HotKey(
        "GroupTexts",
        "digest of a text",
        "a signature per copy of the same text",
        "nothing: copies of one text",
        1_820,
    ),
    HotKey(
        "GroupFamilies",
        "root",
        "two members per article of a family",
        "nothing: near copies of one root",
        480,
    ),
    HotKey(
        "GroupBands",
        "band",
        "an entry per article that shares it",
        "pairs by dedup.bucket_limit; entries by nothing",
        62,
    ),
    HotKey(
        "GroupLater",
        "later text",
        "a signature per earlier text it is compared with",
        "bands x dedup.bucket_limit = 832",
        1_836,
    ),
    HotKey("GroupPairs", "pair", "nothing, once per band", "dedup.bands = 13", 0),
    HotKey("GroupUrls", "URL", "a line per version", "nothing: versions of one URL", 72),
    HotKey("FollowParents", "article", "its children ask it", "nothing: children of one parent", 64),
    HotKey(
        "GatherDeep", "one for all", "chains of more than 8 parents", "nothing; counted as deep_chains", 64
    ),
    HotKey("GroupFile of dead_letters", "shard", "every dead letter with its bytes", "output.shards", 5_000),
    HotKey("GroupFile of filtered", "shard", "every filtered record", "output.shards", 500),
    HotKey("GroupFile of duplicates", "day, shard", "the rows of a day", "output.shards", 480),
    HotKey(
        "GatherFiles",
        "one for all",
        "a line per written file, with its tallies",
        "files: days x sources x shards",
        2_000,
    ),
    HotKey(
        "Decide (streams)",
        "one for all",
        "the whole index",
        "dedup.horizon_days + dedup.lateness_days",
        2_100,
    ),
)


def shards_for(key_bytes: float, most_bytes: float = 256 * _MIB) -> int:
    """Return the least `output.shards` by which the files of a partition of `key_bytes` stay below `most_bytes`, a power of two."""
    return 1 << max(math.ceil(math.log2(max(key_bytes / most_bytes, 1))), 0)


#: What a stream keeps of an article beside its signature.
_DECIDED_BYTES = 75


def stream_state_bytes(profile: Profile, articles_a_day: float, rules: DedupRules = DedupRules()) -> float:
    """Return the bytes of state that a stream keeps: a packed signature with its decision per article and day that it remembers."""
    return articles_a_day * (rules.horizon_days + rules.lateness_days) * (profile.signature + _DECIDED_BYTES)


#: Articles a second that the one key of a stream decides: 4,000 were measured without an engine (`scale.py stream`); the rest is assumed.
STREAM_CEILING = Estimate(2_000, 3_000, 4_000)
#: Memory of the index of a stream per article, as measured at 1,000,000.
_INDEX_BYTES = 3_600


def stream_memory_bytes(articles_a_day: float, rules: DedupRules = DedupRules()) -> float:
    """Return the memory that the index of a stream takes in the one process that decides."""
    return articles_a_day * (rules.horizon_days + rules.lateness_days) * _INDEX_BYTES


def cpu_seconds(profile: Profile, articles: float) -> dict[str, float]:
    """Return the CPU seconds of each stage over `articles` records, Beam's own work left out."""
    return {stage: articles * seconds for stage, seconds in profile.cpu.items()}


@dataclasses.dataclass(frozen=True)
class Local:
    """What the in-process engine adds, as measured: `start` seconds, Beam's CPU per record, and memory.

    Memory grows with what is shuffled, which it holds: `base` bytes and `factor` times the decompressed bytes of the input.
    """

    start: Estimate = Estimate(2.0, 3.0, 5.0)
    beam: Estimate = Estimate(0.4e-3, 0.7e-3, 1.1e-3)
    speed: Estimate = Estimate(0.9, 1.0, 1.25)
    base: Estimate = Estimate(250 * _MIB, 350 * _MIB, 450 * _MIB)
    factor: Estimate = Estimate(8.0, 10.5, 13.0)
    #: What several processes are worth together, of their number (shuffling is not shared).
    shared: Estimate = Estimate(0.4, 0.6, 0.9)


LOCAL = Local()


def local_seconds(cpu: Estimate, articles: Estimate, workers: int = 1, local: Local = LOCAL) -> Estimate:
    """Return how long a run on this machine takes, by the CPU seconds of its stages and the number of records."""
    work = cpu.plus(articles.times(local.beam)).times(local.speed)
    if workers > 1:
        gain = Estimate(*(max(workers * part, 1.0) for part in local.shared))
        work = Estimate(work.low / gain.high, work.likely / gain.likely, work.high / gain.low)
    return work.plus(local.start)


def local_bytes(decompressed: Estimate, local: Local = LOCAL) -> Estimate:
    """Return the peak memory of a run on the in-process engine, by the decompressed bytes of its input."""
    return decompressed.times(local.factor).plus(local.base)


@dataclasses.dataclass(frozen=True)
class Prices:
    """List prices of Dataflow in US dollars. Assumptions, to be checked against Google's price list before money depends on them."""

    where: str = "us-central1, batch"
    as_of: str = "2025-09"
    vcpu_hour: float = 0.056
    memory_gib_hour: float = 0.003557
    disk_gib_hour: float = 0.000054
    shuffle_gib: float = 0.011
    stream_vcpu_hour: float = 0.069
    stream_gib: float = 0.018


PRICES = Prices()


@dataclasses.dataclass(frozen=True)
class Service:
    """How work becomes worker hours on Dataflow: assumptions, for warraq has never been run there.

    `speed` is the CPU time of a worker's core over that of the core measured here, `overhead` what Beam's portable harness
    costs on top of the stages, `busy` the part of a worker's time in which it has work, `start` seconds until a
    worker works. `shuffled` is the billed volume over the bytes that go in (framing; reads may count too).
    """

    vcpus: int = 1
    memory_gib: float = 3.75
    disk_gib: float = 25
    speed: Estimate = Estimate(0.8, 1.2, 2.0)
    overhead: Estimate = Estimate(1.2, 1.6, 3.0)
    busy: Estimate = Estimate(0.5, 0.75, 0.9)
    start: Estimate = Estimate(120, 240, 480)
    shuffled: Estimate = Estimate(1.0, 1.2, 2.5)
    #: The launching machine reads what was written, file after file, to count it: seconds per file, and per byte.
    per_file: Estimate = Estimate(0.03, 0.08, 0.2)
    per_byte: Estimate = Estimate(5e-9, 1e-8, 3e-8)


SERVICE = Service()


class Cost(NamedTuple):
    """What a run on Dataflow is billed for, and what that costs. Storage, network and logs are not in it."""

    vcpu_hours: Estimate
    shuffled_gib: Estimate
    workers: Estimate
    shuffle: Estimate

    @property
    def dollars(self) -> Estimate:
        """The whole cost."""
        return self.workers.plus(self.shuffle)


def _worker_seconds(cpu: Estimate, service: Service) -> Estimate:
    """Return the core seconds that workers are up for, starting left out."""
    work = cpu.times(service.speed).times(service.overhead)
    return Estimate(
        work.low / service.busy.high, work.likely / service.busy.likely, work.high / service.busy.low
    )


def service_seconds(cpu: Estimate, workers: int, service: Service = SERVICE) -> Estimate:
    """Return how long a run on `workers` workers takes, from submission on, if no key holds them up."""
    return _worker_seconds(cpu, service).times(1 / (workers * service.vcpus)).plus(service.start)


def counting_seconds(files: Estimate, output: Estimate, service: Service = SERVICE) -> Estimate:
    """Return how long the launching machine counts the rows of `files` files of `output` bytes on an object store before it publishes."""
    return files.times(service.per_file).plus(output.times(service.per_byte))


def service_cost(
    cpu: Estimate, shuffled: Estimate, workers: int, service: Service = SERVICE, prices: Prices = PRICES
) -> Cost:
    """Return what a batch run on Dataflow costs, by the CPU seconds of its stages and the bytes that it shuffles."""
    hours = _worker_seconds(cpu, service).times(1 / _HOUR)
    hours = hours.plus(service.start.times(workers * service.vcpus / _HOUR))
    a_vcpu_hour = (
        prices.vcpu_hour
        + (service.memory_gib * prices.memory_gib_hour + service.disk_gib * prices.disk_gib_hour)
        / service.vcpus
    )
    gib = shuffled.times(service.shuffled).times(1 / _GIB)
    return Cost(hours, gib, hours.times(exactly(a_vcpu_hour)), gib.times(prices.shuffle_gib))
