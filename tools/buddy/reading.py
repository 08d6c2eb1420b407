"""Buddy's executions as text: how long each action took, by the names that people and other tools call them by."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

REVISIONS = {"from_revision", "to_revision"}
"""Commits of an execution, whose own dates are not what happened."""
USUAL: Mapping[str, Any] = {"priority": "NORMAL", "refresh": False}


def as_read(data: Mapping[str, Any]) -> dict[str, Any]:
    """An execution, or what was left of it, without settings as they usually are."""
    told = {name: value for name, value in data.items() if name not in USUAL or USUAL[name] != value}
    for name in REVISIONS & told.keys():
        if isinstance(revision := told[name], Mapping):
            told[name] = {field: value for field, value in revision.items() if field != "commit_date"}
    runs = told.get("action_executions")
    if not isinstance(runs, list) or not all(isinstance(run, Mapping) for run in runs):
        return told
    del told["action_executions"]
    named = Counter(str(_action(run).get("name")) for run in runs)
    return {**told, "actions": [_run(run, numbered=named[str(_action(run).get("name"))] > 1) for run in runs]}


def _run(run: Mapping[str, Any], *, numbered: bool) -> dict[str, Any]:
    """An action's run; with its id where its name does not tell it from another's."""
    start, finish = (run.get(name) for name in ("start_date", "finish_date"))
    took = _between(start, finish)
    shown = {
        "action": _action(run).get("name"),
        "type": _action(run).get("type"),
        "status": run.get("status"),
        "action_execution_id": run.get("action_execution_id") if numbered else None,
        "took": took,
        "start_date": None if took else start,
        "finish_date": None if took else finish,
    }
    rest = {name: value for name, value in run.items() if name not in (*shown, "action")}
    return {name: value for name, value in shown.items() if value is not None} | rest


def _action(run: Mapping[str, Any]) -> Mapping[str, Any]:
    action = run.get("action")
    return action if isinstance(action, Mapping) else {}


def _between(start: Any, finish: Any) -> str | None:
    """`1 min 24 s`; None where it has not ended, or the times are none."""
    try:
        seconds = round((datetime.fromisoformat(finish) - datetime.fromisoformat(start)).total_seconds())
    except (TypeError, ValueError):
        return None
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"
