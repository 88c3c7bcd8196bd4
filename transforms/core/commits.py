"""The commits of an output folder that grows: each names files that belong to it from now on, and no commit is ever changed.

A stream adds a commit per window and pane, `warraq follow` one per roll; a batch run replaces its whole output and has
a manifest instead (`pipelines.manifest`). Layout: `_commits/NAME.json`. A data file counts only when a commit names it.
What came in and where it went is exact over all commits of a folder together: a single one may count a record whose
row is in another.
"""

import dataclasses
import json
import re
from typing import Any

from schemas.elements import WrittenFile

__all__ = ["COMMITS", "Commit", "commit_path", "decode_commit", "encode_commit", "is_commit_file"]

#: The folder of the commits in an output folder.
COMMITS = "_commits"
_FORMAT = "warraq-commit/1"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.=-]{0,99}")


@dataclasses.dataclass(frozen=True)
class Commit:
    """One step by which an output folder has grown.

    `name` is unique in the folder and sorts by time: `w20261126t001000z-p000-91c3e0d2` (window, pane and run) or `r000000012` (roll).
    `records_in` counts the records that were read. `files` have no tallies.
    """

    name: str
    config_sha256: str
    records_in: int
    files: tuple[WrittenFile, ...]

    def rows(self, table: str) -> int:
        """Return how many rows of a table this commit adds."""
        return sum(file.rows for file in self.files if file.table == table)


def commit_path(name: str) -> str:
    """Return where a commit lies, relative to the output folder. Raises ValueError for a name of other letters."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a commit"
        raise ValueError(message)
    return f"{COMMITS}/{name}.json"


def is_commit_file(path: str) -> bool:
    """Tell whether a path, relative to the output folder, is that of a commit."""
    folder, _, name = path.rpartition("/")
    return folder == COMMITS and name.endswith(".json") and bool(_NAME.fullmatch(name.removesuffix(".json")))


def encode_commit(commit: Commit) -> bytes:
    """Return a commit as readable JSON: the same commit, the same bytes."""
    record = {"format": _FORMAT, **dataclasses.asdict(commit)}
    record["files"] = [_file(file) for file in sorted(commit.files, key=lambda file: file.path)]
    return (json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _file(file: WrittenFile) -> dict[str, Any]:
    record = dataclasses.asdict(file)
    del record["tallies"]
    return record


def decode_commit(data: bytes) -> Commit:
    """Return the commit that `encode_commit` wrote. Raises ValueError with what is wrong."""
    try:
        record = json.loads(data)
        if record.pop("format") != _FORMAT:
            message = "it has a format that this version of warraq does not read"
            raise ValueError(message)
        files = tuple(WrittenFile(**file, tallies=()) for file in record.pop("files"))
        return Commit(**record, files=files)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"it is damaged: {type(error).__name__}: {error}"
        raise ValueError(message) from error
