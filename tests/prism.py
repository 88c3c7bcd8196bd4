"""Beam's Prism engine, built once by Go, and the options that start a pipeline on it.

    with beam.Pipeline(options=prism.options("--streaming")) as pipeline:  # waits for the end

    with prism.running(pipeline):  # a stream: begins it, and ends it and its server after the block

Prism must have the version of the installed Beam. Building it takes up to 5 minutes once; without Go the tests that
need it are skipped. One server serves all pipelines of a Python process, unless they have OWN_SERVER among their
flags; Beam stops servers when Python exits. A Python that is killed leaves its server behind: `children` and `stop`.
Use explicit type hints before stateful steps (Prism panics on untyped keys), and never the wall clock of a test
machine for what must be exact: a bundle takes 0.1 s and more.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.version import __version__ as version

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT.resolve() / "build" / "prism"
#: The flag for a pipeline that has a server to itself; `running` needs it.
OWN_SERVER = "--experiments=disable_prism_server_singleton"
PACKAGE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
_BUILD_SECONDS = 1500
_CANCEL_SECONDS = 20


def binary() -> Path:
    """Return the program, built where it is missing or of another version. Skips where there is no Go."""
    PROGRAM.parent.mkdir(exist_ok=True)
    with (PROGRAM.parent / ".prism.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of pytest-xdist build it once
        if PROGRAM.exists() and _version_is(version):
            return PROGRAM
        go = shutil.which("go")
        if go is None:
            pytest.skip("Prism is built by Go, which is not installed")
        done = subprocess.run(
            [go, "install", "-trimpath", "-ldflags=-s", f"{PACKAGE}@v{version}"],
            env=os.environ | {"CGO_ENABLED": "0", "GOBIN": str(PROGRAM.parent)},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
        )
        if done.returncode:
            pytest.fail(f"Prism does not build:\n{done.stderr[-2000:]}")
    return PROGRAM


def _version_is(wanted: str) -> bool:
    # Go writes the version of the main module into every program; reading 60 MB costs less than starting one.
    return f"mod\tgithub.com/apache/beam/sdks/v2\tv{wanted}\t".encode() in PROGRAM.read_bytes()


def options(*flags: str) -> PipelineOptions:
    """Return the options of a pipeline on Prism, with `flags` added. Builds Prism where it is missing."""
    return PipelineOptions(arguments(*flags))


def arguments(*flags: str) -> list[str]:
    """Return the same options as a command line, for a pipeline in a process of its own."""
    return [
        "--runner=PrismRunner",
        f"--prism_location={binary()}",
        "--environment_type=LOOPBACK",
        "--experiments=prism_disable_sdf_split",  # else a key loses state when a slow bundle is split
        "--prism_log_level=warn",
        *flags,
    ]


@contextlib.contextmanager
def running(pipeline: Any) -> Iterator[Any]:
    """Begin an endless pipeline that has OWN_SERVER and give its result; afterwards cancel it and kill its server."""
    before = children(os.getpid())
    result = pipeline.run()
    try:
        yield result
    finally:
        # Cancelling answers within milliseconds; should it ever hang, the server's end is the end of it.
        cancel = threading.Thread(target=result.cancel, daemon=True)
        cancel.start()
        cancel.join(_CANCEL_SECONDS)
        stop(children(os.getpid()) - before)


def children(pid: int) -> set[int]:
    """Return the pids of the Prism servers that the process `pid` started. Ask before it ends: orphans move on."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            if int(parent) == pid and (entry / "exe").readlink() == PROGRAM:
                found.add(int(entry.name))
    return found


def stop(pids: set[int]) -> None:
    """Kill servers by pid; those that are gone already do not matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
