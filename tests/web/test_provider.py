"""Access tokens of an OpenID provider: which are good, whose they are, and what happens while the provider is away."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from server.errors import ConfigurationError, VendorError
from server.web.callers import Forbidden, Rejected, Undecided
from server.web.provider import AGAIN_AFTER, GOOD_FOR, KEPT_FOR, Keys, Provider
from tests.conftest import Era, text
from tests.vendors import Vendors, serve
from tests.web.conftest import OpenSite

pytestmark = pytest.mark.anyio
RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
ISSUER, AUDIENCE = "https://idp.acme.example", "https://drumbeat.acme.example/mcp"


def published(key: Any, number: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": number, "use": "sig"}


def token(key: Any = RSA, number: str | None = "one", algorithm: str = "RS256", **claims: Any) -> str:
    now = time.time()
    said = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "azp": "claude",
        "scope": "openid drumbeat:write",
        "iat": now,
        "exp": now + 300,
        **claims,
    }
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key, algorithm, headers={"kid": number} if number else None)


class Web:
    """What the provider serves, which tests change; `asked` counts."""

    def __init__(self) -> None:
        self.keys = [published(RSA, "one"), published(CURVE, "curve")]
        self.metadata: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        self.away = False
        self.asked: list[str] = []

    async def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if self.away:
            raise VendorError("away")
        return self.metadata if url.endswith("openid-configuration") else {"keys": self.keys}


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def provider(web: Web, now: list[float]) -> Provider:
    return Provider(ISSUER, AUDIENCE, Keys(ISSUER, None, web.fetch, lambda: now[0]))


async def test_a_good_token_is_its_users_at_this_provider_through_this_client(provider: Provider) -> None:
    caller = await provider(token())
    assert caller
    assert (caller.principal, caller.access) == ("alice https://idp.acme.example claude", "write")
    curve = await provider(token(CURVE, "curve", "ES256", sub="bob smith", scope=None, scp=["drumbeat:read"]))
    assert curve
    assert (curve.principal, curve.access) == ("bob%20smith https://idp.acme.example claude", "read")


@pytest.mark.parametrize(
    ("claims", "principal"),
    [
        # As the documents of Keycloak and Auth0, RFC 9068, Entra 1.0 and Okta have them.
        ({"azp": "app", "scope": "openid drumbeat:read"}, "alice https://idp.acme.example app"),
        ({"azp": None, "client_id": "app", "scope": "drumbeat:read"}, "alice https://idp.acme.example app"),
        ({"azp": None, "appid": "app", "scope": None, "scp": "drumbeat:read"}, "alice https://idp.acme.example app"),
        (
            {
                "azp": None,
                "cid": "0oa1",
                "uid": "00u1",
                "sub": "al@acme.example",
                "scope": None,
                "scp": ["drumbeat:read"],
            },
            "al@acme.example https://idp.acme.example 0oa1",
        ),
    ],
    ids=["azp", "RFC 9068", "Entra", "Okta"],
)
async def test_each_provider_has_its_own_way_to_name_client_and_scopes(
    claims: dict[str, Any], principal: str, provider: Provider
) -> None:
    caller = await provider(token(**claims))
    assert caller
    assert (caller.principal, caller.access) == (principal, "read")


PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def confused() -> str:
    """A token signed with the public key as if it were a shared secret."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = jwt.decode(token(), options={"verify_signature": False})
    signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
    mac = hmac.new(PEM, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def tampered() -> str:
    """A token with the claims of another."""
    head, _, signature = token().split(".")
    return ".".join([head, token(sub="bob").split(".")[1], signature])


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: token(key=None, algorithm="none"), "kind that is not accepted"),
        (confused, "kind that is not accepted"),
        (lambda: token(OTHER), "InvalidSignature"),
        (lambda: token(OTHER, "unheard-of"), "does not publish"),
        (lambda: token(number=None), "does not publish"),
        (lambda: token(CURVE, "one", "ES256"), "not valid"),
        (lambda: token(aud="https://other.example/mcp"), "not made for"),
        (lambda: token(aud=None), "not valid"),
        (lambda: token(iss="https://evil.example"), "InvalidIssuer"),
        (lambda: token(exp=time.time() - 60), "expired"),
        (lambda: token(exp=None), "MissingRequiredClaim"),
        (lambda: token(nbf=time.time() + 300), "ImmatureSignature"),
        (lambda: token(sub=None), "MissingRequiredClaim"),
        (lambda: token(sub=""), "who its user and its client are"),
        (lambda: token(azp=None), "who its user and its client are"),
        (tampered, "InvalidSignature"),
    ],
)
async def test_any_other_token_is_rejected(made: Callable[[], str], words: str, provider: Provider) -> None:
    with pytest.raises(Rejected, match=words):
        await provider(made())


