"""`warraq follow --index`: the index of batch runs enters the state in one transaction, with what that decides anew."""

import dataclasses
import uuid
from collections.abc import Iterator
from typing import Any

from pipelines.commit import OutputLocked, hold
from pipelines.config import Config, config_sha256
from pipelines.follow_stages import pack_row
from pipelines.follow_store import FollowStore, OutboxRow, Step
from pipelines.handover import adopted_index, is_shared, place_of, share
from pipelines.index import IndexMismatch, index_parameters, open_index
from pipelines.outcome import ExitCode, RunFailed
from schemas.comparing import Member
from transforms.core.adopted import is_adopted
from transforms.core.live_index import LiveIndex
from transforms.core.segments import unpack_segment
from transforms.core.told import Told, tell_adopted
from transforms.files import OutputFolder
from transforms.index_store import read_amendments, read_pieces

__all__ = ["begin_sharing"]

_RUN = "share"


def begin_sharing(
    root: str | None, config: Config, store: FollowStore, folder: OutputFolder, live: LiveIndex, at_us: int
) -> str:
    """Share the index folder `root`: take over what is new in it, and leave signatures in the output from now on.

    The whole is done or not done, wherever it is killed. With None a folder that was shared before stays so. Returns a line
    for people, "" where there was nothing to do. Raises RunFailed for an index of other rules and for one that is in use.
    """
    if root is None and not is_shared(folder):
        return ""
    if root is None:
        share(folder, config, _RUN)
        if not store.is_shared():
            store.commit_all(_own_rows(store, config), shared=True)
        return ""
    place = place_of(root)
    try:
        with hold(OutputFolder(place)):
            return _take_over(place, config, store, folder, live, at_us)
    except OutputLocked as error:
        message = f"another run uses the index {root}; wait for it"
        raise RunFailed(ExitCode.LOCKED, message) from error
    except IndexMismatch as error:
        raise RunFailed(ExitCode.USAGE, str(error)) from error


def _take_over(
    place: str, config: Config, store: FollowStore, folder: OutputFolder, live: LiveIndex, at_us: int
) -> str:
    index = open_index(place, index_parameters(config), uuid.uuid4().hex)
    share(folder, config, _RUN)
    generation = index.state.generation
    if store.adopted().get(place) == generation and store.is_shared():
        return ""
    # A second index, or one that has grown, was never compared with what is here.
    compare = live.has_own or any(store.adopted().values())
    adopted = adopted_index(index, folder.root, config, at_us)
    before, revised = len(live), 0

    def steps() -> Iterator[Step]:
        nonlocal revised
        if not store.is_shared():
            yield from _own_rows(store, config)
        amended = read_amendments(adopted.files)
        for day, signatures in read_pieces(adopted.files, adopted.arrivals, amended):
            decided = live.adopt(signatures, day, compare=compare, expired_before=adopted.expired_before)
            told = tell_adopted(decided, config.dedup)
            revised += len(told.decisions)
            yield Step(live.head, told.day, told.segment, (), _rows(told, config), 0, {})

    store.commit_all(steps(), shared=True, adopted={**store.adopted(), place: generation})
    if not generation:
        return f"index: {place} is empty as yet; `warraq index collect` fills it"
    return (
        f"index: {place}, generation {generation}: {len(live) - before:,} articles taken over, "
        f"{revised:,} decisions revised"
    )


def _rows(told: Told, config: Config) -> list[OutboxRow]:
    checksum = config_sha256(config)
    rows: list[tuple[str, Any]] = [("decisions", row) for row in told.decisions]
    rows += [("relations", row) for row in told.relations]
    rows += [("amendments", row) for row in told.amended]
    return [pack_row(table, row, checksum) for table, row in rows]


def _own_rows(store: FollowStore, config: Config) -> Iterator[Step]:
    """Yield the signatures of what came before the index was shared, each once, with the last decision about it."""
    last: dict[str, Member] = {}
    for data in store.segments():
        segment = unpack_segment(data)
        last |= {one.member.article_id: one.member for one in segment.signatures}
        last |= {one.article_id: one for one in segment.amendments}
    checksum = config_sha256(config)
    for data in store.segments():
        rows: list[OutboxRow] = []
        for signature in unpack_segment(data).signatures:
            member = last.pop(signature.member.article_id, None)
            if member is not None and not is_adopted(member):
                rows.append(pack_row("signatures", dataclasses.replace(signature, member=member), checksum))
        yield Step(store.head(), 0, b"", (), rows, 0, {})
