"""What the delivery page draws, as it travels in the `_meta` of a result."""

from collections.abc import Sequence
from typing import Any

from tools.insights.drawn import points, unit_of, value_words
from tools.insights.measures import Measure
from tools.insights.periods import NAMED, Span
from tools.insights.pictures.numbers import day
from tools.insights.vendors import TITLES


def page_data(
    asked: tuple[str, str],
    name: str,
    span: Span,
    measures: Sequence[Measure],
    missing: Sequence[str],
    teams: Sequence[str],
) -> dict[str, Any]:
    """The report as the page draws it.

    asked: the team and the period that a tool was asked for. missing: why each vendor without numbers has none.
    teams: the names of all teams, to choose from.
    """
    team, period = asked
    return {
        "team": team,
        "title": name,
        "period": period,
        "period_words": str(span),
        "teams": [{"value": one, "label": one} for one in teams],
        "periods": [{"value": one, "label": one.replace("-", " ")} for one in NAMED],
        "measures": [_measure(measure, span) for measure in measures],
        "missing": list(missing),
    }


def _measure(measure: Measure, span: Span) -> dict[str, Any]:
    unit = unit_of([measure])
    shown = measure.shown()
    return {
        "vendor": TITLES[measure.vendor],
        "name": shown["metric"].capitalize(),
        "unit": unit.name,
        "points": [
            {
                "name": day(when.first),
                "period": f"{when.first} to {when.last}",
                "value": unit.of(value),
                "shown": value_words(measure, value),
            }
            for when, value in points(measure, span)
        ],
        "before": unit.of(measure.before),
        "usual": unit.band(measure),
        "shown": shown["value"],
        "shown_before": shown["before"],
        "shown_usual": shown["usual"],
        "reading": shown["reading"],
        "definition": measure.definition,
        "aggregation": measure.aggregation,
        "caveat": measure.caveat,
    }
