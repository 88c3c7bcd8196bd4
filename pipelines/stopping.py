"""Stopping in good order: the first SIGTERM or SIGINT asks, the second one ends the process as usual."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["stopping"]


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Give an event that the first signal sets; outside the main thread nothing sets it."""
    asked = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        asked.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {one: signal.signal(one, stop) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
