"""Beam's own options, taken strictly: what Beam would drop with one log line is refused here.

Beam takes more than a second to import, so this module imports it only inside the functions that need it.
"""

import argparse
import functools
import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.config import Config
from pipelines.engine import Engine
from pipelines.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

__all__ = ["OWN_OPTIONS", "BeamFlags", "check_beam_flags", "pipeline_options", "split_options"]

#: warraq's own options, so that a slip in one of them finds its way home.
OWN_OPTIONS = (
    *(
        "--config",
        "--set",
        "--input",
        "--output",
        "--runner",
        "--allow-empty",
        "--take-over",
        "--quiet",
        "--help",
    ),
)

_REFUSED = {
    "--runner": "the engine is named once: by --runner of warraq or by engine.runner of the configuration",
    "--save_main_session": "nothing of warraq lives in __main__, and saving it is behind many pickling faults",
    "--auto_unique_labels": "labels made by Beam may lose data when a running job is updated",
}
#: Options that every other engine would ignore without a word, by Beam's class of them.
_ONLY_FOR = {
    "DirectOptions": ("FnApiRunner", "BundleBasedDirectRunner", "DirectRunner"),
    "PrismRunnerOptions": ("PrismRunner",),
    "FlinkRunnerOptions": ("FlinkRunner", "PortableRunner"),
    "SparkRunnerOptions": ("SparkRunner", "PortableRunner"),
    "KafkaStreamsRunnerOptions": (),
    "PortableOptions": ("PrismRunner", "PortableRunner", "FlinkRunner", "SparkRunner"),
}
#: ... and single ones.
_ONLY_FOR_ONE = dict.fromkeys(
    ("direct_num_workers", "direct_running_mode", "direct_test_splits"), ("FnApiRunner", "DirectRunner")
) | {"dry_run": ("DataflowRunner",)}
_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]+)?")
#: Cloud Storage documentation, "About Cloud Storage buckets": 3 to 63 characters, or parts of these with dots between.
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:/|$)")
_DECIMAL = {
    int: re.compile(r"[-+]?[0-9]+"),
    float: re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"),
}


class BeamFlags(NamedTuple):
    """The part of a command line that is Beam's: the engine's name, if given, and the other flags as written."""

    runner: str | None
    flags: tuple[str, ...]


class _Option(NamedTuple):
    """One of Beam's options. `group` is the class that declares it."""

    action: argparse.Action
    group: str

    @property
    def is_switch(self) -> bool:
        return self.action.nargs == 0

    @property
    def repeats(self) -> bool:
        # Stores and switches keep the last value and drop the others; all else that Beam has collects.
        return not self.is_switch and type(self.action).__name__ != "_StoreAction"


class _Flag(NamedTuple):
    """One option that was given: as one argument for Beam, and what it sets."""

    text: str
    name: str
    value: str | None
    option: _Option


def split_options(argv_rest: Sequence[str]) -> BeamFlags:
    """Take `--runner` out of the arguments that are not warraq's own; Beam is not needed for it.

    Raises UsageError when it has no value or comes twice.
    """
    runner: str | None = None
    flags: list[str] = []
    messages: list[str] = []
    arguments = iter(argv_rest)
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name != "--runner":
            flags.append(argument)
            continue
        value = value if equals else next(arguments, "")
        if not value or value.startswith("-"):
            messages.append("--runner needs a value: the name of an engine, such as --runner=FnApiRunner")
        elif runner is not None:
            messages.append(f"--runner is given twice: {runner} and {value}")
        runner = value
    if messages:
        raise UsageError(messages)
    return BeamFlags(runner, tuple(flags))


def check_beam_flags(flags: Sequence[str], runner: str, own: Sequence[str] = OWN_OPTIONS) -> list[str]:
    """Return `flags` in the form `--name=value`, each known to Beam and of use to `runner`.

    `own` are warraq's options, for "did you mean". Raises UsageError with one message per fault: unknown
    names (abbreviations too), missing or superfluous values, wrong types and choices, repetition.
    """
    messages: list[str] = []
    read = _read(flags, runner, own, messages)
    if messages:
        raise UsageError(messages)
    return [flag.text for flag in read]


