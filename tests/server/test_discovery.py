"""What is not listed can be found, and a listing is cheap for it."""

import json
import warnings
from functools import cache
from typing import Any

import pytest
from mcp import Client
from mcp_types import Tool

from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text(result)
    return dict(result.structured_content or {})


async def find(client: Client, query: str, **filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await call(client, "drumbeat_find_tools", query=query, **filters))["items"]
    return found


# Finding.

GOLD = """
who has not resolved their action items: teamoclock_list_action_items | build failed: buddy_get_execution
why did the build fail: buddy_get_execution | read the log of a failed action: buddy_get_action_logs
run the deploy pipeline: buddy_run_pipeline | approve the waiting execution: buddy_control_execution
cancel the running build: buddy_control_execution | Buddy pipelines: buddy_list_pipelines
list my workspaces: buddy_list_workspaces | environment variables of the pipeline: buddy_list_variables
compare two branches: buddy_compare_commits | file content of the readme: buddy_get_file
how long do reviews take: linearb_get_measurements | cycle time per repository: linearb_get_measurements
open incidents: linearb_search_incidents | report a new incident: linearb_create_incident
teams in LinearB: linearb_list_teams | DORA summary of the platform team: oobeya_get_dora_summary
MTTR: oobeya_get_dora_summary | MTTR of payments: oobeya_get_dora_summary
time to restore: oobeya_get_dora_summary | change failure rate: oobeya_get_dora_summary
technical debt: oobeya_get_team_quality_report | record a deployment: oobeya_create_deployment
pull request report of a developer: oobeya_get_member_pull_request_report | Oobeya users: oobeya_list_users
trigger the analysis: oobeya_trigger_analysis | delete a user: oobeya_delete_user
rotate api keys: oobeya_list_api_keys | test coverage: oobeya_get_last_test_coverage
sprint completion rate: haystack_get_metrics | velocity of the last sprints: haystack_get_team_metrics
Haystack metrics: haystack_get_metrics | retrospective: teamoclock_list_retros
create a retro: teamoclock_create_retro | past retrospectives: teamoclock_list_timeline
start planning poker: teamoclock_create_planning_poker | team members: teamoclock_list_team_members
vote results of planning poker: teamoclock_get_planning_poker | Team O'clock teams: teamoclock_list_teams
what did people say in the standup: teamoclock_get_standup | who is on the platform team: teamoclock_list_team_members
add somebody to a team: teamoclock_add_team_members | remove a person from a team: teamoclock_remove_team_members
undo the last delete: drumbeat_undo_change | what was changed by the assistant: drumbeat_list_changes
"""
NEEDS = dict(row.strip().split(": ") for line in GOLD.strip().splitlines() for row in line.split(" | "))


async def test_plain_needs_find_their_tools_and_always_the_same(connect: Connect) -> None:
    async with connect() as client, connect() as another:
        found = {need: [row["tool"] for row in await find(client, need)] for need in NEEDS}
        again = {need: [row["tool"] for row in await find(another, need)] for need in NEEDS}
    assert found == again
    assert max(map(len, found.values())) <= 5
    missed = [need for need, tool in NEEDS.items() if tool not in found[need]]
    later = [need for need, tool in NEEDS.items() if found[need][:1] != [tool]]
    assert len(missed) <= 2, missed
    assert len(later) <= len(NEEDS) * 0.35, later


async def test_vendor_and_access_narrow_the_choice_before_it_is_cut(connect: Connect) -> None:
    async with connect() as client:
        for vendor in ("linearb", "haystack", "oobeya", "teamoclock"):
            found = await find(client, "teams", vendor=vendor)
            assert found
            assert {row["tool"].split("_")[0] for row in found} == {vendor}
        for access in ("read", "write", "destructive"):
            found = await find(client, "retro", access=access)
            assert found
            assert {row["access"] for row in found} == {access}
        both = await find(client, "team", vendor="teamoclock", access="destructive")
    assert "teamoclock_delete_team" in [row["tool"] for row in both]


async def test_what_is_above_the_access_level_or_of_a_vendor_that_is_off_is_never_found(
    connect: Connect, vendors: Vendors
) -> None:
    settings = vendors.settings(DRUMBEAT_ACCESS="read")
    settings = settings.model_copy(update={"vendors": {"teamoclock": settings.vendors["teamoclock"]}})
    tools = vendors.catalogue.tools
    hidden = {e.name for e in tools if e.access != "read" or e.vendor not in ("teamoclock", "drumbeat")}
    queries = [*NEEDS, *(entry.name.replace("_", " ") for entry in tools), *(entry.description for entry in tools)]
    async with connect(settings) as client:
        found = {row["tool"] for query in queries for row in await find(client, query)}
        found |= {
            row["tool"] for access in ("write", "destructive") for row in await find(client, "retro", access=access)
        }
        off = await client.call_tool("drumbeat_find_tools", {"query": "pipelines", "vendor": "Buddy"})
    assert text(off) == "There is no vendor 'buddy' here; on are teamoclock."
    assert "teamoclock_list_retros" in found
    assert found & hidden == set()


@pytest.mark.parametrize("confirm", ["ask", "two-step"])
async def test_what_is_found_carries_the_schema_that_a_listing_would(
    confirm: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all", DRUMBEAT_CONFIRM=confirm)) as client:
        listed = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        for tool in ("teamoclock_delete_retro", "linearb_get_measurements", "buddy_create_variable"):
            result = await client.call_tool("drumbeat_find_tools", {"query": tool.replace("_", " ")})
            row = next(row for row in (result.structured_content or {})["items"] if row["tool"] == tool)
            assert row["arguments"] == listed[tool]
            assert [name for name in listed[tool]["properties"] if name not in text(result)] == []


@pytest.mark.parametrize("query", ["", "   ", "?!", "the of and", "xyzzy plugh", '" OR * NEAR(', "x" * 500])
async def test_a_need_that_says_nothing_is_answered_plainly(query: str, connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("drumbeat_find_tools", {"query": query})
    assert not result.is_error
    assert text(result) == "Nothing found."


# What a listing costs.


@cache
def encoding() -> Any:
    """Made once for all tools."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import bpe_openai  # type: ignore[import-untyped]

        return bpe_openai.get_encoding("o200k_base")


def tokens(value: Any) -> int:
    """As tests/contract/count_tokens.py counts."""
    return len(encoding().encode(json.dumps(value, separators=(",", ":"), ensure_ascii=False)))


def shown(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


async def test_a_listing_is_cheap(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        everyday = (await client.list_tools()).tools
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all")) as client:
        every = (await client.list_tools()).tools
    assert len(everyday) <= 21
    assert tokens([shown(tool) for tool in everyday]) <= 4000
    assert len(every) == len(vendors.catalogue.tools)
    assert sum(tokens(shown(tool)) for tool in every) / len(every) <= 110
    assert sum(tokens(tool.output_schema) for tool in every) / len(every) <= 60


@pytest.mark.parametrize("access", ["read", "write", "destructive"])
async def test_all_that_the_instructions_name_is_listed_and_reaches_all_that_is_found(
    access: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect(vendors.settings(DRUMBEAT_ACCESS=access)) as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        told = {word.strip(".,:") for word in str(client.instructions).split() if word.startswith("drumbeat_")}
        callers = {"read": "drumbeat_read", "write": "drumbeat_act", "destructive": "drumbeat_act"}
        needed = {callers[row["access"]] for need in NEEDS for row in await find(client, need)}
    assert {"drumbeat_find_tools", "drumbeat_read"} <= told
    assert told <= listed
    assert needed <= listed
