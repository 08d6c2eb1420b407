"""Small JSON documents: a provider's metadata, keys and tokens, and the page of callers' keys for the command."""

import ssl
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
from pydantic_core import from_json

from server.errors import VendorError

LARGEST = 512 * 1024
SECONDS = 10.0


async def fetch_json(url: str, tls: ssl.SSLContext) -> Any:
    """What is at `url`, without following redirects. Raises VendorError."""
    status, document = await exchange("GET", url, tls)
    if status != 200:
        raise VendorError(f"{url} answered {status}.", status=status)
    return document


async def exchange(
    method: str,
    url: str,
    tls: ssl.SSLContext,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    data: Any = None,
    seconds: float = SECONDS,
) -> tuple[int, Any]:
    """The status and the document that a request is answered with; None where it is empty, or an error's and no JSON.

    form, data: what is sent, as a form or as JSON. Redirects are not followed, since they would take secrets along.
    Raises VendorError.
    """
    content = b""
    accept = {"Accept": "application/json", **(headers or {})}
    try:
        with anyio.fail_after(seconds):
            async with (
                httpx.AsyncClient(verify=tls, timeout=seconds, follow_redirects=False) as client,
                client.stream(method, url, headers=accept, data=form, json=data) as response,
            ):
                async for chunk in response.aiter_bytes(65_536):
                    content += chunk
                    if len(content) > LARGEST:
                        raise VendorError(f"{url} is larger than {LARGEST >> 10} KiB.")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise VendorError(f"{url} cannot be reached ({type(error).__name__}).") from error
    try:
        return response.status_code, from_json(content) if content else None
    except ValueError:
        if response.status_code >= 400:
            return response.status_code, None
        raise VendorError(f"{url} is not JSON.") from None
