"""HTTP: listening, and stopping without losing a call. Whoever can reach the port brings a token."""

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import ClassVar, cast

import anyio
import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from server.apart import collect_garbage
from server.app import Drumbeat
from server.catalogue import PublishedVendor
from server.settings import Settings
from server.web.bounds import LARGEST_HEAD, WHOLE, Traffic
from server.web.gathering import Gathering
from server.web.observe import log_to_stderr
from server.web.serving import PATHS, Transport, check, web_app

DRAIN_SECONDS = 60.0
"""Longer than a call lasts."""
LINGER_SECONDS = 0.5
"""How long new requests are answered, that is refused, at least: whoever sends them has to learn of it by an answer."""


def run(
    server: Drumbeat, settings: Settings, vendors: Sequence[PublishedVendor], transport: Transport, host: str, port: int
) -> None:
    """Serve until the process is told to end, then finish what is under way. Raises ConfigurationError.

    Where the operator configured nobody who may come in, a token is made anew at each start and shown on stderr.
    """
    check(settings, host)
    log_to_stderr(settings.log)
    path, token = PATHS[transport], None
    if not (settings.is_guarded or settings.unauthenticated):
        token = secrets.token_urlsafe(24)
        print(
            f"drumbeat: clients of {path} send the header  Authorization: Bearer {token}", file=sys.stderr, flush=True
        )
    traffic = Traffic(settings.most_in_flight, settings.most_sessions)
    config = uvicorn.Config(
        web_app(server, settings, vendors, transport, traffic, token),
        host=host,
        port=port,
        http=Impatient,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=settings.most_in_flight + 3 * settings.most_sessions + 100,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_graceful_shutdown=5,
    )
    # uvicorn's own set-up would write an access log to stdout, where the journal may be.
    logging.getLogger("uvicorn.access").disabled = True
    collect_garbage(seldom=True)
    # With uvicorn's own `run`, anyio finds out anew which event loop this is dozens of times in a request.
    anyio.run(_Server(config, traffic).serve, backend_options={"loop_factory": config.get_loop_factory()})


class _Server(uvicorn.Server):
    """Ends with status 0 when told to: new requests get 503, those under way are answered first."""

    def __init__(self, config: uvicorn.Config, traffic: Traffic) -> None:
        super().__init__(config)
        self._traffic = traffic
        self._draining: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop taking requests at the first signal, and at once at the second."""
        if self._draining:
            self.should_exit = True
            self.force_exit = sig == signal.SIGINT
            return
        self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        self._traffic.drain()
        await asyncio.sleep(LINGER_SECONDS)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._traffic.none_left.wait()
        except TimeoutError:
            logging.getLogger(__name__).warning("Calls were still under way after %.0f s", DRAIN_SECONDS)
        self.should_exit = True


class Impatient(H11Protocol):
    """Closes a connection on which no whole request head arrives in time."""

    header_seconds: ClassVar[float] = 15.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(cast(asyncio.Transport, Gathering(transport, self.loop)))
        self._timer = self.loop.call_later(self.header_seconds, self._close_if_waiting)

    def data_received(self, data: bytes) -> None:
        """Wait no longer once a head is whole, and anew for the next that begins."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
            if self.conn.their_state in (h11.DONE, h11.MUST_CLOSE):
                self.scope["extensions"] = {WHOLE: {}}
        elif self._timer is None and self.conn.trailing_data[0]:
            self._timer = self.loop.call_later(self.header_seconds, self._close_if_waiting)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def _close_if_waiting(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
