"""The chart tool, and what is drawn of a measure."""

import re
import sys
from base64 import b64decode
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mcp_types import CallToolResult, ImageContent
from starlette.types import Receive, Scope, Send

from tests.client import call
from tests.conftest import Connect, text
from tests.vendors import Vendors
from tools.insights.definitions import defined
from tools.insights.drawn import bars, course, panel, points, stacks, unit_of
from tools.insights.measures import Measure, measured
from tools.insights.periods import Span

pytestmark = [pytest.mark.anyio, pytest.mark.era("legacy")]
OCTOBER = Span("2026-10", date(2026, 10, 1), date(2026, 10, 31), ZoneInfo("UTC"))
PNG = b"\x89PNG\r\n"


def lead_time(*values: float | None, team: str = "Platform") -> Measure:
    """Oobeya's lead time in minutes, this period first."""
    return measured(defined("oobeya", "lead_time"), values[0], period="2026-10", team=team, history=values[1:])


def test_a_duration_is_drawn_in_the_unit_that_its_highest_value_reaches() -> None:
    assert unit_of([lead_time(90.0, 30.0)]).name == "hours"
    unit = unit_of([lead_time(90.0, 30.0), lead_time(2880.0, team="Mobile")])
    assert (unit.name, unit.of(2880.0), unit.of(None)) == ("days", 2.0, None)


def test_a_share_is_drawn_in_percent() -> None:
    failures = measured(defined("oobeya", "change_failure_rate"), 12.5, period="2026-10", team="Platform")
    assert (unit_of([failures]).name, unit_of([failures]).of(12.5)) == ("%", 12.5)


def test_each_point_has_the_days_of_its_period() -> None:
    found = points(lead_time(60.0, 120.0, None, 180.0, None, None), OCTOBER)
    assert [(str(when.first), value) for when, value in found] == [
        ("2026-07-01", 180.0),
        ("2026-08-01", None),
        ("2026-09-01", 120.0),
        ("2026-10-01", 60.0),
    ]


def test_a_history_of_other_days_than_the_period_is_no_course() -> None:
    weeks = lead_time(60.0, 120.0, 180.0).model_copy(update={"before": 90.0})
    assert [(str(when.first), value) for when, value in points(weeks, OCTOBER)] == [
        ("2026-09-01", 90.0),
        ("2026-10-01", 60.0),
    ]


def test_a_course_has_three_values_and_enough_data_behind_them() -> None:
    assert course(lead_time(60.0, 120.0, 120.0), OCTOBER) == "██▅"
    assert course(lead_time(60.0, 120.0), OCTOBER) == ""
    assert course(lead_time(60.0, 120.0, 120.0).model_copy(update={"too_little": True}), OCTOBER) == ""


def test_a_panel_says_whose_number_it_is_with_its_usual_and_the_value_before() -> None:
    drawn = panel([lead_time(1440.0, 2880.0, 1440.0, 2880.0, 1440.0)], [OCTOBER])
    [line] = drawn.series
    assert drawn.heading.startswith("Oobeya: first commit to deployment, ")
    assert (line.label, line.unit, line.before, line.usual) == ("Platform", "days", 2.0, (1.0, 2.0))
    assert [value for _, value in line.points] == [1.0, 2.0, 1.0, 2.0, 1.0]


def test_teams_stand_beside_each_other_in_one_unit() -> None:
    drawn = bars([lead_time(1440.0), lead_time(None, team="Mobile")])
    assert [(bar.label, bar.value) for bar in drawn.bars] == [("Platform", 1.0), ("Mobile", None)]
    assert drawn.unit == "days"


async def drawn(connect: Connect, vendors: Vendors, **arguments: Any) -> CallToolResult:
    async with connect(vendors.settings(DRUMBEAT_CACHE_TTL="0")) as client:
        return await call(client, "insights_draw_chart", **{"metric": "lead_time", "period": "2026-10", **arguments})


def picture(result: CallToolResult) -> bytes:
    [image] = [block for block in result.content if isinstance(block, ImageContent)]
    return b64decode(image.data)


@pytest.mark.era("auto", "legacy")
async def test_a_picture_comes_with_all_its_numbers_as_text(connect: Connect, vendors: Vendors) -> None:
    result = await drawn(connect, vendors, teams=["platform"])
    assert not result.is_error, text(result)
    assert picture(result).startswith(PNG)
    said = text(result)
    assert said.startswith("chart: trend of lead time, 2026-10, 2026-10-01 to 2026-10-31 (UTC)")
    assert all(vendor in said for vendor in ("Oobeya", "LinearB", "Haystack"))
    assert "█" in said


