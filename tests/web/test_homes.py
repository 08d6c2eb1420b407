"""Sessions of legacy clients where several servers stand behind one address: any of them serves any session."""

import anyio
import pytest
from mcp import MCPError
from mcp.server.request_state import AESGCMRequestStateCodec
from starlette.types import Receive, Scope, Send

from tests.replicas.processes import Proxy
from tests.vendors import Vendors, serve
from tests.web.conftest import HELLO, OpenSite, Site, hashed

pytestmark = pytest.mark.anyio
KEY = "k" * 32
ANN, BOB = ({"Authorization": f"Bearer {name}"} for name in ("ann", "bob"))
SETTINGS = {
    "DRUMBEAT_TOKENS": ",".join(f"{name}:destructive:{hashed(name)}" for name in ("ann", "bob")),
    "DRUMBEAT_SEALING_KEYS": KEY,
    "DRUMBEAT_TOOLSETS": "default,teamoclock",
}
LIST = b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
READY = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'


async def session(here: Site, who: dict[str, str] = ANN) -> dict[str, str]:
    """The headers of a session that is opened here."""
    opened = await here.post(who, content=HELLO)
    own = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    assert (await here.post({**who, **own}, content=READY)).status_code == 202
    return own


async def test_a_session_is_served_by_all_and_for_whom_it_was_opened_alone(site: OpenSite) -> None:
    with site(**SETTINGS) as one, site(**SETTINGS) as other:
        own = await session(one)
        for here in one, other, other:
            answer = await here.post({**ANN, **own}, content=LIST)
            assert "teamoclock_list_retros" in answer.text
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["mcp-session-id"] == own["Mcp-Session-Id"]
            assert (await here.post({**BOB, **own}, content=LIST)).status_code == 404
            assert (await here.post(own, content=LIST)).status_code == 401
        assert (await other.delete({**ANN, **own})).status_code == 200
        assert (await one.post({**ANN, **own}, content=LIST)).status_code == 404


async def test_a_sealing_key_is_replaced_while_sessions_go_on(site: OpenSite) -> None:
    new = "n" * 32
    # What docs/team.md says: the new one second, then first, then alone, each on all servers.
    for before, after in ((KEY, f"{KEY},{new}"), (f"{KEY},{new}", f"{new},{KEY}"), (f"{new},{KEY}", new)):
        keys = [{**SETTINGS, "DRUMBEAT_SEALING_KEYS": each} for each in (before, after)]
        with site(**keys[0]) as one, site(**keys[1]) as other:
            for home, here in (one, other), (other, one):
                own = await session(home)
                assert (await here.post({**ANN, **own}, content=LIST)).status_code == 200


async def test_an_id_that_no_server_gave_out_leads_nowhere(site: OpenSite) -> None:
    asked: list[str] = []

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append("asked")

    with site(**SETTINGS) as here, serve(elsewhere) as evil:
        own = await session(here)
        address = evil.removeprefix("http://")
        sealed = [AESGCMRequestStateCodec([key]).seal(f"{address} x".encode()) for key in ("z" * 32, KEY)]
        changed = own["Mcp-Session-Id"][:-1] + ("A" if own["Mcp-Session-Id"][-1] != "A" else "B")
        for guess in [*sealed, changed, f"{address} x", "v1.", "x" * 5000]:
            assert (await here.post({**ANN, **own, "Mcp-Session-Id": guess}, content=LIST)).status_code == 404
    assert asked == []


async def test_nobody_is_sent_round_in_circles(site: OpenSite) -> None:
    with site(**SETTINGS) as one, site(**SETTINGS) as other:
        own = await session(one)
        sent = {**ANN, **own, "Via": "1.1 drumbeat"}
        assert (await other.post(sent, content=LIST)).status_code == 404
        assert (await one.post(sent, content=LIST)).status_code == 200


async def test_bounds_hold_for_what_is_passed_on(site: OpenSite) -> None:
    with site(**SETTINGS) as one, site(**SETTINGS) as other:
        own = await session(one)
        large = await other.post({**ANN, **own}, content=b"x" * (4 * 1024 * 1024 + 1))
        for number in range(200):
            one.traffic.enter(f"caller {number}")
        busy = await other.post({**ANN, **own}, content=LIST)
    assert large.status_code == 413
    # A 503 would make a proxy leave out the server that is well.
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "5")
    assert "busy" in busy.json()["error"]


async def test_where_servers_share_no_redis_a_session_ends_as_its_server_stops(site: OpenSite) -> None:
    with site(**SETTINGS) as one, site(**SETTINGS) as other:
        own = await session(one)
        one.traffic.draining = True
        alone = await one.post({**ANN, **own}, content=LIST)
        passed_on = await other.post({**ANN, **own}, content=LIST)
    assert (alone.status_code, alone.headers["retry-after"]) == (503, "5")
    assert (passed_on.status_code, passed_on.json()["error"]["message"]) == (404, "Session not found")


async def test_a_session_of_a_server_that_is_gone_is_over(site: OpenSite) -> None:
    with site(**SETTINGS) as here:
        with site(**SETTINGS) as gone:
            lost = await session(gone)
        answer = await here.post({**ANN, **lost}, content=LIST)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Session not found"


async def test_a_client_whose_session_is_over_hears_so_and_goes_on_in_a_new_one(
    site: OpenSite,
) -> None:
    with site(**SETTINGS) as one, site(**SETTINGS) as other:
        proxy = Proxy([one.url, other.url])
        with serve(proxy.app) as url:
            both = Site(url, one.traffic)
            async with both.client("legacy", ANN) as client:
                assert not (await client.call_tool("teamoclock_list_teams")).is_error
                last = {name: value for name, value in proxy.sent[-1][2].items() if name.startswith("mcp-")}
                assert (await both.delete({**ANN, **last})).status_code == 200
                with pytest.raises(MCPError, match="Session not found"):
                    await client.call_tool("teamoclock_list_teams")
            async with both.client("legacy", ANN) as again:
                for _ in range(3):
                    assert not (await again.call_tool("teamoclock_list_teams")).is_error


async def test_progress_and_cancellation_find_their_way(site: OpenSite, vendors: Vendors) -> None:
    told: list[str | None] = []
    state = {"asked": False, "gone": False}

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        state["asked"] = True
        while (await receive())["type"] != "http.disconnect":
            pass
        state["gone"] = True

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def until(what: str) -> None:
        with anyio.fail_after(10):
            while not state[what]:
                await anyio.lowlevel.checkpoint()

    report = {"requested_metrics": ["pr.new"], "after": "2026-11-02", "before": "2026-11-08"}
    with site(**SETTINGS) as one, site(**SETTINGS) as other, serve(Proxy([one.url, other.url]).app) as url:
        async with Site(url, one.traffic).client("legacy", ANN) as client:
            ask = {"tool": "linearb_create_measurements_report", "arguments": report}
            assert not (await client.call_tool("drumbeat_read", ask, progress_callback=note)).is_error
            vendors.app = slow
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "teamoclock_list_teams")
                await until("asked")
                tasks.cancel_scope.cancel()
            await until("gone")
    assert told == ["LinearB is generating report 70001"]


async def test_where_nothing_is_sealed_nothing_is_passed_on(site: OpenSite) -> None:
    alone = {name: value for name, value in SETTINGS.items() if name != "DRUMBEAT_SEALING_KEYS"}
    with site(**alone) as one, site(**alone) as other:
        own = await session(one)
        assert (await one.post({**ANN, **own}, content=LIST)).status_code == 200
        assert (await other.post({**ANN, **own}, content=LIST)).status_code == 404
