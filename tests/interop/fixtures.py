"""Drumbeat, with what the conformance suite asks for by name beside its own tools, resources and prompts.

The suite's calls go through Drumbeat's own lists, calls, middleware and web; only what they reach at last is the SDK's.
"""

import argparse
from collections.abc import Iterable
from typing import Any

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import MCPServer
from mcp_types import (
    CallToolResult,
    EmptyResult,
    GetPromptResult,
    InputRequiredResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    ResourceTemplate,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)
from pydantic import AnyUrl

from server.app import AnyRequestContext, Drumbeat
from server.changes.asking import AnyContext
from server.cli.session import settings_of
from server.settings import Settings
from server.transports import http
from tests.interop import content, questions, rounds


class WithFixtures(Drumbeat):
    """Drumbeat and the fixtures. What a fixture does not have a name for is Drumbeat's."""

    def __init__(self, settings: Settings, *given: Any) -> None:
        super().__init__(settings, *given)
        for module in (content, questions, rounds):
            module.register(self)
        for method, params in (
            ("logging/setLevel", SetLevelRequestParams),
            ("resources/subscribe", SubscribeRequestParams),
            ("resources/unsubscribe", UnsubscribeRequestParams),
        ):
            self._lowlevel_server.add_request_handler(method, params, _nothing)

    async def _list_tools(self, context: AnyRequestContext, params: PaginatedRequestParams) -> ListToolsResult:
        own = await super()._list_tools(context, params)
        return ListToolsResult(tools=[*own.tools, *await MCPServer.list_tools(self)])

    def _schema(self, name: str) -> dict[str, Any] | None:
        return self._tool_input_schema(name) or super()._schema(name)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: AnyContext | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a fixture or one of Drumbeat's tools."""
        base = MCPServer if self._tool_manager.get_tool(name) else Drumbeat
        return await base.call_tool(self, name, arguments, context)

    async def _list_resources(self, context: AnyRequestContext, params: PaginatedRequestParams) -> ListResourcesResult:
        own = await super()._list_resources(context, params)
        return ListResourcesResult(resources=[*own.resources, *await MCPServer.list_resources(self)])

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """Drumbeat's templates and the fixtures'."""
        return [*await super().list_resource_templates(), *await MCPServer.list_resource_templates(self)]

    async def read_resource(
        self, uri: AnyUrl | str, context: AnyContext | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a fixture or one of Drumbeat's resources."""
        known = [*(str(each.uri) for each in self._resource_manager.list_resources()), content.FROM_TEMPLATE]
        base = MCPServer if str(uri) in known else Drumbeat
        return await base.read_resource(self, uri, context)

    async def list_prompts(self) -> list[Prompt]:
        """Drumbeat's prompts and the fixtures'."""
        return [*await super().list_prompts(), *await MCPServer.list_prompts(self)]

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: AnyContext | None = None
    ) -> Any:
        """A fixture or one of Drumbeat's prompts."""
        base: Any = MCPServer if self._prompt_manager.get_prompt(name) else Drumbeat
        found: GetPromptResult | InputRequiredResult = await base.get_prompt(self, name, arguments, context)
        return found


async def _nothing(context: AnyRequestContext, params: Any) -> EmptyResult:
    return EmptyResult()


def main() -> None:
    """Serve on loopback until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    settings, catalogue = settings_of(sandbox=True)
    server = WithFixtures(settings, catalogue)
    http.run(server, settings, catalogue.vendors, "streamable-http", "127.0.0.1", port)


if __name__ == "__main__":
    main()
