"""One number with all that makes it honest, how it compares, and how it is written."""

from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.insights.definitions import FEWEST, LOWER_IS_BETTER, Definition, level_of
from tools.insights.vendors import TITLES

LEAST_PERIODS = 4
"""Of the six periods before, as many must have a value for a usual range to be said."""
SHORTEST = 7
"""Days that a period must have for a level of how often something happens in it."""
STEADY = 0.05
"""A change of less than this part of the value before is called neither better nor worse."""
SECONDS = {"days": 86_400.0, "hours": 3_600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}
EVIDENT = ("count", "share")
"""Aggregations that the words of a definition say: of two things, the first by the second."""
ENDINGS = {"percent": "%", "per day": "/day"}


class Usual(BaseModel):
    """The last periods of the same length: their median, their middle half, their lowest and highest."""

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float
    least: float
    most: float
    periods: int


class Measure(BaseModel):
    """One metric of one vendor for one team and period.

    value: None where the vendor has none for the period. counted: of how many things it was made, where that is known.
    part: which of the team's ids it is of, where the team has several.
    before: the period before. history: the periods before, latest first. fresh: how fresh the data are.
    """

    model_config = ConfigDict(frozen=True)

    vendor: str
    metric: str
    value: float | None
    unit: str
    aggregation: str
    period: str
    team: str
    definition: str
    counted: int | None = None
    before: float | None = None
    usual: Usual | None = None
    history: tuple[float | None, ...] = ()
    level: str | None = None
    fresh: str | None = None
    caveat: str | None = None
    too_little: bool = False
    part: str | None = None

    @property
    def unusual(self) -> bool:
        """Whether it is outside of all the periods before, and of their middle half."""
        if self.value is None or self.usual is None or self.too_little:
            return False
        return not self.usual.least <= self.value <= self.usual.most

    @property
    def against_usual(self) -> str:
        """How it compares to the usual: `within usual`, `above usual`, `below usual`, or `unusual`."""
        if self.value is None or self.usual is None or self.too_little:
            return ""
        if self.usual.low <= self.value <= self.usual.high:
            return "within usual"
        side = "above" if self.value > self.usual.high else "below"
        return f"unusual: {side} all before" if self.unusual else f"{side} usual"

    @property
    def better(self) -> bool | None:
        """Whether it is better than in the period before; None where it is much the same, or that cannot be said."""
        if self.value is None or self.before is None or self.too_little or steady(self.value, self.before):
            return None
        lower = LOWER_IS_BETTER.get(self.metric)
        return None if lower is None else (self.value < self.before) is lower

    @property
    def what(self) -> str:
        """What is measured, unless the metric's name is all that is known, and how many values became one."""
        named = self.definition if self.definition != self.metric.replace("_", " ") else ""
        aggregated = self.aggregation if self.aggregation not in EVIDENT else ""
        return "; ".join(filter(None, (named, aggregated))) or self.definition

    def shown(self) -> dict[str, str]:
        """The measure as one row of an answer, in words."""
        return {
            "metric": self.metric.replace("_", " "),
            "vendor": TITLES[self.vendor] + (f" {self.part}" if self.part else ""),
            "value": worded(self.value, self.unit),
            "before": worded(self.before, self.unit) if self.before is not None else "",
            "usual": between(self.usual, self.unit),
            "reading": self._reading(),
            "level": self.level or "",
            "what": self.what,
        }

    def _reading(self) -> str:
        few = f"too little data ({self.counted})" if self.too_little else ""
        trend = {True: "better", False: "worse", None: ""}[self.better]
        return ", ".join(filter(None, [few, trend, self.against_usual]))


def measured(
    definition: Definition,
    value: float | None,
    *,
    period: str,
    team: str,
    counted: int | None = None,
    days: int | None = None,
    history: Sequence[float | None] = (),
    before: float | None = None,
    unit: str | None = None,
    aggregation: str | None = None,
    fresh: str | None = None,
    caveat: str | None = None,
) -> Measure:
    """A measure with its comparison: the usual, whether that is too little data, and its DORA level.

    days: how long the period is. history: the values of the periods before, latest first; before: the first of them,
    unless it is given.
    unit and aggregation: where the vendor's answer has another one than its definition.
    """
    unit = unit or definition.unit
    history = _since_the_first(history) if unit == "per day" else history
    fewest = FEWEST.get(definition.metric, 0)
    short = unit == "per day" and days is not None and days < SHORTEST
    too_little = counted is not None and counted < fewest
    return Measure(
        vendor=definition.vendor,
        metric=definition.metric,
        value=value,
        unit=unit,
        aggregation=aggregation or definition.aggregation,
        period=period,
        team=team,
        definition=definition.words,
        counted=counted,
        before=before if before is not None else next(iter(history), None),
        usual=usual(history),
        history=tuple(history),
        level=level_of(definition.metric, value, unit) if definition.levelled and not (too_little or short) else None,
        fresh=fresh,
        caveat=caveat,
        too_little=too_little,
    )


def steady(value: float, before: float) -> bool:
    """Whether a value is much the same as the one before."""
    return abs(value - before) < STEADY * abs(before) or value == before


def usual(history: Sequence[float | None]) -> Usual | None:
    """The usual of the periods before; None where too few of them have a value."""
    values = [value for value in history if value is not None]
    if len(values) < LEAST_PERIODS:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Usual(median=median(values), low=low, high=high, least=min(values), most=max(values), periods=len(values))


def _since_the_first(history: Sequence[float | None]) -> list[float | None]:
    """Counts of the periods before, without the zeros of those in which the vendor had no data of the team yet."""
    first = max((place for place, value in enumerate(history) if value), default=-1)
    return [value if place <= first else None for place, value in enumerate(history)]


def number(value: Any) -> float | None:
    """A vendor's number, which may be text; None for what is no finite number, or negative, as nothing here can be."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < 1e15 else None


def minutes(value: float | None, unit: str) -> float | None:
    """A duration in minutes; None where its unit is no unit of time."""
    return None if value is None or unit not in SECONDS else value * SECONDS[unit] / 60


def worded(value: float | None, unit: str) -> str:
    """A value with its unit, a duration in the unit in which it reads best."""
    if value is None:
        return "no data"
    if unit not in SECONDS:
        return _short(value) + ENDINGS.get(unit, f" {unit}")
    best = _best(value * SECONDS[unit])
    said = _short(value * SECONDS[unit] / SECONDS[best])
    return f"{said} {best.removesuffix('s') if said == '1' else best}"


def between(found: Usual | None, unit: str) -> str:
    """The middle half of the usual, `1.6 to 2.3 days`; empty where there is none."""
    if found is None:
        return ""
    low, high = found.low, found.high
    if unit in SECONDS:
        best = _best(high * SECONDS[unit])
        low, high, unit = (low * SECONDS[unit] / SECONDS[best], high * SECONDS[unit] / SECONDS[best], best)
    return f"{_short(low)} to {_short(high)}" + ENDINGS.get(unit, f" {unit}")


def _best(seconds: float) -> str:
    return next((unit for unit in ("days", "hours", "minutes") if abs(seconds) >= SECONDS[unit]), "seconds")


def _short(value: float) -> str:
    """Three figures that mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:.1f}".removesuffix(".0")


def common(measures: Sequence[Measure]) -> Mapping[str, list[Measure]]:
    """Measures by their metric, in the order of their first appearance."""
    found: dict[str, list[Measure]] = {}
    for measure in measures:
        found.setdefault(measure.metric, []).append(measure)
    return found
