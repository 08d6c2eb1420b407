"""Vendors that do nothing but what a test says, on real sockets, and the Api of one called Acme."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.http import Api, Connection, Patience
from server.vendor_settings import VendorSettings

QUICK = Patience(connect=10, read=10, first_backoff=0.0)
SECRET = "s3cr3t-anvil-key"
BASIC = b64encode(f"coyote:{SECRET}".encode()).decode()
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Acme(Api):
    """The least that a vendor has to say."""

    def authentication(self) -> Mapping[str, str]:
        return {"Authorization": f"Basic {BASIC}", "X-Key": str(self.settings.get("ACME_KEY"))}


@dataclass
class Vendor:
    """Answers everything with `answer`, and keeps what it was sent."""

    answer: Response = field(default_factory=lambda: Response('{"name": "a"}'))
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await request.body()
        self.requests.append(request)
        await self.answer(scope, receive, send)

    @property
    def path(self) -> str:
        raw: bytes = self.requests[-1].scope["raw_path"]
        return raw.decode()

    @property
    def query(self) -> str:
        return str(self.requests[-1].url.query)


@asynccontextmanager
async def acme(
    base_url: str, *, patience: Patience = QUICK, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Acme]:
    """The Api of a vendor at `base_url`."""
    values = {"ACME_KEY": SecretStr(SECRET), "ACME_BASE_URL": SecretStr(base_url)}
    on = VendorSettings(base_url=base_url, values=values, secret_names=("ACME_KEY",))
    connection = Connection("Acme", "ACME_BASE_URL", on, patience=patience, tls=tls)
    try:
        yield Acme(connection, **options)
    finally:
        await connection.aclose()


@asynccontextmanager
async def listening(act: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that does `act` after each request's head; its URL, and the heads that came."""
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            await act(reader, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    async with server:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def sending(data: bytes) -> Handler:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return act


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b'Content-Length: 999\r\n\r\n{"na')
    await writer.drain()
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
