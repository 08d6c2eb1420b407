"""A plain proxy: each request goes to the next server. `python -m bench.http_proxy PORT URL...`; `/counts` tells all.

What a server surely did not take, since it refused the connection or answered 503, goes to the next one, as proxies do.
What was sent and not answered might have been carried out: it is answered 502, and that call is lost.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from itertools import cycle

from bench.http_client import SESSION, Line, Reply, Unanswered, read_head

COUNTS = "/counts"
PASSED_BACK = ("content-type", "retry-after", SESSION)
REST_SECONDS = 0.5
"""For how long a server that takes nothing is left out."""


class Proxy:
    """Keeps connections to the servers open, and counts what became of the requests."""

    def __init__(self, servers: list[str]) -> None:
        self._servers = servers
        self._turns = cycle(range(len(servers)))
        self._idle: dict[str, list[Line]] = {server: [] for server in servers}
        self._rests: dict[str, float] = {}
        self._counts: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on the requests of one client, one after the other, until it hangs up."""
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                first, headers = await read_head(reader)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                head = "\r\n".join([first, *(f"{name}: {value}" for name, value in headers.items())])
                if COUNTS in first:
                    reply = Reply(200, {}, json.dumps(self._counts).encode())
                else:
                    reply = await self._passed_on(head.encode() + b"\r\n\r\n" + body)
                writer.write(_written(reply))
                await writer.drain()
        writer.close()

    async def _passed_on(self, request: bytes) -> Reply:
        reply = Reply(503, {"retry-after": "1"}, b"")
        for server in self._in_turn():
            line = self._idle[server].pop() if self._idle[server] else Line(server)
            try:
                reply = await line.exchange(request)
            except Unanswered as error:
                if error.sent:
                    self._counts["unanswered"] += 1
                    return Reply(502, {}, b"")
                self._rest(server, "refused")
                continue
            self._idle[server].append(line)
            if reply.status != 503:
                self._counts[server] += 1
                return reply
            self._rest(server, "503")
        return reply

    def _in_turn(self) -> list[str]:
        """All servers, the next one first, and those that rest last."""
        turn, now = next(self._turns), time.monotonic()
        ordered = self._servers[turn:] + self._servers[:turn]
        return sorted(ordered, key=lambda server: self._rests.get(server, 0.0) > now)

    def _rest(self, server: str, why: str) -> None:
        self._counts[why] += 1
        self._rests[server] = time.monotonic() + REST_SECONDS


def _written(reply: Reply) -> bytes:
    kept = [f"{name}: {reply.headers[name]}" for name in PASSED_BACK if name in reply.headers]
    head = "\r\n".join([f"HTTP/1.1 {reply.status} ", *kept, f"content-length: {len(reply.body)}"])
    return head.encode() + b"\r\n\r\n" + reply.body


async def main() -> None:
    """Serve what the command line says."""
    server = await asyncio.start_server(Proxy(sys.argv[2:]).serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
