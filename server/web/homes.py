"""Where the session of a legacy client lives, where several servers stand behind one address.

A session's id, as the client knows it, is sealed with the keys that the servers share. In it are the address of the
server that has the session, as the proxy reached it, and the SDK's own id. Whichever server a request comes to passes
it on to that one, with the caller's own token, by which it is checked there as any other.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Unreachable
from server.http.forward import Forward
from server.web.sessions import HEADER

LONGEST_ID = 1000
SERVER = "drumbeat"
# What belongs to one connection (RFC 9110, 7.6.1), and what each server says for itself.
HOP = ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "date")
AWAY = "The server that has this session went away while it was at work. Look whether it was done before you repeat it."


class Homes:
    """Serves the sessions that are at home here, and passes on the requests of others.

    keys: what the servers seal with, the first seals and all open.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[SecretStr], path: str, forward: Forward) -> None:
        # Other keys than those of questions, so that neither passes for the other.
        self._codec = AESGCMRequestStateCodec([b"session " + key.get_secret_value().encode() for key in keys])
        self._app = app
        self._path = path
        self._forward = forward

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        here = _address(scope)
        if scope["type"] != "http" or here is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = headers.get(HEADER)
        home, session = self._opened(known) if known else (here, None)
        # Who was sent here by another server is not sent on.
        if home != here and SERVER not in headers.get("via", ""):
            with suppress(Unreachable):
                await self._pass_on(home, scope, receive, send)
                return

        async def sealing(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(raw=message["headers"])
                if HEADER in own:
                    own[HEADER] = known or self._codec.seal(f"{here} {own[HEADER]}".encode())
            await send(message)

        if known:
            scope = {**scope, "headers": [*scope["headers"]]}
            MutableHeaders(scope=scope)[HEADER] = session or "unknown"
        await self._app(scope, receive, sealing)

    def _opened(self, known: str) -> tuple[str | None, str | None]:
        """Where a session is at home, and its id there; of what is no id of ours, nothing."""
        try:
            home, _, session = self._codec.unseal(known[:LONGEST_ID]).decode().partition(" ")
        except (InvalidRequestState, UnicodeDecodeError):
            return None, None
        return home, session

    async def _pass_on(self, home: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        if home is None:
            raise Unreachable
        kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in HOP]
        headers = [*kept, (b"via", f"1.1 {SERVER}".encode())]
        try:
            body = _body(receive) if scope["method"] == "POST" else None
            answer = await self._forward(scope["method"], f"http://{home}{self._path}", headers, body)
        except ConnectionResetError:
            await JSONResponse({"error": AWAY}, 502)(scope, receive, send)
            return
        try:
            # That server is busy or stops, not this one, which a proxy would leave out for a 503.
            passed = StreamingResponse(answer.content(), 429 if answer.status == 503 else answer.status)
            passed.raw_headers = [(name, value) for name, value in answer.headers if name.decode() not in HOP]
            await passed(scope, receive, send)
        finally:
            await answer.aclose()


def _address(scope: Scope) -> str | None:
    """Where the proxy reached this server; None where that is no address."""
    host, port = scope.get("server") or ("", None)
    if not port:
        return None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")
