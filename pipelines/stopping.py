"""Stopping in good order: the first SIGTERM or SIGINT asks, the second one ends the process as usual."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["stopping"]


@contextlib.contextmanager
def stopping(told: Callable[[str], None] | None = None) -> Iterator[threading.Event]:
    """Give an event that the first signal sets; outside the main thread nothing sets it.

    `told` is called with the signal's name, in the handler: it must not log, the thread that was interrupted may be
    writing a line.
    """
    asked = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        asked.set()
        if told is not None:
            told(signal.Signals(number).name)
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
