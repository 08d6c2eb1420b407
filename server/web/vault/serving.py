"""What the vault adds to a server: its routes, and its callers' keys on every request."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.app import Drumbeat
from server.catalogue import PublishedVendor
from server.hosting import HERE, KEYS_PATH
from server.http.documents import exchange
from server.http.tls import trust
from server.settings import Settings
from server.web.admission import Admission
from server.web.bounds import Bounded, Traffic
from server.web.callers import Verifier, as_proven, principal
from server.web.provider import Provider
from server.web.vault.api import api
from server.web.vault.keeper import Keeper
from server.web.vault.leading import Leading
from server.web.vault.pages import HEADERS
from server.web.vault.provider_sign_in import ProviderSignIn
from server.web.vault.records import records_of
from server.web.vault.sessions import Sessions
from server.web.vault.site import Site
from server.web.vault.vault import Vault

VISITORS = "visitors of the page of keys"


def serve_vault(
    server: Drumbeat,
    settings: Settings,
    vendors: Sequence[PublishedVendor],
    verifiers: list[Verifier],
    traffic: Traffic,
    metadata_url: str | None,
) -> tuple[Vault, list[BaseRoute]]:
    """The vault of these settings, to whose page `server` leads from now on, and the routes of page and API."""
    vault = Vault(settings, vendors, records_of(settings, server.redis))
    keeper = Keeper(server, settings, vendors, vault)
    site = Site(settings, keeper, Sessions(server.state), verifiers, _sign_in(settings, verifiers))
    server.lead_to_keys(Leading(site, vault))

    pages = Bounded(site.app, traffic, lambda: VISITORS)
    bounded = Bounded(api(keeper), traffic, principal)
    programs = Admission(bounded, verifiers, as_proven, metadata_url, scope_prefix=settings.oauth_scope_prefix)
    front = _Front(str(settings.public_url), settings.allowed_hosts, pages, programs)
    return vault, [Route(KEYS_PATH, front), Route(f"{KEYS_PATH}/{{rest:path}}", front)]


def _sign_in(settings: Settings, verifiers: list[Verifier]) -> ProviderSignIn | None:
    provider = next((verifier for verifier in verifiers if isinstance(verifier, Provider)), None)
    if provider is None or settings.oauth_client_id is None:
        return None
    return ProviderSignIn(settings, provider, partial(exchange, tls=trust(settings)))


class _Front:
    """Turns away what other sites' pages send, and puts the headers on that protect ours."""

    def __init__(self, public_url: str, hosts: Sequence[str], pages: ASGIApp, programs: ASGIApp) -> None:
        address = urlsplit(public_url)
        allowed = TransportSecuritySettings(
            allowed_hosts=[address.netloc, *hosts, *HERE], allowed_origins=[f"{address.scheme}://{address.netloc}"]
        )
        self._check = TransportSecurityMiddleware(allowed)
        self._pages = pages
        self._programs = programs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).update(HEADERS)
            await send(message)

        request = Request(scope)
        refusal = await self._check.validate_request(request)
        if refusal is None and request.method != "GET" and _is_from_elsewhere(request):
            refusal = PlainTextResponse("Another site's page sent this.", 403)
        app = self._programs if "authorization" in request.headers else self._pages
        await (refusal or app)(scope, receive, protected)


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says so, even where it leaves the origin out; what is no browser says neither."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
