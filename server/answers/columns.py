"""Lists of objects as columns and rows, which say each name once: the structure as it is sent."""

from typing import Any

FEWEST_ROWS = 2
LEAST_FILLED = 0.6
MOST_COLUMNS = 300


def folded(value: Any) -> Any:
    """`value` with each list of objects that are much alike as `{"columns": [...], "rows": [[...]]}`, at any depth.

    A row has null where its object lacks the column's field; data that is laid out has no other nulls.
    """
    if isinstance(value, dict):
        return {name: folded(inner) for name, inner in value.items()}
    if not isinstance(value, list):
        return value
    names = _columns(value)
    if names is None:
        return [folded(item) for item in value]
    return {"columns": names, "rows": [[folded(item.get(name)) for name in names] for item in value]}


def _columns(items: list[Any]) -> list[str] | None:
    """The fields of all items together; None where these are too few, too different or no objects."""
    if len(items) < FEWEST_ROWS or not all(isinstance(item, dict) for item in items):
        return None
    names: dict[str, None] = {}
    for item in items:
        names.update(dict.fromkeys(item))
        if len(names) > MOST_COLUMNS:
            return None
    filled = sum(map(len, items))
    return list(names) if filled and filled >= len(names) * len(items) * LEAST_FILLED else None
