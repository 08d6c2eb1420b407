"""The Oobeya installation itself."""

from server.declare import Done, Preview, Text, VendorError
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya

SYSTEMS = "/apis/v1/systems"

system = oobeya.toolset("system", "Logs of the installation, and the purge of old analyses.")


@system.read()
async def get_system_logs(api: Oobeya) -> Text:
    """The installation's log, as Oobeya sends it."""
    reply = await api.request("GET", SYSTEMS + "/logs")
    text = reply.data if isinstance(reply.data, str) else reply.text
    if "\0" in text:
        raise VendorError("Oobeya sent its logs as a binary file, which cannot be shown.", status=reply.status)
    return Text(text=text)


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