async def test_several_teams_are_compared_unless_a_trend_is_asked_for(connect: Connect, vendors: Vendors) -> None:
    result = await drawn(connect, vendors, teams=["platform", "mobile"])
    assert text(result).startswith("chart: comparison of lead time")
    assert {"Platform", "Mobile"} <= set(re.split(r"[\s|]+", text(result)))
    assert text(await drawn(connect, vendors, teams=["platform", "mobile"], kind="trend")).startswith("chart: trend")


async def test_without_the_extra_the_text_stands_alone_and_says_how_to_get_pictures(
    connect: Connect, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    result = await drawn(connect, vendors, teams=["platform"])
    assert [block.type for block in result.content] == ["text"]
    assert "█" in text(result)
    assert "drumbeat-mcp[charts]" in text(result)


async def test_a_team_that_does_not_exist_is_named_and_the_other_is_drawn(connect: Connect, vendors: Vendors) -> None:
    result = await drawn(connect, vendors, teams=["platform", "nobody"])
    assert picture(result).startswith(PNG)
    assert "no vendor has a team 'nobody'" in text(result)


async def test_where_no_team_exists_it_is_refused_with_the_nearest(connect: Connect, vendors: Vendors) -> None:
    result = await drawn(connect, vendors, teams=["platfrom"])
    assert result.is_error
    assert "The nearest: Platform" in text(result)


async def test_cycle_time_is_broken_down_into_its_stages(connect: Connect, vendors: Vendors) -> None:
    result = await drawn(connect, vendors, metric="cycle_time", teams=["platform"])
    assert picture(result).startswith(PNG)
    said = text(result)
    assert said.startswith("chart: breakdown of cycle time")
    assert all(stage in said for stage in ("coding", "pickup", "review", "deploy"))


async def test_a_breakdown_of_another_metric_is_refused_before_anything_is_sent(
    connect: Connect, vendors: Vendors
) -> None:
    result = await drawn(connect, vendors, teams=["platform"], kind="breakdown")
    assert (result.is_error, text(result)) == (True, "Nothing was sent: a breakdown is of cycle_time.")
    assert vendors.sent() == []


def test_stages_are_stacked_beside_those_of_the_period_before() -> None:
    stages = [("coding", lead_time(600.0, 1200.0)), ("review", lead_time(1200.0, 2400.0))]
    now, before = stacks(stages)
    assert (now.label, before.label, now.unit) == ("Oobeya, Platform", "period before", "days")
    assert [value for _, value in before.parts] == pytest.approx([1200 / 1440, 2400 / 1440])


def test_a_team_that_is_several_at_a_vendor_is_drawn_in_its_parts() -> None:
    part = lead_time(60.0).model_copy(update={"part": "api"})
    assert bars([part]).bars[0].label == "Platform api"


async def test_more_lines_than_can_be_told_apart_are_compared_instead(connect: Connect, vendors: Vendors) -> None:
    rows = "\n".join(f'[teams.t{at}]\noobeya = "team-platform"\nname = "Team {at}"' for at in range(5))
    vendors.map(rows)
    result = await drawn(connect, vendors, teams=[f"t{at}" for at in range(5)], kind="trend")
    assert text(result).startswith("chart: comparison of lead time")
    assert "A trend has room for 4 lines" in text(result)


async def test_a_vendor_that_fails_is_named_and_the_others_are_drawn(connect: Connect, vendors: Vendors) -> None:
    whole = vendors.app

    async def without_linearb(scope: Scope, receive: Receive, send: Send) -> None:
        assert whole
        if not scope["path"].startswith("/linearb/"):
            return await whole(scope, receive, send)
        await send({"type": "http.response.start", "status": 400, "headers": []})
        return await send({"type": "http.response.body", "body": b'{"message": "no"}'})

    vendors.app = without_linearb
    result = await drawn(connect, vendors, teams=["platform"])
    assert picture(result).startswith(PNG)
    rows = text(result).split("◆")
    assert "Oobeya|" in rows[0]
    assert "LinearB|" not in rows[0]
    assert "LinearB" in "".join(rows[1:])


async def test_a_metric_that_no_vendor_has_is_no_empty_picture(connect: Connect, vendors: Vendors) -> None:
    settings = vendors.settings()
    some = {name: on for name, on in settings.vendors.items() if name in ("oobeya", "haystack")}
    async with connect(settings.model_copy(update={"vendors": some})) as client:
        result = await call(client, "insights_draw_chart", metric="rework_rate", teams=["platform"], period="2026-10")
    assert result.is_error
    assert text(result) == "Nothing was sent: none of LinearB is configured."
