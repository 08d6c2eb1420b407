import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from server.app import Drumbeat
from server.changes.asking import Person
from server.settings import Settings
from server.web.bounds import Traffic
from server.web.serving import web_app
from tests.conftest import Answer, Era, agree
from tests.vendors import Vendors, serve

POST = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


HELLO = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"t","version":"1"}}}'
)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Site:
    """Drumbeat on a real socket, and the way in with some headers."""

    url: str
    traffic: Traffic

    @asynccontextmanager
    async def client(self, era: Era, headers: dict[str, str], answer: Answer | None = agree) -> AsyncIterator[Client]:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(create_mcp_http_client(headers))
            server: Any = streamable_http_client(f"{self.url}/mcp", http_client=http)
            client = Client(server, mode=era, cache=None, elicitation_callback=answer)
            yield await stack.enter_async_context(client)

    async def post(self, headers: dict[str, str], path: str = "/mcp", content: Any = b"{}") -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await http.post(f"{self.url}{path}", headers={**POST, **headers}, content=content)

    async def delete(self, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await http.delete(f"{self.url}/mcp", headers=headers)

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as http:
            return await http.get(f"{self.url}{path}")


OpenSite = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def site(vendors: Vendors) -> OpenSite:
    """Open a site with these settings."""

    @contextmanager
    def open_site(settings: Settings | None = None, **environment: str) -> Iterator[Site]:
        settings = settings or vendors.settings(**environment)
        connections = None if settings.redis_url else vendors.connections(settings)
        server = Drumbeat(settings, vendors.catalogue, person=Person(fastest=0), connections=connections)
        traffic = Traffic(settings.most_in_flight)
        with serve(web_app(server, settings, vendors.catalogue.vendors, "streamable-http", traffic), "on") as url:
            yield Site(url, traffic)

    return open_site
