"""The report of a run: counts out of the written files, as JSON and as the closing table at the terminal."""

import dataclasses
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.manifest import Manifest, manifest_path
from pipelines.terminal import plain, shorten
from schemas.avro import TABLES
from schemas.elements import WrittenFile
from transforms.core.errors import DEAD_LETTER_REASONS, FILTER_REASONS
from transforms.core.parse import FLAGS

__all__ = ["COVERED", "RunFacts", "make_report", "print_summary"]

_FORMAT = "warraq-report/1"
_TOP = 30
#: Lines of sources and tags at the terminal.
_SHOWN = 6
#: What the coverage table tells of each source, as `transforms.write` tallies it.
COVERED = ("agency", "city", "author", "date", "figure", "quote", "boilerplate")
_LEFT_TO_RIGHT = "\u200e"
_STAGES = ("read", "parse", "normalize", "deduplicate", "tag", "infer")
_RELATIONS = {
    "exact": "another article says the same, word for word",
    "near": "another article says nearly the same",
    "repeat": "the very same article was read before",
}
_KINSHIPS = {
    "updated_version": "the same URL had another text before",
    "similar": "near an earlier article, but not near enough, or kept apart by the template guard",
    "contains": "most of an earlier article stands in it",
    "contained_in": "most of it stands in an earlier article",
    "superseded_by": "no longer canonical of its cluster",
}


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """What only the run itself knows. `stage_metrics` is `stage.counter` -> count; `started_at` ISO 8601, UTC."""

    started_at: str
    seconds: float
    engine: str
    output: str
    stage_metrics: dict[str, int]
    warnings: tuple[str, ...]
    input_bytes: int


class _Tallies:
    """The tallies of all files, added up per table and field."""

    def __init__(self, files: tuple[WrittenFile, ...]) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        for file in files:
            for field, value, rows in file.tallies:
                self._counts.setdefault((file.table, field), Counter())[value] += rows

    def of(self, table: str, field: str) -> list[tuple[str, int]]:
        """Return (value, rows), most first, equals by name."""
        return sorted(
            self._counts.get((table, field), Counter()).items(), key=lambda item: (-item[1], item[0])
        )

    def tags(self) -> list[tuple[int, str, str]]:
        """Return (-articles, kind, canonical name), most first."""
        return sorted(
            (-articles, field.removeprefix("tag:"), name)
            for (table, field), counts in self._counts.items()
            if table == "articles" and field.startswith("tag:")
            for name, articles in counts.items()
        )


def make_report(manifest: Manifest, files: tuple[WrittenFile, ...], run: RunFacts) -> dict[str, Any]:
    """Return the report of a run as a JSON object (format `warraq-report/1`).

    Counts of rows come from `files` (with their tallies), `accounting` from the manifest, `stages` from the
    engine's counters: these may count a retried bundle twice, the files never do. `articles_per_second` is
    records read per second of the whole run.
    """
    tallies = _Tallies(files)
    accounting = manifest.accounting
    tags = tallies.tags()
    sources = tallies.of("articles", "source")
    return {
        "format": _FORMAT,
        "generation": manifest.generation,
        "state": manifest.state,
        "failure": manifest.failure,
        "accounting": {
            "in": accounting.records_in,
            "articles": accounting.articles,
            "duplicates": accounting.duplicates,
            "dead_letters": accounting.dead_letters,
            "filtered": accounting.filtered,
            "holds": accounting.holds,
        },
        "articles_by_flag": _by_reason(tallies.of("articles", "flag"), FLAGS),
        "dead_letters_by_reason": _by_reason(tallies.of("dead_letters", "reason"), DEAD_LETTER_REASONS),
        "filtered_by_reason": _by_reason(tallies.of("filtered", "reason"), FILTER_REASONS),
        "duplicates_by_relation": _by_reason(tallies.of("duplicates", "relation"), _RELATIONS),
        "relations_by_kind": _by_reason(tallies.of("relations", "relation"), _KINSHIPS),
        "sources": len(sources),
        "top_sources": [{"source": name, "articles": rows} for name, rows in sources[:_TOP]],
        "coverage": _coverage(tallies, sources[:_TOP]),
        "languages": dict(tallies.of("articles", "language")),
        "tags": len(tags),
        "top_tags": [
            {"kind": kind, "canonical": name, "articles": -rows} for rows, kind, name in tags[:_TOP]
        ],
        "input_forms": dict(tallies.of("inputs", "form")),
        "input_files": sum(file.rows for file in files if file.table == "inputs"),
        "input_bytes": run.input_bytes,
        "partitions": _partitions(files),
        "started_at": run.started_at,
        "seconds": round(run.seconds, 3),
        "articles_per_second": round(accounting.records_in / run.seconds, 1) if run.seconds > 0 else 0.0,
        "engine": run.engine,
        "stages": _stages(run.stage_metrics),
        "files": {table: _file_counts([file for file in files if file.table == table]) for table in TABLES},
        "versions": dict(sorted(manifest.versions.items())),
        "config_sha256": manifest.config_sha256,
        "inputs": list(manifest.inputs),
        "output": run.output,
        "manifest": manifest_path(manifest.generation),
        "warnings": list(run.warnings),
    }


