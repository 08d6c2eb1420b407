"""What each metric is at each vendor: its words, unit, aggregation and source, and what DORA makes of a number."""

from collections.abc import Mapping
from dataclasses import dataclass

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
METRICS = ("lead_time", "deployment_frequency", "change_failure_rate", "time_to_restore", "rework_rate")
"""DORA's four, and its fifth of 2024, in the order in which a report has them."""
STAGES = ("coding", "pickup", "review", "deploy")


@dataclass(frozen=True)
class Definition:
    """One metric at one vendor. levelled: that DORA's levels fit it. source: where the vendor documents it."""

    vendor: str
    metric: str
    words: str
    unit: str
    aggregation: str
    source: str
    caveat: str | None = None
    levelled: bool = False


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
_LINEARB = "LinearB's Measurements API"
_HAYSTACK = "Haystack's API document; names of measures are not documented"
_BUDDY = "counted from Buddy's list of executions"

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "oobeya", "lead_time", "first commit to deployment", "minutes", "how is not documented", _OOBEYA, levelled=True
    ),
    Definition(
        "oobeya",
        "deployment_frequency",
        "successful production deployments per day",
        "per day",
        "count / days",
        _OOBEYA,
        levelled=True,
    ),
    Definition(
        "oobeya",
        "change_failure_rate",
        "deployments that caused an incident, of all to production",
        "percent",
        "share",
        _OOBEYA,
        "A failure is a deployment that Oobeya links to an incident",
        levelled=True,
    ),
    Definition("oobeya", "time_to_restore", "incident created to resolved", "minutes", "mean", _OOBEYA, levelled=True),
    Definition(
        "linearb",
        "lead_time",
        "cycle time: coding + pickup + review + deploy",
        "minutes",
        "75th percentile",
        _LINEARB,
        levelled=True,
    ),
    Definition(
        "linearb",
        "deployment_frequency",
        "releases per day",
        "per day",
        "count / days",
        _LINEARB,
        "What a release is depends on LinearB's release detection",
        levelled=True,
    ),
    Definition(
        "linearb",
        "change_failure_rate",
        "incident issues done, per release",
        "percent",
        "pm.cfr.issues.done / releases.count",
        _LINEARB,
        "LinearB gives only the counts: incidents count when they are done, whichever release caused them",
        levelled=True,
    ),
    Definition(
        "linearb", "time_to_restore", "incident issue opened to done", "minutes", "mean", _LINEARB, levelled=True
    ),
    Definition(
        "linearb",
        "rework_rate",
        "lines that replace code of the last 25 days, of all lines replaced",
        "percent",
        "commit.activity.rework.count / commit.total_changes",
        _LINEARB,
        "LinearB's rework is of code; DORA's is of deployments",
    ),
    Definition(
        "haystack", "lead_time", "change lead time", "not documented", "85th percentile", _HAYSTACK, levelled=True
    ),
    Definition(
        "haystack", "deployment_frequency", "deployments per day", "per day", "count / days", _HAYSTACK, levelled=True
    ),
    Definition(
        "haystack",
        "change_failure_rate",
        "change failure rate",
        "percent",
        "not documented",
        _HAYSTACK,
        "What counts as a failure at Haystack is not documented",
        levelled=True,
    ),
    Definition(
        "haystack", "time_to_restore", "time to restore", "not documented", "not documented", _HAYSTACK, levelled=True
    ),
    Definition(
        "buddy",
        "deployment_frequency",
        "successful executions of deploying pipelines per day",
        "per day",
        "count / days",
        _BUDDY,
        "Every execution counts, whatever it deployed and where",
        levelled=True,
    ),
    Definition(
        "buddy",
        "failed_executions",
        "failed executions, of those of deploying pipelines that succeeded or failed",
        "percent",
        "share",
        _BUDDY,
        "An execution that failed is no failure in production",
    ),
)
BY_NAME: Mapping[tuple[str, str], Definition] = {(one.vendor, one.metric): one for one in DEFINITIONS}


def defined(vendor: str, metric: str) -> Definition:
    """The definition of a metric at a vendor."""
    return BY_NAME[vendor, metric]
