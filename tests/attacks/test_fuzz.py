"""Thousands of calls in and out of schema: each is answered in plain words, and none fails inside Drumbeat."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import trio.testing

from server.app import Drumbeat
from server.catalogue import Catalogue, PublishedTool
from server.changes.asking import Person
from server.errors import Failure
from server.request import Request
from server.settings import load
from tests.thorough import LONG

pytestmark = pytest.mark.anyio
CALLS = 20_000 if LONG else 4_000
# Their stand-ins keep the vendors' limits, and waiting for these proves nothing here.
FEW_CALLS = {"haystack": 15, "insights": 30, "linearb": 800, "buddy": 4500}
ODD: list[Any] = [
    "", " ", "x" * 5000, "\x00", "\u2028", "../..", "..%2F..", "%00", "null", "{}", "[1]", "a,b", "'; drop",
    "\ud83d\ude00", 0, -1, 1, 2**63, -(2**70), 1.5, True, False, [], {}, [[]], {"a": {"b": [1]}}, ["x"] * 300,
    "today", "2026-11-20", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00+23:59",
]  # fmt: skip


@pytest.fixture
def anyio_backend() -> Any:
    """A virtual clock, by which no call waits for a limit or a pause."""
    return ("trio", {"clock": trio.testing.MockClock(autojump_threshold=0.005)})


def value(schema: dict[str, Any], chance: random.Random) -> Any:
    """A value that fits a schema, or now and then one that does not."""
    if chance.random() < 0.25:
        return chance.choice(ODD)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get("type"):
        case "integer":
            return chance.randint(schema.get("minimum", 0), min(schema.get("maximum", 50), 50))
        case "number":
            return chance.uniform(0, 100)
        case "boolean":
            return chance.random() < 0.5
        case "array":
            return [value(schema.get("items", {}), chance) for _ in range(chance.randint(0, 4))]
        case "object":
            properties = schema.get("properties") or {"name": {"type": "string"}}
            return {name: value(inner, chance) for name, inner in properties.items() if chance.random() < 0.7}
    return chance.choice(
        ["platform", "Platform", "acme", "2026-11-01", "main", "1", "team-platform", chance.choice(ODD)]
    )


def calls(tools: list[PublishedTool], chance: random.Random) -> Iterator[tuple[PublishedTool, dict[str, Any]]]:
    left = dict(FEW_CALLS)
    for _ in range(CALLS):
        tool = chance.choice(tools)
        left[tool.vendor] = left.get(tool.vendor, CALLS) - 1
        if left[tool.vendor] < 0:
            continue
        schema = tool.input_schema
        given = {
            name: value(inner, chance)
            for name, inner in schema.get("properties", {}).items()
            if chance.random() < (0.95 if name in schema.get("required", ()) else 0.4)
        }
        if chance.random() < 0.05:
            given[chance.choice(["x", "confirm", "__class__", "self", "api", "desk"])] = chance.choice(ODD)
        yield tool, given


async def test_no_call_fails_inside_drumbeat(catalogue: Catalogue) -> None:
    limits = {"DRUMBEAT_DESTRUCTIVE_PER_MINUTE": "1000000", "DRUMBEAT_DESTRUCTIVE_PER_SESSION": "1000000"}
    environment = {"DRUMBEAT_SANDBOX": "1", "DRUMBEAT_CONFIRM": "never", "DRUMBEAT_CACHE_TTL": "0", **limits}
    server = Drumbeat(load(environment, catalogue.vendors), catalogue, person=Person(fastest=0))
    answered = refused = 0
    wrong: dict[str, Any] = {}
    async with server.open():
        for tool, given in calls(list(catalogue.tools), random.Random(7)):
            try:
                answer = await server.calls.run(tool, given, Request())
            except Failure as failure:
                refused += 1
                if "inside Drumbeat" in str(failure) or not 0 < len(str(failure)) < 6000:
                    wrong[tool.name] = (given, failure.__cause__, str(failure)[:200])
            else:
                answered += 1
                assert answer.fitted(server.calls.results, "local").text
    assert wrong == {}
    assert answered > CALLS // 20
    assert refused > CALLS // 20
