"""What the peer scripts share: how they are called, what they read, what they write. Standard library only.

A contestant is called as `... OUT FILE...` and writes OUT, a JSON object: `removed`, the rows that the tool
drops; `read`, the number of articles it read; perhaps `pairs`, [row, row] that it believes similar. A row is
the number of a line over all files in the order given.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator

#: What the libraries that leave it to their user are given.
WORDS, THRESHOLD, PERMUTATIONS = 5, 0.8, 128


def arguments() -> tuple[str, list[str]]:
    """Return OUT and the files."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} OUT FILE...")
    return sys.argv[1], sys.argv[2:]


def contents(files: Iterable[str]) -> Iterator[str]:
    """Yield the raw body of each article."""
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            for line in stream:
                yield json.loads(line)["content"]


def shingles(text: str) -> list[str]:
    """Return word 5-grams of words split at white space; a shorter text is its own only shingle."""
    words = text.split()
    if len(words) < WORDS:
        return [" ".join(words)] if words else []
    return [" ".join(words[first : first + WORDS]) for first in range(len(words) - WORDS + 1)]


def write(
    out: str, removed: Iterable[int], read: int, pairs: Iterable[tuple[int, int]] | None = None
) -> None:
    """Write what a contestant decided."""
    result: dict[str, object] = {"removed": sorted(removed), "read": read}
    if pairs is not None:
        result["pairs"] = list(pairs)
    with open(out, "w", encoding="utf-8") as stream:
        json.dump(result, stream)
