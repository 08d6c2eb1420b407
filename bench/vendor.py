"""A vendor on a real socket, in a process of its own: `python -m bench.vendor fixed|standins|far` prints its address.

fixed: Team O'clock's shapes, written once, sent at once, so that what is measured is the way there and back.
standins: Drumbeat's sandbox. far: the same on the far side of a slow network, up to the tests' day.
"""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.machine import ROOT
from server.catalogue import read
from server.sandbox import sandbox
from tests.vendors import TODAY

TEAMS, ITEMS = 20, 100
DISTANCE = 0.15


def answers() -> dict[str, bytes]:
    """What the fixed vendor says, by path."""
    items = [_item(number) for number in range(1, ITEMS + 1)]
    bodies = {"/teams": [team(number) for number in range(1, TEAMS + 1)], "/actionitems": items}
    return {path: json.dumps({"data": body}).encode() for path, body in {**bodies, "/actionitems/A1": items[0]}.items()}


def team(number: int) -> dict[str, Any]:
    """A team as Team O'clock sends it."""
    slug = f"team-{number}"
    return {
        "name": f"Team {number}",
        "slug": slug,
        "video_url": f"https://meet.acme.example/{slug}",
        "mood_enabled": number % 2 == 0,
        "links": {"self": f"https://www.teamoclock.com/api/v2/teams/{slug}"},
    }


def _item(number: int) -> dict[str, Any]:
    return {
        "id": f"A{number}",
        "text": f"Write a runbook for failed deployments of service {number}",
        "links": {"jira": f"https://acme.atlassian.net/browse/PAY-{number}"},
        "team": {"name": "Payments", "slug": "payments"},
        "resolved": number % 3 == 0,
    }


class Fixed:
    """An ASGI app that knows its answers by heart; a team that it does not know it makes up."""

    def __init__(self) -> None:
        self._answers = answers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = scope["path"].removeprefix("/teamoclock")
        body = self._answers.get(path) or json.dumps({"data": team(int(path.rpartition("-")[2]))}).encode()
        length = str(len(body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Far:
    """The stand-ins, every answer DISTANCE seconds late; `/counts` has the requests to each, `/anew` refills them."""

    def __init__(self) -> None:
        self._anew()

    def _anew(self) -> None:
        self._app = sandbox(read().vendors, TODAY)
        self._counts: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        path = scope["path"]
        if path == "/anew":
            self._anew()
        if path in ("/anew", "/counts"):
            await JSONResponse(self._counts)(scope, receive, send)
            self._counts = Counter()
            return
        self._counts[path.split("/")[1]] += 1
        await anyio.sleep(DISTANCE)
        await self._app(scope, receive, send)


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[str]:
    """Run a module that prints its address and serves until it is ended; the address."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout
    with process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def main() -> None:
    """Serve what the command line names."""
    kinds: dict[str, Callable[[], ASGIApp]] = {"fixed": Fixed, "far": Far, "standins": lambda: sandbox(read().vendors)}
    app = kinds[sys.argv[1]]()
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio does not turn Nagle's algorithm off for a socket made like this; with it, answers wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
