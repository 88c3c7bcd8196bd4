"""One field of a rules dataclass: its default, its bounds and its sentence for `warraq check` and editors."""

import dataclasses
from typing import Any

__all__ = ["setting"]


def setting(
    default: Any,
    doc: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Return a dataclass field with a default and the metadata that the config loader checks by.

    Bounds are inclusive. `doc` is one sentence. A mapping as default is copied for every instance.
    """
    metadata = {"doc": doc, "minimum": minimum, "maximum": maximum, "choices": choices}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
