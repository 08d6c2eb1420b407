"""The journal in a Redis stream, for servers that behave as one: one journal of all of them, bounded in bytes.

Claims to an undo, which end by themselves in minutes, have a stream of their own, so that one is decided without
reading the journal. Nothing here waits for longer than a second; what cannot be reached is a JournalError.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, WatchError
from redis.retry import Retry

from server.changes.bounds import DEFAULT, Bounds, fitting
from server.changes.sinks import CLAIM, Condition
from server.errors import JournalError
from server.state.redis import AGAIN_AFTER, SECONDS

JOURNAL, SIZE, CLAIMS = "drumbeat:journal", "drumbeat:journal:bytes", "drumbeat:journal:claims"
FOLLOWED = "drumbeat:journal:followed"
WAIT_MS = 500
"""How long a follower waits for lines; shorter than a connection is waited for."""
CLAIMS_MS = 3_600_000
"""Longer than any claim."""
CLOCKS_SECONDS = 60.0
"""By how much the clocks of a server and of Redis may differ."""
MOST_AT_ONCE = 100
MOST_TRIES = 20
NOWHERE, EVERYWHERE = (0.0, 0.0), (inf, inf)

APPEND = """
redis.call('XADD', KEYS[1], '*', 'line', ARGV[1])
local size = redis.call('INCRBY', KEYS[2], #ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return size
"""
# Servers may drop the same lines at the same time; each is counted once.
DROP = """
for i = 1, #ARGV, 2 do
  if redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then redis.call('DECRBY', KEYS[2], ARGV[i + 1]) end
end
"""

logger = logging.getLogger(__name__)


class Stream:
    """Lines in a stream of the Redis at `url`. again_after: seconds until one that was away is asked again."""

    def __init__(self, url: str, bounds: Bounds = DEFAULT, *, again_after: float = AGAIN_AFTER) -> None:
        self._client: Any = redis.from_url(
            url,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            # A connection that Redis closed meanwhile is opened again; what does not answer is not asked twice.
            retry=Retry(NoBackoff(), 1, (ConnectionError,)),
            client_name="drumbeat-journal",
        )
        self._bounds, self._again_after = bounds, again_after
        self._append = self._client.register_script(APPEND)
        self._drop = self._client.register_script(DROP)
        self._away_until = 0.0
        self._full_at = bounds.stream_bytes

    def write(self, line: bytes, *, durably: bool, unless: Condition | None = None) -> bool:
        """Append a line; how durably, Redis is set up to say. Raises JournalError."""
        with self._reached():
            if line.startswith(CLAIM):
                return self._claim(line, unless)
            size = self._append(keys=[JOURNAL, SIZE], args=[line, self._kept_ms])
        if size > self._full_at:
            # The line is there; where this fails, the next one's writer does it.
            with suppress(JournalError):
                self._shrink()
        return True

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        """All lines but claims, or at least those that were written since then, oldest first."""
        after = 0 if since is None else max(0, int((since.timestamp() - CLOCKS_SECONDS) * 1000))
        for _, line in self._read(str(after)):
            yield line

    def followed(self) -> str:
        """Up to which number the follower has taken lines; "0-0" where there is none. Raises JournalError."""
        with self._reached():
            kept: bytes | None = self._client.get(FOLLOWED)
        return kept.decode() if kept else "0-0"

    def after(self, number: str) -> list[tuple[str, bytes]]:
        """The next lines after that number, each with its own; waits for them for half a second."""
        with self._reached():
            found = self._client.xread({JOURNAL: number}, MOST_AT_ONCE, WAIT_MS)
        return [(each.decode(), fields[b"line"]) for _, lines in _pairs(found) for each, fields in lines]

    def take(self, number: str) -> None:
        """Keep that the follower has what is up to this number: only then may it be dropped. Raises JournalError."""
        with self._reached():
            self._client.set(FOLLOWED, number, px=self._kept_ms)

    def check(self) -> str:
        """Which Redis. Raises JournalError where it cannot be reached."""
        with self._reached():
            self._client.ping()
        where = self._client.connection_pool.connection_kwargs
        return f"Redis at {where.get('host', where.get('path', ''))}"

    @property
    def _kept_ms(self) -> int:
        return self._bounds.kept_days * 24 * 3_600_000

    def _claim(self, line: bytes, unless: Condition | None) -> bool:
        for _ in range(MOST_TRIES):
            with self._client.pipeline() as pipe:
                pipe.watch(CLAIMS)
                held = [fields[b"line"] for _, fields in pipe.xrange(CLAIMS)]
                if unless and unless(iter(held)):
                    return False
                pipe.multi()
                pipe.xadd(CLAIMS, {"line": line}, minid=int(time.time() * 1000) - CLAIMS_MS, approximate=False)
                pipe.pexpire(CLAIMS, CLAIMS_MS)
                try:
                    pipe.execute()
                except WatchError:
                    continue
                return True
        raise JournalError("too many are claiming changes at once")

    def _read(self, first: str) -> Iterator[tuple[bytes, bytes]]:
        while True:
            with self._reached():
                found = self._client.xrange(JOURNAL, first, "+", MOST_AT_ONCE)
            yield from ((number, fields[b"line"]) for number, fields in found)
            if len(found) < MOST_AT_ONCE:
                return
            first = f"({found[-1][0].decode()}"

    def _shrink(self) -> None:
        """Drop the oldest that do not last, and then the oldest of the others, until a quarter is free.

        What a follower has yet to take stays, until there is twice as much as the bound.
        """
        found = list(self._read("-"))
        size, most = sum(len(line) for _, line in found), self._bounds.stream_bytes
        taken = _place(self.followed())
        if taken == NOWHERE or size > 2 * most:
            if taken < _place(found[-1][0].decode()) and taken != NOWHERE:
                logger.error("The journal is twice as large as it may be: lines that nobody followed are dropped")
            taken = EVERYWHERE
        kept = Counter(fitting((line for _, line in found), self._bounds.stream_bytes * 3 // 4))
        dropped: list[bytes | int] = []
        for number, line in found:
            if kept[line]:
                kept[line] -= 1
            elif _place(number.decode()) <= taken:
                dropped += [number, len(line)]
        for at in range(0, len(dropped), 2 * MOST_AT_ONCE):
            with self._reached():
                self._drop(keys=[JOURNAL, SIZE], args=dropped[at : at + 2 * MOST_AT_ONCE])
        # Where little could be dropped, the whole is not read again for every line.
        left = size - sum(length for length in dropped[1::2] if isinstance(length, int))
        self._full_at = max(most, min(left + most // 8, 2 * most))

    @contextmanager
    def _reached(self) -> Iterator[None]:
        away = "the Redis that servers share (DRUMBEAT_REDIS_URL) cannot be reached"
        if time.monotonic() < self._away_until:
            raise JournalError(away)
        try:
            yield
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + self._again_after
            raise JournalError(f"{away}: {error}") from error


def _place(number: str) -> tuple[float, float]:
    milliseconds, _, count = number.partition("-")
    return float(milliseconds), float(count)


def _pairs(found: Any) -> Any:
    # Redis' newer protocol gives a map, with a list of lists for each stream.
    return [(name, lines[0]) for name, lines in found.items()] if isinstance(found, dict) else found or []
