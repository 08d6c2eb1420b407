"""A series in the room of a word: as characters for readers who are shown no picture, and as SVG beside a number."""

from collections.abc import Sequence

from tools.insights.pictures import svg
from tools.insights.pictures.numbers import drawable, finite, measured

LEVELS = "▁▂▃▄▅▆▇█"
GAP = "·"
WIDE, HIGH, EDGE = 120, 28, 3


def sparkline(values: Sequence[float | None]) -> str:
    """The values as heights above zero, `·` where there is none; empty where there is nothing to show."""
    known = finite(values)
    if not known:
        return ""
    highest = max(known)
    return "".join(_level(value, highest) if value is not None and drawable(value) else GAP for value in values)


def _level(value: float, highest: float) -> str:
    return LEVELS[round(value / highest * (len(LEVELS) - 1)) if highest else 0]


def small_picture(label: str, unit: str, values: Sequence[float | None], theme: svg.Theme = "auto") -> str:
    """The values as a small line above zero, which stands in a line of text or a table's cell."""
    known = finite(values)
    highest = max(known, default=0) or 1.0
    step = (WIDE - 2 * EDGE) / max(len(values) - 1, 1)
    places = [
        (EDGE + at * step, HIGH - EDGE - (HIGH - 2 * EDGE) * value / highest)
        for at, value in enumerate(values)
        if value is not None and drawable(value)
    ]
    body = [svg.line(0, HIGH - EDGE, WIDE, HIGH - EDGE)]
    if len(places) > 1:
        body.append(svg.path(places, "series0"))
    body += [svg.dot(*places[-1], "series0")] if places else []
    said = f"From {measured(known[0], unit)} to {measured(known[-1], unit)}." if known else "No data."
    return svg.frame(label, said, (WIDE, HIGH), body, theme)
