"""Everything that is changed is journaled, can be listed, and is taken back as far as the vendor can."""

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from starlette.types import Receive, Scope, Send

from server.settings import Settings
from tests.client import Asked, done
from tests.conftest import Connect, Era, agree, agree_in_person, decline, text
from tests.program import Program
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def newest(client: Client) -> dict[str, Any]:
    row: dict[str, Any] = (await done(client, "drumbeat_list_changes"))["items"][0]
    return row


def journal(settings: Settings) -> list[dict[str, Any]]:
    lines = (Path(settings.journal or "") / "journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def test_write_is_journaled_with_arguments_and_outcome(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Write it down")
    intent, outcome = journal(settings)
    assert intent["tool"] == "teamoclock_create_action_item"
    assert intent["arguments"] == {"team": "platform", "text": "Write it down"}
    assert intent["caller"]
    assert outcome["outcome"] == "done"
    assert outcome["result"]["id"] == item["id"]
    assert outcome["milliseconds"] >= 0


async def test_delete_is_journaled_with_the_consent_and_the_object_as_it_was(
    connect: Connect, settings: Settings
) -> None:
    async with connect(settings) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Soon gone")
        await done(client, "teamoclock_delete_action_item", action_item_id=item["id"])
    intent = journal(settings)[2]
    assert intent["before"]["text"] == "Soon gone"
    assert intent["consent"]["mode"] == "ask"
    assert "Soon gone" in intent["consent"]["asked"]
    assert json.loads(intent["consent"]["answer"]) == {"agree": True}


async def test_declined_call_is_no_change(connect: Connect, settings: Settings) -> None:
    async with connect(settings, answer=decline) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Stays")
        await client.call_tool("teamoclock_delete_action_item", {"action_item_id": item["id"]})
        rows = (await done(client, "drumbeat_list_changes"))["items"]
    assert [row["tool"] for row in rows] == ["teamoclock_create_action_item"]


async def test_failure_is_journaled_with_its_status(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        result = await client.call_tool("teamoclock_create_retro", {"team": "nobody"})
        row = await newest(client)
    assert result.is_error
    assert row["outcome"] == "failed"
    assert journal(settings)[1]["status"] == 400


async def test_server_error_on_a_write_is_unknown_and_says_look_first(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b"<html><title>Bad gateway</title></html>"})

    vendors.app = broken
    async with connect(settings) as client:
        result = await client.call_tool("teamoclock_create_retro", {"team": "platform"})
        row = await newest(client)
    assert "look before you repeat it" in text(result)
    assert row["outcome"] == "unknown"


async def test_what_cannot_be_journaled_is_not_done_and_reading_goes_on(
    connect: Connect, vendors: Vendors, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    async with connect(vendors.settings(DRUMBEAT_JOURNAL=str(tmp_path / "file" / "x"))) as client:
        item = (await done(client, "teamoclock_list_action_items"))["items"][0]
        for tool, arguments in (
            ("teamoclock_create_action_item", {"team": "platform", "text": "Unrecorded"}),
            ("teamoclock_update_action_item", {"action_item_id": item["id"], "text": "Unrecorded"}),
            ("teamoclock_delete_action_item", {"action_item_id": item["id"]}),
        ):
            result = await client.call_tool(tool, arguments)
            assert result.is_error
            assert text(result).startswith("Nothing was changed: the journal cannot")
    assert {request.method for request in vendors.requests} == {"GET"}


async def test_changes_are_listed_newest_first_and_filtered(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        for number in range(3):
            await done(client, "teamoclock_create_action_item", team="platform", text=str(number))
        await done(client, "teamoclock_create_retro", team="platform")
        rows = await done(client, "drumbeat_list_changes", limit=2)
        rest = await done(client, "drumbeat_list_changes", limit=2, **rows["next"])
        retros = await done(client, "drumbeat_list_changes", tool="teamoclock_create_retro")
        others = await done(client, "drumbeat_list_changes", vendor="oobeya")
        before = await done(client, "drumbeat_list_changes", until="2020-01-01")
    assert [row["arguments"][-6:] for row in rows["items"] + rest["items"]] == ["atform", "text=2", "text=1", "text=0"]
    assert rows["total"] == 4
    assert "next" not in rest
    assert retros["total"] == 1
    assert others["items"] == before["items"] == []


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"vendor": "jenkins"}, "There is no vendor 'jenkins' here; on are buddy"),
        ({"tool": "teamoclock_create_retros"}, "Did you mean teamoclock_create_retro"),
    ],
)
async def test_changes_of_what_does_not_exist_are_no_empty_list(
    connect: Connect, filters: dict[str, str], words: str
) -> None:
    async with connect() as client:
        await done(client, "teamoclock_create_retro", team="platform")
        refused = await client.call_tool("drumbeat_list_changes", filters)
        named = await done(client, "drumbeat_list_changes", vendor="Team O'clock")
    assert refused.is_error
    assert words in text(refused)
    assert named["total"] == 1


