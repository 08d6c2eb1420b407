"""One connection a vendor, opened on first use; in the sandbox, to the stand-ins in this process."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from server.access import Access
from server.catalogue import PublishedTool, PublishedVendor
from server.deadline import Deadline
from server.errors import KeysMissing, Refusal
from server.request import Progress, Request
from server.settings import Settings
from server.times import Clock
from server.vendor_settings import VendorSettings

if TYPE_CHECKING:
    import httpx

    from server.http import Api, Apis, Connection, Patience
    from server.state.redis import Redis

MOST_CONNECTIONS = 500
CALLERS_CACHE = 1024 * 1024
"""Bytes of answers that are kept for a caller with keys of their own."""
# Longer than any call, and than the question that it may wait for.
UNUSED = 900.0


class Connections:
    """Gives each call its Api. Vendors and the HTTP client are imported on the first call that needs them.

    transport: where requests go instead of the network, or of the stand-ins. patience: that of the calls.
    redis: what this server shares with others. now: what time it is.
    """

    def __init__(
        self,
        settings: Settings,
        vendors: Sequence[PublishedVendor],
        *,
        transport: "httpx.AsyncBaseTransport | None" = None,
        patience: "Patience | None" = None,
        redis: "Redis | None" = None,
        now: Callable[[], datetime] = Clock.now,
    ) -> None:
        self.settings = settings
        self._vendors = {vendor.name: vendor for vendor in vendors}
        self._open: dict[tuple[str, str], Connection] = {}
        self._transport = transport
        self._patience = patience
        self.redis = redis
        self.now = now
        self._sandbox: list[httpx.AsyncBaseTransport] = []

    def restricted(self, settings: Settings) -> "Connections":
        """The same connections for a caller who has other keys, or fewer vendors."""
        other = copy(self)
        other.settings = settings
        return other

    async def aclose(self) -> None:
        """Close all connections; a later call opens its own again."""
        while self._open:
            _, connection = self._open.popitem()
            await connection.aclose()

    def api(self, entry: PublishedTool, request: Request) -> "Api | Apis":
        """The Api for one call of a vendor's tool, or the Apis of all that the tool's package needs."""
        vendor = self._vendors[entry.vendor]
        wanted = vendor.needs or (vendor.name,)
        if self.settings.vendors.keys().isdisjoint(wanted):
            raise KeysMissing({name: self._vendors[name].title for name in wanted}, self.settings.keys_page)
        if not vendor.needs:
            return self._api(vendor, entry, request)
        progress = Progress(request.report)
        beside = replace(request, report=progress.of_vendor if request.report else None)
        needed = [self._vendors[name] for name in vendor.needs if name in self.settings.vendors]
        clock = Clock(self.settings.timezone, self.now)
        apis: Apis = vendor.api(
            [self._api(one, entry, beside) for one in needed], self.settings, progress, clock, request.shows_pages
        )
        return apis

    def _api(self, vendor: PublishedVendor, entry: PublishedTool, request: Request) -> "Api":
        api: Api = vendor.api(
            self._connection(vendor),
            request,
            reads=entry.access is Access.READ,
            permission=entry.declaration.permission,
            import_dir=self.settings.import_dir,
            cached=entry.declaration.cached,
        )
        return api

    def probe(self, vendor: str) -> "Api":
        """An Api for asking a vendor who we are; its reads always go to the vendor, and wait a few seconds only."""
        entry = self._vendors[vendor]
        connection = self._connection(entry)
        # Who asks what is the matter wants to hear of a used-up limit, not to wait until it is over.
        patience = replace(connection.patience, connect=5.0, read=10.0, request=10.0, attempts=2)
        api: Api = entry.api(connection, Request(deadline=Deadline(15.0)), reads=True, patience=patience)
        return api

    def _connection(self, vendor: PublishedVendor) -> "Connection":
        settings = self.settings.vendors[vendor.name]
        key = (vendor.name, settings.place)
        if key not in self._open:
            if len(self._open) >= MOST_CONNECTIONS:
                raise Refusal("Nothing was sent: too many callers with keys of their own are here. Try again later.")
            self._open[key] = self._new(vendor, settings)
        return self._open[key]

    def _new(self, vendor: PublishedVendor, settings: VendorSettings) -> "Connection":
        from server.http import Connection, Place
        from server.http.tls import trust

        name = sha256(f"{vendor.name} {settings.place}".encode()).hexdigest()[:32]
        return Connection(
            vendor.title,
            vendor.base_url_variable,
            settings,
            vendor.api.limits,
            tls=trust(self.settings),
            transport=self._transport or self._stand_ins(),
            patience=self._patience,
            cache_bytes=CALLERS_CACHE if settings.callers else None,
            place=Place(self.redis, name, self.settings.replicas) if self.redis else None,
        )

    async def close_unused(self) -> None:
        """Close the connections of callers with keys of their own that have not been here for a while."""
        for key in [key for key, one in self._open.items() if one.settings.callers and one.unused_for > UNUSED]:
            await self._open.pop(key).aclose()

    def _stand_ins(self) -> "httpx.AsyncBaseTransport | None":
        if not self.settings.sandbox:
            return None
        if not self._sandbox:
            import httpx

            from server.sandbox import sandbox

            self._sandbox.append(httpx.ASGITransport(sandbox(self._vendors.values())))
        return self._sandbox[0]
