"""What is kept has a bound in bytes, whoever calls and whatever comes: it is measured, not counted."""

import gc
import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp_types import Implementation
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from server.answers.answer import Answer
from server.answers.budget import Results
from server.answers.shelf import Shelf
from server.app import Drumbeat
from server.changes.bounds import Bounds
from server.changes.journal import Journal
from server.changes.line import encoded
from server.changes.sinks import InMemory
from server.http.cache import Cache
from server.http.response import Response as Answered
from server.memo import Memo
from server.models import Page
from server.state import key
from server.state.memory import InProcess
from tests.attacks.processes import entry
from tests.client import call, done
from tests.conftest import Connect, Era, agree, text
from tests.journals import records
from tests.program import Program
from tests.vendors import Vendors
from tools.oobeya.models import User

pytestmark = pytest.mark.anyio
MIB = 1 << 20


@contextmanager
def measured() -> Iterator[list[int]]:
    """The bytes that are kept of what happens inside, and those that were taken at most."""
    gc.collect()
    tracemalloc.start()
    taken = list[int]()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield taken
        gc.collect()
        now, peak = tracemalloc.get_traced_memory()
        taken += [now - before, peak - before]
    finally:
        tracemalloc.stop()


def small() -> InProcess:
    return InProcess(most=MIB, most_each=MIB // 4)


@pytest.mark.parametrize("callers", [1, 3, 1500])
async def test_tokens_claims_and_counts_of_any_number_take_so_many_bytes(callers: int) -> None:
    state = small()
    with measured() as taken:
        for n in range(1500):
            owner = f"{'caller' * 500} {n % callers}"
            await state.put(key(owner, "token", f"{n}" * 500), "x" * 64, 600)
            await state.claim(key(owner, "consent", str(n)), 600)
            await state.count(key(owner, "refusals", str(n)), 3600, add=2)
    assert taken[0] < (MIB // 4 if callers == 1 else MIB) * 1.3


async def test_who_fills_the_room_takes_nothing_from_others_and_forgets_no_claim() -> None:
    state = small()
    await state.put(key("ada", "token", "hers"), "bound", 600)
    assert await state.claim(key("eve", "consent", "used"), 600)
    for n in range(1200):
        await state.put(key("eve", "token", str(n)), "x" * 64, 600)
    assert await state.take(key("eve", "token", "0")) is None
    assert await state.take(key("eve", "token", "1199")) == "x" * 64
    taken = [await state.claim(key("eve", "consent", str(n)), 600) for n in range(1200)]
    assert taken[0]
    assert not taken[-1], "a claim that cannot be remembered is not given"
    assert not await state.claim(key("eve", "consent", "used"), 600)
    assert await state.take(key("ada", "token", "hers")) == "bound"


SHAPES = {
    "empty objects": [{}] * 1000,
    "objects in objects": [{"x": [{}] * 20}] * 100,
    "lists": [{"x": [[[]]] * 20}] * 100,
    "numbers": [{"x": list(range(500, 600))}] * 50,
    "a text": [{"x": "x" * 20_000}],
    "keys": [{f"{row} {n}": n for n in range(50)} for row in range(20)],
    "misfits": [{"id": [1], "name": {"a": 1}, "teams": 5}] * 100,
}


@pytest.mark.parametrize("rows", SHAPES.values(), ids=SHAPES.keys())
async def test_answers_that_are_kept_laid_out_take_so_many_bytes(rows: list[Any]) -> None:
    memo, cache = Memo(2 * MIB), Cache(60)
    content = json.dumps(rows).encode()

    async def load() -> Answered:
        return Answered(200, httpx.Headers(), content)

    with measured() as taken:
        for n in range(12):
            fetched = await cache.fetch(n, load, fresh=False)
            page = Page[User](items=[User.model_validate(row) for row in json.loads(content)])
            memo.keep(n, Answer(page), [fetched], cache)
    assert taken[0] < 2.5 * MIB


def test_results_that_many_callers_keep_take_so_many_bytes() -> None:
    results = Results(1000, shelf=Shelf(most=MIB))
    with measured() as taken:
        for n in range(60):
            rows = [{"x": "y" * 50, "z": [{}] * 5}] * 1000
            assert results.fit(Page[Any](items=rows), f"caller {n}").cuts
    assert taken[0] < 1.3 * MIB


async def test_long_arguments_are_not_kept_and_not_repeated(connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"total": 0, "items": []})
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all")) as client:
        await call(client, "linearb_search_incidents", teams=["x"])
        with measured() as taken:
            for n in range(8):
                long = f"https://x/{n}/{'x' * 500_000}"
                found = await call(client, "linearb_search_incidents", repository_urls=[long])
                assert "Asked for: repository_urls https://x/" in text(found)
                assert len(text(found)) < 2000
                vendors.requests.clear()
    assert taken[0] < 2 * MIB


@pytest.mark.parametrize("name", ["n" * 3_000_000, "\u2800" * 100_000, "a\nb\u202e" * 1000])
async def test_of_a_clients_name_little_is_kept(name: str, era: Era, vendors: Vendors) -> None:
    server = Drumbeat(vendors.settings(), vendors.catalogue)
    known = Implementation(name=name, version="9" * 10_000)
    async with Program(server, mode=era, cache=None, elicitation_callback=agree, client_info=known) as client:
        await done(client, "teamoclock_create_action_item", team="platform", text="x")
    [record] = records(server.calls.changes.journal)
    assert len(record.client) <= 100


def answering(vendors: Vendors, answer: Callable[[HttpRequest], Response | None]) -> None:
    standing = vendors.app
    assert standing is not None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (answer(HttpRequest(scope)) or standing)(scope, receive, send)

    vendors.app = app


async def test_objects_beyond_number_are_not_made_models_of(connect: Connect, vendors: Vendors) -> None:
    body = b"[" + b"{}," * 300_000 + b"{}]"
    answering(vendors, lambda request: Response(body, media_type="application/json"))
    async with connect() as client:
        refused = await call(client, "oobeya_list_users")
    assert "too many values" in text(refused)


async def test_texts_that_hold_json_are_no_objects(connect: Connect, vendors: Vendors) -> None:
    body = json.dumps({"contents": [{"username": '{"a": {}}' * 150_000}]})
    answering(vendors, lambda request: Response(body, media_type="application/json"))
    async with connect() as client:
        assert not (await call(client, "oobeya_list_users")).is_error


# The journal.


def heavy(n: int) -> bytes:
    """A deletion whose object takes thirty times its bytes once it is read."""
    return encoded(dict(entry(f"c{n}", before=[[[]]] * 10_000, outcome="done"))) + b"\n"


@pytest.fixture
def size(vendors: Vendors) -> int:
    """How many bytes of heavy changes the journal has."""
    path = Path(vendors.journal)
    path.mkdir()
    return (path / "journal.jsonl").write_bytes(b"".join(map(heavy, range(60))))


async def test_a_full_journal_is_read_in_few_bytes_more_than_it_has(connect: Connect, size: int) -> None:
    async with connect() as client:
        await done(client, "drumbeat_list_changes", limit=1)
        with measured() as taken:
            assert (await done(client, "drumbeat_list_changes", limit=5))["total"] == 60
        assert taken[1] < 4 * size
        refused = await call(client, "drumbeat_undo_change", change_id="c7")
    assert "not available on this server" in text(refused)


class Watched(InMemory):
    """A journal in memory that knows by which threads it was read."""

    def __init__(self) -> None:
        super().__init__(Bounds())
        self.readers = set[threading.Thread]()

    def lines(self, since: datetime | None = None) -> Iterator[bytes]:
        self.readers.add(threading.current_thread())
        return super().lines(since)


async def test_the_journal_is_never_read_on_the_event_loop(era: Era, vendors: Vendors) -> None:
    server, sink = Drumbeat(vendors.settings(DRUMBEAT_CONFIRM="never"), vendors.catalogue), Watched()
    server.calls.changes.journal = Journal(sink)
    async with Program(server, mode=era, cache=None) as client:
        await done(client, "teamoclock_create_action_item", team="platform", text="x")
        change = (await done(client, "drumbeat_list_changes"))["items"][0]["change_id"]
        assert sink.readers
        assert not (await call(client, "teamoclock_delete_action_item", action_item_id="A135")).is_error
        assert not (await call(client, "drumbeat_undo_change", change_id=change)).is_error
    assert threading.main_thread() not in sink.readers
