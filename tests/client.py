"""What a client does with a server, and how its user answers."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from server.settings import Settings
from tests.conftest import Answer, Connect, decline, text
from tests.program import Program

# What is asked over HTTP here has no certificate, and a client that reads the machine's authorities is slow to make.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(**options: Any) -> httpx.AsyncClient:
    """A client of what listens on this machine without TLS."""
    return httpx.AsyncClient(verify=NO_AUTHORITIES, **options)


@asynccontextmanager
async def over_http(
    url: str, headers: dict[str, str], kind: type[Client] = Program, **options: Any
) -> AsyncIterator[Client]:
    """A client of the server at `url`, which is asked by streamable HTTP."""
    timeout = httpx2.Timeout(30, read=300)
    verify = NO_AUTHORITIES if url.startswith("http:") else True
    async with httpx2.AsyncClient(headers=headers, verify=verify, timeout=timeout) as http:
        server: Any = streamable_http_client(url, http_client=http)
        async with kind(server, cache=None, **options) as client:
            yield client


async def call(client: Client, tool: str, /, **arguments: Any) -> CallToolResult:
    """What a call is answered with."""
    return await client.call_tool(tool, arguments)


async def once(connect: Connect, tool: str, settings: Settings | None = None, /, **arguments: Any) -> CallToolResult:
    """What a call is answered with, by a client that makes no other."""
    async with connect(settings) as client:
        return await call(client, tool, **arguments)


async def done(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The structure that a successful call is answered with."""
    result = await call(client, tool, **arguments)
    assert not result.is_error, text(result)
    return dict(result.structured_content or {})


async def new_retro(client: Client) -> str:
    """The id of a retrospective that the platform team has just begun."""
    return str((await done(client, "teamoclock_create_retro", team="platform"))["id"])


async def undone(client: Client, **filters: Any) -> dict[str, Any]:
    """Take the newest change back; what that is answered with."""
    newest = (await done(client, "drumbeat_list_changes", **filters))["items"][0]
    return await done(client, "drumbeat_undo_change", change_id=newest["change_id"])


class Asked(list[str]):
    """The questions that were put to a user, who answers all of them alike."""

    def __init__(self, answer: Answer = decline) -> None:
        super().__init__()
        self._answer = answer

    def __bool__(self) -> bool:
        return True  # also before the first question, or the client takes it for no callback

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.append(params.message)
        answered = await self._answer(context, params)
        assert isinstance(answered, ElicitResult)
        return answered
