"""A roll: what waits in the outbox becomes files, and a commit that names them.

Rolls are numbered by the state. An output folder that holds rolls which the state did not write is refused:
the next roll would take the name of another one, and its rows would be gone.
"""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.follow_store import FollowStore, Roll
from pipelines.outcome import ExitCode, RunFailed
from schemas.elements import WrittenFile
from transforms.core.commits import COMMITS, Commit, commit_path, decode_commit, encode_commit
from transforms.files import OutputFolder
from transforms.write import write_rows

__all__ = ["check_rolls", "roll_outbox"]

_ROLL = re.compile(rf"{COMMITS}/r(\d{{9}})\.json")


def check_rolls(store: FollowStore, folder: OutputFolder, state: Path) -> None:
    """Raise RunFailed where `folder` holds rolls of another state than the one in `state`."""
    found = [_ROLL.fullmatch(file.uri) for file in folder.files(COMMITS)]
    last = max((int(one[1]) for one in found if one is not None), default=0)
    if last > store.last_roll():
        message = (
            f"{folder.root} holds rolls up to r{last:09d}, and the state in {state} knows of {store.last_roll()}: "
            "it would replace them; give the --state they were made with, or another --output"
        )
        raise RunFailed(ExitCode.USAGE, message)


def roll_outbox(store: FollowStore, folder: OutputFolder, codec: str, config_sha256: str) -> Commit | None:
    """Write what waits, after a roll that was left unfinished; return the last commit, None where nothing waits.

    The commit is the moment from which the files count; after it the rows are forgotten. Raises OSError, sqlite3.Error: then
    nothing is lost, and the next roll does the same again. Raises RunFailed where the commit of an unfinished roll is
    there, and is that of other rows.
    """
    commit = None
    unfinished = store.unfinished_roll()
    if unfinished is not None:
        commit = _roll(store, unfinished, folder, codec, config_sha256)
    roll = store.begin_roll()
    return commit if roll is None else _roll(store, roll, folder, codec, config_sha256)


def _roll(store: FollowStore, roll: Roll, folder: OutputFolder, codec: str, config_sha256: str) -> Commit:
    name = f"r{roll.number:09d}"
    if folder.exists(commit_path(name)):
        # Killed between the commit and the end. The files count already: written anew, with another codec perhaps,
        # they would not be those that the commit names.
        commit = _made(store, roll, folder, name)
    else:
        files = tuple(_files(store, roll, folder, codec, name))
        _settle(folder, (file.path for file in files))
        commit = Commit(name, config_sha256, roll.records_in, files)
        folder.write(commit_path(name), encode_commit(commit), run=name)
    _settle(folder, [commit_path(name)])
    store.end_roll(roll)
    return commit


def _made(store: FollowStore, roll: Roll, folder: OutputFolder, name: str) -> Commit:
    commit = decode_commit(folder.read(commit_path(name)))
    if (commit.records_in, sum(file.rows for file in commit.files)) != (
        roll.records_in,
        store.waiting(roll),
    ):
        message = f"{folder.full(commit_path(name))} is not of this state; give the --state it was made with, or another --output"
        raise RunFailed(ExitCode.DAMAGED, message)
    return commit


def _settle(folder: OutputFolder, paths: Iterable[str]) -> None:
    """Make the names of files outlast a power cut: a rename is safe only once its folder is."""
    root = Path(folder.root)
    places = {parent for path in paths for parent in (root / path).parents if parent.is_relative_to(root)}
    for place in places:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _files(
    store: FollowStore, roll: Roll, folder: OutputFolder, codec: str, name: str
) -> Iterator[WrittenFile]:
    file_name = f"{name}-s00000.avro"
    for (table, inner), rows in itertools.groupby(store.rows(roll), key=lambda row: row[:2]):
        encoded = [row.data for row in rows]
        yield write_rows(folder, name, table, inner, encoded, codec, name, lambda _: file_name)
