"""The sessions of legacy clients, by whose they are, so that one caller cannot take all of them."""

import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.bounds import is_modern

IDLE_SECONDS = 1800.0
SHARE = 4
"""One caller may have a quarter of all sessions."""
HEADER = "mcp-session-id"


class Sessions:
    """Lets a caller open no more than their share of sessions. The SDK keeps the sessions; this counts them."""

    def __init__(
        self, app: ASGIApp, most: int, caller: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._share = max(1, most // SHARE)
        self._caller = caller
        self._clock = clock
        self._seen: dict[str, tuple[str, float]] = {}

    def __len__(self) -> int:
        self._forget()
        return len(self._seen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if is_modern(scope):
            await self._app(scope, receive, send)
            return
        known, caller = Headers(scope=scope).get(HEADER), self._caller()
        if known is None and self._count(caller) >= self._share:
            words = {"error": f"You have {self._share} sessions open. End one, or let it rest for half an hour."}
            await JSONResponse(words, 429, {"Retry-After": "60"})(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(caller, known, scope["method"], message)
            await send(message)

        await self._app(scope, receive, watch)
        if known is not None and self._is_of(known, caller):
            self._seen[known] = (caller, self._clock())

    def _note(self, caller: str, known: str | None, method: str, answer: Message) -> None:
        status = answer["status"]
        if known is not None:
            if (status == 404 or (method == "DELETE" and status < 300)) and self._is_of(known, caller):
                del self._seen[known]
        elif status < 300 and (given := Headers(raw=answer["headers"]).get(HEADER)):
            self._seen[given] = (caller, self._clock())

    def _is_of(self, session: str, caller: str) -> bool:
        return self._seen.get(session, ("",))[0] == caller

    def _count(self, caller: str) -> int:
        self._forget()
        return sum(owner == caller for owner, _ in self._seen.values())

    def _forget(self) -> None:
        rested = self._clock() - IDLE_SECONDS
        self._seen = {session: owned for session, owned in self._seen.items() if owned[1] > rested}
