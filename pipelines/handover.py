"""What a stream and an index of batch runs have to do with each other: what a stream takes over, and what it leaves.

A stream that was started with `--index` once shares it: its output folder has the tables `signatures` and `amendments`
besides the others, and `_signatures.json`, which says by which rules they were made. `warraq index collect` takes them from there
(`pipelines.index_collect`).
"""

import dataclasses
import datetime
import json
import os
from collections.abc import Mapping
from typing import Any

from pipelines.config import Config
from pipelines.errors import ManifestError
from pipelines.index import Index, day_of, differing_parameters, index_parameters
from pipelines.outcome import ExitCode, RunFailed
from transforms.files import OutputFolder, is_remote
from transforms.index_store import AdoptedIndex

__all__ = ["Shared", "adopted_index", "is_shared", "place_of", "read_shared", "share"]

_SHARED = "_signatures.json"
_FORMAT = "warraq-signatures/1"
_EPOCH = datetime.date(1970, 1, 1)
_DAY_US = 86_400_000_000


@dataclasses.dataclass(frozen=True)
class Shared:
    """How the signatures in an output folder were made, and for how many days they are of use."""

    parameters: Mapping[str, Any]
    keep_days: int


def place_of(path: str) -> str:
    """Return the one name of a folder, wherever the command was started: what an index knows its outputs by."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 (also folds `..`)


def is_shared(folder: OutputFolder) -> bool:
    """Tell whether an output folder has signatures for an index."""
    return folder.exists(_SHARED)


def share(folder: OutputFolder, config: Config, run: str) -> None:
    """Say in an output folder that it has signatures, or see that they are made alike. Raises RunFailed where they are not."""
    parameters = json.loads(json.dumps(index_parameters(config)))
    if not is_shared(folder):
        days = config.dedup.horizon_days + config.dedup.lateness_days
        content = {"format": _FORMAT, "parameters": parameters, "keep_days": days}
        folder.write_json(_SHARED, content, run=run)
        return
    made = read_shared(folder).parameters
    if made != parameters:
        message = (
            f"the signatures in {folder.root} were made with other parameters: "
            f"{differing_parameters(made, parameters)}; use them, or another --output"
        )
        raise RunFailed(ExitCode.USAGE, message)


def read_shared(folder: OutputFolder) -> Shared:
    """Return how the signatures of a folder were made. Raises FileNotFoundError, ManifestError where the file is damaged."""
    try:
        record = json.loads(folder.read(_SHARED))
        if record["format"] != _FORMAT:
            message = f"{folder.full(_SHARED)} has a format that this version of warraq does not read"
            raise ManifestError(message)
        return Shared(dict(record["parameters"]), int(record["keep_days"]))
    except (KeyError, TypeError, ValueError) as error:
        message = f"{folder.full(_SHARED)} is damaged: {error}"
        raise ManifestError(message) from error


def adopted_index(index: Index, owner: str, config: Config, at_us: int) -> AdoptedIndex:
    """Return what a stream takes over of an open index at `at_us` (microseconds since 1970-01-01 UTC).

    What came from the output folder `owner` is left out ("" for nothing), since its stream knows that. The newest day of the index arrives today, the days before it as many
    days ago: so what it holds is forgotten day by day, as if the stream had seen it, and an old index serves for
    old articles.
    """
    files, _ = index.files_for(owner)
    held = {file.path: day_of(file) for segment in index.state.segments for file in segment.files}
    today = at_us // _DAY_US
    days = {path: _number(held[path]) for path in files.signatures}
    newest = max((day for day in days.values() if day is not None and day <= today), default=today)
    oldest = today - config.dedup.horizon_days - config.dedup.lateness_days

    def arrival(path: str) -> int:
        day = days[path]
        return today if day is None else max(oldest, today - max(0, newest - day))

    ordered = tuple(sorted(files.signatures, key=lambda path: (arrival(path), path)))
    before = index.state.expired_before
    return AdoptedIndex(
        dataclasses.replace(files, signatures=ordered),
        tuple(map(arrival, ordered)),
        _number(before) if before else None,
        at_us,
    )


def _number(day: str) -> int | None:
    try:
        return (datetime.date.fromisoformat(day) - _EPOCH).days
    except ValueError:  # unknown
        return None
