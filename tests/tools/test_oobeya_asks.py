"""Which writes of Oobeya's ask a person, since they take something away, and which do not."""

from typing import Any

import pytest

from tests.client import Asked
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

BRANCHES = [{"name": "main"}]


@pytest.mark.parametrize(
    ("tool", "arguments", "shown"),
    [
        ("update_team", {"team": "team-mobile", "remove_unit_members": ["member-9"]}, "takes member-9 back into"),
        ("update_team", {"team": "team-mobile", "remove_unit_leads": ["member-8"]}, "makes member-8 lead again"),
        ("update_member", {"member_id": "member-9", "teams": []}, "takes Max Weber back into Mobile"),
        (
            "update_member",
            {"member_id": "member-8", "company_role": "DEVELOPER"},
            "makes Nora Haas TEAM_LEAD again",
        ),
        ("update_user", {"user_id": "user-8", "company_role": "DEVELOPER"}, "makes Nora Haas TEAM_LEAD again"),
        ("update_user", {"user_id": "user-2", "password": "hunter2"}, "the present password"),
        (
            "sync_team_analysis",
            {"team_id": "team-mobile", "team_dora_branches": BRANCHES},
            "Team “Mobile” (team-mobile)\nCannot be undone: the team's present selection of branches",
        ),
        ("create_api_key", {"name": "Dash"}, "A new API key “Dash”, expires never\nCannot be undone: the secrecy of"),
    ],
)
async def test_person_is_asked_and_nothing_is_sent_where_they_decline(
    tool: str, arguments: dict[str, Any], shown: str, connect: Connect, vendors: Vendors
) -> None:
    asked = Asked()
    async with connect(answer=asked) as client:
        result = await client.call_tool(f"oobeya_{tool}", arguments)
    assert result.is_error
    assert shown in asked[0]
    assert "hunter2" not in asked[0]
    assert vendors.writes("oobeya") == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("update_team", {"team": "team-mobile", "unit_name": "Apps", "add_unit_leads": ["member-9"]}),
        ("update_member", {"member_id": "member-9", "teams": [{"id": "team-mobile"}, {"id": "team-platform"}]}),
        ("update_user", {"user_id": "user-2", "company_role": "TECH_LEAD", "email": None}),
        ("update_user", {"user_id": "user-8", "company_role": "MANAGER"}),
    ],
)
async def test_nobody_is_asked_where_nothing_goes_away(
    tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    async with connect(answer=None) as client:
        result = await client.call_tool(f"oobeya_{tool}", arguments)
    assert not result.is_error, words(result)
    assert vendors.requests[-1].method in ("PUT", "PATCH")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"remove_unit_members": ["member-9", "member-1"]}, "member-1 cannot be removed, since unitMembers of team"),
        (
            {"remove_unit_leads": ["member-9"]},
            "member-9 cannot be removed, since unitLeads of team Mobile are member-8",
        ),
    ],
)
async def test_removing_somebody_who_is_not_there_is_refused_before_anybody_is_asked(
    arguments: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect(answer=None) as client:
        result = await client.call_tool("oobeya_update_team", {"team": "team-mobile", **arguments})
    assert result.is_error
    assert said in words(result)
    assert vendors.writes("oobeya") == []


async def test_teams_of_a_qwiser_analysis_are_never_emptied_by_leaving_them_out(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await client.call_tool("oobeya_set_qwiser_analysis_teams", {"analysis_id": "qwiser-infra"})
    assert "'teams' is required" in words(result)
    assert vendors.sent("oobeya") == []


async def test_question_about_qwiser_teams_shows_what_will_be_left(connect: Connect) -> None:
    asked = Asked()
    teams = [{"teamId": "team-mobile", "teamName": "Mobile"}]
    async with connect(answer=asked) as client:
        for left in ([], teams):
            arguments = {"analysis_id": "qwiser-infra", "teams": left}
            await client.call_tool("oobeya_set_qwiser_analysis_teams", arguments)
    assert "now: Platform (team-platform). Afterwards: none." in asked[0]
    assert "now: Platform (team-platform). Afterwards: Mobile (team-mobile)." in asked[1]
