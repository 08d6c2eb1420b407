"""Drumbeat behind an OpenID provider, as a scanner of MCP authorization sees it."""

from collections.abc import Iterator

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.interop.conftest import CACHE, Run, free_port, serving
from tests.vendors import serve
from tests.web.test_provider import RSA, published, token

PORT = free_port()
HERE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def issuer() -> Iterator[str]:
    """A provider that says of itself what a good one does."""

    async def provider(scope: Scope, receive: Receive, send: Send) -> None:
        described = {
            "issuer": url,
            "jwks_uri": f"{url}/keys",
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "registration_endpoint": f"{url}/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        found = described if "well-known" in scope["path"] else {"keys": [published(RSA, "one")]}
        await JSONResponse(found)(scope, receive, send)

    with serve(provider) as url:
        yield url


def test_a_scan_finds_nothing_that_fails(issuer: str, environment: dict[str, str], run: Run) -> None:
    own = {"DRUMBEAT_OAUTH_ISSUER": issuer, "DRUMBEAT_PUBLIC_URL": HERE, "DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION": ""}
    command = ("server", "serve", "--transport", "streamable-http")
    good, foreign = (token(iss=issuer, aud=of) for of in (f"{HERE}/mcp", "https://other.example/mcp"))
    with serving(*command, environment=environment | own, port=PORT) as url:
        scanner = CACHE / "checks" / "bin" / "mcp-authlab"
        result = run(scanner, "scan", url, "--token", good, "--foreign-token", foreign, "--no-color")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "26 pass · 0 fail" in result.stdout, result.stdout
