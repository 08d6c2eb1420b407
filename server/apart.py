"""Work on much data, away from the event loop."""

import gc
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import anyio

T = TypeVar("T")


async def apart(work: Callable[[], T], limiter: anyio.CapacityLimiter) -> T:
    """Do `work` in a thread."""

    def without_collecting() -> T:
        with UNCOLLECTED:
            return work()

    return await anyio.to_thread.run_sync(without_collecting, limiter=limiter)


class _Pause:
    """No garbage collection while anybody is inside: of a million values it looks at each again and again, which takes
    five times as long as making them and stops every thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._was_on:
                gc.enable()


UNCOLLECTED = _Pause()
SELDOM = (700, 60, 100)
"""After how many new objects, searches among these, and searches among what is older. Among more new objects each
search takes as long as a call, and one call in twenty would wait for it; after fewer searches what belongs to a session
passes for old while that lasts, and lies about long after its end."""


def collect_garbage(*, seldom: bool = False) -> None:
    """Let Python look for garbage from now on, but not in what the start has built, which stays.

    seldom: for many small calls, which else cause searches among all that is kept, the longest of all.
    """
    gc.freeze()
    if seldom:
        gc.set_threshold(*SELDOM)
    gc.enable()
