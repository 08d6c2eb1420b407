"""How long a call waits for its vendor, and how often it tries."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import httpx

from server.errors import VendorError


@dataclass(frozen=True)
class Patience:
    """Bounds in seconds, and the number of attempts, of one request; `request` is all of it, with its waits.

    background: how long a call waits for what its vendor does meanwhile; looks: the first and the longest pause
    between looking whether it is done.
    """

    connect: float = 10.0
    read: float = 30.0
    request: float = 45.0
    attempts: int = 4
    first_backoff: float = 0.5
    longest_backoff: float = 8.0
    background: float = 45.0
    looks: tuple[float, float] = (1.0, 8.0)

    @cached_property
    def timeout(self) -> httpx.Timeout:
        """The bounds of one attempt."""
        return httpx.Timeout(self.read, connect=self.connect)

    def backoff(self, attempt: int) -> float:
        """Seconds before the next attempt: exponential, with full jitter."""
        return random.uniform(0, min(self.longest_backoff, self.first_backoff * 2 ** min(attempt, 30)))

    def pauses(self) -> Iterator[float]:
        """Seconds before looking again, and again, at what a vendor does in the background."""
        pause, longest = self.looks
        while True:
            yield pause
            pause = min(pause * 1.5, longest)


class OutOfTime(VendorError):
    """A call's time was over before this request was answered."""
