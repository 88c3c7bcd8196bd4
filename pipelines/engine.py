"""The engines: the one table of Beam runners that warraq runs on, what each promises, and those it refuses."""

import dataclasses

from pipelines.errors import UsageError, did_you_mean

__all__ = ["BATCH", "ENGINES", "STREAMING", "Engine", "resolve_engine", "why_refused"]

BATCH = "batch"
STREAMING = "streaming"
_MODES = (BATCH, STREAMING)


@dataclasses.dataclass(frozen=True)
class Engine:
    """One Beam runner, by its own name.

    `promise` is printed at the start of a run; `note` too, where the name given stands for this engine.
    `always` are flags added to every run, `needs` pairs of an option that must be given (of `a|b` one) and the reason.
    `module` must be importable, and `extra` is the extra of warraq that brings it. `measured` says on which tests the
    promise stands. On an engine that `divides_steps`, `--sdk_worker_parallelism` starts several worker processes.
    `detached` says that a run goes on without its launcher, which only submits it: so a job publishes itself.
    `remote` says that its workers are other machines, which see no files of the launcher's.
    """

    name: str
    modes: tuple[str, ...]
    promise: str
    always: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    module: str = ""
    extra: str = ""
    limits: str = ""  # why a mode is missing from `modes`
    note: str = ""
    measured: str = ""
    divides_steps: bool = False
    refused_because: str | None = None
    detached: bool = False
    remote: bool = False


def _refused(name: str, reason: str) -> Engine:
    return Engine(name, (), "", refused_because=reason)


_NEVER_RUN = "warraq has never been run on it: nothing is promised."
_NO_PUBSUB = "Beam's Python reads Pub/Sub on Dataflow and on the direct engine only"
_SAME_FILES = "batch: the same files as on FnApiRunner, byte for byte, and the same counters"
_ALL = (
    Engine(
        "FnApiRunner",
        (BATCH,),
        "Runs on this machine; shuffled data are held in memory; a failing bundle is not retried and fails the run.",
        limits="with Pub/Sub it ends DONE with nothing read",
        measured="batch: the reference; with --direct_running_mode=multi_processing and two workers the same files, byte for"
        " byte, and the same counters",
    ),
    Engine(
        "BundleBasedDirectRunner",
        _MODES,
        "Runs in this process, for tests and low rates; it acknowledges Pub/Sub messages before they are written, "
        "so a kill loses those in flight.",
        measured=f"{_SAME_FILES}; streaming: the same final decisions as a batch",
    ),
    Engine(
        "PrismRunner",
        _MODES,
        "Runs on a Prism server on this machine, which holds shuffled data in memory; a failing bundle is not retried; "
        "in a stream warraq pulls the subscription by itself, and a kill loses what was acknowledged and not yet written.",
        # Without it Prism loses the state of a key when it splits a slow stateful bundle.
        always=("--experiments=prism_disable_sdf_split",),
        needs=(("prism_location", "the path of a prism binary; without it Beam downloads one"),),
        measured=f"{_SAME_FILES}, with one worker in this process and with two worker processes; streaming: the same final"
        " decisions as a batch, with both",
        divides_steps=True,
    ),
    Engine(
        "DataflowRunner",
        _MODES,
        "Runs on Google Cloud and costs money; the graph is tested offline only, never on the service.",
        needs=(
            ("project", "the Google Cloud project that runs and pays for the job"),
            ("region", "the region of the workers, such as europe-west1"),
            ("temp_location", "a gs:// folder; without it Beam picks a default bucket unasked"),
        ),
        # A list of all installed packages goes up with the job otherwise, with the passwords of their addresses.
        always=("--experiments=disable_logging_submission_environment",),
        module="google.cloud.dataflow",
        extra="gcp",
        detached=True,
        remote=True,
        measured="never run on the service",
    ),
    Engine(
        "PortableRunner",
        (BATCH,),
        "Sends the job to the job server at --job_endpoint, and what that does is its own affair: nothing is promised.",
        needs=(("job_endpoint", "host:port of the job server; Beam has none to fall back on"),),
        limits=_NO_PUBSUB,
        measured="batch: the same files, with a Prism server started by hand and --environment_type=LOOPBACK",
    ),
    Engine(
        "FlinkRunner",
        (BATCH,),
        f"Runs on Flink; {_NEVER_RUN}",
        needs=(("flink_job_server_jar|job_endpoint", "without a job server Beam downloads one"),),
        limits=_NO_PUBSUB,
        measured="never run",
    ),
    Engine(
        "SparkRunner",
        (BATCH,),
        f"Runs on Spark; {_NEVER_RUN}",
        needs=(("spark_job_server_jar|job_endpoint", "without a job server Beam downloads one"),),
        limits=_NO_PUBSUB,
        measured="never run",
    ),
    _refused(
        "DaskRunner", "it ends DONE with wrong data: outputs mixed, windows ignored, files without records"
    ),
    _refused("RayRunner", "the ray-beam distribution does not import with this Beam"),
    _refused("beam-pyspark", "its tagged outputs are wrong, and it has no state and no windows"),
    _refused("InteractiveRunner", "it is for notebooks: it caches and replays data between runs"),
    _refused(
        "SwitchingDirectRunner",
        "it changes the engine with the features of the graph; name the engine itself",
    ),
    _refused("KafkaStreamsRunner", "it is new in Beam and was never tried"),
    _refused("TestDirectRunner", "it is for Beam's own tests"),
    _refused("TestDataflowRunner", "it is for Beam's own tests"),
)

#: Every engine that warraq has an opinion on, by name.
ENGINES: dict[str, Engine] = {engine.name: engine for engine in _ALL}

#: DirectRunner is Beam's switch over three engines: warraq takes one, by the mode, and says so.
_DIRECT = "DirectRunner"
_DIRECT_MEANS = {BATCH: "FnApiRunner", STREAMING: "BundleBasedDirectRunner"}


def _allowed() -> list[str]:
    return [name for name, engine in ENGINES.items() if engine.refused_because is None] + [_DIRECT]


def why_refused(name: str) -> str | None:
    """Return why no run may use the engine `name`, or None if some may. Says nothing of modes."""
    if name == _DIRECT:
        return None
    engine = ENGINES.get(name)
    if engine is not None:
        return engine.refused_because and f"{name} is refused: {engine.refused_because}"
    # Beam also takes full class paths, so the last part is what a slip is looked for in.
    meant = did_you_mean(name.rpartition(".")[2], _allowed())
    return f"{name!r} is no engine of warraq{meant or '; allowed are ' + ', '.join(_allowed())}"


def resolve_engine(name: str, mode: str) -> Engine:
    """Return the engine called `name` for a run in `mode` ("batch" or "streaming").

    `DirectRunner` gives the engine it stands for, with a `note`. Raises UsageError for names that are unknown
    or refused and for engines that do not run `mode`.
    """
    if mode not in _MODES:
        message = f"{mode!r} is not one of {', '.join(_MODES)}"
        raise ValueError(message)
    reason = why_refused(name)
    if reason is not None:
        raise UsageError(reason)
    if name == _DIRECT:
        engine = ENGINES[_DIRECT_MEANS[mode]]
        note = f"DirectRunner is a switch over several engines; for {mode} warraq takes {engine.name}."
        return dataclasses.replace(engine, note=note)
    engine = ENGINES[name]
    if mode not in engine.modes:
        others = ", ".join(other.name for other in ENGINES.values() if mode in other.modes)
        message = f"{name} does not run {mode}: {engine.limits}; engines that do: {others}"
        raise UsageError(message)
    return engine
