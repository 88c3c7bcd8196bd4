"""Making a run's files live in one step, and clearing away what no manifest names.

Order of a commit: data files (already in place, named by checksum), the manifest with its report, and last
the marker `_SUCCESS`, replaced atomically. A reader that follows the marker sees the old generation or
the new one, never a mixture. A run that is killed leaves only files that no manifest names; the next run
removes them.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.lease import OutputLocked, break_lease, check_free
from pipelines.manifest import (
    FAILED,
    SUCCESS,
    Accounting,
    Manifest,
    generations,
    is_manifest_file,
    manifest_path,
    marker,
    read_manifest,
    read_marker,
)
from schemas.avro import TABLES, count_rows, read_rows
from schemas.elements import WrittenFile
from transforms.files import TEMP_FOLDER, OutputFolder, is_data_file
from transforms.write import file_list_path

__all__ = [
    "OutputLocked",
    "account",
    "add_up",
    "clear_away",
    "commit",
    "count_rows_of",
    "hold",
    "next_generation",
    "report_path",
    "sweep",
    "written_files",
]


@contextlib.contextmanager
def hold(folder: OutputFolder, *, take_over: bool = False) -> Iterator[None]:
    """Hold a local output folder against other runs; the lock ends with the process, however it ends.

    Object stores have no such lock: there, two runs at once are for the scheduler to prevent. A folder that a run on a
    service has leased is refused anywhere; with `take_over` it is taken from that run. Raises OutputLocked.
    """
    if folder.remote:
        _settle_lease(folder, take_over=take_over)
        yield
        return
    Path(folder.root).mkdir(parents=True, exist_ok=True)
    with Path(folder.root, ".warraq.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"another run is writing to {folder.root}; wait for it or choose another --output"
            raise OutputLocked(msg) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        _settle_lease(folder, take_over=take_over)
        yield


def _settle_lease(folder: OutputFolder, *, take_over: bool) -> None:
    if take_over:
        break_lease(folder)
    check_free(folder)


def written_files(folder: OutputFolder, run: str) -> tuple[WrittenFile, ...]:
    """Return the list of files that a finished pipeline left. Raises FileNotFoundError where it left none."""
    records = json.loads(folder.read(file_list_path(run)))
    return tuple(
        WrittenFile(**{**record, "tallies": tuple(tuple(tally) for tally in record["tallies"])})
        for record in records
    )


def count_rows_of(folder: OutputFolder, file: WrittenFile) -> tuple[int, int]:
    """Return the rows of a data file, counted in the file itself, and the records that its rows say they gave (`inputs`)."""
    data = folder.read(file.path)
    rows = count_rows(io.BytesIO(data))
    if file.table != "inputs":
        return rows, 0
    return rows, sum(row["records"] for row in read_rows(io.BytesIO(data), "inputs"))


def account(folder: OutputFolder, files: Iterable[WrittenFile]) -> Accounting:
    """Count where the records went, in the files themselves: rows per table, and the records that the inputs gave."""
    return add_up((file.table, *count_rows_of(folder, file)) for file in files)


def add_up(counts: Iterable[tuple[str, int, int]]) -> Accounting:
    """Return the accounting of files: of each its table, and what `count_rows_of` gave."""
    rows = dict.fromkeys(TABLES, 0)
    records_in = 0
    for table, count, records in counts:
        rows[table] += count
        records_in += records
    return Accounting(
        records_in=records_in,
        articles=rows["articles"],
        duplicates=rows["duplicates"],
        dead_letters=rows["dead_letters"],
        filtered=rows["filtered"],
    )


def next_generation(folder: OutputFolder) -> int:
    """Return the number that the next manifest gets."""
    return max(generations(folder), default=0) + 1


def commit(
    folder: OutputFolder,
    run: str,
    manifest: Manifest,
    report: dict[str, Any],
    render: Callable[[dict[str, Any]], str],
) -> None:
    """Write manifest, its report and the marker, in this order; then the reports for people, and clear away.

    A `committed` manifest becomes live; a `failed` one is left beside the live one, named by `_FAILED`.
    `render` turns the report into its HTML page. Raises OSError; then the old generation is still live.
    """
    data = folder.write_json(manifest_path(manifest.generation), manifest.to_json(), run=run)
    # Keys stay in their order, most first: a page made of the file again is the same page.
    folder.write_json(report_path(manifest.generation), report, run=run, in_order=True)
    page = render(report)
    content = marker(manifest.generation, hashlib.sha256(data).hexdigest())
    folder.write_json(SUCCESS if manifest.state == "committed" else FAILED, content, run=run)
    clear_away(folder, run, manifest, report, page)


def clear_away(folder: OutputFolder, run: str, manifest: Manifest, report: dict[str, Any], page: str) -> None:
    """Do what follows the marker of a commit; doing it again changes nothing. `page` is the report as HTML."""
    if manifest.state == "committed":
        folder.delete([FAILED])
    folder.write_json("report.json", report, run=run, in_order=True)
    folder.write("report.html", page.encode("utf-8"), run=run)
    sweep(folder)


def report_path(generation: int) -> str:
    """Return where the report of a generation lies, relative to the output folder."""
    return f"_manifests/{generation:06d}.report.json"


def sweep(folder: OutputFolder) -> list[str]:
    """Remove what no marker names: temporary files, data files and manifests of killed or replaced runs.

    Returns the paths removed. Only files of warraq's own naming are touched.
    """
    kept: set[str] = set()
    for name in (SUCCESS, FAILED):
        named = read_marker(folder, name)
        if named is not None:
            generation = int(named["generation"])
            kept |= {manifest_path(generation), report_path(generation)}
            kept |= {file.path for file in read_manifest(folder, generation).files}
    litter = [
        file.uri for file in folder.files("_manifests") if file.uri not in kept and is_manifest_file(file.uri)
    ]
    for table in TABLES:
        litter += [
            file.uri for file in folder.files(table) if file.uri not in kept and is_data_file(file.uri)
        ]
    folder.delete(litter)
    return litter + folder.clear(TEMP_FOLDER)
