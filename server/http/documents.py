"""A small JSON document from an address that the operator named: a provider's metadata or its keys."""

import ssl
from typing import Any

import anyio
import httpx
from pydantic_core import from_json

from server.errors import VendorError

LARGEST = 512 * 1024
SECONDS = 10.0


async def fetch_json(url: str, tls: ssl.SSLContext) -> Any:
    """What is at `url`, without following redirects. Raises VendorError."""
    content = b""
    try:
        with anyio.fail_after(SECONDS):
            async with (
                httpx.AsyncClient(verify=tls, timeout=SECONDS, follow_redirects=False) as client,
                client.stream("GET", url, headers={"Accept": "application/json"}) as response,
            ):
                async for chunk in response.aiter_bytes(65_536):
                    content += chunk
                    if len(content) > LARGEST:
                        raise VendorError(f"{url} is larger than {LARGEST >> 10} KiB.")
        if response.status_code != 200:
            raise VendorError(f"{url} answered {response.status_code}.", status=response.status_code)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise VendorError(f"{url} cannot be reached ({type(error).__name__}).") from error
    try:
        return from_json(content)
    except ValueError:
        raise VendorError(f"{url} is not JSON.") from None
