"""The Flex Templates: what their parameters mean to the command line, and that metadata, image and code agree."""

import json
import re
import shlex
from pathlib import Path

import pytest
from google.cloud import dataflow_v1beta3 as dataflow
from google.protobuf import json_format

from pipelines import arguments
from pipelines.config import load_config
from pipelines.engine import ENGINES
from pipelines.errors import UsageError
from pipelines.options import pipeline_options, split_options
from pipelines.template import PARAMETERS, command_line
from transforms.core.errors import DEAD_LETTER_REASONS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
#: What the launcher of a template adds to the parameters.
LAUNCHER = (
    "--runner=DataflowRunner",
    "--project=demo-project",
    "--region=europe-west1",
    "--job_name=warraq-batch",
    "--template_location=gs://demo-bucket/staging/template_launches/job/job_object",
    "--temp_location=gs://demo-bucket/tmp",
    "--staging_location=gs://demo-bucket/staging",
    "--service_account_email=worker@demo-project.iam.gserviceaccount.com",
    "--max_num_workers=4",
    "--sdk_container_image=region-docker.example/demo/warraq@sha256:" + "0" * 64,
    '--labels={"goog-dataflow-provided-template-type": "flex"}',
)
BATCH = ("--input=gs://a-bucket/x/**, gs://b-bucket/y", "--output=gs://demo-bucket/out")
STREAM = ("--subscription=projects/p-1/subscriptions/s-1", "--output=gs://demo-bucket/out")


def metadata(name):
    return json.loads((DEPLOY / f"{name}_metadata.json").read_text("utf-8"))


def faults(found, command):
    """Return what is wrong with the metadata of a template of `command`."""
    told = []
    try:
        json_format.Parse(json.dumps(found), dataflow.TemplateMetadata.pb(dataflow.TemplateMetadata()))
    except json_format.ParseError as error:
        return [str(error)]
    names = [one["name"] for one in found["parameters"]]
    told += [f"{name} comes twice" for name in set(names) if names.count(name) > 1]
    told += [f"{name} is missing" for name in PARAMETERS[command] if name not in names]
    options = pipeline_options(
        load_config(None), ENGINES["DataflowRunner"], list(LAUNCHER[1:])
    ).get_all_options()
    told += [
        f"{name} is no option" for name in names if name not in PARAMETERS[command] and name not in options
    ]
    for one in found["parameters"]:
        for regex in one.get("regexes", ()):
            try:
                re.compile(regex)
            except re.error as error:
                told.append(f"{one['name']}: {error}")
            else:
                if not (regex.startswith("^") and regex.endswith("$")):
                    told.append(f"{one['name']}: the regex takes a part for the whole")
    if found["streaming"] is not (command == "stream"):
        told.append("streaming is wrong")
    return told


@pytest.mark.parametrize(("name", "command"), [("batch", "batch"), ("streaming", "stream")])
def test_the_metadata_is_what_the_service_takes_and_names_what_the_command_takes(name, command):
    assert faults(metadata(name), command) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "TEXT"}, "kind"),
        ({"paramType": "WORDS"}, "WORDS"),
        ({"isOptional": "no"}, "isOptional"),
        ({"name": "outptu"}, "outptu is no option"),
        ({"regexes": ["^gs://(.*$"]}, "unterminated subpattern"),
        ({"regexes": ["gs://.*"]}, "takes a part for the whole"),
    ],
)
def test_a_fault_in_the_metadata_is_found(fault, told):
    found = metadata("batch")
    (output,) = (one for one in found["parameters"] if one["name"] == "output")
    output |= fault
    assert told in "; ".join(faults(found, "batch"))


@pytest.mark.parametrize("name", ["batch", "streaming"])
def test_a_template_with_its_metadata_is_a_container_spec(name):
    spec = {
        "image": "region-docker.example/demo/warraq:1",
        "metadata": metadata(name),
        "sdkInfo": {"language": "PYTHON"},
    }
    parsed = json_format.Parse(json.dumps(spec), dataflow.ContainerSpec.pb(dataflow.ContainerSpec()))
    assert parsed.metadata.streaming is (name == "streaming")


@pytest.mark.parametrize(("given", "command"), [(BATCH, "batch"), (STREAM, "stream")])
def test_what_a_launcher_passes_is_a_command_line_that_is_taken(given, command):
    extra = (
        "--settings=dedup.horizon_days=30; output.codec=deflate",
        "--index=gs://demo-bucket/index",
        "--config=",
    )
    line = command_line([*given, *extra, *LAUNCHER])
    args, rest = arguments.command_line().parse_known_args(line)
    assert args.command == command
    assert args.overrides == ["dedup.horizon_days=30", "output.codec=deflate"]
    assert (args.output, args.index, args.config) == ("gs://demo-bucket/out", "gs://demo-bucket/index", None)
    if command == "batch":
        assert args.input == ["gs://a-bucket/x/**", "gs://b-bucket/y"]
        assert not args.allow_empty
    flags = split_options([f"--runner={args.runner}", *rest])
    assert flags.runner == "DataflowRunner"
    options = pipeline_options(
        load_config(None, args.overrides),
        ENGINES["DataflowRunner"],
        flags.flags,
        streaming=command == "stream",
    )
    assert options.get_all_options()["template_location"].endswith("/job_object")


