"""Texts of one URL, one after the other: which article is a later version of which."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from transforms.core.cluster import DedupRules, is_within

__all__ = ["VersionLink", "Versioned", "link_versions"]


class Versioned(NamedTuple):
    """An article under its URL. In this order it sorts by rank; `version` is 0 where no earlier run has counted it."""

    time_unknown: bool
    event_us: int
    priority: int
    article_id: bytes
    digest: bytes
    version: int

    @property
    def time(self) -> int | None:
        """The event time in microseconds, None where unknown."""
        return None if self.time_unknown else self.event_us


class VersionLink(NamedTuple):
    """`later` is version number `version` of the text of which `earlier` was the one before."""

    later: Versioned
    earlier: Versioned
    version: int


def link_versions(group: Iterable[Versioned], rules: DedupRules) -> Iterator[VersionLink]:
    """Yield a link for each article of one URL that has an earlier one, of another id, within the horizon.

    The link goes to the one directly before it. Articles whose version an earlier run has counted keep it.
    """
    known: dict[bytes, Versioned] = {}
    for article in sorted(group, key=lambda a: (a.version == 0, a)):
        known.setdefault(article.article_id, article)
    before: Versioned | None = None
    for article in sorted(known.values()):
        version = article.version or 1
        if article.version == 0 and before and is_within(before.time, article.time, rules.horizon_us):
            version = before.version + 1
            yield VersionLink(article, before, version)
        before = article._replace(version=version)
