"""What the person who agrees sees, who counts as a person, and how often they are asked."""

from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from starlette.responses import JSONResponse

from server.app import Drumbeat
from server.changes.asking import Person
from server.changes.consent import BLANK, Consent, Consents, Unconfirmed, question
from server.errors import Refusal
from server.request import Caller, Request
from server.settings import Settings
from server.spec import Declaration, Preview, Vendor
from server.state.memory import InProcess
from tests.conftest import Connect, Era, agree, text
from tests.program import Program
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


class Asked:
    """A user who answers as told, and what they were asked."""

    def __init__(self, action: Any, content: dict[str, Any] | None = None, meanwhile: Callable[[], Any] | None = None):
        self.action, self.content, self.meanwhile = action, content, meanwhile
        self.questions: list[ElicitRequestFormParams] = []
        self.open = self.most_open = 0

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await anyio.sleep(0.02)
        if self.meanwhile:
            self.meanwhile()
        self.open -= 1
        return ElicitResult(action=self.action, content=dict(self.content) if self.content else None)


async def new_item(client: Client) -> str:
    made = await client.call_tool("teamoclock_create_action_item", {"team": "platform", "text": "x"})
    return str((made.structured_content or {})["id"])


async def delete(client: Client, number: str) -> str:
    return text(await client.call_tool("teamoclock_delete_action_item", {"action_item_id": number}))


def deletions(vendors: Vendors) -> int:
    return sum(request.method == "DELETE" for request in vendors.sent())


async def outcomes(client: Client) -> list[str]:
    rows = await client.call_tool("drumbeat_list_changes", {"tool": "teamoclock_delete_action_item"})
    return [row["outcome"] for row in (rows.structured_content or {})["items"]]


async def test_the_form_has_nothing_at_its_root_but_its_fields_and_enter_is_a_no(connect: Connect) -> None:
    user = Asked("accept", {"agree": True})
    async with connect(answer=user) as client:
        await delete(client, await new_item(client))
    schema = user.questions[0].requested_schema
    assert set(schema) <= {"type", "properties", "required"}
    assert schema["properties"]["agree"]["default"] is False


@pytest.mark.parametrize("action", ["cancel", "decline", "accept"])
async def test_a_machines_answer_is_not_a_persons(action: str, era: Era, vendors: Vendors) -> None:
    server = Drumbeat(vendors.settings(), vendors.catalogue, person=Person(fastest=60))
    user = Asked(action, {"agree": True})
    async with Program(server, mode=era, cache=None, elicitation_callback=user) as client:
        said = await delete(client, await new_item(client))
        assert await outcomes(client) == ["closed"]
    assert "closed without a person's answer" in said
    assert "DRUMBEAT_CONFIRM=two-step" in said
    assert deletions(vendors) == 0


async def test_a_question_that_is_closed_is_no_refusal(connect: Connect) -> None:
    async with connect(answer=Asked("cancel")) as client:
        said = await delete(client, await new_item(client))
    assert "closed without a person's answer" in said


@pytest.mark.parametrize("named", [False, True])
async def test_a_question_about_what_is_gone_by_the_answer_keeps_nobody_waiting(
    connect: Connect, vendors: Vendors, named: bool
) -> None:
    standing = vendors.app
    tool = "teamoclock_delete_team" if named else "teamoclock_delete_action_item"

    def gone() -> None:
        vendors.app = JSONResponse({"data": []} if named else {}, 200 if named else 404)

    user = Asked("accept", {"agree": True, "name": "Mobile"}, gone)
    async with connect(answer=user) as client:
        item = await new_item(client)
        first = await client.call_tool(tool, {"team": "Mobile"} if named else {"action_item_id": item})
        vendors.app, user.meanwhile = standing, None
        with anyio.fail_after(10):
            second = await delete(client, item)
    assert first.is_error
    assert second == f"Action item {item} deleted."


async def test_nobody_is_waited_for_for_ever(vendors: Vendors) -> None:
    async def silent(context: Any, params: ElicitRequestParams) -> ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError

    server = Drumbeat(vendors.settings(), vendors.catalogue, person=Person(fastest=0, patience=0.05))
    async with Program(server, mode="legacy", cache=None, elicitation_callback=silent) as client:
        assert "closed without a person's answer" in await delete(client, await new_item(client))
    assert deletions(vendors) == 0


