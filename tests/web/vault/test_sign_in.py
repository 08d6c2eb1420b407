"""Signing in to the page of keys at the OpenID provider, and what stands between that and somebody else's browser."""

import base64
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.web.callers import Undecided
from server.web.provider import Keys, Provider
from server.web.vault.provider_sign_in import ProviderSignIn
from server.web.vault.sessions import SESSION, VISIT
from tests.client import call
from tests.conftest import Era
from tests.vendors import Vendors, serve
from tests.web.conftest import Site
from tests.web.test_provider import ISSUER, OTHER, RSA, published
from tests.web.vault.browser import Browser
from tests.web.vault.conftest import LINEARB, ORIGIN, Led, vault_settings, vault_site

pytestmark = pytest.mark.anyio
CLIENT, SECRET = "drumbeat-page", "the page's secret"
AUDIENCE = f"{ORIGIN}/mcp"


@dataclass
class Idp:
    """A provider of our own: signs in whoever `user` is, and takes a code once, from whom it was given to."""

    url: str = ""
    origin: str = ORIGIN
    user: str = "alice"
    scope: str = "openid drumbeat:read"
    claims: dict[str, Any] = field(default_factory=dict)
    id_claims: dict[str, Any] = field(default_factory=dict)
    key: Any = RSA
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def token(self, client: str, audience: str, **claims: Any) -> str:
        now = time.time()
        said = {"iss": self.url, "aud": audience, "sub": self.user, "azp": client, "iat": now, "exp": now + 300}
        said |= {"scope": self.scope, **claims}
        return jwt.encode(said, self.key, "RS256", headers={"kid": "one"})

    def signed_in(self, address: str) -> str:
        """The path that the provider sends a browser back to, which came to `address`."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["redirect_uri"] == f"{self.origin}/keys/sign-in/done"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"/keys/sign-in/done?code={code}&state={asked['state']}&iss={self.url}"

    @property
    def app(self) -> Starlette:
        async def metadata(_: Request) -> Response:
            found = {name: f"{self.url}/{path}" for name, path in ENDPOINTS.items()}
            return JSONResponse({"issuer": self.url, **found})

        async def keys(_: Request) -> Response:
            return JSONResponse({"keys": [published(RSA, "one")]})

        async def tokens(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode()))
            self.asked.append(form)
            asked = self.codes.pop(form["code"], None)
            pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
            known = pair == f"{CLIENT}:the%20page%27s%20secret" and "client_id" not in form
            told = (proof, form["redirect_uri"])
            if not (known and asked and (asked["code_challenge"], asked["redirect_uri"]) == told):
                return JSONResponse({"error": "invalid_grant"}, 400)
            id_token = self.token(CLIENT, CLIENT, **({"nonce": asked["nonce"]} | self.id_claims))
            access = self.token(CLIENT, f"{self.origin}/mcp", **self.claims)
            return JSONResponse({"access_token": access, "id_token": id_token, "token_type": "Bearer"})

        pages = {"/.well-known/openid-configuration": metadata, "/keys": keys}
        routes = [Route(path, endpoint) for path, endpoint in pages.items()]
        return Starlette(routes=[*routes, Route("/tokens", tokens, methods=["POST"])])


ENDPOINTS = {"jwks_uri": "keys", "authorization_endpoint": "enter?tenant=acme", "token_endpoint": "tokens"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Idp]:
    idp = Idp()
    with serve(idp.app) as url:
        idp.url = url
        yield idp


@pytest.fixture
def idp(provider: Idp) -> Idp:
    """The provider as it is at first."""
    provider.__dict__ |= Idp(url=provider.url).__dict__
    return provider


@pytest.fixture(scope="module")
def site(served: Vendors, provider: Idp, folder: Path, journals: Iterator[str]) -> Iterator[Site]:
    served.reset(next(journals))
    own = {
        "DRUMBEAT_OAUTH_ISSUER": provider.url,
        "DRUMBEAT_OAUTH_CLIENT_ID": CLIENT,
        "DRUMBEAT_OAUTH_CLIENT_SECRET": SECRET,
    }
    with vault_site(served, vault_settings(served, folder, **own)) as here:
        yield here


async def at_the_provider(browser: Browser, ticket: str = "") -> str:
    """Open the page and follow its link to the provider; the address there."""
    query = f"?ticket={ticket}" if ticket else ""
    page = await browser.get(f"/keys{query}")
    assert f'<a href="/keys/sign-in/provider{query}">Sign in at 127.0.0.1</a>' in page.text
    left = await browser.get(f"/keys/sign-in/provider{query}")
    assert left.status_code == 303
    return str(left.headers["location"])


async def test_a_person_signs_in_at_the_provider_and_their_assistant_is_served(
    site: Site, idp: Idp, vendors: Vendors, era: Era
) -> None:
    idp.user = f"alice-{era}"
    assistant = {"Authorization": f"Bearer {idp.token('claude', AUDIENCE, scope='drumbeat:destructive')}"}
    user, browser = Led(), Browser(site.url, ORIGIN)
    async with site.client(era, assistant, user) as client:
        assert (await call(client, "linearb_list_teams")).is_error
        address = await at_the_provider(browser, user.ticket)
        asked = parse_qs(urlsplit(address).query)
        assert address.startswith(f"{idp.url}/enter?tenant=acme&response_type=code&")
        assert asked["scope"] == ["openid drumbeat:read"]
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["resource"] == asked["audience"] == [AUDIENCE]
        back = await browser.get(idp.signed_in(address))
        assert f"You are signed in as <b>alice-{era} {idp.url}</b>" in back.text
        # Some give a token for their own endpoints to who does not say again what it is for.
        assert idp.asked[-1]["resource"] == AUDIENCE
        assert 'href="/keys#linearb"' in back.text
        assert VISIT not in browser.cookies
        assert "LinearB knows you" in (await browser.save("linearb", **LINEARB)).text
        # Another client of the same person; the keys are the person's.
        assert not (await call(client, "linearb_list_teams")).is_error
    other = {"Authorization": f"Bearer {idp.token('cursor', AUDIENCE)}"}
    async with site.client(era, other, None) as client:
        assert not (await call(client, "linearb_list_teams")).is_error


async def test_a_program_is_not_taken_for_a_person_of_its_name(site: Site, idp: Idp, vendors: Vendors) -> None:
    idp.user = "robot"
    browser = Browser(site.url, ORIGIN)
    await browser.get(idp.signed_in(await at_the_provider(browser)))
    await browser.save("linearb", **LINEARB)
    program = {"Authorization": f"Bearer {idp.token('robot', AUDIENCE)}"}
    async with site.client("auto", program, None) as client:
        assert (await call(client, "linearb_list_teams")).is_error


async def test_a_link_of_one_persons_assistant_signs_in_nobody_else(site: Site, idp: Idp) -> None:
    idp.user = "attacker"
    user = Led()
    assistant = {"Authorization": f"Bearer {idp.token('claude', AUDIENCE)}"}
    async with site.client("auto", assistant, user) as client:
        await call(client, "linearb_list_teams")
    victim = Browser(site.url, ORIGIN)
    address = await at_the_provider(victim, user.ticket)
    idp.user = "victim"
    told = await victim.get(idp.signed_in(address))
    assert told.status_code == 403
    assert "made for somebody else" in told.text
    assert SESSION not in victim.cookies


async def test_an_answer_of_the_provider_is_worth_nothing_in_another_browser(site: Site, idp: Idp) -> None:
    attacker, victim, nobody = (Browser(site.url, ORIGIN) for _ in range(3))
    back = idp.signed_in(await at_the_provider(attacker))
    await at_the_provider(victim)
    for browser in (victim, nobody):
        told = await browser.get(back)
        assert told.status_code == 403
        assert "began in this browser" in told.text
        assert SESSION not in browser.cookies
    assert not idp.asked


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("state=", "state=0"),
        lambda path: path.partition("&state")[0],
        lambda path: path + "&iss=https://evil.example",
        lambda path: path.partition("&iss")[0] + "." + "a" * 43,
        lambda path: path.replace("code=", "error=access_denied&x="),
        lambda path: path.replace("code-", "guess-"),
        lambda path: "/keys/sign-in/done",
    ],
)
async def test_an_answer_that_was_changed_signs_in_nobody(change: Any, site: Site, idp: Idp) -> None:
    browser = Browser(site.url, ORIGIN)
    told = await browser.get(change(idp.signed_in(await at_the_provider(browser))))
    assert told.status_code == 403
    assert "You are not signed in" in told.text
    assert SESSION not in browser.cookies


async def test_an_answer_works_once(site: Site, idp: Idp) -> None:
    browser = Browser(site.url, ORIGIN)
    back = idp.signed_in(await at_the_provider(browser))
    visit = browser.cookies[VISIT]
    assert (await browser.get(back)).status_code == 200
    again = Browser(site.url, ORIGIN, {VISIT: visit})
    assert (await again.get(back)).status_code == 403


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id_claims": {"nonce": "another"}}, "answer is to another question"),
        ({"id_claims": {"aud": "another-client"}}, "not made for drumbeat-page"),
        ({"claims": {"aud": "https://other.example/mcp"}}, f"not made for {AUDIENCE}"),
        ({"claims": {"iss": "https://evil.example"}}, "InvalidIssuer"),
        ({"claims": {"exp": 1}}, "expired"),
        ({"scope": "openid"}, "grants nothing here"),
        ({"key": OTHER}, "InvalidSignature"),
    ],
)
async def test_tokens_that_do_not_fit_sign_in_nobody(change: dict[str, Any], words: str, site: Site, idp: Idp) -> None:
    browser = Browser(site.url, ORIGIN)
    back = idp.signed_in(await at_the_provider(browser))
    idp.__dict__ |= change
    told = await browser.get(back)
    assert told.status_code == 403
    assert words in told.text
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example", "authorization_endpoint": "https://evil.example/enter"},
        {"issuer": ISSUER, "authorization_endpoint": "http://idp.acme.example/enter"},
        {"issuer": ISSUER, "authorization_endpoint": "javascript:alert(1)"},
        {"issuer": ISSUER},
        [],
        None,
    ],
)
async def test_a_provider_that_is_another_is_not_gone_to(metadata: Any, vendors: Vendors, tmp_path: Path) -> None:
    async def answer(method: str, url: str) -> tuple[int, Any]:
        asked.append(url)
        return 200, metadata

    asked: list[str] = []
    own = {"DRUMBEAT_OAUTH_ISSUER": ISSUER, "DRUMBEAT_OAUTH_CLIENT_ID": CLIENT}
    provider = Provider(ISSUER, AUDIENCE, Keys(ISSUER, None, partial(answer, "GET")))
    way = ProviderSignIn(vault_settings(vendors, tmp_path, **own), provider, answer)
    with pytest.raises(Undecided):
        await way.leave("v" * 43, "")
    assert asked == [f"{ISSUER}/.well-known/openid-configuration"]


async def test_a_provider_that_is_away_is_told(vendors: Vendors, tmp_path: Path) -> None:
    own = {"DRUMBEAT_OAUTH_ISSUER": "http://127.0.0.1:1", "DRUMBEAT_OAUTH_CLIENT_ID": CLIENT}
    with vault_site(vendors, vault_settings(vendors, tmp_path, **own)) as here:
        browser = Browser(here.url, ORIGIN)
        await browser.get("/keys")
        told = await browser.get("/keys/sign-in/provider")
    assert told.status_code == 503
    assert "the provider cannot be reached" in told.text


async def test_an_access_token_that_is_pasted_is_as_good(site: Site, idp: Idp) -> None:
    browser = Browser(site.url, ORIGIN)
    idp.user = "pasting"
    assert (await browser.sign_in(idp.token("claude", AUDIENCE))).status_code == 303
    assert f"You are signed in as <b>pasting {idp.url}</b>" in (await browser.get("/keys")).text
    assert (await Browser(site.url, ORIGIN).sign_in(idp.token("claude", "https://other.example"))).status_code == 403
