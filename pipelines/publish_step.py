"""PublishOutput: the last step of a job that publishes itself."""

import dataclasses
import datetime
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsIter, PCollection

from pipelines.outcome import RunFailed
from pipelines.publication import CountedFile, Publication, count_file, publish_once
from schemas.elements import WrittenFile
from transforms.composite import Composite
from transforms.write import Written

__all__ = ["PublishOutput"]

_LOGGER = logging.getLogger(__name__)


@dataclasses.dataclass(eq=False)
class PublishOutput(Composite):
    """Publish what was written, or fail the job. Input must be bounded; a run that wrote nothing publishes that.

    The rows of the files are counted in parallel; one bundle of one element then publishes. An engine may try it again:
    a try after a success does nothing, and one after a failure fails in the same way.
    """

    publication: Publication

    def expand(self, written: Written) -> PCollection[str]:
        """Return one line for people: what was published."""
        count = _CountFn(self.publication.output)
        counted = (
            written.files
            | "SpreadFiles" >> beam.Reshuffle()
            | "CountRows" >> beam.ParDo(count).with_output_types(CountedFile)
        )
        indexed: Any = () if written.indexed is None else AsIter(written.indexed)
        publish = beam.ParDo(_PublishFn(self.publication), AsIter(counted), indexed).with_output_types(str)
        # The element comes whether or not there are files; these come by the side.
        return written.files.pipeline | "Begin" >> beam.Impulse() | "Publish" >> publish


class _CountFn(beam.DoFn):
    def __init__(self, output: str) -> None:
        self._output = output

    def process(self, file: WrittenFile) -> Iterator[CountedFile]:
        yield count_file(self._output, file)


class _PublishFn(beam.DoFn):
    def __init__(self, publication: Publication) -> None:
        self._publication = publication

    def process(
        self, _: bytes, counted: Iterable[CountedFile], indexed: Iterable[WrittenFile]
    ) -> Iterator[str]:
        publication = self._publication
        started = datetime.datetime.fromisoformat(publication.started_at)
        seconds = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
        published = publish_once(publication, counted, indexed, max(0.0, seconds))
        line = f"generation {publication.generation} of {publication.output}"
        if published.failure:
            # The generation is written, named by _FAILED; a job that did not fail would look as if it had published.
            raise RunFailed(published.code, f"{line} is not published: {published.failure}")
        _LOGGER.info("%s is published: %s", line, published.report["accounting"])
        yield f"{line} is published"
