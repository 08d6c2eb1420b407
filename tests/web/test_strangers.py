"""Attacks from the web: fixed and guessed sessions, lines in headers and paths, slow senders, callers side by side."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import anyio
import pytest

from server.app import Drumbeat
from server.transports.http import Impatient
from server.web.bounds import LARGEST_HEAD, Traffic
from server.web.serving import web_app
from tests.client import done
from tests.conftest import Era, text
from tests.vendors import Vendors, serve
from tests.web.conftest import HELLO, POST, OpenSite, Site, hashed

pytestmark = pytest.mark.anyio
NAMES = ("ann", "bob", "cem", "dee")
TOKENS = ",".join(f"{name}:destructive:{hashed(name)}" for name in NAMES)
BEARER = {name: {"Authorization": f"Bearer {name}"} for name in NAMES}


def raw(url: str, request: bytes) -> bytes:
    """All that a server answers to these bytes."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port or 80), 10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


class Hasty(Impatient):
    """Waits as the command's server does, but not for long."""

    header_seconds = 0.05


@contextmanager
def reading(how: type[Impatient], vendors: Vendors, journal: str) -> Iterator[str]:
    """The address of a server that reads requests in this way."""
    vendors.reset(journal)
    settings = vendors.settings(DRUMBEAT_TOKENS=TOKENS)
    server = Drumbeat(settings, vendors.catalogue)
    app = web_app(server, settings, vendors.catalogue.vendors, "streamable-http", Traffic(8))
    with serve(app, "on", http=how, h11_max_incomplete_event_size=LARGEST_HEAD) as url:
        yield url


@pytest.fixture(scope="module")
def plain(served: Vendors, journals: Iterator[str]) -> Iterator[str]:
    """The address of a server that reads requests as the command's does."""
    with reading(Impatient, served, next(journals)) as url:
        yield url


@pytest.fixture
def hasty(served: Vendors, journals: Iterator[str]) -> Iterator[str]:
    """The address of one that does not wait for long."""
    with reading(Hasty, served, next(journals)) as url:
        yield url


async def test_a_session_that_a_stranger_chose_is_never_opened(site: OpenSite) -> None:
    with site(DRUMBEAT_TOKENS=TOKENS) as here:
        chosen = {"Mcp-Session-Id": "a" * 32}
        assert (await here.post({**BEARER["ann"], **chosen}, content=HELLO)).status_code == 404
        opened = [(await here.post(BEARER["ann"], content=HELLO)).headers["mcp-session-id"] for _ in range(3)]
    assert len({*opened, "a" * 32}) == 4
    assert all(len(session) >= 32 for session in opened)


async def test_who_tries_the_session_of_another_does_not_take_it_over(site: OpenSite) -> None:
    with site(DRUMBEAT_TOKENS=TOKENS, DRUMBEAT_MOST_SESSIONS="4") as here:  # one each
        opened = await here.post(BEARER["ann"], content=HELLO)
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        assert (await here.post({**BEARER["bob"], **session}, content=HELLO)).status_code == 404
        assert (await here.post(BEARER["ann"], content=HELLO)).status_code == 429
        assert (await here.post(BEARER["bob"], content=HELLO)).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\n{}",
        b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n",
        b"POST /mcp\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\n Host: folded\r\n\r\n",
    ],
)
def test_a_head_that_two_readers_could_read_differently_is_refused(head: bytes, plain: str) -> None:
    assert raw(plain, head).split(b" ", 2)[1] == b"400"


@pytest.mark.parametrize("twice", [b"Authorization: Bearer ann", b"X-Drumbeat-Linearb-Api-Key: k"])
def test_who_says_twice_who_they_are_is_refused(twice: bytes, plain: str) -> None:
    head = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n"
    answer = raw(plain, head + twice + b"\r\n" + twice + b"2\r\n\r\n")
    assert answer.split(b" ", 2)[1] == b"400"
    assert b"stands there twice" in answer


async def test_a_head_has_a_bound_also_where_it_arrives_in_one_piece(plain: str) -> None:
    head = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n"
    answers = [raw(plain, head + b"X: " + b"x" * size + b"\r\n\r\n") for size in (1000, LARGEST_HEAD)]
    assert [answer.split(b" ", 2)[1] for answer in answers] == [b"401", b"431"]


@pytest.mark.parametrize("begun", [b"", b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_who_sends_no_whole_head_is_not_waited_for(begun: bytes, hasty: str) -> None:
    where = urlsplit(hasty)
    with socket.create_connection((where.hostname, where.port or 80), 5) as connection:
        connection.sendall(begun)
        assert connection.recv(1) == b""


def test_a_body_may_come_in_pieces(plain: str) -> None:
    where = urlsplit(plain)
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer ann\r\nContent-Length: {len(HELLO)}\r\n"
    )
    kinds = "".join(f"{name}: {value}\r\n" for name, value in POST.items())
    with socket.create_connection((where.hostname, where.port or 80), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (head.encode(), f"{kinds}\r\n".encode(), HELLO[:40], HELLO[40:]):
            connection.sendall(piece)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_what_a_path_says_comes_back_in_no_header(plain: str) -> None:
    answer = raw(plain, b"GET /x%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"set-cookie" not in answer.lower()


@pytest.mark.parametrize("tool_argument", ["r1/../../team", "r1\r\nX-Evil: 1", "r1?x=1#y", "..%2f..%2fteam", "r1\x00"])
async def test_an_argument_stays_within_its_place_in_the_path(
    tool_argument: str, site: OpenSite, vendors: Vendors
) -> None:
    with site(DRUMBEAT_TOKENS=TOKENS, DRUMBEAT_TOOLSETS="default,teamoclock") as here:
        async with here.client("auto", BEARER["ann"]) as client:
            answer = await client.call_tool("teamoclock_get_retro", {"retro_id": tool_argument})
    assert answer.is_error
    for request in vendors.sent():
        assert re.fullmatch(r"/retro(/[^/]+)?", request.target.partition("?")[0])
        assert "x-evil" not in request.headers


async def test_callers_side_by_side_get_their_own_and_nothing_of_another(
    site: OpenSite, vendors: Vendors, era: Era
) -> None:
    wrong: list[str] = []

    async def work(here: Site, name: str) -> None:
        async with here.client(era, BEARER[name]) as client:
            for turn in range(3):
                made = await done(client, "teamoclock_create_action_item", team="platform", text=f"{name}'s {turn}")
                seen = text(await client.call_tool("drumbeat_list_changes", {}))
                others = [other for other in NAMES if other != name and f"{other}'s" in seen]
                if others or f"{name}'s {turn}" not in f"{seen}{made}":
                    wrong.append(f"{name} was shown {others or 'nothing'}")

    with site(DRUMBEAT_TOKENS=TOKENS) as here:
        async with anyio.create_task_group() as tasks:
            for name in NAMES:
                tasks.start_soon(work, here, name)
    assert wrong == []
