"""`warraq stream`: the graph of the batch job over Pub/Sub messages, until it is stopped."""

import contextlib
import dataclasses
import sys
import time
import uuid
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PortableOptions
from apache_beam.runners.runner import PipelineResult, PipelineState
from rich.console import Console

from pipelines.commit import OutputLocked, hold
from pipelines.config import Config, config_sha256
from pipelines.dry_run import DRY_RUN, dry_run, is_dry_run
from pipelines.engine import Engine, resolve_engine
from pipelines.graph import build
from pipelines.handover import adopted_index, is_shared, place_of, share
from pipelines.index import IndexMismatch, index_parameters, open_index
from pipelines.options import pipeline_options
from pipelines.outcome import ExitCode, RunFailed
from pipelines.progress import counted
from pipelines.published import check_can_grow, commit_files, read_commits
from pipelines.pubsub_names import check_name
from pipelines.stopping import stopping
from pipelines.submission import check_remote, start
from pipelines.tagging import load_rules
from pipelines.worker_processes import divide, worker_pool
from transforms.composite import Composite
from transforms.files import OutputFolder, can_reach, is_remote
from transforms.index_store import AdoptedIndex, IndexFiles
from transforms.publish import PublishArticles
from transforms.pull_messages import pull_again, stop_pulling
from transforms.read_messages import ReadArticleMessages
from transforms.write import Tables, WriteRules
from transforms.write_windows import WriteWindows, is_commit_of

__all__ = ["StreamRequest", "run_stream", "stream_source"]

#: Engines that cannot read Pub/Sub by themselves: there warraq pulls.
_PULLING = ("PrismRunner",)
#: Engines whose source leaves out messages with an id that it has seen. BundleBasedDirectRunner would stand still with a label.
_KNOWING_IDS = ("DataflowRunner",)
_LOOK_SECONDS = 0.2
#: How long a stop waits for what is under way; a second signal ends the wait.
_DRAIN_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class StreamRequest:
    """What the user asked for: one of `subscription` and `topic` by full name, where to write and publish, which index is shared.

    `id_label` names the attribute by which the source tells messages that were published twice.
    """

    config: Config
    subscription: str | None
    topic: str | None
    output: str
    publish: str | None = None
    index: str | None = None
    beam_flags: tuple[str, ...] = ()
    runner: str | None = None
    quiet: bool = False
    id_label: str | None = None


def stream_source(request: StreamRequest, engine: Engine) -> ReadArticleMessages:
    """Return the source for an engine. Raises RunFailed where it cannot read what is asked for, UsageError for names that are none."""
    pull = engine.name in _PULLING
    if bool(request.subscription) == bool(request.topic):
        raise RunFailed(ExitCode.USAGE, "give --subscription or --topic, one of the two")
    check_name("--subscription", "subscriptions", request.subscription)
    check_name("--topic", "topics", request.topic)
    check_name("--publish", "topics", request.publish)
    if pull and request.topic:
        message = f"{engine.name} cannot read a topic; make a subscription of it and give --subscription"
        raise RunFailed(ExitCode.USAGE, message)
    if request.id_label is not None and engine.name not in _KNOWING_IDS:
        message = (
            f"--id-label: the source of {engine.name} knows messages by no id; leave it out: an article that is published "
            "twice is counted as a repeat"
        )
        raise RunFailed(ExitCode.USAGE, message)
    config = request.config
    return ReadArticleMessages(
        config.read,
        config.field_maps,
        request.subscription,
        request.topic,
        request.id_label,
        on_bug=config.run.on_bug,
        pull=pull,
    )


def run_stream(request: StreamRequest, console: Console) -> ExitCode:
    """Run until SIGTERM or SIGINT (on a service: submit the job and return). Raises RunFailed or UsageError."""
    config = request.config
    engine = resolve_engine(request.runner or config.engine.runner, "streaming")
    options = pipeline_options(config, engine, list(request.beam_flags), streaming=True)
    source = stream_source(request, engine)
    if is_remote(request.output) and not can_reach(request.output):
        message = f"{request.output}: no filesystem for it; gs:// needs the extra: pip install 'warraq[gcp]'"
        raise RunFailed(ExitCode.USAGE, message)
    check_remote(engine, [request.output, *([request.index] if request.index else [])])
    rules = _rules(request, uuid.uuid4().hex)
    if is_dry_run(options):
        # An index that was never written to has the steps of any other.
        adopted = None if request.index is None else AdoptedIndex(IndexFiles(request.index), (), None, 0)
        rules = dataclasses.replace(rules, run=DRY_RUN)
        pipeline = _graph(request, options, source, rules, adopted, shared=adopted is not None)
        return dry_run(pipeline, sys.stdout, console, quiet=request.quiet)
    folder = OutputFolder(request.output)
    check_can_grow(folder)
    if not request.quiet:
        console.print(f"[bold]warraq stream[/]: {request.subscription or request.topic} → {folder.root}")
        console.print(f"engine: {engine.name}: {engine.promise}", style="dim", soft_wrap=True)
        if engine.note:
            console.print(engine.note, style="dim")
        if config.run.on_bug == "fail":
            note = "run.on_bug is fail: a stream tries a record that raises again for ever; set_aside is for streams"
            console.print(note, style="yellow", soft_wrap=True)
    try:
        with hold(folder), worker_pool(engine, options) as processes:
            adopted = _share(request, folder, rules.run, console)
            pipeline = _graph(request, options, source, rules, adopted, shared=is_shared(folder))
            divide(pipeline, processes)
            return _run(pipeline, engine, rules, console, quiet=request.quiet)
    except OutputLocked as error:
        raise RunFailed(ExitCode.LOCKED, str(error)) from error


