"""Team O'clock: what a person is shown before something goes away, and what comes back afterwards."""

from collections.abc import Iterable
from typing import Any

import pytest
from mcp import Client
from mcp_types import ElicitRequestParams, ElicitResult
from starlette.responses import JSONResponse

from server.catalogue import Catalogue
from server.settings import Settings
from tests.client import Asked, undone
from tests.conftest import Connect
from tests.conftest import text as words
from tests.tools.test_teamoclock import RETRO, ask, fail
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]

PREVIEWS = [
    (
        "delete_member",
        {"username": "joe.doe"},
        "Member Joe Doe (joe.doe), member; teams: Platform.\n"
        "Cannot be undone: anything beyond name, email, role, avatar and teams.\n"
        "To agree, type its name: joe.doe",
    ),
    (
        "delete_team",
        {"team": "platform"},
        "Team Platform (platform): 4 members.\n"
        "Cannot be undone: anything beyond its settings and members, such as meetings, action items and timeline.\n"
        "To agree, type its name: Platform",
    ),
    (
        "remove_team_members",
        {"team": "platform", "usernames": ["joe.doe", "ada.osei"]},
        "Out of team platform, 2 of 4 members: Joe Doe (joe.doe), Ada Osei (ada.osei).",
    ),
    (
        "delete_standup",
        {"standup_id": "platform"},
        "Stand-up “Platform standup” (platform) of team Platform: answers of 3 members, 1 round-up note.\n"
        "Cannot be undone: the stand-up with everything written in it.",
    ),
    (
        "delete_planning_poker",
        {"planning_poker_id": "platform"},
        "Planning poker “Platform planning poker” (platform) of team Platform: 6 tasks, 18 votes.\n"
        "Cannot be undone: the planning poker with its tasks and votes.",
    ),
    (
        "delete_planning_poker_task",
        {"planning_poker_id": "platform", "task_id": "t05"},
        "Task “Split the billing worker” (t05) of planning poker platform: 2 votes.\n"
        "Cannot be undone: its votes and its Jira link.",
    ),
    (
        "delete_retro",
        {"retro_id": RETRO},
        f"Retro “Platform retrospective” ({RETRO}) of team Platform: 14 notes, 3 action items.\n"
        "Cannot be undone: the retro with everything written in it.",
    ),
    (
        "delete_action_item",
        {"action_item_id": "A1"},
        "Action item “Write a runbook for failed deployments” (A1) of team Payments, resolved.\n"
        "Cannot be undone: its Jira link.",
    ),
    (
        "delete_action_item",
        {"action_item_id": "A266"},
        "Action item “Add an alert for incident reviews” (A266) of team Mobile, open.",
    ),
    (
        "delete_timeline_record",
        {"record_id": "S323"},
        "Timeline record S323: standup of team Payments, 2026-11-19: 3 notes.\n"
        "Cannot be undone: the record with everything in it.",
    ),
    (
        "delete_timeline_record",
        {"record_id": "R319"},
        "Timeline record R319: retro “Platform retrospective” of team Platform, 2026-11-18: 10 notes, 5 action items.\n"
        "Cannot be undone: the record with everything in it.",
    ),
    (
        "delete_timeline_record",
        {"record_id": "P1"},
        "Timeline record P1: planpoker “Show offline banners” of team Platform, 2026-08-28: 4 votes.\n"
        "Cannot be undone: the record with everything in it.",
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "shown"), PREVIEWS, ids=[f"{tool}-{a}" for tool, a, _ in PREVIEWS])
@pytest.mark.era("auto", "legacy")
async def test_person_is_shown_what_goes_away_and_may_keep_it(
    tool: str, arguments: dict[str, Any], shown: str, connect: Connect, vendors: Vendors
) -> None:
    asked = Asked()
    async with connect(answer=asked) as client:
        result = await client.call_tool(f"teamoclock_{tool}", arguments)
    assert [message.split("?\n", 1)[1] for message in asked] == [shown]
    assert "Nothing was changed" in words(result)
    assert {request.method for request in vendors.requests} == {"GET"}


def test_every_destructive_tool_has_its_preview_tested(catalogue: Catalogue) -> None:
    destructive = [e.name for e in catalogue.tools if e.vendor == "teamoclock" and e.access == "destructive"]
    assert sorted(destructive) == sorted({f"teamoclock_{tool}" for tool, _, _ in PREVIEWS})


