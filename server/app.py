"""From the settings to the MCP server: its tools, resources, prompts, completions and instructions."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from mcp.server._otel import OpenTelemetryMiddleware
from mcp.server.apps import Apps, client_supports_apps
from mcp.server.context import ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import MCPServer, RequestStateSecurity
from mcp.server.session import ServerSession
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    Completion,
    CompletionArgument,
    CompletionContext,
    GetPromptResult,
    Implementation,
    InputRequiredResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    PromptReference,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
    Tool,
)
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider
from pydantic import AnyUrl

from server import __version__
from server.call_result import call_error, call_result
from server.catalogue import Catalogue, read
from server.changes.asking import AnyContext, Page, Person, way_to_ask, way_to_lead
from server.connections import Connections
from server.errors import Failure, Unanswered
from server.instructions import instructions
from server.listing import defers
from server.request import Caller, Progress, Request, nowhere, visitor
from server.selection import unknown
from server.settings import Layout, Settings
from server.skills import Skills, skill
from server.state import State
from server.state.memory import InProcess
from server.state.shared import redis_of
from server.views import View, Views

if TYPE_CHECKING:
    from server.calls import Calls
    from server.state.redis import Redis


AnyRequestContext: TypeAlias = ServerRequestContext[Any, Any]
DRY_RUN, FRESH, STRUCTURED = "drumbeat/dry-run", "drumbeat/fresh", "drumbeat/structured"
LONGEST_NAME = 100


class Drumbeat(MCPServer[None]):
    """An MCPServer whose tools and resources come from the catalogue and run through `Calls`.

    person: how long one takes to answer. connections: other ones than to the vendors of `settings` on the network.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue | None = None,
        *,
        state: State | None = None,
        person: Person | None = None,
        connections: Connections | None = None,
        log_level: Any = "INFO",
    ) -> None:
        self._redis = redis_of(settings)
        self._state = state or self._redis or InProcess()
        self._catalogue = catalogue or read()
        self._settings = settings
        connections = connections or Connections(settings, self._catalogue.vendors, redis=self._redis)
        self._views = Views(settings, self._catalogue, self._state, connections)
        self._users = 0
        self._page: Page | None = None
        self._person = person or Person()
        pages = [Apps()] if self._views.whole.selection.apps else []
        has_prompts = bool(self._views.whole.prompts) or settings.callers_bring_keys
        skills = [Skills(lambda: self._view().prompts)] if has_prompts else []
        super().__init__(
            "drumbeat",
            title="Drumbeat",
            version=__version__,
            instructions=instructions(self._settings, self._catalogue, self._views.whole.selection),
            log_level=log_level,
            lifespan=_lifespan,
            request_state_security=_sealing(settings),
            extensions=[*pages, *skills],
        )
        if not has_prompts:
            # Where there are no prompts none are announced; the SDK has no other way to say so.
            for method in ("prompts/list", "prompts/get"):
                self._lowlevel_server._request_handlers.pop(method, None)
        self._lowlevel_server.add_request_handler("tools/list", PaginatedRequestParams, self._list_tools)
        self._lowlevel_server.add_request_handler("tools/call", CallToolRequestParams, self._answer_call)
        self._lowlevel_server.add_request_handler("resources/list", PaginatedRequestParams, self._list_resources)
        self._lowlevel_server.get_tool_input_schema = self._schema
        self.completion()(self._complete)  # type: ignore[no-untyped-call]

    @property
    def calls(self) -> "Calls":
        """What carries out the calls of whoever may do all that this server may."""
        return self._views.whole.calls

    def watch(self, middleware: ServerMiddleware[Any]) -> None:
        """Let `middleware` see every request, inside of the SDK's own."""
        seeing = self._lowlevel_server.middleware
        # Spans that nobody collects cost each call as much time as all else that is watched of it.
        if isinstance(get_tracer_provider(), ProxyTracerProvider):
            seeing[:] = [one for one in seeing if not isinstance(one, OpenTelemetryMiddleware)]
        seeing.append(middleware)

    def lead_to_keys(self, page: Page) -> None:
        """Lead callers whose keys are missing to this page."""
        self._page = page

    @property
    def state(self) -> State:
        """What is kept between calls."""
        return self._state

    @property
    def redis(self) -> "Redis | None":
        """What this server shares with others, if it does."""
        return self._redis

    def connections_of(self, caller: Caller) -> Connections:
        """The connections to the vendors with this caller's keys."""
        return self._views.of(caller).calls.connections

    async def is_alone(self) -> bool:
        """Whether it cannot reach the state that it should share with other servers."""
        return self._redis is not None and not await self._redis.ping()

    @property
    def tool_names(self) -> frozenset[str]:
        """The tools that there are, for whomever."""
        return frozenset(entry.name for entry in self._catalogue.tools)

    def _view(self) -> View:
        return self._views.of(visitor())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep the connections to the vendors for as long as a client is inside; SSE enters once a client."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                await self._views.aclose()
                if self._redis:
                    await self._redis.aclose()

    async def list_tools(self) -> list[Tool]:
        """The tools of whoever asks, in the catalogue's order, as most clients are shown them."""
        return self._view().listing.short

    async def _list_tools(self, context: AnyRequestContext, params: PaginatedRequestParams) -> ListToolsResult:
        listing, client = self._view().listing, _client(context.session).name
        return ListToolsResult(tools=listing.of(client, shows_pages=client_supports_apps(context)))

    def _schema(self, name: str) -> dict[str, Any] | None:
        """What the headers of a call must agree with."""
        entry = self._view().selection.callable.get(name)
        return entry.input_schema if entry and entry.is_routed else None

    async def _answer_call(
        self, context: AnyRequestContext, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """A call. What the same came to a moment ago is told before a `Request` is made, which takes longer."""
        view, caller, meta = self._view(), visitor(), context.meta or {}
        entry = view.selection.callable.get(params.name)
        if entry and not meta.get(FRESH) and (known := await view.calls.recall(entry, params.arguments or {}, caller)):
            layout, shows_pages = self._layout(meta), self._shows_pages(context)
            return await call_result(known, view.calls.results, caller.principal, layout, shows_pages=shows_pages)
        return await self._handle_call_tool(context, params)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: AnyContext | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool by its name."""
        view = self._view()
        entry = view.selection.callable.get(name) or view.selection.for_pages.get(name)
        if entry is None:
            return call_error(unknown(name, view.selection.callable.values()))
        request = self._request(context)
        try:
            answer = await view.calls.run(entry, arguments, request)
        except Failure as failure:
            return call_error(str(failure))
        except Unanswered as unanswered:
            question: InputRequiredResult = unanswered.question
            return question
        finally:
            if request.caller.vendors is not None:
                await view.calls.connections.close_unused()
        principal, layout, shows_pages = request.caller.principal, request.layout, request.shows_pages
        return await call_result(answer, view.calls.results, principal, layout, shows_pages=shows_pages)

    def _shows_pages(self, asked: AnyRequestContext) -> bool:
        return self._settings.apps and client_supports_apps(asked)

    def _layout(self, meta: Mapping[str, Any]) -> Layout:
        layout = self._settings.answers
        return "both" if layout == "text" and meta.get(STRUCTURED) else layout

    def _request(self, context: AnyContext | None) -> Request:
        """What the inside is told of a request; without a context it comes from this process itself."""
        if context is None:
            return Request(visitor(), layout=self._settings.answers)
        asked = context.request_context
        client = _client(asked.session)
        caller = replace(visitor(), client=f"{client.name} {client.version}"[:LONGEST_NAME].strip() or "unnamed client")
        meta: Mapping[str, Any] = asked.meta or {}
        return Request(
            caller=caller,
            ask=way_to_ask(context, self._state, self._person, caller.principal),
            report=Progress(context.report_progress).of_call,
            dry_run=bool(meta.get(DRY_RUN)),
            fresh=bool(meta.get(FRESH)),
            layout=self._layout(meta),
            searches=defers(client.name),
            shows_pages=self._shows_pages(asked),
            lead=way_to_lead(context, self._person, self._page, caller) if self._page else nowhere,
        )

    async def list_resources(self) -> list[Resource]:
        """The lists that can be attached to a chat."""
        return self._view().resources.fixed

    async def _list_resources(self, context: AnyRequestContext, params: PaginatedRequestParams) -> ListResourcesResult:
        resources = self._view().resources
        pages = resources.pages if client_supports_apps(context) else []
        return ListResourcesResult(resources=[*resources.fixed, *pages])

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The single objects that can be attached to a chat."""
        return self._view().resources.templates

    async def read_resource(
        self, uri: AnyUrl | str, context: AnyContext | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read what a resource's tool answers, or a skill."""
        view, request = self._view(), replace(self._request(context), lead=nowhere)
        return [skill(str(uri), view.prompts) or await view.resources.read(str(uri), request)]

    async def list_prompts(self) -> list[Prompt]:
        """What a person starts by its name."""
        return self._view().prompts.listed

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: AnyContext | None = None
    ) -> GetPromptResult:
        """A prompt's text. Raises MCPError where it or one of its arguments is not there."""
        return self._view().prompts.get(name, arguments or {})

    async def _complete(
        self,
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        given: CompletionContext | None,
    ) -> Completion | None:
        view, request = self._view(), self._request(None)
        if isinstance(reference, PromptReference):
            wanted = view.prompts.argument(reference.name, argument.name)
            return await view.resources.complete_argument(wanted, argument.value, request) if wanted else None
        known = (given.arguments if given else None) or {}
        return await view.resources.complete(reference.uri, argument.name, argument.value, known, request)


@asynccontextmanager
async def _lifespan(server: MCPServer[None]) -> AsyncIterator[None]:
    assert isinstance(server, Drumbeat)
    async with server.open():
        yield


def _client(session: ServerSession) -> Implementation:
    """What a client calls itself."""
    named = session.client_params
    return named.client_info if named else Implementation(name="", version="")


def _sealing(settings: Settings) -> RequestStateSecurity | None:
    """How questions are sealed where several servers share the keys; else each start makes its own."""
    keys = [key.get_secret_value().encode() for key in settings.sealing_keys]
    return RequestStateSecurity(keys=keys) if keys else None
