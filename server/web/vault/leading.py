"""Leads callers to the page of keys, and tells their clients when they have finished there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from server.errors import KeysMissing, Unreachable
from server.request import Caller
from server.web.vault.sessions import TICKET_SECONDS
from server.web.vault.site import Site
from server.web.vault.vault import Vault

LOOKS_EVERY = 2.0
"""Seconds. The keys may be entered at another server, or by the command."""
MOST, MOST_EACH = 200, 5
"""How many are waited for, in all and of one person; clients know that they may not be told."""


class Leading:
    """The page of keys, for those who call. See `server.changes.asking.Page`."""

    def __init__(self, site: Site, vault: Vault) -> None:
        self._site = site
        self._vault = vault
        self._waiting: dict[asyncio.Task[None], str] = {}

    async def link(self, caller: Caller, missing: KeysMissing) -> str:
        """The page's address for a caller who lacks these keys."""
        return await self._site.link(caller, missing)

    def opened(self, caller: Caller, missing: KeysMissing, tell: Callable[[], Awaitable[None]]) -> None:
        """Tell the client that opened it when keys were entered, as long as its link is good."""
        everybody = list(self._waiting.values())
        if len(everybody) >= MOST or everybody.count(caller.person) >= MOST_EACH:
            return
        task = asyncio.create_task(self._wait(caller, missing.vendors, tell))
        self._waiting[task] = caller.person
        task.add_done_callback(self._waiting.pop)

    async def _wait(self, caller: Caller, vendors: Mapping[str, str], tell: Callable[[], Awaitable[None]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TICKET_SECONDS):
                while not await self._has_any(caller, vendors):  # noqa: ASYNC110  it may come about elsewhere
                    await asyncio.sleep(LOOKS_EVERY)
                await tell()

    async def _has_any(self, caller: Caller, vendors: Mapping[str, str]) -> bool:
        try:
            now = await self._vault.admit(caller)
        except Unreachable:
            return False
        return any(vendor in vendors for vendor in now.vendors or ())
