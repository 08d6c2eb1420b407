"""The sessions of legacy clients, by whose they are, so that one caller cannot take all of them."""

import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
        headers = Headers(scope=scope)
        known = headers.get(HEADER)
        if known is None and "mcp-method" in headers:  # a modern client's, which has no session
            await self._app(scope, receive, send)
            return
        caller = self._caller()
        if known is None and self._count(caller) >= self._share:
            words = {"error": f"You have {self._share} sessions open. End one, or let it rest for half an hour."}
            await JSONResponse(words, 429, {"Retry-After": "60"})(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(caller, known, Headers(raw=message["headers"]).get(HEADER), scope, message["status"])
            await send(message)

        await self._app(scope, receive, watch)
        if known in self._seen:
            self._seen[known] = (caller, self._clock())

    def _note(self, caller: str, known: str | None, given: str | None, scope: Scope, status: int) -> None:
        if known and (status == 404 or (scope["method"] == "DELETE" and status < 300)):
            if self._seen.get(known, ("",))[0] == caller:
                del self._seen[known]
        elif given and status < 300 and (known is None or known in self._seen):
            self._seen[given] = (caller, self._clock())

    def _count(self, caller: str) -> int:
        self._forget()
        return sum(owner == caller for owner, _ in self._seen.values())

    def _forget(self) -> None:
        rested = self._clock() - IDLE_SECONDS
        self._seen = {session: owned for session, owned in self._seen.items() if owned[1] > rested}
