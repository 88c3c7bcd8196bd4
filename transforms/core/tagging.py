"""Tags with evidence."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["TagRules"]


@dataclasses.dataclass(frozen=True)
class TagRules:
    """What is tagged."""

    gazetteers: tuple[str, ...] = setting(("places",), "Names of the shipped gazetteers to match.")
