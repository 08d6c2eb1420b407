"""What is not listed can be found, and a listing is cheap for it."""

import json
import re
import warnings
from functools import cache
from typing import Any

import pytest
from mcp import Client
from mcp_types import Tool

from server.builtin import told as telling
from server.builtin.usage import line
from server.catalogue import Catalogue
from tests.conftest import Connect, text
from tests.vendors import Vendors

pytestmark = pytest.mark.anyio


async def ask(client: Client, **arguments: Any) -> str:
    result = await client.call_tool("drumbeat_find_tools", arguments)
    assert not result.is_error, text(result)
    return text(result)


IN_THE_LIST = "in your list of tools"


async def find(client: Client, query: str, **filters: str) -> list[dict[str, str]]:
    """The best tools; of those that the client has in its list only the name is told."""
    return rows(await ask(client, query=query, **filters))


def rows(answer: str) -> list[dict[str, str]]:
    found = []
    for told in answer.splitlines():
        if names := re.fullmatch(r"In your list of tools: (.+)", told):
            found += [{"tool": name, "line": IN_THE_LIST} for name in names[1].split(", ")]
        elif row := re.fullmatch(r"(\w+_\w+)(?: \((\w+)(?:, deprecated)?\))?: (.+)", told):
            access = row[2] if row[2] in ("write", "destructive") else "read"
            found.append({"tool": row[1], "access": access, "line": row[3]})
    return found


async def named(client: Client, query: str, **filters: str) -> list[str]:
    """The tools that are found, with those of the last line."""
    answer = await ask(client, query=query, **filters)
    further = re.findall(r"(?m)^Further: (.*)$", answer)
    words = re.findall(r"([a-z]+_)(?:\{(.+?)\}|(\w+))", further[0] if further else "")
    names = [f"{vendor}{name}" for vendor, several, one in words for name in (several or one).split()]
    return [*(row["tool"] for row in rows(answer)), *names]


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
time to restore: oobeya_get_dora_summary | change failure rate: insights_get_delivery_report
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
    assert not missed
    assert len(later) <= len(NEEDS) * 0.35, later


async def test_vendor_and_access_narrow_the_choice_before_it_is_cut(connect: Connect) -> None:
    async with connect() as client:
        for vendor in ("linearb", "haystack", "oobeya", "teamoclock"):
            found = await find(client, "teams", vendor=vendor)
            assert found
            assert {row["tool"].split("_")[0] for row in found} == {vendor}
        for access in ("read", "write", "destructive"):
            found = [row for row in await find(client, "retro", access=access) if row["line"] != IN_THE_LIST]
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
    on = ("teamoclock", "insights", "drumbeat")
    hidden = {e.name for e in tools if e.access != "read" or e.vendor not in on}
    queries = [*NEEDS, *(entry.name.replace("_", " ") for entry in tools), *(entry.description for entry in tools)]
    async with connect(settings) as client:
        found = {tool for query in queries for tool in await named(client, query)}
        found |= {tool for access in ("write", "destructive") for tool in await named(client, "retro", access=access)}
        shelf = await ask(client)
        off = await client.call_tool("drumbeat_find_tools", {"query": "pipelines", "vendor": "Buddy"})
    assert text(off) == "There is no vendor 'buddy' here; on are insights, teamoclock."
    assert "teamoclock_list_retros" in found
    assert found & hidden == set()
    assert not any(f"{name.split('_', 1)[0]}." in shelf for name in hidden if not name.startswith(on))
    assert "delete_retro" not in shelf


@pytest.mark.parametrize("confirm", ["ask", "two-step"])
async def test_a_line_names_every_argument_and_all_its_choices(
    confirm: str, connect: Connect, vendors: Vendors
) -> None:
    async with connect(vendors.settings(DRUMBEAT_TOOLSETS="all", DRUMBEAT_CONFIRM=confirm)) as client:
        listed = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
    async with connect(vendors.settings(DRUMBEAT_CONFIRM=confirm)) as client:
        for tool in ("teamoclock_delete_retro", "linearb_search_incidents", "buddy_create_variable"):
            line = next(row["line"] for row in await find(client, tool.replace("_", " ")) if row["tool"] == tool)
            for name, schema in listed[tool]["properties"].items():
                star = "*" if name in listed[tool].get("required", ()) else ""
                assert re.search(rf"[|,;] {name}{re.escape(star)}(?![\w*])", line), name
                for choice in schema.get("enum", ()):
                    assert choice in line


