"""The page of callers' keys in a browser: what a person does there, and what other sites' pages cannot do."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from server.app import Drumbeat
from server.web.bounds import Traffic
from server.web.serving import web_app
from tests.vendors import Vendors, serve
from tests.web.vault.conftest import Someone, vault_settings
from tests.web.vault.test_sign_in import CLIENT, SECRET, Idp

pytestmark = pytest.mark.anyio
ME = Someone(0, "")


class Later:
    """An app that is made when its address is known."""

    app: Any = None
    connections: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        for event in ("startup", "shutdown"):
            await receive()
            if event == "shutdown":
                await self.connections.aclose()
            await send({"type": f"lifespan.{event}.complete"})


@pytest.fixture
def idp() -> Iterator[Idp]:
    """A provider that signs in whoever comes, and sends them back at once."""
    provider = Idp()

    async def enter(request: Request) -> Response:
        back = provider.signed_in(str(request.url))
        return RedirectResponse(f"{request.query_params['redirect_uri'].partition('/keys')[0]}{back}", 302)

    with serve(Starlette(routes=[Route("/enter", enter), Mount("/", provider.app)])) as url:
        provider.url = url.replace("127.0.0.1", "localhost")
        yield provider


@pytest.fixture
def address(vendors: Vendors, idp: Idp, tmp_path: Path) -> Iterator[str]:
    """Where Drumbeat is."""
    later = Later()
    with serve(later, "on") as url:
        idp.origin = url
        own = {
            "DRUMBEAT_PUBLIC_URL": url,
            "DRUMBEAT_OAUTH_ISSUER": idp.url,
            "DRUMBEAT_OAUTH_CLIENT_ID": CLIENT,
            "DRUMBEAT_OAUTH_CLIENT_SECRET": SECRET,
        }
        settings = vault_settings(vendors, tmp_path, **own)
        later.connections = vendors.connections(settings)
        server = Drumbeat(settings, vendors.catalogue, connections=later.connections)
        later.app = web_app(server, settings, vendors.catalogue.vendors, "streamable-http", Traffic(10))
        yield url


@pytest.fixture
def elsewhere(address: str) -> Iterator[str]:
    """Another site, whose pages have a link to ours, a form that sends itself to it, and a frame with it."""
    sent = {"LINEARB_API_KEY": "evil", "action": "keep", "token": "x"}
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in sent.items())
    pages = {
        "/link": f'<a href="{address}/keys">Enter your keys</a>',
        "/frame": f'<iframe src="{address}/keys"></iframe>',
        "/form": f'<form method="post" action="{address}/keys/linearb">{fields}<button>Win</button></form>',
        "/sign-in": f'<form method="post" action="{address}/keys/sign-in">'
        f'<input name="drumbeat_token" value="{ME.token}"><button>Win</button></form>',
    }

    async def page(request: Request) -> Response:
        return HTMLResponse(f"<!doctype html><body>{pages[request.url.path]}</body>")

    with serve(Starlette(routes=[Route(path, page) for path in pages])) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
async def tab(browser: Any) -> AsyncIterator[Any]:
    """A fresh browser without script, which no page of ours needs."""
    context = await browser.new_context(java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield await context.new_page()
    await context.close()


async def test_a_person_comes_by_a_link_enters_a_key_and_deletes_it(tab: Any, address: str, elsewhere: str) -> None:
    await tab.goto(f"{elsewhere}/link")
    await tab.click("a")
    await tab.fill("[name=drumbeat_token]", ME.token)
    await tab.click("button")
    assert "You are signed in as token p0" in await tab.inner_text("main")
    await tab.fill("[name=LINEARB_API_KEY]", "lb-sandbox")
    await tab.click("text=Save the keys of LinearB")
    assert "LinearB knows you as" in await tab.inner_text("[role=status]")
    assert "lb-sandbox" not in await tab.content()
    await tab.click("text=Delete the keys of LinearB")
    assert "are deleted" in await tab.inner_text("[role=status]")
    await tab.click("text=Sign out")
    assert "First show that" in await tab.inner_text("main")


async def test_a_person_signs_in_at_the_provider(tab: Any, address: str, idp: Idp) -> None:
    await tab.goto(f"{address}/keys")
    await tab.click("text=Sign in at localhost")
    assert "You are signed in as alice" in await tab.inner_text("main")
    await tab.click("text=Go on to your keys")
    assert "You are signed in as alice" in await tab.inner_text("main")
    assert await tab.query_selector("[name=LINEARB_API_KEY]")


async def test_another_sites_page_neither_sends_nor_shows_our_forms(tab: Any, address: str, elsewhere: str) -> None:
    await tab.goto(f"{elsewhere}/sign-in")
    await tab.click("button")
    assert "Invalid Origin" in await tab.inner_text("body")
    await tab.goto(f"{address}/keys")
    await tab.fill("[name=drumbeat_token]", ME.token)
    await tab.click("button")
    await tab.goto(f"{elsewhere}/form")
    await tab.click("button")
    assert "Invalid Origin" in await tab.inner_text("body")
    await tab.goto(f"{address}/keys")
    assert "Kept:" not in await tab.inner_text("main")
    await tab.goto(f"{elsewhere}/frame")
    frame = tab.frames[-1]
    assert "Sign in" not in await frame.content()
    assert "signed in" not in await frame.content()
