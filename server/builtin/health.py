"""Whether each vendor can be reached, as whom, and what to do where it cannot."""

import time

import anyio
from pydantic import BaseModel

from server.builtin import Desk, drumbeat
from server.connections import Connections
from server.errors import VendorError
from server.models import Page
from server.settings import Settings

health = drumbeat.toolset("health", "Whether the vendors can be reached.")


class Health(BaseModel):
    """One vendor. `reachable` is null where nobody asked it, since the caller has entered no keys for it.

    `as_whom` is who the credentials belong to, `calls_left` what its rate limit still allows.
    """

    vendor: str
    reachable: bool | None = None
    authenticated: bool | None = None
    as_whom: str | None = None
    calls_left: int | None = None
    milliseconds: int | None = None
    fix: str | None = None


@health.read(cached=False)
async def check_connections(desk: Desk) -> Page[Health]:
    """Check every vendor that is on: reachable, authenticated, as whom, rate limit left, and what to fix."""
    settings = desk.calls.settings
    found: dict[str, Health] = {}

    async def check(vendor: str) -> None:
        found[vendor] = await ask_vendor(desk.calls.connections, vendor)

    async with anyio.create_task_group() as tasks:
        for vendor in settings.vendors:
            tasks.start_soon(check, vendor)
    checked = [found[vendor] for vendor in settings.vendors]
    return Page(items=[*checked, *(_without_keys(settings, name) for name in settings.offered if name not in found)])


def _without_keys(settings: Settings, vendor: str) -> Health:
    lacks = " and ".join(settings.offered[vendor])
    return Health(vendor=vendor, fix=f"You have entered no keys here: {lacks}. Enter them at {settings.keys_page}.")


async def ask_vendor(connections: Connections, vendor: str) -> Health:
    """Ask one vendor whether it knows the credentials."""
    api = connections.probe(vendor)
    started = time.monotonic()
    try:
        whom = await api.identify()
    except VendorError as error:
        authenticated = {401: False, 403: False}.get(error.status or 0)
        return Health(vendor=vendor, reachable=error.status is not None, authenticated=authenticated, fix=str(error))
    return Health(
        vendor=vendor,
        reachable=True,
        authenticated=True,
        as_whom=whom,
        calls_left=api.calls_left(),
        milliseconds=round((time.monotonic() - started) * 1000),
    )
