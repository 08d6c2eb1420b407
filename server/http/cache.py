"""Answers kept for a while and one request for all who ask the same at the same time."""

import math
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import anyio
from cachetools import LRUCache

from server.errors import VendorError
from server.http.limits import in_words
from server.http.patience import OutOfTime
from server.http.response import Response
from server.http.shared import Place

MOST_BYTES = 32 * 1024 * 1024
MOST_ENTRIES = 1000
KEPT_SECONDS = 3600.0


@dataclass(frozen=True)
class Kept:
    """An answer in the cache, as of `at` on anyio's clock."""

    key: Hashable
    response: Response
    at: float


@dataclass(frozen=True)
class Fetched:
    """An answer; `age` in seconds where it was not fetched just now, `trouble` where it could not be.

    kept: the cache's own record of it.
    """

    response: Response
    age: float | None = None
    trouble: str | None = None
    kept: Kept | None = None


class _Flight:
    """A request under way; `outcome` is None until it ends, and for ever where it was cancelled."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.outcome: Fetched | VendorError | None = None


class Cache:
    """The reads of one connection. Bounded in entries and bytes; holds what is stale for when the vendor is down.

    ttl: seconds for which an answer is good; 0 turns everything here off. most: bytes that are kept.
    place: where other servers keep theirs, and say that something was changed.
    """

    def __init__(self, ttl: float, most: int = MOST_BYTES, place: Place | None = None) -> None:
        self._ttl = ttl
        self._place = place
        self._edition: str | None = None
        self._looking = anyio.Lock(fast_acquire=True)
        self._begun = self._ended = 0  # the looks so far
        # An entry costs at least its share of the bytes, which bounds their number too.
        least = most // MOST_ENTRIES
        self._kept: LRUCache[Hashable, Kept] = LRUCache(
            most, getsizeof=lambda kept: max(len(kept.response.content), least)
        )
        self._flights: dict[Hashable, _Flight] = {}

    async def fetch(
        self, key: Hashable, load: Callable[[], Awaitable[Response]], *, fresh: bool, deadline: float = math.inf
    ) -> Fetched:
        """The answer for `key`: kept, from a request that is under way until `deadline`, or loaded now.

        Raises VendorError where it cannot be loaded and nothing is kept.
        """
        if self._ttl <= 0:
            return Fetched(await load())
        if key in self._kept:  # what is not kept here is looked for elsewhere with its edition
            await self.look()
        if not fresh and (kept := self._younger_than(self._ttl, key)):
            return kept
        while not fresh and (flight := self._flights.get(key)):
            with anyio.move_on_at(deadline) as waiting:
                await flight.landed.wait()
            if waiting.cancelled_caught:
                break
            if isinstance(flight.outcome, Fetched):
                return flight.outcome
            if flight.outcome is not None and not isinstance(flight.outcome, OutOfTime):
                raise flight.outcome.again() from flight.outcome
            # Whoever asked first was cancelled or had no time left: then it is our turn.
        return await self._fly(key, partial(self._loaded, key, load, fresh))

    async def look(self) -> None:
        """Forget everything where another server changed something since the last look."""
        if not self._place or self._ttl <= 0:
            return
        before = self._begun
        async with self._looking:
            if self._ended > before:  # one that began after we came is as good for us, and for all who wait with us
                return
            self._begun += 1
            if (edition := await self._place.edition()) is not None:
                self._read_in(edition)
            self._ended = self._begun

    async def outdate(self) -> None:
        """Forget everything here and elsewhere, and let nobody join a read that began before: something was changed."""
        self._clear()
        if self._place:
            await self._place.outdate()

    def _clear(self) -> None:
        self._kept.clear()
        self._flights.clear()

    def _read_in(self, edition: str) -> None:
        if edition != self._edition:
            self._clear()
            self._edition = edition

    async def _fly(self, key: Hashable, load: Callable[[], Awaitable[tuple[Response, float]]]) -> Fetched:
        flight = self._flights[key] = _Flight()
        try:
            response, age = await load()
            stale = self._stale(key, f"it answered {response.status}") if response.is_server_error else None
            kept = Kept(key, response, anyio.current_time() - age)
            flight.outcome = stale or Fetched(response, age or None, kept=kept)
        except VendorError as error:
            flight.outcome = self._stale(key, str(error)) or error
        finally:
            if current := self._flights.get(key) is flight:
                del self._flights[key]
            flight.landed.set()
        if isinstance(flight.outcome, VendorError):
            raise flight.outcome
        fetched = flight.outcome
        if current and fetched.trouble is None and fetched.kept and _is_worth_keeping(fetched.response):
            self._kept[key] = fetched.kept
        return fetched

    async def _loaded(
        self, key: Hashable, load: Callable[[], Awaitable[Response]], fresh: bool
    ) -> tuple[Response, float]:
        """What is loaded now, and kept for other servers; or what one of them has read, and its age in seconds."""
        if self._place is None:
            return await load(), 0.0
        edition, response, age = await self._place.find(key)
        if response and age < self._ttl and not fresh:
            return response, age
        response = await load()
        if edition is not None and _is_worth_keeping(response):
            await self._place.keep(key, edition, response, self._ttl)
        return response, 0.0

    def _stale(self, key: Hashable, trouble: str) -> Fetched | None:
        return self._younger_than(KEPT_SECONDS, key, trouble)

    def _younger_than(self, seconds: float, key: Hashable, trouble: str | None = None) -> Fetched | None:
        kept = self._kept.get(key)
        age = anyio.current_time() - kept.at if kept else seconds
        return Fetched(kept.response, age, trouble, kept) if kept and age < seconds else None

    def age(self, answers: Sequence[Kept]) -> float | None:
        """The age in seconds of the oldest of these; None where one is too old, replaced or forgotten."""
        age = anyio.current_time() - min(kept.at for kept in answers)
        return age if age < self._ttl and all(self._kept.get(kept.key) is kept for kept in answers) else None

    @staticmethod
    def aged(seconds: float) -> str:
        """How old an answer is, in words."""
        return f"Cached {in_words(seconds)} ago"


def _is_worth_keeping(response: Response) -> bool:
    return response.is_success and len(response.content) <= MOST_BYTES // 8
