"""What an empty page says: a list that ends before it is not an empty list."""

from typing import Any

import pytest

from tests.client import call
from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.era("auto")]
DEPLOYING = {"project": "payments-service", "pipeline_id": "Deploy to production"}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("buddy_list_executions", {**DEPLOYING, "page": 7}, "page=7 is past the end of 31; without page the list"),
        ("buddy_list_projects", {"page": 7}, "page=7 may be past the end"),
        ("oobeya_list_members", {"page": 1}, "page=1 is past the end of 10"),
        ("linearb_list_teams", {"offset": 500}, "offset=500 is past the end of 3"),
        ("linearb_search_incidents", {"offset": 500}, "offset=500 is past the end of"),
    ],
)
async def test_a_page_past_the_end_says_so(connect: Connect, tool: str, arguments: dict[str, Any], words: str) -> None:
    async with connect() as client:
        assert words in text(await call(client, tool, **arguments))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("linearb_list_teams", {"offset": 0, "search_term": "nobody"}),
        ("linearb_search_incidents", {"offset": 3, "statuses": ["deleted"]}),
        ("oobeya_list_members", {"page": 0, "username": "nobody"}),
        ("buddy_list_commits", {"project": "payments-service", "page": 1, "until": "2020-01-01"}),
    ],
)
async def test_a_list_that_is_empty_is_not_past_its_end(connect: Connect, tool: str, arguments: dict[str, Any]) -> None:
    async with connect() as client:
        said = text(await call(client, tool, **arguments))
    assert "Nothing found." in said
    assert "past the end" not in said


@pytest.mark.parametrize("bounds", [{"page": -1}, {"size": 0}])
@pytest.mark.parametrize("list_tool", ["members", "users", "teams", "deployments", "analyses"])
async def test_pages_that_cannot_be_are_refused_before_anything_is_sent(
    connect: Connect, vendors: Vendors, list_tool: str, bounds: dict[str, int]
) -> None:
    async with connect() as client:
        said = text(await call(client, f"oobeya_list_{list_tool}", **bounds))
    assert "should be greater than or equal to" in said
    assert vendors.requests == []


async def test_changes_past_the_last_one_say_so(connect: Connect) -> None:
    async with connect() as client:
        await call(client, "teamoclock_create_action_item", team="platform", text="One")
        assert "offset=9 is past the end of 1" in text(await call(client, "drumbeat_list_changes", offset=9))
