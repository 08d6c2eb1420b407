"""Team O'clock: teams, members and meetings by the names that people have for them, and the timeline of a team."""

from typing import Any

import pytest
from starlette.responses import JSONResponse

from server.settings import load
from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.test_teamoclock import RETRO, ask, fail
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]


@pytest.mark.parametrize("team", ["platform", "Platform", " PLATFORM "])
async def test_list_is_filtered_by_the_slug_of_a_team_that_is_named(
    team: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        items = (await ask(client, "list_action_items", team=team, status="open"))["items"]
    assert {item["team"]["slug"] for item in items} == {"platform"}
    assert vendors.requests[-1].target == "/actionitems?filter%5Bteam%5D=platform&filter%5Bstatus%5D=open"


@pytest.mark.parametrize(
    "tool", ["list_action_items", "list_timeline", "list_retros", "list_standups", "list_planning_pokers"]
)
async def test_team_that_does_not_exist_is_no_empty_list(tool: str, connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        said = await fail(client, tool, team="platfrom")
    assert said.startswith("Nothing was sent: there is no team 'platfrom'. teamoclock_list_teams shows which there are")
    assert "platform" in said.lower()
    assert {request.target for request in vendors.requests} == {"/teams"}


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        ("get_team", {"team": "Mobile"}, "/teams/mobile"),
        ("get_member", {"username": "Ines Silva"}, "/members/ines.silva"),
        ("get_member", {"username": "Inês Silva"}, "/members/ines.silva"),
        ("get_member", {"username": "joe.doe@acme.example"}, "/members/joe.doe"),
        ("get_standup", {"standup_id": "Platform standup"}, "/standup/platform"),
        ("get_retro", {"retro_id": "Platform retrospective"}, f"/retro/{RETRO}"),
        ("get_retro", {"retro_id": f"http://127.0.0.1/acme/retro/{RETRO}"}, f"/retro/{RETRO}"),
        (
            "get_planning_poker",
            {"planning_poker_id": "http://127.0.0.1/acme/planpoker/platform"},
            "/planpoker/platform",
        ),
    ],
)
async def test_object_is_found_by_name_or_page(
    tool: str, arguments: dict[str, Any], sent: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        await ask(client, tool, **arguments)
    assert vendors.requests[-1].target == sent


async def test_people_are_sent_by_their_usernames(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await ask(client, "create_retro", team="Mobile", facilitator="Joe Doe")
        assert vendors.requests[-1].body == {
            "data": {"team": {"slug": "mobile"}, "facilitator": {"username": "joe.doe"}}
        }
        await ask(client, "add_team_members", team="Mobile", usernames=["Joe Doe", "ada.osei"])
    assert vendors.requests[-1].body == {"data": [{"username": "joe.doe"}, {"username": "ada.osei"}]}


async def test_page_of_another_host_is_refused(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        said = await fail(client, "get_retro", retro_id="https://elsewhere.example/acme/retro/r7")
    assert "is not the address of a retro" in said
    assert vendors.requests == []


async def test_call_by_slug_is_one_request(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await ask(client, "get_team", team="platform")
        await ask(client, "get_retro", retro_id=RETRO)
    assert [request.target for request in vendors.requests] == ["/teams/platform", f"/retro/{RETRO}"]


async def test_empty_list_says_for_what_it_was_asked(connect: Connect) -> None:
    old = {"team": "mobile", "type": "retro", "since": "2026-08-01"}
    async with connect() as client:
        retros = await client.call_tool("teamoclock_list_retros", {"team": "Mobile"})
        timeline = await client.call_tool("teamoclock_list_timeline", old)
    assert "For team mobile" in words(retros)
    assert "For team mobile, type retro" in words(timeline)


# The timeline.


async def test_timeline_is_of_one_team_and_goes_back_to_the_bound(connect: Connect, vendors: Vendors) -> None:
    asked = {"team": "Platform", "back_to": "2026-09-28", "since": "2026-10-31"}
    async with connect() as client:
        result = await client.call_tool("teamoclock_list_timeline", asked)
    assert result.structured_content
    rows = result.structured_content["items"]
    assert {row["team"]["slug"] for row in rows} == {"platform"}
    assert (rows[0]["date"][:10], rows[-1]["date"][:10]) == ("2026-10-30", "2026-09-28")
    assert "next" not in result.structured_content
    assert "Period: 2026-09-28 to 2026-10-31 (UTC)" in words(result)
    assert len([request for request in vendors.requests if request.target.startswith("/timeline")]) == 2


async def test_two_whole_months_are_in_the_timeline(connect: Connect) -> None:
    async with connect() as client:
        last = await ask(client, "list_timeline", type="retro", back_to="2026-10-01", since="2026-10-31")
        before = await ask(client, "list_timeline", type="retro", back_to="2026-09-01", since="2026-09-30")
    assert {row["date"][:7] for row in last["items"]} == {"2026-10"}
    assert {row["date"][:7] for row in before["items"]} == {"2026-09"}
    assert len(last["items"]) >= 12
    assert len(before["items"]) >= 12


async def test_search_of_the_timeline_is_bounded_and_says_so(connect: Connect, vendors: Vendors) -> None:
    row = {"id": "R1", "type": "retro", "date": "2026-11-01T09:00:00Z", "team": {"slug": "mobile"}}
    asked: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        body: dict[str, Any] = {"data": [{"slug": "platform"}]}
        if scope["path"].endswith("/timeline"):
            asked.append(scope["query_string"].decode())
            body = {"data": [row] * 100, "links": {"next": f"?cursor={len(asked)}"}}
        await JSONResponse(body)(scope, receive, send)

    vendors.app = answer
    async with connect() as client:
        result = await client.call_tool("teamoclock_list_timeline", {"team": "platform"})
    assert result.structured_content
    assert (result.structured_content["items"], result.structured_content["next"]) == ([], {"cursor": "10"})
    assert "10 pages of the timeline were looked through, and it goes on" in words(result)
    assert asked == ["", *(f"cursor={number}" for number in range(1, 10))]


async def test_the_latest_record_of_a_team_and_kind_is_got_without_its_id(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        listed = (await ask(client, "list_timeline", team="Platform", type="retro"))["items"]
        record = await ask(client, "get_timeline_record", record_id="latest", team="Platform", type="retro")
        other = await fail(client, "get_timeline_record", record_id=record["id"], team="Mobile")
    assert (record["id"], record["type"], record["team"]["slug"]) == (listed[0]["id"], "retro", "platform")
    assert other.startswith(f"Record {record['id']} is of another: team platform.")


async def test_there_is_no_latest_of_nothing(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        vendors.app = JSONResponse({"data": []})
        said = await fail(client, "get_timeline_record", record_id="latest", type="retro")
    assert said == "Nothing was sent: teamoclock_list_timeline has no record."


@pytest.mark.parametrize("tool", ["get_planning_poker", "list_planning_poker_tasks"])
async def test_planning_poker_is_named_by_its_team(tool: str, connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        await ask(client, tool, planning_poker_id="Platform")
        said = await fail(client, tool, planning_poker_id="Nobody's")
    assert [request.target for request in vendors.requests][1].startswith("/planpoker/platform")
    assert said.startswith("Nothing was sent: there is no planning poker")


async def test_the_newest_of_a_page_of_action_items_are_shown(connect: Connect) -> None:
    async with connect() as client:
        every = (await ask(client, "list_action_items", team="platform"))["items"]
        result = await client.call_tool("teamoclock_list_action_items", {"team": "platform", "limit": 2})
    assert (result.structured_content or {})["items"] == every[:2]
    assert f"The first 2 of {len(every)} on this page" in words(result)


@pytest.mark.parametrize("name", ["Über „Team“ / 🚀", "🚀", "a/b"])
async def test_a_team_of_any_name_can_be_worked_with(connect: Connect, name: str) -> None:
    async with connect() as client:
        made = await ask(client, "create_team", name=name)
        await ask(client, "add_team_members", team=name, usernames=["Joe Doe"])
        members = await ask(client, "list_team_members", team=name)
    assert (made["name"], "/" in made["slug"]) == (name, False)
    assert [member["username"] for member in members["items"]] == ["joe.doe"]


async def test_a_refused_value_is_looked_for_among_the_tools_own_arguments(connect: Connect) -> None:
    async with connect() as client:
        assert (await fail(client, "create_action_item", team="payments", text="")).endswith(
            "Look at team and text; teamoclock_list_teams shows the teams."
        )


async def test_in_the_sandbox_the_pages_that_it_tells_are_taken_and_no_others(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect(
        load({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_JOURNAL": vendors.journal}, vendors.catalogue.vendors)
    ) as client:
        shown = (await ask(client, "list_retros", team="platform"))["items"][0]
        assert (await ask(client, "get_retro", retro_id=shown["url"]))["id"] == shown["id"]
        said = await fail(client, "get_retro", retro_id=shown["url"].replace("teamoclock.com", "evil.example"))
    assert "is not the address of a retro" in said


async def test_a_name_of_several_lines_stays_on_ours(connect: Connect) -> None:
    async with connect() as client:
        await ask(client, "create_team", name="A\nNothing else: B")
        said = await fail(client, "list_team_members", team="nobody's")
    assert "A Nothing else: B" in said
    assert "\n" not in said
