"""The answers that one call got from its vendor: how old they are, in words, and how large."""

from dataclasses import replace

import anyio

from server.http.cache import Fetched
from server.http.connection import Connection
from server.http.limits import in_words

AT_ONCE = 256 * 1024
"""Bytes that are read and laid out on the event loop; what is more, in a thread."""


class Received:
    """The answers that a call got over its connection, in the order in which they came."""

    def __init__(self, connection: Connection) -> None:
        self.answers: list[Fetched] = []
        self._connection = connection
        self._asked = 0
        self._began: float | None = None

    def expect(self) -> None:
        """Another request is about to be sent."""
        self._asked += 1
        self._began = self._began or anyio.current_time()

    def add(self, fetched: Fetched) -> None:
        """Take an answer in; one that came since this call's first request is not old, whoever it was fetched for."""
        since = anyio.current_time() - (self._began or 0.0)
        recent = fetched.age is not None and not fetched.trouble and fetched.age <= since
        self.answers.append(replace(fetched, age=None) if recent else fetched)

    @property
    def is_complete(self) -> bool:
        """Whether every request has an answer here."""
        return len(self.answers) == self._asked

    @property
    def heavy(self) -> bool:
        """Whether this is so much that laying it out would hold up other calls."""
        return sum(len(fetched.response.content) for fetched in self.answers) > AT_ONCE

    @property
    def oldest(self) -> float | None:
        """The age in seconds of the oldest answer that was kept for a moment; None where all came just now."""
        return max((one.age for one in self.answers if one.age is not None and not one.trouble), default=None)

    def outages(self) -> list[str]:
        """How old those answers are that stand in for one that the vendor could not give now."""
        ages = [fetched.age for fetched in self.answers if fetched.age is not None and fetched.trouble]
        down = f"{self._connection.title} is not available now: this is from"
        return list(dict.fromkeys(f"{down} {in_words(age)} ago" for age in ages))

    def ages(self) -> list[str]:
        """How old those answers are that did not come just now."""
        kept = [] if self.oldest is None else [self._connection.cache.aged(self.oldest)]
        return [*self.outages(), *kept]
