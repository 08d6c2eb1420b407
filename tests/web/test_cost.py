"""What a call over HTTP is spared: pieces on the wire, spans that nobody collects, searches for garbage."""

import asyncio
import gc
from typing import Any

import pytest
from opentelemetry.trace import NoOpTracer, NoOpTracerProvider

from server.apart import SELDOM, collect_garbage
from server.web.gathering import Gathering
from tests.conftest import Era
from tests.web.conftest import OpenSite

pytestmark = pytest.mark.anyio
WHOLE = b"HTTP/1.1 200 \r\ncontent-length: 4\r\n\r\n"
STREAM = b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"


class Wire(asyncio.Transport):
    """Remembers each piece that is sent, and when it was closed."""

    def __init__(self) -> None:
        super().__init__({"peername": "here"})
        self.sent: list[bytes] = []
        self.used = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))
        self.used.set()

    def close(self) -> None:
        self.sent.append(b"closed")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ([WHOLE, b"body", b""], [WHOLE + b"body"]),
        ([WHOLE, b"bo", b"dy", b""], [WHOLE + b"bo", b"dy"]),
        ([WHOLE, b"", b""], [WHOLE]),  # to HEAD, and where the body is empty
        ([WHOLE, WHOLE, b""], [WHOLE + WHOLE]),  # a body that looks like a head
        ([STREAM, b"4\r\nbody\r\n", b"0\r\n\r\n"], [STREAM + b"4\r\nbody\r\n", b"0\r\n\r\n"]),
        ([b"HTTP/1.1 100 \r\n\r\n", WHOLE, b"body"], [b"HTTP/1.1 100 \r\n\r\n", WHOLE + b"body"]),
    ],
)
async def test_a_head_goes_out_with_what_follows_it(written: list[bytes], sent: list[bytes]) -> None:
    wire = Wire()
    gathering = Gathering(wire, asyncio.get_running_loop())
    for data in written:
        gathering.write(data)
    assert wire.sent == sent
    assert gathering.get_extra_info("peername") == "here"


async def test_a_stream_that_says_nothing_yet_is_begun() -> None:
    wire = Wire()
    Gathering(wire, asyncio.get_running_loop()).write(STREAM)
    await wire.used.wait()
    assert wire.sent == [STREAM]


async def test_who_hangs_up_sends_first_what_was_kept() -> None:
    wire = Wire()
    gathering = Gathering(wire, asyncio.get_running_loop())
    gathering.write(WHOLE)
    gathering.close()
    assert wire.sent == [WHOLE, b"closed"]


@pytest.mark.parametrize("collected", [False, True])
async def test_spans_are_made_where_somebody_collects_them(
    collected: bool, site: OpenSite, era: Era, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[str] = []

    class Tracer(NoOpTracer):
        def start_as_current_span(self, name: str, *args: Any, **facts: Any) -> Any:
            spans.append(name)
            return super().start_as_current_span(name, *args, **facts)

    monkeypatch.setattr("mcp.shared._otel._tracer", Tracer())
    monkeypatch.setattr("opentelemetry.trace._TRACER_PROVIDER", NoOpTracerProvider() if collected else None)
    with site() as here:
        async with here.client(era, {}) as client:
            spans.clear()
            assert not (await client.call_tool("teamoclock_list_teams")).is_error
    # The client makes one of each request as well.
    assert sum("tools/call" in span for span in spans) == 1 + collected


def test_garbage_is_looked_for_seldom() -> None:
    before = gc.get_threshold()
    try:
        collect_garbage(seldom=True)
        assert gc.get_threshold() == SELDOM
        # No call waits longer for a search among what is new than Python lets it, and far fewer for one among all.
        assert SELDOM[0] <= before[0]
        assert all(ours > theirs for ours, theirs in zip(SELDOM[1:], before[1:], strict=True))
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
