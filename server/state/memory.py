"""State in this process's memory."""

import time
from collections.abc import Callable

MOST_KEYS = 10_000
MOST_COUNTED = 1000


class InProcess:
    """State for a server that runs as one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[str, tuple[float, str]] = {}
        self._counted: dict[str, list[float]] = {}

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where it is taken."""
        self._forget()
        if key in self._values:
            return False
        self._values[key] = (self._clock() + seconds, "")
        return True

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        self._forget()
        self._values[key] = (self._clock() + seconds, value)

    async def take(self, key: str) -> str | None:
        """The value under `key`, once."""
        self._forget()
        _, value = self._values.pop(key, (0, None))
        return value

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """What was added for `key` in the last `seconds`, with what is added now."""
        now = self._clock()
        recent = [moment for moment in self._counted.pop(key, []) if moment > now - seconds]
        recent = (recent + [now] * add)[-MOST_COUNTED:]
        if recent:
            self._counted[key] = recent
        while len(self._counted) > MOST_KEYS:
            self._counted.pop(next(iter(self._counted)))
        return len(recent)

    def _forget(self) -> None:
        now = self._clock()
        self._values = {key: kept for key, kept in self._values.items() if kept[0] > now}
        while len(self._values) >= MOST_KEYS:
            self._values.pop(next(iter(self._values)))
