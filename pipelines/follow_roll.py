"""A roll: what waits in the outbox becomes files, and a commit that names them."""

import hashlib
import itertools
from collections.abc import Iterator

from pipelines.follow_stages import unpack_rows
from pipelines.follow_store import FollowStore, Roll
from schemas.avro import encode_container, fingerprint
from schemas.elements import WrittenFile
from transforms.core.commits import Commit, commit_path, encode_commit
from transforms.files import OutputFolder

__all__ = ["roll_outbox"]


def roll_outbox(store: FollowStore, folder: OutputFolder, codec: str, config_sha256: str) -> Commit | None:
    """Write what waits, after a roll that was left unfinished; return the last commit, None where nothing waits.

    The commit is the moment from which the files count; after it the rows are forgotten. Raises OSError, sqlite3.Error: then
    nothing is lost, and the next roll does the same again.
    """
    commit = None
    unfinished = store.unfinished_roll()
    if unfinished is not None:
        commit = _roll(store, unfinished, folder, codec, config_sha256)
    roll = store.begin_roll()
    return commit if roll is None else _roll(store, roll, folder, codec, config_sha256)


def _roll(store: FollowStore, roll: Roll, folder: OutputFolder, codec: str, config_sha256: str) -> Commit:
    name = f"r{roll.number:09d}"
    files = tuple(_files(store, roll, folder, codec, name))
    commit = Commit(name, config_sha256, roll.records_in, files)
    folder.write(commit_path(name), encode_commit(commit), run=name)
    store.end_roll(roll)
    return commit


def _files(
    store: FollowStore, roll: Roll, folder: OutputFolder, codec: str, name: str
) -> Iterator[WrittenFile]:
    for (table, inner), rows in itertools.groupby(store.rows(roll), key=lambda row: row[:2]):
        records = unpack_rows(table, (row.data for row in rows))
        place = "/".join(part for part in (table, inner) if part)
        path = f"{place}/{name}-s00000.avro"
        data = encode_container(table, records, codec, f"{place}#{name}")
        folder.write(path, data, run=name)
        yield WrittenFile(
            path=path,
            table=table,
            rows=len(records),
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            schema_fingerprint=fingerprint(table),
            tallies=(),
        )
