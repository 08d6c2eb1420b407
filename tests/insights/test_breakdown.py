"""What is made of measures: shares, changes, outliers, several ids."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.insights.line import Line, apis, mapped
from tools.insights.breakdown import broken_down, change, outliers, shares
from tools.insights.delivery import deliver
from tools.insights.measures import Measure
from tools.insights.sources import ratio
from tools.insights.sources.oobeya import Deployed

pytestmark = pytest.mark.anyio


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
async def test_a_ratio_of_what_is_missing_or_of_less_than_one_is_none(part: float | None, whole: float | None) -> None:
    found = ratio(part, whole, 100)
    assert (found is None) is (part is None or whole is None or whole < 1)


async def test_several_ids_at_a_vendor_are_side_by_side(config: Path) -> None:
    mapped(config, "[teams.all]\nlinearb = [101, 102]\n")
    found = await deliver(apis(Line(), config, vendors=("linearb",)), "all", "2026-10")
    rows = [one.shown()["vendor"] for one in found.of("lead_time")]
    assert rows == ["LinearB 101", "LinearB 102"]
