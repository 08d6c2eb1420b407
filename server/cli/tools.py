"""`drumbeat tools`: which tools there are, and what one of them takes."""

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from server.catalogue import PublishedTool
from server.cli import screen
from server.cli.session import settings_of
from server.errors import Failure
from server.selection import input_schema, select, unknown


def run(options: Namespace) -> int:
    """List the tools that fit, or show the one that is named."""
    settings, catalogue = settings_of(sandbox=options.sandbox)
    callable_here = select(catalogue, settings).callable
    entries = catalogue.tools if options.all else tuple(callable_here.values())
    if one := next((entry for entry in catalogue.tools if options.words == [entry.name]), None):
        _show(one, input_schema(one, settings), here=one.name in callable_here, as_json=options.json)
        return 0
    rows = [_row(entry) for entry in _fitting(entries, options)]
    if options.json:
        screen.as_json(rows)
        return 0
    screen.table(rows)
    others = len(catalogue.tools) - len(entries)
    if others and not settings.vendors:
        screen.note("No vendor is on: `drumbeat config` says what to set; --sandbox shows made-up data.")
    if not rows and options.words:
        if off := len(list(_fitting(catalogue.tools, options))):
            raise Failure(f"{off} tools fit, but are off here; --all lists them.")
        raise Failure(unknown(" ".join(options.words), catalogue.tools))
    if others:
        screen.note(f"{others} more tools are off here: their vendor, DRUMBEAT_ACCESS or DRUMBEAT_TOOLSETS; see --all.")
    return 0


def _fitting(entries: Iterable[PublishedTool], options: Namespace) -> Iterable[PublishedTool]:
    words = [word.lower() for word in options.words]
    for entry in entries:
        text = f"{entry.name} {entry.toolset} {entry.title} {entry.description}".lower()
        wanted = options.vendor in (None, entry.vendor) and options.access in (None, entry.access)
        if wanted and all(word in text for word in words):
            yield entry


def _row(entry: PublishedTool) -> dict[str, Any]:
    about = {"tool": entry.name, "access": str(entry.access), "listed": entry.everyday}
    return {**about, "description": entry.description}


def _show(entry: PublishedTool, schema: dict[str, Any], *, here: bool, as_json: bool) -> None:
    about = {**_row(entry), "title": entry.title, "vendor": entry.vendor, "toolset": entry.toolset, "callable": here}
    if as_json:
        screen.as_json({**about, "input_schema": schema})
        return
    print(f"{screen.coloured(entry.name, '1')}  {entry.access}, {entry.vendor}.{entry.toolset}")
    print(entry.description)
    screen.table(list(_arguments(schema)))
    if not here:
        screen.note("It is off here: its vendor, DRUMBEAT_ACCESS or DRUMBEAT_TOOLSETS leaves it out.")


def _arguments(schema: dict[str, Any]) -> Iterable[dict[str, Any]]:
    required = schema.get("required", ())
    for name, value in schema.get("properties", {}).items():
        kind = "/".join(map(str, value["enum"])) if "enum" in value else value.get("type", "")
        yield {
            "argument": name,
            "required": name in required,
            "type": kind,
            "default": value.get("default"),
            "description": value.get("description"),
        }
