"""Every tool sends what its vendor's document says, to a real socket.

What is sent does not depend on the client's era, so a legacy client makes these calls; a modern one makes one of
each tool in tests/golden, which shows its answer.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import tests.tools.requests as tables
from server.catalogue import Catalogue
from tests.conftest import Connect
from tests.tools.requests import Row
from tests.vendors import Vendors

CONTRACT: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "contract/endpoints.json").read_text())
# Oobeya lists Qwiser analyses by POST; the preview of a change to one reads that list.
READING_POST = "/qwiser/analysis/list"
# Its body is no JSON but a file: see test_oobeya_changes.py.
MULTIPART = "oobeya_import_analysis_file"
ROWS: list[Row] = [
    row
    for module in pkgutil.iter_modules(tables.__path__)
    for row in importlib.import_module(f"{tables.__name__}.{module.name}").ROWS
]


@pytest.mark.anyio
@pytest.mark.era("legacy")
@pytest.mark.parametrize("row", ROWS, ids=[f"{row.tool}-{number}" for number, row in enumerate(ROWS)])
async def test_request_on_the_wire(row: Row, connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        result = await client.call_tool(row.tool, row.arguments)

    assert not result.is_error, result.content
    # A read may be followed by that of the names for the ids in its answer.
    sent = {f"{request.method} {request.target}": request for request in vendors.requests}
    assert row.request in (sent if row.request.startswith("GET ") else list(sent)[-1:])
    assert sent[row.request].body == row.body
    before = [earlier for earlier in vendors.requests if earlier.method != "GET" and earlier is not sent[row.request]]
    assert [earlier.target for earlier in before if not earlier.target.endswith(READING_POST)] == []


def test_every_tool_and_every_argument_has_a_row(catalogue: Catalogue) -> None:
    used: dict[str, set[str]] = {}
    for row in ROWS:
        used.setdefault(row.tool, set()).update(row.arguments)
    alone = {vendor.name for vendor in catalogue.vendors if not vendor.needs}
    missing = {
        entry.name: sorted(set(entry.input_schema.get("properties", {})) - used.get(entry.name, set()))
        for entry in catalogue.tools
        if entry.vendor in alone and entry.name != MULTIPART
    }
    assert {name: rest for name, rest in missing.items() if rest or name not in used} == {}
