"""What the pictures are drawn from: small frozen values, of vendors' numbers as they are, never merged."""

from dataclasses import dataclass
from datetime import date

Points = tuple[tuple[date, float | None], ...]


@dataclass(frozen=True)
class Series:
    """One line. usual: the middle half of earlier periods. before: the period before, as one value."""

    label: str
    unit: str
    points: Points
    usual: tuple[float, float] | None = None
    before: float | None = None


@dataclass(frozen=True)
class Panel:
    """The lines that share an axis: one vendor's numbers in one unit, at most four of them."""

    heading: str
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Bar:
    """One bar. before: the previous period. usual: the middle half of earlier periods."""

    label: str
    value: float | None
    before: float | None = None
    usual: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bars:
    """The bars that share an axis: one vendor's numbers in one unit."""

    heading: str
    unit: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Stack:
    """A whole in at most four parts, in their order; a part without a value is named beside it."""

    label: str
    unit: str
    parts: tuple[tuple[str, float | None], ...]
