"""What follows the pipeline of a batch run: count, judge, write manifest and report, commit, and publish the index.

The launcher does it where it waits for the run (`publish`), a last step of the job where it does not (`publish_once`). So
all that it needs is plain data, known at launch, that can travel to a worker. `publish_once` may be tried again at any
moment, as a service tries the bundles of a job: every try writes the same files under the same names, and one that finds
the run published only does what is left. It publishes nothing unless the folder still is what it was at launch, and is its own.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.commit import add_up, clear_away, commit, count_rows_of, report_path
from pipelines.index import Index, IndexState, index_name, read_state
from pipelines.lease import drop_lease, is_leased_to
from pipelines.manifest import FAILED, SUCCESS, Accounting, Manifest, read_manifest, read_marker
from pipelines.outcome import ExitCode, RunFailed
from pipelines.report import RunFacts, make_report
from pipelines.report_page import render
from schemas.elements import WrittenFile
from transforms.files import OutputFolder

__all__ = [
    "CountedFile",
    "IndexShare",
    "Publication",
    "Published",
    "count_file",
    "live_generation",
    "publish",
    "publish_once",
]


@dataclasses.dataclass(frozen=True)
class IndexShare:
    """What a run knows of its index: the folder, the live generation at launch and the number of its own, what it is made with."""

    root: str
    live: int
    generation: int
    parameters: Mapping[str, Any]
    keep_days: int
    today: str  # YYYY-MM-DD; days after it make none expire


@dataclasses.dataclass(frozen=True)
class Publication:
    """What is known at launch of the generation that a run will publish. `started_at` is ISO 8601, UTC.

    `live` is the newest generation at launch, published or failed (0: none), `generation` the number of the run's own.
    """

    run: str
    output: str
    live: int
    generation: int
    config_sha256: str
    versions: Mapping[str, str]
    max_dead_letter_share: float
    inputs: tuple[str, ...]
    input_files: int
    input_bytes: int
    engine: str
    started_at: str
    index: IndexShare | None = None

    @property
    def folders(self) -> tuple[OutputFolder, ...]:
        """The folders that the run writes to; the output comes last."""
        output = OutputFolder(self.output)
        return (output,) if self.index is None else (OutputFolder(self.index.root), output)


@dataclasses.dataclass(frozen=True)
class CountedFile:
    """A data file, the rows counted in it, and the records that its rows say their inputs gave (0 but for `inputs`)."""

    file: WrittenFile
    rows: int
    records: int


@dataclasses.dataclass(frozen=True)
class Published:
    """How a publication ended: the exit code, the reason where it failed ("" else), and the report."""

    code: ExitCode
    failure: str
    report: dict[str, Any]


def live_generation(folder: OutputFolder) -> int:
    """Return the newest generation that a marker names, published or failed; 0 where there is none."""
    markers = (read_marker(folder, name) for name in (SUCCESS, FAILED))
    return max((int(marker["generation"]) for marker in markers if marker is not None), default=0)


def count_file(output: str, file: WrittenFile) -> CountedFile:
    """Count one data file of an output folder, for an accounting that is added up later. Raises OSError."""
    return CountedFile(file, *count_rows_of(OutputFolder(output), file))


def publish(
    publication: Publication,
    files: Sequence[WrittenFile],
    indexed: Sequence[WrittenFile],
    accounting: Accounting,
    seconds: float,
    stage_metrics: Mapping[str, int],
) -> Published:
    """Make the written `files` the next generation of the output, and `indexed` that of the index; or a failed one.

    `seconds` is how long the run took, `stage_metrics` the engine's counters by `stage.counter`. Raises RunFailed where the
    inputs were gone when the pipeline came, and OSError; then the old generation is still live.
    """
    if not files and publication.input_files:
        raise RunFailed(
            ExitCode.FAILED, "the pipeline found none of the inputs any more; nothing was published"
        )
    code, failure = _judge(accounting, publication.max_dead_letter_share)
    manifest = Manifest(
        generation=publication.generation,
        state="committed" if code is ExitCode.OK else "failed",
        failure=failure,
        config_sha256=publication.config_sha256,
        versions=dict(publication.versions),
        inputs=publication.inputs,
        accounting=accounting,
        files=tuple(files),
        run=publication.run,
    )
    index, state = _open_share(publication), None
    if index is not None and publication.index is not None and manifest.state == "committed":
        share = publication.index
        state = index.prepare(
            publication.output, indexed, share.keep_days, share.today, generation=share.generation
        )
        manifest = dataclasses.replace(manifest, index=index_name(index.folder.root, state.generation))
    facts = RunFacts(
        started_at=publication.started_at,
        seconds=seconds,
        engine=publication.engine,
        output=publication.output,
        stage_metrics=dict(stage_metrics),
        warnings=(*_warnings(files), *(() if state is None else _late(state))),
        input_bytes=publication.input_bytes,
    )
    report = make_report(manifest, tuple(files), facts)
    commit(OutputFolder(publication.output), publication.run, manifest, report, render)
    if index is not None:
        if state is not None:
            index.publish(state)
        else:
            index.sweep()
    return Published(code, failure, report)


def publish_once(
    publication: Publication, counted: Iterable[CountedFile], indexed: Iterable[WrittenFile], seconds: float
) -> Published:
    """Publish from within the job, however often it is tried; then give the folders back.

    Raises RunFailed where nothing may be published: the folders belong to another run by now, have changed since the
    launch, or the inputs were gone. What a failed generation means is for the caller: it is returned, not raised.
    """
    settled = _settled(publication)
    if settled is not None:
        return settled
    _check_unchanged(publication)
    # A bundle that was tried again may name a file twice: the path, which holds the checksum, says which are one.
    files = {one.file.path: one for one in counted}
    counts = [files[path] for path in sorted(files)]
    signatures = {file.path: file for file in indexed}
    published = publish(
        publication,
        [one.file for one in counts],
        [signatures[path] for path in sorted(signatures)],
        add_up((one.file.table, one.rows, one.records) for one in counts),
        seconds,
        {},
    )
    _give_back(publication)
    return published


def _settled(publication: Publication) -> Published | None:
    """Do what an earlier try has left after its marker, and return how it ended; None where there is no marker of this run."""
    output = OutputFolder(publication.output)
    for name in (SUCCESS, FAILED):
        marker = read_marker(output, name)
        if marker is None or int(marker["generation"]) != publication.generation:
            continue
        manifest = read_manifest(output, publication.generation)
        if manifest.run != publication.run:
            continue
        report = json.loads(output.read(report_path(manifest.generation)))
        if is_leased_to(
            output, publication.run
        ):  # else all of it was done, and another run may be at work there
            clear_away(output, publication.run, manifest, report, render(report))
            share = publication.index
            if share is not None and is_leased_to(OutputFolder(share.root), publication.run):
                index = Index(OutputFolder(share.root), publication.run)
                index.recover()
                index.sweep()
            _give_back(publication)
        code, _ = _judge(manifest.accounting, publication.max_dead_letter_share)
        return Published(code, manifest.failure, report)
    return None


def _check_unchanged(publication: Publication) -> None:
    """Raise RunFailed unless the folders belong to this run and are what they were when it was launched."""
    output = OutputFolder(publication.output)
    for folder in publication.folders:
        if not is_leased_to(folder, publication.run):
            message = (
                f"{folder.root} does not belong to run {publication.run} any more: another run took it over,"
                " or the lease was removed; this run publishes nothing"
            )
            raise RunFailed(ExitCode.LOCKED, message)
    found = [(output.root, publication.live, live_generation(output))]
    if publication.index is not None:
        index = OutputFolder(publication.index.root)
        found.append((index.root, publication.index.live, read_state(index).generation))
    for root, then, now in found:
        if then != now:
            message = (
                f"{root} has changed since run {publication.run} was launched: its newest generation was {then} and is"
                f" {now}; another run has published there, this one publishes nothing"
            )
            raise RunFailed(ExitCode.LOCKED, message)


def _give_back(publication: Publication) -> None:
    for folder in publication.folders:
        drop_lease(folder, publication.run)


def _open_share(publication: Publication) -> Index | None:
    """Return the index with its live state, without settling or sweeping: the files of this run are not named yet."""
    share = publication.index
    if share is None:
        return None
    index = Index(OutputFolder(share.root), publication.run)
    index.state = dataclasses.replace(read_state(index.folder), parameters=dict(share.parameters))
    return index


def _judge(accounting: Accounting, limit: float) -> tuple[ExitCode, str]:
    """Return the exit code and, for a failed run, the reason. `limit` is the share of dead letters that is borne."""
    if not accounting.holds:
        return ExitCode.ACCOUNTING, f"the records do not add up: {accounting.equation()}"
    if accounting.dead_letter_share > limit:
        return ExitCode.DEAD_LETTERS, (
            f"{accounting.dead_letters:,} of {accounting.records_in:,} records ({accounting.dead_letter_share:.1%}) are dead"
            f" letters, more than run.max_dead_letter_share allows ({limit:.1%}); look at them with `warraq inspect`,"
            " mend the input or raise the limit"
        )
    return ExitCode.OK, ""


def _warnings(files: Sequence[WrittenFile]) -> tuple[str, ...]:
    empty = sum(
        count for file in files for field, value, count in file.tallies if (field, value) == ("form", "empty")
    )
    return (f"{empty:,} input files are empty",) if empty else ()


def _late(state: IndexState) -> tuple[str, ...]:
    """Return a warning where articles are so old that the index had forgotten some of those they could be copies of."""
    before = state.expired_before
    if not before:
        return ()
    rows = sum(
        file.rows
        for segment in state.segments
        if segment.generation == state.generation
        for file in segment.files
        if file.table == "signatures" and file.path.split("/")[1] < f"date={before}"
    )
    return (
        (f"{rows:,} articles are older than what the index holds (from {before}): unchecked",) if rows else ()
    )
