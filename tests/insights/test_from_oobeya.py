"""Oobeya's numbers, computed by hand from its words, its raw values and its counts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.insights.line import Line, apis, mapped, measures
from tools.insights.delivery import deliver
from tools.insights.sources.oobeya import in_words

pytestmark = pytest.mark.anyio


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