def pipeline_options(
    config: Config, engine: Engine, flags: Sequence[str], *, streaming: bool = False
) -> "PipelineOptions":
    """Return Beam's options for a run on `engine`: `engine.options` of the configuration, then `flags`.

    A flag wins over the configuration; options that collect values (experiments, labels) get both. The main
    session is never saved. Raises UsageError with every fault, what the engine needs and lacks included.
    """
    messages: list[str] = []
    given = _read(flags, engine.name, OWN_OPTIONS, messages)
    settled = {flag.option.action.dest for flag in given if not flag.option.repeats}
    kept = _of_config(config.engine.options, engine.name, messages)
    merged = [flag for flag in kept if flag.option.action.dest not in settled] + given
    messages += _unmet(engine, merged, streaming=streaming)
    if messages:
        raise UsageError(messages)
    from apache_beam.options.pipeline_options import PipelineOptions

    # On services Beam saves the main session unless told otherwise.
    fixed = [f"--runner={engine.name}", "--no_save_main_session", *engine.always]
    if streaming:
        fixed.append("--streaming")
    return PipelineOptions(list(dict.fromkeys([flag.text for flag in merged] + fixed)))


@functools.cache
def _catalogue() -> dict[str, _Option]:
    """Return every option of Beam by its name with dashes. All classes live in one module, none loads later."""
    from apache_beam.options import pipeline_options as beam

    options: dict[str, _Option] = {}
    for group in beam.PipelineOptions.__subclasses__():
        if group.__module__ == beam.__name__:
            parser = beam._BeamArgumentParser(allow_abbrev=False, add_help=False)  # noqa: SLF001 (no public way)
            group._add_argparse_args(parser)  # noqa: SLF001
            for action in parser._actions:  # noqa: SLF001
                options |= dict.fromkeys(action.option_strings, _Option(action, group.__name__))
    return options


def _read(flags: Sequence[str], runner: str, own: Sequence[str], messages: list[str]) -> list[_Flag]:
    """Return the flags that are right; add what is wrong with the others to `messages`."""
    known = _catalogue()
    read: list[_Flag] = []
    waiting = list(flags)
    while waiting:
        argument = waiting.pop(0)
        name, equals, text = argument.partition("=")
        value = text if equals else None
        option = known.get(name)
        if not argument.startswith("--") or name == "--":
            messages.append(_stray(argument))
            continue
        # A value may follow as an argument of its own; after an unknown name it is taken for one too.
        takes_value = option is None or not option.is_switch
        if value is None and takes_value and waiting and _is_value(waiting[0]):
            value = waiting.pop(0)
        if option is None:
            hint = did_you_mean(name, [*own, *known]) or "; see `warraq --help` and Beam's documentation"
            messages.append(f"{name} is an option neither of warraq nor of Beam{hint}")
            continue
        fault = _fault(name, value, option, runner) or _repetition(name, value, option, read)
        if fault:
            messages.append(fault)
        else:
            read.append(_Flag(name if value is None else f"{name}={value}", name, value, option))
    return read


def _is_value(argument: str) -> bool:
    return not argument.startswith("-") or bool(_NUMBER.fullmatch(argument))


def _stray(argument: str) -> str:
    if argument.startswith("-") and argument.strip("-"):
        return f"{argument}: options have two dashes{did_you_mean('-' + argument, [*OWN_OPTIONS, *_catalogue()])}"
    return f"{argument!r} belongs to no option"


def _fault(name: str, value: str | None, option: _Option, runner: str) -> str:
    """Return what is wrong with one option by itself, or ""."""
    if name in _REFUSED:
        return f"{name} is refused: {_REFUSED[name]}"
    engines = _ONLY_FOR_ONE.get(option.action.dest) or _ONLY_FOR.get(option.group)
    if engines is not None and runner not in engines:
        return f"{name} means nothing to {runner}; it is for {' and '.join(engines) or 'an engine that warraq refuses'}"
    if option.is_switch:
        return "" if value is None else f"{name} takes no value, and {value!r} is given"
    if option.action.dest == "dry_run" and value != "True":
        return f"{name}={value} would be a dry run to Beam, as any value is: give --dry_run=True, or leave it out"
    if not value:
        return "" if option.action.nargs == "?" and value is None else f"{name} needs a value: {name}=..."
    return _value_fault(name, value, option.action)


