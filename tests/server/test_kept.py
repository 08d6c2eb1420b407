"""A whole list is kept as a resource, with all its pages, and can be taken out as CSV."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextResourceContents
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from server.answers.sheet import FORMULA, MOST_COLUMNS, REST, sheet, table_of
from tests.client import call, done
from tests.conftest import Connect, text
from tests.thorough import examples
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def resource(client: Client, uri: str) -> tuple[str, str | None]:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text, content.mime_type


def table(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline="")))


async def keep(client: Client, tool: str, **arguments: Any) -> CallToolResult:
    return await call(client, "drumbeat_read", tool=tool, arguments=arguments, to="resource")


async def test_a_list_is_kept_with_all_its_pages_and_only_its_first_rows_are_shown(
    connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        result = await keep(client, "teamoclock_list_action_items")
        kept = result.structured_content or {}
        whole, kind = await resource(client, kept["resource"])
        rows, csv_kind = await resource(client, kept["csv"])
        read_on = await done(
            client, "drumbeat_read", tool="drumbeat_get_result", arguments={"result_id": kept["resource"][-16:]}
        )
    assert "270 rows of teamoclock_list_action_items" in text(result)
    assert len(text(result)) < 1000
    assert [row["id"] for row in kept["first"]] == ["A270", "A269", "A268"]
    assert (kind, csv_kind) == ("text/plain", "text/csv")
    assert "◆ 270 shown" in whole
    assert [row["id"] for row in table(rows)] == [f"A{number}" for number in range(270, 0, -1)]
    assert {"text", "resolved", "team.name", "links.jira"} <= table(rows)[0].keys()
    assert read_on["total"] == 270


async def test_a_list_whose_reading_breaks_off_says_where_to_go_on(connect: Connect, vendors: Vendors) -> None:
    standing = vendors.app
    assert standing is not None

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if "cursor=71" in str(Request(scope).url):
            response: Response = JSONResponse({"errors": [{"detail": "Gone fishing"}]}, 400)
            await response(scope, receive, send)
        else:
            await standing(scope, receive, send)

    vendors.app = failing
    async with connect() as client:
        result = await keep(client, "teamoclock_list_action_items")
    kept = result.structured_content or {}
    assert "200 rows" in text(result)
    assert kept["next"] == {"cursor": "71"}
    assert "Not read to its end: " in text(result)
    assert "Gone fishing" in text(result)


async def test_what_is_no_list_is_kept_in_its_parts(connect: Connect) -> None:
    async with connect() as client:
        result = await keep(client, "teamoclock_get_action_item", action_item_id="A1")
        rows, _ = await resource(client, (result.structured_content or {})["csv"])
    assert " parts of teamoclock_get_action_item" in text(result)
    assert "A1" in rows


async def test_a_table_in_an_answer_is_what_its_csv_has(connect: Connect) -> None:
    asked = {"requested_metrics": ["pr.merged"], "time_ranges": [{"after": "2026-11-01", "before": "2026-11-20"}]}
    async with connect() as client:
        result = await keep(client, "linearb_get_measurements", **asked, group_by="team")
        rows, _ = await resource(client, (result.structured_content or {})["csv"])
        whole, _ = await resource(client, (result.structured_content or {})["resource"])
    assert [row["team_name"] for row in table(rows)] == ["Platform", "Payments", "Mobile"]
    assert all(row["pr.merged"].isdigit() for row in table(rows))
    assert "PRs merged" in whole


def test_what_has_no_single_table_stays_in_its_parts() -> None:
    two = [{"a": [{"x": 1}]}, {"b": [{"x": 2}]}]
    assert table_of(two) == two
    assert table_of([{"a": [{"x": 1}]}, {"a": [{"x": 2}]}]) == [{"a": [{"x": 1}]}, {"a": [{"x": 2}]}]
    assert table_of([{"a": []}, {"b": 1}]) == [{"a": []}, {"b": 1}]
    assert table_of(["a", {"b": [{"x": 2}]}]) == ["a", {"b": [{"x": 2}]}]


async def test_a_list_kept_from_a_later_page_on_says_so(connect: Connect) -> None:
    async with connect() as client:
        later = await keep(client, "buddy_list_commits", project="payments-service", page=3, per_page=2)
        whole = await keep(client, "buddy_list_commits", project="payments-service")
    assert "27 rows of buddy_list_commits, from page=3 on" in text(later)
    assert "31 rows of buddy_list_commits, until" in text(whole)


async def test_what_is_not_kept_and_what_cannot_be_read_are_refused(connect: Connect) -> None:
    async with connect() as client:
        unknown = await keep(client, "teamoclock_list_members", wrong=1)
        with pytest.raises(MCPError, match="not kept any more"):
            await client.read_resource("drumbeat://results/0123456789abcdef.csv")
    assert unknown.is_error
    assert "'wrong'" in text(unknown)


TEXTS = st.text(st.sampled_from("ab=+-@\t\r\n,;\"'ü"), max_size=6)
CELLS = st.one_of(TEXTS, st.integers(), st.booleans(), st.lists(TEXTS, max_size=3), st.dictionaries(TEXTS, TEXTS))
ROWS = st.lists(st.one_of(st.dictionaries(TEXTS, CELLS, max_size=4), TEXTS), max_size=6)


@examples(60)
@given(rows=ROWS)
def test_no_cell_is_a_formula_and_no_row_is_lost(rows: list[Any]) -> None:
    read = list(csv.reader(io.StringIO(sheet(rows), newline="")))
    assert len(read) == len(rows) + 1
    numbers = {str(value) for row in rows if isinstance(row, dict) for value in row.values() if isinstance(value, int)}
    assert [cell for row in read for cell in row if cell.startswith(FORMULA) and cell not in numbers] == []


def test_values_are_exact_and_inner_ones_have_dotted_names() -> None:
    rows = [{"id": 1, "by": {"name": "ann"}, "rate": 0.123456789, "open": True, "tags": ["a", "b"]}, {"id": -2}]
    assert sheet(rows) == "id,by.name,rate,open,tags\r\n1,ann,0.123456789,true,a; b\r\n-2,,,,\r\n"
    assert sheet(["=1+1", "plain"]) == "value\r\n'=1+1\r\nplain\r\n"


def test_rows_that_are_wider_than_a_table_lose_nothing() -> None:
    rows = [{f"k{n}": n for n in range(start, start + MOST_COLUMNS)} for start in (0, MOST_COLUMNS)]
    first, second = table(sheet(rows))
    assert first["k7"] == "7"
    assert f'"k{MOST_COLUMNS}": {MOST_COLUMNS}' in second[REST]
