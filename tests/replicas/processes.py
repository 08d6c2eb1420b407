"""Two real servers behind a proxy that sends each request to the next of them."""

import asyncio
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from server.cli import main
from tests.attacks.processes import FORKS
from tests.client import http_client
from tests.vendors import Vendors

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SERVE = ["serve", "--transport", "streamable-http", "--port", "0"]
HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Proxy:
    """Sends each request to the next server, streams the answer, and knows what it sent where."""

    servers: list[str]
    sent: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = cycle(self.servers)
        methods = ["GET", "POST", "DELETE"]
        self.app = Starlette(routes=[Route("/{path:path}", self._forward, methods=methods)])

    async def _forward(self, request: Request) -> StreamingResponse:
        server, body = next(self._next), await request.body()
        headers = {name: value for name, value in request.headers.items() if name not in HOP}
        self.sent.append((server, body, headers))
        client = http_client(timeout=60)
        forwarded = client.build_request(request.method, f"{server}{request.url.path}", headers=headers, content=body)
        answer = await client.send(forwarded, stream=True)

        async def content() -> AsyncIterator[bytes]:
            try:
                async for part in answer.aiter_raw():
                    yield part
            finally:
                await asyncio.shield(client.aclose())

        passed = {name: value for name, value in answer.headers.items() if name not in HOP}
        return StreamingResponse(content(), answer.status_code, passed)


def on_a_machine(home: Path, vendors: Vendors, **own: str) -> dict[str, str]:
    """The environment of a server with the keys of all vendors, and with settings of its `own`."""
    keys = {
        name: value.get_secret_value()
        for vendor in vendors.settings().vendors.values()
        for name, value in vendor.values.items()
    }
    return {"HOME": str(home), "XDG_STATE_HOME": str(home), "PATH": "/usr/bin:/bin", **keys, **own}


@contextmanager
def servers(environment: dict[str, str], many: int, command: list[str] = SERVE) -> Iterator[list[str]]:
    """The addresses of so many server processes with this environment; told to end, they end in good order."""
    with ExitStack() as stack:
        started, said = [], []
        for _ in range(many):
            ours, theirs = FORKS.Pipe(duplex=False)
            process = FORKS.Process(target=_serve, args=(environment, command, theirs))
            process.start()
            theirs.close()
            stack.callback(process.kill)
            started.append(process)
            said.append(stack.enter_context(os.fdopen(os.dup(ours.fileno()))))
            ours.close()
        yield [_address(log) for log in said]
        for process in started:
            process.terminate()
        for process in started:
            process.join(20)
        assert [process.exitcode for process in started] == [0] * many


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
