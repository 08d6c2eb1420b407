"""Signing in to the page at the OpenID provider: authorization code with PKCE, state and nonce (RFC 6749, 7636, 9207).

Everything that ties the way back to the browser that left is derived from the secret in that browser's cookie, so
nothing is kept of visitors.
"""

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cachetools import TTLCache

from server.errors import VendorError
from server.hosting import is_private
from server.request import Caller
from server.settings import Settings
from server.web.callers import Rejected, Undecided, scopes_asked
from server.web.provider import Provider
from server.web.vault.sessions import derived, is_for

Exchange = Callable[..., Awaitable[tuple[int, Any]]]
METADATA_SECONDS = 600.0
AWAY = "the provider cannot be reached, or answers what is not expected"


class ProviderSignIn:
    """The way to the provider and back. exchange: asks it, see `server.http.documents.exchange`."""

    def __init__(self, settings: Settings, provider: Provider, exchange: Exchange) -> None:
        self._issuer = str(settings.oauth_issuer)
        self._audience = settings.oauth_audience or str(settings.resource)
        self._client = str(settings.oauth_client_id)
        self._secret = settings.oauth_client_secret
        self._return = f"{settings.keys_page}/sign-in/done"
        self._scope = f"openid {scopes_asked(settings.oauth_scope_prefix)[0]}"
        self._provider = provider
        self._exchange = exchange
        self._metadata: TTLCache[str, Mapping[str, Any]] = TTLCache(1, METADATA_SECONDS)

    @property
    def host(self) -> str:
        """What people know the provider by."""
        return urlsplit(self._issuer).hostname or self._issuer

    async def leave(self, visit: str, ticket: str) -> str:
        """The provider's address to send a browser to. Raises Undecided."""
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._return,
            "scope": self._scope,
            "state": f"{derived(visit, f'state {ticket}')}.{ticket}",
            "nonce": derived(visit, "nonce"),
            "code_challenge": urlsafe_b64encode(sha256(derived(visit, "pkce").encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            # One provider knows it by the one name, another by the other; what is not known is passed over.
            "resource": self._audience,
            "audience": self._audience,
        }
        address = await self._endpoint("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    async def come_back(self, visit: str, query: Mapping[str, str]) -> tuple[Caller, str]:
        """Who came back from the provider, and with which ticket. Raises Rejected, Forbidden and Undecided."""
        mark, _, ticket = query.get("state", "").partition(".")
        if not is_for(mark, visit, f"state {ticket}") or query.get("iss", self._issuer) != self._issuer:
            raise Rejected("this is not the answer to a sign-in that began in this browser")
        if not query.get("code"):
            raise Rejected("the provider did not sign you in")
        tokens = await self._tokens(visit, query["code"])
        said = await self._provider.claims(str(tokens.get("id_token", "")), self._client)
        if said is None or not hmac.compare_digest(
            str(said.get("nonce", "")).encode(), derived(visit, "nonce").encode()
        ):
            raise Rejected("the provider's answer is to another question")
        caller = await self._provider(str(tokens.get("access_token", "")))
        if caller is None:
            raise Rejected("the provider's access token is no JWT, so it names nobody")
        return caller, ticket

    async def _tokens(self, visit: str, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return,
            "code_verifier": derived(visit, "pkce"),
            # Without it some give a token for the provider's own endpoints (RFC 8707, 2.2).
            "resource": self._audience,
        }
        headers = {}
        if self._secret is None:
            form["client_id"] = self._client
        else:
            pair = f"{quote(self._client, safe='')}:{quote(self._secret.get_secret_value(), safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        address = await self._endpoint("token_endpoint")
        status, tokens = await self._ask("POST", address, form=form, headers=headers)
        if status != 200:
            raise Rejected("the provider does not take its own answer back; sign in again")
        return tokens if isinstance(tokens, Mapping) else {}

    async def _endpoint(self, name: str) -> str:
        """One of the provider's addresses by its metadata (OpenID Connect Discovery 1.0). Raises Undecided."""
        metadata = self._metadata.get(self._issuer)
        if metadata is None:
            url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            _, metadata = await self._ask("GET", url)
            if not isinstance(metadata, Mapping) or metadata.get("issuer") != self._issuer:
                raise Undecided(AWAY)
            self._metadata[self._issuer] = metadata
        address = str(metadata.get(name, ""))
        if not is_private(urlsplit(address)):
            raise Undecided(AWAY)
        return address

    async def _ask(self, method: str, url: str, **sent: Any) -> tuple[int, Any]:
        try:
            return await self._exchange(method, url, **sent)
        except VendorError:
            raise Undecided(AWAY) from None
