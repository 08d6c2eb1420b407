"""Bars from zero: teams beside each other, and a whole in its parts."""

from collections.abc import Sequence

from tools.insights.pictures import svg
from tools.insights.pictures.numbers import drawable, finite, measured, number, ticks
from tools.insights.pictures.shapes import Bar, Bars, Stack

LEFT, RIGHT, TOP = 150, 486, 40
ROW, BAR, HEADING, FOOT = 30, 16, 26, 34
NARROWEST = 34.0
EDGE = svg.WIDTH - 12
VALUES = EDGE - RIGHT - 10  # the room for a bar's number


def comparison(title: str, panels: Sequence[Bars], theme: svg.Theme = "auto") -> str:
    """One metric of several teams: a panel a vendor, each with its own axis, as their numbers do not compare."""
    body, y = [], float(TOP)
    for panel in panels:
        body += _panel(panel, y)
        y += HEADING + len(panel.bars) * ROW + FOOT
    description = " ".join(_said(panel) for panel in panels) or "No data."
    return svg.document(title, description, y + 22, [*body, *_legend(panels, y + 8)], theme)


def _said(panel: Bars) -> str:
    return (
        f"{panel.heading}: " + ", ".join(f"{bar.label} {measured(bar.value, panel.unit)}" for bar in panel.bars) + "."
    )


def _panel(panel: Bars, top: float) -> list[str]:
    heading = svg.text(16, top + 14, svg.shortened(panel.heading, svg.WIDTH - 32, 12), "muted")
    marks = ticks(max(finite(v for bar in panel.bars for v in (bar.value, bar.before, *(bar.usual or ()))), default=0))
    bottom = top + HEADING + len(panel.bars) * ROW
    parts = [heading, *_axis(marks, panel.unit, top + HEADING, bottom)]
    for at, bar in enumerate(panel.bars):
        parts += _bar(bar, panel.unit, top + HEADING + at * ROW + (ROW - BAR) / 2, marks[-1])
    return parts


def _axis(marks: list[float], unit: str, top: float, bottom: float) -> list[str]:
    parts = []
    for mark in marks:
        x = _x(mark, marks[-1])
        parts.append(svg.line(x, top, x, bottom, "grid" if mark else "text"))
        words = measured(mark, unit) if mark == marks[-1] else number(mark)
        parts.append(svg.text(x, bottom + 14, words, "muted", 11, "middle"))
    return parts


def _x(value: float, highest: float) -> float:
    return LEFT + (RIGHT - LEFT) * value / highest


def _bar(bar: Bar, unit: str, y: float, highest: float) -> list[str]:
    parts = [svg.text(LEFT - 8, y + 12, svg.shortened(bar.label, LEFT - 24, 12), "text", 12, "end")]
    if bar.usual:
        low, high = sorted(bar.usual)
        hover = f"{bar.label}: usually {number(low)} to {measured(high, unit)}"
        wide = max(_x(high, highest) - _x(low, highest), 2)
        parts.append(svg.rect(_x(low, highest), y - 5, wide, BAR + 10, "usual", hover))
    if bar.value is not None and drawable(bar.value):
        hover = f"{bar.label}: {measured(bar.value, unit)}"
        parts.append(svg.rect(LEFT, y, _x(bar.value, highest) - LEFT, BAR, "series0", hover))
    if bar.before is not None and drawable(bar.before):
        hover = f"{bar.label}, period before: {measured(bar.before, unit)}"
        parts.append(svg.rect(_x(bar.before, highest) - 1.5, y - 4, 3, BAR + 8, "text", hover))
    return [*parts, _value(bar.value, unit, y)]


def _value(value: float | None, unit: str, y: float) -> str:
    """A bar's number, in a column of its own, where no line crosses it."""
    shown = svg.shortened(measured(value, unit), VALUES, 12)
    return svg.text(EDGE, y + 12, shown, "muted" if value is None else "text", 12, "end")


def _legend(panels: Sequence[Bars], y: float) -> list[str]:
    bars = [bar for panel in panels for bar in panel.bars]
    parts, x = [], 16.0
    if any(bar.before is not None for bar in bars):
        parts += [svg.rect(x, y - 10, 3, 14, "text"), svg.text(x + 9, y + 1, "period before", "muted", 11)]
        x += 110
    if any(bar.usual for bar in bars):
        parts += [svg.rect(x, y - 10, 14, 14, "usual"), svg.text(x + 20, y + 1, "usual", "muted", 11)]
    return parts


def breakdown(title: str, stacks: Sequence[Stack], theme: svg.Theme = "auto") -> str:
    """Where the whole goes: a bar a vendor or period, its parts in order. Those of one unit share an axis."""
    body, y = [], float(TOP)
    for unit in dict.fromkeys(stack.unit for stack in stacks):
        alike = [stack for stack in stacks if stack.unit == unit]
        marks = ticks(max((sum(finite(value for _, value in stack.parts)) for stack in alike), default=0))
        high = sum(ROW + _lines(stack) * 16 for stack in alike)
        body += _axis(marks, unit, y, y + high)
        for stack in alike:
            body += _stack(stack, y + (ROW - BAR) / 2, marks[-1])
            y += ROW + _lines(stack) * 16
        y += FOOT
    description = " ".join(_told(stack) for stack in stacks) or "No data."
    names = tuple(dict.fromkeys(name for stack in stacks for name, _ in stack.parts))
    return svg.document(title, description, y + 16, [*body, *_names(names, y + 4)], theme)


def _lines(stack: Stack) -> int:
    """Whether a line stands below the bar, for the parts that it cannot show."""
    return 1 if any(not drawable(value) for _, value in stack.parts) else 0


def _told(stack: Stack) -> str:
    return f"{stack.label}: " + ", ".join(f"{name} {measured(value, stack.unit)}" for name, value in stack.parts) + "."


def _stack(stack: Stack, y: float, highest: float) -> list[str]:
    parts = [svg.text(LEFT - 8, y + 12, svg.shortened(stack.label, LEFT - 24, 12), "text", 12, "end")]
    whole, begun = sum(finite(value for _, value in stack.parts)), 0.0
    for index, (name, value) in enumerate(stack.parts[: svg.MOST_SERIES]):
        if value is None or not drawable(value):
            continue
        left, right = _x(begun, highest), _x(begun + value, highest)
        share = f", {value / whole:.0%}" if whole else ""
        hover = f"{stack.label}, {name}: {measured(value, stack.unit)}{share}"
        parts.append(svg.rect(left, y, right - left - 1, BAR, f"series{index}", hover))
        if right - left >= NARROWEST:
            parts.append(svg.text((left + right) / 2, y + 12, number(value), f"on{index}", 11, "middle"))
        begun += value
    parts.append(_value(whole if any(drawable(value) for _, value in stack.parts) else None, stack.unit, y))
    missing = ", ".join(name for name, value in stack.parts if not drawable(value))
    if missing:
        parts.append(svg.text(LEFT + 4, y + BAR + 13, f"not available: {missing}", "muted", 11))
    return parts


def _names(names: Sequence[str], y: float) -> list[str]:
    parts, x = [], 16.0
    for index, name in enumerate(names[: svg.MOST_SERIES]):
        parts += [svg.rect(x, y - 9, 12, 12, f"series{index}"), svg.text(x + 18, y + 1, name, "text", 11)]
        x += 34 + svg.width(name, 11)
    return parts
