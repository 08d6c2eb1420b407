"""How much comes in at once, how slowly it may come, and how the server stops without losing a call."""

import asyncio
from collections.abc import Callable

import anyio
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_HEAD = 32 * 1024
WHOLE = "drumbeat.whole"
"""An extension of a request's scope: it arrived with its whole body, which need not be waited for."""
STOPPING = b"drumbeat-stopping"
"""A header by which a server that stops tells others that it did nothing, and that its sessions are to be had."""
BODY_SECONDS = 30.0
SHARE = 4
"""One caller may have a quarter of what all may have at once."""


class Room:
    """Places of which one caller may have a quarter."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._each: dict[str, int] = {}
        self.taken = 0

    def refusal(self, caller: str, what: str) -> Response | None:
        """Why one more of this caller's is not taken now, if it is not."""
        if self.taken >= self._most:
            return _later("This server is busy.")
        if self._each.get(caller, 0) >= max(1, self._most // SHARE):
            return _later(f"You have too many {what}.", 429)
        return None

    def enter(self, caller: str) -> None:
        """Take a place."""
        self._each[caller] = self._each.get(caller, 0) + 1
        self.taken += 1

    def leave(self, caller: str) -> None:
        """Give one back."""
        self.taken -= 1
        self._each[caller] -= 1
        if not self._each[caller]:
            del self._each[caller]


class Traffic:
    """The requests that are being served, event streams apart. `draining`: the server stops, and takes no new ones."""

    def __init__(self, most: int, most_streams: int = 1000) -> None:
        self._calls, self._streams = Room(most), Room(most_streams)
        self.draining = False
        self.none_left = anyio.Event()

    @property
    def in_flight(self) -> int:
        """How many requests are being served, open event streams aside."""
        return self._calls.taken

    def drain(self) -> None:
        """Take no new requests; `none_left` is set when the last has been answered."""
        self.draining = True
        self._look()

    def refusal(self, caller: str, *, stream: bool = False) -> Response | None:
        """Why one more of this caller's is not taken now, if it is not."""
        if self.draining:
            refusal = _later("This server is stopping; another takes over.")
            refusal.raw_headers.append((STOPPING, b"1"))
            return refusal
        if stream:
            return self._streams.refusal(caller, "event streams open")
        return self._calls.refusal(caller, "requests under way")

    def enter(self, caller: str, *, stream: bool = False) -> Callable[[], None]:
        """Count a request in; what is returned counts it out."""
        room = self._streams if stream else self._calls
        room.enter(caller)

        def leave() -> None:
            room.leave(caller)
            self._look()

        return leave

    def _look(self) -> None:
        if self.draining and not self.in_flight:
            self.none_left.set()


class Bounded:
    """Serves a request if there is room for it, and waits for its body only so long."""

    def __init__(
        self, app: ASGIApp, traffic: Traffic, caller: Callable[[], str], body_seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._traffic = traffic
        self._caller = caller
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller, stream = self._caller(), _is_stream(scope)
        if refusal := self._traffic.refusal(caller, stream=stream):
            await refusal(scope, receive, send)
            return
        leave = self._traffic.enter(caller, stream=stream)
        try:
            arrived = WHOLE in scope.get("extensions", ())
            await (self._app if arrived else self._serve)(scope, receive, send)
        finally:
            leave()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        deadline = asyncio.get_running_loop().time() + self._body_seconds
        begun = whole = False

        async def in_time() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            async with asyncio.timeout_at(deadline):
                message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, in_time, answer)
        except TimeoutError:
            if begun or whole:
                raise
            words = f"The request's body did not arrive within {self._body_seconds:.0f} seconds."
            await JSONResponse({"error": words}, 408, {"Connection": "close"})(scope, receive, send)


async def body_of(request: Request, most: int) -> bytes | None:
    """The whole body of a request; None where it has more than `most` bytes."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            return None
    return content


def is_modern(scope: Scope) -> bool:
    """Whether the SDK takes a request for one of a client without sessions: by the version alone that it names."""
    version = Headers(scope=scope).get("mcp-protocol-version")
    return version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS


def _is_stream(scope: Scope) -> bool:
    """Whether it is no call but stays open for what happens later.

    Of a modern client the SDK sees to it that the header says what the body does; of others nobody does.
    """
    if scope["method"] == "GET":
        return True
    return Headers(scope=scope).get("mcp-method") == "subscriptions/listen" and is_modern(scope)


def _later(words: str, status: int = 503) -> Response:
    return JSONResponse({"error": words}, status, {"Retry-After": "5"})
