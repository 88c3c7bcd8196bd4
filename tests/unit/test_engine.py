import pytest

from pipelines.cli import main
from pipelines.engine import BATCH, ENGINES, STREAMING, resolve_engine
from pipelines.errors import UsageError


def refusal(name, mode):
    with pytest.raises(UsageError) as caught:
        resolve_engine(name, mode)
    return str(caught.value)


@pytest.mark.parametrize(("mode", "engine"), [(BATCH, "FnApiRunner"), (STREAMING, "BundleBasedDirectRunner")])
def test_direct_runner_is_mapped_to_one_engine_and_says_so(mode, engine):
    resolved = resolve_engine("DirectRunner", mode)
    assert resolved.name == engine
    assert engine in resolved.note
    assert resolved.promise == ENGINES[engine].promise


def test_an_engine_named_by_itself_has_no_note():
    assert resolve_engine("FnApiRunner", BATCH).note == ""


@pytest.mark.parametrize(
    "name",
    [
        "DaskRunner",
        "RayRunner",
        "beam-pyspark",
        "InteractiveRunner",
        "SwitchingDirectRunner",
        "TestDirectRunner",
    ],
)
@pytest.mark.parametrize("mode", [BATCH, STREAMING])
def test_engines_with_wrong_results_are_refused_with_the_reason(name, mode):
    assert refusal(name, mode).startswith(f"{name} is refused: ")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("FnApiRuner", "FnApiRunner"),
        ("fnapirunner", "FnApiRunner"),
        ("PrismRuner", "PrismRunner"),
        ("Dataflow", "DataflowRunner"),
        ("apache_beam.runners.direct.direct_runner.BundleBasedDirectRunner", "BundleBasedDirectRunner"),
    ],
)
def test_unknown_engines_are_refused_with_a_suggestion(name, meant):
    assert f"did you mean {meant}" in refusal(name, BATCH)


def test_a_name_like_no_engine_is_refused_with_the_list():
    assert "allowed are FnApiRunner" in refusal("", BATCH)


def test_fn_api_runner_is_refused_for_streams_with_the_engines_that_do():
    message = refusal("FnApiRunner", STREAMING)
    assert "nothing read" in message
    assert "BundleBasedDirectRunner" in message


def test_prism_always_gets_the_experiment_that_keeps_its_state():
    assert resolve_engine("PrismRunner", BATCH).always == ("--experiments=prism_disable_sdf_split",)


@pytest.mark.parametrize("name", ["FlinkRunner", "SparkRunner"])
def test_engines_that_were_never_run_say_so(name):
    assert "never been run" in resolve_engine(name, BATCH).promise


def test_every_allowed_engine_promises_something_and_says_why_it_lacks_a_mode():
    for engine in ENGINES.values():
        if engine.refused_because is None:
            assert engine.promise.endswith(".")
            assert engine.limits or set(engine.modes) == {BATCH, STREAMING}


def test_a_mode_that_does_not_exist_is_our_own_fault():
    with pytest.raises(ValueError, match="replay"):
        resolve_engine("FnApiRunner", "replay")


BATCH_COMMAND = ["batch", "--input", "in", "--output", "out"]
STREAM_COMMAND = ["stream", "--subscription", "projects/warraq-tests/subscriptions/s-1", "--output", "out"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        *(
            ([*BATCH_COMMAND, f"--runner={name}"], f"{name} is refused: {engine.refused_because}")
            for name, engine in ENGINES.items()
            if engine.refused_because
        ),
        *(
            ([*STREAM_COMMAND, f"--runner={name}"], f"{name} does not run streaming: {engine.limits}")
            for name, engine in ENGINES.items()
            if not engine.refused_because and STREAMING not in engine.modes
        ),
        *(
            ([*BATCH_COMMAND, f"--runner={name}"], f"{name} needs --{option.split('|')[0]}")
            for name, engine in ENGINES.items()
            for option, _ in engine.needs
        ),
        (
            [*BATCH_COMMAND, "--runner=PortableRunner", "--direct_num_workers=2"],
            "means nothing to PortableRunner",
        ),
        ([*BATCH_COMMAND, "--sdk_worker_parallelism=2"], "means nothing to FnApiRunner"),
        ([*BATCH_COMMAND, "--environment_type=LOOPBACK"], "means nothing to FnApiRunner"),
        (
            [*BATCH_COMMAND, "--runner=BundleBasedDirectRunner", "--direct_running_mode=multi_processing"],
            "means nothing to BundleBasedDirectRunner",
        ),
        (
            [*STREAM_COMMAND, "--runner=DirectRunner", "--direct_num_workers=2"],
            "means nothing to BundleBasedDirectRunner",
        ),
        (
            [
                *BATCH_COMMAND,
                "--runner=PrismRunner",
                "--prism_location=/bin/sh",
                "--sdk_worker_parallelism=0",
            ],
            "not a number of worker processes",
        ),
        (
            [
                *BATCH_COMMAND,
                "--runner=PrismRunner",
                "--prism_location=/bin/sh",
                "--sdk_worker_parallelism=2",
                "--environment_type=PROCESS",
            ],
            "--environment_type=PROCESS has one worker",
        ),
    ],
)
def test_what_an_engine_cannot_do_is_refused_at_launch_with_its_reason(command, told, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert main(command) == 2
    assert told in " ".join(capsys.readouterr().err.split())
