import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from mcp import Client

from server.app import Drumbeat
from server.changes.asking import Person
from server.settings import Settings
from server.web.bounds import Traffic
from server.web.serving import web_app
from tests.client import http_client, over_http
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
        options: dict[str, Any] = {"mode": era, "elicitation_callback": answer}
        async with over_http(f"{self.url}/mcp", headers, Client, **options) as client:
            yield client

    async def post(self, headers: dict[str, str], path: str = "/mcp", content: Any = b"{}") -> httpx.Response:
        async with http_client() as http:
            return await http.post(f"{self.url}{path}", headers={**POST, **headers}, content=content)

    async def delete(self, headers: dict[str, str]) -> httpx.Response:
        async with http_client() as http:
            return await http.delete(f"{self.url}/mcp", headers=headers)

    async def get(self, path: str) -> httpx.Response:
        async with http_client() as http:
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
        traffic = Traffic(settings.most_in_flight, settings.most_sessions)
        with serve(web_app(server, settings, vendors.catalogue.vendors, "streamable-http", traffic), "on") as url:
            yield Site(url, traffic)

    return open_site
