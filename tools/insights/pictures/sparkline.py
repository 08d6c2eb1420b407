"""A series as a word of characters, for readers who are shown no picture."""

from collections.abc import Sequence

from tools.insights.pictures.numbers import drawable, finite

LEVELS = "▁▂▃▄▅▆▇█"
GAP = "·"


def sparkline(values: Sequence[float | None]) -> str:
    """The values as heights above zero, `·` where there is none; empty where there is nothing to show."""
    known = finite(values)
    if not known:
        return ""
    highest = max(known)
    return "".join(_level(value, highest) if value is not None and drawable(value) else GAP for value in values)


def _level(value: float, highest: float) -> str:
    return LEVELS[round(value / highest * (len(LEVELS) - 1)) if highest else 0]
