"""One key for all: whoever calls much does not keep the vendor from whoever calls once."""

from functools import partial

import anyio
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.conftest import Era
from tests.vendors import Vendors
from tests.web.conftest import OpenSite, hashed

pytestmark = pytest.mark.anyio
BEARER = {name: {"Authorization": f"Bearer {name}"} for name in ("ann", "bob")}
TOKENS = ",".join(f"{name}:read:{hashed(name)}" for name in BEARER)
MANY = 40
LOOK = 0.002


async def test_one_call_does_not_wait_for_the_many_of_another(site: OpenSite, vendors: Vendors, era: Era) -> None:
    order: list[str] = []
    all_came = False

    async def waits_for_all_to_come(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal all_came
        order.append("bob" if b"bob" in scope["raw_path"] else "ann")
        while not all_came:
            all_came = here.traffic.in_flight > MANY
            await anyio.sleep(LOOK)
        await JSONResponse({"data": []})(scope, receive, send)

    with site(DRUMBEAT_TOKENS=TOKENS) as here:
        async with here.client(era, BEARER["ann"]) as ann, here.client(era, BEARER["bob"]) as bob:
            vendors.app = waits_for_all_to_come
            async with anyio.create_task_group() as tasks:
                for number in range(MANY):
                    team = {"tool": "teamoclock_list_team_members", "arguments": {"team": f"team-{number}"}}
                    tasks.start_soon(partial(ann.call_tool, "drumbeat_read"), team)
                while not order:  # noqa: ASYNC110  it is filled in the vendors' thread
                    await anyio.sleep(LOOK)
                team = {"tool": "teamoclock_list_team_members", "arguments": {"team": "bob"}}
                await bob.call_tool("drumbeat_read", team)
    assert order.count("ann") == MANY
    assert order.index("bob") < MANY * 3 // 4
