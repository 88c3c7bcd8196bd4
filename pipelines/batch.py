"""The main job: files in, committed Avro files and a report out."""

import contextlib
import dataclasses
import datetime
import gc
import importlib.metadata
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.runners.runner import PipelineResult
from rich.console import Console

from pipelines.commit import OutputLocked, account, hold, next_generation, sweep, written_files
from pipelines.config import Config, config_sha256
from pipelines.dry_run import DRY_RUN, dry_run, is_dry_run
from pipelines.engine import Engine, resolve_engine
from pipelines.graph import IndexPlan, build
from pipelines.index import Index, IndexMismatch, index_parameters, open_index
from pipelines.manifest import manifest_path
from pipelines.options import pipeline_options
from pipelines.outcome import ExitCode, RunFailed
from pipelines.progress import show_progress
from pipelines.publication import IndexShare, Publication, live_generation
from pipelines.publication import publish as publish_now
from pipelines.publish_step import PublishOutput
from pipelines.published import check_can_replace
from pipelines.report import print_summary
from pipelines.submission import check_remote, submit
from pipelines.tagging import load_rules
from pipelines.worker_processes import divide, worker_pool
from schemas.elements import WrittenFile
from transforms.core.normalize import profile_of
from transforms.core.tagging.user_rules import UserRules
from transforms.files import FoundFile, OutputFolder, can_reach, find_files, is_remote
from transforms.index_store import IndexFiles
from transforms.read import ReadArticleFiles
from transforms.tag_models import tag_versions
from transforms.write import WriteRules, WriteTables

__all__ = ["BatchRequest", "run_batch"]


@dataclasses.dataclass(frozen=True)
class BatchRequest:
    """What the user asked for on the command line; `infer` only from Python (`transforms.infer.InferTags`).

    `take_over` takes the folders from a run that has leased them (`pipelines.lease`).
    """

    config: Config
    inputs: tuple[str, ...]
    output: str
    index: str | None = None
    beam_flags: tuple[str, ...] = ()
    runner: str | None = None
    allow_empty: bool = False
    take_over: bool = False
    quiet: bool = False
    infer: beam.PTransform | None = None


def run_batch(request: BatchRequest, console: Console) -> ExitCode:
    """Run the main job and return how it ended. Raises RunFailed or UsageError where it cannot start."""
    engine = resolve_engine(request.runner or request.config.engine.runner, "batch")
    options = pipeline_options(request.config, engine, list(request.beam_flags))
    if not request.output.strip():
        raise RunFailed(ExitCode.USAGE, "--output is empty")
    places = [*request.inputs, request.output] + ([request.index] if request.index else [])
    for path in places:
        if is_remote(path) and not can_reach(path):
            message = f"{path}: no filesystem for it; gs:// needs the extra: pip install 'warraq[gcp]'"
            raise RunFailed(ExitCode.USAGE, message)
    # One file has one name, however its path was written and wherever the run was started.
    request = dataclasses.replace(
        request,
        inputs=tuple(map(_place, request.inputs)),
        index=None if request.index is None else _place(request.index),
    )
    check_remote(engine, places)
    if is_dry_run(options):
        return _dry_run(request, engine, options, console)
    _check_places(request)
    found = _find_inputs(request)
    folder = OutputFolder(_place(request.output))
    check_can_replace(folder)
    if not request.quiet:
        size = sum(file.size_bytes for file in found) / 1e6
        console.print(f"[bold]warraq batch[/]: {len(found):,} files, {size:,.1f} MB → {folder.root}")
        console.print(f"engine: {engine.name}: {engine.promise}", style="dim")
        if engine.note:
            console.print(engine.note, style="dim")
    try:
        with contextlib.ExitStack() as held:
            held.enter_context(hold(folder, take_over=request.take_over))
            if request.index is not None:
                held.enter_context(hold(OutputFolder(request.index), take_over=request.take_over))
            litter = sweep(folder)
            if litter and not request.quiet:
                console.print(f"removed {len(litter):,} files that an unfinished run had left", style="dim")
            return _run(request, engine, options, found, folder, console)
    except OutputLocked as error:
        raise RunFailed(ExitCode.LOCKED, str(error)) from error
    except IndexMismatch as error:
        raise RunFailed(ExitCode.USAGE, str(error)) from error


def _place(path: str) -> str:
    """Return the one name of a path, wherever the run was started."""
    return path if is_remote(path) else os.path.abspath(path)  # noqa: PTH100 (also folds `..`)


