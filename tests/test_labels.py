"""Labels are API: a renamed step breaks the update of a running stream and every dashboard."""

import os
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor

from pipelines.config import Config
from pipelines.graph import IndexPlan, build
from transforms.index_store import IndexFiles
from transforms.read import ReadArticleFiles
from transforms.read_messages import ReadArticleMessages
from transforms.write import WriteRules, WriteTables
from transforms.write_windows import WriteWindows

GOLDEN = Path(__file__).parent / "golden"


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
    return sorted(
        label
        for label in visitor.labels
        if label
        and not label.startswith(("ReadArticles/Patterns/", "ReadIndex/Files/", "ReadArticles/Receive/"))
    )


def stream_labels():
    config = Config()
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    source = ReadArticleMessages(config.read, config.field_maps, "projects/warraq-tests/subscriptions/s")
    build(pipeline, config, source, WriteWindows(WriteRules("out", "run", "null", 1, ""), 60), streaming=True)
    return labels_of(pipeline)


def batch_labels(index=None):
    config = Config()
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    build(
        pipeline,
        config,
        ReadArticleFiles(("x",), config.read),
        WriteTables(WriteRules("out", "run", "null", 1, "")),
        index,
    )
    return labels_of(pipeline)


INDEX = IndexPlan(IndexFiles("index"), redecide=False, write=WriteRules("index", "run", "null", 1, ""))


GRAPHS = {
    "batch_labels.txt": batch_labels,
    "index_labels.txt": lambda: batch_labels(INDEX),
    "stream_labels.txt": stream_labels,
}


@pytest.mark.parametrize("golden", GRAPHS)
def test_the_labels_of_the_graphs_are_those_that_were_agreed(golden):
    labels = "\n".join(GRAPHS[golden]()) + "\n"
    if os.environ.get("WARRAQ_BLESS"):
        (GOLDEN / golden).write_text(labels)
    assert labels == (GOLDEN / golden).read_text(), (
        "a label changed; if that is meant, run with WARRAQ_BLESS=1 and review the difference"
    )
