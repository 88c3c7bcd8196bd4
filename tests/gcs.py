"""Cloud Storage on loopback (fake-gcs-server, `tests/gcs_fake`), in memory, with one bucket.

Beam's filesystem finds it by STORAGE_EMULATOR_HOST. It is no proof of the service's consistency, rights or limits.
"""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator

import pytest
from go_program import built

BUCKET = "demo-bucket"
_STOP_SECONDS = 10


@contextlib.contextmanager
def running_gcs() -> Iterator[str]:
    """Give the address of a server, `http://localhost:PORT`, with STORAGE_EMULATOR_HOST set to it. It ends with the block."""
    pytest.importorskip("google.cloud.storage", reason="the client of Cloud Storage is in the extra gcp")
    command = [str(built("gcs")), "-with-parent", f"-bucket={BUCKET}"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["gcs"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(os.environ, "STORAGE_EMULATOR_HOST", address)
            yield address
    finally:
        server.kill()
        server.wait(_STOP_SECONDS)
