"""A vendor's report that lies elsewhere, asked for over HTTP: nothing inside is reached, whoever's keys are used."""

import socket
from typing import Any

import anyio
import pytest
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.http.links import HTTPS
from server.settings import Settings
from tests.conftest import Era, text
from tests.vendors import Vendors, serve
from tests.web.conftest import OpenSite, hashed
from tests.web.test_own_keys import GATEWAY, keys, with_keys

pytestmark = pytest.mark.anyio
INSIDE = """https://169.254.169.254/latest/meta-data/ http://169.254.169.254/latest/meta-data/ https://10.0.0.1/r.csv
https://[::ffff:169.254.169.254]/ https://127.0.0.1/r.csv http://localhost/r.csv https://metadata.internal/computeMetadata/v1
file:///etc/passwd gopher://127.0.0.1:6379/_FLUSHALL redis://127.0.0.1/ ftp://files.example/r.csv data:text/csv,a
https://user:password@reports.example/r.csv https://reports.example:6379/r.csv //169.254.169.254/r.csv""".split()


def pointing(links: list[str]) -> ASGIApp:
    """A LinearB whose reports lie at one link after the other."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("/redirects"):
            await RedirectResponse("http://169.254.169.254/latest/meta-data/")(scope, receive, send)
        elif scope["method"] == "POST":
            await JSONResponse({"request_id": 17})(scope, receive, send)
        else:
            await JSONResponse({"report_url": links.pop(0), "detail": "ok"})(scope, receive, send)

    return app


@pytest.fixture
def names_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name that is looked up is of an address inside."""

    async def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", HTTPS))]

    monkeypatch.setattr(anyio, "getaddrinfo", look_up)


@pytest.fixture(params=["server", "headers"])
def whose(request: pytest.FixtureRequest, vendors: Vendors) -> tuple[Settings, dict[str, str]]:
    """The settings and the headers of a caller who uses the server's keys, or their own."""
    if request.param == "headers":
        return with_keys(vendors), keys(vendors, "linearb")
    return vendors.settings(DRUMBEAT_TOKENS=f"gateway:destructive:{hashed('gateway-token')}"), GATEWAY


@pytest.mark.usefixtures("names_inside")
async def test_a_report_that_lies_inside_is_not_fetched(
    site: OpenSite, vendors: Vendors, era: Era, whose: tuple[Settings, dict[str, str]]
) -> None:
    reached: list[str] = []

    async def beside(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await JSONResponse({})(scope, receive, send)

    settings, headers = whose
    with serve(beside) as other, site(settings) as here:
        links = [*INSIDE, f"{other}/r.csv", f"{here.url}/healthz"]
        own = f"{vendors.url}/linearb/redirects"
        vendors.app = pointing([*links, own])
        async with here.client(era, headers) as client:
            ask = {"tool": "linearb_get_measurements_report", "arguments": {"request_id": "17"}}
            for link in links:
                assert "was not fetched" in text(await client.call_tool("drumbeat_read", ask)), link
            assert "Redirects are not followed" in text(await client.call_tool("drumbeat_read", ask))
    assert reached == []
    assert [request.target for request in vendors.sent()][-1] == "/redirects"
    fetched = [request for request in vendors.sent() if request.target == "/redirects"]
    assert len(fetched) == 1
    assert "x-api-key" not in fetched[0].headers
