"""A metric over time: a panel a vendor, each with its own axis from zero, its usual band and the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from tools.insights.pictures import svg
from tools.insights.pictures.numbers import day, drawable, finite, measured, number, ticks
from tools.insights.pictures.shapes import Panel, Points, Series

LEFT, RIGHT, TOP = 56, 452, 40
PLOT, HEADING, FOOT = 132, 36, 32
EMPTY = 52
MOST_DATES = 5
APART = 15
SAMPLE = 14
BEFORE = "3 3"


@dataclass(frozen=True)
class _Axes:
    """Where a date and a value lie in a panel whose plot ends at `bottom`."""

    first: date
    last: date
    highest: float
    bottom: float

    def x(self, when: date) -> float:
        days = (self.last - self.first).days
        return LEFT + (RIGHT - LEFT) * ((when - self.first).days / days if days else 0.5)

    def y(self, value: float) -> float:
        return self.bottom - PLOT * value / self.highest


def trend(title: str, panels: Sequence[Panel], theme: svg.Theme = "auto") -> str:
    """The picture as SVG. A panel's lines are told apart by colour, dashes and their names beside them."""
    body, y = [], float(TOP)
    for panel in panels:
        body += _panel(panel, y)
        y += HEADING + PLOT + FOOT if _values(panel) else EMPTY
    description = " ".join(_said(panel) for panel in panels) or "No data."
    return svg.document(title, description, y, body, theme)


def _said(panel: Panel) -> str:
    """A panel in words, for who does not see it."""
    parts = []
    for series in panel.series:
        known = [(when, value) for when, value in series.points if drawable(value)]
        if not known:
            parts.append(f"{series.label}: no data.")
            continue
        (first, began), (last, ended) = known[0], known[-1]
        usual = f", usually {_range(series)}" if series.usual else ""
        moved = f"from {measured(began, series.unit)} on {day(first)} to {measured(ended, series.unit)} on {day(last)}"
        parts.append(f"{series.label}: {moved}{usual}.")
    return f"{panel.heading}: {' '.join(parts)}"


def _range(series: Series) -> str:
    low, high = series.usual or (0.0, 0.0)
    return f"{number(low)} to {measured(high, series.unit)}"


def _panel(panel: Panel, top: float) -> list[str]:
    lines, values = panel.series[: svg.MOST_SERIES], _values(panel)
    heading = svg.text(16, top + 12, svg.shortened(panel.heading, svg.WIDTH - 32, 12), "muted")
    dates = [when for series in lines for when, _ in series.points]
    if not values:
        return [heading, svg.text(16, top + 32, "No data in this period")]
    marks = ticks(max(values))
    axes = _Axes(min(dates), max(dates), marks[-1], top + HEADING + PLOT)
    alone = len(lines) == 1
    parts = [heading, *_band(lines[0], axes)] if alone else [heading]
    parts += _value_axis(marks, lines[0].unit, axes) + _date_axis(dates, axes)
    if alone:
        parts += _before(lines[0], axes)
    for index, series in enumerate(lines):
        parts += _line(series, f"series{index}", svg.DASHES[index], axes)
    return parts + _names(lines, axes)


def _values(panel: Panel) -> list[float]:
    """All that a panel's axis must reach; nothing where there is no value of this period."""
    lines = panel.series[: svg.MOST_SERIES]
    if not finite(value for series in lines for _, value in series.points):
        return []
    beside = [value for series in lines * (len(lines) == 1) for value in (series.before, *(series.usual or ()))]
    return finite([*(value for series in lines for _, value in series.points), *beside])


def _value_axis(marks: list[float], unit: str, axes: _Axes) -> list[str]:
    parts = []
    for mark in marks:
        y = axes.y(mark)
        parts.append(svg.line(LEFT, y, RIGHT, y, "grid" if mark else "text"))
        parts.append(svg.text(LEFT - 6, y + 4, number(mark), "muted", 11, "end"))
    return [*parts, svg.text(LEFT, axes.bottom - PLOT - 6, unit, "muted", 11)]


def _date_axis(dates: list[date], axes: _Axes) -> list[str]:
    shown = sorted(set(dates))
    step = -(-len(shown) // MOST_DATES)
    # From the last one back: the newest day is the one that a reader looks for.
    chosen = shown[::-1][::step]
    return [svg.text(axes.x(when), axes.bottom + 16, day(when), "muted", 11, "middle") for when in chosen]


def _band(series: Series, axes: _Axes) -> list[str]:
    if series.usual is None:
        return []
    low, high = sorted(series.usual)
    hover = f"Usually {_range(series)}"
    return [svg.rect(LEFT, axes.y(high), RIGHT - LEFT, max(axes.y(low) - axes.y(high), 1.5), "usual", hover)]


def _before(series: Series, axes: _Axes) -> list[str]:
    if not drawable(series.before):
        return []
    y = axes.y(series.before or 0.0)
    return [svg.path([(LEFT, y), (RIGHT, y)], "muted", BEFORE)]


def _runs(points: Points, axes: _Axes) -> list[list[tuple[float, float]]]:
    """The places of a line, apart where there is no value."""
    groups = groupby(sorted(points, key=lambda point: point[0]), key=lambda point: drawable(point[1]))
    return [[(axes.x(when), axes.y(value or 0.0)) for when, value in group] for known, group in groups if known]


def _line(series: Series, kind: str, dash: str, axes: _Axes) -> list[str]:
    lines = [svg.path(run, kind, dash) for run in _runs(series.points, axes) if len(run) > 1]
    dots = [
        svg.dot(axes.x(when), axes.y(value), kind, f"{series.label}, {day(when)}: {measured(value, series.unit)}")
        for when, value in series.points
        if value is not None and drawable(value)
    ]
    return lines + dots


def _names(lines: Sequence[Series], axes: _Axes) -> list[str]:
    """What each line is, at its end, pushed apart where lines end at one height."""
    wanted: list[tuple[float, str, str]] = []
    for index, series in enumerate(lines):
        known = finite(value for _, value in series.points)
        if known:
            wanted.append((axes.y(known[-1]), f"series{index}", f"{number(known[-1])} {series.label}"))
    if len(lines) == 1:
        wanted += _beside(lines[0], axes)
    y, parts, left = axes.bottom - PLOT - APART, [], RIGHT + 10
    for wish, kind, words in sorted(wanted):
        y = max(wish, y + APART)
        parts.append(_sample(kind, left, y))
        room = svg.WIDTH - left - SAMPLE - 10
        parts.append(svg.text(left + SAMPLE + 5, y + 4, svg.shortened(words, room, 11), "text", 11))
    return parts


def _sample(kind: str, x: float, y: float) -> str:
    """A piece of a line, or of the band, beside its name."""
    if kind == "usual":
        return svg.rect(x, y - 5, SAMPLE, 10, "usual")
    dash = svg.DASHES[int(kind[-1])] if kind != "muted" else BEFORE
    return svg.path([(x, y), (x + SAMPLE, y)], kind, dash)


def _beside(series: Series, axes: _Axes) -> list[tuple[float, str, str]]:
    """The names of the band and of the dashed line."""
    found = []
    if series.usual:
        low, high = sorted(series.usual)
        found.append((axes.y((low + high) / 2), "usual", f"usual {number(low)}–{number(high)}"))
    if series.before is not None and drawable(series.before):
        found.append((axes.y(series.before), "muted", f"{number(series.before)} before"))
    return found
