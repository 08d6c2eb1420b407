"""A result over the budget is cut between items, says so, and can be read on to its end."""

import json
import re
from collections.abc import Iterator
from math import ceil
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextResourceContents
from pydantic import BaseModel
from starlette.responses import JSONResponse, PlainTextResponse

from server.answers.answer import Answer
from server.answers.budget import LONGEST_PLACE, Cut, Results
from server.answers.cutting import MOST_CUTS, Left
from server.answers.layout import BYTES_A_TOKEN, Sent, most_tokens
from server.answers.layout import tokens as counted
from server.clean import structure
from server.models import Page, Text
from server.settings import Layout, Settings
from tests.conftest import Connect, text
from tests.insights.typical import CALLS
from tests.program import unfolded
from tests.server.test_discovery import tokens
from tests.thorough import examples
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
derandomized = examples(25)


class Thing(BaseModel):
    data: Any = None


def at(data: Any, where: str) -> Any:
    """What stands at a place such as `notes.3.text`."""
    for key in where.split(".") if where else []:
        data = data[int(key) if isinstance(data, list) else key]
    return data


BUDGETS = st.integers(200, 600)
LAYOUTS: tuple[Layout, ...] = ("text", "structured", "both")
LINES = st.lists(st.text("ab ü{}", max_size=300), max_size=40)
ROWS = st.lists(st.one_of(st.text("ab", max_size=300), st.fixed_dictionaries({"id": st.integers(), "n": st.text("n")})))


def kept(results: Results, cut: Cut) -> list[Any]:
    """All that was kept of what was cut."""
    assert cut.number is not None
    whole = results.get(cut.number)
    assert whole is not None
    return whole


def fit(results: Results, result: BaseModel, caller: str = "") -> tuple[dict[str, Any], list[Cut]]:
    """What is sent as structure, and what was cut from it."""
    fitted = results.fit(result, caller, "structured")
    data: dict[str, Any] = unfolded(fitted.sent.data)
    data.pop("drumbeat_note", None)
    return data, fitted.cuts


def parts(results: Results, page: Page[Any]) -> Iterator[list[Any]]:
    """The items of a page, as they are shown call by call."""
    while True:
        data, cuts = fit(results, page)
        yield data["items"]
        if not cuts:
            return
        assert (cuts[0].shown, cuts[0].total) == (len(data["items"]), len(page.items))
        page = Page[Any](items=kept(results, cuts[0])[cuts[0].shown or 0 :])


def sent(result: BaseModel, budget: int, layout: Layout) -> Sent:
    """A result with all its notes, as a client is sent it."""
    return Answer(result).fitted(Results(budget), "me", layout)


def assert_fits(result: BaseModel, budget: int) -> None:
    """That it is sent within the budget, in tokens and in bytes, whatever it is sent as."""
    for layout in LAYOUTS:
        answer = sent(result, budget, layout)
        data = "" if answer.data is None else json.dumps(answer.data, ensure_ascii=False, separators=(",", ":"))
        whole = (answer.text or "") + data
        assert len(whole.encode()) <= budget * BYTES_A_TOKEN, layout
        assert answer.tokens(1) <= budget


@derandomized
@given(rows=ROWS, budget=BUDGETS)
def test_reading_on_shows_every_item_once_and_each_part_fits(rows: list[Any], budget: int) -> None:
    shown = list(parts(Results(budget), Page[Any](items=rows)))
    assert [item for part in shown for item in part] == rows
    for part in shown:
        assert_fits(Page[Any](items=part), budget)


# Drawn as one number, for a long text is drawn letter by letter.
LONG = st.integers(900, 1500).map("k".__mul__)
KEYS = st.one_of(st.text("kl"), st.integers(400, 1000).map("k".__mul__))
ANY = st.recursive(
    st.one_of(st.text(max_size=60), LINES.map("\n".join), st.integers(), st.booleans(), LONG),
    lambda inner: st.one_of(st.lists(inner, max_size=30), st.dictionaries(KEYS, inner, max_size=30)),
    max_leaves=60,
)
ENOUGH = st.integers(200, 900)


@derandomized
@example(data={f"field{n}": "x" * 1000 for n in range(30)}, budget=300)
@example(data={"k" * 5000: ["a"], "b": "c"}, budget=200)
@example(data={f"t{n}": ["first", "second"] for n in range(2000)}, budget=300)
@example(data=[[[["x" * 9000]]]], budget=200)
@given(data=ANY, budget=ENOUGH)
def test_whatever_its_shape_a_result_fits_and_what_was_cut_can_be_read(data: Any, budget: int) -> None:
    results, original = Results(budget), structure(Thing(data=data))
    assert_fits(Thing(data=data), budget)
    _, cuts = fit(results, Thing(data=data))
    assert len(cuts) <= MOST_CUTS
    for cut in cuts:
        if len(cut.where) < LONGEST_PLACE:
            assert kept(results, cut) == Left((), "items", 0, at(original, cut.where)).whole()
        assert cut.shown is None or cut.shown < cut.total


