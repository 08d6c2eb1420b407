import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.conftest import free_port

BINARY = shutil.which("redis-server") or shutil.which("valkey-server")


@dataclass
class Server:
    """A Redis of our own on a free port, which keeps nothing on disk. options: more than it needs."""

    port: int
    folder: Path
    options: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        assert BINARY
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([BINARY, *options, *self.options], stdout=subprocess.DEVNULL)
        for _ in range(500):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        pytest.fail("redis-server does not listen")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if BINARY is None:
        assert not os.environ.get("CI"), "redis-server is missing: tests/replicas/set_up installs it"
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    server = Server(free_port(), tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_process: Server) -> Iterator[Server]:
    """Redis, empty, and running again after a test that stopped it."""
    if redis_process.process is None:
        redis_process.start()
    with socket.create_connection(("127.0.0.1", redis_process.port)) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(16) == b"+OK\r\n"
    yield redis_process
    if redis_process.process is None:
        redis_process.start()
