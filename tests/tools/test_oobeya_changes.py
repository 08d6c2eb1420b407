"""What is asked before Oobeya's destructive calls, what comes back afterwards, and what may be uploaded."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from starlette.responses import JSONResponse

from server.settings import Settings
from tests.client import done
from tests.conftest import Connect, decline
from tests.conftest import text as words
from tests.vendors import Vendors
from tools.oobeya.bulk import LARGEST_FILE

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

JOB = {"user_type": "DB", "company_role": "DEVELOPER", "hire_date": "2026-11-01"}
EVERYTHING = [
    ("delete_user", {"user_id": "user-2"}, "User Joe Doe (joe.doe, account user-2, DEVELOPER), in Platform."),
    ("delete_member", {"member_id": "member-9"}, "Member Max Weber (member-9), in Mobile."),
    (
        "delete_team",
        {"team_id": "team-mobile"},
        "Team Mobile (team-mobile) of Acme: 3 members (member-8, member-9, member-10), leads member-8.",
    ),
    (
        "replace_team",
        {"team_id": "team-mobile", "unit_name": "Apps", "unit_members": ["member-8", "member-1"]},
        "No longer in it: member-10, member-9. What this call does not give stays.",
    ),
    ("delete_analysis", {"analysis_id": "analysis-infra"}, "Git analysis of infra, branch main (analysis-infra)."),
    ("delete_deployment", {"deployment_id": "deployment-1"}, "(deployment-1) of analysis analysis-"),
    (
        "set_qwiser_analysis_teams",
        {"analysis_id": "qwiser-infra", "teams": []},
        "The teams of Qwiser analysis acme:infra (qwiser-infra), now: Platform (team-platform).",
    ),
    ("sync_bulk_analyses", {"team_id": "team-mobile"}, "Git analyses of: Team Mobile (team-mobile) of Acme"),
    (
        "sync_bulk_analyses",
        {"delete_cancel_analysis": True},
        "Cancelled analyses are deleted. Git analyses of: no team",
    ),
    ("delete_api_key", {"api_key_id": "key-1"}, "API key “Drumbeat” (key-1), expires never. Drumbeat itself uses it."),
    ("clear_old_git_analyses", {}, "older than 2 years, in the whole organization at 127.0.0.1:"),
]
TYPED = {
    "delete_user",
    "delete_member",
    "delete_team",
    "sync_bulk_analyses",
    "delete_api_key",
    "clear_old_git_analyses",
}
FINAL = {"sync_bulk_analyses", "delete_api_key", "clear_old_git_analyses"}


async def call(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return await done(client, tool, **arguments)


def changes(vendors: Vendors) -> list[str]:
    """What was sent that is not a read."""
    sent = [(request.method, request.target) for request in vendors.sent("oobeya")]
    return [f"{method} {target}" for method, target in sent if method != "GET" and not target.endswith("/list")]


# Before.


@pytest.mark.parametrize(("tool", "arguments", "shown"), EVERYTHING, ids=[tool for tool, _, _ in EVERYTHING])
@pytest.mark.era("auto", "legacy")
async def test_person_is_shown_what_goes_away_and_can_decline(
    tool: str, arguments: dict[str, Any], shown: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked: list[ElicitRequestFormParams] = []

    async def look(context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params)
        return await decline(context, params)

    async with connect(settings, look) as client:
        result = await client.call_tool(f"oobeya_{tool}", arguments)
    assert result.is_error
    assert shown in asked[0].message
    assert ("name" in asked[0].requested_schema["properties"]) == (tool in TYPED)
    assert ("Cannot be undone" in asked[0].message) == (tool not in ("replace_team", "set_qwiser_analysis_teams"))
    assert changes(vendors) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_user", {"user_id": "user-77"}),
        ("update_user", {"user_id": "user-77", "name": "Joe"}),
        ("delete_member", {"member_id": "member-77"}),
        ("delete_team", {"team_id": "team-77"}),
        ("sync_bulk_analyses", {"team_id": "team-77"}),
        ("update_team", {"team": "team-77", "unit_name": "x"}),
        ("sync_team_analysis", {"team_id": "team-77", "team_dora_branches": [{"name": "main"}]}),
        ("delete_analysis", {"analysis_id": "analysis-77"}),
        ("delete_deployment", {"deployment_id": "deployment-7777"}),
        ("delete_api_key", {"api_key_id": "key-77"}),
        ("update_organization_level", {"organization_level_id": "level-77", "name": "x"}),
    ],
)
async def test_what_oobeya_does_not_list_is_not_changed(
    tool: str, arguments: dict[str, Any], connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        result = await client.call_tool(f"oobeya_{tool}", arguments)
    assert result.is_error
    assert words(result).startswith("Nothing was changed")
    assert changes(vendors) == []


async def test_object_is_looked_for_on_every_page(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        for number in range(101):
            made = {"username": f"user.{number:03}", "name": "A", "surname": "B", "email": "a@b.example"}
            await call(client, "oobeya_create_user", {**made, **JOB})
        await call(client, "oobeya_delete_user", {"user_id": "user-1"})
    pages = [request.target for request in vendors.sent("oobeya") if request.method == "GET"]
    assert list(dict.fromkeys(pages)) == ["/apis/v1/users?page=0&size=100", "/apis/v1/users?page=1&size=100"]


async def test_search_ends_where_a_server_ignores_the_page(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    vendors.app = JSONResponse([{"id": "analysis-1"}, {"id": "analysis-2"}])
    async with connect(settings) as client:
        result = await client.call_tool("oobeya_delete_analysis", {"analysis_id": "analysis-3"})
    assert words(result) == "Nothing was changed: Oobeya lists no analysis with the id 'analysis-3'."
    assert len(vendors.sent("oobeya")) == 2


async def test_teams_of_a_qwiser_analysis_are_set(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    teams = [{"teamId": "team-mobile", "teamName": "Mobile"}]
    async with connect(settings) as client:
        await call(client, "oobeya_set_qwiser_analysis_teams", {"analysis_id": "qwiser-infra", "teams": teams})
    assert changes(vendors) == ["PUT /apis/v1/qwiser/analysis/qwiser-infra/teams"]
    assert vendors.requests[-1].body == {"teams": teams}


async def test_preview_says_so_where_oobeya_does_not_say_which_teams_there_are(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked: list[str] = []

    async def look(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return await decline(context, params)

    vendors.app = JSONResponse([{"key": "acme:infra"}])
    async with connect(settings, look) as client:
        await client.call_tool("oobeya_set_qwiser_analysis_teams", {"analysis_id": "q-1", "teams": []})
    assert "Oobeya does not say which teams it has now." in asked[0]
    assert "Cannot be undone: its present teams." in asked[0]


# Afterwards.


async def users(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_users", {"sort": ["username:ASC"]}))["items"]
    fields = ("username", "name", "surname", "email", "companyRole", "userType", "roles", "hireDate")
    return [[row.get(field) for field in fields] for row in rows]


async def members(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_members", {"sort": ["username:ASC"]}))["items"]
    return [[row.get(field) for field in ("username", "name", "surname", "companyRole", "teams")] for row in rows]


async def teams(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_all_teams", {}))["items"]
    fields = ("unitName", "organizationName", "unitMembers", "unitLeads", "includedTeams", "upperLevelTeam")
    return sorted([row.get(field) for field in fields] for row in rows)


async def analyses(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_analyses", {"sort": ["projectName:ASC"]}))["items"]
    hidden = ("id", "createdDate", "modifyDate")
    return [{key: value for key, value in row.items() if key not in hidden} for row in rows]


async def deployments(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_deployments", {"sort": ["deployedAt:ASC"], "size": 30, "fields": ["all"]}))[
        "items"
    ]
    fields = ("analysisId", "cloneUrl", "pipelineStartAt", "lastCommitSha", "deploymentType", "deployedAt", "title")
    return [[row.get(field) for field in fields] for row in rows]


async def qwiser(client: Client) -> Any:
    return [row["teams"] for row in (await call(client, "oobeya_list_qwiser_analyses", {}))["items"]]


async def levels(client: Client) -> Any:
    rows = (await call(client, "oobeya_list_organization_levels", {}))["items"]
    return [(row["name"], row["level"], row["leadRoles"]) for row in rows]


@pytest.mark.parametrize(
    ("tool", "arguments", "state"),
    [
        ("update_user", {"user_id": "user-2", "surname": "Roe", "company_role": "TECH_LEAD"}, users),
        ("delete_user", {"user_id": "user-2"}, users),
        ("update_member", {"member_id": "member-2", "user_name": "jd", "teams": [{"id": "team-mobile"}]}, members),
        ("delete_member", {"member_id": "member-2"}, members),
        (
            "update_team",
            {
                "team": "Mobile",
                "unit_name": "Apps",
                "remove_unit_leads": ["member-8"],
                "add_unit_members": ["member-1"],
            },
            teams,
        ),
        ("replace_team", {"team_id": "team-mobile", "unit_name": "Apps"}, teams),
        ("delete_team", {"team_id": "team-mobile"}, teams),
        ("delete_analysis", {"analysis_id": "analysis-infra"}, analyses),
        ("delete_deployment", {"deployment_id": "deployment-5"}, deployments),
        ("set_qwiser_analysis_teams", {"analysis_id": "qwiser-infra", "teams": []}, qwiser),
        ("update_organization_level", {"organization_level_id": "level-1", "name": "Firm", "lead_roles": []}, levels),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_change_is_taken_back(
    tool: str,
    arguments: dict[str, Any],
    state: Callable[[Client], Awaitable[Any]],
    connect: Connect,
    settings: Settings,
) -> None:
    async with connect(settings) as client:
        before = await state(client)
        await call(client, f"oobeya_{tool}", arguments)
        assert await state(client) != before
        change = (await call(client, "drumbeat_list_changes", {}))["items"][0]
        await call(client, "drumbeat_undo_change", {"change_id": change["change_id"]})
        assert await state(client) == before


@pytest.mark.parametrize("tool", sorted(FINAL))
async def test_what_cannot_come_back_says_so(tool: str, connect: Connect, settings: Settings) -> None:
    arguments = {"delete_api_key": {"api_key_id": "key-2"}}.get(tool, {})
    async with connect(settings) as client:
        await call(client, f"oobeya_{tool}", arguments)
        assert (await call(client, "drumbeat_list_changes", {}))["items"][0]["undo"] == "no"


async def test_new_password_is_not_in_the_journal(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        await call(client, "oobeya_update_user", {"user_id": "user-2", "password": "hunter2"})
    kept = (Path(vendors.journal) / "journal.jsonl").read_text()
    assert "oobeya_update_user" in kept
    assert "hunter2" not in kept


async def test_deleted_api_key_no_longer_opens_the_sandbox(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        await call(client, "oobeya_delete_api_key", {"api_key_id": "key-1"})
        result = await client.call_tool("oobeya_list_api_keys", {})
    assert result.is_error
    assert "401" in words(result)


# Uploads.


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The import directory, with a file in it and things around it that must not be sent."""
    inbox = tmp_path / "inbox"
    (inbox / "more").mkdir(parents=True)
    (inbox / "repos.xlsx").write_bytes(b"PK\x03\x04 rows")
    (inbox / "more" / "Größe.csv").write_bytes(b"a,b")
    (inbox / "huge.xlsx").write_bytes(b"0" * (LARGEST_FILE + 1))
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "inbox-too").mkdir()
    (tmp_path / "inbox-too" / "secret.txt").write_text("secret")
    (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inbox / "out").symlink_to(tmp_path)
    (inbox / "loop").symlink_to(inbox / "loop")
    (inbox / "inside.xlsx").symlink_to(inbox / "repos.xlsx")
    return inbox


