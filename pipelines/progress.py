"""Live progress of a local run, from the side channel of the stage counters (see `transforms.metrics`)."""

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.live import Live
from rich.text import Text

from transforms.metrics import PROGRESS_VARIABLE, flush_progress, read_progress

__all__ = ["counted", "show_progress"]

_REFRESH_SECONDS = 0.3
#: Where nobody watches (a log file), a line this often is enough.
_LOG_SECONDS = 15.0
_SHOWN = (
    ("read.bytes", "read"),
    ("read.in", "records"),
    ("parse.ok", "parsed"),
    ("normalize.ok", "normalised"),
    ("deduplicate.duplicates", "duplicates"),
    ("tag.ok", "tagged"),
    ("write.articles", "written"),
)


@contextlib.contextmanager
def show_progress(console: Console, input_bytes: int, *, quiet: bool) -> Iterator[None]:
    """Show what the stages have counted while the body runs: a live line on a terminal, else a line now and then."""
    if quiet:
        yield
        return
    with _channel() as folder:
        stop = threading.Event()
        thread = threading.Thread(target=_watch, args=(console, folder, input_bytes, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextlib.contextmanager
def counted() -> Iterator[Callable[[], dict[str, int]]]:
    """Give what tells how much the stages have counted since then, `stage.counter` -> count, on this machine."""
    with _channel() as folder:

        def totals() -> dict[str, int]:
            flush_progress()
            return read_progress(folder)

        yield totals


@contextlib.contextmanager
def _channel() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="warraq-progress-")
    os.environ[PROGRESS_VARIABLE] = folder
    try:
        yield folder
    finally:
        os.environ.pop(PROGRESS_VARIABLE, None)
        shutil.rmtree(folder, ignore_errors=True)


def _watch(console: Console, folder: str, input_bytes: int, stop: threading.Event) -> None:
    started = time.monotonic()
    if not console.is_terminal:
        while not stop.wait(_LOG_SECONDS):
            console.print(_line(read_progress(folder), input_bytes, time.monotonic() - started))
        return
    with Live(console=console, transient=True, auto_refresh=False) as live:
        while not stop.wait(_REFRESH_SECONDS):
            live.update(_line(read_progress(folder), input_bytes, time.monotonic() - started), refresh=True)


def _line(totals: dict[str, int], input_bytes: int, seconds: float) -> Text:
    parts = [f"{seconds:5.0f} s"]
    for name, label in _SHOWN:
        count = totals.get(name, 0)
        if name == "read.bytes":
            share = min(count / input_bytes, 1.0) if input_bytes else 1.0
            parts.append(f"{label} {share:4.0%} of {input_bytes / 1e6:,.1f} MB")
        elif count:
            parts.append(f"{label} {count:,}")
    return Text("  ".join(parts))
