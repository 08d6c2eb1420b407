"""How much comes in at once, how slowly, from which hosts and pages; what is answered while the server stops."""

from typing import Any

import anyio
import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from server.errors import ConfigurationError
from server.web.bounds import Bounded, Traffic
from server.web.serving import check
from tests.client import http_client
from tests.vendors import Vendors
from tests.web.conftest import HELLO, OpenSite, hashed

pytestmark = pytest.mark.anyio


def served(traffic: Traffic, release: anyio.Event | None = None, caller: str = "a", **bounds: Any) -> httpx.AsyncClient:
    """A client of an app that answers when it has the body and `release` is set."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        if release:
            await release.wait()
        await PlainTextResponse("done")(scope, receive, send)

    bounded = Bounded(app, traffic, lambda: caller, **bounds)
    return httpx.AsyncClient(transport=httpx.ASGITransport(bounded), base_url="http://here")


async def test_more_at_once_than_there_is_room_for_is_told_to_come_again() -> None:
    traffic, release = Traffic(8), anyio.Event()
    answers: dict[str, list[httpx.Response]] = {"a": [], "b": []}

    async def ask(caller: str) -> None:
        async with served(traffic, release, caller) as http:
            answers[caller].append(await http.post("/"))

    async with anyio.create_task_group() as tasks:
        for caller in "aaab":
            tasks.start_soon(ask, caller)
        while len(answers["a"]) < 1 or traffic.in_flight < 3:
            await anyio.lowlevel.checkpoint()
        release.set()
    assert sorted(answer.status_code for answer in answers["a"]) == [200, 200, 429]
    assert [answer.status_code for answer in answers["b"]] == [200]
    assert next(answer for answer in answers["a"] if answer.status_code == 429).headers["retry-after"]


LISTEN, MODERN = {"Mcp-Method": "subscriptions/listen"}, {"MCP-Protocol-Version": "2026-07-28"}


@pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("POST", LISTEN | MODERN)], ids=["legacy", "modern"])
async def test_open_streams_have_a_bound_of_their_own(method: str, headers: dict[str, str]) -> None:
    traffic, release, statuses = Traffic(4, most_streams=8), anyio.Event(), list[int]()

    async def open_stream() -> None:
        async with served(traffic, release) as http:
            statuses.append((await http.request(method, "/", headers=headers)).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(open_stream)
        while not statuses:
            await anyio.lowlevel.checkpoint()
        assert statuses == [429]
        assert traffic.in_flight == 0
        async with served(traffic) as http:
            assert (await http.post("/")).status_code == 200
        release.set()
    assert statuses == [429, 200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        LISTEN,
        {**LISTEN, "Mcp-Session-Id": "a", "MCP-Protocol-Version": "2025-11-25"},
        [*MODERN.items(), ("Mcp-Method", "tools/call"), *LISTEN.items()],
        [("MCP-Protocol-Version", "2025-11-25"), *MODERN.items(), *LISTEN.items()],
    ],
)
async def test_a_call_that_says_it_is_a_stream_is_waited_for_as_a_call(headers: Any) -> None:
    traffic, release = Traffic(8), anyio.Event()

    async def ask() -> None:
        async with served(traffic, release) as http:
            await http.post("/", headers=headers)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert traffic.in_flight == 1
        release.set()


async def test_a_server_that_stops_answers_what_is_under_way_and_takes_nothing_new() -> None:
    traffic, release = Traffic(8), anyio.Event()
    answers = []

    async def ask() -> None:
        async with served(traffic, release) as http:
            answers.append(await http.post("/"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        while not traffic.in_flight:
            await anyio.lowlevel.checkpoint()
        traffic.drain()
        async with served(traffic) as http:
            refused = await http.post("/")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert not traffic.none_left.is_set()
        release.set()
        await traffic.none_left.wait()
    assert [answer.status_code for answer in answers] == [200]


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    traffic = Traffic(8)

    async def slow() -> dict[str, Any]:
        await anyio.sleep_forever()
        return {}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    scope = {"type": "http", "method": "POST", "headers": [], "path": "/"}
    await Bounded(app, traffic, lambda: "a", body_seconds=0.0)(scope, slow, send)
    assert sent[0]["status"] == 408
    assert traffic.in_flight == 0


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"Host": "evil.test"}, 421),
        ({"Host": "drumbeat.acme.example.evil.test"}, 421),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "drumbeat.acme.example"}, 200),
        ({"Host": "drumbeat.acme.example", "Origin": "https://drumbeat.acme.example"}, 200),
        ({"Host": "inside.acme.example", "Origin": "https://app.acme.example"}, 200),
    ],
)
async def test_only_the_hosts_and_pages_that_the_operator_named_are_let_in(
    header: dict[str, str], status: int, site: OpenSite
) -> None:
    settings = {
        "DRUMBEAT_PUBLIC_URL": "https://drumbeat.acme.example/",
        "DRUMBEAT_ALLOWED_HOSTS": "inside.acme.example",
        "DRUMBEAT_ALLOWED_ORIGINS": "https://app.acme.example",
    }
    with site(**settings) as here:
        assert (await here.post(header, content=HELLO)).status_code == status


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"x" * (4 * 1024 * 1024 + 1), 413), (b"[" * 100_000, 400), (b"\xff\xfe", 400), (b"", 400), (b"{}", 400)],
)
async def test_a_body_that_is_no_request_is_refused(content: bytes, status: int, site: OpenSite) -> None:
    with site() as here:
        assert (await here.post({}, content=content)).status_code == status
        assert (await here.get("/healthz")).status_code == 200


async def test_a_page_that_the_operator_named_may_call_and_read_answers_in_a_browser(site: OpenSite) -> None:
    page, other = {"Origin": "https://app.acme.example"}, {"Origin": "https://app-acme.example"}
    tokens = f"ann:read:{hashed('ann')}"
    before = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
    with site(DRUMBEAT_TOKENS=tokens, DRUMBEAT_ALLOWED_ORIGINS="https://app.acme.example,http://localhost:*") as here:
        async with http_client() as http:
            asked = {**page, **before}, {"Origin": "http://localhost:6274", **before}, {**other, **before}
            answers = [await http.options(f"{here.url}/mcp", headers=headers) for headers in asked]
        assert [answer.status_code for answer in answers] == [200, 200, 400]
        assert answers[0].headers["access-control-allow-headers"] == "authorization,mcp-method"
        for who, status in (({"Authorization": "Bearer ann"}, 200), ({}, 401)):
            called = await here.post({**page, **who}, content=HELLO)
            assert called.status_code == status
            assert called.headers["access-control-allow-origin"] == page["Origin"]
            assert "Mcp-Session-Id" in called.headers["access-control-expose-headers"]
            refused = await here.post({**other, **who}, content=HELLO)
            assert refused.status_code != 200
            assert "access-control-allow-origin" not in refused.headers
    with site(DRUMBEAT_TOKENS=tokens) as here:
        assert "access-control-allow-origin" not in (await here.post(page, content=HELLO)).headers


async def test_a_server_whose_redis_is_away_says_so_before_anybody_needed_it(site: OpenSite) -> None:
    with site(DRUMBEAT_REDIS_URL="redis://127.0.0.1:9/0") as here:
        ready = await here.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ok, but Redis is away: reading only\n")


async def test_while_it_stops_it_is_alive_and_not_ready(site: OpenSite) -> None:
    with site() as here:
        assert (await here.get("/readyz")).status_code == 200
        here.traffic.draining = True
        assert (await here.get("/readyz")).status_code == 503
        assert (await here.get("/healthz")).status_code == 200
        assert (await here.post({}, content=HELLO)).status_code == 503


def test_beyond_this_machine_somebody_must_be_checked_or_said_to_be_not(vendors: Vendors) -> None:
    for host in ("0.0.0.0", "::", "10.0.0.5", "drumbeat.acme.example"):
        with pytest.raises(ConfigurationError, match="DRUMBEAT_TOKENS"):
            check(vendors.settings(), host)
        check(vendors.settings(DRUMBEAT_SERVE_WITHOUT_AUTHENTICATION="1"), host)
        check(vendors.settings(DRUMBEAT_TOKENS=f"ci:read:{'0' * 64}"), host)
    check(vendors.settings(), "127.0.0.1")
    issuer = {"DRUMBEAT_OAUTH_ISSUER": "https://idp.acme.example"}
    for settings in (issuer, {**issuer, "DRUMBEAT_OAUTH_AUDIENCE": "drumbeat"}):
        with pytest.raises(ConfigurationError, match="DRUMBEAT_PUBLIC_URL"):
            check(vendors.settings(**settings), "127.0.0.1")


def test_servers_that_share_redis_share_what_they_seal_with(vendors: Vendors) -> None:
    shared = {"DRUMBEAT_REDIS_URL": "redis://127.0.0.1:9/0"}
    with pytest.raises(ConfigurationError, match="DRUMBEAT_SEALING_KEYS"):
        check(vendors.settings(**shared), "127.0.0.1")
    check(vendors.settings(**shared, DRUMBEAT_SEALING_KEYS="k" * 32), "127.0.0.1")
    check(vendors.settings(**shared, DRUMBEAT_REPLICAS="1"), "127.0.0.1")


@pytest.mark.parametrize(
    "setting",
    [
        {"DRUMBEAT_TOKENS": "plain-token"},
        {"DRUMBEAT_TOKENS": f"ci:admin:{'0' * 64}"},
        {"DRUMBEAT_TOKENS": f"ci:read:{'0' * 64}:2026-02-30"},
        {"DRUMBEAT_PUBLIC_URL": "drumbeat.acme.example"},
        {"DRUMBEAT_PUBLIC_URL": "https://user:pw@drumbeat.acme.example"},
        {"DRUMBEAT_OAUTH_ISSUER": "http://idp.acme.example"},
        {"DRUMBEAT_SEALING_KEYS": "short"},
        {"DRUMBEAT_KEYS": "client"},
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(setting: dict[str, str], vendors: Vendors) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(setting))) as refused:
        vendors.settings(**setting)
    assert "plain-token" not in str(refused.value)
