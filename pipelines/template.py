"""Flex Templates: the parameters of a template as a command line of `warraq`.

A template's launcher passes every parameter as `--name=value`, and adds Beam options of its own (engine, project, region,
where the job file goes, labels). Parameters have names with underscores and one value each, so lists are written into one.
"""

from collections.abc import Sequence

from pipelines.cli import main
from pipelines.errors import UsageError

__all__ = ["PARAMETERS", "command_line", "launch"]

#: Parameter -> option of `warraq`, for each command. Beam's options are parameters by their own names.
PARAMETERS: dict[str, dict[str, str]] = {
    "batch": {
        "config": "--config",
        "settings": "--set",
        "input": "--input",
        "output": "--output",
        "index": "--index",
        "allow_empty": "--allow-empty",
        "take_over": "--take-over",
    },
    "stream": {
        "config": "--config",
        "settings": "--set",
        "subscription": "--subscription",
        "topic": "--topic",
        "output": "--output",
        "id_label": "--id-label",
        "publish": "--publish",
        "index": "--index",
    },
}
_SWITCHES = ("allow_empty", "take_over")
_LISTS = {"settings": ";", "input": ","}
_TRUTHS = {"true": True, "false": False}


def command_line(arguments: Sequence[str]) -> list[str]:
    """Return what to call `warraq` with: `stream` where a subscription or topic is named, else `batch`.

    Parameters without a value are left out; what is no parameter is passed on, for Beam's options are checked there.
    Raises UsageError for a parameter of the other command, a switch that is neither true nor false, and one that comes twice.
    """
    given: dict[str, str] = {}
    rest: list[str] = []
    known = {name for parameters in PARAMETERS.values() for name in parameters}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        name = name.removeprefix("--")
        if not equals or name not in known:
            rest.append(argument)
        elif name in given:
            raise UsageError(f"parameter {name} is given twice")
        elif value:
            given[name] = value
    command = "stream" if given.keys() & {"subscription", "topic"} else "batch"
    strange = sorted(given.keys() - PARAMETERS[command].keys())
    if strange:
        raise UsageError(f"{command} has no parameter {', '.join(strange)}")
    options = [part for name, value in given.items() for part in _option(command, name, value)]
    return [command, *options, *rest]


def _option(command: str, name: str, value: str) -> list[str]:
    option = PARAMETERS[command][name]
    if name in _SWITCHES:
        if value.lower() not in _TRUTHS:
            raise UsageError(f"parameter {name}: {value!r} is neither true nor false")
        return [option] if _TRUTHS[value.lower()] else []
    if name not in _LISTS:
        return [f"{option}={value}"]
    values = [one.strip() for one in value.split(_LISTS[name]) if one.strip()]
    if name == "settings":
        return [f"{option}={one}" for one in values]
    return [option, *values]


def launch(arguments: Sequence[str]) -> int:
    """Run the command that the parameters mean; return its exit code."""
    try:
        line = command_line(arguments)
    except UsageError:
        line = ["batch", *arguments]  # the command tells what is wrong in its own way
    return main(line)
