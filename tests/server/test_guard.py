"""A destructive call acts only after a person has agreed, once, to exactly what they were shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from mcp_types import (
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    RequestParamsMeta,
)

from tests.client import new_retro
from tests.conftest import Connect, agree, decline, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
DRY_RUN = cast("RequestParamsMeta", {"drumbeat/dry-run": True})


def deletions(vendors: Vendors) -> list[str]:
    return [request.target for request in vendors.requests if request.method == "DELETE"]


def answering(action: Any, content: Mapping[str, Any] | None = None) -> tuple[Any, list[ElicitRequestFormParams]]:
    """A user who always answers the same, and the questions they were asked."""
    asked: list[ElicitRequestFormParams] = []

    async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        asked.append(params)
        return ElicitResult(action=action, content=dict(content) if content is not None else None)

    return answer, asked


async def test_user_is_shown_what_goes_away_and_what_cannot_come_back(connect: Connect, vendors: Vendors) -> None:
    answer, asked = answering("accept", {"agree": True})
    async with connect(answer=answer) as client:
        retro = await new_retro(client)
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
    assert not result.is_error
    assert deletions(vendors) == [f"/retro/{retro}"]
    assert len(asked) == 1
    assert retro in asked[0].message
    assert "Platform" in asked[0].message
    assert "Cannot be undone" in asked[0].message


@pytest.mark.parametrize(
    ("action", "content"),
    [
        ("decline", None),
        ("cancel", None),
        ("accept", {"agree": False}),
        ("accept", {}),
        ("accept", {"agree": "maybe"}),
        ("accept", None),
    ],
)
async def test_any_answer_but_yes_changes_nothing_and_says_so(
    action: str, content: dict[str, Any] | None, connect: Connect, vendors: Vendors
) -> None:
    answer, _ = answering(action, content)
    async with connect(answer=answer) as client:
        retro = await new_retro(client)
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
    assert result.is_error
    assert result.structured_content is None
    assert text(result).startswith("Nothing was changed")
    assert deletions(vendors) == []


async def test_client_that_cannot_ask_is_refused_with_the_way_out(connect: Connect, vendors: Vendors) -> None:
    async with connect(answer=None) as client:
        retro = await new_retro(client)
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
    assert result.is_error
    assert "DRUMBEAT_CONFIRM=two-step" in text(result)
    assert deletions(vendors) == []


async def test_model_cannot_agree_for_the_user(connect: Connect, vendors: Vendors) -> None:
    async with connect(answer=decline) as client:
        retro = await new_retro(client)
        for extra in ({"confirm": True}, {"agree": True}, {"confirmation_token": "x"}):
            result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro, **extra})
            assert result.is_error
    assert deletions(vendors) == []


async def test_missing_object_is_said_and_nobody_is_asked(connect: Connect, vendors: Vendors) -> None:
    answer, asked = answering("accept", {"agree": True})
    async with connect(answer=answer) as client:
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": "r-gone"})
    assert result.is_error
    assert "there is no such thing" in text(result)
    assert asked == []
    assert deletions(vendors) == []


@pytest.mark.parametrize(
    ("typed", "deleted"), [("Platform", True), (" Platform ", True), ("platform", False), ("", False)]
)
async def test_far_reaching_call_wants_the_name_typed(
    typed: str, deleted: bool, connect: Connect, vendors: Vendors
) -> None:
    answer, asked = answering("accept", {"name": typed})
    async with connect(answer=answer) as client:
        result = await client.call_tool("teamoclock_delete_team", {"team": "platform"})
    assert asked[0].message.endswith("type its name: Platform")
    assert (not result.is_error) is deleted
    assert bool(deletions(vendors)) is deleted


async def test_agreement_does_not_work_twice(vendors: Vendors, connect: Connect, era: str) -> None:
    """Only modern clients hold a state that could be replayed; the SDK itself would accept it again."""
    if era == "legacy":
        return
    async with connect(answer=agree) as client:
        retro, other = await new_retro(client), await new_retro(client)
        call = {"retro_id": retro}
        asked = await client.session.call_tool("teamoclock_delete_retro", call, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        answers = {"consent": ElicitResult(action="accept", content={"agree": True})}
        replay: dict[str, Any] = {"input_responses": answers, "request_state": asked.request_state}
        first = await client.session.call_tool("teamoclock_delete_retro", call, **replay)
        assert not first.is_error
        again = await client.session.call_tool("teamoclock_delete_retro", call, **replay)
        assert again.is_error
        elsewhere = client.session.call_tool("teamoclock_delete_retro", {"retro_id": other}, **replay)
        with pytest.raises(Exception, match="requestState"):
            await elsewhere
    assert deletions(vendors) == [f"/retro/{retro}"]


async def test_more_than_the_limit_in_a_minute_is_refused(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_DESTRUCTIVE_PER_MINUTE="2", DRUMBEAT_CONFIRM="never")
    async with connect(settings) as client:
        results = []
        for _ in range(3):
            retro = await new_retro(client)
            results.append(await client.call_tool("teamoclock_delete_retro", {"retro_id": retro}))
    assert [result.is_error for result in results] == [False, False, True]
    assert "2 destructive actions in a minute is the limit" in text(results[2])
    assert len(deletions(vendors)) == 2


async def test_more_than_the_limit_in_a_session_is_refused(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_DESTRUCTIVE_PER_SESSION="1", DRUMBEAT_CONFIRM="never")
    async with connect(settings) as client:
        for refused in (False, True):
            retro = await new_retro(client)
            result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
            assert result.is_error is refused
    assert "DRUMBEAT_DESTRUCTIVE_PER_SESSION" in text(result)


class TestTwoStep:
    """For clients that cannot ask: a preview and a token first."""

    async def test_first_call_previews_and_second_acts(self, connect: Connect, vendors: Vendors) -> None:
        async with connect(vendors.settings(DRUMBEAT_CONFIRM="two-step"), answer=None) as client:
            retro = await new_retro(client)
            preview = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
            assert deletions(vendors) == []
            token = (preview.structured_content or {})["confirmation_token"]
            assert token in text(preview)
            assert retro in text(preview)
            done = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro, "confirmation_token": token})
            assert not done.is_error
            vendors.requests.clear()
            again = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro, "confirmation_token": token})
        assert again.is_error
        assert deletions(vendors) == []

    async def test_token_is_bound_to_its_arguments(self, connect: Connect, vendors: Vendors) -> None:
        async with connect(vendors.settings(DRUMBEAT_CONFIRM="two-step"), answer=None) as client:
            one, other = await new_retro(client), await new_retro(client)
            preview = await client.call_tool("teamoclock_delete_retro", {"retro_id": one})
            token = (preview.structured_content or {})["confirmation_token"]
            result = await client.call_tool("teamoclock_delete_retro", {"retro_id": other, "confirmation_token": token})
            made_up = await client.call_tool("teamoclock_delete_retro", {"retro_id": one, "confirmation_token": "x"})
        assert "given for other arguments" in text(result)
        assert "never given out" in text(made_up)
        assert deletions(vendors) == []

    async def test_token_argument_is_listed_in_this_mode_only(self, connect: Connect, vendors: Vendors) -> None:
        for mode, listed in (("two-step", True), ("ask", False), ("never", False)):
            async with connect(vendors.settings(DRUMBEAT_CONFIRM=mode, DRUMBEAT_TOOLSETS="all")) as client:
                tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert ("confirmation_token" in tools["teamoclock_delete_retro"].input_schema["properties"]) is listed
            assert "confirmation_token" not in tools["teamoclock_get_retro"].input_schema["properties"]


async def test_never_acts_at_once(connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings(DRUMBEAT_CONFIRM="never"), answer=None) as client:
        retro = await new_retro(client)
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": retro})
    assert not result.is_error
    assert deletions(vendors) == [f"/retro/{retro}"]


@pytest.mark.parametrize("access", ["read", "write"])
async def test_below_its_level_a_tool_does_not_exist(access: str, connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings(DRUMBEAT_ACCESS=access, DRUMBEAT_TOOLSETS="all")) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("teamoclock_delete_retro", {"retro_id": "r1"})
        undo = await client.call_tool("drumbeat_undo_change", {"change_id": "x"})
    assert "teamoclock_get_retro" in names
    assert ("teamoclock_create_retro" in names) is (access == "write")
    assert "teamoclock_delete_retro" not in names
    assert result.is_error
    assert undo.is_error
    assert vendors.requests == []


async def test_dry_run_shows_the_request_and_sends_nothing(connect: Connect, vendors: Vendors) -> None:
    async with connect(answer=None) as client:
        created = await client.call_tool("teamoclock_create_retro", {"team": "platform"}, meta=DRY_RUN)
        deleted = await client.call_tool("teamoclock_delete_timeline_record", {"record_id": "r 1"}, meta=DRY_RUN)
    url = f"{vendors.url}/teamoclock"
    assert created.structured_content == {
        "would_send": f"POST {url}/retro",
        "body": '{"data": {"team": {"slug": "platform"}}}',
    }
    assert deleted.structured_content == {"would_send": f"DELETE {url}/timeline/r%201"}
    assert text(deleted) == f"Not sent, as this is a dry run:\nDELETE {url}/timeline/r%201"
    assert vendors.requests == []


async def test_dry_run_and_journal_mask_what_is_secret(connect: Connect, vendors: Vendors, tmp_path: Path) -> None:
    variable = {"key": "COLOUR", "value": "tell-nobody", "type": "VAR", "encrypted": True}
    passed = {"project": "infra", "pipeline_id": "22", "variables": [{"key": "K", "value": "tell-nobody"}]}
    async with connect(vendors.settings(DRUMBEAT_JOURNAL=str(tmp_path))) as client:
        for tool, arguments in (("buddy_create_variable", variable), ("buddy_run_pipeline", passed)):
            shown = await client.call_tool(tool, arguments, meta=DRY_RUN)
            assert "********" in text(shown)
            assert "tell-nobody" not in str(shown)
            assert vendors.requests == []
            await client.call_tool(tool, arguments)
            assert b"tell-nobody" in vendors.requests[-1].raw
            vendors.requests.clear()
    assert "tell-nobody" not in (tmp_path / "journal.jsonl").read_text()
    assert "COLOUR" in (tmp_path / "journal.jsonl").read_text()


async def test_write_access_reaches_unlisted_writes_and_nothing_destructive(connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings(DRUMBEAT_ACCESS="write")) as client:
        act = {tool.name: tool for tool in (await client.list_tools()).tools}["drumbeat_act"]
        assert act.annotations
        assert act.annotations.destructive_hint is False
        made = await client.call_tool(
            "drumbeat_act", {"tool": "teamoclock_create_standup", "arguments": {"team": "mobile"}}
        )
        deleted = await client.call_tool(
            "drumbeat_act", {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": "x"}}
        )
    assert not made.is_error
    assert deleted.is_error
    assert deletions(vendors) == []


async def test_two_step_works_through_the_caller(connect: Connect, vendors: Vendors) -> None:
    async with connect(vendors.settings(DRUMBEAT_CONFIRM="two-step"), answer=None) as client:
        retro = await new_retro(client)
        call: dict[str, Any] = {"tool": "teamoclock_delete_retro", "arguments": {"retro_id": retro}}
        preview = await client.call_tool("drumbeat_act", call)
        assert deletions(vendors) == []
        call["arguments"]["confirmation_token"] = (preview.structured_content or {})["confirmation_token"]
        assert not (await client.call_tool("drumbeat_act", call)).is_error
    assert deletions(vendors) == [f"/retro/{retro}"]
