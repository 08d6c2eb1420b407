"""One connection a vendor, opened on first use; in the sandbox, to the stand-ins in this process."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from server.access import Access
from server.catalogue import PublishedTool, PublishedVendor
from server.request import Progress, Request
from server.settings import Settings

if TYPE_CHECKING:
    import httpx

    from server.http import Api, Apis, Connection


class Connections:
    """Gives each call its Api. Vendors and the HTTP client are imported on the first call that needs them."""

    def __init__(self, settings: Settings, vendors: Sequence[PublishedVendor]) -> None:
        self.settings = settings
        self._vendors = {vendor.name: vendor for vendor in vendors}
        self._open: dict[str, Connection] = {}
        self._sandbox: httpx.AsyncBaseTransport | None = None

    async def aclose(self) -> None:
        """Close all connections; a later call opens its own again."""
        connections, self._open = self._open, {}
        for connection in connections.values():
            await connection.aclose()

    def api(self, entry: PublishedTool, request: Request) -> "Api | Apis":
        """The Api for one call of a vendor's tool, or the Apis of all that the tool's package needs."""
        vendor = self._vendors[entry.vendor]
        if not vendor.needs:
            return self._api(vendor, entry, request)
        progress = Progress(request.report)
        beside = replace(request, report=progress.of_vendor if request.report else None)
        needed = [self._vendors[name] for name in vendor.needs if name in self.settings.vendors]
        apis: Apis = vendor.api(
            [self._api(one, entry, beside) for one in needed], self.settings, progress, request.shows_pages
        )
        return apis

    def _api(self, vendor: PublishedVendor, entry: PublishedTool, request: Request) -> "Api":
        api: Api = vendor.api(
            self._connection(vendor),
            reads=entry.access is Access.READ,
            permission=entry.declaration.permission,
            report=request.report,
            import_dir=self.settings.import_dir,
            rehearse=request.dry_run,
            cached=entry.declaration.cached,
            fresh=request.fresh,
        )
        return api

    def probe(self, vendor: str) -> "Api":
        """An Api for asking a vendor who we are; its reads always go to the vendor, and wait a few seconds only."""
        entry = self._vendors[vendor]
        connection = self._connection(entry)
        # Who asks what is the matter wants to hear of a used-up limit, not to wait until it is over.
        patience = replace(connection.patience, connect=5.0, read=10.0, request=10.0, call=15.0, attempts=2)
        api: Api = entry.api(connection, reads=True, patience=patience)
        return api

    def _connection(self, vendor: PublishedVendor) -> "Connection":
        if vendor.name not in self._open:
            from server.http import Connection
            from server.http.tls import trust

            self._open[vendor.name] = Connection(
                vendor.title,
                vendor.base_url_variable,
                self.settings.vendors[vendor.name],
                vendor.api.limits,
                tls=trust(self.settings),
                transport=self._transport(),
            )
        return self._open[vendor.name]

    def _transport(self) -> "httpx.AsyncBaseTransport | None":
        if self.settings.sandbox and self._sandbox is None:
            import httpx

            from server.sandbox import sandbox

            self._sandbox = httpx.ASGITransport(sandbox(self._vendors.values()))
        return self._sandbox
