"""Finding a tool that is not listed, and calling it: one listing costs a fraction of all schemas."""

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from server.access import Access
from server.builtin import Desk, drumbeat, plain
from server.builtin.told import told
from server.builtin.usage import line
from server.builtin.whole import keep_whole
from server.errors import BadArguments, Refusal
from server.models import JsonObject, Text
from server.selection import input_schema, unknown

if TYPE_CHECKING:
    from server.catalogue import PublishedTool

discovery = drumbeat.toolset("discovery", "Finding and calling tools that are not listed.")


def _object(value: Any) -> Any:
    """Some models write an object as the text of one."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError("must be an object") from None
    return value


# As a header of the call over HTTP too (2026-07-28), so that gateways and allow-lists see which tool is called.
ToolName = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Tool"})]
ToolArguments = Annotated[JsonObject, BeforeValidator(_object)]


@discovery.read(everyday=True)
async def find_tools(
    desk: Desk,
    query: Annotated[str, Field(description="The need, in plain words", max_length=500)] = "",
    vendor: str | None = None,
    toolset: str | None = None,
    access: Literal["read", "write", "destructive"] | None = None,
) -> Text:
    """Find the tool for any question or task among all there are, most of them not listed, with its arguments. Without
    a query: the names of all, by toolset."""
    vendor = vendor and plain(vendor)
    desk.refuse_unknown(vendor)
    if toolset:
        vendor, toolset = _toolset(desk, vendor, toolset)
    if not query.strip():
        return Text(text=_shelf(desk, vendor, toolset, access))
    return Text(text="\n".join(_found(desk, query.strip(), vendor=vendor, toolset=toolset, access=access)))


def _found(desk: Desk, query: str, **narrowed: str | None) -> list[str]:
    """What is told of the tools for a need, or of the one tool whose name it is."""
    schema_of = partial(input_schema, settings=desk.calls.settings)
    if named := desk.calls.permitted.get(query):
        return [line(named, schema_of(named))]
    found = desk.calls.search.likely(query, **narrowed)
    if not found:
        return ["Nothing fits. Without a query, drumbeat_find_tools lists the names of all tools."]
    strange = desk.calls.search.strange(query)
    doubt = [f"Perhaps nothing fits: no tool here is about {', '.join(strange)[:80]}. The nearest:"] if strange else []
    return [*doubt, *told(found, {} if desk.request.searches else desk.calls.listed, schema_of)]


def _toolset(desk: Desk, vendor: str | None, toolset: str) -> tuple[str | None, str]:
    """Vendor and toolset of `toolset` or `vendor.toolset`. Raises Refusal where there is none."""
    before, _, name = toolset.lower().rpartition(".")
    vendor = before or vendor
    known = {(entry.vendor, entry.toolset) for entry in desk.calls.permitted.values()}
    if not any(vendor in (None, owner) and name == own for owner, own in known):
        near = ", ".join(f"{owner}.{own}" for owner, own in sorted(known) if vendor in (None, owner))
        raise Refusal(f"There is no toolset {toolset!r} here; there are {near or 'none'}.")
    return vendor, name


def _shelf(desk: Desk, vendor: str | None, toolset: str | None, access: str | None) -> str:
    """The names of all tools, a line a toolset, without the vendor that each begins with."""
    rows: dict[str, list[str]] = {}
    for entry in desk.calls.permitted.values():
        if vendor in (None, entry.vendor) and toolset in (None, entry.toolset) and access in (None, entry.access):
            names = rows.setdefault(f"{entry.vendor}.{entry.toolset}", [])
            names.append(entry.name.removeprefix(f"{entry.vendor}_"))
    lines = [f"{name}: {' '.join(names)}" for name, names in rows.items()]
    head = "A name in full begins with its vendor, as drumbeat_find_tools; ask with a query for arguments."
    return "\n".join([head, *lines]) if lines else "There is no such tool here."


@discovery.gateway(Access.READ, title="Call a read tool")
async def read(
    desk: Desk,
    tool: ToolName,
    arguments: ToolArguments | None = None,
    fresh: Annotated[bool, Field(description="Not from the cache")] = False,
    to: Annotated[Literal["resource"] | None, Field(description="Keep a whole long list, show its first rows")] = None,
) -> Any:
    """Call any tool that only reads, listed or not. Names come from drumbeat_find_tools."""
    entry = _named(desk, tool)
    if entry.access is not Access.READ:
        raise Refusal(f"{tool} changes something; call it with drumbeat_act.")
    if to == "resource":
        return await keep_whole(desk, tool, arguments or {}, partial(_call, desk, entry, fresh=fresh))
    return await _call(desk, entry, arguments, fresh=fresh)


@discovery.gateway(Access.WRITE, title="Call a tool that acts")
async def act(
    desk: Desk,
    tool: ToolName,
    arguments: ToolArguments | None = None,
    dry_run: Annotated[bool, Field(description="Show the request instead of sending it")] = False,
) -> Any:
    """Call any tool that changes something, listed or not; the user is asked where something would be lost. Names come
    from drumbeat_find_tools."""
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
