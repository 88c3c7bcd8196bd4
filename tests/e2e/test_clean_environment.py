"""The wheel in an environment of its own, as an image would have it: nothing of the checkout is needed. Needs the package index."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import prism
import pytest
from corpus import data_files, write_corpus

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A new environment with the lock and the wheel; its folder of programs."""
    folder = tmp_path_factory.mktemp("clean")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pip = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    return programs


def run(program, *arguments, cwd):
    hidden = {"PYTHONPATH", "VIRTUAL_ENV"}
    env = {name: value for name, value in os.environ.items() if name not in hidden} | {"COLUMNS": "200"}
    done = subprocess.run([program, *map(str, arguments)], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("in"), count=60)


def test_the_environment_has_its_own_warraq_and_all_that_it_needs(clean, tmp_path):
    place = run(clean / "python", "-c", "import pipelines; print(pipelines.__file__)", cwd=tmp_path)
    assert place.strip().startswith(str(clean.parent))
    run(clean / "pip", "check", cwd=tmp_path)
    run(clean / "warraq", "doctor", cwd=tmp_path)


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_each_codec_is_written_and_read(clean, corpus, tmp_path, codec):
    run(
        clean / "warraq",
        "batch",
        "--input",
        corpus,
        "--output",
        "out",
        "--set",
        f"output.codec={codec}",
        cwd=tmp_path,
    )
    run(clean / "warraq", "verify", "out", cwd=tmp_path)


def test_its_worker_processes_give_the_files_of_the_checkout(clean, corpus, tmp_path):
    output = tmp_path / "prism"
    engine = ("--runner=PrismRunner", f"--prism_location={prism.binary()}", "--sdk_worker_parallelism=2")
    run(clean / "warraq", "batch", "--input", corpus, "--output", output, *engine, cwd=tmp_path)
    here = Path(sys.executable).parent / "warraq"
    run(here, "batch", "--input", corpus, "--output", tmp_path / "here", cwd=tmp_path)
    assert data_files(output) == data_files(tmp_path / "here")