async def test_a_token_that_brings_its_own_key_is_rejected_and_its_address_not_asked(
    provider: Provider, web: Web
) -> None:
    elsewhere = {"jwk": published(OTHER, "own"), "jku": "https://evil.example/keys", "x5u": "https://evil.example/x"}
    claims = jwt.decode(token(), options={"verify_signature": False})
    for number, words in (("own", "does not publish"), ("one", "InvalidSignature")):
        with pytest.raises(Rejected, match=words):
            await provider(jwt.encode(claims, OTHER, "RS256", headers={"kid": number, **elsewhere}))
    assert {url.removeprefix(ISSUER) for url in web.asked} == {"/.well-known/openid-configuration", "/keys"}


async def test_clocks_may_differ_a_little(provider: Provider) -> None:
    assert await provider(token(exp=time.time() - 10, nbf=time.time() + 10))


@pytest.mark.parametrize("scope", ["", "openid", "drumbeat", "drumbeat:admin", None])
async def test_a_token_without_our_scope_grants_nothing(scope: str | None, provider: Provider) -> None:
    with pytest.raises(Forbidden):
        await provider(token(scope=scope))


async def test_what_is_no_jwt_is_left_to_others(provider: Provider, web: Web) -> None:
    assert await provider("just-a-token") is None
    assert not web.asked


async def test_keys_are_fetched_once_and_again_when_they_are_old(
    provider: Provider, web: Web, now: list[float]
) -> None:
    for _ in range(3):
        await provider(token())
    assert web.asked == [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/keys"]
    now[0] += GOOD_FOR + 1
    await provider(token())
    assert web.asked[2:] == [f"{ISSUER}/keys"]


async def test_a_new_key_is_found_and_unknown_ones_do_not_ask_each_time(
    provider: Provider, web: Web, now: list[float]
) -> None:
    await provider(token())
    web.keys = [published(OTHER, "two")]
    for _ in range(5):
        with pytest.raises(Rejected):
            await provider(token(OTHER, "two"))
    assert len(web.asked) == 2
    now[0] += AGAIN_AFTER + 1
    assert await provider(token(OTHER, "two"))
    assert len(web.asked) == 3
    with pytest.raises(Rejected):
        await provider(token())


async def test_known_keys_serve_on_while_the_provider_is_away_but_not_for_ever(
    provider: Provider, web: Web, now: list[float]
) -> None:
    await provider(token())
    web.away = True
    now[0] += GOOD_FOR + 1
    assert await provider(token())
    now[0] += KEPT_FOR
    with pytest.raises(Undecided):
        await provider(token())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example", "jwks_uri": f"{ISSUER}/keys"},
        {"issuer": ISSUER, "jwks_uri": "https://evil.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "http://idp.acme.example/keys"},
        {"issuer": ISSUER},
        [],
    ],
)
async def test_metadata_lead_to_no_other_host(metadata: Any, provider: Provider, web: Web) -> None:
    web.metadata = metadata
    with pytest.raises(Undecided):
        await provider(token())
    assert web.asked == [f"{ISSUER}/.well-known/openid-configuration"]


@pytest.mark.parametrize("keys", [None, 1, [1], [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}], [{"kty": "RSA"}]])
async def test_keys_that_are_none_verify_nothing(keys: Any, provider: Provider, web: Web) -> None:
    web.keys = keys
    with pytest.raises((Undecided, Rejected)):
        await provider(token())


