"""What Oobeya's writes keep, what they say afterwards, and what their undo brings back."""

from typing import Any

import pytest
from mcp import Client
from starlette.responses import JSONResponse

from tests.client import done
from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.test_oobeya import EVA, ask
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    return await done(client, f"oobeya_{tool}", **arguments)


async def undo(client: Client) -> str:
    changes = (await client.call_tool("drumbeat_list_changes", {})).structured_content or {}
    result = await client.call_tool("drumbeat_undo_change", {"change_id": changes["items"][0]["change_id"]})
    assert not result.is_error, words(result)
    return words(result)


# A PUT sends the whole.


@pytest.mark.parametrize(
    ("update", "lister", "field"),
    [
        (("update_user", {"user_id": "user-2", "surname": "Roe"}), "list_users", "surname"),
        (("update_member", {"member_id": "member-2", "surname": "Roe"}), "list_members", "surname"),
        (
            ("update_organization_level", {"organization_level_id": "level-2", "name": "Squad"}),
            "list_organization_levels",
            "name",
        ),
        (("replace_team", {"team_id": "team-mobile", "unit_name": "Apps"}), "list_all_teams", "unitName"),
    ],
)
@pytest.mark.era("auto", "legacy")
async def test_update_changes_one_field_and_undo_restores_all(
    update: tuple[str, dict[str, Any]], lister: str, field: str, connect: Connect
) -> None:
    tool, arguments = update
    (identity,) = (value for name, value in arguments.items() if name.endswith("_id"))

    async def look() -> dict[str, Any]:
        rows = (await call(client, lister))["items"]
        (row,) = (row for row in rows if row["id"] == identity)
        return {key: value for key, value in row.items() if key not in ("modifyDate", "fullName")}

    async with connect() as client:
        before = await look()
        await call(client, tool, **arguments)
        after = await look()
        assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {field}
        await undo(client)
        assert await look() == before


async def test_null_empties_a_field_and_undo_fills_it_again(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        emptied = await call(client, "update_user", user_id="user-2", hire_date=None)
        assert "hireDate" not in emptied
        assert vendors.requests[-1].body["hireDate"] is None
        filled = await call(client, "update_user", user_id="user-2", termination_date="2026-12-31")
        assert "hireDate" not in filled
        await undo(client)
        assert vendors.requests[-1].body["terminationDate"] is None
        row = await call(client, "get_user", developer_id="member-2")
    assert "terminationDate" not in row


async def test_answer_says_what_was_changed_and_what_was_kept(connect: Connect) -> None:
    result = await ask(connect, "update_user", user_id="user-2", surname="Roe")
    kept = "name, username, email, userType, companyRole, roles, hireDate"
    assert f"Changed: surname. Sent along as it was: {kept}." in words(result)


async def test_undo_of_an_update_leaves_what_was_changed_since(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "update_team", team="team-mobile", unit_name="Apps", add_unit_members=["member-1"])
        changes = (await client.call_tool("drumbeat_list_changes", {})).structured_content or {}
        await call(client, "update_team", team="team-mobile", add_unit_members=["member-2"], organization_name="Two")
        first = {"change_id": changes["items"][0]["change_id"]}
        assert not (await client.call_tool("drumbeat_undo_change", first)).is_error
        teams = {row["id"]: row for row in (await call(client, "list_all_teams"))["items"]}
    mobile = teams["team-mobile"]
    assert (mobile["unitName"], mobile["organizationName"]) == ("Mobile", "Two")
    assert mobile["unitMembers"] == ["member-8", "member-9", "member-10", "member-2"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("update_user", {"user_id": "user-2"}),
        ("update_member", {"member_id": "member-2"}),
        ("update_organization_level", {"organization_level_id": "level-2"}),
        ("replace_team", {"team_id": "team-mobile"}),
        ("update_team", {"team": "team-mobile"}),
        ("sync_team_analysis", {"team_id": "team-mobile"}),
    ],
)
async def test_update_of_nothing_is_refused(
    tool: str, arguments: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    result = await ask(connect, tool, **arguments)
    assert words(result) == "Nothing was sent: say what to change."
    assert vendors.writes("oobeya") == []


async def test_member_under_another_id_is_not_touched(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"id": "member-3", "name": "Ada"})
    for tool, more in (("update_member", {"surname": "x"}), ("delete_member", {})):
        result = await ask(connect, tool, member_id="member-2", **more)
        assert words(result) == "Nothing was changed: Oobeya lists no member with the id 'member-2'."
    assert {request.method for request in vendors.sent("oobeya")} == {"GET"}


