"""All vendors are asked at once; each that does not answer is named, and nothing is left running."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from server.connections import Connections
from server.declare import Apis, Failure, Refusal, VendorError
from server.request import Request
from server.settings import Settings
from tests.vendors import Vendors
from tools.insights.gather import NotThere, ask_all
from tools.insights.vendors import APIS

pytestmark = pytest.mark.anyio
Question = Callable[[Any], Awaitable[str]]


def apis(vendors: Vendors, off: str = "", request: Request | None = None) -> Apis:
    settings: Settings = vendors.settings()
    on = {name: one for name, one in settings.vendors.items() if name != off}
    entry = next(entry for entry in vendors.catalogue.tools if entry.name == "insights_get_team")
    connections = Connections(settings.model_copy(update={"vendors": on}), vendors.catalogue.vendors)
    found = connections.api(entry, request or Request())
    assert isinstance(found, Apis)
    return found


async def answers(api: Any) -> str:
    return str(type(api).__name__)


def raises(error: Exception) -> Question:
    async def question(_: Any) -> str:
        raise error

    return question


async def hangs(_: Any) -> str:
    await anyio.sleep_forever()
    raise AssertionError


async def test_each_is_given_its_own_api_and_the_order_is_that_of_the_questions(vendors: Vendors) -> None:
    found = await ask_all(apis(vendors), dict.fromkeys(APIS, answers))
    assert list(found.answers.items()) == [(name, kind.__name__) for name, kind in APIS.items()]
    assert found.notes == []


async def test_who_does_not_answer_is_named_and_the_rest_answers(vendors: Vendors) -> None:
    questions: dict[str, Question] = {
        "oobeya": answers,
        "linearb": raises(VendorError("LinearB answered 500.", status=500)),
        "haystack": raises(NotThere("no team 'x'")),
        "buddy": raises(ZeroDivisionError()),
        "teamoclock": answers,
    }
    found = await ask_all(apis(vendors, off="teamoclock"), questions)
    assert found.answers == {"oobeya": "Oobeya"}
    assert {name: why.kind for name, why in found.missing.items()} == {
        "linearb": "failed",
        "haystack": "unknown",
        "buddy": "unreadable",
        "teamoclock": "off",
    }
    assert found.notes == [
        "LinearB answered 500",
        "Haystack: no team 'x'",
        "Buddy answered something that Drumbeat cannot make sense of",
        "Team O'clock is not configured",
    ]


async def test_one_that_hangs_is_given_up(vendors: Vendors) -> None:
    found = await ask_all(apis(vendors), {"oobeya": hangs, "linearb": answers}, within=0)
    assert found.answers == {"linearb": "LinearB"}
    assert found.missing["oobeya"].kind == "late"


async def test_where_nobody_answers_it_is_a_failure_with_all_reasons(vendors: Vendors) -> None:
    broken = VendorError("LinearB answered 500.")
    with pytest.raises(Failure, match=r"No vendor could answer\. Oobeya: no\. LinearB answered 500\."):
        await ask_all(apis(vendors), {"oobeya": raises(Refusal("no")), "linearb": raises(broken)})
    with pytest.raises(Refusal, match=r"Nothing to show\. Oobeya: no such team"):
        await ask_all(apis(vendors), {"oobeya": raises(NotThere("no such team"))})
    with pytest.raises(Refusal, match="none of Oobeya is configured"):
        await ask_all(apis(vendors, off="oobeya"), {"oobeya": answers})


async def test_a_cancelled_call_leaves_nothing_running(vendors: Vendors) -> None:
    running: set[str] = set()
    all_run = anyio.Event()

    async def runs(api: Any) -> str:
        name = type(api).__name__
        running.add(name)
        if len(running) == len(APIS):
            all_run.set()
        try:
            return await hangs(api)
        finally:
            running.discard(name)

    async with anyio.create_task_group() as group:
        group.start_soon(ask_all, apis(vendors), dict.fromkeys(APIS, runs))
        await all_run.wait()
        group.cancel_scope.cancel()
    assert running == set()


async def test_progress_only_rises_whatever_the_vendors_are_waited_for(vendors: Vendors) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async def waits(api: Any) -> str:
        await api.report(40, 60, "rate limit: 20 s to go")
        await api.report(5, 60, "rate limit: 55 s to go")
        return ""

    await ask_all(apis(vendors, request=Request(report=report)), {"oobeya": waits, "linearb": answers})
    done = [one for one, _, _ in told]
    assert done == sorted(set(done))
    assert told[-1][:2] == (2, 2)
    assert told[-1][2] == "2 of 2 vendors: all have answered"
