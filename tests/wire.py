"""Vendors that do nothing but what a test says, on real sockets, and the Api of one called Acme."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
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


class Lasting:
    """Answers every request with `act`, on connections that it keeps for as long as the client does."""

    def __init__(self, act: Handler) -> None:
        self.act = act
        self.url = ""
        self._open = 0
        self._changed = asyncio.Condition()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._count(1)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await self.act(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            await self._count(-1)

    async def _count(self, more: int) -> None:
        async with self._changed:
            self._open += more
            self._changed.notify_all()

    async def has_open(self, number: int) -> None:
        """Return once exactly `number` connections are open. Raises TimeoutError where that never comes."""
        with anyio.fail_after(10):
            async with self._changed:
                await self._changed.wait_for(lambda: self._open == number)


@asynccontextmanager
async def lasting(act: Handler) -> AsyncIterator[Lasting]:
    """Such a vendor on a free port of this machine."""
    vendor = Lasting(act)
    server = await asyncio.start_server(vendor.handle, "127.0.0.1", 0)
    async with server:
        vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield vendor


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
