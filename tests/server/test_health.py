"""`drumbeat_check_connections` says of each vendor whether it works, and what to fix where it does not."""

from typing import Any

import anyio
import pytest
from mcp import Client
from pydantic import SecretStr
from starlette.responses import Response

from tests.conftest import Connect
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def check(client: Client) -> dict[str, dict[str, Any]]:
    result = await client.call_tool("drumbeat_check_connections", {})
    assert not result.is_error
    return {row["vendor"]: row for row in (result.structured_content or {})["items"]}


async def test_healthy_vendors_say_who_we_are_and_what_is_left(connect: Connect) -> None:
    async with connect() as client:
        found = await check(client)
    assert sorted(found) == ["buddy", "haystack", "linearb", "oobeya", "teamoclock"]
    for row in found.values():
        assert row["reachable"]
        assert row["authenticated"]
        assert row["as_whom"]
        assert "fix" not in row
    assert found["haystack"]["calls_left"] == 19
    assert found["buddy"]["calls_left"] > 0
    assert "acme" in found["teamoclock"]["as_whom"]


async def test_wrong_key_names_the_variable_and_other_vendors_are_not_affected(
    connect: Connect, vendors: Vendors
) -> None:
    settings = vendors.settings()
    wrong = settings.vendors["teamoclock"].model_copy(
        update={"values": {**settings.vendors["teamoclock"].values, "TEAMOCLOCK_API_KEY": SecretStr("wr0ng")}}
    )
    gone = settings.vendors["haystack"].model_copy(update={"base_url": "http://127.0.0.1:9"})
    changed = {**settings.vendors, "teamoclock": wrong, "haystack": gone}
    async with connect(settings.model_copy(update={"vendors": changed})) as client:
        found = await check(client)
    assert (found["teamoclock"]["reachable"], found["teamoclock"]["authenticated"]) == (True, False)
    assert "TEAMOCLOCK_API_KEY" in found["teamoclock"]["fix"]
    assert "wr0ng" not in str(found)
    assert found["haystack"]["reachable"] is False
    assert "HAYSTACK_BASE_URL" in found["haystack"]["fix"]
    assert found["oobeya"]["authenticated"]


@pytest.mark.parametrize("seconds", [30, 60])
async def test_used_up_limit_is_said_at_once(seconds: int, connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response("{}", 429, {"Retry-After": str(seconds)})
    async with connect() as client:
        with anyio.fail_after(5):
            found = await check(client)
    assert len(found) == 5
    for row in found.values():
        assert row["reachable"]
        assert "rate limit is used up" in row["fix"]
