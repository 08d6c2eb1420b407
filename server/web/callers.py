"""From a request's headers to the `Caller` behind it: a named token, a provider's access token, the keys they bring."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from starlette.datastructures import Headers

from server.access import Access
from server.catalogue import PublishedVendor
from server.errors import ConfigurationError
from server.hosting import NamedToken
from server.request import Caller, visitor
from server.settings import Settings, of_caller
from server.vendor_settings import VendorSettings

LONGEST_TOKEN = 16_384
KEY_HEADER = "x-drumbeat-"


class Rejected(Exception):
    """A token that is not good, in words for whoever sent it."""


class Missing(Rejected):
    """No token at all."""


class Forbidden(Exception):
    """A good token that grants nothing here."""


class Undecided(Exception):
    """Whether a token is good cannot be told now: the provider's keys could not be fetched."""


class Verifier(Protocol):
    """Tells whose a token is."""

    async def __call__(self, token: str) -> Caller | None:
        """Who holds `token`; None where it is none of this verifier's. Raises Rejected, Forbidden and Undecided."""
        ...


@dataclass(frozen=True)
class NamedTokens:
    """The operator's own tokens, of which only hashes are known."""

    known: Sequence[NamedToken]

    async def __call__(self, token: str) -> Caller | None:
        """See `Verifier`."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        # All are compared, so that the time tells nothing.
        fitting = [named for named in self.known if hmac.compare_digest(named.digest, digest)]
        if not fitting:
            return None
        named = fitting[0]
        if named.until and datetime.now(UTC) > named.until:
            raise Rejected("the token has expired")
        return Caller(f"token {named.name}", access=named.access, person=f"token {named.name}")


@dataclass(frozen=True)
class TokenOfTheStart:
    """The one token of a server without configured authentication; whoever holds it is the local user."""

    digest: str

    async def __call__(self, token: str) -> Caller | None:
        """See `Verifier`."""
        return Caller() if hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), self.digest) else None


async def identify(authorization: str, verifiers: Sequence[Verifier]) -> Caller:
    """Whose the token in an `Authorization` header is. Raises Rejected, Forbidden and Undecided."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Missing("the request brings no bearer token")
    if len(token) > LONGEST_TOKEN:
        raise Rejected(f"a token has at most {LONGEST_TOKEN:,} characters")
    for verifier in verifiers:
        if caller := await verifier(token.strip()):
            return caller
    raise Rejected("the token is not known here")


def brought(headers: Mapping[str, str], vendors: Sequence[PublishedVendor]) -> dict[str, str]:
    """The keys in a request's headers, by variable. Raises ConfigurationError for what is no key."""
    known = {KEY_HEADER + v.name.lower().replace("_", "-"): v.name for each in vendors for v in each.callers_variables}
    given = {name: value.strip() for name, value in headers.items() if name.startswith(KEY_HEADER)}
    for name in given:
        if name not in known:
            raise ConfigurationError(f"The header {name} is no key of a vendor; addresses are the operator's to set.")
    return {known[name]: value for name, value in given.items()}


def with_own_keys(
    caller: Caller, keys: Mapping[str, str], settings: Settings, vendors: Sequence[PublishedVendor]
) -> Caller:
    """The caller with the vendors that their `keys`, by variable, switch on, and as somebody else than with other keys.

    Raises ConfigurationError for what is no key.
    """
    return with_vendors(caller, of_caller(settings, vendors, keys))


def with_vendors(caller: Caller, own: Mapping[str, VendorSettings]) -> Caller:
    """The same of vendors that are switched on already."""
    digest = hashlib.sha256("\n".join(sorted(one.place for one in own.values())).encode()).hexdigest()[:16]
    return replace(caller, principal=f"{caller.principal} keys {digest}", vendors=own)


async def as_proven(caller: Caller, _: Headers) -> Caller:
    """The caller with no keys of their own."""
    return caller


def principal() -> str:
    """Who is behind the request that is being served, as far as that is proven."""
    return visitor().principal


def granted(scopes: Sequence[str], prefix: str = "") -> Access:
    """The most that scopes allow, with or without the provider's prefix. Raises Forbidden where none is ours."""
    names = {scope.removeprefix(prefix) for scope in scopes}
    allowed = [access for access in Access if f"drumbeat:{access}" in names]
    if not allowed:
        raise Forbidden
    return allowed[-1]


def scopes_asked(prefix: str = "") -> list[str]:
    """The scopes that a client has to ask the provider for."""
    return [f"{prefix}drumbeat:{access}" for access in Access]
