"""From a raw record to an article."""

import dataclasses

from transforms.core.settings import setting

__all__ = ["ParseRules", "ScopeRules", "SourceRules"]


@dataclasses.dataclass(frozen=True)
class SourceRules:
    """What is known of one source."""

    time_zone: str = setting("UTC", "Zone (IANA name) in which naive times of this source are read.")
    priority: int = setting(0, "Between copies of the same event time the lower number is kept.")


@dataclasses.dataclass(frozen=True)
class ParseRules:
    """How records become articles."""

    default_source: str = setting("unknown", "Source of records that name none (and lie in no `source=NAME` folder).")
    crawled: str | None = setting(None, "Crawl day or time (ISO 8601) of records that carry no time at all.")


@dataclasses.dataclass(frozen=True)
class ScopeRules:
    """Which articles are wanted; the others are filtered with a reason."""

    languages: tuple[str, ...] = setting(("ar",), "Language codes to keep; an empty list keeps all.")
    from_date: str | None = setting(None, "First day (UTC, YYYY-MM-DD) to keep.")
    to_date: str | None = setting(None, "Last day (UTC, YYYY-MM-DD) to keep.")
