"""A browser for all tests, and in it the official host with the page of a real server."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import advertise
from mcp_types import CallToolResult, TextResourceContents

from server.app import Drumbeat
from server.sandbox import sandbox
from server.settings import Settings
from tests.vendors import Vendors
from tools.insights.sandbox import written

HOST = Path(__file__).parent / "host" / "built" / "host.js"
BROWSER = shutil.which("chromium")
# These take a browser's start, so they run by `make test-app` alone.
collect_ignore_glob = [] if os.environ.get("APP_TESTS") else ["test_*.py"]
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PATIENCE = 10_000
URI = "ui://drumbeat/delivery.html"
REPORT = "insights_get_delivery_report"
CAN: dict[str, Any] = {"serverTools": {}, "downloadFile": {}, "updateModelContext": {"text": {}}}
APPS = advertise("io.modelcontextprotocol/ui", {"mimeTypes": ["text/html;profile=mcp-app"]})


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Any]:
    missing = [name for name, there in {"chromium": BROWSER, str(HOST): HOST.exists()}.items() if not there]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{' and '.join(missing)} missing: see tests/app/set_up")
    assert not missing, missing
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield opened
        await opened.close()


@dataclass
class Shown:
    """The page as it stands in the host. asked: the calls that it made."""

    tab: Any
    client: Client
    asked: list[dict[str, Any]]

    @property
    def frame(self) -> Any:
        """The page inside its frame."""
        return self.tab.frame_locator("iframe")

    def said(self, selector: str) -> Awaitable[str]:
        """The text of the first element that fits."""
        said: Awaitable[str] = self.frame.locator(selector).first.inner_text()
        return said

    def heard(self, what: str) -> Awaitable[Any]:
        """What the host was told: sizes, contexts or files."""
        heard: Awaitable[Any] = self.tab.evaluate(f"host.{what}")
        return heard

    async def until(self, selector: str, text: str) -> None:
        """Wait until an element says something."""
        await self.frame.locator(selector).filter(has_text=text).first.wait_for()

    async def send(self, result: CallToolResult, **arguments: Any) -> None:
        """Give the page what the model's call was and what it came to."""
        sent = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        await self.tab.evaluate("(given) => host.bridge.sendToolInput({ arguments: given })", arguments)
        await self.tab.evaluate("(sent) => host.bridge.sendToolResult(sent)", sent)


Show = Callable[..., Any]


@pytest.fixture
def vendors(vendors: Vendors) -> Vendors:
    """The stand-ins as of now, since the page's user chooses periods that end now."""
    vendors.app = sandbox(vendors.catalogue.vendors)
    vendors.map(written())
    return vendors


@pytest.fixture
def show(browser: Any, vendors: Vendors) -> Show:
    """Open the page as a host does: read it from a server, frame it, call the report, hand over what it came to."""

    @asynccontextmanager
    async def opened(
        team: str = "platform",
        period: str = "last-7-days",
        settings: Settings | None = None,
        can: dict[str, Any] = CAN,
        context: dict[str, Any] | None = None,
        wide: int = 640,
        **meta: Any,
    ) -> AsyncIterator[Shown]:
        server = Drumbeat(settings or vendors.settings(), vendors.catalogue)
        async with Client(server, cache=None, extensions=[APPS]) as client:
            tab = await browser.new_page(viewport={"width": wide, "height": 1600})
            asked: list[dict[str, Any]] = []

            async def call(params: dict[str, Any]) -> dict[str, Any]:
                asked.append(params)
                result = await client.call_tool(params["name"], params["arguments"])
                answer: dict[str, Any] = result.model_dump(mode="json", by_alias=True, exclude_none=True)
                return answer

            tab.set_default_timeout(PATIENCE)
            await tab.expose_function("callTool", call)
            errors: list[str] = []
            tab.on("pageerror", lambda error: errors.append(str(error)))
            await tab.set_content("<!doctype html><body style='margin:0'></body>")
            await tab.add_script_tag(path=HOST)
            [content] = (await client.read_resource(URI)).contents
            assert isinstance(content, TextResourceContents)
            host = {"html": content.text, "capabilities": can, "context": context or {"theme": "light"}}
            await tab.evaluate("(given) => host.show(given)", host)
            shown = Shown(tab, client, asked)
            result = await client.call_tool(REPORT, {"team": team, "period": period})
            await shown.send(result, team=team, period=period)
            yield shown
            await tab.close()
            assert errors == []

    return opened
