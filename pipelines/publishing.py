"""PublishTables: tables to a committed output folder, within the pipeline itself.

`warraq batch` commits when its pipeline has ended. Where others run the pipeline (Beam YAML) nobody is there to do so: the last
step does it, with the same manifest, report and marker.
"""

import dataclasses
import datetime
import importlib.metadata
import io
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.commit import account, hold, next_generation
from pipelines.config_tree import OutputRules, RunRules
from pipelines.outcome import RunFailed
from pipelines.publication import Publication, live_generation, publish
from schemas.avro import read_rows
from schemas.elements import InputFile, TaggedBatch, WrittenFile
from transforms.composite import Composite
from transforms.files import OutputFolder
from transforms.write import Tables, WriteRules, write_files

__all__ = ["CountOrigins", "PublishTables"]


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What the last step goes by: where and how, what makes the run fail, and for the report the engine and the start."""

    write: WriteRules
    run: RunRules
    engine: str
    started: float


@dataclasses.dataclass(eq=False)
class PublishTables(Composite):
    """Write all tables of a bounded run and publish them in one step: the folder is as `warraq batch` leaves it.

    Where the records of `inputs` do not add up with the rows of the tables, or too many are dead letters (`run`), all is
    written, nothing is published, and the run fails (RunFailed in the worker). A step that is tried again publishes the
    same files as a new generation.
    """

    root: str
    output: OutputRules = dataclasses.field(default_factory=OutputRules)
    run: RunRules = dataclasses.field(default_factory=RunRules)
    config_sha256: str = ""

    def expand(self, tables: Tables) -> PCollection[WrittenFile]:
        """Return one `WrittenFile` per data file, after they count."""
        pipeline = tables.articles.pipeline
        write = WriteRules(
            self.root, uuid.uuid4().hex, self.output.codec, self.output.shards, self.config_sha256
        )
        plan = _Plan(write, self.run, type(pipeline.runner).__name__, time.time())
        # Of nothing at all comes an empty generation, not none.
        always = pipeline | "Always" >> beam.Create([None], reshuffle=False)
        published: PCollection[WrittenFile] = (
            [*write_files(tables, write), always]
            | "AllFiles" >> beam.Flatten()
            | "KeyAll" >> beam.Map(_key_all).with_output_types(tuple[str, Any])
            | "GatherFiles" >> beam.GroupByKey()
            | "Publish" >> beam.ParDo(_PublishFn(plan)).with_output_types(WrittenFile)
        )
        return published


@dataclasses.dataclass(eq=False)
class CountOrigins(Composite):
    """Count the rows of each file they were read from: the table `inputs` where nobody else has counted the records."""

    def expand(self, tables: tuple[PCollection[Any], ...]) -> PCollection[InputFile]:
        """Return an `InputFile` per origin of elements (or batches of tagged articles), of unknown form and size."""
        inputs: PCollection[InputFile] = (
            tables
            | "AllElements" >> beam.Flatten()
            | "Uris" >> beam.FlatMap(_uris).with_output_types(str)
            | "CountUris" >> beam.combiners.Count.PerElement()
            | "Inputs" >> beam.MapTuple(_input).with_output_types(InputFile)
        )
        return inputs


def _uris(element: Any) -> Iterator[str]:
    if isinstance(element, TaggedBatch):
        for tagged in element.articles:
            yield tagged.article.article.origin.uri
    else:
        yield element.origin.uri


def _input(uri: str, records: int) -> InputFile:
    return InputFile(uri, 0, 0, "none", "unknown", "", records, 0)


def _key_all(file: WrittenFile | None) -> tuple[str, Any]:
    return "all", file


class _PublishFn(beam.DoFn):
    def __init__(self, plan: _Plan) -> None:
        self._plan = plan

    def process(self, group: tuple[str, Iterable[Any]]) -> Iterator[WrittenFile]:
        found = {file.path: file for file in group[1] if file is not None}
        files = tuple(found[path] for path in sorted(found))
        folder = OutputFolder(self._plan.write.root)
        with hold(folder):
            _publish(folder, files, self._plan)
        yield from files


def _publish(folder: OutputFolder, files: tuple[WrittenFile, ...], plan: _Plan) -> None:
    """Make `files` the live generation of a folder. Raises RunFailed where they may not be; then they are the failed one."""
    publication = Publication(
        run=plan.write.run,
        output=folder.root,
        live=live_generation(folder),
        generation=next_generation(folder),
        config_sha256=plan.write.config_sha256,
        versions={name: importlib.metadata.version(name) for name in ("warraq", "apache-beam", "fastavro")},
        max_dead_letter_share=plan.run.max_dead_letter_share,
        inputs=(),
        input_files=0,
        input_bytes=_input_bytes(folder, files),
        engine=plan.engine,
        started_at=datetime.datetime.fromtimestamp(plan.started, datetime.UTC).isoformat(timespec="seconds"),
    )
    seconds = time.time() - plan.started
    published = publish(publication, files, (), account(folder, files), seconds, {})
    if published.failure:
        message = f"{folder.root}: everything is written, nothing is published: {published.failure}"
        raise RunFailed(published.code, message)


def _input_bytes(folder: OutputFolder, files: tuple[WrittenFile, ...]) -> int:
    return sum(
        row["size_bytes"]
        for file in files
        if file.table == "inputs"
        for row in read_rows(io.BytesIO(folder.read(file.path)), "inputs")
    )