async def test_nested_fields_bounds_and_choices_are_spelt_out(connect: Connect) -> None:
    async with connect() as client:
        compare = (await find(client, "compare two branches"))[0]
        incidents = next(
            r for r in await find(client, "which incidents are open") if r["tool"] == "linearb_search_incidents"
        )
    assert compare["tool"] == "buddy_compare_commits"
    assert compare["line"].startswith("Commits that head has and base has not")
    assert "project*, page, workspace; base*, head* Commit SHA, branch or tag; per_page 1..100" in compare["line"]
    assert "statuses [open/in-progress/closed/deleted]" in incidents["line"]
    assert "issued_at, started_at, ended_at {after, before Day or ISO 8601}" in incidents["line"]


async def test_a_tool_that_the_client_has_in_its_list_is_only_named(connect: Connect, vendors: Vendors) -> None:
    async with connect() as client:
        listed = {tool.name for tool in (await client.list_tools()).tools}
        rows = [row for need in NEEDS for row in await find(client, need)]
    assert {row["tool"] in listed for row in rows if row["line"] == IN_THE_LIST} == {True}
    assert not any(row["tool"] in listed for row in rows if row["line"] != IN_THE_LIST)


async def test_a_sure_search_tells_of_one_tool_and_names_others(connect: Connect) -> None:
    async with connect() as client:
        best, every = await find(client, "get rid of a branch"), await named(client, "get rid of a branch")
    assert [row["tool"] for row in best] == ["buddy_delete_branch"]
    assert best[0]["line"] == "Delete a branch | project*, name*, workspace"
    assert len(set(every)) == 4


async def test_an_unsure_search_tells_of_several_with_arguments_and_of_more_what_they_do(connect: Connect) -> None:
    need = "which environments are there"
    async with connect() as client:
        best, every = await find(client, need), await named(client, need)
    assert [" | " in row["line"] for row in best] == [True, True, False]
    assert best[2]["line"] == "Actions of a pipeline, in the order they run"
    assert 5 < len(set(every)) <= 15


async def test_of_the_second_best_no_words_are_said_on_what_may_be_left_out(connect: Connect) -> None:
    async with connect() as client:
        first, second, *_ = await find(client, "sprint completion")
    assert (first["tool"], second["tool"]) == ("haystack_get_team_metrics", "haystack_get_metrics")
    assert first["line"].endswith("filters [{}] From Haystack's Copy API Request")
    assert second["line"].endswith("group_by; filters [{}]")


def test_what_is_to_know_of_the_second_best_is_said_though_its_details_are_not(catalogue: Catalogue) -> None:
    entry = next(entry for entry in catalogue.tools if entry.name == "linearb_search_incidents")
    told = line(entry, entry.input_schema, brief=True)
    assert told.startswith(
        f"{entry.name}: Incidents, latest first. Many carry no repository, so a search by repository"
    )
    wide = next(entry for entry in catalogue.tools if entry.name == "haystack_get_metrics")
    assert line(wide, wide.input_schema, brief=True).startswith(
        f"{wide.name}: Delivery metrics of the whole organization | "
    )


async def test_a_tool_whose_answers_have_what_another_needs_is_told_with_it(connect: Connect) -> None:
    async with connect() as client:
        best, after = await find(client, "delete one of the active retros")
    assert best["line"].endswith("retro_id* From list_retros")
    assert after["tool"] == "teamoclock_list_retros"
    assert after["line"].endswith(" | team")


async def test_who_searches_though_a_listed_tool_seems_to_fit_is_told_of_another(connect: Connect) -> None:
    async with connect() as client:
        listed, other, *_ = await find(client, "what did a team talk about in a past retro")
    assert listed == {"tool": "insights_get_retro_brief", "line": IN_THE_LIST}
    assert other["tool"] == "teamoclock_get_timeline_record"
    assert " | record_id* " in other["line"]


def test_the_best_of_what_is_not_listed_has_its_arguments_however_many_listed_ones_stand_before(
    catalogue: Catalogue,
) -> None:
    found = [(entry, 0.17 if place < 5 else 0.15 / len(catalogue.tools)) for place, entry in enumerate(catalogue.tools)]
    listed = {entry.name for entry, _ in found[:5]}
    lines = telling.told(found, listed, lambda entry: entry.input_schema)
    assert lines[0] == f"In your list of tools: {', '.join(entry.name for entry, _ in found[:5])}"
    assert lines[1] == line(found[5][0], found[5][0].input_schema)
    assert telling.told(found, {entry.name for entry, _ in found}, lambda entry: entry.input_schema) == lines[:1]


