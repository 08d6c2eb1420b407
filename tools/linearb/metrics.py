"""LinearB's metrics in words: what each one means and counts in."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from server.declare import nearest

MINUTES, COUNT, LINES = "minutes", "count", "lines of code"

METRICS: Mapping[str, tuple[str, str]] = {
    "branch.computed.cycle_time": ("Cycle time: coding + pickup + review + time to production", MINUTES),
    "branch.time_to_pr": ("Coding time, up to the PR", MINUTES),
    "branch.time_to_review": ("Pickup time, from the PR to its review", MINUTES),
    "branch.review_time": ("Review time", MINUTES),
    "branch.time_to_prod": ("Time to production, the time to deploy", MINUTES),
    "pr.merged.size": ("Sizes of merged PRs", LINES),
    "pr.merged": ("PRs merged", COUNT),
    "pr.review_depth": ("Comments per PR", "lines of comments"),
    "commit.activity.new_work.count": ("New lines of code", COUNT),
    "commit.total_changes": ("Lines of code replaced", LINES),
    "commit.activity.refactor.count": ("Lines replaced that are older than 25 days", LINES),
    "commit.activity.rework.count": ("Lines replaced that were written within 25 days outside the branch", LINES),
    "pr.merged.without.review.count": ("PRs merged without review", COUNT),
    "commit.total.count": ("Commits", COUNT),
    "pr.new": ("PRs opened", COUNT),
    "pr.reviews": ("Reviews on all PRs", COUNT),
    "releases.count": ("Releases", COUNT),
    "commit.activity_days": ("Days with a commit, comment, PR, merge or review", "days"),
    "branch.state.computed.done": ("Branches that reached done", COUNT),
    "branch.state.active": ("Active branches", COUNT),
    "pm.issues.done": ("Issues (Jira/Shortcut) that reached done", COUNT),
    "pm.mttr": ("Mean time to repair", MINUTES),
    "pm.issues.done.story_points": ("Story points of all done issues", COUNT),
    "pm.cfr.issues.done": ("Issues considered incidents that reached done (not a rate)", COUNT),
}
"""The supported metrics of V1 (seed), with their units."""

V1_ONLY = frozenset({"pm.issues.done", "pm.issues.done.story_points"})

V2_ONLY = frozenset(
    {
        "branch.cycle_time.sum_of_components",
        "branch.time_to_approve",
        "branch.time_to_merge",
        "commit.code_churn.refactor",
        "commit.code_churn.rework",
        "commit.involved.repos.count",
        "commit.total_changes.gitstream.suggestion",
        "commit.total_count.gitstream.suggestion",
        "contributor.coding_days",
        "gitstream.ai.review.bugs.prs.count",
        "gitstream.ai.review.maintainability_issues.prs.count",
        "gitstream.ai.review.performance_issues.prs.count",
        "gitstream.ai.review.pr.count",
        "gitstream.ai.review.readability_issues.prs.count",
        "gitstream.ai.review.security_issues.prs.count",
        "gitstream.ai.review.total.count",
        "pr.maturity_ratio",
        "pr.reviewed",
    }
)
"""What V2 has beside V1's; LinearB documents neither meaning nor unit."""

V2_METRICS = (METRICS.keys() - V1_ONLY) | V2_ONLY

NOT_MEASURED = (
    "LinearB's API measures Git; PM metrics like velocity, investment profile or time distribution are not in it"
)

AGGREGATIONS: Mapping[str, str] = {
    "p75": "75th percentile",
    "p50": "median",
    "avg": "average",
    "raw": "raw",
    "default": "LinearB's default aggregation",
}


def _supported(name: str) -> str:
    if name not in METRICS:
        near = nearest(name, METRICS)
        raise ValueError(f"V1 has no such metric{_perhaps(near)}; its metrics are in the schema. {NOT_MEASURED}")
    return name


V1Metric = Annotated[str, AfterValidator(_supported), WithJsonSchema({"type": "string", "enum": list(METRICS)})]


def legend(rows: Iterable[Mapping[str, Any]]) -> dict[str, str] | None:
    """What the columns of `rows` mean, for those that are documented metrics."""
    columns = dict.fromkeys(column for row in rows for column in row)
    words = {column: said for column in columns if (said := _in_words(column))}
    return words or None


def doubts(names: Iterable[str]) -> str | None:
    """What to doubt in V2's answer: it is 0 for a name that LinearB does not know, and PM metrics are limited."""
    names = list(dict.fromkeys(names))
    strange = [name for name in names if name not in V2_METRICS]
    limited = [name for name in names if name.startswith("pm.") and name in V2_METRICS]
    said = []
    if strange:
        named = ", ".join(name + _perhaps(nearest(name, V2_METRICS, 1)) for name in strange)
        said.append(
            f"Not in LinearB's list of metrics, so a 0 may only mean that the name is unknown: {named}. {NOT_MEASURED}."
        )
    return " ".join([*said, *filter(None, [limits_of_pm(limited)])]) or None


def limits_of_pm(names: Iterable[str]) -> str | None:
    """A warning about metrics of the PM tool, which LinearB lists although it limits its API to Git."""
    named = ", ".join(name for name in names if name.startswith("pm."))
    return f"LinearB limits this API to Git metrics, so these may be missing or 0: {named}." if named else None


def _perhaps(near: list[str]) -> str:
    return f" (perhaps {', '.join(near)})" if near else ""


def _in_words(column: str) -> str | None:
    name, _, aggregation = column.partition(":")
    if name in METRICS:
        meaning, unit = METRICS[name]
    elif name in V2_ONLY:
        meaning, unit = "meaning not documented", "unit not documented"
    else:
        return None
    return f"{meaning}; {unit}; {AGGREGATIONS.get(aggregation or 'default', aggregation)}"
