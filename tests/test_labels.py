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
from transforms.write import WriteRules, WriteTables

GOLDEN = Path(__file__).parent / "golden"


class _Labels(PipelineVisitor):
    def __init__(self):
        self.labels = set()

    def visit_transform(self, node):
        self.labels.add(node.full_label)

    def enter_composite_transform(self, node):
        self.labels.add(node.full_label)


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
    visitor = _Labels()
    pipeline.visit(visitor)
    # What lies within Create is Beam's own and names its source lines.
    return sorted(
        label
        for label in visitor.labels
        if label and not label.startswith(("ReadArticles/Patterns/", "ReadIndex/Files/"))
    )


INDEX = IndexPlan(IndexFiles("index"), redecide=False, write=WriteRules("index", "run", "null", 1, ""))


@pytest.mark.parametrize(("golden", "index"), [("batch_labels.txt", None), ("index_labels.txt", INDEX)])
def test_the_labels_of_the_batch_graph_are_those_that_were_agreed(golden, index):
    labels = "\n".join(batch_labels(index)) + "\n"
    if os.environ.get("WARRAQ_BLESS"):
        (GOLDEN / golden).write_text(labels)
    assert labels == (GOLDEN / golden).read_text(), (
        "a label changed; if that is meant, run with WARRAQ_BLESS=1 and review the difference"
    )
