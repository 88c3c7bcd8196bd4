"""How each command of `warraq` is laid out: the parser, the exit codes, the options that many commands have."""

import argparse
from typing import NoReturn, TypeAlias

from pipelines.errors import UsageError

__all__ = ["EXIT_CODES", "Commands", "Parser", "add_command", "add_config"]

EXIT_CODES = """exit codes:
  0  done (verify: everything is as the manifest says)
  1  a fault of warraq, of the engine or of the machine
  2  the command line or the configuration is wrong; nothing was started
  3  no input file matched
  4  too many dead letters: everything is written, nothing is published
  5  the records do not add up: everything is written, nothing is published
  6  another run is writing to the same output folder
  7  verify found faults
"""


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of exiting, so that faults are reported in one way."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with the message."""
        raise UsageError([f"{message} (see `{self.prog} --help`)"])


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 (argparse has no public name for it)


def add_command(commands: Commands, name: str, summary: str, epilog: str = "") -> Parser:
    """Add a command with a line of `summary` and what is told below its options; return its parser."""
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_config(parser: Parser) -> None:
    """Add `--config` and `--set`."""
    parser.add_argument(
        "--config", metavar="FILE", help="YAML configuration, local or gs:// (default: all defaults)"
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one value of the configuration, e.g. --set dedup.horizon_days=30; may be repeated",
    )
