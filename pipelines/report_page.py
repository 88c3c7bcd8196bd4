"""The report as one HTML page: opens offline, loads nothing, runs no script; data is escaped and bidi-isolated."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.report_style import STYLE
from pipelines.terminal import plain

__all__ = ["render"]

Report = dict[str, Any]
_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_DOORS = (
    ("articles", "articles", "kept, tagged and written"),
    ("duplicates", "duplicates", "said before; dropped with evidence"),
    ("dead_letters", "dead letters", "could not be processed; kept whole"),
    ("filtered", "filtered", "well-formed, but out of scope"),
)
_REASONS = (
    ("duplicates", "duplicates_by_relation"),
    ("dead_letters", "dead_letters_by_reason"),
    ("filtered", "filtered_by_reason"),
)
#: More columns than this do not fit a phone: days become months, then years.
_COLUMNS = 92


def render(report: Report) -> str:
    """Return the page of a report (the object that `make_report` returns). Raises KeyError for another object."""
    title = f"warraq: generation {report['generation']}"
    sections = (
        _flow(report),
        _figures(report),
        _reasons(report),
        _relations(report),
        _days(report),
        _sources(report),
        _tags(report),
        _coverage(report),
        _stages(report),
        _files(report),
        _provenance(report),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{_head(report)}\n<main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main>\n<footer>Every figure above is counted in the written files, but for the stages, which the engine counted. "
        "<code>warraq verify</code> checks them again.</footer>\n</body>\n</html>\n"
    )


def _text(value: object) -> str:
    """Return any value as text of the page: no markup, no hidden control."""
    return html.escape(plain(str(value)), quote=True)


def _bdi(value: object) -> str:
    """Return a value of the data, isolated so that its direction does not leak."""
    return f'<bdi dir="auto">{_text(value)}</bdi>'


def _share(rows: int, of: int) -> float:
    return 100.0 * rows / of if of else 0.0


def _percent(rows: int, of: int) -> str:
    share = _share(rows, of)
    return "–" if not of else "<0.1 %" if 0 < share < 0.1 else f"{share:.1f} %"


def _size(count: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:,.1f} {unit}"
    return f"{count:,} B"


def _section(title: str, body: str, remark: str = "", *, wide: bool = False) -> str:
    note = f'<p class="remark">{remark}</p>' if remark else ""
    return f'<section class="card{" wide" if wide else ""}"><h2>{title}</h2>{note}{body}</section>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table. Heads that start with `#` are columns of numbers; cells are HTML already."""
    kinds = [' class="n"' if head.startswith("#") else "" for head in heads]
    top = "".join(f"<th{kind}>{head.lstrip('#')}</th>" for head, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _bars(entries: Sequence[tuple[str, int]], of: int, color: str) -> str:
    """Return a bar chart of (HTML label, count); bars are relative to the largest, percentages to `of`."""
    largest = max((count for _, count in entries), default=1) or 1
    return (
        '<ul class="bars">'
        + "".join(
            f'<li><span class="label">{label}</span><span class="value">{count:,}</span><span class="share">{_percent(count, of)}</span>'
            f'<span class="bar" style="--w:{100 * count / largest:.2f}%;--c:var(--{color})"></span></li>'
            for label, count in entries
        )
        + "</ul>"
    )


def _head(report: Report) -> str:
    good = report["state"] == "committed"
    badge = (
        '<span class="badge good">published</span>'
        if good
        else '<span class="badge bad">not published</span>'
    )
    failure = (
        f'<p class="alert bad"><strong>This run failed.</strong> {_bdi(report["failure"])}</p>'
        if report["failure"]
        else ""
    )
    warnings = "".join(f'<p class="alert warn">{_bdi(warning)}</p>' for warning in report["warnings"])
    return (
        '<header><div class="brand"><span class="mark" lang="ar" dir="rtl">\u0648\u0631\u0651\u0627\u0642</span>'  # ورّاق
        f"<h1>Run report <small>generation {_text(report['generation'])}</small></h1>{badge}</div>"
        f'<p class="meta">{_text(report["started_at"])} · {_text(report["engine"])} · {_bdi(report["output"])}</p>{failure}{warnings}</header>'
    )


def _flow(report: Report) -> str:
    """Return the accounting: the equation in large, and the same as one stacked bar."""
    counts = report["accounting"]
    holds = counts["holds"]
    doors = ""
    for number, (door, label, meaning) in enumerate(_DOORS):
        doors += (
            f'<span class="op" aria-hidden="true">{"+" if number else ""}</span><div class="door {door}"><b>{counts[door]:,}</b>'
            f"<span>{label}</span><em>{_percent(counts[door], counts['in'])}</em><i>{meaning}</i></div>"
        )
    stack = "".join(
        f'<span class="{door}" style="flex-grow:{counts[door]}" title="{label} {counts[door]:,}"></span>'
        for door, label, _ in _DOORS
        if counts[door]
    )
    out = sum(counts[door] for door, _, _ in _DOORS)
    verdict = (
        f'<span class="sign">✓</span> Nothing was lost: every one of the {counts["in"]:,} records that were read lies in exactly one table.'
        if holds
        else f'<span class="sign">✗</span> The records do not add up: {counts["in"]:,} were read, {out:,} lie in the tables.'
    )
    return (
        f'<section class="flow {"good" if holds else "bad"}" aria-label="accounting"><p class="verdict">{verdict}</p>'
        f'<div class="equation"><div class="door in"><b>{counts["in"]:,}</b><span>records read</span>'
        f"<em>{report['input_files']:,} files</em><i>{_size(report['input_bytes'])} as stored</i></div>"
        f'<span class="op eq">{"=" if holds else "≠"}</span><div class="doors">{doors}</div></div>'
        f'<div class="stack" aria-hidden="true">{stack}</div></section>'
    )


def _figures(report: Report) -> str:
    written = sum(counts["bytes"] for counts in report["files"].values())
    files = sum(counts["files"] for counts in report["files"].values())
    figures = (
        (
            f"{report['articles_per_second']:,.{0 if report['articles_per_second'] >= 10 else 1}f}",
            "articles per second",
        ),
        (f"{report['seconds']:,.1f} s", "whole run"),
        (f"{report['sources']:,}", "sources"),
        (f"{sum(day != 'unknown' for day in report['partitions']):,}", "days"),
        (f"{report['tags']:,}", "different tags"),
        (_size(written), f"in {files:,} Avro files"),
    )
    cells = "".join(f"<div><b>{value}</b><span>{label}</span></div>" for value, label in figures)
    return f'<section class="figures" aria-label="figures">{cells}</section>'


def _reasons(report: Report) -> str:
    labels = {door: label for door, label, _ in _DOORS}
    rows = [
        (
            f'<span class="dot {door}"></span>{labels[door]}',
            f"<code>{_text(reason)}</code>",
            f"{found['rows']:,}",
            _percent(found["rows"], report["accounting"]["in"]),
            _text(found["meaning"]),
        )
        for door, key in _REASONS
        for reason, found in report[key].items()
    ]
    if not rows:
        return _section("Why records are not among the articles", "<p>All of them are.</p>", wide=True)
    table = _table(("went to", "reason", "#rows", "#of all", "what it means"), rows, "reasons")
    return _section("Why records are not among the articles", table, wide=True)


def _relations(report: Report) -> str:
    rows = [
        (f"<code>{_text(kind)}</code>", f"{found['rows']:,}", _text(found["meaning"]))
        for kind, found in report["relations_by_kind"].items()
    ]
    if not rows:
        return ""
    table = _table(("relation", "#rows", "what it means"), rows, "relations")
    return _section("Articles that have to do with each other", table, "They drop nothing.", wide=True)


def _days(report: Report) -> str:
    """Return articles per day as columns; per month or year where the days are many."""
    dated = {day: count for day, count in report["partitions"].items() if day != "unknown"}
    unknown = report["partitions"].get("unknown", 0)
    if not dated:
        return ""
    unit, columns = "day", dated
    for name, length in (("month", 7), ("year", 4)):
        if len(columns) > _COLUMNS:
            unit, columns = name, Counter[str]()
            for day, count in dated.items():
                columns[day[:length]] += count
    largest = max(columns.values())
    peak = max(columns, key=lambda column: columns[column])
    width = 100 / len(columns)
    bars = "".join(
        f'<rect x="{number * width + width * 0.1:.3f}" y="{40 - 38 * count / largest:.3f}" width="{width * 0.8:.3f}"'
        f' height="{38 * count / largest:.3f}"><title>{_text(column)}: {count:,}</title></rect>'
        for number, (column, count) in enumerate(columns.items())
    )
    names = list(columns)
    last = f"<span>{_text(names[-1])}</span>" if len(names) > 1 else ""
    # A few columns do not fill the page, and the axis ends under the last of them.
    share = min(100, max(30, 7 * len(columns)))
    chart = (
        f'<div style="max-width:{share}%"><svg class="days" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="articles per {unit}">{bars}</svg>'
        f'<p class="axis"><span>{_text(names[0])}</span>{last}</p></div>'
    )
    remark = f"Most in {_text(peak)}: {largest:,}." + (
        f" {unknown:,} articles have no known day." if unknown else ""
    )
    return _section(f"Articles per {unit}", chart, remark, wide=True)


def _sources(report: Report) -> str:
    entries = [(_bdi(entry["source"]), entry["articles"]) for entry in report["top_sources"]]
    more = f"The {len(entries)} largest of {report['sources']:,}." if report["sources"] > len(entries) else ""
    return (
        _section("Sources", _bars(entries, report["accounting"]["articles"], "articles"), more)
        if entries
        else ""
    )


def _tags(report: Report) -> str:
    entries = [
        (
            f'<bdi dir="auto" lang="ar" class="name">{_text(entry["canonical"])}</bdi> <span class="kind">{_text(entry["kind"])}</span>',
            entry["articles"],
        )
        for entry in report["top_tags"]
    ]
    remark = f"By articles that hold them; the {len(entries)} most frequent of {report['tags']:,}."
    return (
        _section("Tags", _bars(entries, report["accounting"]["articles"], "tags"), remark) if entries else ""
    )


def _coverage(report: Report) -> str:
    """Return the share of each source's articles in which news parsing found what."""
    entries = report["coverage"]
    if not entries:
        return ""
    names = [name for name in entries[0] if name not in ("source", "articles")]
    rows = [
        (
            _bdi(entry["source"]),
            f"{entry['articles']:,}",
            *(_percent(entry[name], entry["articles"]) for name in names),
        )
        for entry in entries
    ]
    remark = "Share of the articles of each source in which it was found: credits and cities of the byline, at least one date, figure, quote."
    return _section(
        "What news parsing found",
        _table(("source", "#articles", *(f"#{name}" for name in names)), rows),
        remark,
        wide=True,
    )


def _stages(report: Report) -> str:
    rows = [
        (
            f"<strong>{_text(stage)}</strong>",
            *(f"{found[door]:,}" for door in ("in", "ok", "refused", "filtered", "duplicates")),
            '<span class="yes">✓</span>' if found["holds"] else '<span class="no">✗</span>',
        )
        for stage, found in report["stages"].items()
    ]
    remark = "For every stage, in = ok + refused + filtered + duplicates."
    return (
        _section(
            "Stages",
            _table(("stage", "#in", "#ok", "#refused", "#filtered", "#duplicates", "#adds up"), rows),
            remark,
        )
        if rows
        else ""
    )


def _files(report: Report) -> str:
    rows = [
        (
            f"<strong>{_text(table)}</strong>",
            f"{counts['files']:,}",
            f"{counts['rows']:,}",
            _size(counts["bytes"]),
        )
        for table, counts in report["files"].items()
    ]
    return _section("Files written", _table(("table", "#files", "#rows", "#size"), rows))


def _provenance(report: Report) -> str:
    forms = ", ".join(f"{_text(form)} {files:,}" for form, files in report["input_forms"].items())
    languages = ", ".join(
        f"{_bdi(language or 'unknown')} {articles:,}" for language, articles in report["languages"].items()
    )
    versions = ", ".join(f"{_bdi(name)}&nbsp;{_bdi(version)}" for name, version in report["versions"].items())
    facts = (
        ("inputs", "<br>".join(_bdi(pattern) for pattern in report["inputs"])),
        ("input files", forms),
        ("languages", languages),
        ("output", _bdi(report["output"])),
        ("manifest", _bdi(report["manifest"])),
        ("configuration", f"<code>{_text(report['config_sha256'])}</code>"),
        ("versions", versions),
    )
    body = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts if value)
    return _section("Provenance", f"<dl>{body}</dl>", wide=True)
