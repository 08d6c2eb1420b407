"""Callers that share a vendor's limit take turns: on a virtual clock (trio), so that minutes pass at once."""

from collections import Counter
from typing import Any

import anyio
import httpx
import pytest
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from server.http import Limits, Rate
from server.http.limits import Limiter, TooBusy
from server.http.outgoing import Outgoing
from server.http.turns import Turns
from tests.server.test_reliability import connection
from tests.thorough import examples

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    return ("trio", {"clock": trio.testing.MockClock(autojump_threshold=0)})


async def asleep() -> None:
    """Return when all others wait."""
    await trio.testing.wait_all_tasks_blocked()


async def admitted(limiter: Limiter, callers: str, patience: float = 1000.0) -> list[tuple[str, float]]:
    """Who was let in, and after how long, of these who come one after the other at the same moment."""
    began, found = anyio.current_time(), list[tuple[str, float]]()

    async def ask(caller: str) -> None:
        try:
            await limiter.admit(patience, anyio.sleep, caller)
        except TooBusy:
            caller = caller.upper()
        found.append((caller, anyio.current_time() - began))

    async with anyio.create_task_group() as tasks:
        for caller in callers:
            tasks.start_soon(ask, caller)
            await asleep()
    return found


async def test_who_has_one_call_waits_one_turn_and_not_for_all_of_who_has_many() -> None:
    order = await admitted(Limiter(Rate(1, 10)), "aaaaaabc")
    # The first is through, and the second waits for a slot that is promised to it.
    assert "".join(caller for caller, _ in order) == "aaabcaaa"
    assert [seconds for _, seconds in order] == [10.0 * number for number in range(8)]


async def test_each_callers_own_calls_go_as_they_came() -> None:
    limiter, left = Limiter(Rate(1, 10)), list[str]()

    async def ask(name: str) -> None:
        await limiter.admit(1000, anyio.sleep, name[0])
        left.append(name)

    async with anyio.create_task_group() as tasks:
        for name in ["a0", "a1", "a2", "b0", "a3", "b1", "b2", "a4"]:
            tasks.start_soon(ask, name)
            await asleep()
    assert left == ["a0", "a1", "a2", "b0", "a3", "b1", "a4", "b2"]


async def test_who_cannot_come_in_time_is_told_as_soon_as_that_is_clear_and_others_still_come() -> None:
    limiter = Limiter(Rate(1, 10))
    found = await admitted(limiter, "aaaaaaab", patience=35.0)
    assert [(caller, seconds) for caller, seconds in found if caller == "A"] == [("A", 0.0)] * 3 + [("A", 30.0)]
    assert ("b", 30.0) in found
    assert [caller for caller, _ in await admitted(limiter, "a", patience=10.0)] == ["a"]


async def test_who_is_not_there_any_more_holds_nobody_up() -> None:
    limiter = Limiter(Rate(1, 10))
    async with anyio.create_task_group() as gone:
        for _ in range(4):
            gone.start_soon(limiter.admit, 1000.0, anyio.sleep, "a")
            await asleep()
        gone.cancel_scope.cancel()
    assert await admitted(limiter, "ab") == [("a", 10.0), ("b", 20.0)]


async def test_who_gives_up_leaves_their_turn_to_the_next_of_their_own() -> None:
    limiter, order = Limiter(Rate(1, 10)), list[str]()

    async def ask(name: str, ready_to_wait: float = 1000.0) -> None:
        with anyio.move_on_after(ready_to_wait):
            await limiter.admit(1000, anyio.sleep, name[0])
            order.append(name)

    async with anyio.create_task_group() as tasks:
        for name in ["a0", "a1", *(f"b{number}" for number in range(8))]:
            tasks.start_soon(ask, name)
            await asleep()
        for number in range(2, 6):
            tasks.start_soon(ask, f"a{number}", 1.0)
            await asleep()
        tasks.start_soon(ask, "a6")
    assert order[:5] == ["a0", "a1", "b0", "a6", "b1"]


async def test_who_burns_a_whole_window_leaves_a_quarter_of_it_to_who_was_there_lately() -> None:
    limiter = Limiter(Rate(20, 60))
    assert [seconds for _, seconds in await admitted(limiter, "a" * 20)] == [0.0] * 20  # alone, they may have all
    await anyio.sleep(100)
    await admitted(limiter, "b")
    order = await admitted(limiter, "a" * 30 + "b" * 5)
    assert [(caller, seconds) for caller, seconds in order if seconds == 0.0] == [("a", 0.0)] * 15 + [("b", 0.0)] * 4
    assert [seconds for caller, seconds in order if caller == "a"][15:] == [60.0] * 15
    await anyio.sleep(700)
    assert [seconds for _, seconds in await admitted(limiter, "a" * 20)] == [0.0] * 20


