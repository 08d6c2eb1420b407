"""Two servers that share a Redis behave as one; without it they read on and change nothing."""

import re
from contextlib import suppress
from itertools import pairwise
from secrets import token_hex
from time import monotonic

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from redis import Redis as SyncRedis
from starlette.types import Receive, Scope, Send

from server.answers.budget import Results
from server.answers.shelf import Shelf
from server.app import Drumbeat
from server.changes.asking import Person
from server.errors import Refusal, Unreachable
from server.http import Place, Rate
from server.http.cache import Cache
from server.http.limits import Limiter, TooBusy
from server.http.response import Response
from server.http.shares import lately, most_of_one
from server.state.redis import Redis
from tests.client import done
from tests.conftest import Era, agree, text
from tests.program import Program
from tests.replicas.conftest import Server
from tests.server.test_fairness import ASKS, expected
from tests.thorough import examples
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
RETRO = "r204c36ysi7z01"


def server(vendors: Vendors, redis: Server, **environment: str) -> Drumbeat:
    settings = vendors.settings(DRUMBEAT_REDIS_URL=redis.url, DRUMBEAT_TOOLSETS="default,teamoclock", **environment)
    return Drumbeat(settings, vendors.catalogue, person=Person(fastest=0))


def client(server: Drumbeat, era: Era = "auto") -> Client:
    return Program(server, mode=era, cache=None, elicitation_callback=agree)


async def test_a_token_that_one_gave_out_is_redeemed_once_through_another(vendors: Vendors, redis: Server) -> None:
    two_step = {"DRUMBEAT_CONFIRM": "two-step"}
    async with client(server(vendors, redis, **two_step)) as one, client(server(vendors, redis, **two_step)) as two:
        preview = await done(one, "teamoclock_delete_retro", retro_id=RETRO)
        agreed = {"retro_id": RETRO, "confirmation_token": preview["confirmation_token"]}
        await done(two, "teamoclock_delete_retro", **agreed)
        again = await one.call_tool("teamoclock_delete_retro", agreed)
    assert again.is_error
    assert [request.method for request in vendors.sent()].count("DELETE") == 1


async def test_what_one_read_another_does_not_ask_for_and_what_one_changed_another_sees(
    vendors: Vendors, redis: Server
) -> None:
    async with client(server(vendors, redis)) as one, client(server(vendors, redis)) as two:
        before = text(await one.call_tool("teamoclock_list_action_items"))
        assert "◆ Cached" in text(await two.call_tool("teamoclock_list_action_items"))
        assert len(vendors.sent()) == 1
        await done(two, "teamoclock_create_action_item", team="platform", text="Seen by both")
        after = text(await one.call_tool("teamoclock_list_action_items"))
    assert "Seen by both" not in before
    assert "Seen by both" in after


async def test_many_who_read_at_once_ask_redis_together_and_none_is_told_what_was_before_it_asked(
    redis: Server,
) -> None:
    one, two = Redis(redis.url), Redis(redis.url)
    asked, read = 0, list[bytes]()

    class Counted(Place):
        async def edition(self) -> str | None:
            nonlocal asked
            asked += 1
            return await super().edition()

    cache, other = Cache(60.0, place=Counted(one, "v", 2)), Cache(60.0, place=Place(two, "v", 2))
    content = b"before"

    async def load() -> Response:
        return Response(200, httpx.Headers(), content)

    async def fetch() -> None:
        read.append((await cache.fetch("x", load, fresh=False)).response.content)

    def thirty(tasks: anyio.abc.TaskGroup) -> None:
        for _ in range(30):
            tasks.start_soon(fetch)

    await fetch()
    asked = 0
    async with anyio.create_task_group() as tasks:
        thirty(tasks)
    assert (asked, read) == (2, [b"before"] * 31)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cache.look)  # is under way when the change comes
        await anyio.lowlevel.checkpoint()
        content = b"after"
        await other.outdate()
        thirty(tasks)
    assert read[31:] == [b"after"] * 30
    await one.aclose()
    await two.aclose()


