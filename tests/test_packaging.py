"""What is installed: the wheel holds what it should, and no other distribution owns our import names."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    copy = folder / "project"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(copy)], check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_code_schemas_and_word_lists_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pipelines", "transforms", "schemas"}
    for needed in (
        "schemas/article.avsc",
        "transforms/core/lexicon/places.tsv",
        "schemas/py.typed",
        "pipelines/cli.py",
    ):
        assert needed in names
    assert not [name for name in names if "test" in name or name.endswith(".yaml")]


def test_the_wheel_carries_the_licence_and_the_notice(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)


@pytest.mark.parametrize("name", ["pipelines", "transforms", "schemas"])
def test_each_import_name_has_one_owner(name):
    assert set(importlib.metadata.packages_distributions()[name]) == {"warraq"}


def test_every_committed_package_folder_is_packaged():
    core = {f"transforms/core{room}" for room in ("", "/lexicon", "/models", "/tagging")}
    packaged = {"pipelines", "transforms", "schemas"} | core
    there = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in ("pipelines", "transforms", "schemas")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert there == packaged


def test_the_console_script_is_the_entry():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="warraq")
    assert script.value == "pipelines.cli:main"
