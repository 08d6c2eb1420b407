"""How much of a vendor's rate one caller may have where others want some of it."""

from bisect import bisect_right, insort

LATELY_SECONDS = 600.0
KEPT_BACK = 4
"""The last quarter of a window is kept for those who have not had the rest."""


def most_of_one(calls: int) -> int:
    """How many of so many calls may be one caller's while others call as well."""
    return calls - calls // KEPT_BACK


def lately(seconds: float) -> float:
    """For how long a caller is reckoned with after their last call, where a window has so many seconds."""
    return max(LATELY_SECONDS, seconds)


class Shares:
    """What each caller had of a rate, in this process.

    A caller who is alone may have all of it. Where another called lately, a part is left for them at any moment.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self._most = most_of_one(calls)
        self._window = seconds
        self._lately = lately(seconds)
        self._had: dict[str, list[float]] = {}
        self._seen: dict[str, float] = {}

    def until(self, caller: str, now: float, slot: float) -> float:
        """The moment until which a caller who asks `now` has to leave the rest to others, if that is after `slot`."""
        self._notice(caller, now)
        had = self._had[caller]
        if len(self._seen) == 1 or len(had) < self._most:
            return slot
        return max(slot, had[-self._most] + self._window)

    def take(self, caller: str, slot: float) -> None:
        """Reckon a slot to a caller who asked."""
        insort(self._had[caller], slot)

    def give_back(self, caller: str, slot: float) -> None:
        """Reckon it to them no more."""
        if slot in (had := self._had.get(caller, [])):
            had.remove(slot)

    def _notice(self, caller: str, now: float) -> None:
        self._seen.pop(caller, None)
        self._seen[caller] = now
        while self._seen[longest := next(iter(self._seen))] <= now - self._lately:
            del self._seen[longest]
            self._had.pop(longest, None)
        had = self._had.setdefault(caller, [])
        del had[: bisect_right(had, now - self._window)]
