"""What a person agreed to, and a token that confirms, hold for ten minutes: the clock is turned, nobody waits."""

import time
from functools import partial
from typing import Any, cast

import anyio
import pytest
from mcp_types import ElicitRequestParams, ElicitResult, RequestParamsMeta

from server.app import Drumbeat
from server.state.memory import InProcess
from tests.conftest import Connect, Era, agree, text
from tests.program import Program
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
FRESH = cast("RequestParamsMeta", {"drumbeat/fresh": True})
DELETE = "teamoclock_delete_action_item"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def test_a_claim_and_a_value_are_gone_when_their_time_is_over() -> None:
    clock = Clock()
    state = InProcess(clock)
    assert await state.claim("agreement", 600)
    await state.put("token", "bound", 600)
    clock.seconds += 599
    assert not await state.claim("agreement", 600)
    clock.seconds += 2
    assert await state.claim("agreement", 600)
    assert await state.take("token") is None


async def test_only_what_was_counted_in_the_last_seconds_counts() -> None:
    clock = Clock()
    state = InProcess(clock)
    assert await state.count("deletes", 60, add=2) == 2
    clock.seconds += 59
    assert await state.count("deletes", 60, add=1) == 3
    clock.seconds += 2
    assert await state.count("deletes", 60, add=0) == 1


@pytest.mark.parametrize(("minutes", "holds"), [(9, True), (11, False)])
async def test_a_confirmation_token_holds_for_ten_minutes(
    minutes: int, holds: bool, era: Era, vendors: Vendors
) -> None:
    later = 0.0
    settings = vendors.settings(DRUMBEAT_CONFIRM="two-step", DRUMBEAT_TOOLSETS="all")
    server = Drumbeat(settings, vendors.catalogue, state=InProcess(lambda: time.monotonic() + later))
    async with Program(server, mode=era, cache=None) as client:
        preview = await client.call_tool(DELETE, {"action_item_id": "A135"})
        token = (preview.structured_content or {})["confirmation_token"]
        later = 60.0 * minutes
        result = await client.call_tool(DELETE, {"action_item_id": "A135", "confirmation_token": token})
    assert result.is_error is not holds
    assert ("has expired" in text(result)) is not holds
    assert [request.method for request in vendors.sent()].count("DELETE") == holds


async def test_of_two_undos_at_once_one_takes_the_change_back_and_the_other_is_told(
    connect: Connect, vendors: Vendors
) -> None:
    said: list[str] = []

    async def agree_later(context: Any, params: ElicitRequestParams) -> ElicitResult:
        await anyio.sleep(0.02)
        return await agree(context, params)

    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all"), answer=agree_later) as client:
        await client.call_tool("teamoclock_update_action_item", {"action_item_id": "A135", "text": "new"})
        listed = await client.call_tool("drumbeat_list_changes", {})
        change = (listed.structured_content or {})["items"][0]["change_id"]
        before = len(vendors.sent())

        async def undo() -> None:
            said.append(text(await client.call_tool("drumbeat_undo_change", {"change_id": change})))

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(undo)
    assert len([request for request in vendors.sent()[before:] if request.method != "GET"]) == 1
    refused = [words for words in said if "being taken back just now" in words or "taken back already" in words]
    assert (len(said), len(refused)) == (2, 1)


async def test_a_request_that_asks_for_it_is_answered_by_the_vendor_and_not_from_the_cache(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        read = partial(client.call_tool, "teamoclock_list_teams")
        await read()
        kept = await read()
        assert len(vendors.sent()) == 1
        fresh = await read(meta=FRESH)
    assert ("◆ Cached" in text(kept), "◆ Cached" in text(fresh)) == (True, False)
    assert len(vendors.sent()) == 2
