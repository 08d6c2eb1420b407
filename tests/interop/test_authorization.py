"""Drumbeat behind an OpenID provider and TLS, as a scanner of MCP authorization sees it that has signed in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import CACHE, Run, free_port, serving
from tests.replicas.processes import Proxy
from tests.server.test_network import pki
from tests.vendors import serve
from tests.web.openid import Provider

__all__ = ["pki"]
SCANNER = CACHE / "checks" / "bin" / "mcp-authlab"


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a provider that does what a good one does."""
    provider = Provider()
    with serve(provider.app) as provider.url:
        yield provider.url


@pytest.fixture
def secured(provider: str, environment: dict[str, str], pki: Path) -> Iterator[str]:
    """The address of Drumbeat behind that provider, and behind a proxy for TLS."""
    port = free_port()
    proxy = Proxy([f"http://127.0.0.1:{port}"])
    both = str(pki / "localhost")
    with serve(proxy.app, ssl_keyfile=both, ssl_certfile=both) as plain:
        public = plain.replace("http://127.0.0.1", "https://localhost")
        own = {"DRUMBEAT_OAUTH_ISSUER": provider, "DRUMBEAT_PUBLIC_URL": public}
        guarded = {**environment, **own, "DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION": ""}
        with serving("server", "serve", "--transport", "streamable-http", environment=guarded, port=port):
            yield f"{public}/mcp"


def test_a_scan_finds_nothing_that_fails_and_skips_nothing(secured: str, run: Run) -> None:
    signed_in = run(SCANNER, "login", secured, "--no-browser", "--insecure", "--no-color")
    assert signed_in.returncode == 0, signed_in.stdout + signed_in.stderr
    scan = run(SCANNER, "scan", secured, "--insecure", "--no-color")
    assert scan.returncode == 0, scan.stdout + scan.stderr
    assert re.search(r"coverage 33/33\n", scan.stdout), scan.stdout
    assert "33 pass · 0 fail" in scan.stdout, scan.stdout