async def test_preview_holds_where_the_vendor_says_next_to_nothing(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": {"id": "r1"}})
    asked = Asked()
    async with connect(answer=asked) as client:
        await client.call_tool("teamoclock_delete_retro", {"retro_id": "r1"})
        await client.call_tool("teamoclock_delete_standup", {"standup_id": "r1"})
        await client.call_tool("teamoclock_delete_planning_poker", {"planning_poker_id": "r1"})
        await client.call_tool("teamoclock_delete_timeline_record", {"record_id": "r1"})
    assert "no notes, no action items" in asked[0]
    assert "answers of no members, no round-up notes" in asked[1]
    assert "no tasks, no votes" in asked[2]
    assert "Timeline record r1: record: no notes." in asked[3]


# Undo.


async def newest(client: Client) -> str:
    """The id of the newest change."""
    changes = await client.call_tool("drumbeat_list_changes", {"vendor": "teamoclock"})
    assert changes.structured_content is not None
    return str(changes.structured_content["items"][0]["change_id"])


def usernames(page: Any) -> set[str]:
    return {member["username"] for member in page["items"]}


def without(names: Iterable[str], item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in names}


async def test_deleted_member_is_back_with_avatar_role_and_teams(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, "add_team_members", team="payments", usernames=["mona.keller"])
        before = await ask(client, "get_member", username="mona.keller")
        await ask(client, "delete_member", username="mona.keller")
        assert "mona.keller" not in usernames(await ask(client, "list_team_members", team="platform"))
        back = await undone(client, vendor="teamoclock")
        sent = [request for request in vendors.requests if request.target == "/members"][-1]
        assert await ask(client, "get_member", username="mona.keller") == before
        for team in ("platform", "payments"):
            assert "mona.keller" in usernames(await ask(client, "list_team_members", team=team))
    assert sent.body["data"]["avatar"] == "mona.keller.jpg"
    assert back["done"] == "Member mona.keller created again; teams: platform, payments."


async def test_member_comes_back_without_teams_that_are_gone(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        await ask(client, "delete_member", username="joe.doe")
        await ask(client, "update_team", team="platform", new_slug="foundation")
        changes = await client.call_tool("drumbeat_list_changes", {"tool": "teamoclock_delete_member"})
        assert changes.structured_content is not None
        change_id = changes.structured_content["items"][0]["change_id"]
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change_id})
    assert words(result) == "done: Member joe.doe created again; teams: none."


async def test_deleted_team_is_back_with_slug_settings_and_remaining_members(
    connect: Connect, settings: Settings
) -> None:
    async with connect(settings) as client:
        before = await ask(client, "get_team", team="platform")
        await ask(client, "delete_team", team="platform")
        await client.call_tool("teamoclock_delete_member", {"username": "joe.doe"})
        changes = await client.call_tool("drumbeat_list_changes", {"tool": "teamoclock_delete_team"})
        assert changes.structured_content is not None
        change_id = changes.structured_content["items"][0]["change_id"]
        await client.call_tool("drumbeat_undo_change", {"change_id": change_id})
        assert await ask(client, "get_team", team="platform") == before
        members = await ask(client, "list_team_members", team="platform")
        standups = await ask(client, "list_standups", team="platform")
    assert usernames(members) == {"mona.keller", "ada.osei", "liam.novak"}
    assert standups["items"] == []


