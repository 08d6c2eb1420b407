"""Every number that is derived, computed by hand from what a vendor sends: text numbers, nulls and gaps among it."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.insights.line import Line, apis, mapped
from tools.insights.breakdown import broken_down, change, outliers, shares
from tools.insights.delivery import deliver, get_delivery_report
from tools.insights.measures import Measure
from tools.insights.sources import ratio
from tools.insights.sources.haystack import Bucket, _share
from tools.insights.sources.oobeya import Deployed, in_words

pytestmark = pytest.mark.anyio
WEEK = "2026-11-09..2026-11-15"  # from a Monday to a Sunday
ODD_WEEK = "2026-11-10..2026-11-16"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "drumbeat.toml"


async def measures(config: Path, answers: dict[str, Any], vendor: str, period: str = WEEK) -> dict[str, Measure]:
    """What comes of a vendor's answers, by metric."""
    found = await deliver(apis(Line(answers=answers), config, vendors=(vendor,)), "platform", period)
    return {one.metric: one for one in found.measures}


# Oobeya.

SUMMARY = "/apis/v1/analysis/dora-summary-metrics"


async def test_oobeyas_words_are_numbers_where_it_sends_nothing_else(config: Path) -> None:
    """The answer of Oobeya's own document."""
    sample = {
        "leadTimeForChanges": {"formattedValue": "2.3 days"},
        "deploymentFrequency": {"formattedValue": "3 per week"},
        "changeFailureRate": {"formattedValue": "5%"},
        "timeToRestore": {"formattedValue": "4h 30m"},
    }
    found = await measures(config, {SUMMARY: sample}, "oobeya")
    assert {metric: (one.value, one.unit) for metric, one in found.items()} == {
        "lead_time": (pytest.approx(3312), "minutes"),
        "deployment_frequency": (pytest.approx(3 / 7), "per day"),
        "change_failure_rate": (5.0, "percent"),
        "time_to_restore": (270.0, "minutes"),
    }
    assert [one.level for one in found.values()] == ["high", "high", "elite", "high"]


async def test_oobeyas_raw_value_counts_where_its_unit_can_be_told(config: Path) -> None:
    sample = {
        "leadTimeForChanges": {"formattedValue": "2.3 days", "value": 198_720},
        "deploymentFrequency": {"formattedValue": "3 per week", "value": "3.1"},
        "changeFailureRate": {"formattedValue": "5%", "value": 0.0517},
        "timeToRestore": {"formattedValue": "-", "value": None},
    }
    found = await measures(config, {SUMMARY: sample}, "oobeya")
    assert found["lead_time"].value == 3312
    assert found["deployment_frequency"].value == pytest.approx(3 / 7)
    assert found["change_failure_rate"].value == pytest.approx(5.17)
    assert found["time_to_restore"].value is None


async def test_oobeyas_counts_say_when_it_is_too_little_data(config: Path) -> None:
    rows = [{"status": "SUCCESS", "deploymentDate": 1_794_700_000_000}] * 18 + [{"status": "FAILED"}] * 2
    sample = {
        "leadTimeForChanges": {"formattedValue": "2 days"},
        "changeFailureRate": {"formattedValue": "10%"},
        "timeToRestore": {"formattedValue": "1h"},
        "deployments": rows,
    }
    found = await measures(config, {SUMMARY: sample}, "oobeya")
    assert {metric: (one.counted, one.too_little) for metric, one in found.items()} == {
        "lead_time": (20, False),
        "deployment_frequency": (None, False),
        "change_failure_rate": (20, False),
        "time_to_restore": (2, True),
    }
    assert found["deployment_frequency"].value is None
    assert found["lead_time"].fresh == "newest deployment 2026-11-14"


