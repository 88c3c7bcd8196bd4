"""Turns: of the threads of a process that would all compute in Python, one does at a time.

Engines give a worker several bundles at once, each in a thread of its own, and CPython runs one of them at a time anyway.
Those that wait for the interpreter take it from each other every few milliseconds, in the middle of an article; measured
over tagging with four threads that costs a third more CPU than taking turns (2.3 ms an article for 1.7).
"""

import threading

__all__ = ["turn"]

#: Held while computing, and never while waiting for anything: a service, a disk, another stage.
_TURN = threading.RLock()


def turn() -> threading.RLock:
    """Return the lock that a stage holds while it computes; the thread may hold it already."""
    return _TURN
