"""What was cut from answers, kept for its caller to read on: the newest of each caller, bounded in bytes."""

import re
import secrets
from contextlib import suppress
from threading import Lock
from typing import Protocol

from server.errors import Unreachable

MOST_RESULTS = 20
MOST_BYTES = 32 * 1024 * 1024
LARGEST_RESULT = 6 * 1024 * 1024
NUMBER = re.compile(r"[0-9a-f]{16}")


class Shared(Protocol):
    """A shelf of all servers. Both methods raise Unreachable."""

    async def keep_result(self, owner: str, number: str, value: bytes, most: int) -> None:
        """Keep a result for its owner, of whom the newest `most` are kept."""
        ...

    async def result(self, owner: str, number: str) -> bytes | None:
        """A result of this owner's that is still kept."""
        ...


class Shelf:
    """Encoded results by caller and number.

    shared: where the other servers of the team find them too. most: bytes of all that this server keeps.
    """

    def __init__(self, shared: Shared | None = None, most: int = MOST_BYTES) -> None:
        self._shared, self._most = shared, most
        self._kept: dict[str, dict[str, bytes]] = {}
        self._bytes: dict[str, int] = {}
        self._unshared: list[tuple[str, str, bytes]] = []
        # Answers that take long are laid out in threads.
        self._lock = Lock()

    def get(self, caller: str, number: str) -> bytes | None:
        """A result that this server keeps for this caller."""
        return self._kept.get(caller, {}).get(number)

    async def find(self, caller: str, number: str) -> bytes | None:
        """A result that any server keeps for this caller."""
        kept = self.get(caller, number)
        if kept is None and self._shared and NUMBER.fullmatch(number):
            with suppress(Unreachable):
                return await self._shared.result(caller, number)
        return kept

    def put(self, caller: str, value: bytes) -> str:
        """Keep a result; its number. Where there is no room, the oldest of whoever keeps most goes."""
        number = secrets.token_hex(8)
        with self._lock:
            mine = self._kept.setdefault(caller, {})
            mine[number] = value
            self._bytes[caller] = self._bytes.get(caller, 0) + len(value)
            if len(mine) > MOST_RESULTS:
                self._drop_oldest(caller)
            while sum(self._bytes.values()) > self._most:
                self._drop_oldest(max(self._bytes, key=self._bytes.__getitem__))
            if self._shared:
                self._unshared.append((caller, number, value))
        return number

    async def share(self, caller: str) -> None:
        """Let the other servers find what was kept for this caller, before it is told of it."""
        for item in [item for item in self._unshared if item[0] == caller]:
            if self._shared:
                with suppress(Unreachable):
                    await self._shared.keep_result(*item, MOST_RESULTS)
            # Another call of the same caller may have done the same meanwhile, which does no harm.
            with suppress(ValueError):
                self._unshared.remove(item)

    def _drop_oldest(self, caller: str) -> None:
        mine = self._kept[caller]
        self._bytes[caller] -= len(mine.pop(next(iter(mine))))
        if not mine:
            del self._kept[caller], self._bytes[caller]
