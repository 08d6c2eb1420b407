"""What each kind of client is shown before it calls anything: the list of tools, and the instructions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp_types import Implementation, Tool

from server.app import Drumbeat
from server.settings import Settings
from tests.client import call
from tests.conftest import Connect, Era, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
DEFERRING = ["claude-code", "codex-mcp-client", "qwen-cli-mcp-client-drumbeat"]
OTHERS = ["gemini-cli-mcp-client", "github-copilot-developer", "my-claude-code", ""]
# Only pages call it.
FOR_PAGES = {"insights_get_delivery_page"}
ENTRY = {"drumbeat_find_tools", "drumbeat_read", "drumbeat_act"}


@asynccontextmanager
async def named(name: str, era: Era, vendors: Vendors, settings: Settings | None = None) -> AsyncIterator[Client]:
    """A client that calls itself by this name."""
    server = Drumbeat(settings or vendors.settings(), vendors.catalogue)
    info = Implementation(name=name, version="1")
    async with Client(server, mode=era, cache=None, client_info=info) as client:
        yield client


async def listed(client: Client) -> dict[str, Tool]:
    return {tool.name: tool for tool in (await client.list_tools()).tools}


def meta(tool: Tool) -> dict[str, Any]:
    return dict(tool.meta or {})


# The list.


@pytest.mark.parametrize("name", DEFERRING)
async def test_a_client_that_keeps_its_list_from_its_model_is_given_all_tools(
    name: str, era: Era, vendors: Vendors
) -> None:
    async with named(name, era, vendors) as client:
        tools = await listed(client)
    assert list(tools) == [entry.name for entry in vendors.catalogue.for_models]


@pytest.mark.parametrize("name", OTHERS)
async def test_every_other_client_is_given_the_short_list(name: str, era: Era, vendors: Vendors) -> None:
    async with named(name, era, vendors) as client:
        tools = await listed(client)
    assert list(tools) == [entry.name for entry in vendors.catalogue.tools if entry.everyday]


@pytest.mark.parametrize("toolsets", ["default", "buddy,drumbeat.discovery", "teamoclock_list_retros"])
async def test_what_the_operator_chose_to_list_holds_for_every_client(
    toolsets: str, era: Era, vendors: Vendors
) -> None:
    settings = vendors.settings(DRUMBEAT_TOOLSETS=toolsets)
    async with named("claude-code", era, vendors, settings) as one, named("other", era, vendors, settings) as other:
        assert list(await listed(one)) == list(await listed(other))


async def test_the_long_list_keeps_to_the_access_level_and_to_what_is_left_out(era: Era, vendors: Vendors) -> None:
    async with named("codex-mcp-client", era, vendors, vendors.settings(DRUMBEAT_ACCESS="read")) as client:
        tools = await listed(client)
    assert list(tools) == [entry.name for entry in vendors.catalogue.for_models if entry.access == "read"]


async def test_the_way_in_is_shown_from_the_start_and_every_tool_has_words_to_find_it_by(
    era: Era, vendors: Vendors
) -> None:
    settings = vendors.settings(DRUMBEAT_RESULT_TOKENS="5500")
    async with named("claude-code", era, vendors, settings) as client:
        tools = await listed(client)
    assert {name for name, tool in tools.items() if meta(tool).get("anthropic/alwaysLoad")} == ENTRY
    words = {name: str(meta(tool)["anthropic/searchHint"]).split() for name, tool in tools.items()}
    assert max(map(len, words.values())) <= 6
    for name, hint in words.items():
        assert not {f"_{word}" for word in hint} & {f"_{part}" for part in name.split("_")}
    assert "build" in words["buddy_list_executions"]
    assert not any("anthropic/maxResultSizeChars" in meta(tool) for tool in tools.values())


async def test_answers_longer_than_a_client_passes_unasked_are_announced(era: Era, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_RESULT_TOKENS="30000")
    async with named("claude-code", era, vendors, settings) as client:
        tools = await listed(client)
    assert {meta(tool)["anthropic/maxResultSizeChars"] for tool in tools.values()} == {120_000}


async def test_a_model_that_searches_is_told_the_arguments_of_listed_tools_too(era: Era, vendors: Vendors) -> None:
    need = {"query": "which pipelines are there in Buddy"}
    async with named("codex-mcp-client", era, vendors) as one, named("opencode", era, vendors) as other:
        searching, seeing = text(await call(one, FINDER, **need)), text(await call(other, FINDER, **need))
    assert "In your list of tools: buddy_list_pipelines" in seeing
    assert "| project*" in next(line for line in searching.splitlines() if line.startswith("buddy_list_pipelines"))


FINDER = "drumbeat_find_tools"

# The instructions.


@pytest.mark.parametrize("environment", [{}, {"DRUMBEAT_CONFIRM": "two-step"}, {"DRUMBEAT_CONFIRM": "never"}])
async def test_the_instructions_begin_with_what_this_is_and_the_way_in_and_stay_short(
    environment: dict[str, str], connect: Connect, vendors: Vendors
) -> None:
    settings = vendors.settings(**environment).model_copy(update={"sandbox": True})
    async with connect(settings) as client:
        said = client.instructions or ""
    first, second = said.split("\n")[:2]
    assert len(first) <= 250
    for words in ("Buddy", "Oobeya", "Team O'clock", "DORA", "pipelines", "retros", "incidents", FINDER):
        assert words in first
    assert second.startswith("This is the sandbox")
    assert len(said) < 1500


async def test_the_first_line_names_only_what_is_on(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings()
    settings = settings.model_copy(update={"vendors": {"linearb": settings.vendors["linearb"]}})
    async with connect(settings) as client:
        first = (client.instructions or "").split("\n")[0]
    assert "LinearB (cycle time, incidents, deployments, DORA)" in first
    assert "Buddy" not in first


async def test_a_client_that_shows_no_instructions_learns_the_way_in_from_the_descriptions(
    era: Era, vendors: Vendors
) -> None:
    async with named("Continue", era, vendors) as client:
        tools = await listed(client)
    for gateway in ("drumbeat_read", "drumbeat_act"):
        assert "Names come from drumbeat_find_tools" in (tools[gateway].description or "")


# What gateways and allow-lists see of a call over HTTP.

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


async def over_http(vendors: Vendors, tool: str, arguments: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """The answer to one modern call over HTTP, with headers of its own."""
    server = Drumbeat(vendors.settings(), vendors.catalogue)
    app = server.streamable_http_app()
    params = {"name": tool, "arguments": arguments, "_meta": MODERN}
    common = {
        "Accept": "application/json, text/event-stream",
        "Mcp-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    async with server.session_manager.run():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            return await client.post("/mcp", json=message, headers={**common, **headers})


async def test_the_tool_that_a_gateway_calls_travels_as_a_header(era: Era, vendors: Vendors) -> None:
    async with named("anybody", era, vendors) as client:
        tools = await listed(client)
    declared = {name: schema for name, tool in tools.items() if "x-mcp-header" in str(schema := tool.input_schema)}
    assert set(declared) == {"drumbeat_read", "drumbeat_act"}
    for schema in declared.values():
        assert schema["properties"]["tool"] == {"type": "string", "x-mcp-header": "Tool"}


async def test_a_call_whose_header_and_arguments_agree_is_carried_out(vendors: Vendors) -> None:
    arguments = {"tool": "teamoclock_list_teams"}
    answer = await over_http(vendors, "drumbeat_read", arguments, {"Mcp-Param-Tool": "teamoclock_list_teams"})
    assert answer.status_code == 200
    assert "platform" in answer.text


@pytest.mark.parametrize("header", [{}, {"Mcp-Param-Tool": "teamoclock_list_teams"}])
async def test_a_call_that_hides_its_tool_from_a_gateway_is_turned_away(
    header: dict[str, str], vendors: Vendors
) -> None:
    arguments = {"tool": "teamoclock_create_retro", "arguments": {"team": "platform"}}
    answer = await over_http(vendors, "drumbeat_act", arguments, header)
    assert answer.status_code == 400
    assert "Mcp-Param-Tool" in answer.text
    assert vendors.sent() == []
