"""A vendor never has more requests at once than its limits allow, however many calls run: counted at the socket."""

from functools import partial

import anyio
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.conftest import Connect
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def test_no_more_requests_are_under_way_than_the_vendor_allows(connect: Connect, vendors: Vendors) -> None:
    bound = next(each for each in vendors.catalogue.vendors if each.name == "teamoclock").api.limits.concurrency
    under_way = most = 0

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.sleep(0.1)  # a vendor that takes its time, so that calls pile up
        under_way -= 1
        await JSONResponse({"data": []})(scope, receive, send)

    vendors.app = counting
    async with connect() as client, anyio.create_task_group() as tasks:
        for number in range(3 * bound):
            call = partial(client.call_tool, "drumbeat_read")
            tool = {"tool": "teamoclock_list_team_members", "arguments": {"team": f"team-{number}"}}
            tasks.start_soon(call, tool)
    assert most == bound
    assert len(vendors.sent("teamoclock")) == 3 * bound
