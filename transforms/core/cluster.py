"""Which articles say the same: ranks, parents and roots."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["DedupRules"]


@dataclasses.dataclass(frozen=True)
class DedupRules:
    """When an article is a duplicate of an earlier one."""

    min_tokens: int = setting(10, "Bodies with fewer words are never duplicates (but may be repeats).", minimum=1)
    horizon_days: int = setting(14, "How many days back an article may have its parent.", minimum=1)