async def test_who_leaves_the_rest_to_others_is_told_how_long_where_that_is_too_long() -> None:
    limiter = Limiter(Rate(20, 60))
    await admitted(limiter, "b" + "a" * 15)
    with pytest.raises(TooBusy, match="60 s"):
        await limiter.admit(50.0, anyio.sleep, "a")
    assert await admitted(limiter, "bb", patience=0.0) == [("b", 0.0)] * 2


ASKS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=12)


def expected(calls: int, asks: list[tuple[str, int]]) -> list[tuple[str, bool]]:
    """Who of these is let in, all in one moment."""
    had, found = Counter[str](), list[tuple[str, bool]]()
    for caller in "".join(caller * many for caller, many in asks):
        had[caller] += 0
        comes = had.total() < calls and (len(had) == 1 or had[caller] < calls - calls // 4)
        had[caller] += comes
        found.append((caller, comes))
    return found


def test_a_caller_has_no_more_than_three_quarters_of_a_window_that_others_want_some_of() -> None:
    @examples(25)
    @given(ASKS, st.integers(1, 24))
    def check(asks: list[tuple[str, int]], calls: int) -> None:
        found: list[tuple[str, bool]] = []

        async def run() -> None:
            limiter = Limiter(Rate(calls, 60))
            for caller, _ in expected(calls, asks):
                try:
                    await limiter.admit(0.0, anyio.sleep, caller)
                    found.append((caller, True))
                except TooBusy:
                    found.append((caller, False))

        trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
        assert found == expected(calls, asks)

    check()


async def test_who_does_not_listen_while_waiting_holds_nobody_up() -> None:
    limiter, came = Limiter(Rate(1, 10)), list[float]()

    async def deaf(seconds: float) -> None:
        await anyio.sleep_forever()

    async def ask() -> None:
        await limiter.admit(1000, deaf, "a")
        came.append(anyio.current_time() - began)

    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
    assert came == [0.0, 10.0, 20.0]


async def test_places_at_a_vendor_are_taken_in_turn_as_well() -> None:
    asked: list[str] = []

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path[1])
        await anyio.sleep(1)
        return httpx.Response(200, json={})

    kept = connection(slow, Limits(concurrency=2))

    async def ask(name: str) -> None:
        await kept.send(Outgoing("GET", f"https://vendor.example/{name}", endpoint="/x", caller=name[0]), reads=True)

    async with anyio.create_task_group() as tasks:
        for name in [*(f"a{number}" for number in range(20)), "b"]:
            tasks.start_soon(ask, name)
            await asleep()
    assert asked.index("b") <= 3
    assert Counter(asked) == {"a": 20, "b": 1}


def test_who_need_not_wait_is_not_told_of_waiting() -> None:
    """By the real clock, which goes on between one look at it and the next."""
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def run() -> None:
        limiters = [Limiter(Rate(5000, 3600)), Limiter(None)]
        for limiter in limiters:
            for _ in range(100):
                await limiter.admit(45.0, wait)

    anyio.run(run)
    assert waits == []


CALLS = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5), st.none() | st.floats(0, 30)), max_size=30)


def test_nobody_is_passed_again_and_again_and_no_place_is_lost() -> None:
    @examples(25)
    @given(CALLS, st.integers(1, 3))
    def check(calls: list[tuple[str, float, float | None]], places: int) -> None:
        turns, passed = Turns(places), dict[int, Counter[str]]()

        async def work(number: int, caller: str, patience: float | None) -> None:
            own = sum(calls[other][0] == caller for other in passed)
            passed[number] = Counter()
            with anyio.move_on_after(patience):
                await turns.enter(caller)
                mine = passed.pop(number)
                # A turn for each of its own before it and one for itself, whoever gives up meanwhile.
                limit = own + places + 1
                assert all(many <= limit for other, many in mine.items() if other != caller)
                for others in passed.values():
                    others[caller] += 1
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(3)
                turns.leave()
            passed.pop(number, None)

        async def run() -> None:
            async with anyio.create_task_group() as tasks:
                for number, (caller, pause, patience) in enumerate(calls):
                    await anyio.sleep(pause)
                    tasks.start_soon(work, number, caller, patience)

        trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
        assert turns.ahead("d") == 0
        assert [turns.enter_at_once() for _ in range(places + 1)] == [True] * places + [False]

    check()
