"""The units of raw values, which Oobeya does not document, read off the same figure in its words."""

import re
from collections.abc import Mapping
from typing import Any

NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
DURATION = re.compile(NUMBER + r"\s{0,3}(w|d|h|min|m(?!s|o)|s)", re.IGNORECASE)
RATE = re.compile(NUMBER + r"\s{0,3}(?:x|times)?\s{0,3}(?:per|/|a)\s{0,3}(day|week|month)", re.IGNORECASE)
SHARE = re.compile(NUMBER + r"\s{0,3}%")

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "m": 60, "s": 1}
DURATIONS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "milliseconds": 0.001}
PER_DAY = {"day": 1.0, "week": 1 / 7, "month": 1 / 30}
UNKNOWN = "that of formattedValue; of the raw value not documented"
LONGEST = 100


def unit_of(words: str | None, value: Any) -> str:
    """The unit in which `value` is what `words` say ("2.3 days"), where it can be told."""
    said = (words or "")[:LONGEST]
    if rate := RATE.search(said):
        return _matching(value, float(rate[1]) * PER_DAY[rate[2].lower()], {f"per {d}": f for d, f in PER_DAY.items()})
    if share := SHARE.search(said):
        return _matching(value, float(share[1]), {"percent": 1, "share of 1": 100})
    seconds = sum(float(number) * SECONDS[unit.lower()] for number, unit in DURATION.findall(said))
    return _matching(value, seconds, DURATIONS)


def _matching(value: Any, wanted: float, units: Mapping[str, float]) -> str:
    """The unit that brings `value` nearest to `wanted`, which is rounded."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if not number or not wanted:
        return UNKNOWN
    unit = min(units, key=lambda name: abs(number * units[name] / wanted - 1))
    return unit if 0.6 < number * units[unit] / wanted < 1.6 else UNKNOWN
