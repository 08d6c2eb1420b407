"""Servers over HTTP as processes of their own, each on a port that it keeps when it is started again."""

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from bench.machine import ROOT
from bench.process import processor_seconds, resident
from bench.subject import variables
from bench.wire import environment

TOKENS = [secrets.token_urlsafe(24) for _ in range(10)]
"""Ten people, so that nobody meets the bounds of one caller."""


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(eq=False)
class Served:
    """A process that listens; used as a context, it is there for as long as that lasts."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self.process
        return self.process.pid

    @property
    def memory(self) -> float:
        """Resident memory in MiB."""
        return resident(self.pid)

    @property
    def processor(self) -> float:
        """Seconds of processor time that it has taken, user's and system's."""
        return processor_seconds(self.pid)

    def start(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError where it does not."""
        command = [part.replace("PORT", str(self.port)) for part in self.command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)  # noqa: S603
        for _ in range(1000):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(self.log.read_text(encoding="utf-8")[-2000:])

    def stop(self) -> int:
        """Tell it to end, and wait until it has; its status."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def __enter__(self) -> "Served":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


def drumbeat(vendor: str, folder: str, **more: str) -> Served:
    """Drumbeat as an operator starts it, for ten people, on the vendors at an address."""
    people = (
        f"person-{number}:destructive:{sha256(token.encode()).hexdigest()}" for number, token in enumerate(TOKENS)
    )
    own = {
        "DRUMBEAT_JOURNAL": folder,
        "DRUMBEAT_TOKENS": ",".join(people),
        # The default bound would let four of the ten have all that a hundred clients send.
        "DRUMBEAT_MOST_IN_FLIGHT": "400",
        "DRUMBEAT_CACHE_TTL": "3600",
        **more,
    }
    command = [sys.executable, "-m", "server", "serve", "--transport", "streamable-http", "--port", "PORT"]
    return Served(command, environment(**variables(vendor), **own), Path(folder, f"{free_port()}.log"))


def bare(text: str, folder: str) -> Served:
    """The bare server, whose every answer is `text`."""
    file = Path(folder, "answer.txt")
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "bench.peers.bare_http", "PORT", str(file)]
    return Served(command, environment(), Path(folder, "bare.log"))


def redis(folder: str) -> Served | None:
    """A Redis that keeps nothing on disk; None where none is installed."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        return None
    command = [binary, "--port", "PORT", "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    return Served(command, environment(), Path(folder, "redis.log"))
