"""Score the extents of time expressions against TIMEX3 labels: precision, recall and F1, strict and by overlap.

An expression is right in the strict count where start and end are those of the label, in the relaxed count where it
overlaps one (each label and each answer counts once), as in TempEval-3 (UzZaman et al. 2013).
`python tests/quality/timex.py [FILE]` prints the scores and what differs.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]

from transforms.core.dates import find_dates  # noqa: E402
from transforms.core.lexemes import read_lexemes  # noqa: E402
from transforms.core.publication import Reference  # noqa: E402


class Score(NamedTuple):
    """Counts of one comparison; F1 over expressions."""

    labelled: int
    found: int
    strict: int
    relaxed: int

    def f1(self, right):
        return 2 * right / (self.labelled + self.found) if self.labelled + self.found else 1.0


def compare(labelled, found):
    """Return the score of one document's spans, and the labels and answers that meet nothing."""
    exact = set(labelled) & set(found)
    missed, extra, relaxed = [], list(found), 0
    for start, end in labelled:
        met = next((span for span in extra if span[0] < end and start < span[1]), None)
        if met is None:
            missed.append((start, end))
        else:
            relaxed += 1
            extra.remove(met)
    return Score(len(labelled), len(found), len(exact), relaxed), missed, extra


def spans_of(text):
    return [(mention.start, mention.end) for mention in find_dates(read_lexemes(text), Reference(None, ""))]


def score(path):
    """Return the score of a file of labelled documents, and what differs, in words."""
    total, notes = Score(0, 0, 0, 0), []
    for line in Path(path).read_text("utf-8").splitlines():
        document = json.loads(line)
        text = document["text"]
        labelled = [(mention["start"], mention["end"]) for mention in document["timex"]]
        result, missed, extra = compare(labelled, spans_of(text))
        total = Score(*(a + b for a, b in zip(total, result, strict=True)))
        for kind, spans in (("missed", missed), ("extra", extra)):
            notes += [
                f"{kind}: …{text[max(0, a - 25) : a]}[{text[a:b]}]{text[b : b + 20]}…" for a, b in spans
            ]
        notes += [
            f"partly: [{text[a:b]}] labelled, found {[text[c:d] for c, d in spans_of(text) if c < b and a < d]}"
            for a, b in labelled
            if (a, b) not in set(spans_of(text)) and (a, b) not in missed
        ]
    return total, notes


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared" / "data" / "timex_dev" / "dev.jsonl"
    total, notes = score(path)
    print(
        f"labelled {total.labelled}, found {total.found}, strict F1 {total.f1(total.strict):.3f}, relaxed {total.f1(total.relaxed):.3f}"
    )
    print("\n".join(notes))


if __name__ == "__main__":
    main()
