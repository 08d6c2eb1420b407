"""Finding a tool that is not listed, and calling it: one listing costs a fraction of all schemas."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from server.access import Access
from server.builtin import Desk, drumbeat
from server.catalogue import OWN
from server.errors import BadArguments, Refusal
from server.models import JsonObject, Page
from server.selection import input_schema, unknown

if TYPE_CHECKING:
    from server.catalogue import PublishedTool

discovery = drumbeat.toolset("discovery", "Finding and calling tools that are not listed.")
MOST_FOUND = 5


class Found(BaseModel):
    """A tool that fits a need. `arguments` is its input schema."""

    tool: str
    access: str
    description: str
    arguments: JsonObject


def _object(value: Any) -> Any:
    """Some models write an object as the text of one."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be an object") from None
    return value


ToolName = Annotated[str, Field(description="Name from drumbeat_find_tools")]
ToolArguments = Annotated[JsonObject, BeforeValidator(_object)]


@discovery.read(everyday=True)
async def find_tools(
    desk: Desk,
    query: Annotated[str, Field(description="The need, in plain words", max_length=500)],
    vendor: str | None = None,
    access: Literal["read", "write", "destructive"] | None = None,
) -> Page[Found]:
    """Find the tools for a need among all there are, with their arguments; most are not listed."""
    settings = desk.calls.settings
    vendor = vendor and vendor.lower().replace(" ", "").replace("'", "")
    if vendor not in (None, OWN, *settings.vendors):
        raise Refusal(f"There is no vendor {vendor!r} here; on are {', '.join(settings.vendors) or 'none'}.")
    entries = desk.calls.search.find(query, vendor=vendor, access=access, most=MOST_FOUND)
    found = [
        Found(
            tool=entry.name, access=entry.access, description=entry.description, arguments=input_schema(entry, settings)
        )
        for entry in entries
    ]
    return Page(items=found)


@discovery.gateway(Access.READ, title="Call a read tool")
async def read(
    desk: Desk,
    tool: ToolName,
    arguments: ToolArguments | None = None,
    fresh: Annotated[bool, Field(description="Not from the cache")] = False,
) -> Any:
    """Call any tool that only reads, listed or not."""
    entry = _named(desk, tool)
    if entry.access is not Access.READ:
        raise Refusal(f"{tool} changes something; call it with drumbeat_act.")
    return await _call(desk, entry, arguments, fresh=fresh)


@discovery.gateway(Access.WRITE, title="Call a tool that acts")
async def act(
    desk: Desk,
    tool: ToolName,
    arguments: ToolArguments | None = None,
    dry_run: Annotated[bool, Field(description="Show the request instead of sending it")] = False,
) -> Any:
    """Call any tool that changes something, listed or not; the user is asked where something would be lost."""
    return await _call(desk, _named(desk, tool), arguments, dry_run=dry_run)


async def _call(
    desk: Desk, entry: "PublishedTool", arguments: dict[str, Any] | None, *, dry_run: bool = False, fresh: bool = False
) -> Any:
    """Carry out another tool's call. Whoever gets its arguments wrong has not seen its schema, so is shown it."""
    # What the request's `_meta` asks for holds for the call that it passes on as well.
    asked = desk.request
    request = replace(asked, dry_run=dry_run or asked.dry_run, fresh=fresh or asked.fresh)
    try:
        return await desk.calls.run(entry, arguments or {}, request)
    except BadArguments as error:
        schema = json.dumps(input_schema(entry, desk.calls.settings), separators=(",", ":"))
        raise BadArguments(f"{error} The schema of {entry.name}: {schema}") from None


def _named(desk: Desk, tool: str) -> "PublishedTool":
    entry = desk.calls.permitted.get(tool)
    if entry is None or entry.gateway:
        raise Refusal(unknown(tool, desk.calls.permitted.values()))
    return entry
