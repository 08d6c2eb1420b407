"""The real command over stdio: what a client reads, and how the process ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import ElicitRequestParams

from server import __version__
from server.catalogue import Catalogue
from server.cli import main
from tests.conftest import Answer, Era, agree_in_person, decline, text
from tests.program import Program

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "server")
PATIENCE = 60
TEE = '"$0" -m server 2>"$1" | tee "$2"'


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing configured, and a home of its own for what is kept."""
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def sandboxed(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "DRUMBEAT_SANDBOX": "1"}


@asynccontextmanager
async def client_of(
    environment: dict[str, str], era: Era, directory: Path, answer: Answer | None = agree_in_person
) -> AsyncIterator[Client]:
    """A real client of a real process; afterwards every line that came out is checked."""
    errors, output = directory / "stderr", directory / "stdout"
    arguments = ["-c", TEE, sys.executable, str(errors), str(output)]
    command = StdioServerParameters(command="/bin/sh", args=arguments, env=environment, cwd=ROOT)
    async with Program(command, mode=era, cache=None, elicitation_callback=answer) as client:
        yield client
    lines = output.read_text().splitlines()
    assert lines
    assert [line for line in lines if json.loads(line)["jsonrpc"] != "2.0"] == []
    assert "Traceback" not in errors.read_text()


@contextmanager
def process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*COMMAND, *arguments], env=environment, cwd=ROOT, text=True, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def say(running: subprocess.Popen[str], message: dict[str, Any]) -> None:
    assert running.stdin is not None
    running.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    running.stdin.flush()


