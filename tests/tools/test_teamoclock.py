"""Team O'clock: what its document says, where it contradicts itself, and what happens when it misbehaves."""

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from server import clean
from server.catalogue import Catalogue
from tests.conftest import Connect
from tests.conftest import text as words
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]

RETRO = "r204c36ysi7z01"


async def ask(client: Client, tool: str, **arguments: Any) -> Any:
    """The structure of a successful call."""
    result = await client.call_tool(f"teamoclock_{tool}", arguments)
    assert not result.is_error, words(result)
    return result.structured_content


async def fail(client: Client, tool: str, **arguments: Any) -> str:
    """The words of a call that fails."""
    result = await client.call_tool(f"teamoclock_{tool}", arguments)
    assert result.is_error, words(result)
    assert result.structured_content is None
    return words(result)


# Credentials and addresses.


async def test_organization_and_key_go_as_basic_authentication_and_never_in_the_url(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        await ask(client, "list_teams")
    request = vendors.requests[-1]
    assert request.headers["authorization"] == f"Basic {b64encode(b'acme:skey-sandbox').decode()}"
    assert "skey" not in request.target + request.headers["host"]


async def test_wrong_key_is_told_in_the_vendors_words_with_the_variables_to_check(
    connect: Connect, vendors: Vendors
) -> None:
    settings = vendors.settings()
    right = settings.vendors["teamoclock"]
    wrong = right.model_copy(update={"values": {**right.values, "TEAMOCLOCK_API_KEY": SecretStr("skey-wrong")}})
    async with connect(settings.model_copy(update={"vendors": {"teamoclock": wrong}})) as client:
        said = await fail(client, "list_teams")
    assert said == (
        "Team O'clock answered 401: Please verify your credentials. "
        "Check TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY."
    )


# Errors.


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            404,
            {"error": {"status": 404, "code": "not found", "title": "Object not found", "detail": "It is gone"}},
            "Team O'clock answered 404: It is gone. Check team; teamoclock_list_teams shows which there are.",
        ),
        (
            400,
            {"error": {"status": 400, "code": "bad request", "title": "Invalid request"}},
            "Team O'clock answered 400: Invalid request. Look at new_slug, which may be taken, and video_url.",
        ),
        (418, {"error": {"code": "i am a teapot"}}, "Team O'clock answered 418: code: i am a teapot."),
        (418, {"error": {"detail": {"team": ["unknown"]}}}, "Team O'clock answered 418: team: unknown."),
        (418, ["odd"], "Team O'clock answered 418: odd."),
    ],
)
async def test_error_body_is_put_in_the_vendors_words(
    status: int, body: Any, said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse(body, status)
    async with connect() as client:
        assert await fail(client, "get_team", team="platform") == said


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("create_member", {"username": "joe.doe", "email": "other@acme.example"}),
        ("create_team", {"name": "Platform"}),
        ("update_team", {"team": "platform", "new_slug": "mobile"}),
        ("add_team_members", {"team": "platform", "usernames": ["nobody"]}),
        ("create_standup", {"team": "nobody"}),
        ("create_planning_poker", {"team": "mobile", "facilitator": "nobody"}),
        ("create_retro", {"team": "nobody"}),
        ("create_action_item", {"team": "platform", "text": ""}),
        ("update_action_item", {"action_item_id": "A1", "text": ""}),
        ("list_action_items", {"cursor": "elsewhere"}),
    ],
)
async def test_refused_value_is_told_with_the_arguments_that_may_be_at_fault(
    tool: str, arguments: dict[str, Any], connect: Connect, catalogue: Catalogue
) -> None:
    takes = next(e for e in catalogue.tools if e.name == f"teamoclock_{tool}").input_schema["properties"]
    async with connect() as client:
        said = await fail(client, tool, **arguments)
    start, _, advice = said.partition(" Look at ")
    assert start == "Team O'clock answered 400: Enter a valid json body."
    assert any(re.search(rf"\b{name}\b", advice) for name in takes), advice


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_member", {"username": "nobody"}),
        ("get_team", {"team": "nobody"}),
        ("list_team_members", {"team": "nobody"}),
        ("get_standup", {"standup_id": "nobody"}),
        ("get_planning_poker", {"planning_poker_id": "nobody"}),
        ("get_planning_poker_task", {"planning_poker_id": "platform", "task_id": "t99"}),
        ("get_retro", {"retro_id": "r0"}),
        ("get_action_item", {"action_item_id": "A0"}),
        ("get_timeline_record", {"record_id": "S0"}),
    ],
)
async def test_what_does_not_exist_says_so_and_names_the_list(
    tool: str, arguments: dict[str, Any], connect: Connect, catalogue: Catalogue
) -> None:
    async with connect() as client:
        said = await fail(client, tool, **arguments)
    assert said.startswith("Team O'clock answered 404: Object not found. It may have been deleted")
    named = re.findall(r"teamoclock_\w+", said)
    assert named
    assert set(named) <= {entry.name for entry in catalogue.tools}


