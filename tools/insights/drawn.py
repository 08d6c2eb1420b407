"""Measures as they are drawn: in the unit in which they read best, a point a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from tools.insights.measures import SECONDS, Measure, worded
from tools.insights.periods import Span
from tools.insights.pictures import Bar, Bars, Panel, Series, Stack, sparkline
from tools.insights.vendors import TITLES

FEWEST = 3
"""The values that a course in characters has at least; two stand in the row anyway."""


@dataclass(frozen=True)
class Unit:
    """The unit of an axis, and how many of a measure's own are one of it."""

    name: str
    size: float = 1.0

    def of(self, value: float | None) -> float | None:
        """A measure's value in this unit."""
        return None if value is None else value / self.size

    def band(self, measure: Measure) -> tuple[float, float] | None:
        """A measure's usual range in this unit."""
        return (measure.usual.low / self.size, measure.usual.high / self.size) if measure.usual else None


def unit_of(measures: Sequence[Measure]) -> Unit:
    """The unit for measures that share an axis: of a duration the largest that the highest value reaches."""
    name = measures[0].unit
    if name not in SECONDS:
        return Unit("%" if name == "percent" else name)
    values = [value for measure in measures for value in (measure.value, measure.before, *measure.history) if value]
    highest = max(values, default=0.0) * SECONDS[name]
    best = next((unit for unit in ("days", "hours", "minutes") if highest >= SECONDS[unit]), name)
    return Unit(best, SECONDS[best] / SECONDS[name])


def points(measure: Measure, span: Span) -> list[tuple[Span, float | None]]:
    """The measure's values, each with its period, from the earliest that has one to `span` itself."""
    # A vendor that answers in whole weeks has another first period before; its history is of other days than ours.
    history = measure.history if measure.history[:1] == (measure.before,) else (measure.before,)
    earlier = list(zip(span.history(len(history)), history, strict=True))
    return [*dropwhile(lambda point: point[1] is None, reversed(earlier)), (span, measure.value)]


def course(measure: Measure, span: Span) -> str:
    """The same values as a word of characters; empty where they are too few to have a course."""
    values = [value for _, value in points(measure, span)]
    known = [value for value in values if value is not None]
    return "" if measure.too_little or len(known) < FEWEST else sparkline(values)


def heading(measure: Measure) -> str:
    """Whose number it is, and what of: `LinearB: cycle time, 75th percentile`."""
    return f"{TITLES[measure.vendor]}: {measure.definition}, {measure.aggregation}"


def panel(measures: Sequence[Measure], spans: Sequence[Span]) -> Panel:
    """One vendor's numbers over time, a line a team; each with the days of its period."""
    unit = unit_of(measures)
    lines = tuple(
        Series(
            _label(measure),
            unit.name,
            tuple((when.first, unit.of(value)) for when, value in points(measure, span)),
            unit.band(measure),
            unit.of(measure.before),
            measure.too_little,
        )
        for measure, span in zip(measures, spans, strict=True)
    )
    return Panel(heading(measures[0]), lines)


def bars(measures: Sequence[Measure]) -> Bars:
    """One vendor's numbers, a bar a team."""
    unit = unit_of(measures)
    found = (Bar(_label(m), unit.of(m.value), unit.of(m.before), unit.band(m), m.too_little) for m in measures)
    return Bars(heading(measures[0]), unit.name, tuple(found))


def stacks(found: Sequence[tuple[str, Measure]]) -> list[Stack]:
    """One team's stages at one vendor, each with its name, as a whole in its parts: this period and the one before."""
    measures = [measure for _, measure in found]
    unit = unit_of(measures)
    label = f"{TITLES[measures[0].vendor]}, {_label(measures[0])}"
    now = tuple((name, unit.of(measure.value)) for name, measure in found)
    before = tuple((name, unit.of(measure.before)) for name, measure in found)
    earlier = [Stack("period before", unit.name, before)] if any(value is not None for _, value in before) else []
    return [Stack(label, unit.name, now), *earlier]


def _label(measure: Measure) -> str:
    """A team, or the part of it where it is several at a vendor."""
    return f"{measure.team} {measure.part}" if measure.part else measure.team


def value_words(measure: Measure, value: float | None) -> str:
    """A value of the measure in words."""
    return worded(value, measure.unit)
