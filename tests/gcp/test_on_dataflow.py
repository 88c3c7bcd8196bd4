"""The bundled sample on Dataflow itself: `make test-gcp`, for those who have a project. Costs a few cents and a quarter of an hour."""

import json
import os
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from corpus import WARRAQ, warraq

from transforms.files import OutputFolder

NEEDED = ("WARRAQ_GCP_PROJECT", "WARRAQ_GCP_REGION", "WARRAQ_GCP_BUCKET")
WAIT_S = 1_800

pytestmark = [
    pytest.mark.gcp,
    pytest.mark.timeout(WAIT_S + 600),
    pytest.mark.skipif(
        not all(os.environ.get(name) for name in NEEDED), reason=f"needs a cloud: set {', '.join(NEEDED)}"
    ),
]


@pytest.fixture(scope="module")
def place():
    """A new folder in the bucket, which stays for a look at it."""
    return f"gs://{os.environ['WARRAQ_GCP_BUCKET']}/warraq-tests/{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def inputs(place):
    folder, sample = OutputFolder(f"{place}/in"), Path(__file__).parents[1] / "sample" / "inputs"
    for path in sorted(sample.rglob("*")):
        if path.is_file():
            folder.write(path.relative_to(sample).as_posix(), path.read_bytes(), run="upload")
    return f"{place}/in/**"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [str(Path(WARRAQ).parent / "python"), "-m", "build", "--wheel", "--outdir", str(folder)]
    subprocess.run(build, check=True, cwd=Path(__file__).parents[2])
    (found,) = folder.glob("*.whl")
    return found


def published(root):
    """Wait until a job has published; return path -> SHA-256 of its files, but for the list of inputs."""
    folder, end = OutputFolder(root), time.monotonic() + WAIT_S
    while not folder.exists("_SUCCESS"):
        assert not folder.exists("_FAILED"), "the job published a failed generation"
        assert time.monotonic() < end, "the job did not publish in time; look at its log"
        time.sleep(20)
    manifest = json.loads(folder.read(json.loads(folder.read("_SUCCESS"))["manifest"]))
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def test_a_batch_on_the_service_publishes_the_files_of_a_local_run(place, inputs, wheel, tmp_path):
    warraq("batch", "--input", inputs, "--output", tmp_path, "--runner", "FnApiRunner")
    lock = Path(__file__).parents[2] / "deploy" / "requirements-gcp.lock"
    warraq(
        "batch", "--input", inputs, "--output", f"{place}/out", "--runner", "DataflowRunner",
        f"--project={os.environ['WARRAQ_GCP_PROJECT']}", f"--region={os.environ['WARRAQ_GCP_REGION']}",
        f"--temp_location={place}/tmp", f"--extra_package={wheel}", f"--requirements_file={lock}", "--max_num_workers=2",
    )  # fmt: skip
    assert published(f"{place}/out") == published(str(tmp_path))
    assert "as the manifest says" in warraq("verify", f"{place}/out").stderr
