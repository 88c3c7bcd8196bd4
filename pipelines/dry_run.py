"""A dry run: the graph is translated as it would go to a service, and nothing is read, written or sent."""

from typing import Any, TextIO

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions, TestOptions
from apache_beam.portability.api import beam_runner_api_pb2
from rich.console import Console

from pipelines.graph_manifest import graph_manifest, graph_steps
from pipelines.key_coders import unsafe_keys
from pipelines.outcome import ExitCode, RunFailed

__all__ = ["DRY_RUN", "dry_run", "is_dry_run", "translate"]

#: The id of a run that is none.
DRY_RUN = "dry-run"


def is_dry_run(options: beam.pipeline.PipelineOptions) -> bool:
    """Tell whether `--dry_run=True` was given (`pipelines.options` takes it for the one engine that knows it)."""
    return bool(options.view_as(TestOptions).dry_run)


def dry_run(pipeline: beam.Pipeline, out: TextIO, console: Console, *, quiet: bool) -> ExitCode:
    """Translate a graph, print its manifest to `out` and, unless `quiet`, a line about it to `console`.

    Raises RunFailed for keys that no engine groups safely, and whatever Beam raises for a graph that cannot be.
    """
    translated = translate(pipeline)
    steps = graph_steps(translated)
    faults = unsafe_keys(steps, translated.components)
    if faults:
        raise RunFailed(ExitCode.FAILED, "; ".join(faults))
    out.write(graph_manifest(translated))
    if not quiet:
        name = pipeline.options.view_as(GoogleCloudOptions).job_name
        line = f"dry run of {name}: {len(steps)} steps, each with keys that are safe; nothing was read, written or sent"
        console.print(line, markup=False, soft_wrap=True)
    return ExitCode.OK


def translate(pipeline: beam.Pipeline) -> beam_runner_api_pb2.Pipeline:
    """Return the graph as Dataflow would get it, with what its runner replaces, packs and sorts."""
    result: Any = pipeline.run()
    proto: beam_runner_api_pb2.Pipeline = result.job.proto_pipeline
    return proto
