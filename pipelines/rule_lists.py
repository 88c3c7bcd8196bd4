"""TSV and CSV lists of the user's rules: every fault in them told with its line."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pipelines.errors import did_you_mean
from pipelines.text_files import decode_utf8
from pipelines.yaml_nodes import shown
from transforms.core.csv_rows import sniff_delimiter

__all__ = ["Cells", "read_table"]

#: A cell of a list of names is never longer, and the csv module refuses no less.
_MAX_CELL = 10_000


class Cells(NamedTuple):
    """One row: the line on which it begins, from 1, and its cells by what they are, without blanks around them."""

    line: int
    cells: dict[str, str]


def read_table(
    path: str,
    data: bytes,
    columns: Mapping[str, str],
    required: frozenset[str],
    fault: Callable[[str, str], None],
) -> Iterator[Cells]:
    """Yield the rows of a list, its header read by `columns` (what a cell is -> name of its column).

    Columns in `required` must be there; others may be missing, and give no cells. `.tsv` and `.tab` files are
    parted by tabs and know no quotes; others by what their header has most of: comma, semicolon, tab. Blank lines
    are passed over. Each fault goes to `fault` with its place; a row with one is left out.
    """
    text, line, column, wrong = decode_utf8(data)
    if wrong:
        fault(f"{path}:{line}:{column}", wrong)
        return
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        fault(f"{path}:{line}", "holds the character U+0000: this is no text")
        return
    rows = _rows(path, text, fault)
    header = next(rows, None)
    if header is None:
        fault(f"{path}:1", "is empty: the first line names the columns")
        return
    places = _places(path, header, columns, required, fault)
    if places is None:
        return
    for start, row in rows:
        if len(row) != len(header[1]):
            given = f"{len(row)} columns, the header has {len(header[1])}"
            fault(f"{path}:{start}", given if len(row) > 1 else f"{given}: {shown(row[0])}")
            continue
        cells = {meaning: row[place].strip() for meaning, place in places.items()}
        long = next((meaning for meaning, cell in cells.items() if len(cell) > _MAX_CELL), None)
        if long is not None:
            fault(f"{path}:{start}", f"{columns[long]} has more than {_MAX_CELL:,} characters")
            continue
        yield Cells(start, cells)


def _rows(path: str, text: str, fault: Callable[[str, str], None]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each row that is not blank."""
    stream = io.StringIO(text, newline="")
    if path.lower().endswith((".tsv", ".tab")):
        reader = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        first = text.lstrip("\r\n").partition("\n")[0]
        reader = csv.reader(stream, delimiter=sniff_delimiter(first), strict=True)
    start = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            fault(f"{path}:{start}", f"not CSV: {error}; what follows is not checked")
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield start, row
        start = reader.line_num + 1


def _places(
    path: str,
    header: tuple[int, list[str]],
    columns: Mapping[str, str],
    required: frozenset[str],
    fault: Callable[[str, str], None],
) -> dict[str, int] | None:
    """Return in which column each kind of cell is, None where the header will not do."""
    names = [name.strip() for name in header[1]]
    place = f"{path}:{header[0]}"
    right = True
    for name in sorted({name for name in names if names.count(name) > 1 and name in columns.values()}):
        fault(place, f"the column {shown(name)} comes twice")
        right = False
    for meaning, name in columns.items():
        if meaning in required and name not in names:
            hint = (
                did_you_mean(name, names) or f"; there are {', '.join(shown(other) for other in names[:20])}"
            )
            fault(place, f"has no column {shown(name)}{hint}")
            right = False
    if not right:
        return None
    return {meaning: names.index(name) for meaning, name in columns.items() if name in names}
