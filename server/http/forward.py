"""Requests that another server of the same team answers."""

import logging
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass

import httpx

from server.errors import Unreachable

# A stream stays open for as long as its client wants it.
PATIENCE = httpx.Timeout(None, connect=2.0)
Header = tuple[bytes, bytes]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passed:
    """What the other server answers. Its content has to be read, or the whole closed."""

    status: int
    headers: Sequence[Header]
    _response: httpx.Response

    @property
    def names(self) -> set[bytes]:
        """The names of its headers."""
        return {name for name, _ in self.headers}

    async def content(self) -> AsyncIterator[bytes]:
        """The content as it comes; it ends where the server goes away."""
        try:
            async for part in self._response.aiter_raw():
                yield part
        except httpx.TransportError as error:
            logger.warning("A server that was passed a request went away meanwhile (%s)", type(error).__name__)

    async def aclose(self) -> None:
        """Read no more of it."""
        await self._response.aclose()


class Forward:
    """Passes requests on as they are, not by way of a proxy that is meant for what leaves the house."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def __call__(
        self, method: str, url: str, headers: Sequence[Header], body: AsyncIterable[bytes] | None
    ) -> Passed:
        """The answer of the server there.

        Raises Unreachable where there is none, ConnectionResetError where it went away meanwhile.
        """
        if self._client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
            self._client = httpx.AsyncClient(trust_env=False, timeout=PATIENCE, limits=limits)
        try:
            # The client's own headers only: httpx would add its name and what it can unpack.
            request = httpx.Request(method, url, headers=[*headers], content=body)
            response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable from error
        except httpx.TransportError as error:
            raise ConnectionResetError from error
        headers = [(name.lower(), value) for name, value in response.headers.raw]
        return Passed(response.status_code, headers, response)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.aclose()
