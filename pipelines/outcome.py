"""How a command ends: its exit codes, and the exceptions that mean them."""

import enum

__all__ = ["ExitCode", "RunFailed"]


class ExitCode(enum.IntEnum):
    """Exit codes of `warraq`; documented in the README, so they are API."""

    OK = 0
    FAILED = 1  # a fault of warraq, of the engine or of the machine
    USAGE = 2  # the command line or the configuration is wrong; nothing was started
    NO_INPUT = 3  # no input file matched
    DEAD_LETTERS = 4  # too large a share of dead letters; everything is written, nothing published
    ACCOUNTING = 5  # the records do not add up; everything is written, nothing published
    LOCKED = 6  # another run writes to the same output folder
    DAMAGED = 7  # `verify` found faults


class RunFailed(Exception):  # noqa: N818 (an outcome, with its exit code)
    """A command that cannot go on: what to tell the user, and the exit code."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code
