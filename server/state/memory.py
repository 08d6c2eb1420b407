"""State in this process's memory."""

import time
from collections.abc import Callable


class InProcess:
    """State for a server that runs as one process. clock: seconds that only grow, as `time.monotonic`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._values: dict[str, tuple[float, str]] = {}
        self._counted: dict[str, list[float]] = {}

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where it is taken."""
        self._forget()
        if key in self._values:
            return False
        self._values[key] = (self.clock() + seconds, "")
        return True

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        self._forget()
        self._values[key] = (self.clock() + seconds, value)

    async def take(self, key: str) -> str | None:
        """The value under `key`, once."""
        self._forget()
        _, value = self._values.pop(key, (0, None))
        return value

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """What was added for `key` in the last `seconds`, with what is added now."""
        now = self.clock()
        recent = [moment for moment in self._counted.get(key, []) if moment > now - seconds]
        self._counted[key] = recent + [now] * add
        return len(self._counted[key])

    def _forget(self) -> None:
        now = self.clock()
        self._values = {key: kept for key, kept in self._values.items() if kept[0] > now}
