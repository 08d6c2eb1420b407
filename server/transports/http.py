"""HTTP on this machine. Whoever can reach the port could answer its own questions, so each request brings a token."""

import hmac
import logging
import secrets
import sys
from typing import Any, Literal

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.app import Drumbeat

Transport = Literal["sse", "streamable-http"]
PATHS: dict[Transport, str] = {"sse": "/sse", "streamable-http": "/mcp"}


def run(server: Drumbeat, transport: Transport, host: str, port: int) -> None:
    """Serve until the process is told to end. The token is made anew at each start and shown on stderr."""
    token = secrets.token_urlsafe(24)
    app = server.sse_app(host=host) if transport == "sse" else server.streamable_http_app(host=host)
    path = PATHS[transport]
    print(f"drumbeat: clients of {path} send the header  Authorization: Bearer {token}", file=sys.stderr, flush=True)
    # uvicorn's own set-up would write an access log to stdout, where the journal may be.
    logging.getLogger("uvicorn.access").disabled = True
    uvicorn.run(_TokenRequired(app, token), host=host, port=port, log_config=None, access_log=False)


class _TokenRequired:
    """Turns away every request without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not hmac.compare_digest(_authorization(scope), self._expected):
            words = "Drumbeat: send the header Authorization: Bearer TOKEN, with the token that its start showed.\n"
            refusal = PlainTextResponse(words, 401, {"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _authorization(scope: Scope) -> bytes:
    headers: list[tuple[bytes, Any]] = scope["headers"]
    return next((bytes(value) for name, value in headers if name == b"authorization"), b"")
