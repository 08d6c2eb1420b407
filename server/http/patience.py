"""How long a call waits for its vendor, and how often it tries."""

import random
from dataclasses import dataclass
from functools import cached_property

import anyio
import httpx

from server.errors import VendorError


@dataclass(frozen=True)
class Patience:
    """Bounds in seconds, and the number of attempts that one request has.

    request: one request with its waits and attempts. call: all requests of a call; the hosts that people use
    give up after 60 s, and what is not a request takes its time too.
    """

    connect: float = 10.0
    read: float = 30.0
    request: float = 45.0
    call: float = 50.0
    attempts: int = 4
    first_backoff: float = 0.5
    longest_backoff: float = 8.0

    @cached_property
    def timeout(self) -> httpx.Timeout:
        """The bounds of one attempt."""
        return httpx.Timeout(self.read, connect=self.connect)

    def backoff(self, attempt: int) -> float:
        """Seconds before the next attempt: exponential, with full jitter."""
        return random.uniform(0, min(self.longest_backoff, self.first_backoff * 2 ** min(attempt, 30)))


class OutOfTime(VendorError):
    """A call's time was over before this request was answered."""


PERSON_SECONDS = 15.0


class Clock:
    """The time that a call has for all its requests, counted from the first.

    A pause in which nothing is under way for `PERSON_SECONDS` is a person's, who was asked whether to go on:
    then the time is counted anew. No tool waits that long between two requests.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline: float | None = None
        self._under_way = 0
        self._idle_since = 0.0

    def __enter__(self) -> float:
        """Begin a request; the time at which the call's is over."""
        now = anyio.current_time()
        paused = not self._under_way and now - self._idle_since > PERSON_SECONDS
        if self._deadline is None or paused:
            self._deadline = now + self._seconds
        self._under_way += 1
        return self._deadline

    def __exit__(self, *_: object) -> None:
        """End a request."""
        self._under_way -= 1
        self._idle_since = anyio.current_time()

    @property
    def left(self) -> float:
        """Seconds that the call still has."""
        return self._seconds if self._deadline is None else self._deadline - anyio.current_time()
