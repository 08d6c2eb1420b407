"""Buddy's executions counted as deployments, in the days of the team."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.insights.line import WEEK, Line, apis, mapped, measures
from tools.insights.delivery import deliver

pytestmark = pytest.mark.anyio


def executions(*rows: tuple[str, str | None]) -> dict[str, Any]:
    listed = [
        {"id": 100 - number, "status": status, "start_date": finished, "finish_date": finished}
        for number, (status, finished) in enumerate(rows)
    ]
    return {
        "/pipelines": {"pipelines": [{"id": 1, "name": "Deploy to production"}, {"id": 2, "name": "Tests"}]},
        "/executions": {"executions": listed, "total_element_count": len(listed), "page_size": 100},
    }


async def test_buddys_executions_count_in_the_days_of_the_team(config: Path) -> None:
    mapped(config, '[teams.platform]\ntimezone = "Europe/Berlin"\nbuddy = { projects = ["infra"] }\n')
    rows = executions(
        ("SUCCESSFUL", "2026-11-15T23:00:00.5Z"),  # Monday in Berlin
        ("SUCCESSFUL", "2026-11-15T22:59:59.33Z"),
        ("FAILED", "2026-11-12T10:00:00Z"),
        ("INPROGRESS", "2026-11-12T09:00:00Z"),
        ("TERMINATED", "2026-11-12T08:00:00Z"),
        ("SUCCESSFUL", "2026-11-12T07:00:00Z"),
        ("SUCCESSFUL", None),
        ("SUCCESSFUL", "2026-11-08T23:00:00Z"),  # Monday in Berlin
        ("SUCCESSFUL", "2026-11-08T22:59:00Z"),  # Sunday there
    )
    found = await measures(config, rows, "buddy")
    often, failed = found["deployment_frequency"], found["failed_executions"]
    assert [often.value, often.before] == pytest.approx([3 / 7, 1 / 7])
    assert (failed.value, failed.counted, failed.too_little) == (25.0, 4, True)
    assert often.fresh == "newest execution 2026-11-15"
    assert failed.level is None


async def test_only_pipelines_that_deploy_are_counted_and_can_be_named(config: Path) -> None:
    rows = executions(("SUCCESSFUL", "2026-11-12T10:00:00Z"))
    for deploys, pipelines in (("", {"1"}), (', deploys = ["tests"]', {"2"}), (", deploys = [1, 2]", {"1", "2"})):
        mapped(config, f'[teams.platform]\nbuddy = {{ projects = ["infra"]{deploys} }}\n')
        line = Line(answers=rows)
        await deliver(apis(line, config, vendors=("buddy",)), "platform", WEEK)
        asked = {r.url.path.split("/")[-2] for r in line.requests if r.url.path.endswith("/executions")}
        assert asked == pipelines


async def test_what_is_not_read_to_its_end_has_no_usual_and_says_so(config: Path) -> None:
    mapped(config, '[teams.platform]\nbuddy = { projects = ["infra"] }\n')

    def endless(request: httpx.Request) -> Any:
        rows = executions(*[("SUCCESSFUL", "2026-11-12T10:00:00Z")] * 100)["/executions"]
        return {**rows, "total_element_count": 10_000}

    answers = {**executions(), "/executions": endless}
    line = Line(answers=answers)
    found = await deliver(apis(line, config, vendors=("buddy",)), "platform", "2026-11-12..2026-11-12")
    often = next(one for one in found.measures if one.metric == "deployment_frequency")
    assert often.value is None
    assert often.caveat == "only executions from 2026-11-12 on were read, 500 a pipeline"
    assert line.counts["buddy"] == 6
