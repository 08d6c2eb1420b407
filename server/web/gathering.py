"""An answer's head goes out with what follows it, in one piece."""

import asyncio
from typing import Any

HEAD, ANNOUNCED, STREAMED = b"HTTP/1.1 ", b"\r\ncontent-length: ", b"\r\nTransfer-Encoding: chunked"
KEPT_SECONDS = 0.005


class Gathering:
    """A transport that keeps a head until what follows it is written; that of a stream, for a moment at most.

    Each piece by itself costs a system call here and wakes whoever reads it, which is a good part of a small answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept = b""
        self._timer: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        """Send this with what was kept, or keep it."""
        if not self._kept and data.startswith(HEAD):
            streamed = STREAMED in data
            if streamed or ANNOUNCED in data:
                self._kept = data
                self._timer = self._loop.call_later(KEPT_SECONDS, self._send) if streamed else None
                return
        self._send(data)

    def close(self) -> None:
        """Send what was kept, and hang up."""
        self._send()
        self._transport.close()

    def _send(self, data: bytes = b"") -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        data, self._kept = self._kept + data, b""
        if data:
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
