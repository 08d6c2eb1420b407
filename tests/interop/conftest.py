"""Drumbeat as others start it: processes of its own, on the sandbox, with what `tests/interop/set_up` installed."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = HERE / "node_modules" / ".bin"
NODE = BIN / "node"
CACHE = Path(os.environ.get("DRUMBEAT_INTEROP_CACHE") or Path.home() / ".cache" / "drumbeat-interop")
"""What the set-up installs outside of the repository."""

WANTED = os.environ.get("INTEROP_TESTS", "")
# These start other people's programs, so only `make interop` and its kin run them; CI runs what needs Node alone.
PYTHONS = ["test_authorization.py", "test_libraries.py", "test_mcpcheck.py"]
LEFT_OUT = {"": ["test_*.py"], "clients": ["test_hosts.py", *PYTHONS], "1": ["test_hosts.py"], "all": []}
collect_ignore_glob = LEFT_OUT[WANTED]
STDIO = [sys.executable, "-m", "server", "serve", "--sandbox"]
PATIENCE = 60.0

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environment(home: Path) -> dict[str, str]:
    """An environment without the settings of whoever runs this, and with a journal and a home that pass."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")}
    return kept | {
        "HOME": str(home),
        "PATH": f"{BIN}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(ROOT),
        "DRUMBEAT_SANDBOX": "1",
        "DRUMBEAT_JOURNAL": str(home / "journal"),
        "DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION": "1",
    }


@pytest.fixture(scope="session")
def run(home: Path, environment: dict[str, str]) -> Run:
    """Run a program to its end."""

    def to_the_end(*command: str | Path, folder: Path = home, **more: str) -> "subprocess.CompletedProcess[str]":
        env = environment | more
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder, env=env, text=True, capture_output=True,
            timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    return to_the_end


@contextmanager
def serving(*command: str, environment: dict[str, str], port: int | None = None) -> Iterator[str]:
    """A server process, on a free port where none is given; the URL of its MCP endpoint."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(process, port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Return when a process listens there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"The server did not listen at port {port}: exit status {process.poll()}")


@pytest.fixture(scope="session")
def fixtures_url(environment: dict[str, str]) -> Iterator[str]:
    """Drumbeat with what the conformance suite asks for."""
    with serving("tests.interop.fixtures", environment=environment) as url:
        yield url


@pytest.fixture
def url(environment: dict[str, str]) -> Iterator[str]:
    """Drumbeat over HTTP, as it is, with the sandbox's data as made."""
    with serving("server", "serve", "--transport", "streamable-http", environment=environment) as url:
        yield url


def loaded(result: "subprocess.CompletedProcess[str]") -> Any:
    """The JSON that a program wrote."""
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)