def _check_places(request: BatchRequest) -> None:
    """Raise RunFailed for an output that cannot be a folder, or that lies in a folder which the run reads."""
    if request.index is not None:
        for other in (*request.inputs, _place(request.output)):
            if request.index == other or request.index.startswith(f"{other}/"):
                raise RunFailed(
                    ExitCode.USAGE, f"--index {request.index} lies in {other}; give it a folder of its own"
                )
    if is_remote(request.output):
        return
    root = Path(request.output).absolute()
    for place in (root, *root.parents):
        if place.exists() and not place.is_dir():
            raise RunFailed(ExitCode.USAGE, f"--output {request.output}: {place} is a file, not a folder")
    for pattern in request.inputs:
        # A folder, or a glob that crosses folders, would find the output at the next run.
        base = Path(pattern.partition("**")[0] if "**" in pattern else pattern)
        if not is_remote(pattern) and base.is_dir() and base in root.parents:
            message = f"--output {request.output} lies in --input {pattern}; the next run would read its own results"
            raise RunFailed(ExitCode.USAGE, message)


def _find_inputs(request: BatchRequest) -> list[FoundFile]:
    found: dict[str, FoundFile] = {}
    for pattern in request.inputs:
        try:
            matched = find_files([pattern])
        except OSError as error:
            raise RunFailed(ExitCode.NO_INPUT, f"--input {error}") from error
        if not matched and not request.allow_empty:
            message = (
                f"--input {pattern} matches no file; check the path, or pass --allow-empty to run on nothing"
            )
            raise RunFailed(ExitCode.NO_INPUT, message)
        found |= {file.uri: file for file in matched}
    root = Path(request.output).absolute()
    for uri in () if is_remote(request.output) else found:
        if not is_remote(uri) and root in Path(uri).absolute().parents:
            message = (
                f"--input {uri} lies in --output {request.output}; the next run would read its own results"
            )
            raise RunFailed(ExitCode.USAGE, message)
    return sorted(found.values())


def _run(
    request: BatchRequest,
    engine: Engine,
    options: beam.pipeline.PipelineOptions,
    found: Sequence[FoundFile],
    folder: OutputFolder,
    console: Console,
) -> ExitCode:
    started_at, started = datetime.datetime.now(datetime.UTC), time.monotonic()
    run = uuid.uuid4().hex
    index, plan = _open_index(request, folder, run, console)
    share = None
    if index is not None:
        state, generation = index.state, index.next_generation()
        share = _share(
            request.config, index.folder.root, state.parameters, started_at, state.generation, generation
        )
    publication = dataclasses.replace(
        _publication(request, engine, run, started_at),
        live=live_generation(folder),
        generation=next_generation(folder),
        input_files=len(found),
        input_bytes=sum(file.size_bytes for file in found),
        index=share,
    )
    # The in-memory shuffle keeps many objects alive and makes few cycles: at Python's default thresholds the
    # collector walks them over and over, for 7 % of the CPU of a run and no memory.
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        with worker_pool(engine, options) as processes:
            pipeline = _graph(request, engine, options, publication, plan)
            divide(pipeline, processes)
            if engine.detached:
                return submit(pipeline, publication, console, quiet=request.quiet)
            with show_progress(console, publication.input_bytes, quiet=request.quiet):
                result = _execute(pipeline)
    finally:
        gc.set_threshold(*usual)
    files = _left_files(folder, run)
    published = publish_now(
        dataclasses.replace(publication, generation=next_generation(folder)),
        files,
        () if index is None else _left_files(index.folder, run),
        account(folder, files),
        time.monotonic() - started,
        _stage_metrics(result),
    )
    if not request.quiet:
        print_summary(published.report, console)
    if published.failure:
        console.print(f"[bold red]failed[/]: {published.failure}", soft_wrap=True)
        console.print(
            "everything is written, nothing is published: see"
            f" {folder.root}/{manifest_path(published.report['generation'])}",
            soft_wrap=True,
        )
    return published.code


def _publication(
    request: BatchRequest, engine: Engine, run: str, started_at: datetime.datetime
) -> Publication:
    """Return what a run publishes, as far as the request says it: into an output folder where nothing is yet."""
    return Publication(
        run=run,
        output=_place(request.output),
        live=0,
        generation=1,
        config_sha256=config_sha256(request.config),
        versions=_versions(request.config, load_rules(request.config.tag)),
        max_dead_letter_share=request.config.run.max_dead_letter_share,
        inputs=request.inputs,
        input_files=0,
        input_bytes=0,
        engine=engine.name,
        started_at=started_at.isoformat(timespec="seconds"),
    )


