"""A write that Oobeya accepted is done, whatever its answer looks like."""

from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.requests.oobeya import ROWS
from tests.tools.test_oobeya import ask
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

WRITES = {row.tool: row.arguments for row in ROWS if not row.request.startswith("GET") and row.body is not None}
WRITES |= {row.tool: row.arguments for row in ROWS if row.request.startswith("DELETE")}
del WRITES["oobeya_list_qwiser_analyses"]


def answers(vendors: Vendors, body: Any) -> None:
    """Let every write be accepted with this answer, and not carried out."""
    sandbox = vendors.app
    assert sandbox is not None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["method"] == "GET" or scope["path"].endswith("/list")
        chosen: ASGIApp = sandbox if reads else JSONResponse(body)
        await chosen(scope, receive, send)

    vendors.app = app


@pytest.mark.parametrize("answer", [{"payload": True}, {"payload": "65f0c1a2"}, {"payload": None}])
@pytest.mark.parametrize("tool", sorted(WRITES))
async def test_write_that_oobeya_accepts_is_done_whatever_it_answers(
    tool: str, answer: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    answers(vendors, answer)
    async with connect() as client:
        result = await client.call_tool(tool, WRITES[tool])
    assert not result.is_error, words(result)


async def test_update_that_is_answered_with_true_shows_what_was_sent(connect: Connect, vendors: Vendors) -> None:
    answers(vendors, {"payload": True})
    result = await ask(connect, "update_user", user_id="user-2", surname="Roe", password="hunter2")
    shown = result.structured_content or {}
    assert (shown["id"], shown["name"], shown["surname"], shown["roles"]) == ("user-2", "Joe", "Roe", ["ROLE_USER"])
    assert "hunter2" not in words(result) + str(shown)
