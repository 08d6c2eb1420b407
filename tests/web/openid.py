"""An OpenID provider for a scanner that signs in by itself (RFC 6749, 7591, 7636, 8707, 9207)."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.web.test_provider import RSA, published, token

Facts = dict[str, str]


def _refused(error: str) -> Response:
    return JSONResponse({"error": error}, 400)


@dataclass
class Provider:
    """Everybody is Alice. `url`: where it is served."""

    url: str = ""
    redirects: dict[str, list[str]] = field(default_factory=dict)
    codes: dict[str, Facts] = field(default_factory=dict)
    refreshing: dict[str, Facts] = field(default_factory=dict)

    @property
    def app(self) -> Starlette:
        """What is served."""
        names = ("openid-configuration", "oauth-authorization-server")
        return Starlette(
            routes=[
                *(Route(f"/.well-known/{name}", self._describe) for name in names),
                Route("/keys", self._keys),
                Route("/register", self._register, methods=["POST"]),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def _describe(self, request: Request) -> Response:
        ends = {"authorization": "authorize", "token": "token", "registration": "register"}
        return JSONResponse(
            {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                **{f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()},
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [published(RSA, "one")]})

    async def _register(self, request: Request) -> Response:
        client = secrets.token_hex(8)
        self.redirects[client] = (asked := await request.json())["redirect_uris"]
        return JSONResponse({**asked, "client_id": client, "token_endpoint_auth_method": "none"}, 201)

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("redirect_uri") not in self.redirects.get(asked.get("client_id", ""), []):
            return _refused("invalid_request")
        answer = {"state": asked.get("state", ""), "iss": self.url}
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            answer["error"] = "invalid_request"
        else:
            answer["code"] = secrets.token_hex(16)
            self.codes[answer["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        asked: Any = dict(await request.form())
        if asked.get("grant_type") == "refresh_token":
            held = self.refreshing.pop(asked.get("refresh_token", ""), None)
            if held is None or held["client_id"] != asked.get("client_id"):
                return _refused("invalid_grant")
            return self._issued(held)
        held = self.codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if held is None or not hmac.compare_digest(challenge, held["code_challenge"]):
            return _refused("invalid_grant")
        if any(held[name] != asked.get(name) for name in ("client_id", "redirect_uri")):
            return _refused("invalid_grant")
        return self._issued({**held, "resource": asked.get("resource") or held.get("resource", "")})

    def _issued(self, held: Facts) -> Response:
        refresh = secrets.token_hex(16)
        self.refreshing[refresh] = held
        scope = held.get("scope") or "drumbeat:write"
        access = token(iss=self.url, aud=held["resource"], azp=held["client_id"], scope=scope)
        tokens = {"access_token": access, "refresh_token": refresh}
        facts = {"token_type": "Bearer", "expires_in": 300, "scope": scope}
        return JSONResponse({**tokens, **facts}, headers={"Cache-Control": "no-store"})