@examples(12)
@given(rows=st.lists(ANY, max_size=5), cursor=st.integers(0, 9000).map("c".__mul__), budget=ENOUGH)
def test_a_page_fits_too_whatever_its_rows_and_its_cursor(rows: list[Any], cursor: str, budget: int) -> None:
    assert_fits(Page[Any](items=rows, next={"cursor": cursor}), budget)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_most_of_the_budget_is_used_and_nothing_is_cut_that_fits(layout: Layout) -> None:
    rows = [{"id": f"{n:06}", "name": f"name of {n}", "tags": ["a", "b"], "team": {"id": 7}} for n in range(3000)]
    cut = sent(Page[Any](items=rows), 2000, layout)
    assert 0.85 * 2000 <= cut.tokens(1) <= 2000
    whole = sent(Page[Any](items=rows[:30]), 2000, layout)
    assert "Cut to fit" not in f"{whole.text}{whole.data}"


@derandomized
@given(lines=LINES, budget=st.integers(200, 900))
def test_a_text_is_cut_between_lines_and_reads_on_to_its_end(lines: list[str], budget: int) -> None:
    results, whole = Results(budget), "\n".join(lines)
    data, cuts = fit(results, Text(text=whole))
    shown = data["text"].split("\n")
    for cut in cuts:
        rest = kept(results, cut)[cut.shown or 0 :]
        shown += [line for part in parts(results, Page[Any](items=rest)) for line in part]
    assert "\n".join(shown) == whole.removesuffix("\n") if cuts else data["text"] == whole


def test_a_single_huge_line_is_cut_in_pieces_and_loses_nothing() -> None:
    line = "".join(map(str, range(20_000)))
    results = Results(1500)
    data, (cut,) = fit(results, Text(text=line))
    assert len(data["text"]) < len(line) / 10
    assert "".join([*data["text"].split("\n"), *kept(results, cut)[cut.shown or 0 :]]) == line


@derandomized
@given(text=st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("ab01_.|\n é中“”"))))
def test_what_surely_fits_does(text: str) -> None:
    assert counted(text, 1) <= max(most_tokens(text.encode()), ceil(len(text.encode()) / BYTES_A_TOKEN))


@pytest.mark.parametrize("row", [{"notes": [{"text": "x" * 90}] * 300}, {"log": "one line\n" * 3000}])
def test_a_row_that_is_over_the_budget_by_itself_is_cut_inside(row: dict[str, Any]) -> None:
    page = Page[Any](items=[row, row], next={"page": 2})
    data, cuts = fit(Results(500), page)
    assert len(data["items"]) == 1
    assert_fits(page, 500)
    assert {cut.where for cut in cuts} == {"", f"items.0.{next(iter(row))}"}


def test_what_is_kept_has_a_bound_in_bytes_and_is_its_callers() -> None:
    results = Results(200)
    pages = [Page[Any](items=[f"{n}{'x' * 5000}"] * 1000) for n in range(10)]
    cuts = [fit(results, page, "me")[1][0] for page in pages]
    held = [cut.number for cut in cuts if results.get(str(cut.number), "me")]
    assert len(held) < 10
    assert held[-1] == cuts[-1].number
    assert results.get(str(held[-1]), "you") is None
    _, (huge, *_) = fit(results, Page[Any](items=["x" * 5000] * 2000), "me")
    assert "ask for less at once" in huge.note()


def test_one_callers_results_do_not_push_out_anothers() -> None:
    results = Results(200)
    mine = results.keep(["mine"], "me")
    for n in range(30):
        results.keep([n, "x" * 5_000_000], "you")
    assert results.get(str(mine), "me") == ["mine"]


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
        assert f"◆ {len(data['items'])} of {data['total']} shown" in text(result)
        arguments = {**arguments, **data["next"]} if "next" in data else {}
    return items


def small(vendors: Vendors) -> Settings:
    return vendors.settings(DRUMBEAT_RESULT_TOKENS="600", DRUMBEAT_TOOLSETS="all")


def members(number: int) -> list[dict[str, str]]:
    return [{"username": f"user.{n}", "email": "x" * (n * 37 % 400)} for n in range(number)]


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
        result = await client.call_tool("oobeya_get_system_logs", {"lines": 500})
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
    # What was cut comes before the next page, which a reader of the last lines alone would skip to.
    assert 'for more after these 500, call again with cursor="c7"' in text(result)
    assert 'for more after these 500, call again with cursor="c7"' in (result.structured_content or {})["drumbeat_note"]
    lines = text(result).splitlines()
    assert ["of 500 items shown" in line for line in (lines[0], lines[-1])] == [True, True]


@pytest.mark.parametrize("budget", [200, 1000, 6000])
async def test_structure_and_text_are_cut_alike_and_fit_schema_and_budget(
    budget: int, connect: Connect, vendors: Vendors
) -> None:
    reads = [e for e in vendors.catalogue.tools if e.access == "read" and not e.input_schema.get("required")]
    cut = set()
    async with connect(vendors.settings(DRUMBEAT_RESULT_TOKENS=str(budget), DRUMBEAT_TOOLSETS="all")) as client:
        for entry in reads:
            result = await client.call_tool(entry.name, CALLS.get(entry.name, {}))
            jsonschema.validate(result.structured_content, entry.output_schema)
            assert tokens(text(result)) <= max(2 * budget, 700), entry.name
            data = result.structured_content or {}
            is_page = "total" in entry.output_schema["properties"]
            counted = is_page and (len(data.get("items", ())) > 9 or "total" in data or "next" in data)
            assert not (counted and data.get("items")) or f"◆ {len(data['items'])} " in text(result)
            assert "drumbeat_note" in data or "◆ Cut to fit" not in text(result)
            cut |= {entry.name} if "Cut to fit" in text(result) else set()
    assert "teamoclock_list_timeline" in cut
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
    shown = {line.split("|")[0] for line in whole.text.splitlines()}
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
