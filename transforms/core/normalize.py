"""Folding of Arabic spelling."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["NormalizeRules"]


@dataclasses.dataclass(frozen=True)
class NormalizeRules:
    """Which profile matching uses."""

    profile: str = setting("ar-norm/0", "Version of the normalisation profiles.", choices=("ar-norm/0",))
