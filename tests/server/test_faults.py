"""A vendor that misbehaves on the wire costs one call, bounded memory and no socket; the next call works."""

import asyncio
import gzip
import os
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from functools import cache
from itertools import pairwise

import anyio
import pytest
from starlette.responses import JSONResponse

from server.errors import VendorError
from server.http import Patience
from server.http.connection import LARGEST_ANSWER
from tests.conftest import Connect, text
from tests.vendors import Vendors
from tests.wire import HEAD, Acme, Handler, Lasting, acme, lasting, reset, sending, silence

pytestmark = pytest.mark.anyio
OK = sending(HEAD + b'Content-Length: 13\r\n\r\n{"name": "a"}')


HASTY = Patience(read=0.15, request=0.2, first_backoff=0.0)


@pytest.fixture
async def vendor() -> AsyncIterator[Lasting]:
    async with lasting(OK) as vendor:
        yield vendor


def dripping(before: bytes, drop: bytes) -> Handler:
    """A vendor that never ends, yet never is silent for long."""

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)

    return act


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


LATE = "did not answer in time"
FAULTS = {
    "reset in the body": (reset, "broke off"),
    "silent": (silence, LATE),
    "a header that never ends": (dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), LATE),
    "a body that drips": (dripping(HEAD + b"Content-Length: 99999\r\n\r\n", b"x"), LATE),
    "a body without an end": (endless, "more than 20 MiB"),
    "headers without an end": (sending(b"HTTP/1.1 200 OK\r\n" + b"X-More: x\r\n" * 50_000), "broke off"),
}


@pytest.mark.parametrize(("act", "said"), FAULTS.values(), ids=FAULTS.keys())
async def test_after_a_fault_the_next_call_works_and_no_socket_is_left(
    act: Handler, said: str, vendor: Lasting
) -> None:
    sockets = []
    async with acme(vendor.url) as api:
        struck = Acme(api.connection, patience=HASTY) if said == LATE else api
        for _ in range(3):
            vendor.act = act
            with pytest.raises(VendorError, match=said):
                await struck.get("/anvils")
            vendor.act = OK
            assert await api.get("/anvils") == {"name": "a"}
            await vendor.has_open(1)
            sockets.append(len(os.listdir("/proc/self/fd")))
    await vendor.has_open(0)
    assert [one for one, following in pairwise(sockets) if one != following] == []


async def test_a_call_that_is_given_up_leaves_no_socket(vendor: Lasting) -> None:
    vendor.act = silence
    async with acme(vendor.url) as api:
        async with anyio.create_task_group() as calls:
            calls.start_soon(api.get, "/anvils")
            await vendor.has_open(1)
            calls.cancel_scope.cancel()
        await vendor.has_open(0)
        vendor.act = OK
        assert await api.get("/anvils") == {"name": "a"}


@cache
def packed(mebibytes: int) -> bytes:
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    # After a full flush the same bytes are packed to the same.
    first, further = (packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + further * (mebibytes - 1)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_in_bounded_memory(times: int, vendor: Lasting) -> None:
    bomb = packed(300)
    bomb = bomb if times == 1 else gzip.compress(bomb)
    assert len(bomb) < LARGEST_ANSWER / 50
    coding = b"Content-Encoding: " + b", ".join([b"gzip"] * times) + b"\r\n"
    vendor.act = sending(HEAD + coding + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb)
    async with acme(vendor.url) as api:
        tracemalloc.start()
        with pytest.raises(VendorError, match="Acme answered 200 with") as caught:
            await api.get("/anvils")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        vendor.act = OK
        assert await api.get("/anvils") == {"name": "a"}
    assert not caught.value.acted
    assert peak < 10 * LARGEST_ANSWER


async def test_a_key_that_is_revoked_is_told_at_once_and_a_new_answer_works(connect: Connect, vendors: Vendors) -> None:
    teams = {"tool": "teamoclock_list_teams", "fresh": True}
    standing = vendors.app
    async with connect() as client:
        before = await client.call_tool("drumbeat_read", teams)
        vendors.app = JSONResponse({"errors": [{"detail": "Key revoked"}]}, 401)
        revoked = await client.call_tool("drumbeat_read", teams)
        vendors.app = standing
        after = await client.call_tool("drumbeat_read", teams)
    assert not before.is_error
    assert revoked.is_error
    assert text(revoked) == (
        "Team O'clock answered 401: Key revoked. Check TEAMOCLOCK_ORGANIZATION and TEAMOCLOCK_API_KEY."
    )
    assert len(vendors.sent()) == 3
    assert after.structured_content == before.structured_content
