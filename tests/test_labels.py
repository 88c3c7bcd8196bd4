"""Labels are API: a renamed step breaks the update of a running stream and every dashboard."""

import os
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor

from pipelines.config import Config
from pipelines.graph import build
from transforms.read import ReadArticleFiles
from transforms.write import WriteRules, WriteTables

GOLDEN = Path(__file__).parent / "golden" / "batch_labels.txt"


class _Labels(PipelineVisitor):
    def __init__(self):
        self.labels = set()

    def visit_transform(self, node):
        self.labels.add(node.full_label)

    def enter_composite_transform(self, node):
        self.labels.add(node.full_label)


def batch_labels():
    config = Config()
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    build(
        pipeline,
        config,
        ReadArticleFiles(("x",), config.read),
        WriteTables(WriteRules("out", "run", "null", 1, "")),
    )
    visitor = _Labels()
    pipeline.visit(visitor)
    # What lies within Create is Beam's own and names its source lines.
    return sorted(
        label for label in visitor.labels if label and not label.startswith("ReadArticles/Patterns/")
    )


def test_the_labels_of_the_batch_graph_are_those_that_were_agreed():
    labels = "\n".join(batch_labels()) + "\n"
    if os.environ.get("WARRAQ_BLESS"):
        GOLDEN.write_text(labels)
    assert labels == GOLDEN.read_text(), (
        "a label changed; if that is meant, run with WARRAQ_BLESS=1 and review the difference"
    )
