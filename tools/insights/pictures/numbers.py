"""Numbers as people read them: rounded, with their unit, and the ticks of an axis that begins at zero."""

import math
from collections.abc import Iterable
from datetime import date

HIGHEST = 1e15
"""What is above it is no number that anybody measured."""


LOWEST = 1e-12
"""What is below it is drawn as nothing."""


def number(value: float) -> str:
    """A number in three digits or all those before the point: 0.42, 1.9, 23.5, 1,240."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 1 - math.floor(math.log10(size))
    text = f"{value:,.{min(places, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def measured(value: float | None, unit: str) -> str:
    """A number with its unit: `1.9 days`, `12 %`; `no data` where there is none."""
    return "no data" if value is None else f"{number(value)} {unit}".strip()


def day(when: date) -> str:
    """A date as an axis names it: `3 Nov`."""
    return f"{when.day} {when:%b}"


def ticks(highest: float, wanted: int = 4) -> list[float]:
    """Round values from zero to the first at or above `highest`."""
    if not LOWEST < highest < math.inf:
        return [0.0, 1.0]
    step = 10.0 ** math.floor(math.log10(highest / wanted))
    step *= next(times for times in (1, 2, 2.5, 5, 10) if step * times * wanted >= highest * (1 - 1e-9))
    count = math.ceil(highest / step * (1 - 1e-9))
    return [index * step for index in range(max(count, 1) + 1)]


def drawable(value: float | None) -> bool:
    """Whether there is a value that a picture can show: a number, not below zero, that can have been measured."""
    return value is not None and 0 <= value <= HIGHEST


def finite(values: Iterable[float | None]) -> list[float]:
    """Those of the values that can be drawn."""
    return [value for value in values if value is not None and drawable(value)]