def _rules(request: StreamRequest, run: str) -> WriteRules:
    output = request.config.output
    root = OutputFolder(request.output).root
    return WriteRules(root, run, output.codec, output.shards, config_sha256(request.config))


def _graph(
    request: StreamRequest,
    options: beam.pipeline.PipelineOptions,
    source: ReadArticleMessages,
    rules: WriteRules,
    adopted: AdoptedIndex | None,
    *,
    shared: bool,
) -> beam.Pipeline:
    """Return the graph of a stream whose index begins with what it has `adopted`, and is `shared` with batch runs."""
    config = request.config
    sink: beam.PTransform = WriteWindows(rules, config.stream.window_seconds)
    if request.publish:
        sink = _AlsoPublish(sink, PublishArticles(request.publish, rules.config_sha256))
    pipeline = beam.Pipeline(options=options)
    user_rules = load_rules(config.tag)
    build(
        pipeline, config, source, sink, user_rules=user_rules, streaming=True, adopted=adopted, shared=shared
    )
    return pipeline


def _share(request: StreamRequest, folder: OutputFolder, run: str, console: Console) -> AdoptedIndex | None:
    """Open the index that is to be shared and say in the output that it has signatures; None where none is given.

    Raises RunFailed for an index of other rules and for one that is in use.
    """
    if request.index is None:
        if is_shared(folder):
            share(folder, request.config, run)
        return None
    place = place_of(request.index)
    try:
        with hold(OutputFolder(place)):
            index = open_index(place, index_parameters(request.config), run)
            at_us = int(time.time() * 1_000_000)
            # The state is empty at each start: what this output has left in the index is as unknown as the rest.
            adopted = adopted_index(index, "", request.config, at_us)
    except IndexMismatch as error:
        raise RunFailed(ExitCode.USAGE, str(error)) from error
    if commit_files(folder) and not is_shared(folder) and not request.quiet:
        note = f"what lies in {folder.root} already has no signatures: batch runs will not know it"
        console.print(note, style="yellow", markup=False, soft_wrap=True)
    share(folder, request.config, run)
    if not request.quiet:
        note = f"index: {place}, generation {index.state.generation}, is taken over at the start"
        console.print(note, style="dim", markup=False, soft_wrap=True)
    return adopted


@dataclasses.dataclass(eq=False)
class _AlsoPublish(Composite):
    """Write the tables, and send the articles to a topic beside it."""

    write: beam.PTransform
    publish: beam.PTransform

    def expand(self, tables: Tables) -> Any:
        tables.articles | "PublishArticles" >> self.publish
        # No label around it: publishing can begin or end with an update of a running stream.
        return self.write.expand(tables)


def _run(
    pipeline: beam.Pipeline, engine: Engine, rules: WriteRules, console: Console, *, quiet: bool
) -> ExitCode:
    pull_again()
    with stopping() as stop, counted() as totals:
        if engine.detached:
            return _submit(pipeline, console, quiet=quiet)
        result = pipeline.run()
        if not quiet:
            console.print("running; stop it by Ctrl-C or SIGTERM", style="dim")
        while not stop.is_set():
            if PipelineState.is_terminal(result.state):
                raise RunFailed(ExitCode.FAILED, f"the stream ended by itself: {result.state}")
            time.sleep(_LOOK_SECONDS)
        here = pipeline.options.view_as(PortableOptions).environment_type in (None, "", "LOOPBACK")
        if engine.name in _PULLING and here:
            _drain(result)
        with contextlib.suppress(Exception):  # what it was doing ends with the process anyway
            if not PipelineState.is_terminal(result.state):
                result.cancel()
        _tell_end(totals().get("read.in", 0) if here else None, rules, console, quiet=quiet)
    return ExitCode.OK


def _submit(pipeline: beam.Pipeline, console: Console, *, quiet: bool) -> ExitCode:
    """Start the job of a stream and return. Raises RunFailed where the service refuses it."""
    lines = (*start(pipeline), "the stream goes on without this process")
    for line in () if quiet else lines:
        console.print(line, style="dim", markup=False, soft_wrap=True)
    return ExitCode.OK


def _drain(result: PipelineResult) -> None:
    """Let the source, whose workers are in this process, end and every window fire; wait until that is done."""
    stop_pulling()
    end = time.monotonic() + _DRAIN_SECONDS
    while not PipelineState.is_terminal(result.state) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)


def _tell_end(received: int | None, rules: WriteRules, console: Console, *, quiet: bool) -> None:
    """Say how many messages were acknowledged and are in no file: those of windows that had not fired.

    `received` comes from the side channel of the counters, since BundleBasedDirectRunner's own show a part only; None
    where the workers are elsewhere.
    """
    if received is None:
        message = "stopped; messages whose windows had not fired were acknowledged and are in no file"
        console.print(message, style="yellow", soft_wrap=True)
        return
    commits = read_commits(OutputFolder(rules.root))
    written = sum(commit.records_in for commit in commits if is_commit_of(rules.run, commit.name))
    if received > written:
        message = (
            f"stopped; {received - written:,} of {received:,} messages were acknowledged and are in no file: their windows "
            "had not fired, and the engine was not drained"
        )
        console.print(message, style="yellow", soft_wrap=True)
    elif not quiet:
        console.print(f"stopped; all {written:,} messages that were read are in files", style="dim")