async def test_the_third_refusal_of_an_act_ends_the_asking_and_another_act_is_asked(connect: Connect) -> None:
    user = Asked("decline")
    async with connect(answer=user) as client:
        first, second = await new_item(client), await new_item(client)
        said = [await delete(client, first) for _ in range(5)]
        assert len(user.questions) == 3
        assert all("refused this 3 times" in words for words in said[3:])
        await delete(client, second)
    assert len(user.questions) == 4


async def test_refusals_in_parallel_count_and_one_question_is_open_at_a_time(
    connect: Connect, vendors: Vendors
) -> None:
    user = Asked("decline")
    async with connect(answer=user) as client:
        item = await new_item(client)
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(partial(delete, client, item))
    assert len(user.questions) == 3
    assert user.most_open == 1
    assert deletions(vendors) == 0


async def test_what_changed_while_the_user_thought_is_not_deleted_on_the_old_answer(
    connect: Connect, vendors: Vendors
) -> None:
    """Somebody rewords the item between the question and the answer, past Drumbeat."""
    reworded = False

    async def item_changes(client: Client, number: str) -> None:
        await client.call_tool("teamoclock_update_action_item", {"action_item_id": number, "text": "Other words"})

    async with connect() as other:
        number = await new_item(other)

        async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
            nonlocal reworded
            if not reworded:
                reworded = True
                await item_changes(other, number)
                return await agree(context, params)
            return ElicitResult(action="decline")

        async with connect(answer=answer) as client:
            said = await delete(client, number)
    assert "Nothing was changed" in said
    assert deletions(vendors) == 0


async def test_neither_a_restart_nor_another_name_renews_the_limit(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings(DRUMBEAT_DESTRUCTIVE_PER_MINUTE="2")
    for _ in range(2):
        async with connect(settings) as client:
            await delete(client, await new_item(client))
    async with connect(settings) as client:
        said = await delete(client, await new_item(client))
    assert "2 destructive actions in a minute is the limit" in said
    assert deletions(vendors) == 2


async def _noop(api: Any) -> Any: ...


def tool(*, type_the_name: bool = False) -> Declaration:
    vendor = Vendor("acme", "Acme", "", (), (), object, "")

    async def preview(api: Any) -> Preview:
        return Preview(what="x", name="x")

    vendor.toolset("x", "x").destructive(preview, type_the_name=type_the_name)(_noop)
    return vendor.tool("_noop")


def test_a_question_has_a_bound_and_says_what_cannot_be_undone() -> None:
    long = question(tool(type_the_name=True), Preview(what="n" * 9000, name="N" * 9000, lost="its notes"), {"id": "7"})
    assert len(long) < 1500
    assert "Cannot be undone: its notes." in long
    assert long.endswith("type its name: 7")


@pytest.mark.parametrize("name", ["", " ", BLANK, "\u200b\u2060", "\u3164"])
def test_where_a_name_shows_nothing_the_id_is_typed(name: str) -> None:
    shown = question(tool(type_the_name=True), Preview(what="Team", name=name), {"team": "t-7"})
    assert shown.endswith("type its name: t-7")


async def test_a_token_is_its_callers_and_expires() -> None:
    now = 0.0
    settings = Settings.model_validate({"DRUMBEAT_CONFIRM": "two-step"})
    consents = Consents(settings, InProcess(clock=lambda: now))
    mine, yours = (Request(caller=Caller(principal=name)) for name in ("me", "you"))
    shown = Preview(what="Team", name="Team")

    async def token() -> str:
        first = await consents.obtain(tool(), {}, shown, mine, None)
        assert isinstance(first, Unconfirmed)
        assert "Nothing is done yet. Show the user the preview" in first.next
        return first.confirmation_token

    good = await token()
    with pytest.raises(Refusal, match="never given out"):
        await consents.obtain(tool(), {}, shown, yours, good)
    assert isinstance(await consents.obtain(tool(), {}, shown, mine, good), Consent)
    late = await token()
    now = 601.0
    with pytest.raises(Refusal, match="has expired"):
        await consents.obtain(tool(), {}, shown, mine, late)
