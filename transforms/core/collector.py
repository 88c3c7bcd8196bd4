"""Python's collector of cyclic garbage, put off while something large is read.

Whoever reads an index makes millions of objects and no garbage. The collector would walk over them again and again: a
third of the time at 100,000 articles, more at a million.
"""

import contextlib
import gc
import threading
from collections.abc import Iterator

__all__ = ["collector_paused"]

_lock = threading.Lock()
#: How many ask for the pause, and whether the collector was on before the first.
_pauses, _was_on = 0, False


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector of this process off within the block. Blocks of several threads may overlap."""
    global _pauses, _was_on  # noqa: PLW0603 (so is the collector)
    with _lock:
        if not _pauses:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if not _pauses and _was_on:
                gc.enable()
