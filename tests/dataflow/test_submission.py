"""A whole submission to a stand-in for Dataflow, with Cloud Storage on loopback: what goes up, and what it says of itself."""

import json
import os
import re

import pytest
from apache_beam.portability.api import beam_runner_api_pb2
from corpus import here
from gcs import BUCKET
from test_labels import GRAPHS

#: `JobType` of the service's API, v1b3.
JOB_TYPE_BATCH, JOB_TYPE_STREAMING = 1, 2
ROOT = f"gs://{BUCKET}"
SUBSCRIPTION = "projects/demo-project/subscriptions/s-1"


def submit(cloud, command, *arguments, check=0):
    service = ("--project=demo-project", "--region=europe-west1", f"--temp_location={ROOT}/tmp", "--no_auth")
    endpoint = f"--dataflow_endpoint={cloud[0].endpoint}"
    more = ("--runner", "DataflowRunner", *service, endpoint, "--sdk_location=container")
    return here(command, *arguments, *more, check=check)[1]


def submit_stream(cloud, job, *arguments, check=0):
    stream = ("--subscription", SUBSCRIPTION, "--output", f"{ROOT}/live", f"--job_name={job}")
    return submit(cloud, "stream", *stream, *arguments, check=check)


def submit_batch(cloud, output, *arguments, check=0):
    return submit(
        cloud, "batch", "--input", f"{ROOT}/in/*", "--output", f"{ROOT}/{output}", *arguments, check=check
    )


def options_of(job):
    return job["environment"]["sdkPipelineOptions"]["options"]


def steps_of(cloud, job):
    """Return the names of the steps in the pipeline that was staged for a job."""
    url = options_of(job)["pipelineUrl"]
    data = cloud[1].blob(url.removeprefix(f"{ROOT}/")).download_as_bytes()
    pipeline = beam_runner_api_pb2.Pipeline.FromString(data)
    return {transform.unique_name for transform in pipeline.components.transforms.values()}


@pytest.fixture(scope="module")
def batch(cloud):
    """A batch that was submitted: what the service got, and what the user saw."""
    flags = (
        "--job_name=warraq-test",
        "--labels=team=news",
        "--max_num_workers=7",
        "--machine_type=n2-standard-4",
    )
    image = ("--sdk_container_image=region-docker.example/demo/warraq:1",)
    told = submit_batch(cloud, "out", "--index", f"{ROOT}/index", *flags, *image)
    return cloud[0].jobs[-1], told


def test_a_job_says_what_it_was_asked_for(batch):
    job, told = batch
    assert (job["name"], job["type"], job["labels"]) == ("warraq-test", JOB_TYPE_BATCH, {"team": "news"})
    (pool,) = job["environment"]["workerPools"]
    assert pool["machineType"] == "n2-standard-4"
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 7
    images = {one["containerImage"] for one in pool["sdkHarnessContainerImages"]}
    assert images == {"region-docker.example/demo/warraq:1"}
    # A list of installed packages would go up with the passwords in their addresses.
    assert "disable_logging_submission_environment" in job["environment"]["experiments"]
    assert not options_of(job).get("save_main_session")
    assert "job job-1 is submitted" in told
    assert re.search(r"dataflow/jobs/europe-west1/job-1\?project=demo-project", told)


def test_the_staged_graph_has_the_labels_that_were_agreed(cloud, batch):
    steps = steps_of(cloud, batch[0])
    missing = {label for label in GRAPHS["service_labels.txt"]() if label not in steps}
    assert {label for label in missing if "/Create" not in label} == set()


def test_the_folders_belong_to_the_job_until_it_has_published_and_a_second_launch_is_refused(cloud, batch):
    lease = json.loads(cloud[1].blob("out/_RUNNING").download_as_bytes())
    assert json.loads(cloud[1].blob("index/_RUNNING").download_as_bytes())["run"] == lease["run"]
    before = len(cloud[0].jobs)
    told = submit_batch(cloud, "out", check=6)
    assert lease["run"] in told
    assert "--take-over" in told
    assert len(cloud[0].jobs) == before
    submit_batch(cloud, "out", "--take-over")
    assert json.loads(cloud[1].blob("out/_RUNNING").download_as_bytes())["run"] != lease["run"]
    assert len(cloud[0].jobs) == before + 1


def test_a_refused_job_is_told_in_a_line_and_leaves_the_folder_free(cloud, monkeypatch):
    monkeypatch.setattr(cloud[0], "refuse", (403, "the quota of workers is used up"))
    told = submit_batch(cloud, "refused", check=1)
    assert "the job was not submitted" in told
    assert "the quota of workers is used up" in told
    assert "Traceback" not in told
    assert not cloud[1].blob("refused/_RUNNING").exists()


def test_a_template_is_written_and_starts_no_job(cloud):
    before = len(cloud[0].jobs)
    told = submit_batch(cloud, "template", f"--template_location={ROOT}/templates/t-1")
    assert f"the job is written to {ROOT}/templates/t-1" in told
    assert len(cloud[0].jobs) == before
    written = json.loads(cloud[1].blob("templates/t-1").download_as_bytes())
    assert written["type"] == "JOB_TYPE_BATCH"


def test_a_wheel_goes_up_with_a_job(cloud, tmp_path):
    wheel = tmp_path / "warraq-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK" + os.urandom(64))
    submit_batch(cloud, "wheel", f"--extra_package={wheel}")
    (pool,) = cloud[0].jobs[-1]["environment"]["workerPools"]
    packages = {package["name"]: package["location"] for package in pool["packages"]}
    staged = packages[wheel.name].removeprefix("storage.googleapis.com/").removeprefix(f"{BUCKET}/")
    assert cloud[1].blob(staged).download_as_bytes() == wheel.read_bytes()


def test_a_local_path_is_refused_since_workers_are_other_machines(cloud, tmp_path):
    told = submit(cloud, "batch", "--input", f"{ROOT}/in/*", "--output", tmp_path, check=2)
    assert "runs on other machines" in told


@pytest.fixture(scope="module")
def live(cloud):
    """A stream named live: the request that it became, what was told, its number."""
    told = submit_stream(cloud, "live", "--enable_streaming_engine", "--set", "run.on_bug=set_aside")
    return cloud[0].jobs[-1], told, len(cloud[0].jobs)


def test_a_stream_is_submitted_as_one_and_is_watched_elsewhere(cloud, live):
    job, told, number = live
    assert (job["name"], job["type"]) == ("live", JOB_TYPE_STREAMING)
    assert "enable_streaming_engine" in job["environment"]["experiments"]
    steps = steps_of(cloud, job)
    assert {"ReadArticles/Receive", "DecideArticles/Decide", "WriteTables/Commit"} <= steps
    assert "is submitted" in told
    assert f"dataflow/jobs/europe-west1/job-{number}" in told


def test_an_update_names_the_job_that_it_replaces_and_what_was_renamed(cloud, live):
    submit_stream(cloud, "live", "--update", '--transform_name_mapping={"Old": "TagArticles"}')
    job = cloud[0].jobs[-1]
    assert job["replaceJobId"] == f"job-{live[2]}"
    assert job["transformNameMapping"] == {"Old": "TagArticles"}


def test_an_update_of_a_job_that_does_not_run_is_refused_at_once(cloud):
    before = len(cloud[0].jobs)
    told = submit_stream(cloud, "dead", "--update", check=2)
    assert "no job dead runs in europe-west1" in told
    assert len(cloud[0].jobs) == before
