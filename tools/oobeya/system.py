"""The Oobeya installation itself."""

from typing import Annotated

from pydantic import Field

from server.declare import Done, Preview, Text, VendorError, collapsed, last
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya

SYSTEMS = "/apis/v1/systems"
LINES = 100

system = oobeya.toolset("system", "Logs of the installation, and the purge of old analyses.")


@system.read()
async def get_system_logs(
    api: Oobeya,
    lines: Annotated[int, Field(ge=1, le=100_000, description="How many of the last, default 100")] | None = None,
) -> Text:
    """The end of the installation's log."""
    reply = await api.request("GET", SYSTEMS + "/logs")
    text = reply.data if isinstance(reply.data, str) else reply.text
    if "\0" in text:
        raise VendorError("Oobeya sent its logs as a binary file, which cannot be shown.", status=reply.status)
    every = text.removesuffix("\n").split("\n")
    # What was asked for is given, and can be read on where it does not fit.
    shown = every[-lines:] if lines else last(every[-LINES:])
    if len(shown) < len(every):
        api.notes.append(f"The last {len(shown):,} of {len(every):,} lines; lines={len(every)} shows all")
    return Text(text=collapsed(shown))


async def _preview(api: Oobeya) -> Preview:
    host = api.connection.host
    return Preview(
        what=f"Every Git analysis of commits older than 2 years, in the whole organization at {host}. "
        "Oobeya does not say how many there are.",
        name=host,
        lost="all of it",
    )


@system.destructive(_preview, type_the_name=True)
async def clear_old_git_analyses(api: Oobeya) -> Done:
    """Purge the Git analyses of commits older than 2 years, of the whole organization."""
    await api.act("DELETE", SYSTEMS + "/clear-git-analyses")
    return Done(done="Analyses older than 2 years cleared.")
