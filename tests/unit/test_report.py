import json
import re
from html.parser import HTMLParser

import pytest
from builders import accounting, article, input_file, manifest, rows_of_every_kind, tag, tagged, write_tables
from rich.console import Console

from pipelines.manifest import Accounting
from pipelines.report import RunFacts, make_report, print_summary
from pipelines.report_page import render
from schemas.elements import TaggedArticle

METRICS = {
    "read.in": 6, "read.ok": 6, "read.bytes": 1000, "parse.in": 6, "parse.ok": 4, "parse.refused_bad_json": 1,
    "parse.filtered_empty_body": 1, "normalize.in": 4, "normalize.ok": 4, "deduplicate.in": 4, "deduplicate.ok": 3,
    "deduplicate.duplicates": 1, "deduplicate.duplicates_exact": 1, "tag.in": 3, "tag.ok": 2, "write.articles": 3,
}  # fmt: skip


def facts(**changes):
    given = {
        "started_at": "2026-01-02T03:04:05+00:00",
        "seconds": 2.0,
        "engine": "FnApiRunner",
        "output": "/out",
        "stage_metrics": METRICS,
        "warnings": (),
        "input_bytes": 1000,
    }
    return RunFacts(**(given | changes))


def report_of(root, tables=None, run=None, **changes):
    tables = rows_of_every_kind() if tables is None else tables
    files = write_tables(root, tables)
    return make_report(
        manifest(files, changes.pop("counts", accounting(tables)), **changes), files, run or facts()
    )


def summary(report, width=80):
    console = Console(width=width, file=open("/dev/null", "w"), record=True)  # noqa: SIM115
    print_summary(report, console)
    return console.export_text()


def test_the_counts_are_those_of_the_files(tmp_path):
    report = report_of(tmp_path)
    assert report["format"] == "warraq-report/1"
    assert report["accounting"] == {
        "in": 6,
        "articles": 3,
        "duplicates": 1,
        "dead_letters": 1,
        "filtered": 1,
        "holds": True,
    }
    assert report["dead_letters_by_reason"] == {
        "bad_json": {"rows": 1, "meaning": "the record is no valid JSON"}
    }
    assert report["filtered_by_reason"]["empty_body"]["rows"] == 1
    assert report["duplicates_by_relation"]["exact"]["rows"] == 1
    assert report["top_sources"] == [{"source": "afp", "articles": 2}, {"source": "الوطن", "articles": 1}]
    assert report["top_tags"] == [
        {"kind": "place", "canonical": "بغداد", "articles": 1},
        {"kind": "place", "canonical": "دمشق", "articles": 1},
    ]
    assert report["languages"] == {"ar": 3}
    assert report["input_forms"] == {"json_lines": 1}
    assert report["partitions"] == {"2016-03-27": 2, "unknown": 1}
    assert report["articles_per_second"] == 3.0
    assert report["files"]["articles"] == {
        "files": 3,
        "rows": 3,
        "bytes": report["files"]["articles"]["bytes"],
    }
    json.dumps(report)


def test_stages_tell_whether_their_counters_add_up(tmp_path):
    stages = report_of(tmp_path)["stages"]
    assert list(stages) == ["read", "parse", "normalize", "deduplicate", "tag"]
    assert stages["parse"] == {"in": 6, "ok": 4, "refused": 1, "filtered": 1, "duplicates": 0, "holds": True}
    assert stages["deduplicate"]["duplicates"] == 1
    assert stages["deduplicate"]["holds"]
    assert not stages["tag"]["holds"]


def test_an_empty_run_has_a_report(tmp_path):
    report = report_of(tmp_path, {}, facts(seconds=0.0, stage_metrics={}, input_bytes=0))
    assert report["articles_per_second"] == 0.0
    assert "0 = 0 articles" in summary(report)
    assert "<h1>" in render(report)


def test_the_summary_fits_a_terminal_of_80_columns_and_is_plain_when_piped(tmp_path, capsys):
    print_summary(report_of(tmp_path), Console())
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert max(len(line) for line in printed.splitlines()) <= 80
    for part in ("6 = 3 articles", "bad_json", "بغداد", "/out/report.html", "do not add up in tag"):
        assert part in printed


def test_long_paths_stay_on_one_line(tmp_path):
    path = "/long" * 40
    assert f"{path}/report.html" in summary(report_of(tmp_path, run=facts(output=path)))


def test_wrong_accounting_is_not_to_be_overlooked(tmp_path):
    report = report_of(tmp_path, counts=Accounting(7, 3, 1, 1, 1), state="failed", failure="lost")
    assert "7 ≠ 3 articles" in summary(report)
    assert "NOT published" in summary(report)
    page = render(report)
    assert "✗" in page
    assert "The records do not add up: 7 were read, 6 lie in the tables." in page
    assert "not published" in page


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp\u2066\x1b[31m[bold]"


def hostile_report(root):
    hostile = article(0, body=f"قال {HOSTILE} اليوم", source=HOSTILE)
    tables = {
        "articles": [TaggedArticle(tagged(hostile).article, (tag(hostile.text, "قال", HOSTILE, HOSTILE),))],
        "inputs": [input_file(1)],
    }
    return report_of(
        root,
        tables,
        facts(output=HOSTILE, warnings=(HOSTILE,), engine=HOSTILE, started_at=HOSTILE),
        failure=HOSTILE,
        inputs=(HOSTILE,),
        versions={HOSTILE: HOSTILE},
    )


class Page(HTMLParser):
    """Collects every tag and attribute; void tags aside, all must be closed in order."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open = set(), [], []

    def handle_starttag(self, name, attrs):
        self.tags.add(name)
        self.attributes += attrs
        if name not in {"meta", "br"}:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


def test_nothing_in_the_data_becomes_markup(tmp_path):
    page = Page()
    text = render(hostile_report(tmp_path))
    page.feed(text)
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "object", "link", "a", "form"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in {"src", "href"}]
    assert "&lt;script&gt;" in text
    assert not {"\u202e", "\u2066", "\x1b"} & set(text)


def test_the_page_loads_nothing_and_forbids_scripts(tmp_path):
    text = render(report_of(tmp_path))
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.search(r"https?://|@import|url\(", text)
    assert '<bdi dir="auto">الوطن</bdi>' in text


def test_nothing_in_the_data_steers_the_terminal(tmp_path):
    printed = summary(hostile_report(tmp_path), width=200)
    assert not {"\u202e", "\u2066", "\x1b"} & set(printed)
    assert "[31m[bold]" in printed


@pytest.mark.parametrize(("days", "unit"), [(1, "day"), (60, "day"), (300, "month"), (4000, "year")])
def test_many_days_are_drawn_by_month_or_year(tmp_path, days, unit):
    import datetime as dt

    report = report_of(tmp_path)
    first = dt.date(2001, 1, 1)
    report["partitions"] = {(first + dt.timedelta(days=number)).isoformat(): 2 for number in range(days)}
    page = render(report)
    assert f"Articles per {unit}" in page
    assert page.count("<rect") <= 140
