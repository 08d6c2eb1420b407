"""Rates and kept answers that several servers share, and what each does on its own while it cannot reach the others."""

import json
import time
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import anyio
import httpx

from server.errors import Unreachable
from server.http.limits import Limiter, Rate, TooBusy, Wait, until_slot
from server.http.response import Response
from server.http.shares import lately, most_of_one
from server.state.scripts import TO_OTHERS

if TYPE_CHECKING:
    from server.state.redis import Redis

EDITION_SECONDS = 7200.0
"""Longer than anything is kept."""
SOON = 0.05


@dataclass(frozen=True)
class Place:
    """One account at one vendor, as all servers know it. servers: how many there are."""

    redis: "Redis"
    name: str
    servers: int

    def limiter(self, rate: Rate, endpoint: str) -> Limiter:
        """The limiter of a rate that all servers keep together."""
        return SharedLimiter(self, rate, f"{self.name}:{endpoint}")

    async def edition(self) -> str | None:
        """What is kept is good as long as this stays the same; None where that cannot be told now."""
        with suppress(Unreachable):
            return await self.redis.edition(self.name)
        return None

    async def find(self, key: Hashable) -> tuple[str | None, Response | None, float]:
        """The edition, an answer that any server kept, and its age in seconds."""
        try:
            edition, value = await self.redis.kept(self.name, _digest(key))
        except Unreachable:
            return None, None, 0.0
        if value is None:
            return edition, None, 0.0
        head, _, content = value.partition(b"\n")
        status, headers, at = json.loads(head)
        return edition, Response(status, httpx.Headers(headers), content), max(0.0, time.time() - at)

    async def keep(self, key: Hashable, edition: str, response: Response, seconds: float) -> None:
        """Keep an answer for all servers."""
        head = json.dumps([response.status, list(response.headers.multi_items()), time.time()]).encode()
        with suppress(Unreachable):
            await self.redis.keep(self.name, _digest(key), edition, head + b"\n" + response.content, seconds)

    async def outdate(self) -> None:
        """Let no server use what was kept so far: something was changed."""
        with anyio.CancelScope(shield=True), suppress(Unreachable):
            await self.redis.outdate(self.name, EDITION_SECONDS)


class SharedLimiter(Limiter):
    """Keeps the calls of all servers within a rate; while they cannot be reached, its own within its share.

    Of each server one call at a time has a slot and waits for it, so servers take turns as well as their callers.
    """

    _settles_in = SOON

    def __init__(self, place: Place, rate: Rate, name: str) -> None:
        super().__init__(Rate(max(1, rate.calls // place.servers), rate.seconds, rate.per_endpoint))
        self._whole = rate
        self._redis = place.redis
        self._name = name

    async def _until(self, ahead: int) -> float:
        try:
            _, seconds = await self._redis.slot(self._name, self._whole.calls, self._whole.seconds, 0.0, ahead)
        except Unreachable:
            return await super()._until(ahead)
        return seconds

    async def _take(self, ends: float, wait: Wait, caller: str) -> float:
        patience = ends - anyio.current_time()
        whole, name = self._whole, _digest(caller)
        share = (name, most_of_one(whole.calls), lately(whole.seconds))
        try:
            slot, seconds = await self._redis.slot(self._name, whole.calls, whole.seconds, patience, share=share)
        except Unreachable:
            return await super()._take(ends, wait, caller)
        if slot == TO_OTHERS:
            return seconds
        if slot is None:
            raise TooBusy(seconds)
        try:
            await until_slot(seconds, wait)
        except BaseException:
            with anyio.CancelScope(shield=True), suppress(Unreachable):
                await self._redis.give_back(self._name, slot, name)
            raise
        return 0.0

    async def close(self, seconds: float) -> float:
        """Let no server's calls in for `seconds`: the vendor said so. What is obeyed of them."""
        obeyed = await super().close(seconds)
        with suppress(Unreachable):
            await self._redis.close(self._name, obeyed)
        return obeyed

    @property
    def left(self) -> int | None:
        """Unknown, since other servers call as well."""
        return None


def _digest(key: Hashable) -> str:
    return sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()
