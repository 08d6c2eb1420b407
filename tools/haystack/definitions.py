"""Haystack's measures in words, as far as its documents go."""

import re
from collections.abc import Iterable

ISSUES, POINTS, RATIO = "issues", "story points", "ratio from 0 to 1"

ANALYTICS = {
    "completionRate": f"Completed of all issues of the cycle; {RATIO}",
    "storyPointCompletionRate": f"Completed of all story points of the cycle; {RATIO}",
    "issueCount": f"Issues of the cycle; {ISSUES}",
    "totalStoryPoints": f"Story points of the cycle; {POINTS}",
}
"""The analytics of a cycle whose names alone do not say what they are."""

_COUNTED = re.compile(r"(injected|completed|committed|excluded|removed)(IssueCount|StoryPoints)")
_WITH_UNIT = re.compile(r"\(\w+\)$")  # a title that says it: "Review time (minutes)"
_LEAD_TIME = re.compile(r"lead ?time", re.IGNORECASE)


def define(measure: str, title: str | None) -> str:
    """What a measure is, with its unit and aggregation; that they are not documented where they are not."""
    name = measure.rpartition(".")[2]
    if name in ANALYTICS:
        return ANALYTICS[name]
    if counted := _COUNTED.fullmatch(name):
        return f"{counted[1].capitalize()} in the cycle; {ISSUES if counted[2] == 'IssueCount' else POINTS}"
    said = title or measure
    unit = "" if _WITH_UNIT.search(said) else "unit"
    if _LEAD_TIME.search(f"{measure} {title}"):
        return f"{said}; 85th percentile" + (f"; {unit} not documented" if unit else "")
    if name == "count":
        return f"{said}; count in each period"
    return f"{said}; {' and '.join(filter(None, (unit, 'aggregation')))} not documented"


def legend(measures: Iterable[tuple[str, str | None]]) -> dict[str, str] | None:
    """Every measure, with its title, in words."""
    return {measure: define(measure, title) for measure, title in measures} or None
