import dataclasses
import itertools
import re
from pathlib import Path

import pytest

from transforms.core.cluster import DedupRules
from transforms.core.cost_model import (
    HOT_KEYS,
    PRICES,
    SERVICE,
    STAGES,
    USUAL,
    counting_seconds,
    cpu_seconds,
    local_bytes,
    local_seconds,
    service_cost,
    service_seconds,
    shards_for,
    shuffle_bytes,
    shuffles,
    stream_memory_bytes,
    stream_state_bytes,
)
from transforms.core.estimates import exactly

ROOT = Path(__file__).parents[2]
SIZES = (0, 1, 1e5, 1e6, 1e8, 1e10)


def grows(values):
    return all(one < other for one, other in itertools.pairwise(values))


@pytest.mark.parametrize(
    "formula",
    [
        lambda articles: shuffle_bytes(USUAL, articles),
        lambda articles: sum(cpu_seconds(USUAL, articles).values()),
        lambda articles: stream_state_bytes(USUAL, articles),
        stream_memory_bytes,
        lambda articles: local_seconds(exactly(articles * 3e-3), exactly(articles)).likely,
        lambda articles: local_bytes(exactly(articles * 4_000)).high,
        lambda articles: service_seconds(exactly(articles * 3e-3), 10).high,
        lambda articles: counting_seconds(exactly(articles / 500), exactly(articles * 2_000)).likely,
        lambda articles: service_cost(exactly(articles * 3e-3), exactly(articles * 1e4), 10).dollars.low,
    ],
)
def test_everything_grows_with_the_articles(formula):
    assert grows([formula(articles) for articles in SIZES])


def test_every_range_is_in_order():
    cost = service_cost(exactly(1e6), exactly(1e12), 100)
    for value in (
        *cost,
        cost.dollars,
        service_seconds(exactly(1e6), 100),
        local_seconds(exactly(9), exactly(9)),
    ):
        assert value.low <= value.likely <= value.high


def test_the_cost_is_hours_and_bytes_by_their_prices():
    still = dataclasses.replace(
        SERVICE, speed=exactly(1), overhead=exactly(1), busy=exactly(1), start=exactly(0), shuffled=exactly(1)
    )
    cost = service_cost(exactly(3600 * 1000), exactly(100 * 2**30), 7, still)
    assert cost.vcpu_hours == exactly(1000)
    an_hour = PRICES.vcpu_hour + 3.75 * PRICES.memory_gib_hour + 25 * PRICES.disk_gib_hour
    assert cost.workers.likely == pytest.approx(1000 * an_hour)
    assert cost.shuffle.likely == pytest.approx(100 * PRICES.shuffle_gib)
    assert cost.dollars.likely == pytest.approx(cost.workers.likely + cost.shuffle.likely)


def test_more_workers_are_faster_and_not_cheaper():
    few, many = (service_seconds(exactly(1e6), workers) for workers in (10, 100))
    assert many.likely < few.likely
    costs = [service_cost(exactly(1e6), exactly(0), workers).dollars.likely for workers in (10, 100)]
    assert costs[0] <= costs[1]


def test_several_processes_of_one_machine_never_make_a_run_slower():
    work = exactly(100)
    one, two, eight = (local_seconds(work, exactly(1e4), workers) for workers in (1, 2, 8))
    assert eight.likely < two.likely <= one.likely
    assert two.high <= one.high


def test_more_duplicates_and_longer_horizons_cost_more():
    more = dataclasses.replace(USUAL, duplicates=0.5)
    assert shuffle_bytes(more, 1e6) > shuffle_bytes(USUAL, 1e6)
    long = DedupRules(horizon_days=60)
    assert stream_state_bytes(USUAL, 1e5, long) > 3 * stream_state_bytes(USUAL, 1e5)
    assert shuffle_bytes(USUAL, 1e6, DedupRules(bands=26)) > shuffle_bytes(USUAL, 1e6)


def test_shards_are_powers_of_two_that_keep_a_partition_small():
    assert [shards_for(size * 2**20) for size in (0, 1, 256, 257, 1024, 1025)] == [1, 1, 1, 2, 4, 8]


def test_every_stage_of_the_model_is_one_of_the_profile():
    assert set(USUAL.cpu) == set(STAGES)


def test_every_step_that_the_model_names_is_a_step_of_the_graph():
    labels = set(
        re.findall(
            r"[A-Za-z]+", " ".join(path.read_text() for path in (ROOT / "tests/golden").glob("*_labels.txt"))
        )
    )
    for named in [shuffle.step for shuffle in shuffles(USUAL, 1)] + [key.step for key in HOT_KEYS]:
        assert named.split(" ")[0] in labels, named