async def test_meeting_that_is_over_is_looked_for_in_the_timeline(connect: Connect) -> None:
    async with connect() as client:
        assert (await fail(client, "get_retro", retro_id="r0")).endswith(
            "It may be over: teamoclock_list_retros shows those that run, "
            "teamoclock_list_timeline with type=retro what is left."
        )


# Envelopes and odd bodies.


@pytest.mark.parametrize("wrap", [lambda body: {"data": body}, lambda body: body], ids=["envelope", "bare"])
async def test_answer_is_read_with_and_without_its_envelope(
    wrap: Callable[[Any], Any], connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        vendors.app = JSONResponse(wrap({"slug": "acme"}))
        assert await ask(client, "get_team", team="acme") == {"slug": "acme"}
        vendors.app = JSONResponse(wrap([{"slug": "acme"}]))
        assert await ask(client, "list_teams") == {"items": [{"slug": "acme"}]}


@pytest.mark.parametrize("links", [None, {}, {"self": "/teams"}, {"self": "/teams", "next": None}, "odd"])
async def test_list_without_a_next_link_is_the_whole_list(links: Any, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": [{"slug": "acme"}], "links": links})
    async with connect() as client:
        result = await client.call_tool("teamoclock_list_teams", {})
    assert result.structured_content == {"items": [{"slug": "acme"}]}
    assert "shown" not in words(result)


@pytest.mark.parametrize(
    "body",
    [
        '{"data": {"notes": [{"text": "A note",}]}}',
        '{"data": ["text"]}',
    ],
    ids=["trailing comma, as in the document", "list"],
)
async def test_unknown_shape_is_an_error_that_quotes_the_vendor(body: str, connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response(body)
    async with connect() as client:
        said = await fail(client, "get_timeline_record", record_id="R33")
    assert said.startswith("Team O'clock answered in an unknown shape")
    assert body in said


async def test_one_field_of_another_kind_costs_no_more_than_that(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": {"id": "R33", "notes": "none"}})
    async with connect() as client:
        assert await ask(client, "get_timeline_record", record_id="R33") == {"id": "R33", "notes": "none"}


async def test_creation_that_was_accepted_is_done_whatever_the_answer(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": ["odd"]}, 201)
    async with connect() as client:
        assert await ask(client, "create_retro", team="platform") == {"answer": ["odd"]}


async def test_undocumented_field_is_kept_and_documented_noise_is_not(connect: Connect, vendors: Vendors) -> None:
    member = {"username": "joe", "links": {"self": "https://x/members/joe"}, "pronouns": "he"}
    vendors.app = JSONResponse({"data": [member]})
    async with connect() as client:
        assert (await ask(client, "list_members"))["items"] == [{"username": "joe", "pronouns": "he"}]


async def test_avatars_and_edits_are_shown(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        assert (await ask(client, "get_member", username="joe.doe"))["avatar"] == "joe.doe.jpg"
        note = {"id": "n1", "text": "Better", "edits": [{"text": "Good"}]}
        vendors.app = JSONResponse({"data": {"id": "r1", "state": {"notes": [note]}}})
        assert (await ask(client, "get_retro", retro_id="r1"))["state"]["notes"] == [note]


async def test_numbers_for_text_and_nulls_are_read(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": {"id": 7, "name": None, "state": {"notes": [{"votes": "4"}], "columns": None}}})
    async with connect() as client:
        assert await ask(client, "get_retro", retro_id="7") == {"id": "7", "state": {"notes": [{"votes": 4}]}}


# Pages.


async def test_action_items_are_paged_to_their_end(connect: Connect) -> None:
    async with connect() as client:
        first = await client.call_tool("teamoclock_list_action_items", {})
        assert first.structured_content is not None
        second = await ask(client, "list_action_items", **first.structured_content["next"])
        third = await ask(client, "list_action_items", **second["next"])
    assert words(first).endswith('◆ 100 shown; for more, call again with cursor="171"')
    ids = [item["id"] for item in first.structured_content["items"] + second["items"] + third["items"]]
    assert ids == [f"A{number}" for number in range(270, 0, -1)]
    assert "next" not in third


async def test_filters_hold_on_every_page(connect: Connect) -> None:
    rows: list[Any] = []
    cursor: dict[str, str] = {}
    async with connect() as client:
        while cursor is not None:
            page = await ask(client, "list_timeline", since="2026-11-18", **cursor)
            rows, cursor = rows + page["items"], page.get("next")
        of_one_type = await ask(client, "list_timeline", type="retro")
    assert len(rows) > 100
    assert rows[0]["date"][:10] == "2026-11-18"
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert {row["type"] for row in rows} == {"standup", "planpoker", "retro"}
    assert {row["type"] for row in of_one_type["items"]} == {"retro"}


@pytest.mark.parametrize(
    "link",
    [
        "/teamoclock/actionitems?cursor=7",
        "?cursor=7",
        "actionitems?a=b&cursor=7",
        "https://www.teamoclock.com/api/v2/actionitems?cursor=7",
        "//behind-a-gateway.example/actionitems?cursor=7#page",
        "http://127.0.0.1:none/actionitems?cursor=7",
        "http://[?cursor=7",
    ],
)
async def test_cursor_of_any_next_link_is_used_against_our_own_address(
    link: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"data": [], "links": {"next": link}})
    async with connect() as client:
        following = (await ask(client, "list_action_items"))["next"]
        await ask(client, "list_action_items", **following)
    assert [request.target for request in vendors.requests] == ["/actionitems", "/actionitems?cursor=7"]


@pytest.mark.parametrize("link", ["/actionitems?page=2", "http://[", {"href": "?cursor=7"}, 7])
async def test_next_link_without_a_cursor_is_no_next_page_and_the_answer_says_that_there_is_more(
    link: Any, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = JSONResponse({"data": [{"id": "A1"}], "links": {"next": link}})
    async with connect() as client:
        result = await client.call_tool("teamoclock_list_action_items", {})
    assert result.structured_content
    assert "next" not in result.structured_content
    assert "There is more, but Team O'clock's link to it has no cursor" in words(result)
    assert len(vendors.requests) == 1


# Meetings.


@pytest.mark.parametrize("kind", ["standup", "planning_poker"])
async def test_a_team_has_one_standup_and_one_planning_poker_and_the_answer_says_whether_it_is_new(
    kind: str, connect: Connect
) -> None:
    async with connect() as client:
        first = await ask(client, f"create_{kind}", team="mobile")
        second = await ask(client, f"create_{kind}", team="mobile")
        listed = await ask(client, f"list_{kind}s", team="mobile")
    assert (first["created"], second["created"]) == (True, False)
    assert first["id"] == second["id"]
    assert [row["id"] for row in listed["items"]] == [first["id"]]


async def test_every_creation_starts_another_retro(connect: Connect) -> None:
    async with connect() as client:
        first, second = [await ask(client, "create_retro", team="mobile") for _ in range(2)]
        listed = await ask(client, "list_retros", team="mobile")
    assert [row["id"] for row in listed["items"]] == [first["id"], second["id"]]
    assert first["id"] != second["id"]


async def test_idempotence_is_declared_as_the_document_has_it(catalogue: Catalogue) -> None:
    idempotent = {e.name: e.idempotent for e in catalogue.tools if e.name.startswith("teamoclock_create")}
    assert [name for name, holds in idempotent.items() if holds] == [
        "teamoclock_create_planning_poker",
        "teamoclock_create_standup",
    ]


@pytest.mark.parametrize("kind", ["retro", "planning_poker"])
async def test_facilitator_is_the_one_asked_for_or_else_some_member_of_the_team(kind: str, connect: Connect) -> None:
    async with connect() as client:
        chosen = await ask(client, f"create_{kind}", team="mobile", facilitator="joe.doe")
        left_open = await ask(client, f"create_{kind}", team="payments")
        facilitators = []
        for meeting in (chosen, left_open):
            found = await ask(client, f"get_{kind}", **{f"{kind}_id": meeting["id"]})
            facilitators.append(found["state"]["facilitator"]["username"])
    assert facilitators[0] == "joe.doe"
    assert facilitators[1] in {"sara.lindt", "tom.ruiz", "yuki.mori"}


async def test_random_facilitator_is_announced_beforehand_and_shown_where_the_vendor_says_who(
    connect: Connect, vendors: Vendors, catalogue: Catalogue
) -> None:
    tool = next(entry for entry in catalogue.tools if entry.name == "teamoclock_create_retro")
    assert "random team member" in tool.input_schema["properties"]["facilitator"]["description"]
    vendors.app = JSONResponse({"data": {"id": "r1", "facilitator": {"username": "joe.doe"}}}, 201)
    async with connect() as client:
        assert (await ask(client, "create_retro", team="platform"))["facilitator"] == {"username": "joe.doe"}


async def test_retro_says_beforehand_that_it_begins_at_once_and_action_items_that_they_have_no_date(
    catalogue: Catalogue,
) -> None:
    about = {entry.name: entry.description for entry in catalogue.tools}
    assert "begins at once" in about["teamoclock_create_retro"]
    assert "no date" in about["teamoclock_list_action_items"]
    assert "no due date" in about["teamoclock_create_action_item"]


async def test_running_meeting_that_is_returned_says_that_the_facilitator_was_not_set(connect: Connect) -> None:
    note = "It was running already, so the facilitator was not set"
    async with connect() as client:
        new = await client.call_tool("teamoclock_create_planning_poker", {"team": "mobile", "facilitator": "nora.haas"})
        again = await client.call_tool("teamoclock_create_planning_poker", {"team": "mobile", "facilitator": "joe.doe"})
        poker = await ask(client, "get_planning_poker", planning_poker_id="mobile")
    assert note not in words(new)
    assert note in words(again)
    assert poker["state"]["facilitator"] == {"username": "nora.haas"}


async def test_standup_shows_questions_and_everybodys_answers(connect: Connect) -> None:
    async with connect() as client:
        state = (await ask(client, "get_standup", standup_id="platform"))["state"]
    assert state["questions"]["q3"] == "Do you have any impediments"
    assert state["roundup_notes"] == [{"id": 23423, "text": "The retrospective is at two"}]
    assert [note["username"] for note in state["member_notes"]] == ["mona.keller", "joe.doe", "ada.osei"]
    answers = state["member_notes"][0]["questions"]
    assert list(answers) == [*state["questions"].values(), "q_ts"]
    assert answers["What did you do yesterday"].startswith("Merged")
    assert answers["q_ts"] == 3435232523


async def test_answers_in_the_timeline_carry_their_questions_text(connect: Connect) -> None:
    async with connect() as client:
        record = await ask(client, "get_timeline_record", record_id="S316")
    assert {note["question"] for note in record["async_notes"]} <= set(record["questions"].values())
    assert record["async_notes"][0]["question"] == "What did you do yesterday"


async def test_answers_to_questions_that_read_the_same_or_are_not_known_are_not_lost(
    connect: Connect, vendors: Vendors
) -> None:
    state = {
        "questions": {"q1": "Well?", "q2": "Well?", "q3": "And?"},
        "member_notes": [{"username": "joe", "questions": {"q1": "a", "q2": "b", "q3": "c", "q4": "d"}}],
    }
    vendors.app = JSONResponse({"data": {"id": "acme", "state": state}})
    async with connect() as client:
        found = await ask(client, "get_standup", standup_id="acme")
    assert found["state"]["member_notes"][0]["questions"] == {"q1": "a", "q2": "b", "And?": "c", "q4": "d"}


# Votes, records, action items.


async def test_votes_are_numbers_in_planning_poker_and_text_in_the_timeline(connect: Connect) -> None:
    async with connect() as client:
        tasks = (await ask(client, "list_planning_poker_tasks", planning_poker_id="platform"))["items"]
        task = await ask(client, "get_planning_poker_task", planning_poker_id="platform", task_id="t03")
        record = await ask(client, "get_timeline_record", record_id="P1")
    assert tasks[2] == task
    assert (task["avg_vote"], task["voters"][0]) == (5, {"username": "mona.keller", "vote": 5})
    assert (record["avg_vote"], record["votes"][0]) == ("5", {"username": "mona.keller", "vote": "5"})


@pytest.mark.parametrize("vote", [5, 0.5, "5", "?"])
async def test_vote_is_kept_as_sent(vote: Any, connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        vendors.app = JSONResponse({"data": {"avg_vote": vote, "votes": [{"vote": vote}]}})
        assert await ask(client, "get_timeline_record", record_id="P1") == {"avg_vote": vote, "votes": [{"vote": vote}]}
        vendors.app = JSONResponse({"data": [{"avg_vote": vote, "voters": [{"vote": vote}]}]})
        tasks = await ask(client, "list_planning_poker_tasks", planning_poker_id="platform")
        assert tasks["items"] == [{"avg_vote": vote, "voters": [{"vote": vote}]}]


@pytest.mark.parametrize(
    ("record_id", "fields"),
    [
        ("P1", {"task", "avg_vote", "votes", "links"}),
        ("R319", {"name", "columns", "notes", "action_items"}),
        ("S316", {"async", "origin", "questions", "sync_notes", "async_notes"}),
    ],
)
async def test_timeline_record_has_the_fields_of_its_type(record_id: str, fields: set[str], connect: Connect) -> None:
    async with connect() as client:
        record = await ask(client, "get_timeline_record", record_id=record_id)
    assert set(record) == {"id", "type", "date", "team"} | fields


async def test_since_says_first_that_it_is_an_upper_bound(catalogue: Catalogue) -> None:
    tool = next(entry for entry in catalogue.tools if entry.name == "teamoclock_list_timeline")
    assert tool.input_schema["properties"]["since"]["description"].startswith("Upper bound")
    assert tool.input_schema["properties"]["back_to"]["description"].startswith("Lower bound")


async def test_status_filter_is_the_body_flag_in_words(connect: Connect) -> None:
    async with connect() as client:
        resolved = (await ask(client, "list_action_items", status="resolved"))["items"]
        still_open = (await ask(client, "list_action_items", status="open", team="platform"))["items"]
    assert {item["resolved"] for item in resolved} == {True}
    assert {(item["resolved"], item["team"]["slug"]) for item in still_open} == {(False, "platform")}


async def test_new_action_item_is_open_first_in_the_list_and_can_be_resolved(connect: Connect) -> None:
    async with connect() as client:
        item = await ask(client, "create_action_item", team="payments", text="Alert on failed deployments")
        newest = (await ask(client, "list_action_items", team="payments"))["items"][0]
        await ask(client, "update_action_item", action_item_id=item["id"], resolved=True)
        now = await ask(client, "get_action_item", action_item_id=item["id"])
    assert newest == item
    assert (item["resolved"], now["resolved"], now["text"]) == (False, True, "Alert on failed deployments")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("update_member", {"username": "joe.doe"}, "Nothing was sent: say what to change."),
        ("update_team", {"team": "platform"}, "Nothing was sent: say what to change."),
        ("update_action_item", {"action_item_id": "A1"}, "Nothing was sent: say what to change."),
        ("add_team_members", {"team": "platform", "usernames": []}, "Nothing was sent: 'usernames'"),
        ("create_member", {"username": "x", "email": "x@x", "role": "boss"}, "Nothing was sent: 'role'"),
        ("list_action_items", {"status": "closed"}, "Nothing was sent: 'status'"),
        ("list_timeline", {"since": "soon"}, "Nothing was sent: 'since': write a date as 2026-11-20"),
        ("get_team", {"team": ".."}, "Nothing was sent: '..' cannot be an id or a name."),
    ],
)
async def test_call_that_can_only_fail_is_not_sent(
    tool: str, arguments: dict[str, Any], said: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        assert (await fail(client, tool, **arguments)).startswith(said)
    assert vendors.writes() == []


# The surface.


async def test_everyday_tools_and_resources_are_those_agreed(catalogue: Catalogue) -> None:
    own = [entry for entry in catalogue.tools if entry.vendor == "teamoclock"]
    assert sorted(entry.name.removeprefix("teamoclock_") for entry in own if entry.everyday) == [
        "create_action_item",
        "create_retro",
        "update_action_item",
    ]
    assert sorted(entry.resource.removeprefix("teamoclock://") for entry in own if entry.resource) == [
        "action-items",
        "action-items/{action_item_id}",
        "members",
        "members/{username}",
        "planning-pokers",
        "planning-pokers/{planning_poker_id}",
        "retros",
        "retros/{retro_id}",
        "standups",
        "standups/{standup_id}",
        "teams",
        "teams/{team}",
        "teams/{team}/members",
        "timeline",
        "timeline/{record_id}",
    ]


async def test_every_completed_argument_is_a_field_of_its_list(connect: Connect, catalogue: Catalogue) -> None:
    sources = {tuple(s) for e in catalogue.tools if e.vendor == "teamoclock" for s in e.completes.values()}
    async with connect() as client:
        for tool, field in sorted(sources):
            rows = (await ask(client, tool.removeprefix("teamoclock_")))["items"]
            assert all(isinstance(row[field], str) for row in rows), (tool, field)
    assert len(sources) == 7


async def test_page_of_flat_rows_reads_as_a_table(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("teamoclock_list_standups", {})
    assert words(result).splitlines()[:3] == [
        "(all: date 2026-11-20T09:30Z; name {team} standup; url https://www.teamoclock.com/acme/standup/{id})",
        "id|team",
        "platform|Platform",
    ]
    assert clean.clean(result.structured_content) == result.structured_content


# The stand-in: what a user does in it is there for the next call.


async def test_renamed_team_and_member_are_renamed_everywhere(connect: Connect) -> None:
    async with connect() as client:
        await ask(client, "update_team", team="platform", name="Foundation", new_slug="foundation")
        await ask(client, "update_member", username="joe.doe", new_username="joseph")
        standup = await ask(client, "get_standup", standup_id="foundation")
        members = await ask(client, "list_team_members", team="foundation")
        items = await ask(client, "list_action_items", team="foundation")
        assert "404" in await fail(client, "get_team", team="platform")
    assert standup["team"] == {"name": "Foundation", "slug": "foundation"}
    assert [member["username"] for member in members["items"]][1] == "joseph"
    assert items["items"]


async def test_old_slug_of_a_team_is_free_for_another_with_meetings_of_its_own(connect: Connect) -> None:
    async with connect() as client:
        await ask(client, "update_team", team="platform", new_slug="foundation")
        await ask(client, "create_team", name="Platform")
        assert (await ask(client, "create_standup", team="platform"))["created"] is True
        teams = [row["team"]["slug"] for row in (await ask(client, "list_standups"))["items"]]
    assert sorted(teams) == ["foundation", "payments", "platform"]


async def test_deleted_team_takes_its_meetings_and_records_along(connect: Connect) -> None:
    async with connect() as client:
        await ask(client, "delete_team", team="platform")
        left = [
            (await ask(client, tool))["items"]
            for tool in ("list_standups", "list_planning_pokers", "list_retros", "list_action_items", "list_timeline")
        ]
        assert await ask(client, "get_member", username="mona.keller")
    assert {row["team"]["slug"] for rows in left for row in rows} == {"payments", "mobile"}


async def test_deleted_task_and_retro_are_gone(connect: Connect) -> None:
    async with connect() as client:
        await ask(client, "delete_planning_poker_task", planning_poker_id="platform", task_id="t01")
        await ask(client, "delete_retro", retro_id=RETRO)
        poker = await ask(client, "get_planning_poker", planning_poker_id="platform")
        retros = await ask(client, "list_retros")
    assert [task["id"] for task in poker["state"]["tasks"]] == ["t02", "t03", "t04", "t05", "t06"]
    assert [row["id"] for row in retros["items"]] == ["r204c36ysi7z02"]
