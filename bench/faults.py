"""A vendor that misbehaves on purpose, on a real socket: `python -m bench.faults` prints its address.

It knows HTTP only as far as is needed to break it. A path that holds `faulty` gets a fault in every tenth answer, in
turns; all others are answered well.
"""

import asyncio
import json
import socket
from itertools import count, cycle

from bench.vendor import team

EVERY = 10
REASONS = {200: "OK", 404: "Not Found", 500: "Internal Server Error"}
WELL = "application/json"


class Reset(Exception):
    """The connection is to be reset."""


def answer(status: int, body: bytes, kind: str = WELL) -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Vendor:
    """Counts requests, and answers each by its path and its number."""

    def __init__(self) -> None:
        self._numbers = count(1)
        faults = (self._broken, self._half, self._page, self._unknown, self._reset, self._short, self._slow)
        self._faults = cycle(faults)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends or has to."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                body = json.dumps({"data": team(int(path.rpartition("-")[2]))}).encode()
                if "faulty" in path and next(self._numbers) % EVERY == 0:
                    await next(self._faults)(writer, body)
                else:
                    writer.write(answer(200, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        except Reset:
            writer.transport.abort()

    async def _broken(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(answer(500, b'{"error": {"detail": "Something went wrong"}}'))

    async def _half(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(answer(200, body[: len(body) // 2]))

    async def _page(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(answer(200, b"<!doctype html><title>Maintenance</title>", "text/html"))

    async def _unknown(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(answer(404, b'{"error": {"detail": "No such team"}}'))

    async def _reset(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        raise Reset

    async def _short(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(answer(200, body)[:-20])
        await writer.drain()
        raise Reset

    async def _slow(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        whole = answer(200, body)
        for part in (whole[:10], whole[10:40], whole[40:]):
            writer.write(part)
            await asyncio.sleep(0.05)


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(Vendor().serve, "127.0.0.1", 0, family=socket.AF_INET)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
