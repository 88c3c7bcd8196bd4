"""Labels are API: a renamed step breaks the update of a running stream and every dashboard."""

import os
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor

from pipelines.config import Config
from pipelines.graph import IndexPlan, build
from pipelines.publication import Publication
from pipelines.publish_step import PublishOutput
from transforms.index_store import AdoptedIndex, IndexFiles
from transforms.read import ReadArticleFiles
from transforms.read_messages import ReadArticleMessages
from transforms.write import WriteRules, WriteTables
from transforms.write_windows import WriteWindows

GOLDEN = Path(__file__).parent / "golden"
BEAMS_OWN = (
    "ReadArticles/Patterns/",
    "ReadIndex/Files/",
    "DecideArticles/AdoptIndex/Files/",
    "ReadArticles/Receive/",
    "PublishOutput/SpreadFiles/",
)


class _Labels(PipelineVisitor):
    def __init__(self):
        self.labels = set()

    def visit_transform(self, node):
        self.labels.add(node.full_label)

    def enter_composite_transform(self, node):
        self.labels.add(node.full_label)


def labels_of(pipeline):
    visitor = _Labels()
    pipeline.visit(visitor)
    # What lies within Create is Beam's own and names its source lines.
    return sorted(label for label in visitor.labels if label and not label.startswith(BEAMS_OWN))


def stream_labels(adopted=None):
    config = Config()
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    source = ReadArticleMessages(config.read, config.field_maps, "projects/warraq-tests/subscriptions/s")
    build(
        pipeline,
        config,
        source,
        WriteWindows(WriteRules("out", "run", "null", 1, ""), 60),
        streaming=True,
        adopted=adopted,
        shared=adopted is not None,
    )
    return labels_of(pipeline)


def batch_labels(index=None, publish=None):
    config = Config()
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    build(
        pipeline,
        config,
        ReadArticleFiles(("x",), config.read),
        WriteTables(WriteRules("out", "run", "null", 1, "")),
        index,
        publish=publish,
    )
    return labels_of(pipeline)


INDEX = IndexPlan(IndexFiles("index"), redecide=False, write=WriteRules("index", "run", "null", 1, ""))

PUBLICATION = Publication(
    "run", "out", 0, 1, "", {}, 0.1, ("x",), 1, 1, "DataflowRunner", "2025-03-27T10:00:00+00:00"
)

GRAPHS = {
    "batch_labels.txt": batch_labels,
    "index_labels.txt": lambda: batch_labels(INDEX),
    # A job on a service that publishes itself.
    "service_labels.txt": lambda: batch_labels(INDEX, PublishOutput(PUBLICATION)),
    "stream_labels.txt": stream_labels,
    "stream_index_labels.txt": lambda: stream_labels(AdoptedIndex(IndexFiles("index"), (), None, 0)),
}


@pytest.mark.parametrize("golden", GRAPHS)
def test_the_labels_of_the_graphs_are_those_that_were_agreed(golden):
    labels = "\n".join(GRAPHS[golden]()) + "\n"
    if os.environ.get("WARRAQ_BLESS"):
        (GOLDEN / golden).write_text(labels)
    assert labels == (GOLDEN / golden).read_text(), (
        "a label changed; if that is meant, run with WARRAQ_BLESS=1 and review the difference"
    )
