"""State in this process's memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from sys import getsizeof

from server.state import owner_of

MOST_BYTES = 16 * 1024 * 1024
MOST_BYTES_EACH = 1024 * 1024
"""Of one owner."""
MOST_COUNTED = 1000
ENTRY = 300
"""Bytes that a fact takes besides what is in it."""
SWEEP_SECONDS = 1.0


@dataclass
class _Fact:
    """What is kept: a value, moments that are counted, or None for a claim."""

    value: str | list[float] | None
    until: float
    bytes: int


class InProcess:
    """State for a server that runs as one process. Bounded in bytes for each owner and in all.

    Where there is no room, values go, the oldest first and those of whoever has the most; claims and counts never do.
    most: bytes in all; most_each: of one owner.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        most: int = MOST_BYTES,
        most_each: int = MOST_BYTES_EACH,
    ) -> None:
        self._clock, self._most, self._most_each = clock, most, most_each
        self._facts: dict[str, dict[str, _Fact]] = {}
        self._bytes: dict[str, int] = {}
        self._swept = clock()

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where it is taken, or where there is no room."""
        return self._get(key) is None and self._keep(key, None, seconds)

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        self._drop(key)
        self._keep(key, value, seconds)

    async def get(self, key: str) -> str | None:
        """The value under `key`."""
        fact = self._get(key)
        return fact.value if fact and isinstance(fact.value, str) else "" if fact else None

    async def take(self, key: str) -> str | None:
        """The value under `key`, once."""
        value = await self.get(key)
        self._drop(key)
        return value

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """What was added for `key` in the last `seconds`, with what is added now."""
        now, fact = self._clock(), self._get(key)
        before = fact.value if fact and isinstance(fact.value, list) else []
        recent = ([moment for moment in before if moment > now - seconds] + [now] * add)[-MOST_COUNTED:]
        self._drop(key)
        if recent:
            self._keep(key, recent, seconds)
        return len(recent)

    def _get(self, key: str) -> _Fact | None:
        fact = self._facts.get(owner_of(key), {}).get(key)
        return fact if fact and fact.until > self._clock() else None

    def _keep(self, key: str, value: str | list[float] | None, seconds: float) -> bool:
        """Keep a fact where there is room for it."""
        self._drop(key)
        owner, size = owner_of(key), ENTRY + 2 * getsizeof(key) + getsizeof(value)
        size += sum(map(getsizeof, value)) if isinstance(value, list) else 0
        if not self._has_room(owner, size):
            return False
        self._facts.setdefault(owner, {})[key] = _Fact(value, self._clock() + seconds, size)
        self._bytes[owner] = self._bytes.get(owner, 0) + size
        return True

    def _has_room(self, owner: str, size: int) -> bool:
        """Whether there is room for so many bytes, made where values can go."""
        self._sweep()
        while self._bytes.get(owner, 0) + size > self._most_each:
            if not self._drop_oldest_value(owner):
                return False
        while sum(self._bytes.values()) + size > self._most:
            most = max(self._bytes, key=self._bytes.__getitem__)
            if not self._drop_oldest_value(most):
                return False
        return True

    def _drop_oldest_value(self, owner: str) -> bool:
        oldest = next((key for key, fact in self._facts.get(owner, {}).items() if isinstance(fact.value, str)), None)
        if oldest is not None:
            self._drop(oldest)
        return oldest is not None

    def _drop(self, key: str) -> None:
        owner = owner_of(key)
        fact = self._facts.get(owner, {}).pop(key, None)
        if fact is None:
            return
        self._bytes[owner] -= fact.bytes
        if not self._facts[owner]:
            del self._facts[owner], self._bytes[owner]

    def _sweep(self) -> None:
        """Forget what is over, now and then."""
        now = self._clock()
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            for key in [key for facts in self._facts.values() for key, fact in facts.items() if fact.until <= now]:
                self._drop(key)
