import subprocess
import sys

import apache_beam as beam
import pytest
from apache_beam.metrics.monitoring_infos import int64_user_counter
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions

from pipelines.engine import resolve_engine
from pipelines.errors import UsageError
from pipelines.worker import OwnShortIds
from pipelines.worker_processes import _groups, divide, worker_pool

PRISM = resolve_engine("PrismRunner", "batch")


def made():
    """Three composite steps, with the names of a cheap one, the dearest, and one between."""
    pipeline = beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
    read = pipeline | "ReadArticles" >> beam.Create([("a", 1)])
    tagged = read | "TagArticles" >> beam.CombinePerKey(sum)
    tagged | "WriteTables" >> beam.combiners.Count.PerElement()
    return pipeline


def environments(pipeline):
    """Return top step -> the environments that its steps run in."""
    proto = pipeline.to_runner_api()
    found = {}
    for transform in proto.components.transforms.values():
        if transform.environment_id and not transform.subtransforms:
            found.setdefault(transform.unique_name.partition("/")[0], set()).add(transform.environment_id)
    return found


def test_steps_are_divided_in_their_order_by_what_they_cost_and_keep_their_labels():
    whole, pipeline = made(), made()
    divide(pipeline, 2)
    before, after = environments(whole), environments(pipeline)
    assert before.keys() == after.keys() >= {"ReadArticles", "TagArticles", "WriteTables"}
    assert len(set().union(*before.values())) == 1
    assert after["ReadArticles"] == after["TagArticles"] != after["WriteTables"]
    assert all(len(one) == 1 for one in after.values())


def test_the_groups_of_a_stream_cost_about_the_same():
    labels = [
        "ReadArticles",
        "ParseArticles",
        "NormalizeArticles",
        "DecideArticles",
        "TagArticles",
        "WriteTables",
    ]
    assert list(_groups(labels, 2).values()) == [0, 0, 0, 0, 1, 1]
    assert list(_groups(labels, 3).values()) == [0, 0, 0, 0, 1, 2]
    assert list(_groups(labels, 6).values()) == [0, 1, 2, 3, 4, 5]


def test_one_process_changes_nothing_and_more_than_there_are_steps_are_refused():
    pipeline = made()
    divide(pipeline, 1)
    assert environments(pipeline) == environments(made())
    with pytest.raises(UsageError, match="there are 3 steps"):
        divide(pipeline, 4)


def test_a_pool_is_there_only_for_several_processes_and_only_where_steps_are_divided():
    several = ["--sdk_worker_parallelism=2"]
    for engine, flags in ((PRISM, []), (resolve_engine("FnApiRunner", "batch"), several)):
        options = PipelineOptions(flags)
        with worker_pool(engine, options) as processes:
            assert processes == 1
            assert options.view_as(PortableOptions).environment_type is None
    options = PipelineOptions(several)
    with worker_pool(PRISM, options) as processes:
        assert processes == 2
        assert options.view_as(PortableOptions).environment_type == "EXTERNAL"


def test_workers_name_the_same_metric_by_different_short_ids():
    metric = int64_user_counter("warraq.read", "in", 1, ptransform="Read")
    one, other = OwnShortIds("job-1_env_1"), OwnShortIds("job-1_env_2")
    short = one.get_short_id(metric)
    assert short == one.get_short_id(metric) != other.get_short_id(metric)
    (info,) = one.get_infos([short]).values()
    assert info.labels["NAME"] == "in"
    assert list(one.get_infos([short])) == [short]
    with pytest.raises(KeyError):
        other.get_infos([short])


def test_a_worker_whose_parent_is_gone_ends_by_itself():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    arguments = [f"--parent={gone.pid}", "--id=w", "--control_endpoint=localhost:1", "--logging_endpoint=x"]
    worker = subprocess.run(
        [sys.executable, "-m", "pipelines.worker", *arguments], timeout=30, stderr=subprocess.DEVNULL
    )
    assert worker.returncode == 1
