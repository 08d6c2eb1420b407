"""LinearB's counts made into rates, computed by hand, and its zeros of nothing."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.insights.line import WEEK, Line, apis, measures
from tools.insights.delivery import deliver

pytestmark = pytest.mark.anyio


MEASUREMENTS = "/api/v2/measurements"


def linearb(now: dict[str, Any], *before: dict[str, Any]) -> dict[str, Any]:
    """LinearB's answer to a report of WEEK: a window for it, and one for each week before."""
    weeks = [(date(2026, 11, 9 - 7), date(2026, 11, 15 - 7)), (date(2026, 10, 26), date(2026, 11, 1))]
    windows = [{"after": "2026-11-09", "before": "2026-11-15", "metrics": [{"team_id": 101, **now}]}]
    for (first, last), metrics in zip(weeks, before, strict=False):
        windows.append({"after": f"{first}T00:00:00Z", "before": f"{last}", "metrics": [{"team_id": 101, **metrics}]})
    return {MEASUREMENTS: windows}


async def test_linearbs_counts_become_rates(config: Path) -> None:
    now = {
        "branch.computed.cycle_time:p75": "3000.5",
        "pr.merged": 12,
        "releases.count": "14",
        "pm.mttr": 90,
        "pm.cfr.issues.done": 3,
        "commit.activity.rework.count": 30,
        "commit.total_changes": 400,
    }
    before = {"releases.count": 7, "pm.cfr.issues.done": 0, "pr.merged": 7, "branch.computed.cycle_time:p75": 2000}
    found = await measures(config, linearb(now, before), "linearb")
    assert {metric: (one.value, one.before, one.counted) for metric, one in found.items()} == {
        "lead_time": (3000.5, 2000, 12),
        "deployment_frequency": (2.0, 1.0, 14),
        "change_failure_rate": (pytest.approx(3 / 14 * 100), 0.0, 14),
        "time_to_restore": (90, None, 3),
        "rework_rate": (7.5, None, 12),
    }
    assert found["deployment_frequency"].better is True
    assert found["lead_time"].better is False


async def test_linearbs_zero_of_nothing_is_no_time_and_no_rate(config: Path) -> None:
    nothing = {
        "branch.computed.cycle_time:p75": 0,
        "pr.merged": 0,
        "releases.count": 0,
        "pm.mttr": 0,
        "pm.cfr.issues.done": 0,
        "commit.activity.rework.count": None,
        "commit.total_changes": 0,
    }
    found = await measures(config, linearb(nothing), "linearb")
    assert {metric: one.value for metric, one in found.items()} == {
        "lead_time": None,
        "deployment_frequency": 0,
        "change_failure_rate": None,
        "time_to_restore": None,
        "rework_rate": None,
    }


async def test_linearb_gets_one_request_for_all_periods(config: Path) -> None:
    line = Line()
    await deliver(apis(line, config, vendors=("linearb",)), "platform", WEEK)
    (request,) = line.requests
    body = json.loads(request.content)
    assert body["time_ranges"][:2] == [
        {"after": "2026-11-09", "before": "2026-11-15"},
        {"after": "2026-11-02", "before": "2026-11-08"},
    ]
    assert len(body["time_ranges"]) == 7
    assert (body["team_ids"], body["group_by"]) == ([101], "team")
