"""Drumbeat behind a certified OpenID provider that others wrote: clients, the page of keys, what it signs with."""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientMetadata

from tests.client import call
from tests.conftest import Era, text
from tests.interop.conftest import HERE, NODE, free_port, wait_for
from tests.replicas.processes import Proxy
from tests.vendors import Vendors, serve
from tests.web.conftest import Site
from tests.web.test_signing_in import Browser as Application
from tests.web.vault.browser import Browser, forms
from tests.web.vault.conftest import LINEARB, Led, vault_settings, vault_site

pytestmark = pytest.mark.anyio
BACK = "http://127.0.0.1/callback"
VERIFIER = "v" * 43


@dataclass(frozen=True)
class Provided:
    """Drumbeat with a vault at its public address, and the provider in front of it."""

    site: Site
    public: str
    provider: str

    @contextmanager
    def signing_with(self, number: str) -> Iterator[None]:
        """Let the provider run with a new key."""
        key = rsa.generate_private_key(65537, 2048)
        keys = {"keys": [{**jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True), "kid": number, "use": "sig"}]}
        port = urlsplit(self.provider).port
        assert port
        page = f"{self.public}/keys/sign-in/done"
        command = [str(NODE), "provider.mjs", str(port), f"{self.public}/mcp", page, json.dumps(keys)]
        silent = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=HERE, env=dict(os.environ), stdout=silent, stderr=silent)
        try:
            wait_for(process, port)
            yield
        finally:
            process.terminate()
            process.wait()

    async def token(self, **asked: str) -> str:
        """An access token of Alice's, who lets in an application that asks for this."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        wanted = {"scope": "drumbeat:read", "resource": f"{self.public}/mcp", **asked}
        kind = {"redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
        async with httpx.AsyncClient(base_url=self.provider) as http:
            client = (await http.post("/reg", json=kind)).json()["client_id"]
            ours = {"client_id": client, "redirect_uri": BACK}
            proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
            query = urlencode({"response_type": "code", **ours, **proof, **wanted})
            code = answered(await let_in("alice", f"{self.provider}/auth?{query}"))["code"]
            grant = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **ours}
            return str(
                (await http.post("/token", data=grant | {"resource": wanted["resource"]})).json()["access_token"]
            )


async def let_in(name: str, url: str) -> str:
    """Sign in and consent at the provider as `name` with a browser that goes to `url`; where that is sent back to."""
    async with httpx.AsyncClient() as http:
        page = await http.get(url)
        while True:
            if not page.is_redirect:
                assert page.status_code == 200, page.text
                (action, hidden), *_ = forms(page.text)
                typed = {"login": name, "password": "any"} if hidden["prompt"] == "login" else {}
                page = await http.post(urljoin(url, action), data={**hidden, **typed})
            to = urljoin(url, page.headers["location"])
            if urlsplit(to).netloc != urlsplit(url).netloc:
                return to
            page = await http.get(to)


def answered(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


class Person(Application):
    """Somebody with an account at the provider, who lets the application in."""

    async def back(self) -> AuthorizationCodeResult:
        said: Any = answered(await let_in("alice", self.asked[-1]))
        return AuthorizationCodeResult(**said)


@pytest.fixture
def provided(vendors: Vendors, tmp_path: Path) -> Iterator[Provided]:
    proxy, provider = Proxy([]), f"http://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        public = stack.enter_context(serve(proxy.app))
        own = {
            "DRUMBEAT_OAUTH_ISSUER": provider,
            "DRUMBEAT_OAUTH_CLIENT_ID": "drumbeat",
            "DRUMBEAT_OAUTH_CLIENT_SECRET": "the page's secret",
            "DRUMBEAT_PUBLIC_URL": public,
        }
        site = stack.enter_context(vault_site(vendors, vault_settings(vendors, tmp_path, **own)))
        proxy.servers.append(site.url)
        yield Provided(site, public, provider)


async def test_an_application_and_its_user_come_in_and_the_user_enters_their_keys(provided: Provided, era: Era) -> None:
    led, browser = Led(), Browser(provided.site.url, provided.public)
    metadata = OAuthClientMetadata(redirect_uris=[BACK])
    person = Person()
    auth = OAuthClientProvider(f"{provided.public}/mcp", metadata, person, person.open, person.back)
    with provided.signing_with("one"):
        async with create_mcp_http_client(auth=auth) as http:
            server: Any = streamable_http_client(f"{provided.public}/mcp", http_client=http)
            async with Client(server, mode=era, cache=None, elicitation_callback=led) as client:
                assert "drumbeat_act" in [tool.name for tool in (await client.list_tools()).tools]
                assert (await call(client, "linearb_list_teams")).is_error
                page = f"/keys/sign-in/provider?{urlsplit(led[-1].url).query}"
                await browser.get(page.replace("/sign-in/provider", ""))
                left = await browser.get(page)
                back = await let_in("alice", left.headers["location"])
                told = await browser.get(back.removeprefix(provided.public))
                assert f"You are signed in as <b>alice {provided.provider}</b>" in told.text
                assert "LinearB knows you" in (await browser.save("linearb", **LINEARB)).text
                assert "Platform" in text(await call(client, "linearb_list_teams"))


async def test_a_token_is_good_for_what_it_was_made_for(provided: Provided) -> None:
    with provided.signing_with("one"):
        good = {"Authorization": f"Bearer {await provided.token()}"}
        async with provided.site.client("auto", good) as client:
            assert "drumbeat_act" not in [tool.name for tool in (await client.list_tools()).tools]
        foreign = await provided.token(resource="https://other.example/mcp")
        refused = await provided.site.post({"Authorization": f"Bearer {foreign}"})
    assert refused.status_code == 401
    assert "not made for" in refused.json()["error_description"]


async def test_when_the_provider_signs_with_another_key_its_new_tokens_are_good_and_the_old_ones_are_not(
    provided: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.web.provider.AGAIN_AFTER", 0.0)

    async def status(token: str) -> int:
        return (await provided.site.post({"Authorization": f"Bearer {token}"})).status_code

    with provided.signing_with("one"):
        old = await provided.token()
        assert await status(old) == 400  # let in, with nothing to do
    assert await status(old) == 400
    with provided.signing_with("two"):
        new = await provided.token()
        assert [await status(token) for token in (new, old, new)] == [400, 401, 400]
