"""Full names of Pub/Sub topics and subscriptions, checked before any client sees them."""

import re

from pipelines.errors import UsageError

__all__ = ["check_name", "is_name"]

_PATTERN = r"projects/[a-z][a-z0-9:.-]{{4,62}}/{kind}/[A-Za-z][A-Za-z0-9._~+%-]{{2,254}}"


def is_name(kind: str, name: str) -> bool:
    """Tell whether a name is the full name of one of `kind`: `topics` or `subscriptions`."""
    return re.fullmatch(_PATTERN.format(kind=kind), name) is not None


def check_name(option: str, kind: str, name: str | None) -> None:
    """Raise UsageError where a name was given by an option and is no full name of one of `kind`."""
    if name is not None and not is_name(kind, name):
        raise UsageError(f"{option} {name}: give the full name, projects/PROJECT/{kind}/NAME")
