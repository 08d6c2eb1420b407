"""An answer's head goes out with its body, in one piece."""

import asyncio
from typing import Any

HEAD, ANNOUNCED = b"HTTP/1.1 ", b"\r\ncontent-length: "


class Gathering:
    """A transport that keeps a head which announces a body until the next thing is written.

    Each piece by itself costs a system call here and wakes whoever reads it, which is a good part of a small answer.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._kept = b""

    def write(self, data: bytes) -> None:
        """Send this with what was kept, or keep it."""
        if not self._kept and data.startswith(HEAD) and ANNOUNCED in data:
            self._kept = data
        elif self._kept or data:
            self._transport.write(self._kept + data)
            self._kept = b""

    def close(self) -> None:
        """Send what was kept, and hang up."""
        self.write(b"")
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
