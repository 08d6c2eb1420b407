"""Two real servers behind a proxy that sends each request to the next of them."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tests.client import http_client

ROOT = Path(__file__).parents[2]
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


@contextmanager
def servers(environment: dict[str, str], many: int) -> Iterator[list[str]]:
    """The addresses of so many server processes with this environment; told to end, they end in good order."""
    command = [sys.executable, "-m", "server", "serve", "--transport", "streamable-http", "--port", "0"]
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        started = []
        for _ in range(many):
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=environment, **pipes))
            stack.callback(process.kill)
            started.append(process)
        yield [_address(process) for process in started]
        for process in started:
            process.terminate()
        assert [process.wait(20) for process in started] == [0] * many


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"running on (http://\S+)", line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found[1]
    raise AssertionError("".join(said))
