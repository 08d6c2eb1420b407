"""What is served where, from the settings to one ASGI app."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import Literal

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.app import Drumbeat
from server.catalogue import PublishedVendor
from server.errors import ConfigurationError
from server.hosting import HERE, PATH, is_loopback
from server.http.documents import fetch_json
from server.http.forward import Forward
from server.http.tls import trust
from server.request import Caller, visitor
from server.settings import Settings
from server.web.admission import Admission
from server.web.bounds import Bounded, Traffic
from server.web.callers import (
    NamedTokens,
    TokenOfTheStart,
    Verifier,
    as_proven,
    brought,
    principal,
    scopes_asked,
    with_own_keys,
)
from server.web.homes import Homes
from server.web.moves import Moves
from server.web.observe import Metrics, Watch
from server.web.provider import Keys, Provider
from server.web.register import Register
from server.web.sessions import IDLE_SECONDS, Sessions

Transport = Literal["sse", "streamable-http"]
PATHS: dict[Transport, str] = {"sse": "/sse", "streamable-http": PATH}
METADATA = "/.well-known/oauth-protected-resource"
REMEMBERED = 4
"""Times as many sessions as may be open here: also those of other servers."""
OwnKeys = Callable[[Caller, Headers], Awaitable[Caller]]


def web_app(
    server: Drumbeat,
    settings: Settings,
    vendors: Sequence[PublishedVendor],
    transport: Transport,
    traffic: Traffic,
    token: str | None = None,
) -> ASGIApp:
    """Drumbeat for the web. token: that of the start, where the operator configured nobody who may come in."""
    metrics = Metrics(lambda: traffic.in_flight) if settings.metrics else None
    server.watch(Watch(server.tool_names, metrics.observe if metrics else None))
    inner = _mcp(server, settings, transport)
    forward = Forward()
    who = _person if settings.keys == "vault" else principal
    metadata = f"{settings.public_url}{METADATA}{PATH}" if settings.oauth_issuer else None
    verifiers, routes = _verifiers(settings, token), list[BaseRoute]()
    own: OwnKeys = partial(_with_keys, settings, vendors) if settings.keys == "headers" else as_proven
    if settings.keys == "vault":
        from server.web.vault.serving import serve_vault

        vault, routes = serve_vault(server, settings, vendors, verifiers, traffic, metadata)
        own = vault.admit

    def gated(app: ASGIApp) -> ASGIApp:
        bounded = Bounded(app, traffic, who)
        one_set, prefix = settings.keys != "vault", settings.oauth_scope_prefix
        admission = Admission(bounded, verifiers, own, metadata, one_set_of_keys=one_set, scope_prefix=prefix)
        return _for_pages(admission, settings.allowed_origins) if settings.allowed_origins else admission

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with inner.router.lifespan_context(inner):
            yield
        await forward.aclose()

    routes += _told(server, settings, traffic, metrics, metadata)
    site = Starlette(routes=[*routes, Mount("/", gated(inner.router))], lifespan=lifespan)
    if transport == "sse":
        return site
    return _past(site, gated(_with_sessions(server, settings, who, forward)))


def _told(
    server: Drumbeat, settings: Settings, traffic: Traffic, metrics: Metrics | None, metadata: str | None
) -> list[BaseRoute]:
    """What is answered to whoever asks: how the server is, and where tokens come from."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        if traffic.draining:
            return PlainTextResponse("stopping\n", 503)
        return PlainTextResponse("ok, but Redis is away: reading only\n" if await server.is_alone() else "ok\n")

    async def described(_: Request) -> Response:
        return JSONResponse(_description(settings), headers={"Access-Control-Allow-Origin": "*"})

    async def numbers(_: Request) -> Response:
        assert metrics
        return Response(metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    routes: list[BaseRoute] = [Route("/healthz", alive), Route("/readyz", ready)]
    if metadata:
        routes += [Route(path, described) for path in (METADATA, METADATA + PATH)]
    if metrics:
        routes.append(Route("/metrics", numbers))
    return routes


def _for_pages(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Tells browsers that pages of these origins may send calls and read answers; before a call they ask (CORS)."""
    allowed = "|".join(re.escape(origin).replace(r":\*", r":\d+") for origin in origins)
    shown = ["Mcp-Session-Id", "WWW-Authenticate", "Retry-After"]
    methods = ["GET", "POST", "DELETE"]
    return CORSMiddleware(
        app, allow_origin_regex=allowed, allow_methods=methods, allow_headers=["*"], expose_headers=shown
    )


def _past(site: ASGIApp, calls: ASGIApp) -> ASGIApp:
    """Calls go straight to what serves them: each layer of a site and its routing costs every one of them time."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        called = scope["type"] == "http" and scope["path"] == PATH
        await (calls if called else site)(scope, receive, send)

    return app


def check(settings: Settings, host: str) -> None:
    """Refuse what would be open to strangers, or work in parts. Raises ConfigurationError."""
    if settings.oauth_issuer and not settings.public_url:
        raise ConfigurationError(
            "DRUMBEAT_OAUTH_ISSUER needs DRUMBEAT_PUBLIC_URL, the address from which clients find the provider."
        )
    if settings.redis_url and settings.replicas > 1 and not settings.sealing_keys:
        raise ConfigurationError(
            "DRUMBEAT_REDIS_URL needs DRUMBEAT_SEALING_KEYS, the same on each server (`openssl rand -base64 32`), as a "
            "question of one is answered through another; or DRUMBEAT_REPLICAS=1 where there is no other."
        )
    if is_loopback(host) or settings.is_guarded or settings.unauthenticated:
        return
    raise ConfigurationError(
        f"Nothing is served at {host}, since whoever reaches it could use this server's keys: set DRUMBEAT_TOKENS or "
        "DRUMBEAT_OAUTH_ISSUER, or DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION=1 where something in front checks who comes."
    )


def _mcp(server: Drumbeat, settings: Settings, transport: Transport) -> Starlette:
    allowed = _allowed(settings)
    if transport == "sse":
        return server.sse_app(transport_security=allowed)
    return server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=allowed,
        max_sessions=settings.most_sessions,
        session_idle_timeout=IDLE_SECONDS,
    )


def _with_sessions(server: Drumbeat, settings: Settings, who: Callable[[], str], forward: Forward) -> ASGIApp:
    counted = Sessions(server.session_manager.handle_request, settings.most_sessions, who)
    if not settings.sealing_keys:
        return counted
    moves = None
    if server.redis:
        register = Register(server.redis, settings.sealing_keys, IDLE_SECONDS)
        moves = Moves(counted, register, settings.most_sessions)
    return Homes(counted, settings.sealing_keys, PATH, forward, moves, REMEMBERED * settings.most_sessions)


def _allowed(settings: Settings) -> TransportSecuritySettings:
    """Hosts and origins that are let in, whatever address is listened at: this machine's, and those configured."""
    hosts = [*settings.allowed_hosts, *HERE]
    origins = [*settings.allowed_origins, *(f"http://{host}" for host in HERE)]
    if settings.public_url:
        origins.append(settings.public_url)
        hosts.append(settings.public_url.partition("://")[2].partition("/")[0])
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _verifiers(settings: Settings, token: str | None) -> list[Verifier]:
    verifiers: list[Verifier] = []
    if token:
        verifiers.append(TokenOfTheStart(sha256(token.encode()).hexdigest()))
    if settings.tokens:
        verifiers.append(NamedTokens(settings.tokens))
    if settings.oauth_issuer:
        keys = Keys(settings.oauth_issuer, settings.oauth_jwks_url, partial(fetch_json, tls=trust(settings)))
        audience = settings.oauth_audience or str(settings.resource)
        verifiers.append(Provider(settings.oauth_issuer, audience, keys, settings.oauth_scope_prefix))
    return verifiers


def _description(settings: Settings) -> dict[str, object]:
    """What an OAuth client needs to know of this server (RFC 9728)."""
    return {
        "resource": settings.resource,
        "authorization_servers": [settings.oauth_issuer],
        "scopes_supported": scopes_asked(settings.oauth_scope_prefix),
        "bearer_methods_supported": ["header"],
        "resource_name": "Drumbeat",
    }


async def _with_keys(
    settings: Settings, vendors: Sequence[PublishedVendor], caller: Caller, headers: Headers
) -> Caller:
    return with_own_keys(caller, brought(headers, vendors), settings, vendors)


def _person() -> str:
    """Who it is, whatever keys they keep just now."""
    return visitor().person
