"""Drumbeat as the benchmarks run it: every vendor on, all of them at one address, everything listed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent

from server.app import Drumbeat
from server.catalogue import Catalogue, read
from server.settings import load

UNCACHED = {"DRUMBEAT_CACHE_TTL": "0"}


def variables(url: str) -> dict[str, str]:
    """The environment with every vendor on, with its stand-in's credentials, at `url`/vendor."""
    vendors = read().vendors
    credentials = {v.name: v.sandbox for vendor in vendors for v in vendor.variables if v.sandbox}
    return {**credentials, **{vendor.base_url_variable: f"{url}/{vendor.name}" for vendor in vendors}}


def drumbeat(
    url: str, journal: str, more: Mapping[str, str] | None = None, catalogue: Catalogue | None = None
) -> Drumbeat:
    """A server for the vendors at `url`, with `more` variables.

    All tools are listed, since the SDK's client relists whenever it calls one that is not.
    """
    catalogue = catalogue or read()
    environment = {"DRUMBEAT_TOOLSETS": "all", "DRUMBEAT_JOURNAL": journal, **variables(url), **(more or {})}
    return Drumbeat(load(environment, catalogue.vendors), catalogue, log_level="ERROR")


@asynccontextmanager
async def client_of(server: MCPServer[Any]) -> AsyncIterator[Client]:
    """An in-memory client that has seen the list of tools, as clients have before they call."""
    async with Client(server, mode="auto", cache=None) as client:
        await client.list_tools()
        yield client


async def called(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    """The text of a call's answer. Raises RuntimeError for an error, so that none is measured by mistake."""
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise RuntimeError(text_of(result))
    return text_of(result)


def text_of(result: CallToolResult) -> str:
    """What a model reads of a result."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
