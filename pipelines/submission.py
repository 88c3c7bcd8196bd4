"""Submitting a job to a service: the launcher's part ends when the job is there, and the job goes on without it."""

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions
from rich.console import Console

from pipelines.engine import Engine
from pipelines.lease import Lease, drop_lease, take_lease
from pipelines.outcome import ExitCode, RunFailed
from pipelines.publication import Publication
from transforms.files import is_remote

__all__ = ["check_remote", "start", "submit"]


def check_remote(engine: Engine, places: Sequence[str]) -> None:
    """Raise RunFailed for a local path where the workers are other machines: each would read and write its own disk."""
    local = [place for place in places if not is_remote(place)]
    if engine.remote and local:
        message = (
            f"{engine.name} runs on other machines, which do not see {', '.join(local)}; give gs:// paths"
        )
        raise RunFailed(ExitCode.USAGE, message)


def submit(pipeline: beam.Pipeline, publication: Publication, console: Console, *, quiet: bool) -> ExitCode:
    """Lease the folders to the run, start its job, and return. The job publishes, and gives the folders back.

    Raises OutputLocked where another launcher was quicker, and what `start` raises; then the folders are free again.
    """
    lease = Lease(publication.run, publication.output, publication.engine, publication.started_at)
    try:
        for folder in publication.folders:
            take_lease(folder, lease)
        lines = start(pipeline)
    except BaseException:
        for folder in publication.folders:
            drop_lease(folder, publication.run)
        raise
    if not quiet:
        for line in (
            *lines,
            f"run {publication.run}: the job publishes itself; this process is not needed any more",
        ):
            console.print(line, style="dim", markup=False, soft_wrap=True)
    return ExitCode.OK


def start(pipeline: beam.Pipeline) -> tuple[str, ...]:
    """Start a job and return what to tell of it: its id and where to watch it, where these are known.

    Raises RunFailed where the service refuses it or cannot be reached.
    """
    options = pipeline.options.view_as(GoogleCloudOptions)
    try:
        if options.update:
            _check_can_update(options)
        result = pipeline.run()
    except Exception as error:
        if not _is_of_service(error):
            raise
        raise RunFailed(ExitCode.FAILED, f"the job was not submitted: {error}") from error
    if getattr(result, "has_job", None) is False:
        # The launcher of a template: the service starts the job out of this file when the launcher has ended.
        return (f"the job is written to {options.template_location}",)
    job: Any = getattr(result, "job_id", None)
    if job is None:
        return ("the job is submitted",)
    number, place = job(), f"{options.region}/{job()}"
    console = f"https://console.cloud.google.com/dataflow/jobs/{place}?project={options.project}"
    return (f"job {number} is submitted", f"watch it: {console}")


def _check_can_update(options: GoogleCloudOptions) -> None:
    """Raise RunFailed where no job of that name runs: Beam would look for one for ever (its last page has a token, "")."""
    from apache_beam.runners.dataflow.internal import apiclient
    from google.cloud import dataflow_v1beta3 as dataflow

    client = apiclient.DataflowApplicationClient(options)._jobs_client  # noqa: SLF001 (it knows endpoint and credentials)
    running = (dataflow.JobState.JOB_STATE_RUNNING, dataflow.JobState.JOB_STATE_DRAINING)
    jobs = client.list_jobs(dataflow.ListJobsRequest(project_id=options.project, location=options.region))
    if not any(job.name == options.job_name and job.current_state in running for job in jobs):
        message = (
            f"--update: no job {options.job_name} runs in {options.region}; leave --update out to start one"
        )
        raise RunFailed(ExitCode.USAGE, message)


def _is_of_service(error: Exception) -> bool:
    """Tell whether an exception comes from the service or the way to it, and so is no fault of warraq's."""
    return isinstance(error, OSError) or type(error).__module__.startswith(("google.", "requests."))
