"""Oobeya's reports as text: one table, of the whole, of its repositories and of its members."""

from collections.abc import Mapping
from typing import Any

FIGURES = ("statistic", "statistics", "technicalDebt")
SCORE, IN_WORDS = "Score", "DisplayScore"


def as_read(data: Mapping[str, Any]) -> dict[str, Any]:
    """A report, or what was left of it, with all its figures in one table, where its rows have nothing else."""
    lists = {name: rows for name, rows in data.items() if isinstance(rows, list)}
    rows = [_row(row) for listed in lists.values() for row in listed]
    whole = next((data[name] for name in FIGURES if isinstance(data.get(name), Mapping)), None)
    if whole is None or None in rows:
        return dict(data)
    table = [{"of": "all", **_told(whole)}, *(row for row in rows if row)]
    about = {name: value for name, value in data.items() if name not in (*FIGURES, *lists)}
    return {**about, "figures": _once(table)}


def _row(row: Any) -> dict[str, Any] | None:
    """A repository's or a member's figures with its name; None where the row has more than these."""
    rest = dict(row) if isinstance(row, Mapping) else {}
    figures = next((rest.pop(name) for name in FIGURES if isinstance(rest.get(name), Mapping)), None)
    who = [rest.pop(name, None) for name in ("memberName", "memberId", "role")]
    repository = rest.pop("repositoryName", None)
    if rest or figures is None:
        return None
    name, *more = [str(said) for said in who if said] or [f"repository {repository}"]
    return {"of": f"{name} ({', '.join(more)})" if more else name, **_told(figures)}


def _told(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures without the scores that stand there in words too: of the numbers the unit is not documented."""
    words = {name.removesuffix(IN_WORDS) + SCORE for name in figures if name.endswith(IN_WORDS)}
    return {name: value for name, value in figures.items() if name not in words}


def _once(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table; a second row that says the same as the first, as that of an only repository, joined with it."""
    first, *others = table
    if others and {**others[0], "of": first["of"]} == first:
        first = {**first, "of": f"{first['of']}, {others.pop(0)['of']}"}
    return [first, *others]