async def test_a_vendors_rate_is_kept_by_both_together(redis: Server) -> None:
    one, two = Redis(redis.url), Redis(redis.url)
    waits = [await each.slot("haystack", 20, 3600.0, 60.0) for _ in range(15) for each in (one, two)]
    assert sum(slot is not None for slot, _ in waits) == 20
    assert all(3000 < seconds <= 3601 for slot, seconds in waits if slot is None)
    number, _ = waits[0]
    assert number
    await one.give_back("haystack", number)
    assert (await two.slot("haystack", 20, 3600.0, 60.0))[0]
    await two.close("haystack", 7200.0)
    assert (await one.slot("haystack", 20, 3600.0, 60.0))[1] > 6000
    await one.aclose()
    await two.aclose()


async def test_slots_in_the_future_are_taken_in_turn_and_no_window_holds_too_many(redis: Server) -> None:
    state, began = Redis(redis.url), monotonic()
    slots = [(await state.slot("v", 5, 1000.0, 9000.0), monotonic() - began) for _ in range(23)]
    leaves = [asked + seconds for (slot, seconds), asked in slots if slot]
    assert len(leaves) == 23
    # Each stands for a moment in Redis' time, which was some time before the answer was here.
    late = monotonic() - began + 1
    assert all(later - earlier > 1000 - late for earlier, later in zip(leaves, leaves[5:], strict=False))
    assert all(later > earlier - late for earlier, later in pairwise(leaves))
    await state.aclose()


