"""Batch runs and a stream that share an index, in any order: in the end all is as one run over all would have it."""

import random

import pytest
from indexes import by_the_rule, decided, deliveries, follow, index_of, known, rows_of, write_day
from rich.console import Console

from pipelines.handover import is_shared
from pipelines.index_collect import run_collect
from pipelines.verify_commits import verify_commits
from transforms.files import OutputFolder

QUIET = Console(quiet=True)
SEEDS = [pytest.param(seed, marks=[pytest.mark.long] * (seed >= 3)) for seed in range(60)]


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_reads_what_and_when_the_decisions_are_those_of_one_run(tmp_path, seed):
    chance = random.Random(seed)
    records = [one for day in deliveries(10, seed).values() for one in day]
    chance.shuffle(records)
    index, inbox, output = tmp_path / "index", tmp_path / "inbox", tmp_path / "out"
    left, number = list(records), 0
    write_day(inbox, "none", [])
    while left:
        number += 1
        step = chance.choice(("batch", "follow", "follow --index", "collect"))
        if step == "collect":
            if is_shared(OutputFolder(str(output))):
                run_collect(str(output), str(index), QUIET)
            continue
        some = [left.pop() for _ in range(min(len(left), chance.randint(1, 6)))]
        if step == "batch":
            index_of(index, some, f"/news/{number}")
        else:
            follow(write_day(inbox, str(number), some), output, index if "index" in step else None)
    follow(inbox, output, index)
    run_collect(str(output), str(index), QUIET)
    right = by_the_rule(records)
    assert known(index) == right
    follow(inbox, output, index)
    last = decided(output)
    own = {row["article_id"] for row in rows_of(output, "decisions") if row["revision"] == 1}
    assert {key: last[key] for key in own} == {key: right[key] for key in own}
    assert verify_commits(OutputFolder(str(output))).faults == []
