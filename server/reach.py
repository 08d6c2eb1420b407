"""How far one call goes: the time that all its requests have together, and how much it looks at before it acts."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")

CALL_SECONDS = 50.0
"""The hosts that people use give up after 60 s, and what is not a request takes its time too."""
MOST_LOOKS = 40
LOOKING = 0.25
"""The part of a call's time after which it looks no further than to the next power of two."""


class Reach:
    """One call's bounds. unseen: what it did not look at, in words for whoever has to decide.

    What is looked for by a request an object, or a page, asks `goes_on` before each request after the first.
    """

    def __init__(self, seconds: float = CALL_SECONDS) -> None:
        self.seconds = seconds
        self.unseen: list[str] = []
        self._ends: float | None = None
        self._looks = 0
        self._looking_since = 0.0

    @property
    def ends(self) -> float:
        """When the call's time is over, counted from the first request on."""
        if self._ends is None:
            self._ends = anyio.current_time() + self.seconds
        return self._ends

    @property
    def left(self) -> float:
        """Seconds that the call still has."""
        return self.seconds if self._ends is None else self._ends - anyio.current_time()

    def told(self, after: int = 0) -> list[str]:
        """A note of what was not looked at, but for the first so many."""
        return [f"Not looked at: {unseen}" for unseen in dict.fromkeys(self.unseen[after:])]

    def restart(self) -> None:
        """Count the time anew: a person was asked meanwhile."""
        self._ends = None

    def look_anew(self) -> None:
        """Look as far as at first."""
        self._looks = 0

    def goes_on(self) -> bool:
        """Whether to look at one more."""
        if not self._looks:
            self._looking_since = anyio.current_time()
        self._looks += 1
        # Where time is short it ends at the same place again, since a second look is compared with the first.
        doubled = self._looks & (self._looks - 1) == 0
        slow = doubled and anyio.current_time() - self._looking_since > self.seconds * LOOKING
        return self._looks < MOST_LOOKS and not slow

    def each(self, items: Sequence[T], called: str) -> Iterator[T]:
        """Those of `items`, each of which takes a request, that are within reach. called: what they are."""
        for number, item in enumerate(items):
            if number and not self.goes_on():
                self.unseen.append(f"{len(items) - number} of {len(items)} {called}")
                return
            yield item
