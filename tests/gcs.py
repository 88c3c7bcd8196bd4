"""Cloud Storage on loopback: fake-gcs-server, built once by Go (`make gcs-fake`), with one empty bucket for each test run.

Beam's filesystem finds it by STORAGE_EMULATOR_HOST. Without Go the tests that need it are skipped.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT.resolve() / "build" / "fake-gcs-server"
VERSION = "v1.56.1"  # also in the Makefile
BUCKET = "demo-bucket"
_BUILD_SECONDS = 900
_START_SECONDS = 20


def binary() -> Path:
    """Return the program, built where it is missing. Skips where there is no Go."""
    PROGRAM.parent.mkdir(exist_ok=True)
    with (PROGRAM.parent / ".gcs-fake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers of pytest-xdist build it once
        if PROGRAM.exists():
            return PROGRAM
        go = shutil.which("go")
        if go is None:
            pytest.skip("fake-gcs-server is built by Go, which is not installed")
        package = f"github.com/fsouza/fake-gcs-server@{VERSION}"
        done = subprocess.run(
            [go, "install", "-trimpath", "-ldflags=-s", package],
            env=os.environ | {"CGO_ENABLED": "0", "GOBIN": str(PROGRAM.parent)},
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
        )
        if done.returncode:
            pytest.fail(f"fake-gcs-server does not build:\n{done.stderr[-2000:]}")
    return PROGRAM


@contextlib.contextmanager
def running_gcs() -> Iterator[str]:
    """Run a server with the bucket; give its address, `http://localhost:PORT`. It ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    command = [str(binary()), "-backend=memory", "-scheme=http", "-host=127.0.0.1", f"-port={port}"]
    command += [f"-public-host=localhost:{port}", f"-external-url={address}", "-log-level=error"]
    server = subprocess.Popen(command)
    try:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                request = urllib.request.Request(
                    f"{address}/storage/v1/b?project=demo-project",
                    data=f'{{"name": "{BUCKET}"}}'.encode(),
                    headers={"Content-Type": "application/json"},
                )
                urllib.request.urlopen(request, timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < end, "fake-gcs-server does not answer"
                assert server.poll() is None, "fake-gcs-server ended at once"
                time.sleep(0.1)
        yield address
    finally:
        server.kill()
        server.wait(_START_SECONDS)
