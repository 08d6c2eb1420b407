"""Endless lists and slow vendors: a call looks so far and no further, and who decides is told what it did not see."""

from collections.abc import Callable
from typing import Any

import pytest
import trio.testing
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from server.reach import MOST_LOOKS, Reach
from tests.client import Asked, call, done
from tests.conftest import Connect, agree, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
CLOCK = trio.testing.MockClock()
TEAMS = [{"slug": f"team-{n}", "name": f"Team {n}"} for n in range(60)]


def answering(vendors: Vendors, answer: Callable[[Request], Any]) -> None:
    """Let the vendors answer so; where there is no answer, as usual."""
    standing = vendors.app
    assert standing is not None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = answer(Request(scope))
        await (standing if body is None else JSONResponse(body))(scope, receive, send)

    vendors.app = app


def many_teams(request: Request) -> Any:
    path = request.url.path
    if path.endswith("/teamoclock/teams"):
        return {"data": TEAMS}
    return {"data": [{"username": "joe.doe"}]} if "/teams/team-" in path and path.endswith("/members") else None


async def test_a_person_is_told_which_teams_were_not_looked_at(connect: Connect, vendors: Vendors) -> None:
    answering(vendors, many_teams)
    asked = Asked()
    async with connect(answer=asked) as client:
        await call(client, "teamoclock_delete_member", username="joe.doe")
    assert asked[0].splitlines()[-2:] == [
        f"Not looked at: {60 - MOST_LOOKS} of 60 teams.",
        "To agree, type its name: joe.doe",
    ]
    assert len(vendors.sent("teamoclock")) <= 2 * (MOST_LOOKS + 2)


async def test_who_agreed_to_what_was_seen_gets_it_and_the_rest_is_told_again(
    connect: Connect, vendors: Vendors
) -> None:
    answering(vendors, many_teams)
    async with connect(answer=agree) as client:
        result = await call(client, "teamoclock_delete_member", username="joe.doe")
    assert not result.is_error
    assert "Not looked at: 20 of 60 teams." in text(result)


async def test_what_was_read_in_part_is_not_taken_back(connect: Connect, vendors: Vendors) -> None:
    def endless(request: Request) -> Any:
        if request.method == "GET" and request.url.path.endswith("/teams/platform/members"):
            return {"data": [{"username": "ada.osei"}], "links": {"next": f"{request.url}?cursor=1"}}
        return None

    answering(vendors, endless)
    async with connect() as client:
        added = await call(client, "teamoclock_add_team_members", team="platform", usernames=["joe.doe"])
        assert "so this cannot be undone" in text(added)
        change = (await done(client, "drumbeat_list_changes"))["items"][0]
        assert change["undo"] == "no"
        refused = await call(client, "drumbeat_undo_change", change_id=change["change_id"])
    assert "does not have all of that change" in text(refused)
    assert len(vendors.sent("teamoclock")) <= 2 * MOST_LOOKS + 3


async def test_a_search_by_id_ends_and_does_not_say_that_there_is_none(connect: Connect, vendors: Vendors) -> None:
    def endless(request: Request) -> Any:
        page = int(request.query_params.get("page", 0))
        return [{"id": f"d{page}-{n}"} for n in range(100)] if request.url.path.endswith("/deployments") else None

    answering(vendors, endless)
    async with connect() as client:
        refused = await call(client, "oobeya_delete_deployment", deployment_id="d-none")
    assert f"is not among the first {MOST_LOOKS * 100}, and the rest was not looked at" in text(refused)
    assert len(vendors.sent()) == MOST_LOOKS


def endless_teams(request: Request) -> Any:
    if not request.url.path.endswith("/v2/teams"):
        return {"total": 1, "items": [{"id": 1, "name": "Joe Doe"}]}
    first = int(request.query_params.get("offset", 0))
    return {"total": 9999, "items": [{"id": n, "name": f"team {n}"} for n in range(first, first + 50)]}


async def test_a_name_is_looked_for_so_far_and_the_refusal_says_how_far(connect: Connect, vendors: Vendors) -> None:
    answering(vendors, endless_teams)
    async with connect() as client:
        refused = await call(client, "linearb_list_team_members", team_id="nobody's team")
    assert f"among the first {MOST_LOOKS * 50}; linearb_list_teams goes on, and the rest was not" in text(refused)
    assert len(vendors.sent()) == MOST_LOOKS


async def test_a_name_that_another_may_have_too_is_said_so(connect: Connect, vendors: Vendors) -> None:
    answering(vendors, endless_teams)
    async with connect() as client:
        read = await call(client, "linearb_list_team_members", team_id="team 7")
    assert "Not looked at: whether another team after the first 2000 is called 'team 7'." in text(read)


@pytest.mark.parametrize("anyio_backend", [("trio", {"clock": CLOCK})], ids=["by a clock that is moved"])
async def test_on_a_slow_vendor_two_looks_end_at_the_same_place() -> None:
    for seconds in (0.5, 0.6, 0.7, 0.8, 0.9):
        reach = Reach()
        for _ in range(2):
            reach.look_anew()
            seen = 0
            for _ in reach.each(range(100), "teams"):
                CLOCK.jump(seconds * (1 + 0.1 * seen % 0.3))
                seen += 1
            assert seen in (8, 16)
        assert set(reach.unseen) == {f"{100 - seen} of 100 teams"}
        assert seen * seconds < 20
