"""The stand-ins on a real socket, with a record of every request that reached them."""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.catalogue import Catalogue
from server.connections import Connections
from server.http import Patience
from server.sandbox import sandbox
from server.settings import Settings, load, sandboxed
from tests.promised import Promised
from tools.insights.sandbox import written

TODAY = date(2026, 11, 20)
AT_ONCE = Patience(first_backoff=0.0, looks=(0.0, 0.0))
TEAMS = written(TODAY)


def _now() -> datetime:
    """The time, but not before the end of the stand-ins' day, whatever a machine's clock says."""
    return max(datetime.now(UTC), datetime.combine(TODAY + timedelta(days=1), time.min, UTC))


@dataclass(frozen=True)
class Recorded:
    """A request as it came over the wire; `target` is the raw path and query after the vendor's prefix."""

    vendor: str
    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


@dataclass
class Vendors:
    """The five vendors as one server; `app` may be replaced by one that misbehaves, `clock` by one that is moved."""

    catalogue: Catalogue
    url: str = ""
    requests: list[Recorded] = field(default_factory=list)
    app: ASGIApp | None = None
    journal: str = ""
    teams: str = ""
    _mapped: tuple[str, str, float] | None = None

    def __post_init__(self) -> None:
        self.promised = Promised(self.catalogue)

    def reset(self, journal: str) -> None:
        self.journal = journal
        self.clock: Callable[[], datetime] = _now
        self.patience = AT_ONCE
        self.teams = str(Path(journal).with_name("drumbeat.toml"))
        self.map(TEAMS)
        self.requests.clear()
        self.app = sandbox(self.catalogue.vendors, TODAY, lambda: self.clock())

    def map(self, content: str) -> None:
        """Say who the teams are at each vendor, in `drumbeat.toml`."""
        if (self.teams, content, _last_written(self.teams)) != self._mapped:
            Path(self.teams).write_text(content, encoding="utf-8")
            self._mapped = self.teams, content, _last_written(self.teams)

    def settings(self, **environment: str) -> Settings:
        """Settings with every vendor on and pointed at this server, its teams mapped as in the sandbox.

        The budget has room for text and structure.
        """
        own = {"DRUMBEAT_JOURNAL": self.journal, "DRUMBEAT_CONFIG": self.teams, "DRUMBEAT_RESULT_TOKENS": "15000"}
        environment = {**own, **environment}
        settings = load(environment, self.catalogue.vendors)
        return sandboxed(settings, self.catalogue.vendors, self.url).model_copy(update={"sandbox": False})

    def connections(self, settings: Settings) -> Connections:
        """The way to these vendors, by their clock, and without a pause before another attempt."""
        return Connections(settings, self.catalogue.vendors, patience=self.patience, now=lambda: self.clock())

    def sent(self, vendor: str | None = None) -> list[Recorded]:
        return [request for request in self.requests if vendor in (None, request.vendor)]

    def writes(self, vendor: str | None = None) -> list[Recorded]:
        """What was sent that is no GET."""
        return [request for request in self.sent(vendor) if request.method != "GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        _, vendor, rest = scope["raw_path"].decode().split("/", 2)
        query = scope["query_string"].decode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        target = f"/{rest}?{query}" if query else f"/{rest}"
        self.requests.append(Recorded(vendor, scope["method"], target, headers, body))

        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        assert self.app is not None
        await self.app(scope, replay, send)


def _last_written(file: str) -> float:
    """When a file was written, 0 where there is none: thousands of tests need the same one, and few write another."""
    return os.stat(file).st_mtime if os.path.exists(file) else 0.0


class Server(uvicorn.Server):
    """Ends as soon as it is told to and its last answer is sent; uvicorn's own looks only every tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    def end(self) -> None:
        """End, from another thread."""
        self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.is_up.set()
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  there is no event of that
            await asyncio.sleep(0.002)
        await self.lifespan.shutdown()


@contextmanager
def serve(app: ASGIApp, lifespan: Literal["on", "off"] = "off", **options: Any) -> Iterator[str]:
    """Serve an ASGI app on a free port of this machine, with uvicorn's `options`; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    # Accepted connections inherit it; without, every answer waits for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = Server(uvicorn.Config(app, log_level="error", lifespan=lifespan, ws="none", **options))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    server.is_up.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        thread.join()
        listener.close()
