"""State in Redis (or Valkey), for servers that behave as one.

Every key but tables of records has an expiry; every step is one script.

A call waits a second at most for Redis, once it is its turn. Where that cannot be reached, what guards a change raises
Refusal, so that nothing is changed; rates and kept answers raise Unreachable, for which their users have a way of their
own.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from contextlib import suppress
from secrets import token_hex
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError

from server.errors import Refusal, Unreachable
from server.state import key
from server.state.scripts import CLOSE, COUNT, KEEP_RESULT, KEPT, REPLACE_RECORD, SETTLE_SESSION, SLOT, TO_OTHERS

SECONDS = 1.0
AGAIN_AFTER = 3.0
"""Seconds for which nobody tries again what has just failed."""
PREFIX = "drumbeat:"
LARGEST_KEPT = 4 * 1024 * 1024
logger = logging.getLogger(__name__)

ENDED = b"ended"
ENDED_SECONDS = 60.0
"""Longer than anybody is about to settle a session that they saw before it ended."""
MOST_CONNECTIONS = 32
RESULT_SECONDS = 6 * 3600.0
"""Longer than an answer that names the result is kept and given again."""
MOST_RESULT_BYTES = 16 * 1024 * 1024


class Redis:
    """The state of all servers that use the same Redis. See `server.state.State` for the first four methods."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.asyncio.Redis.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            # `_reached` bounds the whole of it; a bound of each step takes as long as the question itself.
            socket_timeout=None,
            socket_connect_timeout=None,
            # A connection that Redis closed meanwhile is opened again; what does not answer is not asked twice.
            retry=Retry(NoBackoff(), 1, (ConnectionError,)),
            client_name="drumbeat",
        )
        # That many others are before a call, on a busy machine even for a second, does not mean that Redis is gone.
        self._turns = asyncio.Semaphore(MOST_CONNECTIONS)
        self._count = self._client.register_script(COUNT)
        self._slot = self._client.register_script(SLOT)
        self._close = self._client.register_script(CLOSE)
        self._kept = self._client.register_script(KEPT)
        self._keep_result = self._client.register_script(KEEP_RESULT)
        self._replace_record = self._client.register_script(REPLACE_RECORD)
        self._settle_session = self._client.register_script(SETTLE_SESSION)
        self._away_until = self._ping_after = 0.0

    @property
    def is_away(self) -> bool:
        """Whether it could not be reached a moment ago."""
        return time.monotonic() < self._away_until

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ping(self) -> bool:
        """Whether it answers, as far as is known; it is asked once a second, as strangers may want to know."""
        if time.monotonic() > self._ping_after:
            self._ping_after = time.monotonic() + SECONDS
            with suppress(Unreachable):
                await self._reached(self._client.ping())
        return not self.is_away

    async def claim(self, key: str, seconds: float) -> bool:
        """Take `key` for `seconds`; False where it is taken."""
        return bool(await self._guarding(self._client.set(PREFIX + key, b"", nx=True, px=_ms(seconds))))

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        await self._guarding(self._client.set(PREFIX + key, value.encode(), px=_ms(seconds)))

    async def get(self, key: str) -> str | None:
        """The value under `key`."""
        value = await self._guarding(self._client.get(PREFIX + key))
        return None if value is None else value.decode()

    async def take(self, key: str) -> str | None:
        """The value under `key`, once."""
        value = await self._guarding(self._client.getdel(PREFIX + key))
        return None if value is None else value.decode()

    async def count(self, key: str, seconds: float, *, add: int) -> int:
        """What was added for `key` in the last `seconds`, with what is added now."""
        added = self._count(keys=[PREFIX + key], args=[_ms(seconds), add, token_hex(8)])
        return int(await self._guarding(added))

    async def slot(
        self,
        name: str,
        calls: int,
        seconds: float,
        patience: float,
        ahead: int | None = None,
        share: tuple[str, int, float] | None = None,
    ) -> tuple[str | None, float]:
        """A slot in a rate that all share, and the seconds until it; None and the seconds where that is too long.

        ahead: how many others are to come before; then none is taken, and the seconds are those of the one after them.
        share: who asks, how many slots of a window may be theirs, and for how many seconds others are reckoned with;
        TO_OTHERS and the seconds where they have had so many.
        """
        number = token_hex(8)
        who, most, lately = share or ("", 0, 0.0)
        keys = [*(f"{PREFIX}{kind}:{name}" for kind in ("rate", "closed", "callers")), _had(name, who)]
        first: list[Any] = [calls, _ms(seconds), _ms(max(0.0, patience)), number, "" if ahead is None else ahead]
        taken, wait = await self._reached(self._slot(keys=keys, args=[*first, who, most, _ms(lately)]))
        return (None, number, TO_OTHERS)[taken], wait / 1000

    async def give_back(self, name: str, slot: str, who: str = "") -> None:
        """Take a slot back that nobody used."""
        for taken in (f"{PREFIX}rate:{name}", _had(name, who)):
            await self._reached(self._client.zrem(taken, slot))

    async def close(self, name: str, seconds: float) -> None:
        """Let nobody into a rate for `seconds`."""
        await self._reached(self._close(keys=[f"{PREFIX}closed:{name}"], args=[_ms(seconds)]))

    async def edition(self, place: str) -> str:
        """The edition of what is kept for a place: another one whenever something changed there."""
        return (await self._reached(self._client.get(f"{PREFIX}edition:{place}")) or b"0").decode()

    async def kept(self, place: str, key: str) -> tuple[str, bytes | None]:
        """The edition of what is kept for a place, and what is kept there under `key`."""
        keys = [f"{PREFIX}edition:{place}", f"{PREFIX}kept:{place}:{key}:"]
        edition, value = await self._reached(self._kept(keys=keys))
        return edition.decode(), value

    async def keep(self, place: str, key: str, edition: str, value: bytes, seconds: float) -> None:
        """Keep `value` for as long as its edition lasts, `seconds` at most; what is too large is not kept."""
        if len(value) <= LARGEST_KEPT:
            name = f"{PREFIX}kept:{place}:{key}:{edition}"
            await self._reached(self._client.set(name, value, px=_ms(seconds)))

    async def outdate(self, place: str, seconds: float) -> None:
        """Begin a new edition of what is kept for a place, since something changed there."""
        name = f"{PREFIX}edition:{place}"
        await self._reached(self._client.set(name, token_hex(8), px=_ms(seconds)))

    async def keep_result(self, owner: str, number: str, value: bytes, most: int) -> None:
        """Keep a result for its owner, of whom the newest `most` are kept, and no more than fit."""
        args: list[Any] = [number, value, _ms(RESULT_SECONDS), most, MOST_RESULT_BYTES]
        await self._reached(self._keep_result(keys=[PREFIX + key(owner, "results")], args=args))

    async def result(self, owner: str, number: str) -> bytes | None:
        """A result of this owner's that is still kept."""
        found: bytes | None = await self._reached(self._client.get(f"{PREFIX}{key(owner, 'results')}:{number}"))
        return found

    async def record(self, table: str, name: str) -> str | None:
        """A record in a table, which stays until it is replaced by nothing."""
        found = await self._reached(self._client.hget(PREFIX + table, name))
        return None if found is None else found.decode()

    async def records(self, table: str) -> list[str]:
        """The names of all records in a table."""
        return [name.decode() for name in await self._reached(self._client.hkeys(PREFIX + table))]

    async def replace_record(self, table: str, name: str, old: str | None, new: str | None, most: int) -> bool | None:
        """Replace a record that is still `old`; False where it is not, None where the table has `most` already."""
        args: list[Any] = [name, old or "", new or "", most]
        done = int(await self._reached(self._replace_record(keys=[PREFIX + table], args=args)))
        return None if done < 0 else bool(done)

    async def session(self, key: str) -> str | None:
        """What is known of a session that has not ended."""
        found = await self._reached(self._client.get(PREFIX + key))
        return None if found in (None, ENDED) else found.decode()

    async def settle_session(self, key: str, old: str, new: str, seconds: float, *, anew: bool) -> bool:
        """Keep what is known of a session where that is still `old`, or with `anew` nothing; False where it is not."""
        args: list[Any] = [old, new, _ms(seconds), int(anew)]
        return bool(await self._reached(self._settle_session(keys=[PREFIX + key], args=args)))

    async def end_session(self, key: str) -> bool:
        """Let nobody settle a session again; whether it had not ended."""
        ending = self._client.set(PREFIX + key, ENDED, px=_ms(ENDED_SECONDS), get=True)
        return await self._reached(ending) not in (None, ENDED)

    async def _guarding(self, answer: Awaitable[Any]) -> Any:
        try:
            return await self._reached(answer)
        except Unreachable:
            raise Refusal(
                "Nothing was changed: the Redis that servers share (DRUMBEAT_REDIS_URL) cannot be reached, "
                "and without it nobody can be sure of an agreement. Reading goes on."
            ) from None

    async def _reached(self, answer: Awaitable[Any]) -> Any:
        try:
            async with self._turns:
                if self.is_away:
                    raise Unreachable
                async with asyncio.timeout(SECONDS):
                    return await answer
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AGAIN_AFTER
            why = "no answer in time" if isinstance(error, TimeoutError) else error
            logger.warning("Redis cannot be reached (%s); reading goes on with this server's own limits", why)
            raise Unreachable from error
        finally:
            if hasattr(answer, "close"):  # what was never asked
                answer.close()


def _had(name: str, who: str) -> str:
    """Where the slots of one caller in a rate stand."""
    return f"{PREFIX}had:{name}:{who}"


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
