"""One vendor's HTTP connection: limits kept, failures retried, answers bounded, reads cached."""

import json
import random
import ssl
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import httpx

from server import __version__
from server.errors import Refusal, VendorError
from server.http.cache import Cache, Fetched
from server.http.errors import ACCEPTED, MAY_HAVE_ACTED, unreachable
from server.http.limits import Limiter, Limits, Report, TooBusy, in_words, retry_after, wait_in_steps
from server.http.links import address_of
from server.http.response import Response
from server.http.tls import trust
from server.settings import VendorSettings, is_loopback

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
LARGEST_ANSWER = 20 * 1024 * 1024
PATIENCE_SECONDS = 45.0
MOST_ATTEMPTS = 4
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 8.0
Query = Mapping[str, Any]


@dataclass(frozen=True)
class Outgoing:
    """A request before it is sent. server_name: the name that the certificate must carry, if not the URL's."""

    method: str
    url: str
    query: Query | None = None
    body: Any = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    server_name: str | None = None
    endpoint: str = ""

    @property
    def key(self) -> Hashable:
        """What makes two reads the same."""
        return (self.method, self.url, tuple(_pairs(self.query)), json.dumps(self.body, sort_keys=True))

    def build(self, client: httpx.AsyncClient) -> httpx.Request:
        """The request itself, made anew for every attempt."""
        return client.build_request(
            self.method,
            self.url,
            params=_pairs(self.query) or None,
            json=self.body,
            files=self.files,
            headers=dict(self.headers),
            extensions={"sni_hostname": self.server_name} if self.server_name else None,
        )


