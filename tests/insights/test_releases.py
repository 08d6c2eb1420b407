"""What was released, what failed on the way there, and why, with the evidence."""

from typing import Any

import pytest

from tests.client import call, done
from tests.conftest import Connect, text
from tests.insights.broken import TITLES, TROUBLES, Broken, Trouble, answer_without
from tests.vendors import Vendors

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("at_noon"), pytest.mark.era("legacy")]
TOOL = "insights_get_release_activity"


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {row["failure"].split()[0]: row["verdict"] for row in found["failures"]}


async def test_a_teams_pipelines_are_counted_and_its_failures_triaged(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="platform")
    assert found["of"] == "Platform (platform-api, infra)"
    assert found["period"] == "2026-11-13 to today, 2026-11-20 (UTC)"
    infra = next(row for row in found["pipelines"] if row["pipeline"] == "Deploy to production (21)")
    assert (infra["runs"], infra["failed"], infra["deploys"], infra["median_time"]) == (4, 1, True, "6 min")
    assert verdicts(found)["#122"].startswith("environment: the log says “connection refused”; it passed on main")
    nightly = verdicts(found)["#1259"]
    assert nightly.startswith("environment: the same commit passed in #1258, before; the log says")
    assert next(iter(verdicts(found).values())).startswith("environment")
    assert "environment or flaky: buddy_control_execution(operation=RETRY)" in found["next"]


async def test_a_failure_has_its_log_its_change_its_person_and_what_to_call_for_more(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="platform", period="2026-11-01..2026-11-10")
        (failure,) = (row for row in found["failures"] if row["failure"].startswith("#108"))
        assert failure["verdict"] == "regression: it passed on main (default) before, last in #105 (commit c0236e49)"
        assert failure["log_says"].endswith("exceeded its progress deadline ⏎ KeyError: 'WEBHOOK_SECRET'")
        assert failure["change"] == "Paginate the audit log (#108), Joe Doe"
        assert "/infra" not in failure["link"]
        where = {"project": "platform-api", "pipeline_id": "Deploy to production", "execution_id": "108"}
        log = await done(client, "buddy_get_action_logs", **where, action_execution_id="FAILED")
    assert "KeyError: 'WEBHOOK_SECRET'" in log["log"]


async def test_a_first_attempt_that_failed_is_flaky(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, project="Mobile app", period="2026-10")
    assert found["of"] == "mobile-app"
    assert not any("project" in row for row in (*found["pipelines"], *found["released"]))
    (flaky,) = (row for row in found["failures"] if "Tests" in row["failure"])
    assert flaky["verdict"].startswith("flaky: the same commit passed in #")
    assert flaky["log_says"] == "FAILED tests/test_checkout.py::test_two_tabs - AssertionError: assert 2 == 1"
    assert found["more_failures"] == "4 more, not triaged"


async def test_what_was_released_is_what_came_since_the_last_success_before(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="platform")
        (released,) = (row for row in found["released"] if row["project"] == "infra")
        number, before = released["commits"].split(" since #")
        where = {"project": "infra", "pipeline_id": "21", "execution_id": before.split()[0]}
        base = (await done(client, "buddy_get_execution", **where))["to_revision"]["revision"]
        commits = await done(client, "buddy_compare_commits", project="infra", base=base, head="main")
    assert int(number) == len(commits["items"])
    assert released["newest"].split("; ")[0] == commits["items"][0]["message"].strip()


async def test_other_vendors_count_stands_beside(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="platform")
        one = await done(client, TOOL, project="platform-api")
    assert found["counted_elsewhere"] == {
        "LinearB": "deployments: platform-api 2, infra 3",
        "Oobeya": "deployments of the team's analyses: 4 SUCCESS, 1 FAILED",
    }
    assert one["counted_elsewhere"] == {"LinearB": "deployments: 2"}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("vendor", ["buddy", "linearb", "oobeya"])
async def test_a_vendor_in_trouble_is_named_and_the_others_answer(
    connect: Connect, vendors: Vendors, vendor: str, trouble: Trouble
) -> None:
    found = await answer_without(connect, vendors, TOOL, vendor, trouble)
    assert bool(found["pipelines"]) == (vendor != "buddy")
    elsewhere = {"linearb", "oobeya"} - {vendor}
    assert set(found["counted_elsewhere"]) == {TITLES[name] for name in elsewhere}
    if vendor == "buddy":
        expected = "which is not configured" if trouble == "off" else "drumbeat_check_connections"
        assert expected in found["next"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("/logs", "its log could not be read: Buddy answered 418"),
        ("/executions/122/", "its log could not be read: Buddy answered 418"),
        ("/comparison/", "comparisons of commits could not be read"),
        ("/pipelines/22/executions", "1 of 4 pipelines could not be read"),
        ("/executions/122", "1 of 3 failures could not be read"),
    ],
)
async def test_what_buddy_refuses_in_part_is_said(connect: Connect, vendors: Vendors, part: str, said: str) -> None:
    vendors.app = Broken(vendors.app, "buddy", "refuses", part)
    async with connect() as client:
        result = await call(client, TOOL, team="platform")
    assert said in text(result).replace("2 of 2 ", "")
    assert (result.structured_content or {})["pipelines"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "name a team or a project (insights_list_teams, buddy_list_projects)"),
        ({"project": "paments"}, "Buddy has no project 'paments' (it has payments-service)"),
        ({"team": "nobody"}, "no vendor has a team 'nobody'"),
        ({"team": "platform", "period": "2031-01"}, "has not begun"),
    ],
)
async def test_what_does_not_exist_is_refused_with_what_does(
    connect: Connect, arguments: dict[str, str], said: str
) -> None:
    async with connect() as client:
        result = await call(client, TOOL, **arguments)
    assert result.is_error
    assert said in text(result)


async def test_a_quiet_period_is_no_failure(connect: Connect) -> None:
    async with connect() as client:
        found = await done(client, TOOL, team="mobile", period="2026-11-14..2026-11-15")
    assert {row["latest"] for row in found["pipelines"]} == {"none in this period"}
    assert (found["failures"], found["released"]) == ([], [])
    assert found["next"].startswith("Nothing failed")


async def test_what_this_very_call_has_fetched_is_not_told_as_old(connect: Connect) -> None:
    async with connect() as client:
        said = text(await call(client, TOOL, team="platform"))  # which reads some executions twice
    assert "cache" not in said.replace("cache.internal", "").replace("Cache team", "")
