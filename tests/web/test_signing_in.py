"""A client that knows the server's address alone signs in at the operator's provider and is served."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from tests.conftest import Era, text
from tests.replicas.processes import Proxy
from tests.vendors import serve
from tests.web.conftest import OpenSite
from tests.web.openid import Provider

pytestmark = pytest.mark.anyio


class Browser:
    """A user who lets the client in, and what the client keeps of it."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        self.asked: list[str] = []

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    async def open(self, url: str) -> None:
        self.asked.append(url)

    async def back(self) -> AuthorizationCodeResult:
        async with httpx.AsyncClient() as http:
            answer = await http.get(self.asked[-1])
        said: Any = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        return AuthorizationCodeResult(**said)


async def test_a_client_finds_the_provider_signs_in_and_is_served_what_it_was_granted(site: OpenSite, era: Era) -> None:
    provider, proxy, browser = Provider(), Proxy([]), Browser()
    with (
        serve(provider.app) as provider.url,
        serve(proxy.app) as public,
        site(DRUMBEAT_OAUTH_ISSUER=provider.url, DRUMBEAT_PUBLIC_URL=public) as here,
    ):
        proxy.servers.append(here.url)
        metadata = OAuthClientMetadata(redirect_uris=["http://127.0.0.1/callback"])
        auth = OAuthClientProvider(f"{public}/mcp", metadata, browser, browser.open, browser.back)
        async with create_mcp_http_client(auth=auth) as http:
            server: Any = streamable_http_client(f"{public}/mcp", http_client=http)
            async with Client(server, mode=era, cache=None) as client:
                assert "Platform" in text(await client.call_tool("teamoclock_list_teams"))
                names = [tool.name for tool in (await client.list_tools()).tools]
    asked = dict(parse_qsl(urlsplit(browser.asked[0]).query))
    assert len(browser.asked) == 1
    assert asked["resource"] == f"{public}/mcp"
    assert asked["scope"] == "drumbeat:read drumbeat:write drumbeat:destructive"
    assert "drumbeat_act" in names
