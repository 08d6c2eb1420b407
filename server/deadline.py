"""How long a call may last, all told: the hosts that people use give up after 60 seconds."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

CALL_SECONDS = 50.0


class Deadline:
    """The time that one call has for whatever it waits for: vendors, limits, other calls.

    What is not waiting takes its time too, so this is less than hosts allow.
    """

    def __init__(self, seconds: float = CALL_SECONDS) -> None:
        self._seconds = seconds
        self._at: float | None = None

    def begin(self) -> float:
        """Count from now on, unless it counts already; the time of the clock at which the call's is over."""
        if self._at is None:
            self._at = anyio.current_time() + self._seconds
        return self._at

    @property
    def left(self) -> float:
        """Seconds that the call still has."""
        return self.begin() - anyio.current_time()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out of it the time in which a person thinks."""
        left = self.left
        try:
            yield
        finally:
            self._at = anyio.current_time() + left