# Writes say what is now.


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "update_team",
            {"team": "Mobile", "add_unit_members": ["member-1"], "remove_unit_members": ["member-8"]},
            "Team Mobile (team-mobile): addUnitMembers member-1; removeUnitMembers member-8; "
            "unitMembers now member-9, member-10, member-1.",
        ),
        (
            "set_qwiser_analysis_teams",
            {"analysis_id": "qwiser-infra", "teams": [{"teamId": "team-mobile", "teamName": "Mobile"}]},
            "Qwiser analysis qwiser-infra counts for these teams now: Mobile (team-mobile).",
        ),
        ("delete_deployment", {"deployment_id": "deployment-3"}, "Deployment deployment-3 deleted."),
        (
            "sync_team_analysis",
            {"team_id": "team-mobile", "team_dora_branches": [{"name": "main"}, {"name": "next"}]},
            "Analysis branches of team team-mobile synchronised: teamDoraBranches main, next.",
        ),
    ],
)
async def test_write_says_what_is_now(tool: str, arguments: dict[str, Any], said: str, connect: Connect) -> None:
    assert said in words(await ask(connect, tool, **arguments))


# The undo of a create deletes.


@pytest.mark.parametrize(
    ("tool", "arguments", "deleted"),
    [
        ("create_user", EVA, "/users/user-11"),
        ("create_member", {"name": "Eva"}, "/members/member-11"),
        ("create_team", {"unit_name": "Data"}, "/teams/team-4"),
        (
            "create_analysis",
            {"datasource_id": "datasource-1", "branch": "main", "project_id": "9"},
            "/analysis/analysis-5",
        ),
        (
            "create_deployment",
            {"analysis_id": "analysis-infra", "deployed_at": "yesterday"},
            "/deployments/deployment-",
        ),
        ("create_api_key", {"name": "Dash"}, "/api-keys/key-3"),
    ],
)
async def test_undo_of_a_create_deletes_what_was_made(
    tool: str, arguments: dict[str, Any], deleted: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        await call(client, tool, **arguments)
        await undo(client)
    assert vendors.requests[-1].method == "DELETE"
    assert vendors.requests[-1].target.startswith(f"/apis/v1{deleted}")


# Required is required.


@pytest.mark.parametrize(
    ("tool", "missing"),
    [
        ("create_organization_level", ("name", "level", "lead_roles")),
        ("create_user", ("name", "surname", "username", "email", "user_type", "company_role", "hire_date")),
        ("create_team", ("unit_name",)),
        ("create_deployment", ("analysis_id", "deployed_at")),
        ("record_test_execution", ("execution_id", "status", "execution_time", "application_id", "team")),
    ],
)
async def test_create_names_what_it_requires(
    tool: str, missing: tuple[str, ...], connect: Connect, vendors: Vendors
) -> None:
    said = words(await ask(connect, tool))
    assert [name for name in missing if f"{name} (required)" not in said] == []
    assert vendors.sent("oobeya") == []


@pytest.mark.parametrize(("status", "path"), [(400, "list_users"), (404, "get_member"), (422, "create_user")])
async def test_error_names_the_swagger_page(status: int, path: str, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"message": "no"}, status)
    arguments: dict[str, Any] = {"get_member": {"member_id": "member-2"}, "create_user": EVA}.get(path, {})
    said = words(await ask(connect, path, **arguments))
    assert f"{vendors.url}/oobeya/apis/docs/swagger-ui/index.html" in said
