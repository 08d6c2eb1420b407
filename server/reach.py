"""How much one call looks at before it acts."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import anyio

T = TypeVar("T")

MOST_LOOKS = 40
LOOKING_SECONDS = 7.0
"""After these it looks no further than to the next power of two, which may take as long again."""


class Reach:
    """One call's bound. unseen: what it did not look at, in words for whoever has to decide.

    What is looked for by a request an object, or a page, asks `goes_on` before each request after the first.
    """

    def __init__(self) -> None:
        self.unseen: list[str] = []
        self._looks = 0
        self._since = 0.0

    def told(self, after: int = 0) -> list[str]:
        """A note of what was not looked at, but for the first so many."""
        return [f"Not looked at: {unseen}" for unseen in dict.fromkeys(self.unseen[after:])]

    def look_anew(self) -> None:
        """Look as far as at first."""
        self._looks = 0

    def goes_on(self) -> bool:
        """Whether to look at one more."""
        if not self._looks:
            self._since = anyio.current_time()
        self._looks += 1
        # Where time is short it ends at the same place again, since a second look is compared with the first.
        doubled = self._looks & (self._looks - 1) == 0
        slow = doubled and anyio.current_time() - self._since > LOOKING_SECONDS
        return self._looks < MOST_LOOKS and not slow

    def each(self, items: Sequence[T], called: str) -> Iterator[T]:
        """Those of `items`, each of which takes a request, that are within reach. called: what they are."""
        for number, item in enumerate(items):
            if number and not self.goes_on():
                self.unseen.append(f"{len(items) - number} of {len(items)} {called}")
                return
            yield item
