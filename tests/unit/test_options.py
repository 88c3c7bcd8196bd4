import dataclasses
import subprocess
import sys

import pytest
from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    SetupOptions,
    StandardOptions,
    WorkerOptions,
)

from pipelines import options as options_module
from pipelines.config_tree import Config, EngineRules
from pipelines.engine import resolve_engine
from pipelines.errors import UsageError
from pipelines.options import check_beam_flags, pipeline_options, split_options


def faults(*flags, runner="FnApiRunner"):
    with pytest.raises(UsageError) as caught:
        check_beam_flags(flags, runner)
    return caught.value.messages


def config(**options):
    return dataclasses.replace(Config(), engine=EngineRules("FnApiRunner", options))


def config_faults(name, flags=(), mode="batch", **options):
    with pytest.raises(UsageError) as caught:
        pipeline_options(config(**options), resolve_engine(name, mode), flags)
    return caught.value.messages


def test_importing_the_options_does_not_import_beam():
    code = (
        "import sys, pipelines.options; sys.exit(any(m.split('.')[0] == 'apache_beam' for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_right_flags_come_back_as_name_and_value():
    flags = [
        "--direct_num_workers",
        "2",
        "--temp_location=a=b",
        "--no_auth",
        "--experiments=a",
        "--experiments=b",
    ]
    assert check_beam_flags(flags, "FnApiRunner") == [
        "--direct_num_workers=2",
        "--temp_location=a=b",
        "--no_auth",
        "--experiments=a",
        "--experiments=b",
    ]


def test_a_negative_number_is_a_value():
    assert check_beam_flags(["--parallelism", "-1"], "FlinkRunner") == ["--parallelism=-1"]


@pytest.mark.parametrize(
    ("flag", "meant"),
    [
        ("--runer=x", "--runner"),
        ("--num_wrokers=2", "--num_workers"),
        ("--outptu=out", "--output"),
        ("--cofnig=x", "--config"),
        ("--direct-num-workers=2", "--direct_num_workers"),
        ("--temp_loc=gs://a/b", "--temp_location"),
        ("-project=x", "--project"),
    ],
)
def test_unknown_flags_are_refused_with_a_suggestion(flag, meant):
    (message,) = faults(flag)
    assert f"did you mean {meant}?" in message


def test_abbreviations_are_refused():
    (message,) = faults("--direct_num=2")
    assert "--direct_num " in message


@pytest.mark.parametrize(
    ("flag", "why"),
    [
        ("--direct_num_workers=two", "not a whole number"),
        ("--direct_num_workers=1_0", "not a whole number"),
        ("--direct_num_workers=\u0663", "not a whole number"),  # Arabic-Indic three, which int() takes
        ("--profile_sample_rate=nan", "not a number"),
        ("--direct_running_mode=multi_procesing", "did you mean multi_processing?"),
        ("--direct_test_splits={", "not what the option takes"),
        ("--sdk_harness_log_level_overrides=3", "not what the option takes"),
        ("--gcs_custom_audit_entries=3", "not what the option takes"),
        ("--project", "needs a value"),
        ("--project=", "needs a value"),
        ("--no_auth=true", "takes no value"),
        ("-f", "two dashes"),
        ("stray", "belongs to no option"),
        ("--", "belongs to no option"),
        ("--save_main_session", "is refused"),
        ("--auto_unique_labels", "is refused"),
        ("--runner=PrismRunner", "is refused"),
        ("--prism_location=x", "means nothing to FnApiRunner"),
    ],
)
def test_wrong_flags_are_refused_with_the_reason(flag, why):
    (message,) = faults(flag)
    assert why in message


def test_a_flag_without_its_value_does_not_eat_the_next_flag():
    assert faults("--project", "--no_auth") == ["--project needs a value: --project=..."]


def test_single_valued_flags_given_twice_are_noticed():
    (message,) = faults("--region=a", "--region=b")
    assert "--region=b repeats or contradicts --region=a" in message


def test_a_switch_and_its_opposite_are_noticed():
    (message,) = faults("--use_public_ips", "--no_use_public_ips")
    assert "contradicts" in message


def test_all_faults_are_told_together():
    assert len(faults("--num_wrokers=2", "--direct_num_workers=two", "stray", "--region")) == 4


def test_the_runner_is_taken_out_of_the_rest_of_the_command_line():
    assert split_options(["--a=1", "--runner", "PrismRunner", "b"]) == ("PrismRunner", ("--a=1", "b"))
    assert split_options(["--runner=PrismRunner"]) == ("PrismRunner", ())
    assert split_options(["x"]) == (None, ("x",))


@pytest.mark.parametrize(
    "rest", [["--runner"], ["--runner="], ["--runner", "--x"], ["--runner=a", "--runner=b"]]
)
def test_a_runner_without_a_value_or_given_twice_is_refused(rest):
    with pytest.raises(UsageError):
        split_options(rest)


def test_the_engine_is_named_and_the_main_session_is_never_saved():
    built = pipeline_options(config(), resolve_engine("DirectRunner", "batch"), [])
    assert built.view_as(StandardOptions).runner == "FnApiRunner"
    assert built.view_as(SetupOptions).save_main_session is False
    assert built.view_as(SetupOptions).pickle_library == "default"
    assert built.view_as(StandardOptions).streaming is False


def test_streaming_is_set_by_the_command_and_not_by_a_flag():
    engine = resolve_engine("DirectRunner", "streaming")
    assert pipeline_options(config(), engine, [], streaming=True).view_as(StandardOptions).streaming is True
    (message,) = config_faults("FnApiRunner", ["--streaming"])
    assert message.startswith("--streaming: ")


def test_flags_win_over_the_configuration_and_lists_are_joined():
    rules = config(direct_num_workers=2, direct_running_mode="multi_processing", experiments="a")
    built = pipeline_options(
        rules, resolve_engine("FnApiRunner", "batch"), ["--direct_num_workers=3", "--experiments=b"]
    )
    assert built.view_as(DirectOptions).direct_num_workers == 3
    assert built.view_as(DirectOptions).direct_running_mode == "multi_processing"
    assert built.view_as(DebugOptions).experiments == ["a", "b"]


def test_switches_of_the_configuration_are_true_or_false():
    rules = config(
        use_public_ips=False, no_auth=False, enable_streaming_engine=True, no_save_main_session=True
    )
    built = pipeline_options(rules, resolve_engine("FnApiRunner", "batch"), [])
    assert built.view_as(WorkerOptions).use_public_ips is False


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"direct_num_wrokers": 2}, "did you mean --direct_num_workers?"),
        ({"no_atuh": True}, "did you mean --no_auth?"),
        ({"direct_num_workers": "two"}, "not a whole number"),
        ({"project": True}, "takes a value"),
        ({"no_auth": "yes"}, "takes no value"),
        ({"enable_streaming_engine": False}, "no option that makes it false"),
        ({"save_main_session": True}, "is refused"),
        ({"runner": "PrismRunner"}, "is refused"),
        ({"machine_type": "a", "worker_machine_type": "b"}, "repeats or contradicts"),
    ],
)
def test_wrong_options_of_the_configuration_are_refused_by_their_key(options, why):
    (message,) = config_faults("FnApiRunner", **options)
    assert message.startswith(f"engine.options.{list(options)[-1]}: ")
    assert why in message


def test_prism_is_refused_without_a_binary_so_that_nothing_is_downloaded(tmp_path):
    assert "--prism_location" in config_faults("PrismRunner")[0]
    assert (
        "there is no file"
        in config_faults("PrismRunner", ["--prism_location=https://example.org/prism.zip"])[0]
    )
    binary = tmp_path / "prism"
    binary.touch()
    built = pipeline_options(config(), resolve_engine("PrismRunner", "batch"), [f"--prism_location={binary}"])
    assert built.view_as(DebugOptions).experiments == ["prism_disable_sdf_split"]


def test_dataflow_names_everything_that_it_lacks(monkeypatch):
    monkeypatch.setattr(options_module, "_is_installed", lambda _module: False)
    messages = "\n".join(config_faults("DataflowRunner"))
    for needed in ("--project", "--region", "--temp_location", "warraq[gcp]"):
        assert needed in messages


def test_faults_of_flags_configuration_and_engine_are_told_together():
    assert len(config_faults("PrismRunner", ["--regoin=x"], project=True)) == 3
