"""The sandbox: what goes wrong inside a stand-in is told as the stand-in's own."""

import logging
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from server.catalogue import Catalogue
from server.sandbox import sandbox
from tests.conftest import Connect, text
from tests.vendors import Vendors
from tools.teamoclock.sandbox import TeamOClockSandbox

pytestmark = pytest.mark.anyio


class Broken(TeamOClockSandbox):
    """A stand-in with a bug."""

    def found(self, rows: Any, key: str) -> Any:
        """Fail."""
        raise KeyError(key)


async def test_bug_of_a_stand_in_is_told_in_the_vendors_error_body_and_logged(
    connect: Connect, vendors: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Broken(date(2026, 11, 20))

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/teamoclock")
        await broken({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    vendors.app = mounted
    with caplog.at_level(logging.ERROR, "server.sandbox"):
        async with connect() as client:
            result = await client.call_tool("teamoclock_delete_retro", {"retro_id": "r1"})
    assert result.is_error
    assert "The stand-in failed, not the vendor that it stands for" in text(result)
    assert "The stand-in failed at GET /retro/r1" in caplog.text
    assert "KeyError" in caplog.text


async def test_stand_in_that_cannot_be_made_says_so(catalogue: Catalogue) -> None:
    vendor = next(vendor for vendor in catalogue.vendors if vendor.name == "teamoclock")
    app = sandbox([replace(vendor, sandbox="tools.teamoclock.sandbox:Missing")], date(2026, 11, 20))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox") as client:
        answer = await client.get("/teamoclock/teams")
    assert (answer.status_code, answer.text[:20]) == (500, "The stand-in failed,")