async def test_where_nothing_can_be_taken_back_the_list_says_so(connect: Connect, vendors: Vendors) -> None:
    said = "drumbeat_undo_change is not available here"
    for access, is_said in (("write", True), ("destructive", False)):
        async with connect(vendors.settings(DRUMBEAT_ACCESS=access)) as client:
            await done(client, "teamoclock_create_action_item", team="platform", text="One")
            assert (said in text(await client.call_tool("drumbeat_list_changes", {}))) is is_said


async def test_deleted_object_is_brought_back_once(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        item = await done(client, "teamoclock_create_action_item", team="payments", text="Bring me back", resolved=True)
        await done(client, "teamoclock_delete_action_item", action_item_id=item["id"])
        change = await newest(client)
        assert change["undo"] == "possible"
        undone = await done(client, "drumbeat_undo_change", change_id=change["change_id"])
        restored = await done(client, "teamoclock_get_action_item", action_item_id=undone["now"]["id"])
        again = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
        rows = (await done(client, "drumbeat_list_changes"))["items"]
    assert (restored["text"], restored["resolved"], restored["team"]["slug"]) == ("Bring me back", True, "payments")
    assert "taken back already" in text(again)
    assert [(row["tool"], row["undo"]) for row in rows[:2]] == [
        ("drumbeat_undo_change", "-"),
        ("teamoclock_delete_action_item", "undone"),
    ]


async def test_updated_object_gets_its_old_values_back(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Before")
        await done(client, "teamoclock_update_action_item", action_item_id=item["id"], text="After", resolved=True)
        await done(client, "drumbeat_undo_change", change_id=(await newest(client))["change_id"])
        now = await done(client, "teamoclock_get_action_item", action_item_id=item["id"])
    assert (now["text"], now["resolved"]) == ("Before", False)


async def test_user_reads_what_comes_back_before_agreeing_to_an_undo(connect: Connect, settings: Settings) -> None:
    asked: list[str] = []

    async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params.message)
        return await agree(context, params) if len(asked) == 1 else ElicitResult(action="decline")

    async with connect(settings, answer=answer) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Mine")
        await done(client, "teamoclock_delete_action_item", action_item_id=item["id"])
        change = await newest(client)
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
        assert (await newest(client))["change_id"] == change["change_id"]
    assert result.is_error
    assert "Mine" in asked[1]
    assert "id" in asked[1]


async def test_what_has_no_way_back_says_so(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        retro = await done(client, "teamoclock_create_retro", team="platform")
        await done(client, "teamoclock_delete_retro", retro_id=retro["id"])
        change = await newest(client)
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
        missing = await client.call_tool("drumbeat_undo_change", {"change_id": "20200101-000000-abcdef"})
    assert change["undo"] == "no"
    assert "cannot be undone" in text(result)
    assert "There is no change" in text(missing)


async def test_change_made_elsewhere_is_not_undone_here(connect: Connect, settings: Settings, vendors: Vendors) -> None:
    async with connect(settings) as client:
        item = await done(client, "teamoclock_create_action_item", team="platform", text="Theirs")
        await done(client, "teamoclock_delete_action_item", action_item_id=item["id"])
        change = await newest(client)
    theirs = settings.vendors["teamoclock"].model_copy(update={"base_url": f"{vendors.url}/elsewhere"})
    moved = settings.model_copy(update={"vendors": {**settings.vendors, "teamoclock": theirs}})
    async with connect(moved) as client:
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
    assert "not where this server works now" in text(result)


async def test_concurrent_deletes_are_each_asked_and_each_journaled(connect: Connect, settings: Settings) -> None:
    async with connect(settings) as client:
        ids = [(await done(client, "teamoclock_create_retro", team="platform"))["id"] for _ in range(5)]
        async with anyio.create_task_group() as tasks:
            for retro in ids:
                tasks.start_soon(partial(done, client, "teamoclock_delete_retro", retro_id=retro))
        rows = (await done(client, "drumbeat_list_changes", tool="teamoclock_delete_retro"))["items"]
    assert sorted(row["arguments"] for row in rows) == sorted(f"retro_id={number}" for number in ids)
    assert {row["outcome"] for row in rows} == {"done"}


async def test_process_killed_between_intent_and_outcome_leaves_an_unfinished_entry(
    era: Era, connect: Connect, settings: Settings, vendors: Vendors, tmp_path: Path
) -> None:
    """The vendor kills the server's process while it waits for the answer to a DELETE."""
    standing, servers = vendors.app, list[int]()
    assert standing is not None

    async def killing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "DELETE":
            os.kill(servers[0], signal.SIGKILL)
        await standing(scope, receive, send)

    vendors.app = killing
    environment = {**os.environ, "DRUMBEAT_JOURNAL": settings.journal or "", "TEAMOCLOCK_ORGANIZATION": "acme"}
    environment |= {"TEAMOCLOCK_API_KEY": "skey-sandbox", "TEAMOCLOCK_BASE_URL": f"{vendors.url}/teamoclock"}
    program = "import os, sys; print(os.getpid(), file=sys.stderr, flush=True); import server.cli; server.cli.main([])"
    log = tmp_path / "stderr"
    with log.open("w") as stderr:
        command = StdioServerParameters(command=sys.executable, args=["-c", program], env=environment)
        from mcp.client.stdio import stdio_client

        async with Program(
            stdio_client(command, errlog=stderr), mode=era, elicitation_callback=agree_in_person
        ) as client:
            servers.append(int(log.read_text().split()[0]))
            item = await done(client, "teamoclock_create_action_item", team="platform", text="x")
            with pytest.raises(Exception, match=r"(?i)closed"):
                await client.call_tool("teamoclock_delete_action_item", {"action_item_id": item["id"]})
    vendors.app = standing
    async with connect(settings) as client:
        change = await newest(client)
        result = await client.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
    assert (change["tool"], change["outcome"], change["undo"]) == ("teamoclock_delete_action_item", "unfinished", "no")
    assert "unfinished" in text(result)


async def test_the_latest_change_is_no_older_one_where_it_cannot_be_taken_back(
    connect: Connect, settings: Settings, vendors: Vendors
) -> None:
    asked = Asked(agree)
    async with connect(settings, answer=asked) as client:
        await done(client, "teamoclock_create_action_item", team="platform", text="older")
        await done(client, "teamoclock_delete_standup", standup_id="platform")
        failed = await client.call_tool("teamoclock_create_team", {"name": "Platform", "slug": "platform"})
        change = (await done(client, "drumbeat_list_changes"))["items"][1]
        result = await client.call_tool("drumbeat_undo_change", {"change_id": "latest"})
    assert failed.is_error
    assert f"the latest change, {change['change_id']}, has undo no" in text(result)
    assert change["tool"] == "teamoclock_delete_standup"
    assert len(asked) == 1
    assert vendors.requests[-1].method == "POST"


async def test_the_latest_change_that_can_be_taken_back_needs_no_id(connect: Connect, settings: Settings) -> None:
    asked = Asked(agree)
    async with connect(settings, answer=asked) as client:
        first, second = [
            await done(client, "teamoclock_create_action_item", team="platform", text=text) for text in ("one", "two")
        ]
        await done(client, "drumbeat_undo_change", change_id="latest")
        again = await done(client, "drumbeat_act", tool="drumbeat_undo_change", arguments={"change_id": "latest"})
        nothing = await client.call_tool("drumbeat_undo_change", {"change_id": "latest"})
    assert ["two" in asked[0], "one" in asked[1]] == [True, True]
    assert first["id"] in str(again)
    assert second["id"] not in str(again)
    assert text(nothing) == (
        "Nothing was sent: none of the newest changes has undo possible; see drumbeat_list_changes."
    )
