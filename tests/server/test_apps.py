"""Pages in the chat: what a client that shows them is told, and what all others are spared."""

import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp.client import advertise
from mcp_types import ImageContent, TextContent, TextResourceContents

import tools
from server.app import Drumbeat
from server.apps import page
from server.catalogue import Catalogue
from server.publish import catalogue as publish
from server.settings import load
from tests.conftest import Era, text

pytestmark = pytest.mark.anyio
EXTENSION, MIME = "io.modelcontextprotocol/ui", "text/html;profile=mcp-app"
URI = "ui://pulse/page.html"
NO_ORIGIN: dict[str, list[str]] = {
    "connectDomains": [],
    "resourceDomains": [],
    "frameDomains": [],
    "baseUriDomains": [],
}
PACKAGE = f'''
"""Shows a page."""

from server.declare import Apis, App, Vendor

app = App("{URI}", "Pulse", "A page.", "page/page.html", "get_pulse", ("get_more",))
pulse = Vendor("pulse", "Pulse", "several at once", (), (), Apis, needs=("linearb",), apps=(app,))
VENDOR = pulse
'''
TOOLS = '''
"""One tool for models, one for the page."""

from server.declare import Apis, Done, Image
from tools.pulse import pulse

beats = pulse.toolset("beats", "Beats.")


@beats.read(everyday=True)
async def get_pulse(api: Apis) -> Done:
    """The pulse."""
    api.images.append(Image(b"a picture"))
    api.page_data = {"beats": [1, 2], "team": "a\u202eb"}
    return Done(done="Two beats.")


@beats.read()
async def get_more(api: Apis) -> Done:
    """More for the page."""
    api.page_data = {"beats": [3]}
    return Done(done="One beat.")
'''
HTML = '<!doctype html><link rel="stylesheet" href="page.css"><p>x</p><script src="page.js"></script>'


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder = tmp_path_factory.mktemp("pulse")
    package = folder / "tools" / "pulse"
    (package / "page").mkdir(parents=True)
    for file, content in {
        "__init__.py": PACKAGE,
        "beats.py": TOOLS,
        "page/page.html": HTML,
        "page/page.css": "p{color:red}",
        "page/page.js": "f('\\d')",
    }.items():
        (package / file).write_text(content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tools, "__path__", [*tools.__path__, str(folder / "tools")])
        yield publish.build()
    page.cache_clear()
    for module in [name for name in sys.modules if name.startswith("tools.pulse")]:
        del sys.modules[module]
    del tools.pulse  # type: ignore[attr-defined]


@asynccontextmanager
async def client(catalogue: Catalogue, era: Era, *, shows: bool = True, **variables: str) -> AsyncIterator[Client]:
    settings = load({"DRUMBEAT_SANDBOX": "1", **variables}, catalogue.vendors)
    told = [advertise(EXTENSION, {"mimeTypes": [MIME]})] if shows else None
    async with Client(Drumbeat(settings, catalogue), mode=era, cache=None, extensions=told) as opened:
        yield opened


async def metas(opened: Client) -> dict[str, Any]:
    """The `_meta` of the package's tools that the client is told of."""
    return {tool.name: tool.meta for tool in (await opened.list_tools()).tools if tool.name.startswith("pulse_")}


async def test_the_tool_names_its_page_in_both_spellings(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era) as opened:
        told = await metas(opened)
    ui = {"resourceUri": URI, "visibility": ["model", "app"]}
    assert told["pulse_get_pulse"] == {"ui": ui, "ui/resourceUri": URI}
    assert told["pulse_get_more"] == {"ui": {"visibility": ["app"]}}


async def test_who_shows_no_pages_is_not_told_of_the_tools_that_only_they_call(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era, shows=False, DRUMBEAT_TOOLSETS="all") as opened:
        assert "pulse_get_more" not in await metas(opened)
        for query in ("get more for the page", ""):
            found = await opened.call_tool("drumbeat_find_tools", {"query": query})
            assert "get_more" not in text(found)


async def test_the_page_is_one_file_that_may_reach_nothing(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era) as opened:
        [listed] = [one for one in (await opened.list_resources()).resources if one.uri == URI]
        [content] = (await opened.read_resource(URI)).contents
    assert listed.mime_type == content.mime_type == MIME
    assert listed.meta == content.meta == {"ui": {"csp": NO_ORIGIN, "prefersBorder": True}}
    assert isinstance(content, TextResourceContents)
    assert content.text == ("<!doctype html><style>\np{color:red}</style><p>x</p><script>\nf('\\d')</script>")


async def test_what_the_page_draws_travels_where_no_model_reads(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era) as opened:
        first = await opened.call_tool("pulse_get_pulse", {})
        more = await opened.call_tool("pulse_get_more", {})
    assert (first.meta or {})["drumbeat/page"] == {"beats": [1, 2], "team": "ab"}
    assert (more.meta or {})["drumbeat/page"] == {"beats": [3]}
    assert text(first) == "Two beats."
    assert "[1, 2]" not in str(first.structured_content)


async def test_who_shows_no_pages_lists_none(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era, shows=False) as opened:
        assert URI not in [one.uri for one in (await opened.list_resources()).resources]


async def test_who_shows_no_pages_is_sent_none_of_their_data(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era, shows=False) as opened:
        assert "drumbeat/page" not in ((await opened.call_tool("pulse_get_pulse", {})).meta or {})


async def test_a_picture_stands_beside_the_text(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era) as opened:
        direct = await opened.call_tool("pulse_get_pulse", {})
        through = await opened.call_tool("drumbeat_read", {"tool": "pulse_get_pulse"})
    for result in (direct, through):
        words, picture = result.content
        assert isinstance(words, TextContent)
        assert isinstance(picture, ImageContent)
        assert (picture.mime_type, b64decode(picture.data)) == ("image/png", b"a picture")


async def test_pages_can_be_switched_off(catalogue: Catalogue, era: Era) -> None:
    async with client(catalogue, era, DRUMBEAT_APPS="0") as opened:
        assert await metas(opened) == {"pulse_get_pulse": None}
        assert URI not in [one.uri for one in (await opened.list_resources()).resources]
        assert (await opened.call_tool("pulse_get_more", {})).is_error
        assert "drumbeat/page" not in ((await opened.call_tool("pulse_get_pulse", {})).meta or {})
        assert EXTENSION not in (opened.server_capabilities.extensions or {})


async def test_a_modern_client_is_told_that_there_are_pages(catalogue: Catalogue) -> None:
    async with client(catalogue, "auto") as opened:
        assert EXTENSION in (opened.server_capabilities.extensions or {})
