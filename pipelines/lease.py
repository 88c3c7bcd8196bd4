"""Leases: a folder belongs to a run that goes on without its launcher, until that run has published.

A lock ends with its process, and the process that launches a job on a service ends long before the job. So the launcher
leaves `_RUNNING` in the output folder (and in the index), and the job takes it away as its last act. While it lies there every
other run is refused. A job that died leaves it behind: `--take-over`, or removing the file, gives the folder to the next run.
That is safe even if the job lives on: a job publishes only while the lease is its own.
"""

import dataclasses
import json

from transforms.files import OutputFolder

__all__ = [
    "LEASE",
    "Lease",
    "OutputLocked",
    "break_lease",
    "check_free",
    "drop_lease",
    "is_leased_to",
    "read_lease",
    "take_lease",
]

LEASE = "_RUNNING"
_FORMAT = "warraq-lease/1"


class OutputLocked(Exception):  # noqa: N818 (says what is, like BlockingIOError)
    """Another run is writing to the same output folder."""


@dataclasses.dataclass(frozen=True)
class Lease:
    """Who has a folder: the id of the run, its output folder, and when (ISO 8601, UTC) and for which engine it was launched."""

    run: str
    output: str
    engine: str
    launched_at: str


def read_lease(folder: OutputFolder) -> Lease | None:
    """Return the lease of a folder, None where there is none. One that cannot be read belongs to no run that is known."""
    try:
        data = folder.read(LEASE)
    except FileNotFoundError:
        return None
    try:
        record = json.loads(data)
        fields = {field.name: str(record[field.name]) for field in dataclasses.fields(Lease)}
    except (ValueError, TypeError, KeyError):
        fields = dict.fromkeys((field.name for field in dataclasses.fields(Lease)), "unknown")
    return Lease(**fields)


def is_leased_to(folder: OutputFolder, run: str) -> bool:
    """Tell whether a folder belongs to the run of that id."""
    lease = read_lease(folder)
    return lease is not None and lease.run == run


def check_free(folder: OutputFolder) -> None:
    """Raise OutputLocked where a folder belongs to a run, and say how it becomes free."""
    lease = read_lease(folder)
    if lease is None:
        return
    msg = (
        f"{folder.root} belongs to run {lease.run} (output {lease.output}), which was launched at {lease.launched_at} on"
        f" {lease.engine} and has not published; wait for it, or if its job has ended, or shall not count, give --take-over"
        f" or remove {folder.full(LEASE)}: that run then publishes nothing"
    )
    raise OutputLocked(msg)


def break_lease(folder: OutputFolder) -> None:
    """Take a folder from the run that it belongs to, which can publish nothing in it from now on."""
    if folder.exists(LEASE):
        folder.delete([LEASE])


def take_lease(folder: OutputFolder, lease: Lease) -> None:
    """Make a folder belong to a run. Raises OutputLocked where another one was quicker."""
    check_free(folder)
    folder.write_json(LEASE, {"format": _FORMAT, **dataclasses.asdict(lease)}, run=lease.run)
    # Object stores have no lock: of two launchers at once the last to write has the folder, and only its job publishes.
    if not is_leased_to(folder, lease.run):
        check_free(folder)


def drop_lease(folder: OutputFolder, run: str) -> None:
    """Give a folder back, if it belongs to the run of that id."""
    if is_leased_to(folder, run):
        folder.delete([LEASE])
