"""Two real servers behind a proxy that sends each request to the next of them."""

import asyncio
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.cli import main
from tests.attacks.processes import FORKS
from tests.client import http_client
from tests.vendors import Vendors

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SERVE = ["serve", "--transport", "streamable-http", "--port", "0"]
LEFT_OUT_SECONDS = 0.8
HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Proxy:
    """Sends each request to the next server, streams the answer, and knows what it sent where."""

    servers: list[str]
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = cycle(self.servers)
        self._left_out: dict[str, float] = {}
        methods = ["GET", "POST", "DELETE"]
        self.app = Starlette(routes=[Route("/{path:path}", self._forward, methods=methods)])

    async def _forward(self, request: Request) -> Response:
        body = await request.body()
        headers = {name: value for name, value in request.headers.items() if name not in HOP}
        answer = Response("no server is there", 502)
        # Who refuses, or stops, has done nothing: another is asked, and that one left out, as deploy/Caddyfile says.
        for _ in self.servers:
            server = next(self._next)
            if self._left_out.get(server, 0.0) > time.monotonic():
                continue
            with suppress(httpx.ConnectError):
                answer = await self._ask(server, request, headers, body)
                if answer.status_code != 503:
                    break
                self._left_out[server] = time.monotonic() + LEFT_OUT_SECONDS
        return answer

    async def _ask(self, server: str, request: Request, headers: dict[str, str], body: bytes) -> Response:
        self.sent.append((server, body, headers))
        client = http_client(timeout=60)
        forwarded = client.build_request(request.method, f"{server}{request.url.path}", headers=headers, content=body)
        try:
            answer = await client.send(forwarded, stream=True)
        except httpx.TransportError as error:
            await client.aclose()
            if isinstance(error, httpx.ConnectError):
                raise
            return Response("the server went away", 502)

        async def content() -> AsyncIterator[bytes]:
            try:
                with suppress(httpx.RemoteProtocolError):
                    async for part in answer.aiter_raw():
                        yield part
            finally:
                await asyncio.shield(client.aclose())

        passed = {name: value for name, value in answer.headers.items() if name not in HOP}
        if answer.status_code == 503:
            return Response(b"".join([part async for part in content()]), 503, passed)
        return StreamingResponse(content(), answer.status_code, passed)


def on_a_machine(home: Path, vendors: Vendors, **own: str) -> dict[str, str]:
    """The environment of a server with the keys of all vendors, and with settings of its `own`."""
    keys = {
        name: value.get_secret_value()
        for vendor in vendors.settings().vendors.values()
        for name, value in vendor.values.items()
    }
    return {"HOME": str(home), "XDG_STATE_HOME": str(home), "PATH": "/usr/bin:/bin", **keys, **own}


@dataclass(frozen=True)
class Running:
    """A server process, and where it is reached."""

    process: Any
    url: str


@contextmanager
def servers(environment: dict[str, str], many: int, command: list[str] = SERVE) -> Iterator[list[str]]:
    """The addresses of so many server processes with this environment; told to end, they end in good order."""
    with running(environment, many, command) as started:
        yield [server.url for server in started]
        for server in started:
            server.process.terminate()
        for server in started:
            server.process.join(20)
        assert [server.process.exitcode for server in started] == [0] * many


@contextmanager
def running(environment: dict[str, str], many: int = 1, command: list[str] = SERVE) -> Iterator[list[Running]]:
    """So many server processes with this environment, killed in the end."""
    with ExitStack() as stack:
        started, said = [], []
        for _ in range(many):
            ours, theirs = FORKS.Pipe(duplex=False)
            process = FORKS.Process(target=_serve, args=(environment, command, theirs))
            process.start()
            theirs.close()
            said.append(stack.enter_context(os.fdopen(os.dup(ours.fileno()))))
            ours.close()
            stack.callback(process.join)
            stack.callback(process.kill)
            started.append(process)
        yield [Running(process, _address(log)) for process, log in zip(started, said, strict=True)]


def _serve(environment: dict[str, str], command: list[str], log: "Connection[Any, Any]") -> None:
    """Be `drumbeat` in this process, forked from one that has imported what takes long."""
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(log.fileno(), 2)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    raise SystemExit(main(command))


def _address(log: TextIO) -> str:
    said = []
    for line in log:
        said.append(line)
        if found := re.search(r"running on (http://\S+)", line):
            threading.Thread(target=log.read, daemon=True).start()
            return found[1]
    raise AssertionError("".join(said))
