"""Access tokens of an OpenID provider: JWTs whose signature, issuer, audience and time hold (RFC 9068, RFC 7519)."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import jwt

from server.errors import VendorError
from server.request import Caller
from server.web.callers import Rejected, Undecided, granted

# Only what is signed with a key that the provider alone has: never `none`, never a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
CLIENT = ("azp", "client_id", "appid", "cid")
"""Where providers name the client: OpenID Connect and Keycloak, RFC 9068, Entra's first version, Okta."""
LEEWAY = 30.0
GOOD_FOR, AGAIN_AFTER, KEPT_FOR = 600.0, 30.0, 86_400.0
"""Seconds: keys are fresh; between two fetches; old ones serve on while the provider is away."""
MOST_KEYS = 100

Fetch = Callable[[str], Awaitable[Any]]
logger = logging.getLogger(__name__)


class Keys:
    """A provider's public keys, fetched when needed and kept. An unknown key asks once in a while, not each time."""

    def __init__(self, issuer: str, url: str | None, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._turn = anyio.Lock()

    async def find(self, number: str | None) -> jwt.PyJWK | None:
        """The key with this `kid`, or the only one where a token names none. Raises Undecided."""
        stale = self._clock() - self._fetched_at > GOOD_FOR
        # Who brings a known key does not wait for another's look at the provider.
        if self._named(number) is None or (stale and not self._turn.locked()):
            async with self._turn:
                if self._clock() - self._asked_at > AGAIN_AFTER:
                    await self._refresh()
        if self._clock() - self._fetched_at > KEPT_FOR:
            raise Undecided
        return self._named(number)

    def _named(self, number: str | None) -> jwt.PyJWK | None:
        if number is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(number)

    async def _refresh(self) -> None:
        self._asked_at = self._clock()
        try:
            document = await self._fetch(self._url or await self._discovered())
            rows = document["keys"]
            keys = {str(row.get("kid", "")): key for row in rows[:MOST_KEYS] if (key := _public_key(row))}
        except (VendorError, KeyError, TypeError, ValueError, AttributeError) as error:
            logger.warning("The keys of %s could not be fetched: %s", self._issuer, error)
            return
        self._keys, self._fetched_at = keys, self._clock()

    async def _discovered(self) -> str:
        """The address of the keys by the provider's metadata (OpenID Connect Discovery 1.0)."""
        metadata = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        url = str(metadata["jwks_uri"])
        if metadata.get("issuer") != self._issuer:
            raise ValueError("its metadata name another issuer")
        if urlsplit(url)[:2] != urlsplit(self._issuer)[:2]:
            raise ValueError(f"its keys are at {urlsplit(url).hostname}: set DRUMBEAT_OAUTH_JWKS_URL to allow that")
        self._url = url
        return url


class Provider:
    """Verifies a provider's access tokens. audience: what they must be made for. scope_prefix: before scopes' names."""

    def __init__(self, issuer: str, audience: str, keys: Keys, scope_prefix: str = "") -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._scope_prefix = scope_prefix

    async def __call__(self, token: str) -> Caller | None:
        """See `server.web.callers.Verifier`."""
        claims = await self.claims(token, self._audience)
        return _caller(claims, self._scope_prefix) if claims else None

    async def claims(self, token: str, audience: str) -> Mapping[str, Any] | None:
        """What a token says that is made for `audience`; None where it is no JWT. Raises Rejected and Undecided."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return None
        if header.get("alg") not in ALGORITHMS:
            raise Rejected("the token's signature is of a kind that is not accepted")
        key = await self._keys.find(header.get("kid"))
        if key is None:
            raise Rejected("the token is signed with a key that its provider does not publish")
        return self._checked(token, key, audience)

    def _checked(self, token: str, key: jwt.PyJWK, audience: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Rejected("the token has expired") from None
        except jwt.InvalidAudienceError:
            raise Rejected(f"the token is not made for {audience}") from None
        except jwt.PyJWTError as error:
            raise Rejected(f"the token is not valid ({type(error).__name__})") from None


def _public_key(row: Mapping[str, Any]) -> jwt.PyJWK | None:
    if row.get("kty") == "oct" or row.get("use", "sig") != "sig":
        return None
    try:
        return jwt.PyJWK(dict(row))
    except jwt.PyJWTError:
        return None


def _caller(claims: Mapping[str, Any], scope_prefix: str) -> Caller:
    """Whom claims name: issuer, subject and client together, since any of them alone would merge people."""
    client = next((claims[name] for name in CLIENT if claims.get(name)), None)
    named = (claims["sub"], claims["iss"], client)
    if not all(isinstance(part, str) and part for part in named):
        raise Rejected("the token does not say who its user and its client are (sub, and azp or client_id)")
    scopes = claims.get("scope", claims.get("scp", ""))
    names = scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes or ()]
    access = granted(names, scope_prefix)
    subject, issuer, client = (quote(str(part), safe="@:/") for part in named)
    # A program's subject is its client's name, which must not be taken for a person of that name.
    person = f"program {subject} {issuer}" if subject == client else f"{subject} {issuer}"
    return Caller(f"{subject} {issuer} {client}", access=access, person=person)
