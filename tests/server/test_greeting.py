"""The answer to a handshake that goes out before the SDK is there is the one that the SDK gives."""

import io
import json
from typing import Any
from unittest.mock import patch

import pytest

from server.app import Drumbeat
from server.catalogue import Catalogue
from server.greeting import LEGACY, MODERN, Greeting
from server.settings import Settings, load

pytestmark = pytest.mark.anyio
CLIENT = {"name": "somebody", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def initialize(version: str, **more: Any) -> dict[str, Any]:
    return {"protocolVersion": version, "capabilities": {"elicitation": {}}, "clientInfo": CLIENT, **more}


def asked(method: str, params: Any, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


async def by_the_sdk(settings: Settings, catalogue: Catalogue, message: dict[str, Any]) -> dict[str, Any]:
    """What the server itself answers to this first line over stdio."""
    said = io.BytesIO()
    stdin, stdout = io.TextIOWrapper(io.BytesIO(json.dumps(message).encode() + b"\n")), io.TextIOWrapper(said)
    with patch("sys.stdin", stdin), patch("sys.stdout", stdout):
        await Drumbeat(settings, catalogue).run_stdio_async()
    answer: dict[str, Any] = json.loads(said.getvalue())
    return answer


@pytest.mark.parametrize(
    "environment",
    [{"DRUMBEAT_SANDBOX": "1"}, {}, {"BUDDY_TOKEN": "x", "DRUMBEAT_ACCESS": "read"}, {"DRUMBEAT_TOOLSETS": "haystack"}],
)
@pytest.mark.parametrize(
    "message",
    [
        *(asked("initialize", initialize(version)) for version in (*LEGACY, "2030-01-01", MODERN)),
        asked("initialize", initialize(LEGACY[-1], _meta={"progressToken": 1}), "first"),
        asked("server/discover", {"_meta": META}, 0),
    ],
    ids=lambda message: f"{message['method']} {message['params'].get('protocolVersion', MODERN)} {message['id']}",
)
async def test_it_is_what_the_sdk_answers(
    message: dict[str, Any], environment: dict[str, str], catalogue: Catalogue
) -> None:
    settings = load(environment, catalogue.vendors)
    answer = Greeting(settings, catalogue).answer(json.dumps(message).encode())
    assert answer == await by_the_sdk(settings, catalogue, message)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'"initialize"',
        b'{"jsonrpc":"2.0","method":"initialize","params":{}}',
        *(
            json.dumps(message).encode()
            for message in (
                asked("tools/list", {"_meta": META}),
                asked("ping", {}),
                asked("initialize", {}),
                asked("initialize", initialize("2025-06-18", clientInfo={"name": "no version"})),
                asked("initialize", initialize("2025-06-18"), True),
                asked("initialize", initialize("2025-06-18"), None),
                asked("server/discover", {}),
                asked("server/discover", {"_meta": {**META, "io.modelcontextprotocol/protocolVersion": "2027-01-01"}}),
            )
        ),
    ],
)
def test_what_is_no_plain_handshake_is_left_to_the_sdk(line: bytes, catalogue: Catalogue) -> None:
    assert Greeting(load({}, catalogue.vendors), catalogue).answer(line) is None
