"""From the settings to the MCP server: its tools, resources, prompts, completions and instructions."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import MCPServer
from mcp.server.session import ServerSession
from mcp_types import (
    CallToolResult,
    Completion,
    CompletionArgument,
    CompletionContext,
    GetPromptResult,
    Implementation,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    PromptReference,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
    TextContent,
    Tool,
)
from pydantic import AnyUrl

from server import __version__
from server.catalogue import Catalogue, read
from server.changes.asking import AnyContext, Person, way_to_ask
from server.errors import Failure, Unanswered
from server.instructions import instructions
from server.listing import Listing, defers
from server.prompts import Prompts
from server.request import Caller, Request
from server.selection import select, unknown
from server.settings import Settings
from server.state import State
from server.state.memory import InProcess

if TYPE_CHECKING:
    from server.calls import Calls
    from server.resources import Resources


AnyRequestContext: TypeAlias = ServerRequestContext[Any, Any]
DRY_RUN, FRESH = "drumbeat/dry-run", "drumbeat/fresh"
LONGEST_NAME = 100


class Drumbeat(MCPServer[None]):
    """An MCPServer whose tools and resources come from the catalogue and run through `Calls`."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue | None = None,
        *,
        state: State | None = None,
        person: Person | None = None,
        log_level: Any = "INFO",
    ) -> None:
        self._state = state or InProcess()
        self._catalogue = catalogue or read()
        self._settings = settings
        self._selection = select(self._catalogue, self._settings)
        self._prompts = Prompts(self._catalogue.prompts, self._selection.callable)
        self._listing = Listing(self._settings, self._selection)
        self._users = 0
        self._person = person or Person()
        super().__init__(
            "drumbeat",
            title="Drumbeat",
            version=__version__,
            instructions=instructions(self._settings, self._catalogue, self._selection),
            log_level=log_level,
            lifespan=_lifespan,
        )
        for method in () if self._prompts else ("prompts/list", "prompts/get"):
            # Where there are no prompts none are announced; the SDK has no other way to say so.
            self._lowlevel_server._request_handlers.pop(method, None)
        self._lowlevel_server.add_request_handler("tools/list", PaginatedRequestParams, self._list_tools)
        self._lowlevel_server.get_tool_input_schema = self._schema
        self.completion()(self._complete)  # type: ignore[no-untyped-call]

    @cached_property
    def calls(self) -> "Calls":
        """What carries out calls. The start does without it, so it is imported by the first that needs it."""
        from server.calls import Calls

        return Calls(self._settings, self._catalogue.vendors, self._selection, self._state)

    @cached_property
    def _resources(self) -> "Resources":
        from server.resources import Resources

        return Resources(self.calls)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep the connections to the vendors for as long as a client is inside; SSE enters once a client."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users and "calls" in self.__dict__:
                await self.calls.connections.aclose()

    async def list_tools(self) -> list[Tool]:
        """The tools of this server, in the catalogue's order, as most clients are shown them."""
        return self._listing.short

    async def _list_tools(self, context: AnyRequestContext, params: PaginatedRequestParams) -> ListToolsResult:
        return ListToolsResult(tools=self._listing.of(_client(context.session).name))

    def _schema(self, name: str) -> dict[str, Any] | None:
        """What the headers of a call must agree with."""
        entry = self._selection.callable.get(name)
        return entry.input_schema if entry else None

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: AnyContext | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool by its name."""
        entry = self._selection.callable.get(name)
        if entry is None:
            return _error(unknown(name, self._selection.callable.values()))
        request = self._request(context)
        try:
            answer = await self.calls.run(entry, arguments, request)
        except Failure as failure:
            return _error(str(failure))
        except Unanswered as unanswered:
            question: InputRequiredResult = unanswered.question
            return question
        lay_out = partial(answer.fitted, self.calls.results, request.caller.principal)
        text, data = await anyio.to_thread.run_sync(lay_out) if answer.heavy else lay_out()
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)

    def _request(self, context: AnyContext | None) -> Request:
        """What the inside is told of a request; without a context it comes from this process itself."""
        if context is None:
            return Request()
        client = _client(context.session)
        caller = Caller(client=f"{client.name} {client.version}"[:LONGEST_NAME].strip() or "unnamed client")
        meta: Mapping[str, Any] = context.request_context.meta or {}
        return Request(
            caller=caller,
            ask=way_to_ask(context, self._state, self._person),
            report=context.report_progress,
            dry_run=bool(meta.get(DRY_RUN)),
            fresh=bool(meta.get(FRESH)),
            searches=defers(client.name),
        )

    async def list_resources(self) -> list[Resource]:
        """The lists that can be attached to a chat."""
        return self._resources.fixed

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The single objects that can be attached to a chat."""
        return self._resources.templates

    async def read_resource(
        self, uri: AnyUrl | str, context: AnyContext | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read what a resource's tool answers."""
        return [await self._resources.read(str(uri), self._request(context))]

    async def list_prompts(self) -> list[Prompt]:
        """What a person starts by its name."""
        return self._prompts.listed

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: AnyContext | None = None
    ) -> GetPromptResult:
        """A prompt's text. Raises MCPError where it or one of its arguments is not there."""
        return self._prompts.get(name, arguments or {})

    async def _complete(
        self,
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        given: CompletionContext | None,
    ) -> Completion | None:
        if isinstance(reference, PromptReference):
            wanted = self._prompts.argument(reference.name, argument.name)
            return await self._resources.complete_argument(wanted, argument.value, Request()) if wanted else None
        known = (given.arguments if given else None) or {}
        return await self._resources.complete(reference.uri, argument.name, argument.value, known, Request())


@asynccontextmanager
async def _lifespan(server: MCPServer[None]) -> AsyncIterator[None]:
    assert isinstance(server, Drumbeat)
    async with server.open():
        yield


def _client(session: ServerSession) -> Implementation:
    """What a client calls itself."""
    named = session.client_params
    return named.client_info if named else Implementation(name="", version="")


def _error(words: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=True)