async def test_oobeya_is_asked_for_whole_days_in_the_teams_zone(config: Path) -> None:
    mapped(config, '[teams.platform]\ntimezone = "Europe/Berlin"\noobeya = "team-platform"\n')
    line = Line()
    await deliver(apis(line, config, vendors=("oobeya",)), "platform", "2026-10-25..2026-10-25")
    first = min(line.requests, key=lambda request: request.url.params["from"] != "1792879200000")
    bounds = [datetime.fromtimestamp(int(first.url.params[name]) / 1000, UTC) for name in ("from", "to")]
    # The day on which summer time ends there has 25 hours.
    assert bounds == [datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, 59, 999000, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("words", "metric", "value"),
    [
        ("1w 2d", "lead_time", 12_960),
        ("90 minutes", "time_to_restore", 90),
        ("2 per day", "deployment_frequency", 2),
        ("3 per month", "deployment_frequency", 0.1),
        ("12.5 %", "change_failure_rate", 12.5),
        ("-", "lead_time", None),
        (None, "lead_time", None),
        ("5%", "lead_time", None),
        ("2 days", "change_failure_rate", None),
    ],
)
async def test_words_are_read_by_what_they_should_be(words: str | None, metric: str, value: float | None) -> None:
    assert in_words(words, metric) == (value if value is None else pytest.approx(value))


# LinearB.

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


# Haystack.


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
    assert _share(buckets) == (unit, times)


@given(st.lists(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))), min_size=1, max_size=7))
async def test_a_share_of_one_is_never_taken_for_a_percent(pairs: list[tuple[int, int]]) -> None:
    buckets = [
        Bucket(None, {"change_failure_rate": round(failed / count, 4), "deployment_frequency": count})
        for failed, count in pairs
    ]
    assert _share(buckets)[1] in (100.0, 0.0)


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


async def test_what_haystack_does_not_have_is_not_available(config: Path) -> None:
    answer = haystack({"count": {"2026-11-09": 3}})
    report = await get_delivery_report(
        apis(Line(answers={METRICS: answer}), config, vendors=("haystack",)), "platform", WEEK
    )
    assert report.not_available == "from Haystack: lead time, change failure rate, time to restore, rework rate"


# Buddy.


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


# What is made of measures.


async def test_the_stages_add_up_to_the_cycle_time(config: Path) -> None:
    found, _ = await broken_down(apis(Line(), config), "platform", "2026-10")
    linear = {one.metric: one.value or 0 for one in found.measures if one.vendor == "linearb"}
    whole = linear.pop("cycle_time")
    assert sum(linear.values()) == pytest.approx(whole, rel=1e-3)
    assert sum(shares(found.measures).values()) == pytest.approx(100)


def stage(metric: str, value: float | None, before: float | None) -> Measure:
    about = {"unit": "minutes", "aggregation": "mean", "period": "p", "team": "t", "definition": "d"}
    return Measure(vendor="linearb", metric=metric, value=value, before=before, **about)


async def test_what_changed_is_the_stage_that_most_of_it_comes_from() -> None:
    parts = {"coding": (60, 120), "pickup": (300, 100), "review": (200, 180), "deploy": (40, 40)}
    measures = [stage("cycle_time", 600, 440), *(stage(name, *of) for name, of in parts.items())]
    assert change(measures) == "LinearB's cycle time up by 2.7 hours, most of it pickup: +3.3 hours"
    assert shares(measures) == {
        "coding": 10,
        "pickup": 50,
        "review": pytest.approx(200 / 6),
        "deploy": pytest.approx(40 / 6),
    }
    assert change([stage("cycle_time", 101, 100)]) == "LinearB's cycle time is about the same as before"
    assert change([stage("cycle_time", 101, None)]) is None
    assert shares([stage("coding", 1, 1)]) == {}


async def test_outliers_took_twice_the_median_or_more() -> None:
    rows = [Deployed(str(minutes), minutes, "2026-11-12", None) for minutes in (10, 12, 20, 24, 40, 39, 90)]
    assert [one.minutes for one in outliers(rows)] == [90]  # the median is 24
    assert outliers([]) == []
    assert outliers([Deployed("x", 0, "", None)] * 3) == []


@given(st.floats(0, 1e6) | st.none(), st.floats(0, 1e6) | st.none())
async def test_a_ratio_of_what_is_missing_or_of_nothing_is_none(part: float | None, whole: float | None) -> None:
    found = ratio(part, whole, 100)
    assert (found is None) is (part is None or not whole)


async def test_several_ids_at_a_vendor_are_side_by_side(config: Path) -> None:
    mapped(config, "[teams.all]\nlinearb = [101, 102]\n")
    found = await deliver(apis(Line(), config, vendors=("linearb",)), "all", "2026-10")
    rows = [one.shown()["vendor"] for one in found.of("lead_time")]
    assert rows == ["LinearB 101", "LinearB 102"]
