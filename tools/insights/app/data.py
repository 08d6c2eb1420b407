"""What the delivery page draws, as it travels in the `_meta` of a result."""

from typing import TYPE_CHECKING, Any

from server.declare import Apis, Failure, Refusal
from tools.insights.definitions import DORA_YEAR
from tools.insights.drawn import points, unit_of, value_words
from tools.insights.measures import Measure
from tools.insights.periods import NAMED, Span
from tools.insights.pictures.numbers import day
from tools.insights.vendors import TITLES
from tools.insights.who import all_teams

if TYPE_CHECKING:
    from tools.insights.delivery import Delivery


async def show(api: Apis, period: str, found: "Delivery") -> None:
    """Send along what the page draws of a delivery; `period` is what a tool was asked for."""
    if not api.shows_pages:
        return
    try:
        teams = [row.team for row in (await all_teams(api))[0]]
    except (Refusal, Failure):
        teams = []
    name = found.team.name
    api.page_data = {
        "team": name,
        "title": name,
        "period": period,
        "period_words": str(found.span),
        "teams": [{"value": one, "label": one} for one in dict.fromkeys([*teams, name])],
        "periods": [{"value": one, "label": one.replace("-", " ")} for one in NAMED],
        "measures": [_measure(measure, found.span) for measure in found.measures],
        "missing": [missing.words for missing in found.gathered.missing.values() if missing.kind != "off"],
    }


def _level(measure: Measure) -> str:
    return f"{measure.level} (DORA {DORA_YEAR})" if measure.level else ""


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
                "days": f"{day(when.first)} to {day(when.last)}",
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
        "reading": ", ".join(filter(None, [shown["reading"], _level(measure)])),
        "definition": measure.definition,
        "aggregation": measure.aggregation,
        "caveat": measure.caveat,
    }
