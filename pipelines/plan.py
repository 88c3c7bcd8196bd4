"""`warraq plan`: what a batch run would read, write, drop, take and cost, told from a sample before it is run.

Nothing is written, and no network is used but that of the inputs' own filesystem. The sample is drawn by `plan_sample`, run by
`plan_stages` and turned into figures by `plan_figures`; formulae and assumptions are in `transforms.core.cost_model`.
"""

import dataclasses
import os
from collections import Counter
from collections.abc import Sequence

from pipelines.config_tree import Config
from pipelines.engine import BATCH, Engine, resolve_engine
from pipelines.outcome import ExitCode, RunFailed
from pipelines.plan_duplicates import Growth
from pipelines.plan_figures import Figures, make_figures
from pipelines.plan_sample import Scan, scan
from pipelines.plan_stages import DEAD, DUPLICATE, FILTERED, SampleRun, run_sample
from pipelines.tagging import load_rules
from transforms.core.cost_model import (
    Cost,
    counting_seconds,
    local_bytes,
    local_seconds,
    service_cost,
    service_seconds,
)
from transforms.core.estimates import Estimate
from transforms.files import FoundFile, can_reach, find_files, is_remote

__all__ = ["Plan", "PlanRequest", "make_plan"]

_LOCAL, _SERVICE = "FnApiRunner", "DataflowRunner"
#: Workers of a service where neither the command line nor the configuration names a number.
_WORKERS = 4


