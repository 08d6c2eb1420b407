"""Where the session of a legacy client is at home, where several servers stand behind one address.

A session's id, as the client knows it, is sealed with the keys that the servers share. In it are the address of the
server that opened it, as the proxy reached it, and the SDK's own id. Whichever server a request comes to passes it on
to that one, with the caller's own token, by which it is checked there as any other. Where that server is gone or going,
the one that finds out takes the session in.
"""

from collections.abc import AsyncIterator, Sequence

from cachetools import LRUCache, TTLCache
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Unreachable
from server.http.forward import Forward
from server.web.bounds import STOPPING, is_modern
from server.web.moves import Moves, Refused
from server.web.register import Home
from server.web.sessions import HEADER
from server.web.visits import SERVER, Body, TooLarge, Visit, owner

LONGEST_ID = 1000
# What belongs to one connection (RFC 9110, 7.6.1), and what each server says for itself.
HOP = ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "date")
AWAY = "The server that has this session went away while it was at work. Look whether it was done before you repeat it."
MOVES = 4
"""As often a request goes after a session that moves."""
STOPS_FOR = 5.0
"""Seconds in which a server that said that it stops is not asked again, as it may go away over the next question."""
NOWHERE = Home("", "unknown")


class Homes:
    """Serves the sessions that are at home here, and passes on the requests of others.

    keys: what the servers seal with, the first seals and all open. moves: takes in the sessions of servers that are
    gone, where that can be done. most: how many sessions' homes are remembered.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: Sequence[SecretStr],
        path: str,
        forward: Forward,
        moves: Moves | None = None,
        most: int = 1000,
    ) -> None:
        # Other keys than those of questions, so that neither passes for the other.
        self._codec = AESGCMRequestStateCodec([b"session " + key.get_secret_value().encode() for key in keys])
        self._app = app
        self._path = path
        self._forward = forward
        self._moves = moves
        self._homes: LRUCache[str, Home] = LRUCache(most)
        self._stopping: TTLCache[str, bool] = TTLCache(100, STOPS_FOR)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        here = _address(scope)
        if scope["type"] != "http" or here is None or is_modern(scope):
            await self._app(scope, receive, send)
            return
        known, body = Headers(scope=scope).get(HEADER), Body(receive)
        try:
            if known is None:
                await self._open(here, scope, body, send)
            else:
                await self._serve(Visit(known, here, scope, body, send))
        except TooLarge:
            await PlainTextResponse("Request body too large", 413)(scope, receive, send)
        except Refused as refused:
            await refused.answer(scope, receive, send)

    async def _open(self, here: str, scope: Scope, body: Body, send: Send) -> None:
        async def sealing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if session := headers.get(HEADER):
                    home = Home(here, session)
                    headers[HEADER] = known = self._codec.seal(f"{here} {session}".encode())
                    if self._moves and message["status"] < 300:
                        await self._moves.opened(owner(scope), known, home, body.content)
            await send(message)

        await self._app(scope, body, sealing)

    async def _serve(self, visit: Visit) -> None:
        home = self._homes.get(visit.known) or self._opened(visit.known)
        for _ in range(MOVES):
            # Who was sent here by another server is not sent on.
            if home is None or (home.address != visit.here and visit.was_passed_on):
                break
            visit.body.rewind()
            if await self._is_answered(visit, home):
                self._homes.setdefault(visit.known, home)
                return
            home = await self._moves.home_of(visit, home) if self._moves else None
            if home:
                self._homes[visit.known] = home
        visit.body.rewind()
        await self._is_answered_here(visit, NOWHERE.session)

    def _opened(self, known: str) -> Home | None:
        """Where a session was opened; of what is no id of ours, nothing."""
        try:
            address, _, session = self._codec.unseal(known[:LONGEST_ID]).decode().partition(" ")
        except (InvalidRequestState, UnicodeDecodeError):
            return None
        return Home(address, session)

    async def _is_answered(self, visit: Visit, home: Home) -> bool:
        """Whether a request was answered where its session should be; else it is not there, and nothing was done."""
        if home.address == visit.here:
            return await self._is_answered_here(visit, home.session)
        is_asked = home != NOWHERE and home.address not in self._stopping
        return is_asked and await self._is_passed_on(visit, home)

    async def _is_answered_here(self, visit: Visit, session: str) -> bool:
        """Whether a session is here; that it is nowhere is an answer as well."""
        is_nowhere = session == NOWHERE.session
        scope = {**visit.scope, "headers": [*visit.scope["headers"]]}
        MutableHeaders(scope=scope)[HEADER] = session
        is_there = True

        async def send(message: Message) -> None:
            nonlocal is_there
            if message["type"] == "http.response.start":
                is_there = is_nowhere or message["status"] != 404
                headers = MutableHeaders(raw=message["headers"])
                if HEADER in headers:
                    headers[HEADER] = visit.known
            if is_there:
                await visit.send(message)
                if self._moves and not await self._moves.used(visit):
                    self._homes[visit.known] = NOWHERE

        is_ended = scope["method"] == "DELETE" and not is_nowhere
        has_ended = is_ended and self._moves and await self._moves.ending(visit)
        await self._app(scope, visit.body, send)
        if has_ended and not is_there:
            await Response()(scope, visit.body, visit.send)
            return True
        return is_there

    async def _is_passed_on(self, visit: Visit, home: Home) -> bool:
        scope = visit.scope
        kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in HOP]
        headers = [*kept, (b"via", f"1.1 {SERVER}".encode())]
        body = _content(visit.body) if scope["method"] == "POST" else None
        try:
            answer = await self._forward(scope["method"], f"http://{home.address}{self._path}", headers, body)
        except Unreachable:
            return False
        except ConnectionResetError:
            if scope["method"] == "GET":  # a stream, which carries no call
                return False
            await JSONResponse({"error": AWAY}, 502)(scope, visit.body, visit.send)
            return True
        try:
            if STOPPING in answer.names:
                self._stopping[home.address] = True
                return False
            if answer.status == 404:
                return False
            # That server is busy, not this one, which a proxy would leave out for a 503.
            passed = StreamingResponse(answer.content(), 429 if answer.status == 503 else answer.status)
            passed.raw_headers = [(name, value) for name, value in answer.headers if name.decode() not in HOP]
            await passed(scope, visit.body, visit.send)
        finally:
            await answer.aclose()
        return True


def _address(scope: Scope) -> str | None:
    """Where the proxy reached this server; None where that is no address."""
    host, port = scope.get("server") or ("", None)
    if not port:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _content(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")
