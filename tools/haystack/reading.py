"""Haystack's answers as text: a row a measure, what it is beside it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from itertools import chain
from typing import Any

from tools.haystack.definitions import ANALYTICS

CYCLE = "cycle."
LEAST_FILLED = 0.6


def as_read(data: Mapping[str, Any]) -> dict[str, Any]:
    """An answer, or what was left of it, with a row a measure; without what only says more digits."""
    definitions = dict(data.get("definitions") or {})
    metrics, cycles = (
        [{name: value for name, value in row.items() if name != "raw"} for row in data.get(form) or ()]
        for form in ("metrics", "cycles")
    )
    others = {name: value for name, value in data.items() if name not in ("raw", "definitions", "metrics", "cycles")}
    measures = {name for row in metrics if isinstance(name := row.get("measure"), str)}
    if metrics and len(measures) == len(metrics):
        return {**others, "metrics": [_defined(row, definitions) for row in metrics], "cycles": cycles}
    if not metrics and _is_plain(cycles):
        averages = dict(others.pop("averages", None) or {})
        rows = _by_measure(cycles, averages, definitions)
        return {**others, "cycles": _states(cycles), "measures": rows, "averages": averages}
    return {"definitions": definitions, **others, "metrics": metrics, "cycles": cycles}


def _defined(row: Mapping[str, Any], definitions: Mapping[str, str]) -> dict[str, Any]:
    """A measure's row with its definition, which begins with its title, in place of that and its name."""
    rest = {name: value for name, value in row.items() if name not in ("title", "measure")}
    return {"measure": definitions.get(row.get("measure", ""), row.get("title")), **rest}


def _is_plain(cycles: list[dict[str, Any]]) -> bool:
    """Whether cycles are told apart by their names, and have nothing but analytics, which are much alike."""
    names = {name for cycle in cycles if isinstance(name := cycle.get("name"), str)}
    known = {"name", "state", "analytics"}
    if len(names) < max(len(cycles), 1) or not all(cycle.keys() <= known for cycle in cycles):
        return False
    analytics = [cycle.get("analytics") for cycle in cycles]
    measures = [measured for measured in analytics if isinstance(measured, Mapping)]
    filled = sum(map(len, measures))
    return len(measures) == len(cycles) and filled >= LEAST_FILLED * len(cycles) * len({*chain(*measures)})


def _states(cycles: list[dict[str, Any]]) -> str:
    """How many there are and in which state; where these differ, of each."""
    states = [str(cycle.get("state", "state not told")) for cycle in cycles]
    if len(set(states)) == 1:
        return f"{len(cycles)}, {states[0]}"
    return ", ".join(f"{cycle['name']} {state}" for cycle, state in zip(cycles, states, strict=True))


def _by_measure(
    cycles: list[dict[str, Any]], averages: dict[str, Any], definitions: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A row a measure, with its value in each cycle and its average, which is taken out of `averages`."""
    names = list(dict.fromkeys(name for cycle in cycles for name in cycle["analytics"]))
    rows = []
    for name in names:
        values = {cycle["name"]: cycle["analytics"].get(name, "") for cycle in cycles}
        row = {"measure": name, **values, "average": averages.pop(CYCLE + name, "")}
        what = definitions.get(name, "")
        rows.append({**row, "what": what if name in ANALYTICS else what.rpartition("; ")[2]})
    return rows


def cut_short(days: Iterable[str], granularity: str, start: date, end: date) -> str:
    """Which of the weeks or months that begin on some days the dates asked for cut, in words; empty where none."""
    begun = set()
    for day in days:
        with suppress(ValueError):
            begun.add(date.fromisoformat(day))
    cut = [
        day for day in sorted(begun) if day < start <= _last(day, granularity) or day <= end < _last(day, granularity)
    ]
    if not cut or granularity not in ("week", "month"):
        return ""
    which = f"{granularity}s from {cut[0]} and {cut[-1]} are" if len(cut) > 1 else f"{granularity} from {cut[0]} is"
    return f"The {which} only in part in the period, which lowers counts"


def _last(day: date, granularity: str) -> date:
    """The last day of the week or month that begins on a day."""
    following = day + timedelta(days=7) if granularity == "week" else (day + timedelta(days=31)).replace(day=1)
    return following - timedelta(days=1)
