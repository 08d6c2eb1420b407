"""Who is let in: every request to MCP brings a token, and is served as the `Caller` whose it is."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from itertools import chain
from urllib.parse import parse_qs

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.errors import ConfigurationError, Unreachable
from server.request import VISITOR, Caller
from server.web.bounds import LARGEST_HEAD
from server.web.callers import KEY_HEADER, Forbidden, Missing, Rejected, Undecided, Verifier, identify, scopes_asked

BROUGHT = KEY_HEADER.encode()


class Admission:
    """Turns away every request without a good token; those that come in are their caller's.

    verifiers: asked in turn whose a token is; none lets everybody in. keys: adds the caller's own keys.
    metadata_url: where clients learn which provider to ask (RFC 9728).
    scope_prefix: what the provider wants before a scope's name.
    one_set_of_keys: that a session ends where other keys come than it began with, as the keys tell people apart.
    """

    def __init__(
        self,
        app: ASGIApp,
        verifiers: Sequence[Verifier],
        keys: Callable[[Caller, Headers], Awaitable[Caller]],
        metadata_url: str | None = None,
        one_set_of_keys: bool = True,
        scope_prefix: str = "",
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._verifiers = verifiers
        self._keys = keys
        self._metadata_url = metadata_url
        self._one_set_of_keys = one_set_of_keys
        self._scopes = scopes_asked(scope_prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        admitted = await self._admitted(scope)
        if isinstance(admitted, Response):
            await admitted(scope, receive, send)
            return
        proven, caller = admitted
        subject = caller.principal if self._one_set_of_keys else proven.principal
        visit = VISITOR.set(caller)
        try:
            await self._app({**scope, "user": _user(caller.client, subject)}, receive, send)
        finally:
            VISITOR.reset(visit)

    async def _admitted(self, scope: Scope) -> tuple[Caller, Caller] | Response:
        """Who comes, as their token proves it and with their keys; or why nobody is let in."""
        headers = Headers(scope=scope)
        # What arrives in one piece is not bounded by what reads it.
        if sum(map(len, chain([scope["query_string"]], *headers.raw))) > LARGEST_HEAD:
            return _refusal(431, "invalid_request", f"The request's head has more than {LARGEST_HEAD:,} bytes.")
        telling = [name for name, _ in headers.raw if name == b"authorization" or name.startswith(BROUGHT)]
        if len(telling) > len(set(telling)):
            return _refusal(
                400, "invalid_request", "A header that says who you are or brings a key stands there twice."
            )
        query = scope["query_string"].decode("latin-1")[:4096]
        if query and "access_token" in parse_qs(query):
            return _refusal(400, "invalid_request", "A token does not belong into an address, where logs keep it.")
        try:
            caller = await identify(headers.get("authorization", ""), self._verifiers) if self._verifiers else Caller()
            return caller, await self._keys(caller, headers)
        except Missing as error:
            return self._challenge(401, None, f"Drumbeat: {error}.")
        except Rejected as error:
            return self._challenge(401, "invalid_token", f"Drumbeat: {error}.")
        except Forbidden:
            return self._challenge(
                403, "insufficient_scope", f"Drumbeat: the token has none of {', '.join(self._scopes)}."
            )
        except Undecided:
            words = "Drumbeat: the provider's keys cannot be fetched, so no token can be checked now."
            return _refusal(503, "temporarily_unavailable", words, {"Retry-After": "30"})
        except Unreachable:
            words = "Drumbeat: where callers' keys are kept cannot be reached now."
            return _refusal(503, "temporarily_unavailable", words, {"Retry-After": "5"})
        except ConfigurationError as error:
            return _refusal(400, "invalid_request", f"Drumbeat: {error}")

    def _challenge(self, status: int, error: str | None, words: str) -> Response:
        """error: what is wrong with the token; None where there is none, of which nothing is said (RFC 6750, 3.1)."""
        facts = {"error": error, "error_description": words.replace('"', "'")} if error else {}
        facts["scope"] = " ".join(self._scopes)
        if self._metadata_url:
            facts["resource_metadata"] = self._metadata_url
        asked = ", ".join(f'{name}="{value}"' for name, value in facts.items())
        return _refusal(status, error or "unauthorized", words, {"WWW-Authenticate": f"Bearer {asked}"})


@lru_cache(1000)
def _user(client: str, principal: str) -> AuthenticatedUser:
    """Whom the SDK binds sessions and sealed questions to. The token itself goes no further."""
    return AuthenticatedUser(AccessToken(token="", client_id=client, scopes=[], subject=principal))


def _refusal(status: int, error: str, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": error, "error_description": words}, status, headers)
