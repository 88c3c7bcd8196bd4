"""A plan shown: a table for readers, one JSON object (format `warraq-plan/1`) for machines."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.plan import Plan, PlanRequest
from pipelines.plan_duplicates import Growth
from pipelines.plan_stages import ARTICLE, DEAD, DUPLICATE, FILTERED
from pipelines.terminal import plain
from transforms.core.cost_model import PRICES, SERVICE
from transforms.core.estimates import Estimate

__all__ = ["plan_json", "print_plan", "print_plan_json"]

_FORMAT = "warraq-plan/1"
#: Amount -> its label, and the door that the records leave by.
_DOORS = {
    "articles": ("articles kept", ARTICLE),
    "duplicates": ("duplicates", DUPLICATE),
    "dead_letters": ("dead letters", DEAD),
    "filtered": ("filtered", FILTERED),
}
#: Reasons that are named in the table; JSON has all.
_REASONS = 3


class _Line(NamedTuple):
    label: str
    value: Estimate
    form: Callable[[float], str]
    remark: str = ""


def plan_json(plan: Plan, request: PlanRequest) -> dict[str, Any]:
    """Return a plan as a JSON object; each estimate is {low, likely, high, exact}, in records, bytes, seconds or dollars."""
    scanned, figures, cost = plan.scan, plan.figures, plan.cost
    largest = figures.largest
    return {
        "format": _FORMAT,
        "inputs": list(request.inputs),
        "engine": plan.engine,
        "workers": plan.workers,
        "scan": {
            "whole": scanned.whole,
            "files": scanned.scanned_files,
            "windows": scanned.windows,
            "records": scanned.records,
            "bytes": sum(chunk.stored_bytes for chunk in scanned.chunks),
        },
        "sample": {"records": len(scanned.drawn), "reasons": plan.reasons},
        "estimates": _ranges(figures.amounts),
        "shares": _ranges(figures.shares),
        "growth": None if figures.growth is None else _growth(figures.growth),
        "cpu_seconds": _ranges(figures.cpu),
        "seconds": None if plan.seconds is None else _range(plan.seconds),
        "memory_bytes": None if plan.memory is None else _range(plan.memory),
        "cost": None
        if cost is None
        else {
            "dollars": _range(cost.dollars),
            **_ranges(cost._asdict()),
            "prices": dataclasses.asdict(PRICES),
        },
        "largest_partition": None
        if largest is None
        else {
            "partition": largest.partition,
            "articles": _range(largest.articles),
            "bytes": _range(largest.bytes),
            "shards": largest.shards,
        },
        "notes": list(plan.notes),
    }


def _growth(growth: Growth) -> dict[str, Any]:
    return {
        name: _range(value) if isinstance(value, Estimate) else value
        for name, value in growth._asdict().items()
    }


def _ranges(values: dict[str, Estimate]) -> dict[str, Any]:
    return {name: _range(value) for name, value in values.items()}


def _range(value: Estimate) -> dict[str, Any]:
    low, likely, high = map(_rounded, value)
    return {"low": low, "likely": likely, "high": high, "exact": value.is_exact}


def _rounded(value: float) -> float:
    """Return a figure as a reader of JSON wants it: whole numbers whole, all others with six digits."""
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def print_plan_json(plan: Plan, request: PlanRequest, out: TextIO) -> None:
    """Write a plan as one JSON object."""
    out.write(json.dumps(plan_json(plan, request), ensure_ascii=False, indent=1) + "\n")


def print_plan(plan: Plan, out: TextIO) -> None:
    """Write a plan as a table: what is likely, the range it lies in, and remarks; below it what that rests on."""
    console = Console(file=out, highlight=False)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("", no_wrap=True)
    grid.add_column("likely", justify="right", no_wrap=True)
    grid.add_column("range", justify="right", no_wrap=True)
    grid.add_column("")
    for line in _lines(plan):
        grid.add_row(
            line.label, line.form(line.value.likely), _span(line.value, line.form), Text(plain(line.remark))
        )
    console.print(grid)
    console.print()
    scanned = plan.scan
    read = "all of the input" if scanned.whole else f"{scanned.scanned_files:,} of {scanned.files:,} files"
    console.print(
        f"read {read}; ran {len(scanned.drawn):,} of {scanned.readable:,} records through the stages",
        soft_wrap=True,
    )
    notes = list(plan.notes)
    if plan.cost is not None:
        notes.append(
            f"prices: list prices of {PRICES.where}, as of {PRICES.as_of}, to be checked; storage, network and logs are left out;"
            f" workers of {SERVICE.vcpus} vCPU and {SERVICE.memory_gib} GiB; warraq has never been run on the service"
        )
    for note in notes:
        console.print(Text(f"- {plain(note)}"), soft_wrap=True)


def _lines(plan: Plan) -> Iterator[_Line]:
    figures, amounts = plan.figures, plan.figures.amounts
    yield _Line("files", amounts["files"], _count)
    yield _Line("records", amounts["records"], _count)
    yield _Line("on disk", amounts["bytes_on_disk"], _size)
    yield _Line("decompressed", amounts["bytes_decompressed"], _size)
    for name, (label, door) in _DOORS.items():
        seen = [f"{reason} {count:,}" for reason, count in plan.reasons.get(door, {}).items()]
        told = (
            f" ({', '.join(seen[:_REASONS])}{', …' * (len(seen) > _REASONS)} in the sample)" if seen else ""
        )
        yield _Line(label, amounts[name], _count, f"{_shares(figures.shares[door])} of the records{told}")
    files = f"about {amounts['output_files'].likely:,.0f} files of articles"
    yield _Line("output", amounts["output_bytes"], _size, files)
    yield _Line("through shuffles", amounts["shuffled_bytes"], _size)
    dearest = sorted(figures.cpu.items(), key=lambda one: -one[1].likely)
    whole = max(figures.work.likely, 1e-9)
    parts = ", ".join(f"{stage} {value.likely / whole:.0%}" for stage, value in dearest[:4])
    yield _Line("CPU of the stages", figures.work, _time, parts)
    if plan.seconds is not None:
        workers = f"{plan.workers:,} worker{'s' * (plan.workers > 1)}"
        yield _Line("run time", plan.seconds, _time, f"{plan.engine}, {workers}")
    if plan.memory is not None:
        yield _Line("memory", plan.memory, _size, "the in-process engine holds what it shuffles")
    if plan.cost is not None:
        paid = f"workers {_dollars(plan.cost.workers.likely)}, shuffle {_dollars(plan.cost.shuffle.likely)}"
        yield _Line("cost", plan.cost.dollars, _dollars, paid)
    if figures.largest is not None:
        yield _Line("largest partition", figures.largest.bytes, _size, figures.largest.partition)


def _span(value: Estimate, form: Callable[[float], str]) -> str:
    return "counted" if value.is_exact else f"{form(value.low)} – {form(value.high)}"


def _shares(value: Estimate) -> str:
    return f"{value.likely:.1%}" if value.is_exact else f"{value.low:.1%} – {value.high:.1%}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _size(value: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value / 1e3:,.1f} kB"


def _time(value: float) -> str:
    if value >= 2 * 3600:
        return f"{value / 3600:,.1f} h"
    return f"{value / 60:,.1f} min" if value >= 120 else f"{value:,.1f} s"


def _dollars(value: float) -> str:
    return f"${value:,.2f}"
