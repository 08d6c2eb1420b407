"""The real command over HTTP on this machine: both transports, both eras, and whom it turns away."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from server.cli import main
from tests.client import NO_AUTHORITIES, new_retro, over_http
from tests.conftest import Answer, Era, agree_in_person, decline, text
from tests.program import Program

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Serving:
    """A server process on the sandbox, and where its clients go."""

    transport: str
    root: str
    token: str

    @property
    def url(self) -> str:
        return f"{self.root}/{'sse' if self.transport == 'sse' else 'mcp'}"

    @asynccontextmanager
    async def client(self, era: Era, answer: Answer | None = agree_in_person) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {self.token}"}
        options: dict[str, Any] = {"mode": era, "elicitation_callback": answer}
        if self.transport == "sse":
            opening: AbstractAsyncContextManager[Client] = Program(
                sse_client(self.url, headers=headers), cache=None, **options
            )
        else:
            opening = over_http(self.url, headers, **options)
        async with opening as client:
            yield client

    def knock(self, headers: dict[str, str], body: bytes = b"{}") -> int:
        """The status of the first request that a client of this transport makes, with these headers."""
        method = "GET" if self.transport == "sse" else "POST"
        accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        accept["Authorization"] = f"Bearer {self.token}"
        with httpx.stream(
            method, self.url, headers={**accept, **headers}, content=body, verify=NO_AUTHORITIES
        ) as response:
            return response.status_code


@pytest.fixture(scope="module", params=["streamable-http", "sse"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = str(tmp_path_factory.mktemp("home"))
    command = [sys.executable, "-m", "server", "serve", "--transport", request.param, "--port", "0", "--sandbox"]
    environment = {"HOME": home, "XDG_STATE_HOME": home, "PATH": "/usr/bin:/bin", "DRUMBEAT_TOOLSETS": "teamoclock"}
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes) as process:
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"running on (http://\S+)", line):
                    break
            else:
                pytest.fail("".join(said))
            threading.Thread(target=process.stderr.read, daemon=True).start()
            token = re.search(r"Bearer (\S+)", "".join(said))
            assert token
            yield Serving(request.param, found[1], token[1])
            process.terminate()
            assert process.wait(20) == 0, "told to end, it ends in good order"
        finally:
            process.kill()


async def test_tools_are_listed_and_called(serving: Serving, era: Era) -> None:
    async with serving.client(era) as client:
        assert "teamoclock_list_retros" in [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("teamoclock_list_retros", {"team": "platform"})
        assert not result.is_error
        assert (result.structured_content or {})["items"]
        wrong = await client.call_tool("teamoclock_list_retros", {"tem": "platform"})
        assert wrong.is_error
        assert "no argument 'tem'" in text(wrong)


@pytest.mark.parametrize(("answer", "deleted"), [(agree_in_person, True), (decline, False), (None, False)])
async def test_a_deletion_asks_the_user(answer: Answer | None, deleted: bool, serving: Serving, era: Era) -> None:
    async with serving.client(era, answer) as client:
        retro = {"retro_id": await new_retro(client)}
        assert (await client.call_tool("teamoclock_delete_retro", retro)).is_error is not deleted
        assert (await client.call_tool("teamoclock_get_retro", retro)).is_error is deleted


async def test_what_one_client_made_another_sees_also_after_the_first_has_gone(serving: Serving, era: Era) -> None:
    async with serving.client(era) as second:
        async with serving.client(era) as first:
            retro = {"retro_id": await new_retro(first)}
            assert not (await second.call_tool("teamoclock_get_retro", retro)).is_error
        assert not (await second.call_tool("teamoclock_get_retro", retro)).is_error
    async with serving.client(era) as third:
        assert not (await third.call_tool("teamoclock_get_retro", retro)).is_error


@pytest.mark.parametrize("header", [{"Authorization": value} for value in ("", "Bearer x", "Basic eDp5")])
async def test_without_the_token_of_the_start_nobody_is_let_in(header: dict[str, str], serving: Serving) -> None:
    assert serving.knock(header) == 401


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8000", "127.0.0.1.evil.test", "10.0.0.1", "localhost@evil"])
async def test_another_host_is_misdirected(host: str, serving: Serving) -> None:
    assert serving.knock({"Host": host}) == 421


@pytest.mark.parametrize("origin", ["https://evil.test", "http://127.0.0.1.evil.test", "null", "http://10.0.0.1:80"])
async def test_a_web_page_of_another_origin_is_forbidden(origin: str, serving: Serving) -> None:
    assert serving.knock({"Origin": origin}) == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_page_of_this_machine_is_let_in(name: str, serving: Serving) -> None:
    port = serving.root.rsplit(":", 1)[1]
    assert serving.knock({"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}) not in (403, 421)


async def test_beyond_this_machine_it_does_not_listen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(os.environ, {"HOME": str(tmp_path)}, clear=True):
        status = main(["serve", "--transport", "sse", "--host", "0.0.0.0", "--sandbox"])
    errors = capsys.readouterr().err
    assert status == 2
    assert "Nothing is served at 0.0.0.0" in errors
    assert "DRUMBEAT_TOKENS" in errors
