"""`warraq index check|repair|stats`: looking after the index of signatures that lives between runs."""

import dataclasses
import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from pipelines.commit import OutputLocked, hold
from pipelines.errors import ManifestError
from pipelines.index import CURRENT, PENDING, Index, IndexState, day_of, read_state
from pipelines.outcome import ExitCode, RunFailed
from pipelines.row_checks import Faults
from pipelines.terminal import plain
from schemas.avro import read_rows, signature_of
from schemas.comparing import Signature
from schemas.elements import WrittenFile
from transforms.core.partition import day_partition
from transforms.files import OutputFolder

__all__ = ["check_index", "run_index"]

_SHOWN_DAYS = 40


def run_index(action: str, root: str, console: Console) -> ExitCode:
    """Do `check`, `repair` or `stats` on the index folder `root`, print what was found, and return how it ended."""
    folder = OutputFolder(root)
    if not folder.exists(CURRENT) and not folder.exists(PENDING):
        raise RunFailed(
            ExitCode.USAGE, f"{root}: no index: there is no {CURRENT}; `warraq batch --index` makes one"
        )
    if action == "repair":
        try:
            with hold(folder):
                return _repair(folder, console)
        except OutputLocked as error:
            raise RunFailed(ExitCode.LOCKED, str(error)) from error
    if action == "stats":
        _show_stats(folder.root, read_state(folder), console)
        return ExitCode.OK
    faults, notes, rows = check_index(folder)
    sign, style = ("✗", "bold red") if faults else ("✓", "bold green")
    console.print(
        f"{sign} {plain(folder.root)}: {rows:,} articles", style=style, markup=False, soft_wrap=True
    )
    for note in notes:
        console.print(f"  note: {plain(note)}", style="yellow", markup=False, soft_wrap=True)
    for fault in faults.lines():
        console.print(f"  fault: {fault}", style="red", markup=False, soft_wrap=True)
    if faults:
        console.print("  `warraq index repair` takes out what is damaged", markup=False)
    return ExitCode.DAMAGED if faults else ExitCode.OK


def check_index(folder: OutputFolder) -> tuple[Faults, list[str], int]:
    """Return faults and notes about an index, and its number of articles. Nothing is changed, and no damage raises."""
    faults = Faults()
    notes: list[str] = []
    rows = 0
    try:
        state = read_state(folder)
    except (ManifestError, OSError) as error:
        faults.add("state", str(error))
        return faults, notes, rows
    if folder.exists(PENDING):
        notes.append("a run was killed while it published; the next run or `warraq index repair` settles it")
    seen: set[bytes] = set()
    for file in state.files:
        signatures, fault = _read_file(folder, file)
        if fault:
            faults.add("file", f"{file.path}: {fault}")
            continue
        rows += len(signatures) if file.table == "signatures" else 0
        for number, signature in enumerate(signatures, 1):
            for misfit in _row_faults(signature, file, seen):
                faults.add("row", f"{file.path} row {number}: {misfit}")
    index = Index(folder, "")
    index.state = state
    litter = index.litter()
    if litter:
        notes.append(
            f"litter of {len(litter):,} files that generation {state.generation} does not name; the next run removes it"
        )
    return faults, notes, rows


def _read_file(folder: OutputFolder, file: WrittenFile) -> tuple[list[Any], str]:
    """Return the rows of an index file, and what is wrong with the file ("" for nothing)."""
    try:
        data = folder.read(file.path)
    except OSError as error:
        return [], f"the file is missing or cannot be read: {error}"
    if hashlib.sha256(data).hexdigest() != file.sha256:
        return [], "damaged: the checksum is not that of the index"
    try:
        signatures = [signature_of(row) for row in read_rows(io.BytesIO(data), file.table)]
    except Exception as error:  # noqa: BLE001 (whatever a damaged file makes the decoder raise)
        return [], f"does not decode: {type(error).__name__}: {error}"
    if len(signatures) != file.rows:
        return [], f"{len(signatures):,} rows, the index says {file.rows:,}"
    return signatures, ""


