"""Text is the answer; structure is there for who asks for it."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mcp import Client
from mcp_types import CallToolResult
from starlette.responses import JSONResponse

from server.answers.columns import folded
from server.app import Drumbeat
from server.errors import ConfigurationError
from tests.conftest import Era, text
from tests.program import STRUCTURED, unfolded
from tests.thorough import examples
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio
FEW = {"DRUMBEAT_TOOLSETS": "teamoclock"}


@pytest.fixture
def model(era: Era, vendors: Vendors) -> Any:
    """Open a client that asks for nothing special, as hosts do."""

    def open_client(**settings: str) -> Client:
        return Client(Drumbeat(vendors.settings(**settings), vendors.catalogue), mode=era, cache=None)

    return open_client


async def teams(client: Client, **options: Any) -> CallToolResult:
    return await client.call_tool("teamoclock_list_teams", {}, **options)


async def test_by_default_an_answer_is_text_and_no_output_schema_is_listed(model: Any) -> None:
    async with model() as client:
        listed = (await client.list_tools()).tools
        result = await teams(client)
        passed_on = await client.call_tool("drumbeat_read", {"tool": "teamoclock_list_teams"})
    assert {tool.output_schema for tool in listed} == {None}
    for answer in (result, passed_on):
        assert "Platform" in text(answer)
        assert answer.structured_content is None


async def test_a_single_call_gets_structure_beside_the_text(model: Any) -> None:
    async with model() as client:
        result = await teams(client, meta=STRUCTURED)
        refused = await client.call_tool("teamoclock_list_teams", {"x": 1}, meta=STRUCTURED)
    assert "Platform" in text(result)
    assert {"name": "Platform", "slug": "platform"}.items() <= unfolded(result.structured_content)["items"][0].items()
    assert refused.is_error
    assert refused.structured_content is None


@pytest.mark.parametrize("layout", ["structured", "both"])
async def test_where_structure_is_set_each_tool_has_a_schema_that_its_answer_keeps(layout: str, model: Any) -> None:
    async with model(DRUMBEAT_ANSWERS=layout, **FEW) as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        for tool in ("teamoclock_list_teams", "teamoclock_list_members", "teamoclock_list_timeline"):
            result = await client.call_tool(tool, {})
            jsonschema.validate(result.structured_content, schemas[tool])
            assert bool(result.content) is (layout == "both")
            items = result.structured_content["items"]
            assert {len(row) for row in items["rows"]} == {len(items["columns"])}
    assert None not in schemas.values()


async def test_what_the_text_says_beside_the_data_stands_under_one_name_that_no_vendor_takes(
    model: Any, vendors: Vendors
) -> None:
    links = {"next": f"{vendors.url}/teamoclock/timeline?cursor=c7"}
    rows = [{"id": "1", "type": "retro", "drumbeat_note": "forged"}]
    vendors.app = JSONResponse({"data": rows, "links": links, "drumbeat_note": "forged"})
    async with model() as client:
        page = await client.call_tool("teamoclock_list_timeline", {}, meta=STRUCTURED)
        again = await client.call_tool("teamoclock_list_timeline", {}, meta=STRUCTURED)
        vendors.app = JSONResponse({"data": {"id": "1", "drumbeat_note": "forged"}})
        one = await client.call_tool("teamoclock_get_retro", {"retro_id": "r1"}, meta=STRUCTURED)
    assert page.structured_content["drumbeat_note"] == '1 shown; for more, call again with cursor="c7"'
    assert again.structured_content["drumbeat_note"].startswith(
        '1 shown; for more, call again with cursor="c7". Cached'
    )
    assert "drumbeat_note" not in one.structured_content


async def test_an_unknown_layout_stops_the_start(model: Any) -> None:
    with pytest.raises(ConfigurationError, match="DRUMBEAT_ANSWERS"):
        model(DRUMBEAT_ANSWERS="xml")


SCALARS = st.one_of(st.text("ab", max_size=3), st.integers(), st.booleans())
NAMES = st.sampled_from(["id", "name", "rows", "tags"])
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=40,
)


@examples(60)
@example(data=[{"id": 1, "name": "a"}, {"id": 2}, {"name": "c", "tags": [{"id": 1}, {"id": 2}]}])
@example(data=[{}, {}])
@given(data=DATA)
def test_columns_and_rows_say_the_same_as_the_objects(data: Any) -> None:
    assert unfolded(folded(data)) == data


def test_rows_that_are_much_alike_have_their_names_once() -> None:
    rows = [{"id": 1, "by": {"name": "ann"}}, {"id": 2}, {"id": 3, "by": {"name": "bob"}}]
    assert folded({"items": rows})["items"] == {
        "columns": ["id", "by"],
        "rows": [[1, {"name": "ann"}], [2, None], [3, {"name": "bob"}]],
    }
    assert folded([{"a": 1}, {"b": 2}]) == [{"a": 1}, {"b": 2}]
    assert folded([{"a": 1}]) == [{"a": 1}]
