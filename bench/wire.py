"""A client that costs nothing: lines written to a server's stdin, lines read from its stdout, in both eras."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

from bench.machine import ROOT
from bench.process import resident

Era = Literal["legacy", "modern"]
INFO = {"name": "bench", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
}
GREETING = {
    "legacy": ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": INFO}),
    "modern": ("server/discover", {"_meta": META}),
}


@dataclass(frozen=True)
class Started:
    """A start: seconds until the handshake was answered and until the list of tools was there.

    MiB then resident, how many tools, how long their list.
    """

    handshake: float
    seconds: float
    memory: float
    tools: int
    characters: int


def start(command: Sequence[str], environment: Mapping[str, str], era: Era) -> Started:
    """Start a server, greet it, ask for its tools, read them, end it. Raises RuntimeError where it dies."""
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdin
        assert process.stdout
        with process:
            try:
                method, params = GREETING[era]
                _say(process.stdin, id=1, method=method, params=params)
                _answer(process.stdout, 1)
                greeted = time.perf_counter() - began
                if era == "legacy":
                    _say(process.stdin, method="notifications/initialized")
                _say(process.stdin, id=2, method="tools/list", params={"_meta": META} if era == "modern" else {})
                line = _answer(process.stdout, 2)
                took = time.perf_counter() - began
                return Started(
                    greeted, took, resident(process.pid), len(json.loads(line)["result"]["tools"]), len(line)
                )
            except (ValueError, BrokenPipeError, KeyError) as error:
                errors.seek(0)
                raise RuntimeError(errors.read().decode()[-2000:] or "no answer") from error
            finally:
                process.kill()


def _say(pipe: IO[bytes], **message: Any) -> None:
    pipe.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    pipe.flush()


def _answer(pipe: IO[bytes], number: int) -> bytes:
    """The line that answers request `number`; only its beginning is looked at. Raises ValueError at the end."""
    while line := pipe.readline():
        if f'"id":{number}' in line[:60].decode(errors="replace").replace(" ", ""):
            return line
    raise ValueError("the server ended")


def environment(**variables: str) -> dict[str, str]:
    """A small environment, the same for every server: nothing of whoever runs the benchmarks."""
    kept = {name: value for name in ("PATH", "HOME", "LANG") if (value := os.environ.get(name))}
    return {**kept, **variables}