async def upload(connect: Connect, vendors: Vendors, file: str, **environment: str) -> CallToolResult:
    async with connect(vendors.settings(**environment)) as client:
        result = await client.call_tool("oobeya_import_analysis_file", {"file": file})
    assert isinstance(result, CallToolResult)
    return result


@pytest.mark.parametrize(
    ("file", "content"), [("repos.xlsx", b"PK\x03\x04 rows"), ("more/Größe.csv", b"a,b"), ("inside.xlsx", b"PK\x03")]
)
@pytest.mark.parametrize("absolute", [True, False])
async def test_file_of_the_import_directory_is_sent_as_a_part_called_file(
    file: str, content: bytes, absolute: bool, inbox: Path, connect: Connect, vendors: Vendors, tmp_path: Path
) -> None:
    named = str(inbox / file) if absolute else file
    journal = str(tmp_path / "journal")
    result = await upload(connect, vendors, named, DRUMBEAT_IMPORT_DIR=str(inbox), DRUMBEAT_JOURNAL=journal)
    assert not result.is_error, words(result)
    request = vendors.requests[-1]
    assert (request.method, request.target) == ("POST", "/apis/v1/bulk/analyses/analysis")
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'Content-Disposition: form-data; name="file"; filename=' in request.raw
    assert content in request.raw


