"""Small servers for tests, kept as Go sources in `tests/NAME_fake` and built once into `build/NAME-fake`."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_BUILD_SECONDS = 500


def built(name: str) -> Path:
    """Return the program `NAME-fake`, built anew if its sources are younger. Skips where there is no Go."""
    sources, program = _ROOT / "tests" / f"{name}_fake", _ROOT / "build" / f"{name}-fake"
    program.parent.mkdir(exist_ok=True)
    with (program.parent / f".{program.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of pytest-xdist build it once
        youngest = max(path.stat().st_mtime for path in sources.iterdir())
        if program.exists() and program.stat().st_mtime >= youngest:
            return program
        go = shutil.which("go")
        if go is None:
            pytest.skip(f"{program.name} is built by Go, which is not installed")
        fresh = program.with_suffix(".new")
        done = subprocess.run(
            [go, "build", "-trimpath", "-ldflags=-s", "-o", str(fresh), "."],
            cwd=sources,
            env=os.environ | {"CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
        )
        if done.returncode:
            pytest.fail(f"{program.name} does not build:\n{done.stderr[-2000:]}")
        fresh.replace(program)
        program.touch()  # the linker's cache may hand out an old file
    return program
