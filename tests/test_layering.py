"""Layers point down: pipelines -> transforms -> transforms.core -> schemas."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_IN_CORE = ("apache_beam", "pipelines", "yaml", "rich", "time", "random", "pathlib", "os")
#: Folder -> what its modules may not import.
FORBIDDEN = {
    "schemas": ("apache_beam", "transforms", "pipelines", "yaml", "pyarabic", "rich"),
    "transforms/core": NOT_IN_CORE,
    "transforms/core/tagging": NOT_IN_CORE,
    "transforms": ("pipelines", "yaml", "pyarabic", "rich"),
    "pipelines": ("pyarabic",),
}
YAML_READERS = {"pipelines/config.py", "pipelines/rules.py"}
BEAM_TRANSFORMS_CORE_SIBLINGS = (
    "read",
    "write",
    "files",
    "metrics",
    "dead_letters",
    "composite",
    "deduplicate",
    "tag",
    "infer",
)


def modules(folder):
    return sorted((ROOT / folder).glob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_no_module_imports_what_lies_above_it(folder):
    for path in modules(folder):
        for name in imports(path):
            top = name.partition(".")[0]
            assert top not in FORBIDDEN[folder], f"{path.relative_to(ROOT)} imports {name}"


def test_core_imports_no_transform_beside_it():
    for path in [*modules("transforms/core"), *modules("transforms/core/tagging")]:
        for name in imports(path):
            assert not name.startswith("transforms.") or name.startswith("transforms.core"), (
                f"{path.name} imports {name}"
            )


def test_yaml_is_read_in_one_place():
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder in FORBIDDEN
        for path in modules(folder)
        if "yaml" in set(imports(path))
    }
    assert readers <= YAML_READERS


def test_only_normalising_and_its_tables_use_pyarabic():
    users = {
        path.name
        for path in [*modules("transforms/core"), *modules("transforms/core/tagging")]
        if any(n.startswith("pyarabic") for n in imports(path))
    }
    assert users <= {"normalize.py", "profiles.py", "units.py", "fast.py"}
