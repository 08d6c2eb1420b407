"""Named tokens: whose a request is, what they may do, and that nobody has what is another's."""

import pytest

from tests.client import done
from tests.conftest import Era, text
from tests.vendors import Vendors
from tests.web.conftest import HELLO, OpenSite, hashed

pytestmark = pytest.mark.anyio
ALICE, BOB, WRITER, ROBOT = ({"Authorization": f"Bearer {name}-token"} for name in ("alice", "bob", "writer", "robot"))
TOKENS = ",".join(
    [
        f"alice:destructive:{hashed('alice-token')}",
        f"bob:destructive:{hashed('bob-token')}:2099-12-31",
        f"robot:read:{hashed('robot-token')}",
        f"writer:write:{hashed('writer-token')}",
        f"gone:write:{hashed('gone-token')}:2020-01-31",
    ]
)
SETTINGS = {"DRUMBEAT_TOKENS": TOKENS, "DRUMBEAT_TOOLSETS": "default,teamoclock"}


@pytest.mark.parametrize(
    ("header", "status", "words"),
    [
        ({}, 401, "brings no bearer token"),
        ({"Authorization": "Basic YTpi"}, 401, "brings no bearer token"),
        ({"Authorization": "Bearer"}, 401, "brings no bearer token"),
        ({"Authorization": "Bearer " + "x" * 20_000}, 401, "at most 16,384 characters"),
        ({"Authorization": "Bearer mallory-token"}, 401, "not known here"),
        ({"Authorization": "Bearer gone-token"}, 401, "has expired"),
    ],
)
async def test_who_has_no_good_token_is_told_why(
    header: dict[str, str], status: int, words: str, site: OpenSite
) -> None:
    with site(**SETTINGS) as here:
        answer = await here.post(header)
    assert answer.status_code == status
    assert words in answer.json()["error_description"]
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert 'scope="drumbeat:read drumbeat:write drumbeat:destructive"' in answer.headers["www-authenticate"]
    # A token that is not there is not wrong (RFC 6750, 3.1): a client that reads so would throw a good one away.
    assert ('error="invalid_token"' in answer.headers["www-authenticate"]) is ("brings no" not in words)


async def test_a_token_in_the_address_is_refused_even_beside_a_good_one(site: OpenSite) -> None:
    with site(**SETTINGS) as here:
        answer = await here.post(ALICE, "/mcp?access_token=alice-token")
    assert answer.status_code == 400
    assert "address" in answer.json()["error_description"]


async def test_for_a_token_that_may_read_nothing_else_exists(site: OpenSite, era: Era) -> None:
    retro = {"team": "platform"}
    with site(**SETTINGS) as here:
        async with here.client(era, ROBOT) as robot:
            names = [tool.name for tool in (await robot.list_tools()).tools]
            assert "teamoclock_list_retros" in names
            assert not {"teamoclock_create_retro", "teamoclock_delete_retro", "drumbeat_undo_change"} & set(names)
            assert not (await robot.call_tool("teamoclock_list_retros", retro)).is_error
            for tool, arguments in (
                ("teamoclock_create_retro", retro),
                ("drumbeat_act", {"tool": "teamoclock_create_retro", "arguments": retro}),
                ("drumbeat_read", {"tool": "teamoclock_create_retro", "arguments": retro}),
            ):
                assert "There is no tool" in text(await robot.call_tool(tool, arguments))
            found = text(await robot.call_tool("drumbeat_find_tools", {"query": "create a retro"}))
            assert "teamoclock_create_retro" not in found
        async with here.client(era, ALICE) as alice:
            assert "teamoclock_create_retro" in [tool.name for tool in (await alice.list_tools()).tools]


async def test_a_token_that_may_write_loses_nothing_for_ever_whatever_the_server_may(
    site: OpenSite, vendors: Vendors, era: Era
) -> None:
    lossy = {"variable_id": 3, "value": "another"}
    with site(**SETTINGS) as here:
        for token, lost in ((WRITER, False), (ALICE, True)):
            async with here.client(era, token) as client:
                result = await client.call_tool("drumbeat_act", {"tool": "buddy_update_variable", "arguments": lossy})
            assert result.is_error is not lost, text(result)
            assert bool([request for request in vendors.sent("buddy") if request.method == "PATCH"]) is lost
            assert lost or "this would lose" in text(result)


async def test_nobody_sees_or_takes_back_what_another_changed(site: OpenSite, era: Era) -> None:
    with site(**SETTINGS) as here:
        async with here.client(era, ALICE) as alice, here.client(era, BOB) as bob:
            await done(alice, "teamoclock_create_action_item", team="platform", text="Mine")
            listed = text(await alice.call_tool("drumbeat_list_changes"))
            assert "teamoclock_create_action_item" in listed
            number = next(word for word in listed.replace("|", " ").split() if word.startswith("2026") and "-" in word)
            assert "teamoclock_create_action_item" not in text(await bob.call_tool("drumbeat_list_changes"))
            taken = await bob.call_tool("drumbeat_undo_change", {"change_id": number})
            assert taken.is_error
            assert "There is no change" in text(taken)
            await done(alice, "drumbeat_undo_change", change_id=number)


async def test_a_session_is_its_openers_alone(site: OpenSite) -> None:
    ask = b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
    with site(**SETTINGS) as here:
        opened = await here.post(ALICE, content=HELLO)
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        assert (await here.post({**ALICE, **session}, content=ask)).status_code == 200
        assert (await here.post({**BOB, **session}, content=ask)).status_code == 404
        assert (await here.post({**ALICE, **session, "Mcp-Session-Id": "guess"}, content=ask)).status_code == 404


@pytest.mark.parametrize("also", [{}, {"Mcp-Method": "initialize"}, {"MCP-Protocol-Version": "2025-11-25"}])
@pytest.mark.parametrize("shared", [{}, {"DRUMBEAT_SEALING_KEYS": "k" * 32}], ids=["alone", "of several"])
async def test_one_caller_cannot_take_all_sessions(
    also: dict[str, str], shared: dict[str, str], site: OpenSite
) -> None:
    with site(**SETTINGS, **shared, DRUMBEAT_MOST_SESSIONS="8") as here:
        opened = [await here.post({**ALICE, **also}, content=HELLO) for _ in range(3)]
        assert [answer.status_code for answer in opened] == [200, 200, 429]
        assert "2 sessions" in opened[2].json()["error"]
        assert (await here.post(BOB, content=HELLO)).status_code == 200
        ended = {"Mcp-Session-Id": opened[0].headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        assert (await here.delete({**ALICE, **ended})).status_code == 200
        assert (await here.post(ALICE, content=HELLO)).status_code == 200