async def test_removed_members_are_put_back(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        await ask(client, "remove_team_members", team="platform", usernames=["joe.doe"])
        assert usernames(await ask(client, "list_team_members", team="platform")) == {
            "mona.keller",
            "ada.osei",
            "liam.novak",
        }
        await undone(client, vendor="teamoclock")
        members = await ask(client, "list_team_members", team="platform")
    assert usernames(members) == {"mona.keller", "joe.doe", "ada.osei", "liam.novak"}


async def test_added_members_leave_again_but_not_those_who_were_members(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        await ask(client, "add_team_members", team="platform", usernames=["joe.doe", "tom.ruiz"])
        await undone(client, vendor="teamoclock")
        members = await ask(client, "list_team_members", team="platform")
    assert usernames(members) == {"mona.keller", "joe.doe", "ada.osei", "liam.novak"}


async def test_removing_somebody_who_is_not_there_is_refused_before_anybody_is_asked(
    connect: Connect, vendors: Vendors
) -> None:
    async def never(context: Any, params: ElicitRequestParams) -> ElicitResult:
        raise AssertionError(params)

    async with connect(answer=never) as client:
        said = await fail(client, "remove_team_members", team="platform", usernames=["joe.doe", "tom.ruiz"])
    assert said == (
        "Nothing was sent: tom.ruiz cannot be removed from team platform, in which are "
        "mona.keller, joe.doe, ada.osei, liam.novak."
    )
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_membership_changes_say_who_is_in_the_team_now(connect: Connect) -> None:
    async with connect() as client:
        added = await ask(client, "add_team_members", team="mobile", usernames=["joe.doe", "nora.haas"])
        removed = await ask(client, "remove_team_members", team="mobile", usernames=["max.weber"])
    assert added["done"] == "Team mobile: added joe.doe; now nora.haas, max.weber, ines.silva, joe.doe."
    assert removed["done"] == "Team mobile: removed max.weber; now nora.haas, ines.silva, joe.doe."


async def test_membership_change_that_changed_nothing_undoes_nothing(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, "add_team_members", team="platform", usernames=["joe.doe"])
        sent = len(vendors.writes())
        await undone(client, vendor="teamoclock")
    assert len(vendors.writes()) == sent


async def test_updated_member_gets_old_values_back_under_the_new_username(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        before = await ask(client, "get_member", username="joe.doe")
        await ask(client, "update_member", username="joe.doe", new_username="joseph", last_name="Roe", avatar="new.jpg")
        back = await undone(client, vendor="teamoclock")
        assert await ask(client, "get_member", username="joe.doe") == before
    request = next(r for r in reversed(vendors.requests) if r.method == "PATCH")
    assert request.target == "/members/joseph"
    assert request.body == {"data": {"username": "joe.doe", "last_name": "Doe", "avatar": "joe.doe.jpg"}}
    assert back["now"] == before


async def test_updated_team_gets_old_values_back_under_the_new_slug(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, "update_team", team="platform", new_slug="foundation", mood_enabled=False)
        await undone(client, vendor="teamoclock")
        team = await ask(client, "get_team", team="platform")
    request = next(r for r in reversed(vendors.requests) if r.method == "PATCH")
    assert request.target == "/teams/foundation"
    assert request.body == {"data": {"slug": "platform", "mood_enabled": True}}
    assert team["mood_enabled"] is True


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("update_team", {"team": "mobile", "video_url": "https://meet.acme.example/m"}, "video_url"),
        ("update_member", {"username": "ada.osei", "avatar": "ada.jpg"}, "avatar"),
    ],
)
async def test_undo_empties_what_was_empty(
    tool: str, arguments: dict[str, Any], field: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, tool, **arguments)
        now = (await undone(client, vendor="teamoclock"))["now"]
    assert [request.body for request in vendors.requests if request.method == "PATCH"][-1] == {"data": {field: None}}
    assert field not in now


@pytest.mark.parametrize(
    ("tool", "arguments", "question"),
    [
        (
            "update_action_item",
            {"action_item_id": "A1", "text": "Rewrite everything"},
            "Action item “Write a runbook for failed deployments” (A1): "
            "text “Rewrite everything” back to “Write a runbook for failed deployments”",
        ),
        ("update_team", {"team": "mobile", "name": "Apps"}, "Team Mobile (mobile): name “Apps” back to “Mobile”"),
        (
            "update_member",
            {"username": "joe.doe", "role": "manager"},
            "Member Joe Doe (joe.doe): role “manager” back to “member”",
        ),
    ],
)
async def test_question_of_an_undo_names_the_object_and_what_goes_back(
    tool: str, arguments: dict[str, Any], question: str, connect: Connect, settings: Settings
) -> None:
    asked = Asked()
    async with connect(settings, answer=asked) as client:
        await ask(client, tool, **arguments)
        await client.call_tool("drumbeat_undo_change", {"change_id": await newest(client)})
    assert question in asked[0]


@pytest.mark.parametrize(
    ("tool", "arguments", "target"),
    [
        ("create_member", {"username": "eva.lang", "email": "eva.lang@acme.example"}, "/members/eva.lang"),
        ("create_team", {"name": "Web Shop"}, "/teams/web-shop"),
        ("create_standup", {"team": "mobile"}, "/standup/mobile"),
        ("create_planning_poker", {"team": "mobile"}, "/planpoker/mobile"),
        ("create_planning_poker_task", {"planning_poker_id": "platform", "text": "A"}, "/planpoker/platform/tasks/t07"),
        ("create_retro", {"team": "mobile"}, "/retro/r204c36ysi7z03"),
        ("create_action_item", {"team": "mobile", "text": "Try it"}, "/actionitems/A271"),
    ],
)
async def test_undo_of_a_create_deletes_what_was_made(
    tool: str, arguments: dict[str, Any], target: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, tool, **arguments)
        await undone(client, vendor="teamoclock")
    assert [request.target for request in vendors.requests if request.method == "DELETE"] == [target]


@pytest.mark.parametrize("kind", ["standup", "planning_poker"])
async def test_meeting_that_was_only_returned_is_not_deleted_by_an_undo(
    kind: str, connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async with connect(settings) as client:
        await ask(client, f"create_{kind}", team="platform")
        result = await client.call_tool("drumbeat_undo_change", {"change_id": await newest(client)})
    assert "the meeting was running already" in words(result)
    assert [request for request in vendors.requests if request.method == "DELETE"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("delete_retro", {"retro_id": "r1"}, {"id": "r2"}),
        ("delete_team", {"team": "platform"}, {"slug": "mobile", "name": "Platform"}),
        ("delete_member", {"username": "joe.doe"}, {"username": "joe"}),
        ("delete_action_item", {"action_item_id": "A1"}, {"id": "A11"}),
        ("delete_timeline_record", {"record_id": "R1"}, {"id": "R11"}),
        ("update_team", {"team": "platform", "name": "X"}, {"slug": "mobile"}),
    ],
)
async def test_preview_of_another_object_than_the_one_asked_for_is_refused(
    tool: str, arguments: dict[str, Any], answer: dict[str, Any], connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"data": answer})
    async with connect() as client:
        assert "Nothing was changed: Team O'clock answered with" in await fail(client, tool, **arguments)
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_deleted_action_item_is_back_with_team_text_and_state(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        before = await ask(client, "get_action_item", action_item_id="A1")
        await ask(client, "delete_action_item", action_item_id="A1")
        now = (await undone(client, vendor="teamoclock"))["now"]
    assert before["resolved"] is True
    assert without(("id", "links"), now) == without(("id", "links"), before)
    assert now["id"] not in ("A1", None)


async def test_deleted_task_is_back_with_its_text_alone(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        before = await ask(client, "get_planning_poker_task", planning_poker_id="platform", task_id="t01")
        await ask(client, "delete_planning_poker_task", planning_poker_id="platform", task_id="t01")
        now = (await undone(client, vendor="teamoclock"))["now"]
    assert now == {"id": "t07", "status": "active", "text": before["text"], "voters": [], "links": {}}


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_standup", {"standup_id": "platform"}),
        ("delete_planning_poker", {"planning_poker_id": "platform"}),
        ("delete_retro", {"retro_id": RETRO}),
        ("delete_timeline_record", {"record_id": "P1"}),
    ],
)
async def test_meeting_that_is_gone_is_gone(
    tool: str, arguments: dict[str, Any], connect: Connect, settings: Settings
) -> None:
    async with connect(settings) as client:
        await ask(client, tool, **arguments)
        changes = await client.call_tool("drumbeat_list_changes", {"vendor": "teamoclock"})
    assert changes.structured_content is not None
    assert changes.structured_content["items"][0]["undo"] == "no"


@pytest.mark.parametrize(
    ("tool", "arguments"), [("delete_team", {"team": "platform"}), ("delete_member", {"username": "joe.doe"})]
)
@pytest.mark.era("auto", "legacy")
async def test_far_reaching_deletion_wants_the_name_typed(
    tool: str, arguments: dict[str, str], connect: Connect, vendors: Vendors
) -> None:
    async def mistype(context: Any, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "something else"})

    async with connect(answer=mistype) as client:
        result = await client.call_tool(f"teamoclock_{tool}", arguments)
    assert "Nothing was changed: the name that the user typed" in words(result)
    assert [request for request in vendors.requests if request.method == "DELETE"] == []