@dataclasses.dataclass(frozen=True)
class PlanRequest:
    """What the user asked for. `articles` plans for a corpus of that many records of this kind, None for the inputs as they are.

    `sample` is how many records run through the stages, `scan_bytes` how much of the input (as stored) is read; 0 is all.
    """

    config: Config
    inputs: tuple[str, ...]
    runner: str | None = None
    sample: int = 2_000
    scan_bytes: int = 64_000_000
    articles: int | None = None
    workers: int | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything that `warraq plan` tells.

    `seconds` is the time of a run and `memory` its peak on this machine (None where the engine was not measured), `cost` only for
    Dataflow. `reasons` count the records of the sample that left by a door.
    """

    engine: str
    workers: int
    scan: Scan
    figures: Figures
    seconds: Estimate | None
    memory: Estimate | None
    cost: Cost | None
    reasons: dict[str, dict[str, int]]
    notes: tuple[str, ...]


def make_plan(request: PlanRequest) -> Plan:
    """Scan the inputs, run the sample, and return the plan.

    Raises UsageError for an engine that does not run batches, RunFailed where an input cannot be reached or matches no file.
    """
    config = request.config
    engine = resolve_engine(request.runner or config.engine.runner, BATCH)
    found = _find(request.inputs)
    user_rules = load_rules(config.tag)
    scanned = scan(found, config, request.sample, request.scan_bytes)
    drawn = len(scanned.drawn) / scanned.readable if scanned.readable else 1.0
    run = run_sample(scanned.drawn, config, user_rules)
    figures = make_figures(scanned, run, config, drawn, request.articles)
    workers = request.workers or _configured_workers(config, engine)
    seconds = memory = cost = None
    records = figures.amounts["records"]
    if engine.name == _LOCAL:
        seconds = local_seconds(figures.work, records, workers)
        memory = local_bytes(figures.amounts["bytes_decompressed"])
    elif engine.name == _SERVICE:
        counting = counting_seconds(figures.amounts["output_files"], figures.amounts["output_bytes"])
        seconds = service_seconds(figures.work, workers).plus(counting)
        cost = service_cost(figures.work, figures.amounts["shuffled_bytes"], workers)
    reasons = {
        door: Counter(one.reason for one in run.outcomes if one.door == door)
        for door in (DUPLICATE, FILTERED, DEAD)
    }
    reasons[DEAD].update(scanned.refused)
    return Plan(
        engine=engine.name,
        workers=workers,
        scan=scanned,
        figures=figures,
        seconds=seconds,
        memory=memory,
        cost=cost,
        reasons={door: dict(seen.most_common()) for door, seen in reasons.items()},
        notes=tuple(_notes(request, engine, scanned, run, figures, memory)),
    )


def _find(inputs: Sequence[str]) -> list[FoundFile]:
    found: dict[str, FoundFile] = {}
    for pattern in inputs:
        if is_remote(pattern) and not can_reach(pattern):
            message = f"{pattern}: no filesystem for it; gs:// needs the extra: pip install 'warraq[gcp]'"
            raise RunFailed(ExitCode.USAGE, message)
        try:
            place = pattern if is_remote(pattern) else os.path.abspath(pattern)  # noqa: PTH100 (also folds `..`)
            matched = find_files([place])
        except OSError as error:
            raise RunFailed(ExitCode.NO_INPUT, f"--input {error}") from error
        if not matched:
            raise RunFailed(ExitCode.NO_INPUT, f"--input {pattern} matches no file; check the path")
        found |= {file.uri: file for file in matched}
    return sorted(found.values())


def _configured_workers(config: Config, engine: Engine) -> int:
    """Return the number of workers that the configuration names: the most that a service may take."""
    local = engine.name == _LOCAL
    for name in ("direct_num_workers",) if local else ("max_num_workers", "num_workers"):
        given = config.engine.options.get(name)
        if isinstance(given, int) and given > 0:
            return int(given)
    return 1 if local else _WORKERS


def _notes(
    request: PlanRequest,
    engine: Engine,
    scanned: Scan,
    run: SampleRun,
    figures: Figures,
    memory: Estimate | None,
) -> list[str]:
    """Return what a reader must know to believe the figures, and what to do about those that are too large."""
    config, notes = request.config, []
    if not scanned.whole:
        read = sum(chunk.stored_bytes for chunk in scanned.chunks) / max(scanned.bytes_on_disk, 1)
        notes.append(
            f"{read:.1%} of the input was read, in {scanned.windows} runs of neighbouring files; --scan 0 reads all of it"
        )
    if figures.growth is not None:
        notes.append(_about(figures.growth))
    if scanned.pages:
        notes.append(
            f"{scanned.pages:,} web pages: they are drawn one by one, so duplicates among them are hardly seen"
        )
    if run.bugs and config.run.on_bug == "fail":
        notes.append(f"warraq itself failed on {run.bugs} records of the sample; a run would stop there")
    limit = config.run.max_dead_letter_share
    if figures.shares[DEAD].likely > limit:
        notes.append(
            f"more dead letters than run.max_dead_letter_share allows ({limit:.0%}): a run would fail"
        )
    if engine.name not in (_LOCAL, _SERVICE):
        notes.append(
            f"how long a run on {engine.name} takes was not measured; the CPU time is that of the stages alone"
        )
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory is not None and memory.high > installed:
        notes.append(
            f"the run holds in memory what it shuffles, and this machine has {installed / 2**30:,.0f} GiB: run it in parts with"
            " --index, or on another engine"
        )
    largest = figures.largest
    if largest is not None and largest.shards > config.output.shards:
        notes.append(
            f"{largest.partition} alone is {largest.bytes.likely / 2**20:,.0f} MiB in one place; --set output.shards={largest.shards}"
            " divides it"
        )
    return notes


def _about(growth: Growth) -> str:
    """Return how duplicates were carried over to more records than were read."""
    sides = []
    if growth.filling != 1:
        sides.append(
            f"in the whole input an article has {growth.filling:,.1f} times as many neighbours within the horizon as in its part of the scan"
        )
    if growth.more != 1:
        sides.append(
            f"{growth.more:,.2f} times the input is planned for, in more days or (upper end) of more sources"
        )
    return (
        f"duplicates: {'; '.join(sides)}; from halves of the sample to the whole their share grew by the power {growth.by_time.likely:.2f}"
        f" over time and {growth.by_source.likely:.2f} over sources; the range reaches from no growth to the most that these may be"
    )
