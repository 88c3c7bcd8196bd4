"""Score date, figure and byline fragments in the notation of the labelled sets: a fragment is right or it is not.

`python tests/quality/newsparse.py [FOLDER]` prints what is wrong in a folder of `dates.jsonl`, `numbers.jsonl` (or
`figures.jsonl`) and `bylines.jsonl`; without a folder, in the project's own cases.
"""

import datetime
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]

from transforms.aids import load_aids  # noqa: E402
from transforms.core.bylines import fragment_byline  # noqa: E402
from transforms.core.dates import fragment_dates  # noqa: E402
from transforms.core.figure_notation import fragment_figures  # noqa: E402
from transforms.core.normalize import normalize_text  # noqa: E402

CASES = Path(__file__).with_name("cases")
FILES = {
    "dates": ("dates.jsonl",),
    "figures": ("figures.jsonl", "numbers.jsonl"),
    "bylines": ("bylines.jsonl",),
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e\d+)?")


def found_dates(row):
    reference = row.get("ref")
    return fragment_dates(
        row["text"], datetime.date.fromisoformat(reference) if reference else None, row["source"]
    )


def found_figures(row):
    return fragment_figures(row["text"], row["source"], row.get("country", ""))


def found_byline(row):
    return fragment_byline(row, load_aids("off").names)


FOUND = {"dates": found_dates, "figures": found_figures, "bylines": found_byline}


def _value(text):
    """A figure with its numbers in one notation: 26e3 and 26000 are the same."""
    return _NUMBER.sub(lambda number: f"{float(number.group()):g}", " ".join(text.split()))


def is_right(kind, expected, found):
    """Whether everything expected of a fragment was found, and nothing else."""
    if kind == "bylines":
        return _byline(expected) == _byline(found)
    if any(value.startswith("none") for value in expected):
        return found == []
    if kind == "dates":
        return sorted(expected) == sorted(found)
    # A unit that was not certain to the labeller may be any.
    wanted, got = sorted(map(_value, expected)), sorted(map(_value, found))
    return len(wanted) == len(got) and all(
        one == other or (one.endswith("?") and one.split()[0] == other.split()[0])
        for one, other in zip(wanted, got, strict=True)
    )


def _byline(fields):
    """A byline with names in search form, agencies without case, lists where there may be several."""

    def names(value):
        values = [value] if isinstance(value, str) else list(value or ())
        return [normalize_text(name, "dedup") for name in values if name]

    agency = fields.get("agency") or ""
    return {
        "city": names(fields.get("city")),
        "authors": names(fields.get("authors")),
        "outlet": names(fields.get("outlet")),
        "agency": [name.lower() for name in ([agency] if isinstance(agency, str) else agency) if name],
        "role": fields.get("role") or "",
    }


def rows_of(folder, kind):
    for name in FILES[kind]:
        path = Path(folder) / name
        if path.exists():
            return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return []


def wrong(folder, kind):
    """Return the number of fragments, and those not right as (text, expected, found)."""
    rows = rows_of(folder, kind)
    faults = []
    for row in rows:
        found = FOUND[kind](row)
        if not is_right(kind, row["expected"], found):
            faults.append((row.get("author") or row["text"], row["expected"], found))
    return len(rows), faults


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else CASES
    for kind in FILES:
        rows, faults = wrong(folder, kind)
        print(f"{kind}: {rows - len(faults)} of {rows} right")
        for text, expected, found in faults:
            print(
                f"  {text}\n    expected {json.dumps(expected, ensure_ascii=False)}\n    found    {json.dumps(found, ensure_ascii=False)}"
            )


if __name__ == "__main__":
    main()
