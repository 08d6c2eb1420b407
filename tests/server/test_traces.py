"""A trace that a client began goes on through the server to the vendor, where the operator collects traces."""

import os
import subprocess
import sys
from pathlib import Path

from bench.subject import variables
from tests.vendors import Vendors

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
# In a process of its own, since who collects traces is said once a process.
CALL = f"""
import os
import anyio
from mcp import Client
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from server.app import Drumbeat
from server.catalogue import read
from server.settings import load

trace.set_tracer_provider(TracerProvider())
HTTPXClientInstrumentor().instrument()

async def call():
    server = Drumbeat(load(os.environ, read().vendors), read(), log_level="ERROR")
    async with Client(server, mode="auto") as client:
        meta = {{"traceparent": "00-{TRACE}-{PARENT}-01"}}
        assert not (await client.call_tool("teamoclock_list_teams", {{}}, meta=meta)).is_error

anyio.run(call)
"""


def test_a_vendor_is_asked_within_the_trace_that_the_client_began(vendors: Vendors, tmp_path: Path) -> None:
    environment = {**os.environ, **variables(vendors.url), "DRUMBEAT_JOURNAL": str(tmp_path)}
    subprocess.run([sys.executable, "-c", CALL], env=environment, check=True, timeout=60)
    version, trace, span, _ = vendors.requests[-1].headers["traceparent"].split("-")
    assert (version, trace) == ("00", TRACE)
    assert span != PARENT
