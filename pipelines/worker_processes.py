"""Several worker processes on Prism: a pool that starts them, and the steps of a graph divided among them.

Prism starts one worker per *environment* of a pipeline, however much work there is, and Beam gives a pipeline one
environment. Steps with another resource hint get another one (Beam's documentation: "Resource hints"), so the steps are
divided by hints that ask for a byte of memory more. A step runs in one process; its input comes from another one
over gRPC, through Prism. That shows that all which flows survives the way, and lets the groups of steps work at the same
time; it is no way to make one step faster.

With one process Beam's default holds: the worker is a thread of the process that launches.
"""

import contextlib
import itertools
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.transforms.resources import MinRamHint

from pipelines.engine import Engine
from pipelines.errors import UsageError

__all__ = ["divide", "worker_pool"]

#: What steps at the top of a graph cost beside each other: milliseconds of CPU an article, measured over a stream on Prism.
_COSTS = {
    "ReadArticles": 0.3,
    "ParseArticles": 1.1,
    "NormalizeArticles": 0.2,
    "DecideArticles": 0.4,
    "DeduplicateArticles": 0.5,
    "TagArticles": 1.8,
    "WriteTables": 0.7,
}


@contextlib.contextmanager
def worker_pool(engine: Engine, options: PipelineOptions) -> Iterator[int]:
    """Give the number of worker processes that `options` ask for, with a pool that starts them where it is more than one.

    `options` are changed so that the pipeline finds the pool; make the pipeline inside the block, `divide` it, and wait for
    its end there. On engines that divide no steps the number is 1. The processes end with the block or with this process.
    """
    portable = options.view_as(PortableOptions)
    processes = int(portable.sdk_worker_parallelism) if engine.divides_steps else 1
    if processes == 1:
        yield 1
        return
    with tempfile.TemporaryDirectory(prefix="warraq-workers-") as folder:
        program = Path(folder, "worker")
        program.write_text(_program(), "utf-8")
        program.chmod(0o700)
        address, server = BeamFnExternalWorkerPoolServicer.start(
            use_process=True, container_executable=str(program)
        )
        portable.environment_type, portable.environment_config = "EXTERNAL", address
        try:
            yield processes
        finally:
            server.stop(grace=1).wait()


def _program() -> str:
    """Return a program that is a worker of this very Python, and imports what this process can import, from the same places."""
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)  # noqa: PTH109 (a string)
    python = shlex.quote(sys.executable)
    # Without -P a folder `pipelines` or `transforms` in the current folder would be taken for ours.
    return f'#!/bin/sh\nPYTHONPATH={shlex.quote(path)} exec {python} -P -m pipelines.worker --parent={os.getpid()} "$@"\n'


def divide(pipeline: beam.Pipeline, processes: int) -> None:
    """Divide the steps at the top of a graph, in their order, among `processes`, so that each has about as much to do.

    Labels, keys and results stay. Raises UsageError where there are fewer steps than processes.
    """
    if processes == 1:
        return
    found = _TopSteps()
    pipeline.visit(found)
    if processes > len(found.labels):
        message = f"--sdk_worker_parallelism={processes}: there are {len(found.labels)} steps to divide among processes"
        raise UsageError(message)
    pipeline.visit(_Numbering(_groups(found.labels, processes)))


def _groups(labels: Sequence[str], processes: int) -> dict[str, int]:
    """Return the number of each label's group: labels in a row, so that the dearest group is as cheap as can be."""
    costs = [_COSTS.get(label, 0.0) for label in labels]

    def dearest(starts: tuple[int, ...]) -> float:
        return max(sum(costs[start:end]) for start, end in itertools.pairwise((0, *starts, len(labels))))

    starts = min(itertools.combinations(range(1, len(labels)), processes - 1), key=dearest)
    return {label: sum(start <= place for start in starts) for place, label in enumerate(labels)}


class _TopSteps(PipelineVisitor):
    """Collects the labels of the composite steps at the top of a graph, in the order in which they were wired."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        # The root has no label; a Flatten is the engine's own work.
        if node.full_label and "/" not in node.full_label:
            self.labels.append(node.full_label)


class _Numbering(PipelineVisitor):
    """Gives every node the resource hint of the process that its top step has; process 0 needs none."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers

    def enter_composite_transform(self, node: AppliedPTransform) -> None:
        self._give(node)

    def visit_transform(self, node: AppliedPTransform) -> None:
        self._give(node)

    def _give(self, node: AppliedPTransform) -> None:
        number = self._numbers.get(node.full_label.partition("/")[0], 0)
        if number:
            before = int(node.resource_hints.get(MinRamHint.urn, b"0"))
            node.resource_hints = node.resource_hints | {MinRamHint.urn: str(before + number).encode()}
