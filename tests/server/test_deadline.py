"""No call lasts over 55 seconds, however slow a vendor is and whatever it waits for: on a virtual clock (trio)."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
import httpx
import pytest
import trio.testing

from server.app import Drumbeat
from server.catalogue import Catalogue
from server.connections import Connections
from server.errors import Failure
from server.request import Form, Request
from server.sandbox import sandbox
from server.settings import load
from tests.tools.requests import Row
from tests.tools.test_requests import ROWS
from tests.vendors import TODAY

pytestmark = pytest.mark.anyio
LONGEST = 55
Answering = Callable[[httpx.Request, httpx.ASGITransport], Awaitable[httpx.Response]]


@pytest.fixture
def anyio_backend() -> Any:
    # Not at once, so that what is done in a thread is done before the clock jumps.
    return ("trio", {"clock": trio.testing.MockClock(autojump_threshold=0.005)})


class Slow(httpx.AsyncBaseTransport):
    """The stand-ins behind a line on which each request takes its time."""

    def __init__(self, catalogue: Catalogue, answering: Answering) -> None:
        self._inner = httpx.ASGITransport(sandbox(catalogue.vendors, TODAY))
        self.answering = answering
        self.requests: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        return await self.answering(request, self._inner)


def seconds(each: float) -> Answering:
    async def answer(request: httpx.Request, inner: httpx.ASGITransport) -> httpx.Response:
        await anyio.sleep(each)
        return await inner.handle_async_request(request)

    return answer


async def limited(request: httpx.Request, inner: httpx.ASGITransport) -> httpx.Response:
    """Every request comes too soon."""
    await anyio.sleep(1)
    return httpx.Response(429, headers={"Retry-After": "20"}, json={"errors": [{"message": "Too many."}]})


class Server:
    """A server in this process, its vendors behind a slow line."""

    def __init__(self, catalogue: Catalogue, answering: Answering, **environment: str) -> None:
        settings = load({"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_CONFIRM": "never", **environment}, catalogue.vendors)
        self.line = Slow(catalogue, answering)
        connections = Connections(settings, catalogue.vendors, transport=self.line)
        self._server = Drumbeat(settings, catalogue, connections=connections)
        self._tools = {entry.name: entry for entry in catalogue.tools}

    async def call(self, tool: str, arguments: dict[str, Any], request: Request | None = None) -> str:
        """What a call says, success or not."""
        try:
            return (await self._server.calls.run(self._tools[tool], arguments, request or Request())).whole()
        except Failure as failure:
            return str(failure)


@contextmanager
def at_most(longest: float) -> Iterator[None]:
    began = anyio.current_time()
    yield
    assert anyio.current_time() - began <= longest


EVERY = list({row.tool: row for row in ROWS}.values())


@pytest.mark.parametrize(
    ("rows", "answering"),
    [(EVERY[::2], seconds(14)), (EVERY[::6], seconds(29)), (EVERY[::6], limited)],
    ids=["14 s", "29 s", "limited"],
)
async def test_every_tool_keeps_to_it(rows: list[Row], answering: Answering, catalogue: Catalogue) -> None:
    for row in rows:
        server = Server(catalogue, answering)
        with at_most(LONGEST):
            await server.call(row.tool, row.arguments)


RUN: dict[str, Any] = {"project": "payments-service", "pipeline_id": "32", "branch": "main", "wait": True}


@pytest.mark.parametrize("each", [1, 9, 14, 20])
async def test_following_a_pipeline_keeps_to_it_and_says_how_to_go_on(each: float, catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(each))
    with at_most(LONGEST):
        said = await server.call("buddy_run_pipeline", RUN)
    assert "buddy_get_execution" in said or "SUCCESSFUL" in said
    assert len([line for line in server.line.requests if line.startswith("POST")]) == 1


async def test_what_a_gateway_calls_has_no_time_of_its_own(catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(20))
    with at_most(LONGEST):
        said = await server.call("drumbeat_act", {"tool": "buddy_run_pipeline", "arguments": RUN})
    assert "buddy_get_execution" in said


async def test_names_are_looked_up_in_the_time_of_the_call_that_needs_them(catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(28))
    with at_most(LONGEST):
        said = await server.call("linearb_list_deployments", {"repository_id": "payments-service", "limit": 100})
    assert "within the time that a call has" in said
    assert len(server.line.requests) < 4


async def test_taking_a_change_back_keeps_to_it(catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(1))
    await server.call("teamoclock_update_team", {"team": "platform", "name": "Platform!"})
    changes = await server.call("drumbeat_list_changes", {})
    change_id = next(word for word in changes.replace(",", " ").split() if word.startswith("c") and len(word) > 8)
    server.line.answering = seconds(18)
    with at_most(LONGEST):
        await server.call("drumbeat_undo_change", {"change_id": change_id})


@dataclass(frozen=True)
class Thinker:
    """A person who thinks for a while, and agrees."""

    thinks: float
    waits = True
    continues = False

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        await anyio.sleep(self.thinks)
        return form.model_validate({"agree": True})


ITEM = {"action_item_id": "A1"}


@pytest.mark.parametrize("thinks", [5, 300])
async def test_only_the_time_in_which_a_person_thinks_is_left_out(thinks: float, catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(14), DRUMBEAT_CONFIRM="ask")
    with at_most(LONGEST + thinks):
        said = await server.call("teamoclock_delete_action_item", ITEM, Request(ask=Thinker(thinks)))
    assert len(server.line.requests) == 3  # as it is, as it still is, and its end
    assert "Nothing was changed" not in said


async def test_who_waits_for_anothers_question_keeps_time_for_the_act(catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(1), DRUMBEAT_CONFIRM="ask")
    first, second = Request(ask=Thinker(8)), Request(ask=Thinker(1))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.call, "teamoclock_delete_action_item", ITEM, first)
        await anyio.sleep(2)
        with at_most(LONGEST):
            said = await server.call("teamoclock_delete_action_item", {"action_item_id": "A2"}, second)
    assert "Nothing was changed" not in said


async def test_a_question_that_stays_open_does_not_hold_up_others_for_long(catalogue: Catalogue) -> None:
    server = Server(catalogue, seconds(1), DRUMBEAT_CONFIRM="ask")
    first = Request(ask=Thinker(300))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.call, "teamoclock_delete_action_item", ITEM, first)
        await anyio.sleep(2)
        with at_most(35):
            other = replace(first, ask=Thinker(1), deadline=type(first.deadline)())
            said = await server.call("teamoclock_delete_action_item", {"action_item_id": "A2"}, other)
        tasks.cancel_scope.cancel()
    assert "another question to the user is open" in said