@pytest.mark.parametrize(
    "file",
    [
        "missing.xlsx",
        "more",
        ".",
        "",
        "../secret.txt",
        "../inbox-too/secret.txt",
        "link.txt",
        "out/secret.txt",
        "loop",
        "/etc/hostname",
        "nul\0.txt",
    ],
)
async def test_anything_else_is_refused_in_the_same_words(
    file: str, inbox: Path, connect: Connect, vendors: Vendors
) -> None:
    result = await upload(connect, vendors, file, DRUMBEAT_IMPORT_DIR=str(inbox))
    assert result.is_error
    assert words(result) == f"Nothing was sent: there is no file {file!r} in the directory DRUMBEAT_IMPORT_DIR."
    assert vendors.sent("oobeya") == []


async def test_huge_file_is_refused(inbox: Path, connect: Connect, vendors: Vendors) -> None:
    result = await upload(connect, vendors, "huge.xlsx", DRUMBEAT_IMPORT_DIR=str(inbox))
    assert words(result) == "Nothing was sent: huge.xlsx is larger than 10 MiB."
    assert vendors.sent("oobeya") == []


async def test_nothing_is_uploaded_where_no_directory_is_set(inbox: Path, connect: Connect, vendors: Vendors) -> None:
    result = await upload(connect, vendors, str(inbox / "repos.xlsx"))
    assert result.is_error
    assert "DRUMBEAT_IMPORT_DIR" in words(result)
    assert vendors.sent("oobeya") == []
