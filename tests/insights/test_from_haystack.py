"""Haystack's weeks and months made into periods, computed by hand: text numbers, nulls and gaps among them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.insights.line import WEEK, Line, apis, measures
from tools.insights.delivery import deliver, get_delivery_report
from tools.insights.sources.haystack import Bucket, unit_of_failures

pytestmark = pytest.mark.anyio


ODD_WEEK = "2026-11-10..2026-11-16"


def haystack(series: dict[str, dict[str, Any]]) -> Any:
    """Haystack's answer: each measure's values by the first day of a week, in the weeks that are asked for."""
    titles = {"count": "Deployments", "leadTime": "Change lead time (hours)", "rate": "Change failure rate"}

    def answer(request: httpx.Request) -> Any:
        asked = json.loads(request.content)
        data = [
            {
                "title": titles[name],
                "measure": f"deployment.{name}",
                "series": [
                    {"x": x, "value": value}
                    for x, value in points.items()
                    if asked["startDate"] <= x <= asked["endDate"] or not x[:4].isdigit()
                ],
            }
            for name, points in series.items()
        ]
        return {"data": data, "averages": {}}

    return answer


METRICS = "/public/api/team/31/metrics"
MONDAYS = ["2026-11-09", "2026-11-02", "2026-10-26", "2026-10-19", "2026-10-12", "2026-10-05", "2026-09-28"]


async def test_haystacks_weeks_become_periods(config: Path) -> None:
    counts: dict[str, Any] = dict(zip(MONDAYS, ["8", "7", "14", "7", "21", "7", "14"], strict=True))
    hours: dict[str, Any] = dict(zip(MONDAYS, ["30.5", 20, 22, 24, 26, None, 28], strict=True))
    rates: dict[str, Any] = dict(zip(MONDAYS, ["0.25", 0, None, 0, 0, 0, 0], strict=True))
    found = await measures(config, {METRICS: haystack({"count": counts, "leadTime": hours, "rate": rates})}, "haystack")
    often, lead, failed = (found[name] for name in ("deployment_frequency", "lead_time", "change_failure_rate"))
    assert often.value == pytest.approx(8 / 7)
    assert (often.before, often.counted) == (1.0, 8)
    assert often.history == (1, 2, 1, 3, 1, 2)
    assert (lead.value, lead.unit, lead.history) == (30.5, "hours", (20, 22, 24, 26, None, 28))
    assert lead.aggregation == "85th percentile"
    assert lead.usual
    assert (lead.usual.median, lead.usual.low, lead.usual.high, lead.usual.periods) == (24, 22, 26, 5)
    # 2 of 8: the rate is a share of 1, since 0.25 % of 8 is no whole deployment.
    assert (failed.value, failed.unit, failed.too_little) == (25.0, "percent", True)


async def test_haystacks_failures_of_several_weeks_are_weighted_by_their_deployments(config: Path) -> None:
    series: dict[str, dict[str, Any]] = {
        "count": {"2026-10-26": 4, "2026-11-02": 16},
        "rate": {"2026-10-26": 0.5, "2026-11-02": 0.125},
        "leadTime": {"2026-10-26": 10, "2026-11-02": 20},
    }
    found = await measures(config, {METRICS: haystack(series)}, "haystack", "2026-10-26..2026-11-08")
    assert found["change_failure_rate"].value == 20.0  # 2 + 2 of 20, and not the mean of 50 and 12.5
    assert found["lead_time"].value == 15
    assert found["lead_time"].aggregation == "mean of 85th percentiles of 2 weeks"


@pytest.mark.parametrize(
    ("rates", "unit", "times"),
    [
        ([(0.25, 8)], "percent", 100),
        ([(25, 8)], "percent", 1),
        ([(0.1034, 29), (0.5, 2)], "percent", 100),
        ([(10, 29)], "percent", 1),
        ([(0.5, 200)], "(unit not documented)", 0),
        ([(0.333, 8)], "(unit not documented)", 0),
        ([], "percent", 1),
        ([(0, 8)], "percent", 1),
    ],
)
async def test_the_unit_of_haystacks_failure_rate_is_that_in_which_failures_are_whole(
    rates: list[tuple[float, float]], unit: str, times: float
) -> None:
    buckets = [Bucket(None, {"change_failure_rate": rate, "deployment_frequency": count}) for rate, count in rates]
    assert unit_of_failures(buckets) == (unit, times)


@given(st.lists(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), min_size=1, max_size=7))
async def test_a_share_of_one_is_never_taken_for_a_percent(pairs: list[tuple[int, int]]) -> None:
    buckets = [
        Bucket(None, {"change_failure_rate": round(failed / count, 4), "deployment_frequency": count})
        for failed, count in pairs
    ]
    assert unit_of_failures(buckets)[1] in (100.0, 0.0)


async def test_without_dates_on_the_axis_haystack_has_no_before(config: Path) -> None:
    series = {"count": {"week one": 7, "week two": 7}, "leadTime": {"week one": 1, "week two": 3}}
    found = await measures(config, {METRICS: haystack(series)}, "haystack")
    assert found["lead_time"].value == 2
    assert found["lead_time"].before is None
    assert found["deployment_frequency"].history == ()


@pytest.mark.parametrize(("period", "most"), [("2026-10", 2), (WEEK, 2), (ODD_WEEK, 3), ("last-quarter", 2)])
async def test_six_periods_of_history_cost_haystack_one_request_more(config: Path, period: str, most: int) -> None:
    line = Line()
    await deliver(apis(line, config, vendors=("haystack",)), "platform", period)
    assert line.counts["haystack"] == most


async def test_of_a_period_that_is_no_whole_weeks_only_counts_and_shares_have_a_usual(config: Path) -> None:
    found = await measures(config, {}, "haystack", ODD_WEEK)
    assert found["deployment_frequency"].usual
    assert found["lead_time"].usual is None
    assert found["lead_time"].before


async def test_days_are_not_held_against_whole_weeks(config: Path) -> None:
    line = Line()
    delivery = await deliver(apis(line, config, vendors=("haystack",)), "platform", "2026-11-18..2026-11-19")
    found = {one.metric: one for one in delivery.measures}
    assert {one.usual for one in found.values()} == {None}
    assert found["deployment_frequency"].before is not None
    assert line.counts["haystack"] == 2


async def test_what_haystack_does_not_have_is_not_available(config: Path) -> None:
    answer = haystack({"count": {"2026-11-09": 3}})
    report = await get_delivery_report(
        apis(Line(answers={METRICS: answer}), config, vendors=("haystack",)), "platform", WEEK
    )
    assert report.not_available == "from Haystack: all but deployment frequency"