class Connection:
    """The way to one vendor, shared by all calls of a process that use the same credentials.

    tls: how certificates are checked. transport: where requests go instead of the network.
    """

    def __init__(
        self,
        title: str,
        base_url_variable: str,
        settings: VendorSettings,
        limits: Limits | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.title = title
        self.base_url_variable = base_url_variable
        self.settings = settings
        self.host = urlsplit(settings.base_url).netloc
        self.limits = limits or Limits()
        self.cache = Cache(settings.cache_ttl)
        self._limiters: dict[str, Limiter] = {}
        self._places = anyio.Semaphore(self.limits.concurrency, fast_acquire=True)
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=tls or trust(None),
            timeout=TIMEOUT,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": f"drumbeat/{__version__}", "Accept": "application/json"},
        )

    async def aclose(self) -> None:
        """Close the client and its sockets."""
        await self._client.aclose()

    def url(self, path: str, segments: Sequence[str | int]) -> str:
        """The full URL of `path`, its `{}` filled with `segments`, each encoded as one path segment.

        Raises Refusal for an empty segment or a dot segment, which would name another endpoint.
        """
        for segment in segments:
            if str(segment).strip() in ("", ".", ".."):
                raise Refusal(f"Nothing was sent: {str(segment)!r} cannot be an id or a name.")
        return self.settings.base_url + path.format(*(quote(str(segment), safe="") for segment in segments))

    async def send(
        self,
        outgoing: Outgoing,
        *,
        reads: bool,
        cached: bool = False,
        fresh: bool = False,
        report: Report | None = None,
    ) -> Fetched:
        """Send a request and read the whole answer, whatever its status.

        reads: that it changes nothing, so that a lost answer may be asked for again. cached: that an
        answer of the last minute will do; fresh: that this caller wants a new one all the same.
        Raises VendorError where no whole answer came.
        """

        async def load() -> Response:
            return await self._persist(outgoing, reads, report)

        if cached:
            return await self.cache.fetch(outgoing.key, load, fresh=fresh)
        if reads:
            return Fetched(await load())
        try:
            return Fetched(await load())
        finally:
            self.cache.clear()

    async def download(self, url: str) -> Response:
        """Fetch a link that the vendor handed out: without credentials, from public https hosts only.

        Raises Refusal for any other host and VendorError where no whole answer came.
        """
        base = urlsplit(self.settings.base_url)
        address = await address_of(url, from_loopback=is_loopback(base.hostname or ""))
        target = httpx.URL(url)
        headers = {"Host": target.netloc.decode()}
        pinned = str(target.copy_with(host=address))
        outgoing = Outgoing("GET", pinned, headers=headers, server_name=target.host, endpoint="download")
        return (await self.send(outgoing, reads=True)).response

    def calls_left(self, endpoint: str = "") -> int | None:
        """How many calls our own limit still allows now; None where there is none."""
        return self._limiter(endpoint).left

    async def _persist(self, outgoing: Outgoing, reads: bool, report: Report | None) -> Response:
        """Try until there is an answer, the attempts are used up, or the caller's patience is."""
        deadline = anyio.current_time() + PATIENCE_SECONDS
        attempt = 0
        while True:
            attempt += 1
            last = attempt == MOST_ATTEMPTS
            await self._admit(outgoing.endpoint, deadline, report)
            try:
                async with self._places:
                    response = await self._attempt(outgoing, reads, deadline)
            except VendorError as error:
                pause = backoff(attempt)
                if last or not error.transient or anyio.current_time() + pause > deadline:
                    raise
                why = f"{self.title} cannot be reached"
            else:
                limited = self.limits.is_limit(response)
                if not limited and not (reads and response.status in (502, 503, 504)):
                    return response
                told = retry_after(response.headers, limited=limited)
                if limited:
                    self._limiter(outgoing.endpoint).close(told or 1.0)
                pause = max(told or 0.0, backoff(attempt))
                if last or anyio.current_time() + pause > deadline:
                    if limited:
                        raise self._too_many(pause)
                    return response
                why = f"{self.title}'s rate limit" if limited else f"{self.title} answered {response.status}"
            await wait_in_steps(pause, why, report)

    async def _admit(self, endpoint: str, deadline: float, report: Report | None) -> None:
        limiter = self._limiter(endpoint)
        rate = limiter.rate
        why = f"{self.title} allows {rate.calls} requests in {rate.seconds:.0f} s" if rate else f"{self.title} is busy"
        try:
            await limiter.admit(deadline - anyio.current_time(), lambda seconds: wait_in_steps(seconds, why, report))
        except TooBusy as busy:
            raise self._too_many(busy.seconds) from None

    async def _attempt(self, outgoing: Outgoing, reads: bool, deadline: float) -> Response:
        try:
            with anyio.move_on_at(deadline):
                response = await self._client.send(outgoing.build(self._client), stream=True)
                try:
                    return await self._read(response, reads)
                finally:
                    if not response.is_closed:  # as it is once it was read to its end
                        with anyio.CancelScope(shield=True):
                            await response.aclose()
            raise httpx.ReadTimeout("the caller's patience is over")
        except httpx.TransportError as error:
            raise unreachable(self.title, self.host, self.base_url_variable, error, reads=reads) from error

    async def _read(self, response: httpx.Response, reads: bool) -> Response:
        chunks, size = [], 0
        if "," in response.headers.get("content-encoding", ""):
            # Each coding multiplies a chunk's size by up to a thousand before we can look at it.
            raise self._unusable(response, "a body that was packed more than once", reads)
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > LARGEST_ANSWER:
                    raise self._unusable(response, f"more than {LARGEST_ANSWER >> 20} MiB, which is too much", reads)
                chunks.append(chunk)
        except httpx.DecodingError as error:
            raise self._unusable(response, "a body that could not be unpacked", reads) from error
        return Response(response.status_code, response.headers, b"".join(chunks))

    def _unusable(self, response: httpx.Response, what: str, reads: bool) -> VendorError:
        said = f"{self.title} answered {response.status_code} with {what}."
        if not reads:
            said += f" {ACCEPTED if response.is_success else MAY_HAVE_ACTED}"
        return VendorError(said, status=response.status_code, acted=not reads)

    def _limiter(self, endpoint: str) -> Limiter:
        rate = self.limits.rate
        name = endpoint if rate and rate.per_endpoint else ""
        if name not in self._limiters:
            self._limiters[name] = Limiter(rate)
        return self._limiters[name]

    def _too_many(self, seconds: float) -> VendorError:
        return VendorError(
            f"{self.title}'s rate limit is used up. Call again in {in_words(seconds)}; nothing was done.", status=429
        )


def backoff(attempt: int) -> float:
    """Seconds before the next attempt: exponential, with full jitter."""
    return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt))


def _pairs(query: Query | None) -> list[tuple[str, str | int | float | bool | None]]:
    """A query as pairs: a list repeats its name, None is left out, booleans are spelt as JSON does."""
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in (query or {}).items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if item is not None:
                pairs.append((name, json.dumps(item) if isinstance(item, bool) else str(item)))
    return pairs
