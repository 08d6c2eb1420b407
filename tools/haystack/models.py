"""What Haystack answers, rearranged for reading: a row a measure, or a row a cycle."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import model_validator

from server.declare import JsonObject, VendorModel
from tools.haystack.definitions import legend
from tools.haystack.reading import as_read

NUMERIC = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,30})?", re.ASCII)
GroupAndMeasure = tuple[str | None, str]


class Numbers:
    """Haystack's numbers, some of which it writes as strings, as numbers; `raw` keeps the text that a float rounds."""

    def __init__(self) -> None:
        self.raw: dict[str, str] = {}

    def read(self, value: Any, path: str) -> Any:
        """A value with the numeric strings in it as numbers, at any depth; `path` is where it stands."""
        if isinstance(value, Mapping):
            return {key: self.read(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.read(item, f"{path}.{place}") for place, item in enumerate(value)]
        if not isinstance(value, str) or not NUMERIC.fullmatch(value):
            return value
        number = float(value) if "." in value else int(value)
        if Decimal(repr(number)) != Decimal(value):
            self.raw[path] = value
        return number


class Metric(VendorModel):
    """One measure, of one group where the answer is grouped; `series` maps the x axis to values.

    raw: what Haystack wrote for those numbers that are rounded here.
    """

    group: str | None = None
    title: str | None = None
    measure: str | None = None
    average: Any = None
    series: Any = None
    raw: dict[str, str] | None = None


class Cycle(VendorModel):
    """One cycle (sprint) with its analytics. raw: what Haystack wrote for those numbers that are rounded here."""

    group: str | None = None
    name: str | None = None
    state: str | None = None
    analytics: Any = None
    raw: dict[str, str] | None = None


class Metrics(VendorModel):
    """An answer of any of the three forms that Haystack documents: regular, grouped, by cycle.

    of: the team or organization that was measured. definitions: what the measures are.
    averages: those that stand beside no measure above. other: entries of data of no documented form.
    What else the answer has ("for future use", says Haystack) is kept.
    """

    note: str | None = None
    vendor: Literal["Haystack"] = "Haystack"
    of: str | None = None
    definitions: dict[str, str] | None = None
    metrics: list[Metric] | None = None
    cycles: list[Cycle] | None = None
    averages: Any = None
    raw: dict[str, str] | None = None
    other: list[JsonObject] | None = None

    @classmethod
    def as_read(cls, data: dict[str, Any]) -> dict[str, Any]:
        """A row a measure with its definition; text has no digits that `raw` would have to tell."""
        return as_read(data)

    @model_validator(mode="before")
    @classmethod
    def _rearrange(cls, answer: Any) -> Any:
        if not isinstance(answer, Mapping):
            return answer
        averages = dict(_averages(answer.get("averages")))
        forms: dict[str, list[dict[str, Any]]] = {"metrics": [], "cycles": [], "other": []}
        for group, entry in _entries(answer.get("data") or [], None):
            if "measure" in entry:
                forms["metrics"].append(_metric(group, entry, averages))
            elif "analytics" in entry:
                forms["cycles"].append(_numbered({"group": group, **entry}, "analytics"))
            else:
                forms["other"].append({"group": group, **entry})
        numbers = Numbers()
        rest = {f"{group}: {name}" if group else name: value for (group, name), value in averages.items()}
        return {
            **{key: value for key, value in answer.items() if key != "data"},
            **{form: entries or None for form, entries in forms.items()},
            "definitions": legend(_measures(forms)),
            "averages": numbers.read(rest, "") or None,
            "raw": numbers.raw or None,
            "note": None if any(forms.values()) else "No data for this period and these filters.",
        }


def _measures(forms: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str | None]]:
    """Every measure in an answer, with its title."""
    for entry in forms["metrics"]:
        yield str(entry["measure"]), entry.get("title")
    for entry in forms["cycles"]:
        yield from ((name, None) for name in entry["analytics"] if isinstance(entry["analytics"], Mapping))


def _numbered(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    """An entry whose fields `names` have numbers for numeric strings, and what that rounds as `raw`."""
    numbers = Numbers()
    # One field with many numbers needs no name in front of them.
    read = {name: numbers.read(entry[name], name if name == "average" else "") for name in names if name in entry}
    return {**entry, **read, **({"raw": numbers.raw} if numbers.raw else {})}


def _entries(data: Any, group: str | None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every entry of `data` with the key of its group."""
    if not isinstance(data, list) or not all(isinstance(entry, Mapping) for entry in data):
        raise ValueError("data is not a list of objects")
    for entry in data:
        inner = _grouped(entry)
        if inner is None:
            yield group, dict(entry)
        else:
            yield from _entries(inner, str(entry["key"]))


def _grouped(entry: Mapping[str, Any]) -> Any:
    """What is under a group's key: `values` in the document's schema, `value` in its text; None where no group."""
    return next((entry[name] for name in ("values", "value") if "key" in entry and name in entry), None)


def _averages(averages: Any, group: str | None = None, path: str = "") -> Iterator[tuple[GroupAndMeasure, Any]]:
    """Every average by its group and measure: that of `jiraIssue.count` is at jiraIssue > count."""
    if isinstance(averages, Mapping):
        for name, inner in averages.items():
            yield from _averages(inner, group, f"{path}.{name}" if path else name)
    elif isinstance(averages, list) and all(isinstance(part, Mapping) for part in averages):
        for part in averages:
            inner = _grouped(part)
            yield from _averages(part, group, path) if inner is None else _averages(inner, str(part["key"]), path)
    elif averages is not None:
        yield (group, path), averages


def _metric(group: str | None, entry: Mapping[str, Any], averages: dict[GroupAndMeasure, Any]) -> dict[str, Any]:
    average = averages.pop((group, str(entry["measure"])), None)
    whole = {"group": group, "average": average, **entry, "series": _series(entry.get("series"))}
    return _numbered(whole, "average", "series")


def _series(points: Any) -> Any:
    """Points as one object from x to value, which reads as one row; as they are where that would lose anything."""
    if not isinstance(points, list) or not all(isinstance(p, Mapping) and p.keys() == {"x", "value"} for p in points):
        return points
    by_x = {str(point["x"]): point["value"] for point in points}
    return by_x if len(by_x) == len(points) else points
