"""Whether each vendor can be reached, as whom, and what to do where it cannot."""

import time

import anyio
from pydantic import BaseModel

from server.builtin import Desk, drumbeat
from server.errors import VendorError
from server.models import Page

health = drumbeat.toolset("health", "Whether the vendors can be reached.")


class Health(BaseModel):
    """One vendor. `as_whom` is who the credentials belong to, `calls_left` what its rate limit still allows."""

    vendor: str
    reachable: bool
    authenticated: bool | None = None
    as_whom: str | None = None
    calls_left: int | None = None
    milliseconds: int | None = None
    fix: str | None = None


@health.read(cached=False)
async def check_connections(desk: Desk) -> Page[Health]:
    """Check every vendor that is on: reachable, authenticated, as whom, rate limit left, and what to fix."""
    found: dict[str, Health] = {}

    async def check(vendor: str) -> None:
        found[vendor] = await _check(desk, vendor)

    async with anyio.create_task_group() as tasks:
        for vendor in desk.calls.settings.vendors:
            tasks.start_soon(check, vendor)
    return Page(items=[found[vendor] for vendor in desk.calls.settings.vendors])


async def _check(desk: Desk, vendor: str) -> Health:
    api = desk.calls.connections.probe(vendor)
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
