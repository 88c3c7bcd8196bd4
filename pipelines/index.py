"""The index of signatures that lives between runs: what it holds, how it is opened, committed, expired and mended.

Layout of an index folder::

    signatures/date=…/   amendments/date=…/    data files; only those that the live generation names count
    _index/000001.json                          one per generation: parameters, and segments by the output that wrote them
    _CURRENT                                    names the live generation; replaced in one step
    _PENDING                                    a generation whose output is being published

A run's signatures become live together with its output: `_PENDING` names the generation and the output folder, then the
output is published (its manifest names the index generation), then `_CURRENT` is replaced. Who finds `_PENDING` asks
that output: if it is published the generation goes live, else it is forgotten. So index and output never part ways.

A run replaces the segment that an earlier run with the same output folder has written, as it replaces that output.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipelines.config import Config
from pipelines.errors import ManifestError
from pipelines.manifest import SUCCESS, read_manifest, read_marker
from schemas.avro import INDEX_TABLES
from schemas.elements import WrittenFile
from transforms.core.boilerplate import BOILERPLATE_VERSION
from transforms.core.fingerprint import SHINGLE_VERSION, SHINGLE_WORDS
from transforms.core.minhash import HASH_VERSION
from transforms.core.normalize import profile_of
from transforms.files import TEMP_FOLDER, OutputFolder, is_data_file
from transforms.index_store import IndexFiles

__all__ = [
    "Index",
    "IndexMismatch",
    "IndexState",
    "Segment",
    "differing_parameters",
    "index_name",
    "index_parameters",
    "open_index",
]

CURRENT, PENDING = "_CURRENT", "_PENDING"
_FORMAT = "warraq-index/1"
_UNKNOWN_DAY = "unknown"


class IndexMismatch(Exception):  # noqa: N818 (says what is)
    """The index was made with other parameters, so that its signatures and decisions do not fit."""


@dataclasses.dataclass(frozen=True)
class Segment:
    """What the runs with one output folder have put into an index. `generation` is that of its last run."""

    owner: str
    generation: int
    files: tuple[WrittenFile, ...]


@dataclasses.dataclass(frozen=True)
class IndexState:
    """One generation. `expired_before` is the first day (YYYY-MM-DD) that is still held, "" where nothing has expired."""

    generation: int
    parameters: Mapping[str, Any]
    segments: tuple[Segment, ...]
    expired_before: str

    @property
    def files(self) -> tuple[WrittenFile, ...]:
        """All files, in the order in which their runs have written them."""
        ordered = sorted(self.segments, key=lambda segment: segment.generation)
        return tuple(file for segment in ordered for file in segment.files)

    def to_json(self) -> dict[str, Any]:
        """Return the generation as a JSON object."""
        record = {"format": _FORMAT, **dataclasses.asdict(self)}
        for segment in record["segments"]:
            for file in segment["files"]:
                del file["tallies"]
        return record


def index_parameters(config: Config) -> dict[str, Any]:
    """Return what the signatures and decisions of an index depend on; another index is refused."""
    rules = config.dedup
    return {
        "profile_version": profile_of("dedup", config.normalize.without).version,
        "boilerplate": BOILERPLATE_VERSION,
        "shingles": f"{SHINGLE_VERSION} word-{SHINGLE_WORDS}",
        "hash": HASH_VERSION,
        **{
            name: getattr(rules, name)
            for name in (
                *("min_tokens", "near_min_tokens", "threshold", "guard", "guard_numbers"),
                *("rows", "bands", "seed", "bucket_limit", "horizon_days"),
            )
        },
    }


def differing_parameters(made: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what `made` has otherwise than `now`, for a message."""
    names = sorted(name for name in {*made, *now} if made.get(name) != now.get(name))
    return ", ".join(f"{name} {made.get(name)!r} (now {now.get(name)!r})" for name in names)


def index_name(root: str, generation: int) -> str:
    """Return how an output's manifest names the index generation that was published with it."""
    return f"{root}#{generation}"


def day_of(file: WrittenFile) -> str:
    """Return the day of an index file by its folder: `YYYY-MM-DD`, or `unknown`."""
    return file.path.split("/")[1].removeprefix("date=")


def state_path(generation: int) -> str:
    """Return where a generation is written down, relative to the index folder."""
    return f"_index/{generation:06d}.json"


