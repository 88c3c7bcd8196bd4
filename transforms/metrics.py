"""What a stage counts: Beam counters, and beside them the side channel for live progress.

Names are API: namespace `warraq.<stage>`, counters `in`, `ok`, `refused_<reason>`, `filtered_<reason>`,
`duplicates`. For every one-to-one stage `in == ok + refused + filtered`.

Beam's local engines report metrics only after the run. So each worker process also writes its totals to
a small file of its own in the folder that the environment variable `WARRAQ_PROGRESS` names, a few times
a second; without the variable nothing is written. The channel is for eyes, never for accounting.
"""

import json
import os
import threading
import time
import uuid
from pathlib import Path

from apache_beam.metrics import Metrics

__all__ = ["PROGRESS_VARIABLE", "StageCounter", "flush_progress", "read_progress"]

PROGRESS_VARIABLE = "WARRAQ_PROGRESS"
_FLUSH_SECONDS = 0.25


class _Board:
    """The totals of this process, written to one file at most every quarter of a second."""

    def __init__(self) -> None:
        self._totals: dict[str, int] = {}
        self._next = 0.0
        self._file: Path | None = None
        self._of: tuple[str, int] | None = None

    def add(self, name: str, count: int) -> None:
        folder = os.environ.get(PROGRESS_VARIABLE)
        if not folder:
            return
        if self._of != (folder, os.getpid()):  # another run, or a forked child: its totals start anew
            self._of = folder, os.getpid()
            self._totals, self._next = {}, 0.0
            self._file = Path(folder, f"{os.getpid()}-{uuid.uuid4().hex}.json")
        self._totals[name] = self._totals.get(name, 0) + count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _FLUSH_SECONDS
            self.flush()

    def flush(self) -> None:
        if self._file is None:
            return
        temporary = self._file.with_suffix(f".{threading.get_ident()}.tmp")
        try:
            temporary.write_text(json.dumps(self._totals))
            temporary.replace(self._file)
        except OSError:  # the run must not fail because nobody can watch it
            self._next = time.monotonic() + 10


_board = _Board()


class StageCounter:
    """The counters of one stage. Cheap to make and to pickle; counters are made where they are used."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self._counters: dict[str, object] = {}

    def add(self, name: str, count: int = 1) -> None:
        """Add `count` to the counter `name` of this stage, in Beam and on the side channel."""
        counter = self._counters.get(name)
        if counter is None:
            counter = self._counters[name] = Metrics.counter(f"warraq.{self.stage}", name)
        counter.inc(count)  # type: ignore[attr-defined]
        _board.add(f"{self.stage}.{name}", count)


def flush_progress() -> None:
    """Write the totals of this process now, which else wait a quarter of a second."""
    _board.flush()


def read_progress(folder: str) -> dict[str, int]:
    """Return the sum of all processes' totals in the progress folder, `stage.counter` -> count."""
    totals: dict[str, int] = {}
    for path in Path(folder).glob("*.json"):
        try:
            board = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        for name, count in board.items():
            totals[name] = totals.get(name, 0) + count
    return totals