def _by_reason(counted: list[tuple[str, int]], meanings: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {reason: {"rows": rows, "meaning": meanings.get(reason, "")} for reason, rows in counted}


def _coverage(tallies: _Tallies, sources: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return per source how many of its articles have an agency, a city, an author, a date and so on."""
    found = {name: dict(tallies.of("articles", f"with:{name}")) for name in COVERED}
    return [
        {
            "source": source,
            "articles": articles,
            **{name: counts.get(source, 0) for name, counts in found.items()},
        }
        for source, articles in sources
    ]


def _partitions(files: tuple[WrittenFile, ...]) -> dict[str, int]:
    """Return date -> articles, rising, `unknown` last; the date is the `date=` of the path."""
    days: Counter[str] = Counter()
    for file in files:
        if file.table == "articles":
            days[file.path.split("/")[1].removeprefix("date=")] += file.rows
    return dict(sorted(days.items()))


def _file_counts(files: list[WrittenFile]) -> dict[str, int]:
    return {
        "files": len(files),
        "rows": sum(f.rows for f in files),
        "bytes": sum(f.size_bytes for f in files),
    }


def _stages(metrics: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Return per stage what came in and by which door it left, and whether that adds up."""
    stages: dict[str, dict[str, Any]] = {}
    for stage in _STAGES:
        own = {
            name.removeprefix(f"{stage}."): count
            for name, count in metrics.items()
            if name.startswith(f"{stage}.")
        }
        if "in" not in own:
            continue
        counts = {
            "in": own["in"],
            "ok": own.get("ok", 0),
            "refused": sum(count for name, count in own.items() if name.startswith("refused_")),
            "filtered": sum(count for name, count in own.items() if name.startswith("filtered_")),
            "duplicates": own.get("duplicates", 0),
        }
        out = counts["ok"] + counts["refused"] + counts["filtered"] + counts["duplicates"]
        stages[stage] = {**counts, "holds": counts["in"] == out}
    return stages


def print_summary(report: dict[str, Any], console: Console) -> None:
    """Print the closing table of a run: what was read, where it went, how fast, and where everything lies."""
    counts = report["accounting"]
    good = report["state"] == "committed"
    state = "published" if good else f"NOT published ({report['state']})"
    console.print()
    console.print(
        Text(f"generation {report['generation']}: {state}", style="bold green" if good else "bold red")
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    forms = ", ".join(f"{files:,} {form}" for form, files in report["input_forms"].items())
    _line(
        grid,
        "read",
        counts["in"],
        f"records of {report['input_files']:,} files, {_size(report['input_bytes'])}; {forms}".rstrip("; "),
    )
    _line(
        grid,
        "articles",
        counts["articles"],
        f"{_share(counts['articles'], counts['in'])}, {report['sources']:,} sources",
        "bold",
    )
    for flag, found in report["articles_by_flag"].items():
        _line(grid, f"  {flag}", found["rows"], found["meaning"], "dim")
    for label, door, reasons in (
        ("duplicates", "duplicates", "duplicates_by_relation"),
        ("dead letters", "dead_letters", "dead_letters_by_reason"),
        ("filtered", "filtered", "filtered_by_reason"),
    ):
        style = "red" if door == "dead_letters" and counts[door] else ""
        _line(grid, label, counts[door], _share(counts[door], counts["in"]), style)
        for reason, found in report[reasons].items():
            _line(grid, f"  {reason}", found["rows"], found["meaning"], "dim")
    kinds = report["relations_by_kind"]
    if kinds:
        total = sum(found["rows"] for found in kinds.values())
        _line(grid, "relations", total, "between articles; they drop nothing")
        for kind, found in kinds.items():
            _line(grid, f"  {kind}", found["rows"], found["meaning"], "dim")
    console.print(grid)
    _tops(report, console)
    sign = "=" if counts["holds"] else "≠"
    equation = (
        f"{counts['in']:,} {sign} {counts['articles']:,} articles + {counts['duplicates']:,} duplicates"
        f" + {counts['dead_letters']:,} dead letters + {counts['filtered']:,} filtered {'✓' if counts['holds'] else '✗'}"
    )
    _paragraph(console, "accounting", equation, "green" if counts["holds"] else "bold red")
    wrong = [stage for stage, found in report["stages"].items() if not found["holds"]]
    if wrong:
        _paragraph(
            console,
            "counters",
            f"the engine's counters do not add up in {', '.join(wrong)} (retried work counts twice; files do not)",
            "yellow",
        )
    _paragraph(
        console,
        "time",
        f"{report['seconds']:,.1f} s, {report['articles_per_second']:,.0f} articles/s, {plain(report['engine'])}",
    )
    for warning in report["warnings"]:
        _paragraph(console, "warning", plain(warning), "yellow")
    # Paths are not wrapped, so that they can be copied.
    for label, path in (("output", report["output"]), ("report", f"{report['output']}/report.html")):
        console.print(Text(f"{label:<14}{plain(path)}"), soft_wrap=True)


def _tops(report: dict[str, Any], console: Console) -> None:
    """Print the largest sources and tags side by side."""
    sources = [(entry["source"], "", entry["articles"]) for entry in report["top_sources"][:_SHOWN]]
    tags = [(entry["canonical"], entry["kind"], entry["articles"]) for entry in report["top_tags"][:_SHOWN]]
    if not sources and not tags:
        return
    grid = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left", "left", "right"):
        grid.add_column(justify=justify, no_wrap=True)
    grid.add_row(Text("top sources", style="bold"), "", Text("top tags", style="bold"))
    for number in range(max(len(sources), len(tags))):
        cells: list[Text] = []
        for entries, width in ((sources, 22), (tags, 20)):
            name, kind, rows = entries[number] if number < len(entries) else ("", "", None)
            # The mark keeps a terminal that knows bidi from drawing the number into the Arabic name.
            cells.append(Text(shorten(name, width) + _LEFT_TO_RIGHT))
            if entries is tags:
                cells.append(Text(shorten(kind, 14), style="dim"))
            cells.append(Text("" if rows is None else f"{rows:,}"))
        grid.add_row(*cells)
    console.print()
    console.print(grid)
    console.print()


def _line(grid: Table, label: str, rows: int, remark: str, style: str = "") -> None:
    grid.add_row(
        Text(plain(label), style=style), Text(f"{rows:,}", style=style), Text(plain(remark), style=style)
    )


def _paragraph(console: Console, label: str, text: str, style: str = "") -> None:
    grid = Table.grid()
    grid.add_column(width=14, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(label), Text(text, style=style))
    console.print(grid)


def _share(rows: int, of: int) -> str:
    return f"{rows / of:.1%}" if of else "–"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
