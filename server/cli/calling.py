"""One call of a tool, made by the person at the terminal."""

from collections.abc import Mapping
from typing import Any

import anyio

from server import __version__
from server.answers.answer import Answer
from server.calls import Calls
from server.catalogue import Catalogue
from server.cli.session import settings_of
from server.cli.terminal import Terminal
from server.connections import Connections
from server.errors import ConfigurationError, Failure
from server.request import Caller, Request
from server.selection import select, unknown
from server.settings import Settings
from server.state.memory import InProcess

LEFT_OUT = "its vendor, DRUMBEAT_ACCESS or DRUMBEAT_TOOLSETS leaves it out. `drumbeat config` shows them."


def answer(
    tool: str, arguments: Mapping[str, Any], *, sandbox: bool = False, dry_run: bool = False, fresh: bool = False
) -> Answer:
    """Call a tool and wait for what it comes to. Raises Failure and ConfigurationError."""
    settings, catalogue = settings_of(sandbox=sandbox)
    return call(settings, catalogue, tool, arguments, dry_run=dry_run, fresh=fresh)


def call(
    settings: Settings,
    catalogue: Catalogue,
    tool: str,
    arguments: Mapping[str, Any],
    *,
    dry_run: bool = False,
    fresh: bool = False,
) -> Answer:
    """Call a tool with settings that are loaded already. Raises Failure and ConfigurationError."""
    if settings.journal == "stdout":
        raise ConfigurationError("DRUMBEAT_JOURNAL: stdout carries the answer here; name a directory.")
    if settings.confirm == "two-step":
        # The two steps are for clients that cannot ask; a terminal can, and no token outlives this process.
        settings = settings.model_copy(update={"confirm": "ask"})
    return anyio.run(_call, settings, catalogue, tool, arguments, dry_run, fresh)


async def _call(
    settings: Settings, catalogue: Catalogue, tool: str, arguments: Mapping[str, Any], dry_run: bool, fresh: bool
) -> Answer:
    selection = select(catalogue, settings)
    entry = selection.callable.get(tool)
    if entry is None:
        if any(each.name == tool for each in catalogue.tools):
            raise Failure(f"{tool} is off here: {LEFT_OUT}")
        raise Failure(unknown(tool, catalogue.tools))
    calls = Calls(settings, Connections(settings, catalogue.vendors), selection, InProcess())
    caller = Caller(client=f"drumbeat command {__version__}")
    with Terminal() as terminal:
        request = Request(caller, terminal, terminal.report, dry_run=dry_run, fresh=fresh)
        try:
            return await calls.run(entry, arguments, request)
        finally:
            await calls.connections.aclose()
