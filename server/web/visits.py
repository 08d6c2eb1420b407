"""Requests of a session, which can be served more than once, and sessions that are opened again."""

import json
from dataclasses import dataclass

import anyio
from mcp.server.auth.middleware.bearer_auth import authorization_context
from mcp.server.transport_security import DEFAULT_MAX_REQUEST_BODY_SIZE
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.sessions import HEADER

SERVER = "drumbeat"
OF_ONE_REQUEST = {HEADER, "mcp-protocol-version", "content-length", "content-type", "accept", "last-event-id"}
AS_JSON = ((b"content-type", b"application/json"), (b"accept", b"application/json, text/event-stream"))
READY = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'


class TooLarge(Exception):
    """A body with more bytes than a request may have."""


class Body:
    """What a request brings, which can be read again from its beginning."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []
        self._next = self._bytes = 0

    async def __call__(self) -> Message:
        """The next message (ASGI). Raises TooLarge."""
        if self._next == len(self._read):
            message = await self._receive()
            self._bytes += len(message.get("body", b""))
            if self._bytes > DEFAULT_MAX_REQUEST_BODY_SIZE:
                raise TooLarge
            self._read.append(message)
        self._next += 1
        return self._read[self._next - 1]

    def rewind(self) -> None:
        """Read from the beginning again."""
        self._next = 0

    @property
    def content(self) -> bytes:
        """What was read of it."""
        return b"".join(message.get("body", b"") for message in self._read)


@dataclass(frozen=True)
class Visit:
    """A request of a session. known: its id as the client knows it. here: this server's address."""

    known: str
    here: str
    scope: Scope
    body: Body
    send: Send

    @property
    def owner(self) -> str:
        """Whose the session is, if it is whose request this is."""
        return owner(self.scope)

    @property
    def was_passed_on(self) -> bool:
        """Whether another server sent it here."""
        return SERVER in Headers(scope=self.scope).get("via", "")


def owner(scope: Scope) -> str:
    """Whom the SDK binds a session to that is opened by the request in `scope`."""
    return json.dumps(authorization_context(scope["user"]))


async def open_again(app: ASGIApp, scope: Scope, opening: bytes) -> str | Response:
    """Open a session for whoever sent the request in `scope`; its id there, or why it is not opened."""
    answer = await _put(app, scope, "POST", opening)
    session = answer.headers.get(HEADER)
    if session is None or answer.status_code >= 300:
        return answer
    await _put(app, scope, "POST", READY, session)
    return session


async def end(app: ASGIApp, scope: Scope, session: str) -> None:
    """End a session that was opened so."""
    await _put(app, scope, "DELETE", b"", session)


async def _put(app: ASGIApp, scope: Scope, method: str, content: bytes, session: str | None = None) -> Response:
    """What the app answers to a request of our own that seems to come from where the one in `scope` comes from."""
    headers = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") not in OF_ONE_REQUEST]
    headers += [*AS_JSON, (b"content-length", str(len(content)).encode())]
    if session:
        headers.append((HEADER.encode(), session.encode()))
    unread, said = [content], list[Message]()

    async def receive() -> Message:
        if not unread:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": unread.pop(), "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await app({**scope, "method": method, "headers": headers}, receive, send)
    answer = Response(b"".join(message.get("body", b"") for message in said), said[0]["status"])
    answer.raw_headers = list(said[0]["headers"])
    return answer
