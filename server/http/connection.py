"""One vendor's HTTP connection: limits kept, failures retried, answers bounded, reads cached."""

import math
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import anyio
import httpx

from server import __version__
from server.errors import Refusal, VendorError
from server.http.cache import MOST_BYTES, Cache, Fetched
from server.http.credentials import of_proxies
from server.http.errors import ACCEPTED, MAY_HAVE_ACTED, unreachable
from server.http.limits import Limiter, Limits, TooBusy, in_words, retry_after, wait_in_steps
from server.http.links import address_of, check, check_host
from server.http.outgoing import Outgoing, segment
from server.http.patience import OutOfTime, Patience
from server.http.response import Response
from server.http.shared import Place
from server.http.tls import trust
from server.http.turns import Turns
from server.request import Report
from server.vendor_settings import VendorSettings

LARGEST_ANSWER = 20 * 1024 * 1024
MOST_THREADS = 2
"""Large answers that are read at the same time, each of which takes many times its own bytes."""


class Connection:
    """The way to one vendor, shared by all calls of a process that use the same credentials.

    tls: how certificates are checked. transport: where requests go instead of the network. patience: that of
    its calls. cache_bytes: how much of what it read is kept, other than the usual.
    place: where several servers keep rates and answers together.
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
        patience: Patience | None = None,
        cache_bytes: int | None = None,
        place: Place | None = None,
    ) -> None:
        self.title = title
        self.base_url_variable = base_url_variable
        self.settings = settings
        self.host = urlsplit(settings.base_url).netloc
        self.limits = limits or Limits()
        self.patience = patience or Patience()
        self.cache = Cache(settings.cache_ttl, cache_bytes or MOST_BYTES, place)
        self._place = place
        self._used_at = time.monotonic()
        self._limiters: dict[str, Limiter] = {}
        self._places = Turns(self.limits.concurrency)
        self.secrets = (*settings.secrets, *of_proxies())
        self.threads = anyio.CapacityLimiter(MOST_THREADS)
        self._client = httpx.AsyncClient(
            transport=transport,
            verify=tls or trust(None),
            headers={"User-Agent": f"drumbeat/{__version__}", "Accept": "application/json"},
        )

    async def aclose(self) -> None:
        """Close the client and its sockets."""
        await self._client.aclose()

    @property
    def unused_for(self) -> float:
        """Seconds since the last request was asked for."""
        return time.monotonic() - self._used_at

    def url(self, path: str, segments: Sequence[str | int]) -> str:
        """The full URL of `path`, its `{}` filled with `segments`. Raises Refusal for what cannot be one."""
        return self.settings.base_url + path.format(*map(segment, segments))

    async def send(
        self,
        outgoing: Outgoing,
        *,
        reads: bool,
        cached: bool = False,
        fresh: bool = False,
        report: Report | None = None,
        patience: Patience | None = None,
        deadline: float = math.inf,
    ) -> Fetched:
        """Send a request and read the whole answer, whatever its status.

        reads: that it changes nothing, so that a lost answer may be asked for again. cached: that an
        answer of the last minute will do; fresh: that this caller wants a new one all the same.
        patience: other than this connection's. deadline: when its call's time is over.
        Raises VendorError where no whole answer came.
        """

        self._used_at = time.monotonic()

        async def load() -> Response:
            return await self._persist(outgoing, reads, report, patience or self.patience, deadline)

        if cached:
            return await self.cache.fetch(outgoing.key, load, fresh=fresh, deadline=deadline)
        if reads:
            return Fetched(await load())
        try:
            return Fetched(await load())
        finally:
            await self.cache.outdate()

    async def download(
        self, url: str, *, patience: Patience | None = None, deadline: float = math.inf, caller: str = ""
    ) -> Response:
        """Fetch a link that the vendor handed out: without credentials, from public https hosts only.

        Where a proxy looks names up, from the vendor's own host and those of `Limits.link_hosts` only.
        Raises Refusal for any other host and VendorError where no whole answer came.
        """
        base = urlsplit(self.settings.base_url)
        parts = check(url, vendor=base)
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL:
            raise Refusal("The vendor's link was not fetched: it is not a URL.") from None
        if self._is_proxied(target):
            check_host(parts, (base.netloc, *self.limits.link_hosts))
            outgoing = Outgoing("GET", url, endpoint="download", caller=caller)
        else:
            address = await address_of(parts, vendor=base)
            outgoing = Outgoing(
                "GET",
                str(target.copy_with(host=address)),
                headers={"Host": target.netloc.decode()},
                server_name=target.host,
                endpoint="download",
                caller=caller,
            )
        return (await self.send(outgoing, reads=True, patience=patience, deadline=deadline)).response

    def _way_to(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """The proxy, or the way past it, as httpx decides by the environment's HTTPS_PROXY and NO_PROXY."""
        return self._client._transport_for_url(url)

    def _is_proxied(self, url: httpx.URL) -> bool:
        return self._way_to(url) is not self._client._transport

    def calls_left(self, endpoint: str = "") -> int | None:
        """How many calls our own limit still allows now; None where there is none."""
        return self._limiter(endpoint).left

    async def _persist(
        self, outgoing: Outgoing, reads: bool, report: Report | None, patience: Patience, call_ends: float
    ) -> Response:
        """Try until there is an answer, the attempts are used up, or the time is."""
        now = anyio.current_time()
        if now >= call_ends:
            raise self._out_of_time()
        deadline = min(now + patience.request, call_ends)
        attempt = 0
        while True:
            attempt += 1
            last = attempt == patience.attempts
            try:
                response = await self._take_turn(outgoing, reads, report, patience, deadline)
            except VendorError as error:
                pause = patience.backoff(attempt)
                if reads and error.transient and anyio.current_time() >= call_ends:
                    raise self._out_of_time() from error
                if last or not error.transient or anyio.current_time() + pause > deadline:
                    raise
                why = f"{self.title} cannot be reached"
            else:
                limited = self.limits.is_limit(response)
                if not limited and not (reads and response.status in (502, 503, 504)):
                    return response
                told = retry_after(response.headers, limited=limited)
                obeyed = await self._limiter(outgoing.endpoint).close(told or 1.0) if limited else told or 0.0
                pause = max(obeyed, patience.backoff(attempt))
                if last or anyio.current_time() + pause > deadline:
                    if limited:
                        raise self._too_many(pause, told)
                    return response
                why = f"{self.title}'s rate limit" if limited else f"{self.title} answered {response.status}"
            await wait_in_steps(pause, why, report)

    async def _take_turn(
        self, outgoing: Outgoing, reads: bool, report: Report | None, patience: Patience, deadline: float
    ) -> Response:
        """One attempt, when the vendor has a place and its rate allows: counted when it leaves, so place first."""
        if not self._places.enter_at_once():
            with anyio.move_on_at(deadline) as waiting:
                await self._places.enter(outgoing.caller)
            if waiting.cancelled_caught:
                raise self._busy()
        try:
            await self._admit(outgoing, deadline, report)
            return await self._attempt(outgoing, reads, patience, deadline)
        finally:
            self._places.leave()

    async def _admit(self, outgoing: Outgoing, deadline: float, report: Report | None) -> None:
        limiter = self._limiter(outgoing.endpoint)
        rate = limiter.rate
        why = f"{self.title} allows {rate.calls} requests in {rate.seconds:.0f} s" if rate else f"{self.title} is busy"
        patience = deadline - anyio.current_time()
        try:
            await limiter.admit(patience, lambda seconds: wait_in_steps(seconds, why, report), outgoing.caller)
        except TooBusy as busy:
            raise self._too_many(busy.seconds) from None

    async def _attempt(self, outgoing: Outgoing, reads: bool, patience: Patience, deadline: float) -> Response:
        request = outgoing.build(self._client, patience.timeout)
        try:
            with anyio.move_on_at(deadline):
                # Past the client: nothing of ours is redirected, and no vendor's cookie is kept.
                response = await self._way_to(request.url).handle_async_request(request)
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
            self._limiters[name] = self._place.limiter(rate, name) if self._place and rate else Limiter(rate)
        return self._limiters[name]

    def _too_many(self, seconds: float, told: float | None = None) -> VendorError:
        more = f" (it asked for {in_words(told)}, which is too long to obey)" if told and told > seconds else ""
        said = f"{self.title}'s rate limit is used up. Call again in {in_words(seconds)}{more}; nothing was done."
        return VendorError(said, status=429)

    def _busy(self) -> VendorError:
        said = f"{self.title} was busy with other calls of this server all the time; nothing was done. Call again."
        return VendorError(said)

    def _out_of_time(self) -> OutOfTime:
        return OutOfTime(
            f"{self.title} did not answer all that was asked within the time that a call has. Ask for less at once."
        )