def _graph(
    request: BatchRequest,
    engine: Engine,
    options: beam.pipeline.PipelineOptions,
    publication: Publication,
    plan: IndexPlan | None,
) -> beam.Pipeline:
    """Return the graph of a run; on a service it publishes by itself."""
    config = request.config
    source = ReadArticleFiles(request.inputs, config.read)
    output = config.output
    rules = WriteRules(
        publication.output, publication.run, output.codec, output.shards, publication.config_sha256
    )
    publish = PublishOutput(publication) if engine.detached else None
    pipeline = beam.Pipeline(options=options)
    user_rules = load_rules(config.tag)
    build(pipeline, config, source, WriteTables(rules), plan, user_rules, request.infer, publish=publish)
    return pipeline


def _dry_run(
    request: BatchRequest, engine: Engine, options: beam.pipeline.PipelineOptions, console: Console
) -> ExitCode:
    """Translate the graph of a first run into empty folders; whether inputs, output and index are there is not looked at."""
    now = datetime.datetime.now(datetime.UTC)
    publication, plan = _publication(request, engine, DRY_RUN, now), None
    if request.index is not None:
        share = _share(request.config, request.index, index_parameters(request.config), now, 0, 1)
        publication = dataclasses.replace(publication, index=share)
        rules = _index_rules(request.config, request.index, DRY_RUN)
        plan = IndexPlan(IndexFiles(request.index), redecide=False, write=rules)
    pipeline = _graph(request, engine, options, publication, plan)
    return dry_run(pipeline, sys.stdout, console, quiet=request.quiet)


def _open_index(
    request: BatchRequest, folder: OutputFolder, run: str, console: Console
) -> tuple[Index | None, IndexPlan | None]:
    """Open the index that the user named, and tell what the run does with it."""
    if request.index is None:
        return None, None
    index = open_index(request.index, index_parameters(request.config), run)
    index.sweep()
    files, redecide = index.files_for(folder.root)
    if not request.quiet:
        again = "; this output is in it already: its articles are taken anew" if redecide else ""
        console.print(f"index: {request.index}, generation {index.state.generation}{again}", style="dim")
    return index, IndexPlan(files, redecide, _index_rules(request.config, request.index, run))


def _index_rules(config: Config, root: str, run: str) -> WriteRules:
    return WriteRules(root, run, config.output.codec, config.output.shards, "")


def _share(
    config: Config,
    root: str,
    parameters: Mapping[str, Any],
    today: datetime.datetime,
    live: int,
    generation: int,
) -> IndexShare:
    keep_days = config.dedup.horizon_days + config.dedup.lateness_days
    return IndexShare(root, live, generation, parameters, keep_days, today.date().isoformat())


def _left_files(folder: OutputFolder, run: str) -> tuple[WrittenFile, ...]:
    """Return the list of files that the pipeline left in a folder; none where it wrote none."""
    try:
        return written_files(folder, run)
    except FileNotFoundError:
        return ()


def _execute(pipeline: beam.Pipeline) -> PipelineResult:
    """Run the pipeline to its end. Raises RunFailed where the machine failed, and what warraq's own bug raised."""
    try:
        result = pipeline.run()
        result.wait_until_finish()
    except Exception as error:
        # Beam wraps what a stage raises; a full disk or a lost file needs no page of frames.
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        if cause is None:
            raise
        raise RunFailed(ExitCode.FAILED, f"the run failed, nothing was published: {error}") from error
    return result


def _versions(config: Config, user_rules: UserRules) -> dict[str, str]:
    versions = {
        name: importlib.metadata.version(name) for name in ("warraq", "apache-beam", "fastavro", "numpy")
    }
    for name in ("display", "search", "dedup"):
        off = config.normalize.without if name != "display" else ()
        versions[f"profile:{name}"] = profile_of(name, off).version
    return versions | tag_versions(config.tag, user_rules)


def _stage_metrics(result: PipelineResult) -> dict[str, int]:
    """Return warraq's own counters of a finished run, `stage.counter` -> count."""
    totals: Counter[str] = Counter()
    for counter in result.metrics().query()["counters"]:
        metric = counter.key.metric
        if metric.namespace.startswith("warraq."):  # several steps of a stage may count the same
            totals[f"{metric.namespace.removeprefix('warraq.')}.{metric.name}"] += int(counter.result)
    return dict(totals)
