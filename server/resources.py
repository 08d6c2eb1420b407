"""Resources: what a person attaches to a chat. Each is a read tool under its vendor's URI scheme."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.shared.uri_template import UriTemplate
from mcp_types import Completion, Resource, ResourceTemplate

from server import apps, clean
from server.answers.answer import Answer
from server.answers.sheet import sheet, table_of
from server.apps import App
from server.calls import Calls
from server.catalogue import PublishedArgument, PublishedTool
from server.errors import BadArguments, Failure, KeysMissing, Refusal, VendorError
from server.models import Page
from server.request import Request

MIME, CSV = "text/plain", "text/csv"
MOST_COMPLETIONS = 100
SHEET = UriTemplate.parse("drumbeat://results/{result_id}.csv")
LONGEST_SHOWN = 200
RESULT = UriTemplate.parse("drumbeat://results/{result_id}")


class Resources:
    """The resources of the permitted tools: lists as fixed ones, single objects as templates; and the pages."""

    def __init__(self, calls: Calls, pages: Sequence[tuple[str, App]] = ()) -> None:
        self._calls = calls
        self._pages = {app.uri: (f"tools.{vendor}", app) for vendor, app in pages}
        parsed = [(UriTemplate.parse(e.resource), e) for e in calls.permitted.values() if e.resource]
        self._templates = [(template, entry) for template, entry in parsed if template.variable_names]
        self._fixed = {entry.resource: entry for template, entry in parsed if not template.variable_names}
        self.fixed = [Resource(uri=str(uri), **_about(entry)) for uri, entry in self._fixed.items()]
        self.pages = [_page(app) for _, app in pages]
        self.templates = [
            ResourceTemplate(uri_template=str(template), **_about(entry)) for template, entry in self._templates
        ]
        about = "The whole of a result that was cut to fit or kept"
        self.templates += [
            ResourceTemplate(uri_template=str(RESULT), name="result", description=about, mime_type=MIME),
            ResourceTemplate(uri_template=str(SHEET), name="result_csv", description=f"{about}, as CSV", mime_type=CSV),
        ]

    async def read(self, uri: str, request: Request) -> ReadResourceContents:
        """What the resource's tool answers, as text and whole. Raises ResourceError."""
        if values := SHEET.match(uri):
            rows = clean.clean(await self._result(str(values["result_id"]), request))
            return ReadResourceContents(content=sheet(table_of(rows)), mime_type=CSV)
        if values := RESULT.match(uri):
            rows = await self._result(str(values["result_id"]), request)
            return ReadResourceContents(content=Answer(Page[Any](items=rows)).whole(), mime_type=MIME)
        if uri in self._pages:
            package, app = self._pages[uri]
            return ReadResourceContents(content=apps.page(package, app.file), mime_type=apps.MIME, meta=app.meta)
        entry, arguments = self._find(uri)
        try:
            answer = await self._calls.run(entry, arguments, request)
        except Failure as failure:
            raise _error(failure) from failure
        return ReadResourceContents(content=answer.whole(), mime_type=MIME)

    async def complete(
        self, template: str, name: str, typed: str, given: Mapping[str, str], request: Request
    ) -> Completion | None:
        """Values for a template's variable, from the vendor's list; none where the list cannot be read.

        given: the template's variables that the user has filled in, which the list may need.
        """
        entry = next((entry for _, entry in self._templates if entry.resource == template), None)
        if entry and name in entry.offers:
            return _completion(entry.offers[name], typed)
        source = entry.completes.get(name) if entry else None
        return await self._from_list(*source, typed, given, request) if source else None

    async def complete_argument(self, argument: PublishedArgument, typed: str, request: Request) -> Completion | None:
        """Values for an argument of a prompt: its own, and those of the first of its lists that there is here."""
        if argument.values:
            return _completion(argument.values, typed)
        source = next((source for source in argument.completes if source[0] in self._calls.permitted), None)
        return await self._from_list(*source, typed, {}, request) if source else None

    async def _from_list(
        self, tool: str, field: str, typed: str, given: Mapping[str, str], request: Request
    ) -> Completion | None:
        lister = self._calls.permitted.get(tool)
        if lister is None:
            return None
        try:
            known = {key: value for key, value in given.items() if key in lister.input_schema.get("properties", {})}
            answer = await self._calls.run(lister, known, request)
        except Failure:
            return None
        found = answer.result
        rows = clean.structure(found)["items"] if isinstance(found, Page) else []
        values = [str(row[field]) for row in rows if isinstance(row, dict) and field in row]
        return _completion(values, typed, goes_on=isinstance(found, Page) and bool(found.next))

    async def _result(self, number: str, request: Request) -> list[Any]:
        rows = await self._calls.results.find(number, request.caller.principal)
        if rows is None:
            shown = clean.visible(number[:LONGEST_SHOWN])
            raise ResourceNotFoundError(f"Result {shown} is not kept any more; call its tool again.")
        return rows

    def _find(self, uri: str) -> tuple[PublishedTool, dict[str, str]]:
        if uri in self._fixed:
            return self._fixed[uri], {}
        for template, entry in self._templates:
            if (values := template.match(uri)) is not None:
                return entry, {name: value for name, value in values.items() if isinstance(value, str)}
        raise ResourceNotFoundError(f"There is no resource {clean.visible(uri[:LONGEST_SHOWN])}.")


def _completion(values: Iterable[str], typed: str, *, goes_on: bool = False) -> Completion:
    fitting = [value for value in dict.fromkeys(values) if value.lower().startswith(typed.lower())]
    return Completion(
        values=fitting[:MOST_COMPLETIONS],
        total=None if goes_on else len(fitting),
        has_more=goes_on or len(fitting) > MOST_COMPLETIONS,
    )


def _error(failure: Failure) -> ResourceError:
    """The client's error: what is not there, or cannot be, is no fault of the server."""
    cause = failure.__cause__
    wrong = isinstance(failure, BadArguments | KeysMissing) or isinstance(cause, Refusal)
    missing = isinstance(cause, VendorError) and cause.status in (400, 404)
    return ResourceNotFoundError(str(failure)) if wrong or missing else ResourceError(str(failure))


def _page(app: App) -> Resource:
    name = app.uri.rpartition("/")[2]
    return Resource(uri=app.uri, name=name, title=app.title, description=app.about, mime_type=apps.MIME, _meta=app.meta)


def _about(entry: PublishedTool) -> dict[str, Any]:
    name = entry.name.removeprefix(f"{entry.vendor}_").removeprefix("get_").removeprefix("list_")
    return {"name": name, "title": entry.title, "description": entry.description, "mime_type": MIME}