async def test_who_waits_for_a_slot_that_all_share_takes_turns_with_other_callers(redis: Server) -> None:
    state, left = Redis(redis.url), list[str]()
    limiter = Place(state, "v", 2).limiter(Rate(1, 1000.0), "")

    async def at_once(seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    async def ask(caller: str) -> None:
        await limiter.admit(9000.0, at_once, caller)
        left.append(caller)

    async with anyio.create_task_group() as tasks:
        for caller in "aaaaab":
            tasks.start_soon(ask, caller)
    assert "".join(left) == "aabaaa"
    slot, seconds = await state.slot("v:", 1, 1000.0, 9000.0, ahead=2)
    assert slot is None
    assert 7900 < seconds <= 8000
    with pytest.raises(TooBusy):
        await limiter.admit(5000.0, at_once, "b")
    await state.aclose()


async def test_a_caller_leaves_a_part_of_a_rate_that_all_share_to_who_was_there_lately(redis: Server) -> None:
    state = Redis(redis.url)
    first, second = (Place(state, "v", 2).limiter(Rate(20, 1000.0), "") for _ in range(2))

    async def let_in(limiter: Limiter, caller: str, many: int) -> int:
        come = 0
        for _ in range(many):
            with suppress(TooBusy):
                await limiter.admit(10.0, anyio.sleep, caller)
                come += 1
        return come

    assert [await let_in(first, "b", 1), await let_in(first, "a", 9), await let_in(second, "a", 9)] == [1, 9, 6]
    with pytest.raises(TooBusy, match=r"9\d\d s|1000 s"):
        await first.admit(10.0, anyio.sleep, "a")
    assert [await let_in(second, "b", 2), await let_in(first, "c", 3)] == [2, 2]
    await state.aclose()


def test_it_is_the_same_part_as_of_a_rate_of_one_server(redis: Server) -> None:
    @examples(10)
    @given(ASKS, st.integers(1, 24))
    def check(asks: list[tuple[str, int]], calls: int) -> None:
        async def run() -> list[tuple[str, bool]]:
            state, name = Redis(redis.url), token_hex(4)
            share = most_of_one(calls), lately(1000.0)
            found = [
                (caller, bool((await state.slot(name, calls, 1000.0, 10.0, share=(caller, *share)))[0]))
                for caller, _ in expected(calls, asks)
            ]
            await state.aclose()
            return found

        assert anyio.run(run) == expected(calls, asks)

    check()


async def test_as_many_leave_as_the_rate_allows_however_many_ask_at_once(redis: Server) -> None:
    state, outcomes = Redis(redis.url), list[bool]()
    limiter = Place(state, "v", 2).limiter(Rate(400, 1000.0), "")

    async def ask() -> None:
        try:
            await limiter.admit(10.0, anyio.sleep)
            outcomes.append(True)
        except TooBusy:
            outcomes.append(False)

    async with anyio.create_task_group() as tasks:
        for _ in range(430):
            tasks.start_soon(ask)
    await state.aclose()
    assert (outcomes.count(True), outcomes.count(False)) == (400, 30)


async def test_a_call_at_one_server_does_not_wait_for_all_that_wait_at_another(redis: Server) -> None:
    states = Redis(redis.url), Redis(redis.url)
    one, two = (Place(state, "v", 2).limiter(Rate(1, 1000.0), "") for state in states)
    waits: list[float] = []

    async def forever(seconds: float) -> None:
        waits.append(seconds)
        await anyio.sleep_forever()

    async def note(seconds: float) -> None:
        waits.append(seconds)

    async with anyio.create_task_group() as tasks:
        await one.admit(9000.0, forever, "a")
        for _ in range(5):
            tasks.start_soon(one.admit, 9000.0, forever, "a")
        with anyio.fail_after(5):
            while not waits:
                await anyio.lowlevel.checkpoint()
        waits.clear()
        await two.admit(9000.0, note, "b")
        tasks.cancel_scope.cancel()
    assert 1900 < min(waits) <= 2000  # after the one that has a slot, and before the four that have none
    for state in states:
        await state.aclose()


async def test_facts_are_taken_once_and_counted_together(redis: Server) -> None:
    one, two = Redis(redis.url), Redis(redis.url)
    claimed: list[bool] = []

    async def claim(state: Redis) -> None:
        claimed.append(await state.claim("o/k", 60.0))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(claim, one)
            tasks.start_soon(claim, two)
    assert claimed.count(True) == 1
    await one.put("o/v", "half a character: é", 60.0)
    assert [await two.take("o/v"), await one.take("o/v")] == ["half a character: é", None]
    assert await one.count("o/c", 60.0, add=2) == 2
    assert await two.count("o/c", 60.0, add=1) == 3
    await one.aclose()
    await two.aclose()


async def test_what_one_kept_another_gives_to_its_caller(vendors: Vendors, redis: Server) -> None:
    small = {"DRUMBEAT_RESULT_TOKENS": "300"}
    async with client(server(vendors, redis, **small)) as one, client(server(vendors, redis, **small)) as two:
        cut = text(await one.call_tool("teamoclock_list_action_items"))
        found = re.search(r'"result_id":"([0-9a-f]{16})"', cut)
        assert found
        number = found[1]
        kept = await done(two, "drumbeat_get_result", result_id=number)
        sheets = [await each.read_resource(f"drumbeat://results/{number}.csv") for each in (one, two)]
        strange = await two.call_tool("drumbeat_get_result", {"result_id": f"{number}:x"})
    assert kept["items"]
    assert [sheet.contents for sheet in sheets[:1]] == [sheet.contents for sheet in sheets[1:]]
    assert "not kept any more" in text(strange)


async def test_results_belong_to_their_caller_and_the_newest_of_each_are_kept(redis: Server) -> None:
    states = Redis(redis.url), Redis(redis.url)
    one, two = (Results(200, shelf=Shelf(state)) for state in states)
    numbers = [str(one.keep([n, "x" * 1_000_000], "me")) for n in range(22)]
    await one.share("me")
    held = [number for number in numbers if await two.find(number, "me")]
    assert held == numbers[-16:]  # of a megabyte each
    assert await two.find(numbers[-1], "you") is None
    for state in states:
        await state.aclose()


async def test_the_journal_is_one(vendors: Vendors, redis: Server) -> None:
    shared = {"DRUMBEAT_JOURNAL": "redis"}
    async with client(server(vendors, redis, **shared)) as one, client(server(vendors, redis, **shared)) as two:
        await done(one, "teamoclock_create_action_item", team="platform", text="Seen by both")
        (change,) = (await done(two, "drumbeat_list_changes"))["items"]
        await done(two, "drumbeat_undo_change", change_id=change["change_id"])
        again = await one.call_tool("drumbeat_undo_change", {"change_id": change["change_id"]})
    assert (change["tool"], change["undo"]) == ("teamoclock_create_action_item", "possible")
    assert "taken back already" in text(again)


async def test_a_limit_on_what_is_taken_away_is_of_all_servers_together(vendors: Vendors, redis: Server) -> None:
    limited = {"DRUMBEAT_JOURNAL": "redis", "DRUMBEAT_DESTRUCTIVE_PER_MINUTE": "1"}
    answers = []

    async def delete(client: Client, item: str) -> None:
        answers.append(await client.call_tool("teamoclock_delete_action_item", {"action_item_id": item}))

    async with client(server(vendors, redis, **limited)) as one, client(server(vendors, redis, **limited)) as two:
        items = [row["id"] for row in (await done(one, "teamoclock_list_action_items"))["items"]]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(delete, one, items[0])
            tasks.start_soon(delete, two, items[1])
    assert sorted(bool(answer.is_error) for answer in answers) == [False, True]
    assert "1 destructive actions in a minute is the limit" in "".join(map(text, answers))
    assert [request.method for request in vendors.sent()].count("DELETE") == 1


async def test_without_redis_reads_go_on_and_nothing_is_changed(vendors: Vendors, redis: Server, era: Era) -> None:
    drumbeat = server(vendors, redis, DRUMBEAT_JOURNAL="redis")
    async with client(drumbeat, era) as one:
        await done(one, "teamoclock_list_teams")
        assert not await drumbeat.is_alone()
        redis.stop()
        await done(one, "teamoclock_list_retros", team="platform")
        for tool, arguments in (
            ("teamoclock_delete_retro", {"retro_id": RETRO}),
            ("teamoclock_create_retro", {"team": "platform"}),
            ("drumbeat_undo_change", {"change_id": "20261124-000000-abcdefabcdef"}),
        ):
            refused = await one.call_tool(tool, arguments)
            assert refused.is_error
            assert "Nothing was changed" in text(refused)
            assert "DRUMBEAT_REDIS_URL) cannot be reached" in text(refused)
        assert await drumbeat.is_alone()
    assert {request.method for request in vendors.sent()} == {"GET"}


async def test_a_change_that_only_a_journal_in_redis_holds_up_is_made_where_each_server_keeps_its_own(
    vendors: Vendors, redis: Server
) -> None:
    async with client(server(vendors, redis)) as one:
        redis.stop()
        await done(one, "teamoclock_create_action_item", team="platform", text="Recorded here")
        refused = await one.call_tool("teamoclock_delete_retro", {"retro_id": RETRO})
        (change,) = (await done(one, "drumbeat_list_changes"))["items"]
    assert "Nothing was changed" in text(refused)
    assert (change["tool"], change["outcome"]) == ("teamoclock_create_action_item", "done")


async def test_who_changes_something_while_redis_goes_away_is_told_what_the_journal_lacks(
    vendors: Vendors, redis: Server
) -> None:
    stand_in = vendors.app
    assert stand_in

    async def at_the_last_moment(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            redis.stop()
        await stand_in(scope, receive, send)

    vendors.app = at_the_last_moment
    async with client(server(vendors, redis, DRUMBEAT_JOURNAL="redis")) as one:
        result = await one.call_tool("teamoclock_create_action_item", {"team": "platform", "text": "Just in time"})
    assert not result.is_error
    assert "Just in time" in text(result)
    assert "could not record how it went" in text(result)


async def test_however_many_ask_how_redis_is_it_is_asked_once_a_second(redis: Server) -> None:
    state = Redis(redis.url)
    with SyncRedis.from_url(redis.url) as there:
        there.config_resetstat()
        assert all([await state.ping() for _ in range(50)])
        assert there.info("commandstats")["cmdstat_ping"]["calls"] == 1
    await state.aclose()


async def test_a_redis_that_does_not_answer_holds_nobody_up_twice(caplog: pytest.LogCaptureFixture) -> None:
    async def silent(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await anyio.sleep_forever()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, silent)
        state = Redis(f"redis://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}/0")
        with pytest.raises(Refusal, match="Nothing was changed"):
            await state.claim("o/k", 60.0)
        assert "Redis cannot be reached (no answer in time)" in caplog.text
        with anyio.fail_after(0.5):
            for _ in range(100):
                with pytest.raises(Unreachable):
                    await state.edition("place")
        await state.aclose()
        tasks.cancel_scope.cancel()
