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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipelines.config_tree import RunRules
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
from pipelines.outcome import ExitCode
from schemas.avro import TABLES, count_rows, read_rows
from schemas.elements import WrittenFile
from transforms.files import TEMP_FOLDER, OutputFolder, is_data_file
from transforms.write import file_list_path

__all__ = ["OutputLocked", "account", "commit", "hold", "judge", "next_generation", "sweep", "written_files"]


class OutputLocked(Exception):  # noqa: N818 (says what is, like BlockingIOError)
    """Another run is writing to the same output folder."""


@contextlib.contextmanager
def hold(folder: OutputFolder) -> Iterator[None]:
    """Hold a local output folder against other runs; the lock ends with the process, however it ends.

    Object stores have no such lock: there, two runs at once are for the scheduler to prevent.
    Raises OutputLocked.
    """
    if folder.remote:
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
        yield


def written_files(folder: OutputFolder, run: str) -> tuple[WrittenFile, ...]:
    """Return the list of files that a finished pipeline left. Raises FileNotFoundError where it left none."""
    records = json.loads(folder.read(file_list_path(run)))
    return tuple(
        WrittenFile(**{**record, "tallies": tuple(tuple(tally) for tally in record["tallies"])})
        for record in records
    )


def account(folder: OutputFolder, files: tuple[WrittenFile, ...]) -> Accounting:
    """Count where the records went, in the files themselves: rows per table, and the records that the inputs gave."""
    rows = dict.fromkeys(TABLES, 0)
    records_in = 0
    for file in files:
        data = folder.read(file.path)
        rows[file.table] += count_rows(io.BytesIO(data))
        if file.table == "inputs":
            records_in += sum(row["records"] for row in read_rows(io.BytesIO(data), "inputs"))
    return Accounting(
        records_in=records_in,
        articles=rows["articles"],
        duplicates=rows["duplicates"],
        dead_letters=rows["dead_letters"],
        filtered=rows["filtered"],
    )


def judge(accounting: Accounting, rules: RunRules) -> tuple[ExitCode, str]:
    """Return how a run ends by what it has written: the exit code and, for a failed run, the reason."""
    if not accounting.holds:
        return ExitCode.ACCOUNTING, f"the records do not add up: {accounting.equation()}"
    limit = rules.max_dead_letter_share
    if accounting.dead_letter_share > limit:
        return ExitCode.DEAD_LETTERS, (
            f"{accounting.dead_letters:,} of {accounting.records_in:,} records ({accounting.dead_letter_share:.1%}) are dead"
            f" letters, more than run.max_dead_letter_share allows ({limit:.1%}); look at them with `warraq inspect`,"
            " mend the input or raise the limit"
        )
    return ExitCode.OK, ""


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
    folder.write_json(f"_manifests/{manifest.generation:06d}.report.json", report, run=run)
    page = render(report).encode("utf-8")
    content = marker(manifest.generation, hashlib.sha256(data).hexdigest())
    if manifest.state == "committed":
        folder.write_json(SUCCESS, content, run=run)
        folder.delete([FAILED])
    else:
        folder.write_json(FAILED, content, run=run)
    folder.write_json("report.json", report, run=run)
    folder.write("report.html", page, run=run)
    sweep(folder)


def sweep(folder: OutputFolder) -> list[str]:
    """Remove what no marker names: temporary files, data files and manifests of killed or replaced runs.

    Returns the paths removed. Only files of warraq's own naming are touched.
    """
    kept: set[str] = set()
    for name in (SUCCESS, FAILED):
        named = read_marker(folder, name)
        if named is not None:
            generation = int(named["generation"])
            kept |= {manifest_path(generation), f"_manifests/{generation:06d}.report.json"}
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
