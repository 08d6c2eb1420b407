"""Bodies that a broken or hostile vendor sends: each is a clear answer in bounded time, and the next call works."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from starlette.responses import Response

from server.clean import UNSEEN, structure, visible
from server.errors import VendorError
from server.http import Api, Patience
from server.http.connection import LARGEST_ANSWER
from server.http.errors import words_in
from server.models import VendorModel
from tests.conftest import Connect, text
from tests.thorough import LONG
from tests.tools.test_linearb import ARGUMENTS, reports
from tests.vendors import Vendors, serve
from tests.wire import Vendor, acme

pytestmark = pytest.mark.anyio
MIB = 1 << 20
SHARE = MIB if LONG else MIB // 3
"""What stands for a mebibyte of the largest answer, and takes as much less time."""


class Row(VendorModel):
    id: int | None = None
    name: str | None = None


@pytest.fixture(scope="module", autouse=True)
def _served() -> Iterator[None]:
    with serve(STANDING) as STANDING.url:
        yield


STANDING = Vendor()


@asynccontextmanager
async def vendor(body: bytes, status: int = 200, **headers: str) -> AsyncIterator[tuple[Vendor, Api]]:
    STANDING.answer = Response(body, status, headers=headers, media_type="application/json")
    async with acme(STANDING.url, reads=True, patience=Patience(attempts=1)) as api:
        yield STANDING, api


async def longest_stop(work: Callable[[], Any]) -> float:
    """The longest time for which nothing else on the event loop went on while `work` did.

    Time of this process, so that what else the machine does is not counted.
    """
    longest, done = 0.0, anyio.Event()

    async def tick() -> None:
        nonlocal longest
        while not done.is_set():
            before = time.process_time()
            await anyio.sleep(0.001)
            longest = max(longest, time.process_time() - before)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await anyio.sleep(0.01)
        try:
            await work()
        except VendorError:
            pass
        finally:
            done.set()
    return longest


def nested(depth: int, *keys: str) -> Any:
    body: Any = {}
    for _ in range(depth):
        body = dict.fromkeys(keys, body)
    return body


# Made when they are needed: only one of the processes that import this does.
WORDLESS: dict[str, Callable[[], str]] = {
    "one inside the other": lambda: json.dumps(nested(150, "error")),
    "by names that nobody knows": lambda: json.dumps(nested(150, "x")),
    "twice a level": lambda: json.dumps(nested(16, "error", "errors")),
    "lists": lambda: "[" * 150 + "]" * 150,
    "wide": lambda: json.dumps({f"field {n}": {} for n in range(100_000)}),
    "wide with words": lambda: json.dumps({f"field {n}": "bad" for n in range(100_000)}),
    "many errors": lambda: json.dumps({"errors": [{"message": "x" * 100_000}] * 10}),
    "titles": lambda: "<html>" + "<title" * 300_000,
    "titles that open": lambda: "<!doctype html>" + "<title>" * 300_000,
    "spaces": lambda: " " * MIB + "<html>",
    "invisible": lambda: '{"message": "' + "\u200b" * MIB + '"}',
    "too deep": lambda: "[" * MIB,
}


@pytest.mark.parametrize("body", WORDLESS.values(), ids=WORDLESS.keys())
async def test_an_error_body_of_any_shape_is_told_at_once(body: Callable[[], str]) -> None:
    async with vendor(body().encode(), 422) as (_, api):
        start = time.process_time()
        with pytest.raises(VendorError, match="Acme answered 422") as caught:
            await api.get("/anvils")
        assert time.process_time() - start < 1
    assert len(str(caught.value)) < 700


def test_the_work_for_an_error_body_does_not_grow_with_its_depth_and_width() -> None:
    def seconds(body: Any) -> float:
        start = time.process_time()
        for _ in range(20):
            words_in(body)
        return time.process_time() - start

    assert seconds(nested(150, "error", "errors", "x")) < 10 * seconds(nested(5, "error", "errors", "x")) + 0.05
    assert words_in(nested(150, "error", "errors", "x")) is None


def rows(of: dict[str, Any], size: int) -> bytes:
    row = json.dumps(of).encode()
    return b"[" + b",".join([row] * (size // (len(row) + 1))) + b"]"


LARGE: dict[str, Callable[[], bytes]] = {
    "rows": lambda: rows({"id": 1, "name": "x" * 80, "tags": ["a"]}, 19 * SHARE),
    "rows of another shape": lambda: rows({"id": [1], "name": {"a": "x" * 70}}, 4 * SHARE),
    "no rows": lambda: b"[" + b",".join([b"5"] * (900_000 * SHARE // MIB)) + b"]",
    "one string": lambda: b'[{"name": "' + b"x" * (19 * SHARE) + b'"}]',
    "one string of escapes": lambda: b'[{"name": "' + b"\\n" * (9 * SHARE) + b'"}]',
    "one string of no UTF-8": lambda: b'[{"name": "' + b"\xff" * (10 * SHARE) + b'"}]',
    "one string that nobody sees": lambda: ('[{"name": "' + "\u200b" * (6 * SHARE) + '"}]').encode(),
    "halves of characters": lambda: b'[{"name": "' + b"\\ud83d" * SHARE + b'"}]',
    "a number": lambda: b'[{"id": ' + b"9" * (19 * SHARE) + b"}]",
    "empty objects": lambda: b"[" + b"{}," * (6 * SHARE) + b"{}]",
    "brackets": lambda: b"[" * (19 * SHARE),
    "quotes": lambda: b'"' * (19 * SHARE),
    "backslashes": lambda: b'"' + b"\\" * (19 * SHARE),
    "percents": lambda: b'"' + b"%41" * (6 * SHARE) + b'"',
    "html": lambda: b"<html>" + b"<title" * (3 * SHARE),
}


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("status", [200, 500])
async def test_a_large_body_never_stops_the_event_loop_for_a_second(body: Callable[[], bytes], status: int) -> None:
    sent = body()
    assert len(sent) <= LARGEST_ANSWER
    async with vendor(sent, status) as (standing, api):
        assert await longest_stop(lambda: api.get("/anvils", returns=list[Row])) < (1 if LONG else 0.5)
        standing.answer = Response('[{"id": 1}]')
        assert await api.get("/anvils", returns=list[Row]) == [Row(id=1)]


ODD = {
    "NaN": (b'{"id": NaN, "name": "a"}', {"name": "a"}),
    "infinity": (b'{"id": 1e999, "name": "a"}', {"name": "a"}),
    "a huge integer": (b'{"id": ' + b"9" * 4000 + b"}", {"id": 10**4000 - 1}),
    "a key twice": (b'{"id": 1, "id": 2}', {"id": 2}),
    "half a character": (rb'{"name": "a\ud83d", "x": "\\ud83d"}', {"name": "a\ufffd", "x": "\\ud83d"}),
    "no UTF-8": (b'{"name": "\xff"}', {"name": "\ufffd"}),
    "a BOM": (b'\xef\xbb\xbf{"id": 1}', {"id": 1}),
    "an object for a number": (b'{"id": {"a": 1}}', {"id": {"a": 1}}),
    "names of ours": (b'{"model_config": 1, "__dict__": 2, "self": 3}', {"model_config": 1, "__dict__": 2, "self": 3}),
}


@pytest.mark.parametrize(("body", "shown"), ODD.values(), ids=ODD.keys())
async def test_an_odd_body_is_shown_as_far_as_it_can_be(body: bytes, shown: Any) -> None:
    async with vendor(body) as (_, api):
        assert structure(await api.get("/anvils", returns=Row)) == shown


TOO_ODD = [b'{"id": ' + b"9" * 5000 + b"}", b"[" * 300 + b"]" * 300, b'{"id": 1', b"\x00\x01", b"'a'", b'{"a": "\x01"}']


@pytest.mark.parametrize("body", TOO_ODD, ids=range(len(TOO_ODD)))
async def test_a_body_that_is_no_json_is_an_error_that_quotes_it(body: bytes) -> None:
    async with vendor(body) as (_, api):
        with pytest.raises(VendorError, match="Acme answered in an unknown shape"):
            await api.get("/anvils", returns=Row)


HEADERS = {
    "Content-Type": [
        "",
        "x",
        "text/html; charset=punycode",
        "text/html; charset=rot13",
        "application/json; charset=\xff",
    ],
    "X-Rate-Limit-Remaining": ["9" * 5000, "-1", "\xb2", "NaN", ""],
    "Retry-After": ["9" * 400, "-5", "soon", "Mon, 01 Jan 99999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -9999"],
    "Date": ["Mon, 01 Jan 0001 00:00:00 -0000", "never", "9" * 100],
    "X-Rate-Limit-Reset": ["9" * 400, "-1", "1e9", "\xb2"],
    "Location": ["http://[", "//user:pass@host", "\xff", "http://" + "a" * 300, "https://x:99999/"],
    "Set-Cookie": ["=", ";" * 5000, "a=b; expires=" + "9" * 5000],
    "Content-Encoding": ["zip", "identity", "br\xff"],
}


@pytest.mark.parametrize("status", [200, 302, 403, 429, 503])
@pytest.mark.parametrize(("name", "values"), HEADERS.items())
async def test_odd_headers_are_never_more_than_one_clear_answer(name: str, values: list[str], status: int) -> None:
    for value in values:
        async with vendor(b'{"name": "a"}', status, **{name: value}) as (_, api):
            with anyio.fail_after(5):
                try:
                    answer = str((await api.get("/anvils", returns=Row)).name)
                except VendorError as error:
                    answer = str(error)
                api.calls_left()
            assert answer == "a" or answer.startswith("Acme")


def test_what_nobody_sees_is_taken_out_in_a_time_that_grows_with_the_text() -> None:
    long = "ü\u200b\r\n" * 500_000
    start = time.process_time()
    assert visible(long) == "ü\n" * 500_000
    assert time.process_time() - start < 1
    assert not UNSEEN.search("\n\t aé日本👍🏽")


async def test_a_client_reads_the_next_answer_after_a_huge_one(connect: Connect, vendors: Vendors) -> None:
    standing = vendors.app
    teams = {"tool": "teamoclock_list_teams", "fresh": True}
    async with connect() as client:
        for body in (LARGE["a number"](), LARGE["brackets"](), json.dumps(nested(150, "error")).encode()):
            vendors.app = Response(body, 422, media_type="application/json")
            failed = await client.call_tool("drumbeat_read", teams)
            assert failed.is_error
            assert "Team O'clock answered 422" in text(failed)
        vendors.app = standing
        assert not (await client.call_tool("drumbeat_read", teams)).is_error


async def test_twenty_mebibytes_of_rows_do_not_stop_what_others_ask(connect: Connect, vendors: Vendors) -> None:
    vendors.app = Response(b'{"data": ' + rows({"slug": "anvils", "name": "x" * 80}, 19 * MIB) + b"}")
    answers = []

    async def read() -> None:
        answers.append(await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"}))

    async with connect() as client:
        assert await longest_stop(read) < 1
    assert not answers[0].is_error
    assert "anvils" in text(answers[0])


ODD_FILES = {
    "a long cell": (f"after,pr.new\n2026-05-01,{'x' * 200_000}\n", "could not be read as CSV"),
    "a huge number": (f"after,pr.new\n2026-05-01,{'9' * 5000}\n", "9999"),
    "a huge exponent": ("after,pr.new\n2026-05-01,1e99999999\n", "1e99999999"),
    "an open quote": ('after,pr.new\n2026-05-01,"3', "3"),
}


@pytest.mark.parametrize(("file", "said"), ODD_FILES.values(), ids=ODD_FILES.keys())
async def test_an_odd_report_is_shown_or_named_and_fails_nowhere(
    file: str, said: str, connect: Connect, vendors: Vendors
) -> None:
    vendors.app = reports(Response(file, media_type="text/csv"))
    async with connect() as client:
        answer = await client.call_tool("linearb_export_measurements", ARGUMENTS["export_measurements"])
    assert not answer.is_error, text(answer)
    assert said in text(answer)
