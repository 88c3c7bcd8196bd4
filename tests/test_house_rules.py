"""Rules of the house that a linter does not know."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("pipelines", "transforms", "transforms/core", "transforms/core/tagging", "schemas")


def sources():
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]


def test_no_module_turns_annotations_into_strings():
    # `from __future__ import annotations` makes every Beam type hint Any, silently.
    assert not [path.name for path in sources() if "from __future__" in path.read_text("utf-8")]


def test_every_step_of_a_graph_has_a_label():
    unlabelled = []
    for path in [*(ROOT / "transforms").glob("*.py"), *(ROOT / "pipelines").glob("*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        labelled = {
            id(node.right)
            for node in ast.walk(tree)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.BitOr)
                and isinstance(node.right, ast.Call)
            ):
                called = ast.unparse(node.right.func)
                if called.startswith("beam.") and id(node.right) not in labelled:
                    unlabelled.append(f"{path.name}:{node.lineno} {called}")
    assert unlabelled == []


def test_no_module_is_called_utils_or_grows_without_end():
    for path in sources():
        assert path.stem not in {"utils", "helpers", "common", "misc", "base"}
        lines = path.read_text("utf-8").count("\n")
        assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines: look for its second noun"


def test_the_project_names_no_registry_host_and_no_path_of_a_machine():
    pattern = re.compile(r"(pypi\.org|pythonhosted|registry\.npmjs|proxy\.golang|/work/|/root/)")
    for path in [
        *sources(),
        *ROOT.glob("scripts/**/*.py"),
        *ROOT.glob("transforms/core/models/*.md"),
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        ROOT / "Makefile",
        *ROOT.glob("*.lock"),
        *(path for path in ROOT.glob("configs/**/*") if path.is_file()),
    ]:
        found = pattern.search(path.read_text("utf-8"))
        assert found is None, f"{path.name}: {found.group()}"


def test_reasons_are_the_symbols_of_the_schemas():
    import json

    from transforms.core.errors import DEAD_LETTER_REASONS, FILTER_REASONS

    def symbols(file):
        schema = json.loads((ROOT / "schemas" / file).read_text("utf-8"))
        return next(field["type"]["symbols"] for field in schema["fields"] if field["name"] == "reason")

    assert symbols("dead_letter.avsc") == list(DEAD_LETTER_REASONS)
    assert symbols("filtered.avsc") == list(FILTER_REASONS)


def test_every_flag_that_the_parser_sets_is_in_the_closed_set():
    from transforms.core.parse import FLAGS

    source = (ROOT / "transforms/core/parse.py").read_text("utf-8")
    assert set(re.findall(r'flags\.add\("(\w+)"\)', source)) == set(FLAGS)
