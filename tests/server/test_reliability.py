"""Retries, limits, cache: on a virtual clock (trio), so that minutes pass at once."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import httpx
import pytest
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from server.deadline import Deadline
from server.errors import VendorError
from server.http import Api, Connection, Limits, Patience, Rate
from server.http.limits import Limiter, TooBusy, retry_after
from server.http.outgoing import Outgoing
from server.request import Progress, Request
from server.vendor_settings import VendorSettings
from tests.thorough import examples

pytestmark = pytest.mark.anyio
Handler = Callable[[httpx.Request], Awaitable[httpx.Response] | httpx.Response]


@pytest.fixture
def anyio_backend() -> Any:
    return ("trio", {"clock": trio.testing.MockClock(autojump_threshold=0)})


def connection(handler: Any, limits: Limits | None = None, ttl: float = 60.0) -> Connection:
    settings = VendorSettings(
        base_url="https://vendor.example", values={"KEY": SecretStr("s3cret")}, secret_names=("KEY",), cache_ttl=ttl
    )
    return Connection("Vendor", "VENDOR_BASE_URL", settings, limits, transport=httpx.MockTransport(handler))


def get(path: str = "/x") -> Outgoing:
    return Outgoing("GET", f"https://vendor.example{path}", endpoint=path)


def post() -> Outgoing:
    return Outgoing("POST", "https://vendor.example/x", body={})


class Script:
    """A vendor that answers from a script, the last line for ever; keeps when it was called."""

    def __init__(self, *answers: int | httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(anyio.current_time())
        answer = self.answers[min(len(self.times), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, json={"call": len(self.times)})
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.mark.parametrize(
    "trouble", [429, 502, 503, 504, httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ReadError("x")]
)
async def test_read_is_tried_again(trouble: Any) -> None:
    vendor = Script(trouble, trouble, 200)
    fetched = await connection(vendor).send(get(), reads=True)
    assert fetched.response.status == 200
    assert len(vendor.times) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_other_answers_are_final(status: int) -> None:
    vendor = Script(status)
    fetched = await connection(vendor).send(get(), reads=True)
    assert (fetched.response.status, len(vendor.times)) == (status, 1)


@pytest.mark.parametrize(
    ("trouble", "calls"), [(429, 2), (httpx.ConnectError("refused"), 2), (httpx.ConnectTimeout("x"), 2)]
)
async def test_write_is_tried_again_where_the_vendor_surely_did_not_act(trouble: Any, calls: int) -> None:
    vendor = Script(trouble, 201)
    await connection(vendor).send(post(), reads=False)
    assert len(vendor.times) == calls


@pytest.mark.parametrize(
    "trouble", [502, 503, 504, httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")]
)
async def test_write_that_may_have_happened_is_never_sent_twice(trouble: Any) -> None:
    vendor = Script(trouble, 201)
    if isinstance(trouble, int):
        await connection(vendor).send(post(), reads=False)
    else:
        with pytest.raises(VendorError, match="look before you repeat it"):
            await connection(vendor).send(post(), reads=False)
    assert len(vendor.times) == 1


async def test_storm_ends_in_an_error_after_four_attempts() -> None:
    vendor = Script(503)
    fetched = await connection(vendor).send(get(), reads=True)
    assert (fetched.response.status, len(vendor.times)) == (503, 4)


async def test_vendor_that_hangs_ends_within_the_callers_patience() -> None:
    async def hang(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    start = anyio.current_time()
    with pytest.raises(VendorError, match="did not answer in time"):
        await connection(hang).send(get(), reads=True)
    assert anyio.current_time() - start <= 45


def date(seconds: float = 0) -> str:
    return format_datetime(datetime(2026, 11, 20, 9, 0, tzinfo=UTC) + timedelta(seconds=seconds), usegmt=True)


EPOCH = int(datetime(2026, 11, 20, 9, 0, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": date(9), "Date": date()}, 9),
        ({"Retry-After": date(-9), "Date": date()}, 0),
        ({"X-Rate-Limit-Reset": str(EPOCH + 30), "Date": date()}, 30),
        ({"X-Rate-Limit-Reset": str(EPOCH - 30), "Date": date()}, 0),
        ({"Retry-After": "soon"}, None),
        ({"X-Rate-Limit-Reset": "-1"}, None),
        ({}, None),
    ],
)
async def test_wait_is_read_by_the_vendors_own_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), limited=True) == seconds


async def test_progress_only_rises_however_often_a_call_waits() -> None:
    told = list[tuple[float, float | None]]()

    async def report(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total))

    slow = [httpx.Response(429, headers={"Retry-After": seconds}) for seconds in ("12", "3")]
    kept = connection(Script(*slow, 200))
    await kept.send(get(), reads=True, report=Progress(report).of_call)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[0] == (0, 12)
    assert all(total is None or done <= total for done, total in told)


async def test_told_wait_is_obeyed_with_progress() -> None:
    vendor, told = Script(httpx.Response(429, headers={"Retry-After": "12"}), 200), list[str]()

    async def report(done: float, total: float | None, message: str | None) -> None:
        told.append(str(message))

    await connection(vendor).send(get(), reads=True, report=report)
    assert vendor.times[1] - vendor.times[0] >= 12
    assert told[0] == "Vendor's rate limit: 12 s to go"


async def test_wait_beyond_the_bound_says_when_to_come_back() -> None:
    vendor = Script(httpx.Response(429, headers={"Retry-After": "720"}))
    kept = connection(vendor)
    with pytest.raises(VendorError, match="Call again in 12 minutes"):
        await kept.send(get(), reads=True)
    with pytest.raises(VendorError, match="Call again in 12 minutes"):
        await kept.send(get(), reads=True)
    assert len(vendor.times) == 1, "the vendor was asked again before its time"


async def test_hundred_parallel_calls_keep_the_rate_and_are_all_answered() -> None:
    vendor = Script(200)
    kept = connection(vendor, Limits(rate=Rate(20, 60)))
    answered: list[int] = []
    refused: list[int] = []

    async def one(number: int) -> None:
        try:
            await kept.send(get(f"/{number}"), reads=True)
            answered.append(number)
        except VendorError:
            refused.append(number)

    for burst in range(5):
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(one, burst * 100 + number)
                await anyio.lowlevel.checkpoint()
        await anyio.sleep(30)
    assert sorted(answered + refused) == list(range(500))
    assert len(answered) >= 40
    assert most_in_a_window(vendor.times, 60) <= 20


def most_in_a_window(times: list[float], seconds: float) -> int:
    return max(sum(start <= time < start + seconds for time in times) for start in times)


@pytest.mark.parametrize("_", range(1))
def test_no_window_ever_holds_more_than_the_rate(_: int) -> None:
    @examples(40)
    @given(st.lists(st.tuples(st.floats(0, 30), st.none() | st.floats(0, 20)), min_size=1, max_size=40))
    def check(calls: list[tuple[float, float | None]]) -> None:
        sent: list[float] = []

        async def run() -> None:
            limiter = Limiter(Rate(3, 10))

            async def call(cancelled_after: float | None) -> None:
                with anyio.move_on_after(cancelled_after):
                    try:
                        await limiter.admit(1000, anyio.sleep)
                        sent.append(anyio.current_time())
                    except TooBusy:
                        raise AssertionError from None

            async with anyio.create_task_group() as tasks:
                for pause, cancelled_after in calls:
                    await anyio.sleep(pause)
                    tasks.start_soon(call, cancelled_after)

        trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
        assert not sent or most_in_a_window(sent, 10 - 1e-6) <= 3

    check()


async def test_endpoints_are_counted_apart_where_the_vendor_does() -> None:
    vendor = Script(200)
    kept = connection(vendor, Limits(rate=Rate(1, 60, per_endpoint=True)))
    for path in "/a", "/b", "/a":
        await kept.send(get(path), reads=True) if path != "/a" or not vendor.times else None
    assert vendor.times[0] == vendor.times[1]
    with pytest.raises(VendorError):
        await kept.send(get("/a"), reads=True)


async def test_a_request_is_counted_when_it_leaves_and_not_when_it_was_promised() -> None:
    left: list[float] = []

    async def slow(request: httpx.Request) -> httpx.Response:
        left.append(anyio.current_time())
        await anyio.sleep(25)
        return httpx.Response(200, json={})

    kept = connection(slow, Limits(rate=Rate(20, 60), concurrency=5))

    async def one(number: int) -> None:
        with suppress(VendorError):
            await kept.send(get(f"/{number}"), reads=True)

    for burst in range(8):
        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(one, burst * 100 + number)
    assert len(left) >= 60
    assert most_in_a_window(left, 60) <= 20


async def test_who_waits_for_a_place_in_vain_is_told_so() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(29)
        return httpx.Response(200, json={})

    kept, told = connection(slow, Limits(concurrency=1)), list[str]()

    async def one(number: int) -> None:
        try:
            await kept.send(get(f"/{number}"), reads=True)
        except VendorError as error:
            told.append(str(error))

    start = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(one, number)
    assert anyio.current_time() - start <= 60
    assert "Vendor was busy with other calls of this server all the time; nothing was done. Call again." in told


YEARS = {"Retry-After": "999999999"}
CENTURIES = {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "X-Rate-Limit-Reset": "999999999999"}


@pytest.mark.parametrize("headers", [YEARS, CENTURIES, {"X-Rate-Limit-Reset": "999999999999"}])
@pytest.mark.parametrize(("rate", "minutes"), [(None, 15), (Rate(20), 15), (Rate(5000, 3600), 60)])
async def test_a_wait_of_years_is_said_but_not_obeyed(headers: dict[str, str], rate: Rate | None, minutes: int) -> None:
    vendor = Script(httpx.Response(429, headers=headers), 200)
    kept = connection(vendor, Limits(rate=rate))
    with pytest.raises(VendorError, match=rf"Call again in {minutes} minutes \(it asked for [\d,]+ days, which is too"):
        await kept.send(get(), reads=True)
    with pytest.raises(VendorError, match="Call again in"):
        await kept.send(get(), reads=True)
    assert len(vendor.times) == 1
    await anyio.sleep(minutes * 60)
    assert (await kept.send(get(), reads=True)).response.status == 200


class Plain(Api):
    def authentication(self) -> dict[str, str]:
        return {}


async def ask_a_hundred_times(api: Api, answers: list[Any]) -> None:
    for number in range(100):
        answers.append(await api.get(f"/{number}"))


class TestTheTimeOfACall:
    async def test_all_requests_of_a_call_share_it(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(12)
            return httpx.Response(200, json={})

        api, start, answers = Plain(connection(slow), reads=True), anyio.current_time(), list[Any]()
        assert api.seconds_left == 50
        with pytest.raises(VendorError, match="within the time that a call has"):
            await ask_a_hundred_times(api, answers)
        assert len(answers) == 4
        assert anyio.current_time() - start == pytest.approx(50)
        assert api.seconds_left <= 0
        with pytest.raises(VendorError, match="within the time that a call has"):
            await api.get("/more")
        assert await Plain(connection(slow), reads=True).get("/another") == {}

    async def test_waits_for_limits_are_part_of_it(self) -> None:
        api = Plain(connection(Script(200), Limits(rate=Rate(1, 20))), reads=True)
        start = anyio.current_time()
        with pytest.raises(VendorError, match="rate limit is used up"):
            await ask_a_hundred_times(api, [])
        assert anyio.current_time() - start <= 50

    async def test_a_write_that_was_under_way_may_have_happened(self) -> None:
        async def hang(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(30 if request.method == "GET" else 1000)
            return httpx.Response(200, json={})

        api = Plain(connection(hang))
        await api.get("/before")
        with pytest.raises(VendorError, match="look before you repeat it") as caught:
            await api.post("/x", body={})
        assert caught.value.acted

    async def test_a_write_that_has_no_time_left_is_not_sent(self) -> None:
        vendor = Script(200)
        api = Plain(connection(vendor), Request(deadline=Deadline(5)))
        await api.get("/before")
        await anyio.sleep(6)
        with pytest.raises(VendorError, match="within the time") as caught:
            await api.post("/x", body={})
        assert (caught.value.acted, len(vendor.times)) == (False, 1)

    async def test_the_time_in_which_a_person_was_asked_is_not_counted(self) -> None:
        deadline = Deadline()
        api = Plain(connection(Script(200)), Request(deadline=deadline))
        await anyio.sleep(10)
        await api.get("/before")
        with deadline.stopped():
            await anyio.sleep(300)
        assert api.seconds_left == pytest.approx(50)
        await api.post("/x", body={})

    async def test_who_joins_a_request_waits_no_longer_than_its_own_time(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(40)
            return httpx.Response(200, json={})

        kept, ended = connection(slow), dict[str, float]()

        async def call(name: str, seconds: float) -> None:
            with suppress(VendorError):
                await Plain(
                    kept, Request(deadline=Deadline(seconds)), reads=True, cached=True, patience=Patience(read=60)
                ).get("/x")
            ended[name] = anyio.current_time() - start

        start = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, "first", 50)
            await anyio.sleep(1)
            tasks.start_soon(call, "joining", 10)
        assert ended["joining"] == pytest.approx(11)
        assert ended["first"] == pytest.approx(40)

    async def test_who_joins_a_request_that_ran_out_of_time_asks_again(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(20)
            return httpx.Response(200, json={"call": 1})

        kept, answers = connection(slow), list[Any]()

        async def call(seconds: float) -> None:
            with suppress(VendorError):
                deadline = Deadline(seconds)
                answers.append(await Plain(kept, Request(deadline=deadline), reads=True, cached=True).get("/x"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, 5)
            await anyio.sleep(1)
            tasks.start_soon(call, 50)
        assert answers == [{"call": 1}]


async def test_cancelled_wait_gives_its_slot_back() -> None:
    limiter = Limiter(Rate(1, 40))
    await limiter.admit(0, anyio.sleep)
    with anyio.move_on_after(1):
        await limiter.admit(100, anyio.sleep)
    start = anyio.current_time()
    await limiter.admit(45, anyio.sleep)
    assert anyio.current_time() - start < 40


class TestCache:
    async def test_repeated_read_is_answered_from_memory_and_says_its_age(self) -> None:
        vendor = Script(200)
        kept = connection(vendor)
        await kept.send(get(), reads=True, cached=True)
        await anyio.sleep(12)
        again = await kept.send(get(), reads=True, cached=True)
        assert again.age == pytest.approx(12)
        assert len(vendor.times) == 1

    async def test_after_its_time_or_on_demand_it_is_read_again(self) -> None:
        vendor = Script(200)
        kept = connection(vendor)
        await kept.send(get(), reads=True, cached=True)
        await kept.send(get(), reads=True, cached=True, fresh=True)
        await anyio.sleep(61)
        assert (await kept.send(get(), reads=True, cached=True)).age is None
        assert len(vendor.times) == 3

    async def test_zero_turns_it_off(self) -> None:
        vendor = Script(200)
        kept = connection(vendor, ttl=0)
        for _ in range(2):
            await kept.send(get(), reads=True, cached=True)
        assert len(vendor.times) == 2

    async def test_write_drops_what_it_may_have_changed(self) -> None:
        vendor = Script(200)
        kept = connection(vendor)
        await kept.send(get(), reads=True, cached=True)
        await kept.send(post(), reads=False)
        assert (await kept.send(get(), reads=True, cached=True)).age is None

    async def test_read_that_began_before_a_write_is_not_kept(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                await anyio.sleep(5)
            return httpx.Response(200, json={})

        kept = connection(slow)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: kept.send(get(), reads=True, cached=True))
            await anyio.sleep(1)
            await kept.send(post(), reads=False)
        assert (await kept.send(get(), reads=True, cached=True)).age is None

    async def test_identical_reads_in_flight_share_one_request(self) -> None:
        calls: list[float] = []

        async def slow(request: httpx.Request) -> httpx.Response:
            calls.append(anyio.current_time())
            await anyio.sleep(1)
            return httpx.Response(200, json={})

        kept = connection(slow)
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(lambda: kept.send(get(), reads=True, cached=True))
        assert len(calls) == 1

    async def test_cancelled_leader_leaves_nobody_waiting(self) -> None:
        async def slow(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(5)
            return httpx.Response(200, json={})

        kept, answers = connection(slow), list[int]()

        async def follow() -> None:
            answers.append((await kept.send(get(), reads=True, cached=True)).response.status)

        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(1):
                tasks.start_soon(follow)
                await kept.send(get(), reads=True, cached=True)
        assert answers == [200]

    async def test_failure_is_shared_and_not_kept(self) -> None:
        vendor = Script(404, 200)
        kept = connection(vendor)
        assert (await kept.send(get(), reads=True, cached=True)).response.status == 404
        assert (await kept.send(get(), reads=True, cached=True)).response.status == 200

    @pytest.mark.parametrize("trouble", [500, 503, httpx.ConnectError("down")])
    async def test_stale_answer_serves_while_the_vendor_is_down(self, trouble: Any) -> None:
        vendor = Script(200, trouble)
        kept = connection(vendor)
        await kept.send(get(), reads=True, cached=True)
        await anyio.sleep(300)
        stale = await kept.send(get(), reads=True, cached=True)
        assert stale.response.status == 200
        assert stale.trouble
        assert stale.age
        assert stale.age >= 300

    async def test_it_is_bounded(self) -> None:
        vendor = Script(200)
        kept = connection(vendor)
        for number in range(1500):
            await kept.send(get(f"/{number}"), reads=True, cached=True)
        for number in range(499, -1, -1):
            await kept.send(get(f"/{number}"), reads=True, cached=True)
        assert len(vendor.times) == 2000
        await kept.send(get("/1499"), reads=True, cached=True)
        assert len(vendor.times) == 2000


@given(st.integers(1, 50))
def test_backoff_is_bounded(attempt: int) -> None:
    assert 0 <= Patience().backoff(attempt) <= 8
