"""Python in the pages of docs/: blocks that are run, and what they say they print."""

import contextlib
import io
import os
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
#: A page whose blocks are all run; of other pages those that `<!-- run -->` stands before.
WHOLE_PAGES = ("library.md",)
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>run|needs: (?P<needs>[\w ]+)) -->\n)?```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?",
    re.DOTALL,
)


class Block(NamedTuple):
    """A block of Python: its page and line, what it prints, and the package it needs, which makes it stand alone."""

    page: str
    line: int
    code: str
    output: str
    needs: str


def blocks():
    """Return the blocks of all pages that are run, in their order."""
    found = []
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text("utf-8")
        for match in _BLOCK.finditer(text):
            if match["mark"] or path.name in WHOLE_PAGES:
                line = text.count("\n", 0, match.start("code")) + 1
                found.append(
                    Block(path.name, line, match["code"], match["output"] or "", match["needs"] or "")
                )
    return found


def run_block(block, namespace):
    """Run a block and return what it printed; a traceback names page and line."""
    code = compile("\n" * (block.line - 1) + block.code, f"docs/{block.page}", "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return "".join(line.rstrip() + "\n" for line in printed.getvalue().splitlines())


@contextlib.contextmanager
def working_in(folder):
    """Stand in a folder where the checkout's paths are good and what is written lies apart."""
    (folder / "tests").symlink_to(ROOT / "tests")
    (folder / "configs").symlink_to(ROOT / "configs")
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