def _value_fault(name: str, value: str, action: argparse.Action) -> str:
    if action.choices is not None and value not in action.choices:
        return f"{name}: {value!r} is not one of {', '.join(action.choices)}{did_you_mean(value, action.choices)}"
    decimal = _DECIMAL.get(action.type) if isinstance(action.type, type) else None
    if decimal is not None and not decimal.fullmatch(value):
        return f"{name}: {value!r} is not {'a whole number' if action.type is int else 'a number'}"
    try:
        converted: Any = action.type(value) if callable(action.type) else value
        action(argparse.ArgumentParser(), argparse.Namespace(), converted, name)
    except (argparse.ArgumentError, argparse.ArgumentTypeError, ValueError, TypeError) as error:
        return f"{name}: {value!r} is not what the option takes: {error}"
    except (AttributeError, AssertionError):  # JSON of another form than the option's own code expects
        return f"{name}: {value!r} is not what the option takes"
    return ""


def _repetition(name: str, value: str | None, option: _Option, read: Sequence[_Flag]) -> str:
    if option.repeats:
        return ""
    for earlier in read:
        if earlier.option.action.dest == option.action.dest:
            this = name if value is None else f"{name}={value}"
            return f"{this} repeats or contradicts {earlier.text}; give one of them"
    return ""


def _of_config(options: Mapping[str, str | int | bool], runner: str, messages: list[str]) -> list[_Flag]:
    """Return `engine.options` as flags; add what is wrong with them to `messages`."""
    read: list[_Flag] = []
    for key, value in options.items():
        faults: list[str] = []
        argument = _switch(key, value, faults) if isinstance(value, bool) else f"--{key}={value}"
        for flag in _read([argument] if argument else [], runner, (), faults):
            faults += filter(None, [_repetition(flag.name, flag.value, flag.option, read)])
            read.append(flag)
        messages += [f"engine.options.{key}: {fault}" for fault in faults]
    return read


def _switch(key: str, value: bool, faults: list[str]) -> str:
    """Return the switch that makes an option true or false, "" if it is so by default.

    The option is named by a switch (`no_auth`) or by what a switch sets (`use_public_ips`).
    """
    known = _catalogue()
    named = known.get(f"--{key}")
    if named is not None and not named.is_switch:
        faults.append(f"takes a value, not {str(value).lower()}")
        return ""
    dest = key if named is None else named.action.dest
    wanted = value if named is None else bool(named.action.const) == value
    switches = {
        name: option.action
        for name, option in known.items()
        if option.is_switch and option.action.dest == dest
    }
    for name, action in switches.items():
        if action.const == wanted:
            return name
    if switches and wanted not in {bool(action.default) for action in switches.values()}:
        faults.append(f"Beam has no option that makes it {str(value).lower()}")
    return "" if switches else f"--{key}"


def _unmet(engine: Engine, flags: Sequence[_Flag], *, streaming: bool) -> list[str]:
    """Return what the engine needs and has not got."""
    values = {flag.option.action.dest: flag.value for flag in flags}
    messages = [
        f"{engine.name} needs --{name.replace('|', ' or --')}: {reason}"
        for name, reason in engine.needs
        if values.keys().isdisjoint(name.split("|"))
    ]
    if engine.divides_steps:
        messages += _worker_faults(values)
    if engine.remote:
        messages += _bucket_faults(values)
    prism = values.get("prism_location")
    if prism is not None and not Path(prism).is_file():
        messages.append(f"--prism_location: there is no file {prism}, and warraq lets Beam download nothing")
    if "streaming" in values and not streaming:
        messages.append("--streaming: a batch run is not turned into a streaming one by a flag")
    if engine.module and not _is_installed(engine.module):
        messages.append(
            f"{engine.name} needs packages that are not installed: pip install 'warraq[{engine.extra}]'"
        )
    return messages


def _bucket_faults(values: Mapping[str, str | None]) -> list[str]:
    """Return what is wrong with the folders of a service: where one is no bucket's, Beam looks for another, for minutes."""
    return [
        f"--{name}: {values[name]!r} is no folder in a bucket, such as gs://my-bucket/tmp"
        for name in ("temp_location", "staging_location")
        if name in values and not _BUCKET.match(values[name] or "")
    ]


def _worker_faults(values: Mapping[str, str | None]) -> list[str]:
    """Return what is wrong with the number of worker processes and where they are."""
    number, place = values.get("sdk_worker_parallelism", "1"), values.get("environment_type", "LOOPBACK")
    if number is None or not re.fullmatch("[1-9][0-9]?", number):
        return [f"--sdk_worker_parallelism: {number!r} is not a number of worker processes"]
    if number != "1" and place != "LOOPBACK":
        # Workers that Beam starts number their metrics alike, and Prism takes those of one for those of another.
        return [
            f"--environment_type={place} has one worker; the {number} of --sdk_worker_parallelism are warraq's own"
        ]
    return []


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # one of the packages above it
        return False