def open_index(root: str, parameters: Mapping[str, Any], run: str) -> "Index":
    """Return the index at `root`, after finishing or forgetting what a killed run left; a new one where there is none.

    Raises IndexMismatch for other parameters, ManifestError for a damaged index.
    """
    index = Index(OutputFolder(root), run)
    index.recover()
    made = index.state.parameters
    if index.state.generation and dict(made) != dict(parameters):
        differing = differing_parameters(made, parameters)
        msg = f"the index {root} was made with other parameters: {differing}; use them, or begin a new index"
        raise IndexMismatch(msg)
    index.state = dataclasses.replace(index.state, parameters=dict(parameters))
    return index


class Index:
    """An open index: its live state, and the steps of a commit. Only one run at a time may hold it (`commit.hold`)."""

    def __init__(self, folder: OutputFolder, run: str) -> None:
        self.folder = folder
        self.run = run
        self.state = IndexState(0, {}, (), "")

    def recover(self) -> str:
        """Read the live state; finish or forget a pending generation. Returns what was done, "" for nothing."""
        self.state = read_state(self.folder)
        pending = _read_json(self.folder, PENDING)
        if pending is None:
            return ""
        try:
            generation, output = int(pending["generation"]), str(pending["output"])
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{self.folder.full(PENDING)} is damaged: {error}; `warraq index repair` removes it"
            raise ManifestError(msg) from error
        done = ""
        if generation > self.state.generation:
            if _is_published(output, index_name(self.folder.root, generation)):
                self._set_current(generation)
                self.state = read_state(self.folder)
                done = f"generation {generation} was finished: its output {output} is published"
            else:
                done = f"generation {generation} was forgotten: its output {output} was not published"
        self.folder.delete([PENDING])
        self.sweep()
        return done

    def files_for(self, owner: str) -> tuple[IndexFiles, bool]:
        """Return what a run with the output folder `owner` reads, and whether old articles must be decided anew.

        That is so where the run replaces a segment: its articles may be the parents of articles in other segments.
        """
        others = [segment for segment in self.state.segments if segment.owner != owner]
        files = dataclasses.replace(self.state, segments=tuple(others)).files
        paths = {table: tuple(f.path for f in files if f.table == table) for table in INDEX_TABLES}
        redecide = len(others) < len(self.state.segments)
        return IndexFiles(self.folder.root, paths["signatures"], paths["amendments"]), redecide

    def prepare(
        self,
        owner: str,
        files: Iterable[WrittenFile],
        keep_days: int,
        today: str,
        generation: int | None = None,
    ) -> IndexState:
        """Write down the next generation, with `files` as the segment of `owner`, and announce it as pending.

        Days more than `keep_days` before the newest day (but not after `today`) expire. With the same `generation`
        (default: the next) it can be done again.
        """
        state = self._with(owner, files, keep_days, today, generation)
        self.folder.write_json(state_path(state.generation), state.to_json(), run=self.run)
        pending = {"format": _FORMAT, "generation": state.generation, "output": owner}
        self.folder.write_json(PENDING, pending, run=self.run)
        return state

    def _with(
        self,
        owner: str,
        files: Iterable[WrittenFile],
        keep_days: int,
        today: str,
        generation: int | None = None,
    ) -> IndexState:
        generation = self.next_generation() if generation is None else generation
        others = tuple(segment for segment in self.state.segments if segment.owner != owner)
        segments = (*others, Segment(owner, generation, tuple(sorted(files, key=lambda file: file.path))))
        state = dataclasses.replace(self.state, generation=generation, segments=segments)
        return expire(state, keep_days, today)

    def publish(self, state: IndexState) -> None:
        """Make a prepared generation live; call it once its output is published."""
        self._set_current(state.generation)
        self.state = state
        self.folder.delete([PENDING])
        self.sweep()

    def put(self, owner: str, files: Iterable[WrittenFile], keep_days: int, today: str) -> None:
        """Make a generation live with `files` as the segment of an output that is published already; days expire as for `prepare`."""
        self.replace(self._with(owner, files, keep_days, today))

    def replace(self, state: IndexState) -> None:
        """Make a mended state live, as a generation of its own, without any output."""
        generation = self.next_generation()
        state = dataclasses.replace(state, generation=generation)
        self.folder.write_json(state_path(generation), state.to_json(), run=self.run)
        self.publish(state)

    def next_generation(self) -> int:
        """Return the number that the next generation gets."""
        return max(self.state.generation, *_generations(self.folder), 0) + 1

    def _set_current(self, generation: int) -> None:
        checksum = hashlib.sha256(self.folder.read(state_path(generation))).hexdigest()
        content = {"format": _FORMAT, "generation": generation, "sha256": checksum}
        self.folder.write_json(CURRENT, content, run=self.run)

    def litter(self) -> list[str]:
        """Return the files of warraq's naming that the live generation does not name."""
        kept = {file.path for file in self.state.files} | {state_path(self.state.generation)}
        found = [f.uri for f in self.folder.files("_index") if f.uri not in kept and f.uri.endswith(".json")]
        for table in INDEX_TABLES:
            found += [f.uri for f in self.folder.files(table) if f.uri not in kept and is_data_file(f.uri)]
        return sorted(found)

    def sweep(self) -> list[str]:
        """Remove what the live generation does not name; returns the paths."""
        litter = self.litter()
        self.folder.delete(litter)
        return litter + self.folder.clear(TEMP_FOLDER)


