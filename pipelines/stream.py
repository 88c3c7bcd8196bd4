"""`warraq stream`: the graph of the batch job over Pub/Sub messages, until it is stopped."""

import contextlib
import dataclasses
import time
import uuid
from typing import Any

import apache_beam as beam
from apache_beam.runners.runner import PipelineState
from rich.console import Console

from pipelines.commit import OutputLocked, hold
from pipelines.config import Config, config_sha256
from pipelines.engine import Engine, resolve_engine
from pipelines.graph import build
from pipelines.options import pipeline_options
from pipelines.outcome import ExitCode, RunFailed
from pipelines.published import check_can_grow
from pipelines.pubsub_names import check_name
from pipelines.stopping import stopping
from pipelines.tagging import load_rules
from transforms.files import OutputFolder, can_reach, is_remote
from transforms.publish import PublishArticles
from transforms.read_messages import ReadArticleMessages
from transforms.write import Tables, WriteRules
from transforms.write_windows import WriteWindows

__all__ = ["StreamRequest", "run_stream", "stream_source"]

#: Engines that cannot read Pub/Sub by themselves: there warraq pulls.
_PULLING = ("PrismRunner",)
#: Engines whose source leaves out messages with an id that it has seen. BundleBasedDirectRunner would stand still with a label.
_KNOWING_IDS = ("DataflowRunner",)
#: Engines that run in this process and end with it.
_LOCAL = ("BundleBasedDirectRunner", "PrismRunner")
_LOOK_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class StreamRequest:
    """What the user asked for: one of `subscription` and `topic` by full name, where to write, where to publish.

    `id_label` names the attribute by which the source tells messages that were published twice.
    """

    config: Config
    subscription: str | None
    topic: str | None
    output: str
    publish: str | None = None
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
    output = config.output
    rules = WriteRules(folder.root, uuid.uuid4().hex, output.codec, output.shards, config_sha256(config))
    sink: beam.PTransform = WriteWindows(rules, config.stream.window_seconds)
    if request.publish:
        sink = _AlsoPublish(sink, PublishArticles(request.publish, rules.config_sha256))
    pipeline = beam.Pipeline(options=options)
    build(pipeline, config, source, sink, user_rules=load_rules(config.tag), streaming=True)
    try:
        with hold(folder):
            return _run(pipeline, engine, console, quiet=request.quiet)
    except OutputLocked as error:
        raise RunFailed(ExitCode.LOCKED, str(error)) from error


@dataclasses.dataclass(eq=False)
class _AlsoPublish(beam.PTransform):
    """Write the tables, and send the articles to a topic beside it."""

    write: beam.PTransform
    publish: beam.PTransform

    def expand(self, tables: Tables) -> Any:
        tables.articles | "PublishArticles" >> self.publish
        return tables | "WriteWindows" >> self.write


def _run(pipeline: beam.Pipeline, engine: Engine, console: Console, *, quiet: bool) -> ExitCode:
    with stopping() as stop:
        result = pipeline.run()
        if engine.name not in _LOCAL:
            if not quiet:
                console.print("the job is submitted; it goes on without this process", style="dim")
            return ExitCode.OK
        if not quiet:
            console.print("running; stop it by Ctrl-C or SIGTERM", style="dim")
        while not stop.is_set():
            if PipelineState.is_terminal(result.state):
                raise RunFailed(ExitCode.FAILED, f"the stream ended by itself: {result.state}")
            time.sleep(_LOOK_SECONDS)
        with contextlib.suppress(Exception):  # what it was doing ends with the process anyway
            result.cancel()
    if not quiet:
        console.print("stopped", style="dim")
    return ExitCode.OK
