"""The files in `deploy/` linted; what the image holds installed and run, two servers behind Caddy; with no engine."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
from mcp import Client

from tests.client import done
from tests.conftest import Era
from tests.deploy.conftest import DEPLOY, ROOT, dockerfile
from tests.interop.conftest import free_port
from tests.replicas.conftest import Server, redis, redis_process
from tests.replicas.processes import Proxy, on_a_machine
from tests.replicas.test_two_processes import TOKEN, Team
from tests.vendors import Vendors
from tests.web.conftest import hashed

__all__ = ["redis", "redis_process"]
pytestmark = pytest.mark.anyio
CACHE = Path(os.environ.get("DRUMBEAT_DEPLOY_CACHE") or Path.home() / ".cache" / "drumbeat-deploy")
BIN = CACHE / "bin"
STYLE = """{extends: default, rules: {line-length: {max: 130}, document-start: disable, comments-indentation: disable,
braces: {max-spaces-inside: 1}}}"""
LINTERS = {
    "hadolint": (BIN / "hadolint", "Dockerfile"),
    "yamllint": (BIN / "yamllint", "--strict", "-d", STYLE, "compose.yaml", "kubernetes"),
    "kubernetes": (BIN / "kubernetes-validate", "--strict", "kubernetes/drumbeat.yaml"),
    "caddy": (BIN / "caddy", "validate", "--config", "Caddyfile", "--adapter", "caddyfile"),
    "caddy's style": (BIN / "caddy", "fmt", "--diff", "Caddyfile"),
}


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_nothing(linter: str, tmp_path: Path) -> None:
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "PUBLIC_HOST": "drumbeat.example.com"}
    result = subprocess.run(LINTERS[linter], cwd=DEPLOY, env=environment, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image has at /opt, made by the Dockerfile's own commands of its first stage."""
    folder = tmp_path_factory.mktemp("image")
    source, opt = folder / "src", folder / "opt"
    source.mkdir()
    made = dockerfile()
    for line in made.all("COPY"):
        *names, target = line.split()
        if "--from=build" in names:
            continue
        for name in names:
            to = source / target if target != "./" else source / Path(name).name
            shutil.copytree(ROOT / name, to) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, to)
    command = made.all("RUN")[0].replace("/opt/", f"{opt}/")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-ec", command], cwd=source, env={**os.environ, "PATH": path, "PYTHONPATH": ""}, check=True)
    return opt


@contextmanager
def running(*command: str | Path, port: int, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that listens at a port of this machine; killed where it has not ended by then."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=environment["HOME"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(1000):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True)
class Site:
    """Two servers as the image has them, and the address of Caddy before them."""

    url: str
    processes: list["subprocess.Popen[bytes]"]


@pytest.fixture
def site(
    image: Path, vendors: Vendors, redis: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    ports, port = [free_port(), free_port()], free_port()
    made = dockerfile()
    program, *arguments = made.arguments("ENTRYPOINT") + made.arguments("CMD")
    own = {
        "DRUMBEAT_REDIS_URL": redis.url,
        "DRUMBEAT_JOURNAL": "redis",
        "DRUMBEAT_PUBLIC_URL": f"https://localhost:{port}",
        "DRUMBEAT_TOKENS": f"ann:destructive:{hashed(TOKEN)}",
        "DRUMBEAT_SEALING_KEYS": "k" * 32,
        "DRUMBEAT_METRICS": "1",
        "DRUMBEAT_TOOLSETS": "default,teamoclock",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment = on_a_machine(tmp_path, vendors, **own)
    # As it is, but for the name that only the containers know, and for what needs more than this machine.
    servers = " ".join(f"127.0.0.1:{each}" for each in ports)
    rules = re.sub(r"dynamic a drumbeat 8000 \{[^}]*\}", f"to {servers}", (DEPLOY / "Caddyfile").read_text())
    (tmp_path / "Caddyfile").write_text(
        f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {free_port()}\n}}\n{rules}"
    )
    caddy = (BIN / "caddy", "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile")
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                running(
                    image / "drumbeat" / "bin" / program, *arguments[:-1], str(each), port=each, environment=environment
                )
            )
            for each in ports
        ]
        home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PUBLIC_HOST": f"localhost:{port}"}
        stack.enter_context(running(*caddy, port=port, environment=home))
        for _ in range(1000):
            with suppress(OSError):
                ssl.get_server_certificate(("localhost", port), timeout=1)
                break
            time.sleep(0.01)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"))
        yield Site(f"https://localhost:{port}", processes)


async def test_what_the_image_has_serves_clients_of_both_eras_behind_caddy_and_one_of_two_may_end(
    site: Site, vendors: Vendors, era: Era
) -> None:
    team, ended = Team(site.url, Proxy([])), anyio.Event()

    async def call_on(client: Client) -> None:
        while not ended.is_set():
            await done(client, "teamoclock_list_teams")

    async with team.client(era=era) as client:
        retro = str((await done(client, "teamoclock_create_retro", team="platform"))["id"])
        for _ in range(3):
            assert (await done(client, "teamoclock_get_retro", retro_id=retro))["id"] == retro
        await done(client, "teamoclock_delete_retro", retro_id=retro)
        assert [request.method for request in vendors.sent()].count("DELETE") == 1
    async with httpx.AsyncClient() as http:
        assert [(await http.get(f"{site.url}/{path}")).status_code for path in ("readyz", "metrics")] == [200, 404]
    async with team.client() as modern, anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(call_on, modern)
        site.processes[0].terminate()
        assert await anyio.to_thread.run_sync(site.processes[0].wait, 20) == 0
        ended.set()
    async with team.client(era=era) as again:
        for _ in range(3):
            await done(again, "teamoclock_list_teams")
        assert (await done(again, "drumbeat_list_changes"))["items"]
