"""What is written to a connection goes out in as few pieces as possible."""

import asyncio
from typing import Any

LARGEST = 64 * 1024


class Gathering:
    """A transport that sends at once what is written in one turn of the event loop: an answer's head with its body.

    Each piece by itself costs a system call here and wakes whoever reads it, which is a good part of a small answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send this with what else is written in this turn."""
        if not data:
            return
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)
        # What is large is sent as it comes, so that the transport can tell when it is too much.
        if len(data) > LARGEST:
            self._send()

    def close(self) -> None:
        """Send what was written, and hang up."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._pieces:
            data = b"".join(self._pieces)
            self._pieces.clear()
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
