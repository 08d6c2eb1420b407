"""The lightest client that MCP over HTTP allows: requests written to a socket, as much read as an answer has."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from bench.wire import GREETING, META, Era

ACCEPTED = "application/json, text/event-stream"
VERSIONS: Mapping[Era, str] = {"legacy": "2025-11-25", "modern": "2026-07-28"}
SESSION = "mcp-session-id"
Call = tuple[str, Mapping[str, Any]]
"""A tool and its arguments."""


class Unanswered(Exception):
    """The connection was refused, or closed before the answer was whole. `sent`: after the request was."""

    def __init__(self, words: str, *, sent: bool) -> None:
        super().__init__(words)
        self.sent = sent


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its headers in lower case, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """One connection that is kept open, and opened again where the server closed it."""

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Send a request, and its answer. Raises Unanswered."""
        return await self.exchange(self._written(method, path, headers, body))

    async def begin(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Send a request whose answer does not end, and read its head. Raises RuntimeError for any status but 200."""
        reader, writer = await self._open()
        writer.write(self._written(method, path, headers))
        first, _ = await read_head(reader)
        if first.split()[1] != "200":
            raise RuntimeError(first)

    def _written(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._at.netloc}", f"content-length: {len(body)}"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
        return head.encode() + b"\r\n\r\n" + body

    async def exchange(self, request: bytes) -> Reply:
        """Send a request as it is, and its answer. Raises Unanswered."""
        sent = False
        try:
            if self._streams and self._streams[0].at_eof():  # hung up while nothing was asked
                self.close()
            reader, writer = self._streams or await self._open()
            writer.write(request)
            sent = True
            reply = await read_reply(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Unanswered(repr(error), sent=sent) from error
        if reply.headers.get("connection") == "close":
            self.close()
        return reply

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection(self._at.hostname, self._at.port)
        return self._streams

    def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()
            self._streams = None


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """The first line of a message, and its headers in lower case. Raises IncompleteReadError."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("latin-1").split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """A whole answer, as a length or as chunks. Raises IncompleteReadError."""
    first, headers = await read_head(reader)
    if headers.get("transfer-encoding") != "chunked":
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(first.split()[1]), headers, body)
    chunks = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        chunks.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return Reply(int(first.split()[1]), headers, b"".join(chunks))


class Client:
    """One MCP client of an era, which asks for the same tool again and again."""

    def __init__(self, url: str, era: Era, token: str, tool: str, arguments: Mapping[str, Any]) -> None:
        self.line = Line(url)
        self.era = era
        self.headers = {
            "accept": ACCEPTED,
            "content-type": "application/json",
            "authorization": f"Bearer {token}",
            "mcp-protocol-version": VERSIONS[era],
        }
        meta = {"_meta": META} if era == "modern" else {}
        self._params = {"name": tool, "arguments": arguments, **meta}
        self._called = {"mcp-method": "tools/call", "mcp-name": tool} if era == "modern" else {}
        self._numbers = count(1)

    async def greet(self) -> None:
        """Open a session, where the era has sessions. Raises RuntimeError where it is refused."""
        if self.era == "modern":
            return
        method, params = GREETING["legacy"]
        first = {name: value for name, value in self.headers.items() if name != "mcp-protocol-version"}
        reply = await self._post(first, {"id": next(self._numbers), "method": method, "params": params})
        if reply.status != 200:
            raise RuntimeError(reply.body.decode())
        self.headers[SESSION] = reply.headers[SESSION]
        await self._post(self.headers, {"method": "notifications/initialized"})

    async def call(self) -> Reply:
        """Call the tool once. Raises Unanswered."""
        message = {"id": next(self._numbers), "method": "tools/call", "params": self._params}
        return await self._post({**self.headers, **self._called}, message)

    async def end(self) -> None:
        """End the session, and hang up."""
        if SESSION in self.headers:
            await self.line.ask("DELETE", "/mcp", self.headers)
        self.line.close()

    async def _post(self, headers: Mapping[str, str], message: Mapping[str, Any]) -> Reply:
        return await self.line.ask("POST", "/mcp", headers, json.dumps({"jsonrpc": "2.0", **message}).encode())


def text_of(reply: Reply) -> str:
    """What a model reads of a call's answer. Raises RuntimeError for an error, so that none is measured by mistake."""
    try:
        said = reply.body if reply.body[:1] == b"{" else reply.body.rpartition(b"data: ")[2]
        result = json.loads(said)["result"]
        if result.get("isError"):
            raise ValueError
        return str(result["content"][0]["text"])
    except (ValueError, KeyError, IndexError):
        raise RuntimeError(f"{reply.status} {reply.body[:500]!r}") from None


@asynccontextmanager
async def many(number: int, url: str, era: Era, tokens: Sequence[str], call: Call) -> AsyncIterator[list[Client]]:
    """So many clients that have greeted the server, each with one of the tokens in turns."""
    clients = [Client(url, era, tokens[each % len(tokens)], *call) for each in range(number)]
    try:
        for client in clients:
            await client.greet()
        yield clients
    finally:
        for client in clients:
            await client.end()


async def load(clients: Sequence[Client], seconds: float, check: Callable[[Reply], object]) -> list[float]:
    """Let every client call without a pause; the seconds that each call took."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def work(client: Client) -> None:
        while (began := time.perf_counter()) < end:
            reply = await client.call()
            taken.append(time.perf_counter() - began)
            check(reply)

    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(work(client))
    return taken
