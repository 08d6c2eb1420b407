"""What each metric is at each vendor: its words, unit, aggregation and source, and what DORA makes of a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DORA_YEAR = 2023
"""The last report whose levels are in order for every metric: in 2024's, medium teams failed less than high ones."""
LEVELS = ("elite", "high", "medium", "low")
DAY = 24 * 60.0
UPPER: Mapping[str, tuple[float, float, float]] = {
    "lead_time": (DAY, 7 * DAY, 30 * DAY),
    "change_failure_rate": (5, 10, 15),
    "time_to_restore": (60, DAY, 7 * DAY),
}
"""Up to where a level goes: minutes, or percent. A day, a week, a month; an hour, a day, a week."""
LOWER: tuple[float, float, float] = (1, 1 / 7, 1 / 30)
"""From where on a deployment frequency, per day, has a level: once a day, once a week, once a month."""

FEWEST: Mapping[str, int] = {
    "lead_time": 5,
    "cycle_time": 5,
    "change_failure_rate": 10,
    "time_to_restore": 3,
    "rework_rate": 5,
    "failed_executions": 10,
    "pull_request_size": 5,
    **dict.fromkeys(("coding", "pickup", "review", "deploy"), 5),
}
"""Below so many deployments, pull requests or incidents a number is too little data to read anything into."""

LOWER_IS_BETTER: Mapping[str, bool] = {
    "lead_time": True,
    "cycle_time": True,
    "deployment_frequency": False,
    "change_failure_rate": True,
    "time_to_restore": True,
    "rework_rate": True,
    "failed_executions": True,
    **dict.fromkeys(("coding", "pickup", "review", "deploy"), True),
}
Metric = Literal[
    "lead_time",
    "deployment_frequency",
    "change_failure_rate",
    "time_to_restore",
    "rework_rate",
    "failed_executions",
    "cycle_time",
    "coding",
    "pickup",
    "review",
    "deploy",
    "pull_request_size",
]
METRICS = ("lead_time", "deployment_frequency", "change_failure_rate", "time_to_restore", "rework_rate")
"""DORA's four, and its fifth of 2024, in the order in which a report has them."""
STAGES = ("coding", "pickup", "review", "deploy")


@dataclass(frozen=True)
class Definition:
    """One metric at one vendor, in the few words that stand beside every number of it.

    aggregation: how many values became one. levelled: that DORA's levels fit it. source: where the vendor documents it.
    """

    vendor: str
    metric: str
    words: str
    unit: str
    aggregation: str
    source: str
    levelled: bool = True


def level_of(metric: str, value: float | None, unit: str) -> str | None:
    """DORA's level of a value; None for a metric that has none, and for a value in another unit."""
    if value is None:
        return None
    if metric == "deployment_frequency":
        if unit != "per day":
            return None
        return LEVELS[next((place for place, least in enumerate(LOWER) if value >= least), 3)]
    bounds = UPPER.get(metric)
    seconds = {"days": DAY, "hours": 60.0, "minutes": 1.0, "seconds": 1 / 60, "percent": 1.0}.get(unit)
    if bounds is None or seconds is None or (metric == "change_failure_rate") is not (unit == "percent"):
        return None
    return LEVELS[next((place for place, most in enumerate(bounds) if value * seconds <= most), 3)]


_OOBEYA = "Oobeya's documentation of DORA metrics; dora-summary-metrics"
_LINEARB = "LinearB's Measurements API, V2"
_HAYSTACK = "Haystack's API document; names of measures are not documented"
_BUDDY = "counted from Buddy's list of executions"
UNKNOWN = "(unit not documented)"

DEFINITIONS: tuple[Definition, ...] = (
    Definition("oobeya", "lead_time", "first commit to deployment", "minutes", "aggregation not documented", _OOBEYA),
    Definition(
        "oobeya", "deployment_frequency", "successful production deployments / days", "per day", "count", _OOBEYA
    ),
    Definition(
        "oobeya",
        "change_failure_rate",
        "deployments that Oobeya links to an incident / all",
        "percent",
        "share",
        _OOBEYA,
    ),
    Definition("oobeya", "time_to_restore", "incident created to resolved", "minutes", "mean", _OOBEYA),
    Definition("linearb", "lead_time", "coding + pickup + review + deploy", "minutes", "75th percentile", _LINEARB),
    Definition(
        "linearb",
        "deployment_frequency",
        "releases that LinearB detects / days",
        "per day",
        "count",
        _LINEARB,
    ),
    Definition(
        "linearb",
        "change_failure_rate",
        "incident issues done in the period, whichever release caused them / releases",
        "percent",
        "share",
        _LINEARB,
    ),
    Definition("linearb", "time_to_restore", "time to repair of incident issues", "minutes", "mean", _LINEARB),
    Definition(
        "linearb",
        "rework_rate",
        "lines replacing code under 25 days old / all replaced; DORA's is of deployments",
        "percent",
        "share",
        _LINEARB,
        levelled=False,
    ),
    Definition(
        "linearb", "cycle_time", "coding + pickup + review + deploy", "minutes", "mean", _LINEARB, levelled=False
    ),
    Definition("linearb", "coding", "first commit to pull request", "minutes", "mean", _LINEARB, levelled=False),
    Definition("linearb", "pickup", "pull request to its first review", "minutes", "mean", _LINEARB, levelled=False),
    Definition("linearb", "review", "first review to merge", "minutes", "mean", _LINEARB, levelled=False),
    Definition("linearb", "deploy", "merge to production", "minutes", "mean", _LINEARB, levelled=False),
    Definition(
        "linearb",
        "pull_request_size",
        "lines of code of a merged pull request",
        "lines",
        "mean",
        _LINEARB,
        levelled=False,
    ),
    Definition("haystack", "lead_time", "change lead time", UNKNOWN, "85th percentile", _HAYSTACK),
    Definition("haystack", "deployment_frequency", "deployments / days", "per day", "count", _HAYSTACK),
    Definition(
        "haystack",
        "change_failure_rate",
        "what counts as a failure is not documented",
        "percent",
        "share",
        _HAYSTACK,
    ),
    Definition("haystack", "time_to_restore", "time to restore", UNKNOWN, "aggregation not documented", _HAYSTACK),
    Definition(
        "haystack", "cycle_time", "cycle time", UNKNOWN, "aggregation not documented", _HAYSTACK, levelled=False
    ),
    Definition("haystack", "review", "review time", UNKNOWN, "aggregation not documented", _HAYSTACK, levelled=False),
    Definition(
        "buddy",
        "deployment_frequency",
        "all successful executions of deploying pipelines / days",
        "per day",
        "count",
        _BUDDY,
    ),
    Definition(
        "buddy",
        "failed_executions",
        "failed / failed + successful, in production or not",
        "percent",
        "share",
        _BUDDY,
        levelled=False,
    ),
)
BY_NAME: Mapping[tuple[str, str], Definition] = {(one.vendor, one.metric): one for one in DEFINITIONS}


def defined(vendor: str, metric: str) -> Definition:
    """The definition of a metric at a vendor."""
    return BY_NAME[vendor, metric]
