"""How the feeds are, as a JSON file for monitoring and as log lines for people."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.feed_memory import FeedState
from pipelines.terminal import plain, shorten
from transforms.core.times import iso_utc

__all__ = ["LOGGER", "log_poll", "write_health"]

LOGGER = logging.getLogger("warraq.poll")


def write_health(path: Path, states: Sequence[FeedState], now_s: float) -> None:
    """Write the health of feeds: whoever reads the file sees it whole, old or new. Raises OSError.

    An object with `written`, the sums `feeds`, `failing` and `items_sent`, and `by_feed`: for each id url, last_poll,
    last_success, next_poll (ISO 8601, null for never), items_sent, failures_in_a_row, http_status, reason, detail,
    moved_to.
    """
    health = {
        "written": _iso(now_s),
        "feeds": len(states),
        "failing": sum(state.failures > 0 for state in states),
        "items_sent": sum(state.sent for state in states),
        "by_feed": {state.feed: _row(state) for state in states},
    }
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(json.dumps(health, ensure_ascii=False, indent=1) + "\n", "utf-8")
    unfinished.replace(path)


def _row(state: FeedState) -> dict[str, Any]:
    return {
        "url": state.url,
        "last_poll": _iso(state.polled_s),
        "last_success": _iso(state.success_s),
        "next_poll": _iso(state.next_s),
        "items_sent": state.sent,
        "failures_in_a_row": state.failures,
        "http_status": state.status or None,
        "reason": state.reason,
        "detail": state.detail,
        "moved_to": state.moved_to,
    }


def _iso(time_s: float) -> str | None:
    return iso_utc(round(time_s) * 1_000_000) if time_s else None


def log_poll(state: FeedState, items: int, new: int, notes: Sequence[str]) -> None:
    """Log one line on a poll that was done, and one for each note."""
    wait = max(0, round(state.next_s - state.polled_s))
    if state.reason:
        LOGGER.warning(
            "%s: %s: %s (failure %d in a row, next in %d s)",
            state.feed,
            state.reason,
            shorten(state.detail, 300),
            state.failures,
            wait,
        )
    else:
        LOGGER.info(
            "%s: HTTP %d, %d items, %d sent, next in %d s", state.feed, state.status, items, new, wait
        )
    for note in notes:
        LOGGER.warning("%s: %s", state.feed, plain(note)[:500])