@pytest.mark.parametrize("name", ["linearb_update_incident", "insights_get_retro_brief"])
async def test_the_name_of_a_tool_finds_it_alone_with_its_arguments(name: str, connect: Connect) -> None:
    async with connect() as client:
        told = await ask(client, query=f" {name} ")
    assert re.fullmatch(rf"{name}(?: \(write\))?: .+ \| .+", told)


async def test_what_is_deprecated_stands_last(connect: Connect) -> None:
    async with connect() as client:
        found = await find(client, "LinearB measurements report")
        told = await ask(client, query="LinearB measurements report")
    deprecated = [
        f"{row['tool']} (deprecated)" in told or f"{row['tool']} (write, deprecated)" in told for row in found
    ]
    assert any(deprecated)
    assert deprecated == sorted(deprecated)


@pytest.mark.parametrize("query", ["cloud cost", "what is our cloud cost", "xyzzy plugh", "?!", "x" * 500])
async def test_a_need_that_nothing_fits_is_answered_plainly(query: str, connect: Connect) -> None:
    async with connect() as client:
        told = await ask(client, query=query)
    assert told == "Nothing fits. Without a query, drumbeat_find_tools lists the names of all tools."


async def test_a_need_that_is_mostly_of_something_else_is_doubted(connect: Connect) -> None:
    async with connect() as client:
        told = await ask(client, query="book a meeting room")
    assert told.startswith("Perhaps nothing fits: no tool here is about book, room. The nearest:")


@pytest.mark.parametrize("query", ["the of and", '" OR * NEAR(', "'; drop table tools --"])
async def test_any_query_is_answered(query: str, connect: Connect) -> None:
    async with connect() as client:
        assert await ask(client, query=query)


async def test_a_query_has_a_bound(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("drumbeat_find_tools", {"query": "x" * 501})
    assert result.is_error


# The shelf.


@pytest.mark.parametrize("query", [None, "", "   "])
async def test_without_a_query_the_names_of_all_are_listed(
    query: str | None, connect: Connect, vendors: Vendors
) -> None:
    async with connect() as client:
        told = await ask(client, **({} if query is None else {"query": query}))
    names = {f"{row.split('.')[0]}_{name}" for row in told.splitlines()[1:] for name in row.partition(": ")[2].split()}
    assert names == {entry.name for entry in vendors.catalogue.for_models}
    assert tokens(told) <= 1200


async def test_a_vendor_or_a_toolset_narrows_the_shelf(connect: Connect) -> None:
    async with connect() as client:
        vendor = await ask(client, vendor="LinearB")
        toolset = await ask(client, toolset="buddy.executions")
        short = await ask(client, toolset="executions", access="destructive")
        narrowed = await find(client, "delete", toolset="teamoclock.retros")
        off = await client.call_tool("drumbeat_find_tools", {"toolset": "linearb.retros"})
    assert {row.split(".")[0] for row in vendor.splitlines()[1:]} == {"linearb"}
    assert [row.split(":")[0] for row in toolset.splitlines()[1:]] == ["buddy.executions"]
    assert short.splitlines()[1:] == ["buddy.executions: control_execution"]
    assert {row["tool"].split("_")[-1].rstrip("s") for row in narrowed} == {"retro"}
    assert off.is_error
    assert "There is no toolset 'linearb.retros' here; there are linearb.deployments" in text(off)


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
    assert len(everyday) <= 24
    assert tokens([shown(tool) for tool in everyday]) <= 3600
    assert len(every) == len(vendors.catalogue.for_models)
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
        found = [row for need in NEEDS for row in await find(client, need) if row["line"] != IN_THE_LIST]
        needed = {callers[row["access"]] for row in found}
    assert {"drumbeat_find_tools", "drumbeat_read"} <= told
    assert told <= listed
    assert needed <= listed


async def test_a_name_without_its_vendor_is_answered_with_those_in_full(connect: Connect) -> None:
    async with connect() as client:
        one = await client.call_tool("drumbeat_read", {"tool": "get_retro"})
        several = await client.call_tool("drumbeat_read", {"tool": "list_teams"})
    assert text(one).endswith("Did you mean teamoclock_get_retro?")
    assert all(f"{vendor}_list_teams" in text(several) for vendor in ("insights", "linearb", "oobeya", "teamoclock"))