async def test_a_shared_secret_among_the_keys_is_no_key(provider: Provider, web: Web) -> None:
    web.keys = [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "one"}]
    with pytest.raises(Rejected):
        await provider(token("secretsecretsecretsecretsecretsecret", algorithm="HS256"))


async def test_while_the_provider_was_never_there_a_token_is_neither_good_nor_bad(site: OpenSite) -> None:
    async def away(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"error": "down"}, 503)(scope, receive, send)

    with serve(away) as url, site(DRUMBEAT_OAUTH_ISSUER=url, DRUMBEAT_PUBLIC_URL=AUDIENCE.removesuffix("/mcp")) as here:
        answer = await here.post({"Authorization": f"Bearer {token(iss=url)}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "www-authenticate" not in answer.headers


async def test_a_client_comes_in_with_the_providers_token_and_learns_where_to_get_one(site: OpenSite, era: Era) -> None:
    served = {"keys": [published(RSA, "one")]}
    asked = []

    async def idp(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        found = {"issuer": url, "jwks_uri": f"{url}/keys"} if "well-known" in scope["path"] else served
        await JSONResponse(found)(scope, receive, send)

    with (
        serve(idp) as url,
        site(DRUMBEAT_OAUTH_ISSUER=url, DRUMBEAT_PUBLIC_URL="https://drumbeat.acme.example") as here,
    ):
        refused = await here.post({})
        assert refused.status_code == 401
        where = "https://drumbeat.acme.example/.well-known/oauth-protected-resource/mcp"
        assert f'resource_metadata="{where}"' in refused.headers["www-authenticate"]
        for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
            described = (await here.get(path)).json()
            assert described["resource"] == AUDIENCE
            assert described["authorization_servers"] == [url]
        good = {"Authorization": f"Bearer {token(iss=url, scope='drumbeat:read')}"}
        async with here.client(era, good) as client:
            result = await client.call_tool("teamoclock_list_teams")
            assert "Platform" in text(result)
            assert "drumbeat_act" not in [tool.name for tool in (await client.list_tools()).tools]
        assert (await here.post({"Authorization": f"Bearer {token(iss=url, scope='openid')}"})).status_code == 403
    assert asked == ["/.well-known/openid-configuration", "/keys"]


APPLICATION = "api://8c1f/"


async def test_clients_are_told_to_ask_for_scopes_as_the_provider_wants_them(site: OpenSite) -> None:
    asked = [f"{APPLICATION}drumbeat:{access}" for access in ("read", "write", "destructive")]
    public = "https://drumbeat.acme.example"
    with site(
        DRUMBEAT_OAUTH_ISSUER=ISSUER, DRUMBEAT_PUBLIC_URL=public, DRUMBEAT_OAUTH_SCOPE_PREFIX=APPLICATION
    ) as here:
        described = await here.get("/.well-known/oauth-protected-resource/mcp")
        stranger = await here.post({})
    assert described.json()["scopes_supported"] == asked
    assert f'scope="{" ".join(asked)}"' in stranger.headers["www-authenticate"]


@pytest.mark.parametrize("scope", ["drumbeat:read", f"{APPLICATION}drumbeat:read"])
async def test_a_token_may_name_scopes_with_the_prefix_or_without(scope: str, web: Web) -> None:
    caller = await Provider(ISSUER, AUDIENCE, Keys(ISSUER, None, web.fetch), APPLICATION)(token(scope=scope))
    assert caller
    assert caller.access == "read"


async def test_a_scope_of_another_application_is_none_of_ours(web: Web) -> None:
    with pytest.raises(Forbidden):
        await Provider(ISSUER, AUDIENCE, Keys(ISSUER, None, web.fetch), APPLICATION)(
            token(scope="api://other/drumbeat:read")
        )


def test_a_prefix_that_would_end_the_header_is_refused(vendors: Vendors) -> None:
    for prefix in ('api://"', "api:// x/", "api://x\n/"):
        with pytest.raises(ConfigurationError, match="DRUMBEAT_OAUTH_SCOPE_PREFIX"):
            vendors.settings(DRUMBEAT_OAUTH_SCOPE_PREFIX=prefix)
