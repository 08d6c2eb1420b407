"""Sessions whose server stops or dies, and which find a new home where their next request comes in."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from weakref import WeakValueDictionary

import anyio
from cachetools import LRUCache
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from server.errors import Unreachable
from server.web.register import Entry, Home, Register
from server.web.visits import Visit, end, open_again

KEPT_EVERY = 60.0
"""Seconds after which the register is told again that a session is used."""


class Refused(Exception):
    """A request that cannot be served, with what is answered to it."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


@dataclass
class _Own:
    """A session that is at home here, whose it is, as it stands in the register, and when that is to be told again."""

    owner: str
    entry: Entry
    due: float


class Moves:
    """Keeps the register of what is at home here, and takes in what has no home any more.

    app: serves what is at home here, by the SDK's own ids. most: how many sessions are kept in the register.
    """

    def __init__(
        self, app: ASGIApp, register: Register, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._register = register
        self._clock = clock
        self._own: LRUCache[str, _Own] = LRUCache(most)
        self._moving: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def opened(self, owner: str, known: str, home: Home, opening: bytes) -> None:
        """Enter a session that was opened here."""
        with suppress(Unreachable):
            if entry := await self._register.enter(owner, known, home, opening):
                self._own[known] = _Own(owner, entry, self._clock() + KEPT_EVERY)

    async def used(self, visit: Visit) -> bool:
        """Say now and then that a session is used here; False where it is at home elsewhere by now, or has ended."""
        own = self._own.get(visit.known)
        if own is None or own.due > self._clock() or own.owner != visit.owner:
            return True
        own.due = self._clock() + KEPT_EVERY
        with suppress(Unreachable):
            if not await self._register.keep(own.owner, visit.known, own.entry):
                self._own.pop(visit.known, None)
                return False
        return True

    async def ending(self, visit: Visit) -> bool:
        """Let nobody take a session in that is being ended; whether somebody could have.

        Raises Refused where that is not certain.
        """
        try:
            was_there = await self._register.end(visit.owner, visit.known)
        except Unreachable:
            words = {"error": "This session cannot be ended now, since the servers' Redis is away."}
            raise Refused(JSONResponse(words, 503, {"Retry-After": "5"})) from None
        if was_there:
            self._own.pop(visit.known, None)
        return was_there

    async def home_of(self, visit: Visit, gone: Home) -> Home | None:
        """Where a session is now that is not at home at `gone`: here, if nobody else has it.

        None where it has ended, or is another's. Raises Refused where its caller may have no more sessions here.
        """
        # Of the requests that find out at once one takes it in, and the others find it here.
        with suppress(Unreachable):
            async with self._moving.setdefault(visit.known, anyio.Lock()):
                entry = await self._register.find(visit.owner, visit.known)
                if entry and entry.home == gone:
                    entry = await self._taken_in(visit, entry)
                return entry.home if entry else None
        return None

    async def _taken_in(self, visit: Visit, entry: Entry) -> Entry | None:
        session = await open_again(self._app, visit.scope, entry.opening)
        if isinstance(session, Response):
            raise Refused(session)
        moved = None
        try:
            moved = await self._register.move(visit.owner, visit.known, entry, Home(visit.here, session))
        finally:
            if moved is None:
                with anyio.CancelScope(shield=True):
                    await end(self._app, visit.scope, session)
        if moved is None:  # another server was first
            return await self._register.find(visit.owner, visit.known)
        self._own[visit.known] = _Own(visit.owner, moved, self._clock() + KEPT_EVERY)
        return moved
