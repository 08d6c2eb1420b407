"""A result over the budget is cut between items, says so, and can be read on to its end."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextResourceContents
from pydantic import BaseModel, model_serializer
from starlette.responses import JSONResponse, PlainTextResponse

from server.answers.budget import CHARACTERS_A_TOKEN, Results, size
from server.clean import structure
from server.models import Page, Text
from server.settings import Settings
from tests.conftest import Connect, text
from tests.server.test_discovery import tokens
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
derandomized = profile(derandomize=True, max_examples=150, deadline=None)


class Thing(BaseModel):
    data: Any = None


def at(data: Any, where: str) -> Any:
    """What stands at a place such as `notes.3.text`."""
    for key in where.split("."):
        data = data[int(key) if isinstance(data, list) else key]
    return data


BUDGETS = st.integers(1, 600)
LINES = st.lists(st.text("ab ü{}", max_size=300), max_size=40)
ROWS = st.lists(st.one_of(st.text("ab", max_size=900), st.fixed_dictionaries({"id": st.integers(), "n": st.text("n")})))


def parts(results: Results, page: Page[Any]) -> Iterator[list[Any]]:
    """The items of a page, as they are shown call by call."""
    while True:
        data, cuts = results.fit(page)
        yield data["items"]
        if not cuts:
            return
        assert (cuts[0].shown, len(cuts[0].whole.items)) == (len(data["items"]), len(page.items))
        page = Page[Any](items=cuts[0].whole.items[cuts[0].shown :])


@derandomized
@given(rows=ROWS, budget=BUDGETS)
def test_reading_on_shows_every_item_once_and_each_part_fits(rows: list[Any], budget: int) -> None:
    shown = list(parts(Results(budget), Page[Any](items=rows)))
    assert [item for part in shown for item in part] == rows
    for part in shown:
        assert len(part) == 1 or sum(map(size, part)) <= budget * CHARACTERS_A_TOKEN
    for part, following in pairwise(shown):
        assert sum(map(size, [*part, following[0]])) > budget * CHARACTERS_A_TOKEN, "the next item would have fit"


NESTED = st.recursive(
    st.one_of(st.text("ab", max_size=40), LINES.map("\n".join), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(st.text("kl", min_size=1), inner, max_size=4)),
    max_leaves=40,
)


def can_be_cut(data: Any) -> bool:
    if isinstance(data, dict | list):
        inner = data.values() if isinstance(data, dict) else data
        return (isinstance(data, list) and len(data) > 1) or any(map(can_be_cut, inner))
    return isinstance(data, str) and len(data) > 1000 and "\n" in data


@derandomized
@example(data=[{"k": ["a" * 50, "b" * 50]}, "c" * 50], budget=1)
@given(data=NESTED, budget=BUDGETS)
def test_an_object_is_cut_inside_its_lists_and_texts_and_each_is_kept_whole(data: Any, budget: int) -> None:
    results, original = Results(budget), structure(Thing(data=data))
    cut_data, cuts = results.fit(Thing(data=data))
    assert size(cut_data) <= budget * CHARACTERS_A_TOKEN or not can_be_cut(cut_data)
    assert bool(cuts) is (size(original) > budget * CHARACTERS_A_TOKEN and can_be_cut(original))
    for cut in cuts:
        whole, before = results.get(cut.number), at(original, cut.whole.where)
        items: Any = before.splitlines() if isinstance(before, str) else before
        assert (whole.items if whole else None) == items
        assert 1 <= cut.shown < len(items)
        assert cut.whole.unit == ("lines" if isinstance(before, str) else "items")


@derandomized
@given(lines=LINES, budget=BUDGETS)
def test_a_text_is_cut_between_lines_and_reads_on_to_its_end(lines: list[str], budget: int) -> None:
    results, whole = Results(budget), "\n".join(lines)
    data, cuts = results.fit(Text(text=whole))
    shown = data["text"].split("\n")
    for cut in cuts:
        shown += [line for part in parts(results, Page[Any](items=cut.whole.items[cut.shown :])) for line in part]
    assert shown == whole.splitlines() if cuts else data["text"] == whole


def test_a_single_huge_line_is_cut_in_pieces_and_loses_nothing() -> None:
    line = "".join(map(str, range(20_000)))
    data, (cut,) = Results(200).fit(Text(text=line))
    assert len(data["text"]) < len(line) / 10
    assert "".join([*data["text"].split("\n"), *cut.whole.items[cut.shown :]]) == line


@pytest.mark.parametrize("row", [{"notes": [{"text": "x" * 90}] * 300}, {"log": "one line\n" * 3000}])
def test_a_row_that_is_over_the_budget_by_itself_is_cut_inside(row: dict[str, Any]) -> None:
    data, cuts = Results(500).fit(Page[Any](items=[row, row], next={"page": 2}))
    assert len(data["items"]) == 1
    assert size(data) <= 500 * CHARACTERS_A_TOKEN
    assert {cut.whole.where for cut in cuts} == {"", f"items.0.{next(iter(row))}"}


def test_rows_far_beyond_the_budget_are_never_rendered() -> None:
    rendered: list[int] = []

    class Row(BaseModel):
        number: int

        @model_serializer
        def _count(self) -> dict[str, Any]:
            rendered.append(self.number)
            return {"number": self.number, "text": "x" * 100}

    data, (cut,) = Results(200).fit(Page[Row](items=[Row(number=number) for number in range(10_000)]))
    assert 1 < len(data["items"]) == cut.shown < 10
    assert max(rendered) < 100


# What a client sees of it.


async def read_on(client: Client, result: CallToolResult) -> list[Any]:
    """All items of a cut list, by the calls that the answers name."""
    caller, tool, said = re.findall(r'call (\w+) with tool="(\w+)", arguments=(\{.*?\})', text(result))[0]
    items, arguments = list((result.structured_content or {}).get("items", [])), json.loads(said)
    while arguments:
        result = await client.call_tool(caller, {"tool": tool, "arguments": arguments})
        assert not result.is_error, text(result)
        data = result.structured_content or {}
        items += data["items"]
        assert f"({len(data['items'])} of {data['total']} shown" in text(result)
        arguments = {**arguments, **data["next"]} if "next" in data else {}
    return items


def small(vendors: Vendors) -> Settings:
    return vendors.settings(DRUMBEAT_RESULT_TOKENS="300", DRUMBEAT_TOOLSETS="all")


def members(number: int) -> list[dict[str, str]]:
    return [{"username": f"user.{n}", "first_name": "x" * (n * 37 % 400)} for n in range(number)]


async def cut_members(client: Client, vendors: Vendors, number: int = 120) -> CallToolResult:
    vendors.app = JSONResponse({"data": members(number)})
    return await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_members", "fresh": True})


async def test_it_reads_on_to_the_end(connect: Connect, vendors: Vendors) -> None:
    async with connect(small(vendors)) as client:
        items = await read_on(client, await cut_members(client, vendors))
    assert items == members(120)


async def test_it_reads_a_text_on_to_the_end(connect: Connect, vendors: Vendors) -> None:
    lines = [f"line {n} {'y' * (n % 90)}" for n in range(500)]
    vendors.app = PlainTextResponse("\n".join(lines))
    async with connect(small(vendors)) as client:
        result = await client.call_tool("oobeya_get_system_logs")
        shown = (result.structured_content or {})["text"].split("\n")
        rest = await read_on(client, result)
    assert f"{len(shown)} of 500 lines of text" in text(result)
    assert shown + rest == lines


async def test_a_cut_page_still_says_what_the_vendor_has_next(connect: Connect, vendors: Vendors) -> None:
    links = {"next": f"{vendors.url}/teamoclock/timeline?cursor=c7"}
    vendors.app = JSONResponse({"data": [{"id": str(n), "type": "retro"} for n in range(500)], "links": links})
    async with connect(small(vendors)) as client:
        result = await client.call_tool("teamoclock_list_timeline")
    assert (result.structured_content or {})["next"] == {"cursor": "c7"}
    assert 'cursor="c7"' in text(result)
    assert text(result).count("of 500 items shown") == 1


@pytest.mark.parametrize("budget", [200, 1000, 6000])
async def test_structure_and_text_are_cut_alike_and_fit_schema_and_budget(
    budget: int, connect: Connect, vendors: Vendors
) -> None:
    reads = [e for e in vendors.catalogue.tools if e.access == "read" and not e.input_schema.get("required")]
    cut = set()
    async with connect(vendors.settings(DRUMBEAT_RESULT_TOKENS=str(budget), DRUMBEAT_TOOLSETS="all")) as client:
        for entry in reads:
            result = await client.call_tool(entry.name, {})
            jsonschema.validate(result.structured_content, entry.output_schema)
            assert tokens(text(result)) <= max(2 * budget, 700), entry.name
            data = result.structured_content or {}
            assert not data.get("items") or f"({len(data['items'])} " in text(result)
            assert ("drumbeat_note" in data) is ("(Cut to fit" in text(result))
            cut |= {entry.name} if "Cut to fit" in text(result) else set()
    assert "oobeya_list_deployments" in cut
    assert "teamoclock_list_teams" not in cut


async def test_the_whole_is_a_resource_and_the_last_twenty_are_kept(connect: Connect, vendors: Vendors) -> None:
    async with connect(small(vendors)) as client:
        results = [await cut_members(client, vendors, 40 + number) for number in range(21)]
        ids = [re.findall(r'"result_id":"(\w+)"', text(result))[0] for result in results]
        whole = (await client.read_resource(f"drumbeat://results/{ids[1]}")).contents[0]
        gone = await client.call_tool("drumbeat_get_result", {"result_id": ids[0]})
        with pytest.raises(MCPError) as caught:
            await client.read_resource(f"drumbeat://results/{ids[0]}")
    assert isinstance(whole, TextResourceContents)
    shown = {line.split(" | ")[0] for line in whole.text.splitlines()}
    assert [row["username"] for row in members(41) if row["username"] not in shown] == []
    assert gone.is_error
    assert "not kept any more" in text(gone)
    assert "not kept any more" in str(caught.value)


async def test_an_offset_before_the_start_is_refused(connect: Connect, vendors: Vendors) -> None:
    async with connect(small(vendors)) as client:
        kept = re.findall(r'"result_id":"(\w+)"', text(await cut_members(client, vendors)))
        result = await client.call_tool("drumbeat_get_result", {"result_id": kept[0], "offset": -5})
    assert result.is_error
    assert "'offset'" in text(result)


@pytest.mark.parametrize("toolsets", ["default", "all", "teamoclock"])
async def test_what_a_cut_says_to_call_is_there(toolsets: str, connect: Connect, vendors: Vendors) -> None:
    vendors.app = JSONResponse({"data": members(200)})
    async with connect(vendors.settings(DRUMBEAT_RESULT_TOKENS="300", DRUMBEAT_TOOLSETS=toolsets)) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("teamoclock_list_members")
    # Where neither the reader nor the caller can be called, the rest is a resource.
    told = re.findall(r"call (drumbeat_\w+)|read the resource (drumbeat://results/\w+)", text(result))
    found = toolsets != "teamoclock"
    assert [(tool in listed, bool(resource)) for tool, resource in told] == [(found, not found)]


@pytest.mark.parametrize("number", [50, 2000])
def test_an_object_with_very_many_short_fields_fits_too_and_reads_on(number: int) -> None:
    fields = {f"field{n}": ["first", "second"] for n in range(number)}
    results = Results(300)
    data, cuts = results.fit(Thing(data=fields))
    assert len(json.dumps(data, separators=(",", ":"))) <= 300 * CHARACTERS_A_TOKEN
    (cut,) = (cut for cut in cuts if cut.whole.where == "data")
    assert cut.whole.unit == "fields"
    assert {name: value for field in cut.whole.items for name, value in field.items()} == fields