def greet(running: subprocess.Popen[str]) -> None:
    """The legacy handshake by hand, so that the server is up and has a client."""
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "1"}}
    say(running, {"id": 0, "method": "initialize", "params": client})
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["result"]["serverInfo"]["name"] == "drumbeat"
    say(running, {"method": "notifications/initialized"})


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit status of a process that ends by itself, and the rest of its stdout and stderr."""
    output, errors = running.communicate(timeout=PATIENCE)
    return running.returncode, output, errors


# What a client sees.


@pytest.mark.anyio
async def test_tools_calls_errors_and_agreement_come_through(
    era: Era, sandboxed: dict[str, str], tmp_path: Path, catalogue: Catalogue
) -> None:
    answers = [decline, agree_in_person]

    async def answer(context: Any, params: ElicitRequestParams) -> Any:
        return await answers.pop(0)(context, params)

    async with client_of(sandboxed, era, tmp_path, answer) as client:
        assert client.server_info is not None
        assert client.server_info.version == __version__
        listed = {tool.name.split("_")[0] for tool in (await client.list_tools()).tools}
        assert listed >= {tool.vendor for tool in catalogue.tools if tool.everyday}
        assert "made-up data" in (client.instructions or "")
        made = await client.call_tool("teamoclock_create_retro", {"team": "platform"})
        retro = {"retro_id": (made.structured_content or {})["id"]}
        unknown = await client.call_tool("teamoclock_get_retro", {"retro": "x"})
        assert unknown.is_error
        assert "retro_id (required)" in text(unknown)
        declined = await client.call_tool("teamoclock_delete_retro", retro)
        assert declined.is_error
        assert text(declined).startswith("Nothing was changed")
        assert not (await client.call_tool("teamoclock_get_retro", retro)).is_error
        assert not (await client.call_tool("teamoclock_delete_retro", retro)).is_error
        gone = await client.call_tool("teamoclock_get_retro", retro)
        assert gone.is_error
        assert "404" in text(gone)
        assert gone.structured_content is None


@pytest.mark.anyio
@pytest.mark.era("auto")
async def test_where_nobody_can_be_asked_nothing_is_deleted(
    era: Era, sandboxed: dict[str, str], tmp_path: Path
) -> None:
    async with client_of(sandboxed, era, tmp_path, answer=None) as client:
        made = await client.call_tool("teamoclock_create_retro", {"team": "platform"})
        retro = {"retro_id": (made.structured_content or {})["id"]}
        refused = await client.call_tool("teamoclock_delete_retro", retro)
        assert refused.is_error
        assert text(refused).startswith("Nothing was changed")
        assert not (await client.call_tool("teamoclock_get_retro", retro)).is_error


@pytest.mark.anyio
@pytest.mark.era("legacy")
async def test_without_a_vendor_it_starts_and_says_how_to_configure_one_or_try_the_sandbox(
    era: Era, environment: dict[str, str], tmp_path: Path, catalogue: Catalogue
) -> None:
    async with client_of(environment, era, tmp_path) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        instructions = client.instructions or ""
    assert [name for name in names if not name.startswith("drumbeat_")] == []
    assert "DRUMBEAT_SANDBOX=1" in instructions
    for vendor in catalogue.vendors:
        assert vendor.title in instructions or vendor.needs
        assert all(group in instructions for group in vendor.missing())


@pytest.mark.parametrize("method", ["initialize", "server/discover"])
def test_the_handshake_is_answered_once_and_what_is_no_message_stops_nothing_until_the_input_ends(
    method: str, sandboxed: dict[str, str]
) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    legacy = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "1"}}
    with process(sandboxed) as running:
        assert running.stdout is not None
        say(running, {"id": 0, "method": method, "params": legacy if method == "initialize" else {"_meta": meta}})
        answers = [json.loads(running.stdout.readline())]
        for number in (1, 0):  # a number may be used again
            params = {} if method == "initialize" else {"_meta": meta}
            say(running, {"id": number, "method": "tools/list", "params": params})
            answers.append(json.loads(running.stdout.readline()))
        speak_in_between(running, {} if method == "initialize" else {"_meta": meta})
        assert ended(running) == (0, "", "")
    assert [answer["id"] for answer in answers] == [0, 1, 0]
    assert "instructions" in answers[0]["result"]
    assert [len(answer["result"]["tools"]) > 10 for answer in answers[1:]] == [True, True]


def speak_in_between(running: subprocess.Popen[str], params: dict[str, Any]) -> None:
    """Say what is no message, each time with a request behind it, which is answered."""
    assert running.stdin is not None
    assert running.stdout is not None
    answers = iter(lambda: json.loads(running.stdout.readline()), None)  # type: ignore[union-attr]
    for line in ("not json", "{", '"text"', "[]", '{"jsonrpc":"2.0"}', "\u2028", '{"id":1}'):
        running.stdin.write(f"{line}\n")
        say(running, {"id": line, "method": "tools/list", "params": params})
        assert "tools" in next(answer for answer in answers if answer.get("id") == line)["result"]


# How the process starts and ends.


def test_the_version_is_told(environment: dict[str, str]) -> None:
    with process(environment, "--version") as running:
        assert ended(running) == (0, f"drumbeat {__version__}\n", "")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"TEAMOCLOCK_ORGANIZATION": "acme"}, "TEAMOCLOCK_API_KEY"),
        ({"TEAMOCLOCK_API_KEY": "hunter2"}, "TEAMOCLOCK_ORGANIZATION"),
        (
            {"TEAMOCLOCK_ORGANIZATION": "a", "TEAMOCLOCK_API_KEY": "b", "TEAMOCLOCK_BASE_URL": "http://acme.test"},
            "TEAMOCLOCK_BASE_URL",
        ),
        ({"DRUMBEAT_ACCESS": "everything"}, "DRUMBEAT_ACCESS"),
        ({"DRUMBEAT_TOOLSETS": "teamoclok"}, "teamoclock"),
        ({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_JOURNAL": "stdout"}, "DRUMBEAT_JOURNAL"),
    ],
)
def test_a_configuration_that_does_not_add_up_ends_with_one_line_that_names_the_variable(
    variables: dict[str, str], named: str, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with patch.dict(os.environ, {**environment, **variables}, clear=True):
        status = main([])
    output, errors = capsys.readouterr()
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert named in errors
    assert "hunter2" not in errors


def test_the_process_ends_with_what_the_command_says(environment: dict[str, str]) -> None:
    with process({**environment, "DRUMBEAT_ACCESS": "everything"}) as running:
        status, output, errors = ended(running)
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert "DRUMBEAT_ACCESS" in errors


def test_input_that_ends_before_it_begins_ends_it(sandboxed: dict[str, str]) -> None:
    with process(sandboxed) as running:
        status, output, errors = ended(running)
    assert (status, output) == (0, "")
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "after a call"])
def test_a_signal_ends_it_cleanly_while_the_client_is_still_there(
    number: signal.Signals, busy: bool, sandboxed: dict[str, str]
) -> None:
    with process(sandboxed) as running:
        greet(running)
        assert running.stdout is not None
        assert running.stderr is not None
        if busy:
            say(running, {"id": 1, "method": "tools/call", "params": {"name": "teamoclock_list_retros"}})
            assert json.loads(running.stdout.readline())["result"]["isError"] is False
        running.send_signal(number)
        assert running.wait(PATIENCE) == 0
        assert running.stdout.read() == ""
        assert "Traceback" not in running.stderr.read()


def test_a_client_that_closes_its_pipes_causes_no_traceback(sandboxed: dict[str, str]) -> None:
    with process(sandboxed) as running:
        greet(running)
        assert running.stdout is not None
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdout.close()
        for number in range(1, 4):
            say(running, {"id": number, "method": "tools/list", "params": {}})
        running.stdin.close()
        assert running.wait(PATIENCE) == 0
        assert "Traceback" not in running.stderr.read()
