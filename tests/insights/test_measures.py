"""What a number is compared with, when it is too little data, and how it is written."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.insights.definitions import DEFINITIONS, FEWEST, LEVELS, defined, level_of
from tools.insights.measures import Measure, between, measured, number, usual, worded

LEAD = defined("oobeya", "lead_time")
values = st.floats(0, 1e9) | st.none()
histories = st.lists(values, max_size=8)


def lead(value: float | None, history: list[float | None] | None = None, **more: Any) -> Measure:
    return measured(LEAD, value, period="2026-10", team="Platform", history=history or [], **more)


def test_the_usual_is_the_median_and_the_middle_half_of_the_periods_before() -> None:
    found = usual([3, 1, 2, 4, 5, 6])
    assert found
    assert (found.median, found.low, found.high, found.least, found.most) == (3.5, 2.25, 4.75, 1, 6)


def test_periods_without_a_value_do_not_count_and_too_few_have_no_usual() -> None:
    assert usual([None, 1, 2, 3, None, None]) is None
    found = usual([None, 1, 2, 3, 4, None])
    assert found
    assert found.periods == 4


@pytest.mark.parametrize(
    ("value", "said", "unusual"),
    [
        (3.5, "within usual", False),
        (5, "above usual", False),
        (2, "below usual", False),
        (6.5, "unusual: above all before", True),
        (0.5, "unusual: below all before", True),
        (None, "", False),
    ],
)
def test_a_value_is_read_against_the_usual(value: float | None, said: str, unusual: bool) -> None:
    found = lead(value, [3, 1, 2, 4, 5, 6])
    assert (found.against_usual, found.unusual) == (said, unusual)


def test_what_a_number_is_does_not_repeat_its_metrics_name() -> None:
    said = {
        metric: measured(defined(vendor, metric), 1.0, period="2026-10", team="platform").what
        for vendor, metric in (("haystack", "time_to_restore"), ("haystack", "review"), ("linearb", "coding"))
    }
    assert said == {
        "time_to_restore": "aggregation not documented",
        "review": "review time; aggregation not documented",
        "coding": "first commit to pull request; mean",
    }


def test_better_depends_on_the_metric() -> None:
    often = defined("oobeya", "deployment_frequency")
    assert lead(1, [2]).better is True
    assert lead(3, [2]).better is False
    assert lead(2, [2]).better is None
    assert lead(2).better is None
    assert measured(often, 3, period="p", team="t", history=[2]).better is True


@pytest.mark.parametrize("metric", sorted(FEWEST))
def test_below_the_documented_count_nothing_is_read_into_a_number(metric: str) -> None:
    definition = next((one for one in DEFINITIONS if one.metric == metric), None)
    if definition is None:
        return
    few, enough = (
        measured(definition, 9.0, period="p", team="t", counted=FEWEST[metric] + n, history=[1, 1, 1, 1])
        for n in (-1, 0)
    )
    assert (few.too_little, few.level, few.better, few.against_usual) == (True, None, None, "")
    assert few.shown()["reading"] == f"too little data ({FEWEST[metric] - 1})"
    assert enough.too_little is False
    assert enough.against_usual


@pytest.mark.parametrize(
    ("metric", "unit", "bounds"),
    [
        ("lead_time", "minutes", [(1440, "elite"), (1441, "high"), (10080, "high"), (10081, "medium"), (43201, "low")]),
        ("lead_time", "days", [(1, "elite"), (6.9, "high"), (29, "medium"), (31, "low")]),
        ("time_to_restore", "hours", [(1, "elite"), (24, "high"), (25, "medium"), (169, "low")]),
        ("change_failure_rate", "percent", [(5, "elite"), (5.1, "high"), (10.1, "medium"), (15.1, "low")]),
        ("deployment_frequency", "per day", [(1, "elite"), (0.9, "high"), (0.1, "medium"), (0.03, "low"), (0, "low")]),
        ("lead_time", "not documented", [(1, None)]),
        ("change_failure_rate", "minutes", [(1, None)]),
        ("rework_rate", "percent", [(1, None)]),
        ("deployment_frequency", "per week", [(1, None)]),
    ],
)
def test_levels_are_those_that_dora_published(metric: str, unit: str, bounds: list[tuple[float, str | None]]) -> None:
    assert [(value, level_of(metric, value, unit)) for value, _ in bounds] == bounds


@pytest.mark.parametrize(("days", "level"), [(1, None), (6, None), (7, "low"), (30, "low"), (None, "low")])
def test_how_often_has_no_level_in_a_short_period(days: int | None, level: str | None) -> None:
    often = defined("oobeya", "deployment_frequency")
    assert measured(often, 0.0, period="p", team="t", days=days).level == level
    assert measured(LEAD, 1.0, period="p", team="t", days=days).level == "elite"


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_better_number_never_has_a_worse_level(one: float, other: float) -> None:
    worse, better = max(one, other), min(one, other)
    for metric, unit in (("lead_time", "minutes"), ("time_to_restore", "minutes"), ("change_failure_rate", "percent")):
        ranks = [LEVELS.index(level_of(metric, value, unit) or "") for value in (better, worse)]
        assert ranks == sorted(ranks)


@given(values, histories, st.integers(0, 50) | st.none())
def test_whatever_is_missing_a_measure_can_be_written(
    value: float | None, history: list[float | None], counted: int | None
) -> None:
    found = lead(value, history, counted=counted)
    row = found.shown()
    assert all(isinstance(cell, str) for cell in row.values())
    assert row["value"] == "no data" if value is None else row["value"][0].isdigit()
    if found.usual:
        assert found.usual.least <= found.usual.low <= found.usual.median <= found.usual.high <= found.usual.most


@pytest.mark.parametrize(
    ("raw", "read"),
    [("22", 22), ("0.727", 0.727), (3, 3), (None, None), ("", None), ("-", None), (True, None), ([1], None)],
)
def test_numbers_that_vendors_write_as_text_are_numbers(raw: Any, read: float | None) -> None:
    assert number(raw) == read


@pytest.mark.parametrize("raw", ["nan", "inf", "-inf", "1e999", math.nan, math.inf, 10**400, -1, "-0.5"])
def test_what_is_no_finite_number_or_negative_is_none(raw: Any) -> None:
    assert number(raw) is None


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (2802.17, "minutes", "1.9 days"),
        (72, "minutes", "1.2 hours"),
        (0.5, "minutes", "30 seconds"),
        (10.34, "percent", "10.3%"),
        (0.6, "per day", "0.6/day"),
        (0.043, "per day", "0.04/day"),
        (1234, "not documented", "1,234 not documented"),
        (0, "minutes", "0 seconds"),
        (None, "minutes", "no data"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float | None, unit: str, words: str) -> None:
    assert worded(value, unit) == words


def test_a_range_is_written_in_one_unit() -> None:
    assert between(usual([2304, 3312, 2304, 3312, 2304, 3312]), "minutes") == "1.6 to 2.3 days"
    assert between(None, "minutes") == ""
