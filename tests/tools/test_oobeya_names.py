"""People, teams and analyses of Oobeya are named as people call them, and a name that does not exist is refused."""

from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.test_oobeya import ask
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        ("get_dora_summary", {"team_id": "PLATFORM"}, "teamId=team-platform"),
        ("get_dora_summary", {"analysis_id": ["infra", "mobile-app"]}, "analysisId=analysis-infra&analysisId="),
        ("get_team_commit_report", {"team_id": "mobile"}, "/reports/team/team-mobile/commits"),
        ("get_member_commit_report", {"member_id": "ines silva"}, "/reports/member/member-10/commits"),
        ("get_member", {"member_id": "joe.doe"}, "/members/member-2"),
        ("get_user", {"developer_id": "Joe Doe"}, "/users/member-2"),
        ("update_user", {"user_id": "joe.doe@acme.example", "surname": "Roe"}, "/users"),
        ("update_team", {"team": "Mobile", "add_unit_members": ["Joe Doe"]}, "/teams/team-mobile"),
        ("delete_team", {"team_id": "Mobile"}, "/teams/team-mobile"),
        ("delete_api_key", {"api_key_id": "CI"}, "/api-keys/key-2"),
        (
            "update_organization_level",
            {"organization_level_id": "team", "name": "Squad"},
            "/organization-level/level-2",
        ),
    ],
)
async def test_object_is_found_by_its_name(
    tool: str, arguments: dict[str, Any], sent: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, tool, **arguments)
    assert not result.is_error, words(result)
    assert sent in vendors.requests[-1].target


async def test_people_to_add_are_sent_by_their_ids(connect: Connect, vendors: Vendors) -> None:
    await ask(connect, "update_team", team="Mobile", add_unit_members=["Joe Doe", "member-3"])
    assert vendors.requests[-1].body == {"addUnitMembers": ["member-2", "member-3"]}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_dora_summary", {"team_id": "Plattform"}, "there is no team 'Plattform'. oobeya_list_all_teams shows"),
        ("get_team_quality_report", {"team_id": "all"}, "there is no team 'all'"),
        ("get_member_commit_report", {"member_id": "jo.doe"}, "there is no member 'jo.doe'. oobeya_list_members"),
        ("update_team", {"team": "sync-analysis", "unit_name": "x"}, "there is no team 'sync-analysis'"),
        ("trigger_analysis", {"team_ids": ["Platform", "Data"]}, "there is no team 'Data'"),
    ],
)
async def test_unknown_name_is_refused_with_the_list_to_look_in(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, tool, **arguments)
    assert result.is_error
    assert said in words(result)
    assert {request.target.partition("?")[0] for request in vendors.sent("oobeya")} <= {
        "/apis/v1/teams/all",
        "/apis/v1/members",
    }


async def test_several_teams_of_one_name_are_refused_with_their_ids(connect: Connect) -> None:
    async with connect() as client:
        for _ in range(2):
            await client.call_tool("oobeya_create_team", {"unit_name": "R&D / Löß?"})
        result = await client.call_tool("oobeya_update_team", {"team": "r&d / loß?", "unit_name": "x"})
    assert result.is_error
    assert "Give the id: team-4, team-5." in words(result)


@pytest.mark.parametrize(
    "identity", ["team-123", "1024", "65f0c1a2b3c4d5e6f7a8b9c0", "0f8fad5b-d9cb-469f-a165-70867728950e"]
)
async def test_what_is_surely_an_id_costs_no_look_up(identity: str, connect: Connect, vendors: Vendors) -> None:
    await ask(connect, "get_dora_summary", team_id=identity)
    assert len(vendors.sent("oobeya")) == 1


@pytest.mark.parametrize(
    ("tool", "filters", "said"),
    [
        ("list_users", {"username": "nobody"}, "For username nobody"),
        ("list_members", {"email": "x@y.z", "username": "nobody"}, "For username nobody, email x@y.z"),
        ("list_users", {"start_hire_date": "2027-01-01"}, "By hire date. Period: 2027-01-01 to now"),
    ],
)
async def test_empty_list_says_for_what_it_was_asked(
    tool: str, filters: dict[str, str], said: str, connect: Connect
) -> None:
    assert said in words(await ask(connect, tool, **filters))


async def test_reversed_days_are_refused(connect: Connect, vendors: Vendors) -> None:
    days = {"start_creation_date": "2026-11-02", "end_creation_date": "2026-11-01"}
    result = await ask(connect, "list_users", **days)
    assert words(result) == "Nothing was sent: start_creation_date must not be after end_creation_date."
    assert vendors.sent("oobeya") == []


async def test_teams_have_the_names_of_their_members_beside_the_ids(connect: Connect, vendors: Vendors) -> None:
    platform = (await ask(connect, "list_all_teams")).structured_content or {}
    team = next(team for team in platform["items"] if team["id"] == "team-platform")
    assert dict(zip(team["unitMembers"], team["memberNames"], strict=True))["member-2"] == "Joe Doe"

    async def without_members(scope: Scope, receive: Receive, send: Send) -> None:
        known = JSONResponse([{"id": "team-1", "unitMembers": ["member-2"]}])
        await (JSONResponse({}, 403) if "members" in scope["path"] else known)(scope, receive, send)

    vendors.app = without_members
    (alone,) = ((await ask(connect, "list_all_teams")).structured_content or {})["items"]
    assert alone == {"id": "team-1", "unitMembers": ["member-2"]}