def test_switches_are_true_or_false_and_parameters_belong_to_one_command():
    assert "--allow-empty" in command_line([*BATCH, "--allow_empty=true"])
    assert "--allow-empty" not in command_line([*BATCH, "--allow_empty=false"])
    with pytest.raises(UsageError) as told:
        command_line([*BATCH, "--take_over=perhaps"])
    assert told.value.messages == ["parameter take_over: 'perhaps' is neither true nor false"]
    with pytest.raises(UsageError) as told:
        command_line([*STREAM, "--input=gs://a-bucket/x"])
    assert told.value.messages == ["stream has no parameter input"]
    with pytest.raises(UsageError) as told:
        command_line([*BATCH, "--output=gs://demo-bucket/other"])
    assert told.value.messages == ["parameter output is given twice"]


def ignored(path):
    """Tell whether the build sees nothing of a path: .dockerignore lists what it sees."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    seen = [line.removeprefix("!") for line in lines[1:]]
    return not any(path == one or path.startswith(f"{one}/") for one in seen)


def test_the_image_has_the_beam_of_the_lock_and_copies_only_what_is_there():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    locks = [ROOT / "requirements.lock", DEPLOY / "requirements-gcp.lock"]
    (locked,) = {re.search(r"^apache-beam==(\S+)", lock.read_text(), re.MULTILINE)[1] for lock in locks}
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases == ["${LAUNCHER}", f"apache/beam_python3.11_sdk:{locked}"]
    copied = [line.split()[1:] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for source, _ in copied:
        assert not ignored(source), source
        assert source.startswith("dist/") or (ROOT / source).exists(), source
    (entry,) = (
        line.partition("=")[2] for line in lines if line.startswith("ENV FLEX_TEMPLATE_PYTHON_PY_FILE")
    )
    assert ["deploy/launch.py", entry] in copied
    assert lines[-1] == 'ENTRYPOINT ["/opt/apache/beam/boot"]'


def test_the_lock_of_the_image_has_all_that_the_lock_has_at_the_same_versions():
    def pins(path):
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), re.MULTILINE))

    image, plain = pins(DEPLOY / "requirements-gcp.lock"), pins(ROOT / "requirements.lock")
    of_build_only = {
        "build",
        "colorama",
        "pyproject-hooks",
        "setuptools",
    }  # the extra dataflow, which makes wheels
    assert {
        name: version for name, version in plain.items() if name not in of_build_only
    }.items() <= image.items()


def terraform():
    return "\n".join(path.read_text() for path in sorted((DEPLOY / "terraform").glob("*.tf")))


def test_terraform_uses_every_variable_that_it_declares_and_refers_to_resources_that_are_there():
    text = terraform()
    assert set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE)) == set(re.findall(r"\bvar\.(\w+)", text))
    resources = {
        f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE)
    }
    assert set(re.findall(r"(?<![\w.])(google_\w+\.\w+)\.", text)) <= resources
    assert text.count("{") == text.count("}")


def test_service_accounts_have_no_more_roles_than_were_thought_over():
    assert set(re.findall(r'"(roles/[\w.]+)"', terraform())) == {
        "roles/artifactregistry.reader",
        "roles/dataflow.developer",
        "roles/dataflow.worker",
        "roles/iam.serviceAccountUser",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/pubsub.publisher",
        "roles/pubsub.subscriber",
        "roles/pubsub.viewer",
        "roles/storage.objectAdmin",
        "roles/storage.objectViewer",
    }


def test_the_scheduled_launch_gives_parameters_that_the_template_has():
    given = re.search(r"parameters = \{(.*?)\n {8}\}", terraform(), re.DOTALL)[1]
    names = {one["name"] for one in metadata("batch")["parameters"]}
    assert {"input", "output"} <= set(re.findall(r"^\s*(\w+)\s*=", given, re.MULTILINE)) <= names


def commands_of_the_runbook():
    text = (ROOT / "docs" / "dataflow.md").read_text("utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    told = re.findall(r"^warraq (?:batch|stream) .*$", blocks, re.MULTILINE)
    return [line.replace("BUCKET", "demo-bucket").replace("PROJECT", "demo-project") for line in told]


@pytest.mark.parametrize("line", commands_of_the_runbook())
def test_the_commands_of_the_runbook_are_taken(line):
    args, rest = arguments.command_line().parse_known_args(shlex.split(line)[1:])
    config = load_config(str(ROOT / args.config), args.overrides)
    options = pipeline_options(
        config, ENGINES[config.engine.runner], rest, streaming=args.command == "stream"
    )
    assert options.get_all_options()["project"] == "demo-project"


def test_alerts_and_runbook_name_metrics_that_are_counted():
    text = terraform() + (ROOT / "docs" / "dataflow.md").read_text("utf-8")
    reasons = set(re.findall(r"refused_([a-z_]+)", text))
    assert reasons == {"bad_json"}
    assert reasons <= DEAD_LETTER_REASONS.keys()
    stages = "".join(path.read_text("utf-8") for path in sorted((ROOT / "transforms").glob("*.py")))
    for stage, counter in (("deduplicate", "late_unchecked"), ("publish", "too_large")):
        assert f"`warraq.{stage}`" in text
        assert f'StageCounter("{stage}")' in stages
        assert f'add("{counter}"' in stages