def _row_faults(row: Any, file: WrittenFile, seen: set[bytes]) -> Iterator[str]:
    member = row.member if isinstance(row, Signature) else row
    if day_partition(member.event_us) != f"date={day_of(file)}":
        yield f"article {member.article_id} belongs into {day_partition(member.event_us)}"
    settled = member.settled
    if (
        settled is None
        or bool(settled.parent_id) != bool(settled.relation)
        or (not settled.parent_id and settled.root_id != member.article_id)
    ):
        yield f"article {member.article_id}: its relation does not fit its parent and root"
    if not isinstance(row, Signature):
        return
    key = bytes.fromhex(member.article_id)
    if key in seen:
        yield f"article {member.article_id} is there twice"
    seen.add(key)
    for name in ("shingles", "stems"):
        values = np.frombuffer(getattr(row.fingerprint, name), "<u4").astype(np.int64)
        if (np.diff(values) <= 0).any():
            yield f"article {member.article_id}: its {name} are not sorted"


def _repair(folder: OutputFolder, console: Console) -> ExitCode:
    index = Index(folder, uuid.uuid4().hex)
    try:
        done = index.recover()
    except ManifestError:
        folder.delete([PENDING])
        index.state = read_state(folder)
        done = f"{PENDING} was damaged and is removed"
    if done:
        console.print(done, markup=False, soft_wrap=True)
    kept, lost = [], []
    for segment in index.state.segments:
        sound = []
        for file in segment.files:
            _, fault = _read_file(folder, file)
            if not fault:
                sound.append(file)
            else:
                lost.append(f"{file.path} ({file.rows:,} rows of {segment.owner}): {fault}")
        kept.append(dataclasses.replace(segment, files=tuple(sound)))
    for line in lost:
        console.print(f"taken out: {plain(line)}", style="yellow", markup=False, soft_wrap=True)
    if lost:
        segments = tuple(segment for segment in kept if segment.files)
        index.replace(dataclasses.replace(index.state, segments=segments))
        console.print(
            "articles of these days are not compared with what was taken out; run the named outputs again to restore it",
            markup=False,
            soft_wrap=True,
        )
    removed = index.sweep()
    if removed:
        console.print(f"removed {len(removed):,} files that no generation names", markup=False)
    if not (done or lost or removed):
        console.print("nothing to repair", markup=False)
    return ExitCode.OK


def _show_stats(root: str, state: IndexState, console: Console) -> None:
    articles, sizes = Counter[str](), Counter[str]()
    for file in state.files:
        sizes[day_of(file)] += file.size_bytes
        if file.table == "signatures":
            articles[day_of(file)] += file.rows
    amended = sum(file.rows for file in state.files if file.table == "amendments")
    console.print(f"{plain(root)}: generation {state.generation}", style="bold", markup=False, soft_wrap=True)
    total, size = sum(articles.values()), sum(sizes.values())
    each = f", {size / total:,.0f} bytes an article" if total else ""
    console.print(
        f"  {total:,} articles of {len(articles):,} days from {len(state.segments):,} outputs, {amended:,} decided anew later,"
        f" {size / 1e6:,.1f} MB{each}",
        markup=False,
        soft_wrap=True,
    )
    if state.expired_before:
        console.print(f"  days before {state.expired_before} have expired", markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("day", "articles", "bytes"):
        table.add_column(name, justify="left" if name == "day" else "right")
    for day in sorted(articles)[-_SHOWN_DAYS:]:
        table.add_row(plain(day), f"{articles[day]:,}", f"{sizes[day]:,}")
    console.print(table)
    parameters = ", ".join(f"{name} {value}" for name, value in sorted(state.parameters.items()))
    console.print(f"  made with: {plain(parameters)}", style="dim", markup=False, soft_wrap=True)
