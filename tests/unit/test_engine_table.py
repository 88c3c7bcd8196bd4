"""The documentation shows the table of engines that the code uses."""

import os
import re
from pathlib import Path

from pipelines.engine import ENGINES
from pipelines.engine_table import engine_table

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
PLACE = re.compile(
    r"(?<=<!-- table: WARRAQ_BLESS=1 python -m pytest tests/unit/test_engine_table.py -->\n).*?(?=<!-- end of table -->)",
    re.DOTALL,
)


def test_the_page_shows_the_table_of_the_code():
    page = PAGE.read_text("utf-8")
    assert len(PLACE.findall(page)) == 1
    if os.environ.get("WARRAQ_BLESS"):
        PAGE.write_text(PLACE.sub(lambda _: engine_table(), page), "utf-8")
        return
    assert PLACE.findall(page) == [engine_table()], "run with WARRAQ_BLESS=1 and review the difference"


def test_the_table_names_every_engine_once_with_what_it_promises_needs_and_refuses():
    rows = engine_table().splitlines()
    for engine in ENGINES.values():
        (row,) = [row for row in rows if row.startswith(f"| `{engine.name}` |")]
        for part in (engine.promise, engine.limits, engine.measured, engine.refused_because or ""):
            assert part in row
        for name, _ in engine.needs:
            assert all(f"--{one}" in row for one in name.split("|"))
    assert len({row.count("|") for row in rows[: rows.index("")]}) == 1