def expire(state: IndexState, keep_days: int, today: str) -> IndexState:
    """Return a state without the days that lie more than `keep_days` before its newest day.

    A day after `today` is a mistake of some source and does not make others old. Articles of unknown day go with
    the newest day of their segment.
    """
    days = [day_of(file) for segment in state.segments for file in segment.files]
    known = [day for day in days if day != _UNKNOWN_DAY and day <= today]
    if not known:
        return state
    first = (datetime.date.fromisoformat(max(known)) - datetime.timedelta(days=keep_days)).isoformat()
    segments = []
    for segment in state.segments:
        newest = max((day_of(f) for f in segment.files if day_of(f) != _UNKNOWN_DAY), default="")
        files = tuple(
            file
            for file in segment.files
            if (newest if day_of(file) == _UNKNOWN_DAY else day_of(file)) >= first or not newest
        )
        segments.append(dataclasses.replace(segment, files=files))
    has_expired = any(day < first for day in known)
    before = max(first, state.expired_before) if has_expired else state.expired_before
    return dataclasses.replace(
        state, segments=tuple(segment for segment in segments if segment.files), expired_before=before
    )


def read_state(folder: OutputFolder) -> IndexState:
    """Return the live state of an index, generation 0 where there is none. Raises ManifestError where it is damaged."""
    marker = _read_json(folder, CURRENT)
    if marker is None:
        return IndexState(0, {}, (), "")
    try:
        if marker["format"] != _FORMAT:
            msg = f"{folder.full(CURRENT)} has a format that this version of warraq does not read"
            raise ManifestError(msg)
        generation = int(marker["generation"])
        data = folder.read(state_path(generation))
        if hashlib.sha256(data).hexdigest() != marker["sha256"]:
            msg = (
                f"{folder.full(state_path(generation))} was changed: its checksum is not the one in {CURRENT}"
            )
            raise ManifestError(msg)
        record = json.loads(data)
        segments = tuple(
            Segment(
                segment["owner"],
                segment["generation"],
                tuple(WrittenFile(**file, tallies=()) for file in segment["files"]),
            )
            for segment in record["segments"]
        )
        return IndexState(generation, record["parameters"], segments, record["expired_before"])
    except FileNotFoundError as error:
        msg = f"{folder.root}: {CURRENT} names a generation that is missing: {error}"
        raise ManifestError(msg) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"the index {folder.root} is damaged: {error}"
        raise ManifestError(msg) from error


def _read_json(folder: OutputFolder, path: str) -> dict[str, Any] | None:
    try:
        value = json.loads(folder.read(path))
    except FileNotFoundError:
        return None
    except ValueError as error:
        msg = f"{folder.full(path)} is damaged: {error}"
        raise ManifestError(msg) from error
    if not isinstance(value, dict):
        msg = f"{folder.full(path)} is damaged: no JSON object"
        raise ManifestError(msg)
    return value


def _generations(folder: OutputFolder) -> Iterator[int]:
    for file in folder.files("_index"):
        name = file.uri.rpartition("/")[2].removesuffix(".json")
        if name.isdecimal():
            yield int(name)


def _is_published(output: str, name: str) -> bool:
    """Tell whether the live generation of an output folder was published with the index generation of that name."""
    with contextlib.suppress(ManifestError, OSError, KeyError):
        folder = OutputFolder(output)
        marker = read_marker(folder, SUCCESS)
        return marker is not None and read_manifest(folder, int(marker["generation"])).index == name
    return False
