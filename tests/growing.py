"""Output folders that grow, for tests: tables and a commit per step."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from builders import origin, write_tables

from schemas.elements import Article, Decision, WrittenFile
from transforms.core.commits import Commit, commit_path, encode_commit
from transforms.files import OutputFolder

Step = tuple[int, Mapping[str, Sequence[Any]]]


def decided(
    of: Article | str,
    parent: Article | str = "",
    root: Article | str = "",
    *,
    revision: int = 1,
    similarity: float | None = None,
    day: int = 20_000,
) -> Decision:
    """A decision about an article: kept, or `near` to a parent. Ids may be given instead, one letter for 32 of it.

    An article is remembered for 30 days.
    """
    own, parent, root = (_id(one) for one in (of, parent, root or parent or of))
    return Decision(
        article_id=own,
        revision=revision,
        kept=not parent,
        relation="near" if parent else "",
        parent_id=parent,
        root_id=root,
        canonical_id=root,
        similarity=similarity,
        version=1,
        unchecked=False,
        event_us=5,
        parent_us=4 if parent else None,
        origin=origin(),
        decided_on=day,
        held_days=30,
    )


def _id(of: Article | str) -> str:
    return of * (32 if len(of) == 1 else 1) if isinstance(of, str) else of.article_id


def grow(root: Path, number: int, step: Step) -> Commit:
    """Write the tables of a step, (records_in, tables), and the commit `r…NUMBER` that names them."""
    records_in, tables = step
    files = tuple(_rename(root, file, number) for file in write_tables(root, tables))
    return write_commit(root, Commit(f"r{number:09d}", "c", records_in, files))


def _rename(root: Path, file: WrittenFile, number: int) -> WrittenFile:
    """Give a file the name of a roll; two steps with the same rows must not meet in one name."""
    path = f"{file.path.rpartition('/')[0]}/r{number:09d}-s00000.avro"
    (root / file.path).rename(root / path)
    return dataclasses.replace(file, path=path)


def write_commit(root: Path, commit: Commit) -> Commit:
    """Write a commit as it is, right or not."""
    path = root / commit_path(commit.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_commit(commit))
    return commit


def grown(root: Path, *steps: Step) -> OutputFolder:
    """Return a folder that has grown by `steps`."""
    for number, step in enumerate(steps):
        grow(root, number, step)
    return OutputFolder(str(root))
