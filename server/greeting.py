"""The answer to a client's handshake before the SDK has been imported, which is most of what a start does.

Hosts start many servers at once, and one of them waits three seconds for this answer. It is the one that the SDK would
give; whatever is not a plain handshake is left to the SDK.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

from server import __version__
from server.catalogue import Catalogue
from server.instructions import instructions
from server.selection import select
from server.settings import Settings

LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"
META = "io.modelcontextprotocol"
PAGES, SKILLS = f"{META}/ui", f"{META}/skills"
SERVER = {"name": "drumbeat", "title": "Drumbeat", "version": __version__}


class Greeting:
    """Waits for a client's first line, and answers it where it is a handshake. Raises ConfigurationError."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        selection = select(catalogue, settings)
        self._instructions = instructions(settings, catalogue, selection)
        self._pages = bool(selection.apps)
        self._prompts = any(tool in selection.callable for prompt in catalogue.prompts for tool in prompt.tools)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.line = b""
        self.answered: int | str | None = None

    def begin(self) -> "Greeting":
        """Begin to wait, in a thread; on Windows, whose stdin cannot be read beneath Python, the SDK reads all."""
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGINT):
                # Until the server is up, which takes these over, there is nothing to end but the process.
                signal.signal(number, lambda *_: os._exit(0))
            self._thread.start()
        return self

    def wait(self) -> None:
        """Return when the first line is there: `line`, and `answered`, the number of the request if it was answered."""
        if self._thread.ident:
            self._thread.join()

    def answer(self, line: bytes) -> dict[str, Any] | None:
        """The answer to a handshake; None to anything else."""
        try:
            asked = json.loads(line)
            number, method, params = asked["id"], asked["method"], asked["params"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        if asked.get("jsonrpc") != "2.0" or type(number) not in (int, str) or not isinstance(params, dict):
            return None
        result = self._initialized(params) if method == "initialize" else None
        result = self._discovered(params) if method == "server/discover" else result
        return result and {"jsonrpc": "2.0", "id": number, "result": result}

    def _initialized(self, params: dict[str, Any]) -> dict[str, Any] | None:
        version, client = params.get("protocolVersion"), params.get("clientInfo")
        if not isinstance(version, str) or not _is_client(client) or not isinstance(params.get("capabilities"), dict):
            return None
        return {
            "capabilities": self._capabilities(listens=False),
            "instructions": self._instructions,
            "protocolVersion": version if version in LEGACY else LEGACY[-1],
            "serverInfo": SERVER,
        }

    def _discovered(self, params: dict[str, Any]) -> dict[str, Any] | None:
        meta = params.get("_meta")
        if not isinstance(meta, dict) or meta.get(f"{META}/protocolVersion") != MODERN:
            return None
        if not _is_client(meta.get(f"{META}/clientInfo")) or not isinstance(
            meta.get(f"{META}/clientCapabilities"), dict
        ):
            return None
        return {
            "cacheScope": "private",
            "capabilities": self._capabilities(listens=True),
            "instructions": self._instructions,
            "resultType": "complete",
            "supportedVersions": [MODERN],
            "ttlMs": 0,
            "_meta": {f"{META}/serverInfo": SERVER},
        }

    def _capabilities(self, *, listens: bool) -> dict[str, Any]:
        can: dict[str, Any] = {
            "completions": {},
            "resources": {"listChanged": listens, "subscribe": listens},
            "tools": {"listChanged": listens},
        }
        if self._prompts:
            can["prompts"] = {"listChanged": listens}
        # The SDK tells clients up to 2025-11-25 of no extension.
        extensions = [name for name, there in ((PAGES, self._pages), (SKILLS, self._prompts)) if there and listens]
        return {**can, "extensions": {name: {} for name in extensions}} if extensions else can

    def _run(self) -> None:
        with suppress(OSError):  # where there is nobody, or nobody left
            self.line = _first_line()
            if answer := self.answer(self.line):
                self.answered = answer["id"]
                data = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                while data:
                    data = data[os.write(1, data) :]


def _first_line() -> bytes:
    """A byte at a time, so that what follows the line is left to whoever reads on."""
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return bytes(line)


def _is_client(client: Any) -> bool:
    return isinstance(client, dict) and all(isinstance(client.get(name), str) for name in ("name", "version"))
