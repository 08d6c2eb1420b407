"""The report that leaves the chat: what all vendors say of a team's period, as one document."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel

from server.declare import Apis, Failure, Refusal
from tools.insights import insights
from tools.insights.activity import Activity
from tools.insights.breakdown import broken_down, change, outliers
from tools.insights.briefing import Material, together
from tools.insights.charts import ADD_UP, stages
from tools.insights.delivery import Delivery, days_of, deliver, freshness, not_available, reported, to_know
from tools.insights.drawn import panel, stacks
from tools.insights.gather import Gathered, in_parallel
from tools.insights.measures import Measure, common, worded
from tools.insights.papers import Paper, Section, as_html, as_json, as_markdown
from tools.insights.periods import Period, Span
from tools.insights.pictures import breakdown, trend
from tools.insights.releases import answered, read
from tools.insights.retros import brief, named, prepared
from tools.insights.sources import oobeya
from tools.insights.teams import Team, known
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName

Form = Literal["html", "md", "json"]
FORMS: Mapping[Form, Callable[[Paper], str]] = {"html": as_html, "md": as_markdown, "json": as_json}
SILENT = ("failed", "late", "unreadable")
"""Why a vendor that is configured has not answered."""

reports = insights.toolset("reports", "The delivery report as a document.")


class Document(BaseModel):
    """A report as a document. missing: the configured vendors without whose answers it had to do, and why."""

    team: str
    period: str
    form: Form
    missing: dict[str, str]
    document: str


@reports.read()
async def write_report(api: Apis, team: TeamName, period: Period = "last-month", form: Form = "md") -> Document:
    """A team's report as a document (Markdown, HTML or JSON): delivery, releases, incidents, blockers, action items."""
    paper = await report(api, team, period)
    return Document(
        team=paper.team, period=paper.period, form=form, missing=dict(paper.missing), document=FORMS[form](paper)
    )


@dataclass(frozen=True)
class _Parts:
    """What was gathered for a report, each None where no vendor could answer it."""

    delivery: Delivery | None
    breakdown: tuple[Delivery, Sequence[oobeya.Deployed]] | None
    releases: tuple[Team | None, Gathered[Any]] | None
    retro: tuple[Team, Gathered[Material]] | None

    @property
    def deliveries(self) -> list[Delivery]:
        """Those of the parts that are numbers."""
        return [one for one in (self.delivery, self.breakdown and self.breakdown[0]) if one]

    @property
    def gathered(self) -> list[Gathered[Any]]:
        """Who answered what."""
        return [
            *(one.gathered for one in self.deliveries),
            *(part[1] for part in (self.releases, self.retro) if part),
        ]

    @property
    def material(self) -> Material:
        """What all vendors bring to a retro."""
        return together(list(self.retro[1].answers.values()) if self.retro else [])


async def report(api: Apis, team: str, period: str) -> Paper:
    """What all vendors say of a team's period.

    Raises Refusal for a team or period that there is not, and Failure where no vendor could answer.
    """
    described = known(api, team)
    span = described.span(period, api.clock)
    questions: list[Callable[[], Awaitable[Any]]] = [
        partial(deliver, api, team, period),
        partial(broken_down, api, team, period),
        partial(read, api, team, None, span),
        partial(prepared, api, team, span),
    ]
    answers = await in_parallel([partial(_tried, question) for question in questions])
    errors = [answer for answer in answers if isinstance(answer, Exception)]
    if len(errors) == len(answers):
        raise errors[0]
    parts = _Parts(*(None if isinstance(answer, Exception) else answer for answer in answers))
    name = next((one.team.name for one in parts.deliveries), described.name)
    missing = {TITLES[n]: why.words for one in parts.gathered for n, why in one.missing.items() if why.kind in SILENT}
    return Paper(
        team=name,
        period=str(span),
        made=f"{api.clock.now().astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        sections=tuple(section for section in _sections(parts, span, name) if section.rows or section.text),
        measures=tuple(parts.delivery.measures if parts.delivery else ()),
        missing=missing,
        notes=tuple(_notes(parts, errors)),
    )


async def _tried(question: Callable[[], Awaitable[Any]]) -> Any:
    """An answer, or the error of a question that no vendor could answer."""
    try:
        return await question()
    except (Refusal, Failure) as error:
        return error


def _sections(parts: _Parts, span: Span, name: str) -> list[Section]:
    return [
        *_in_short(parts),
        *_numbers(parts),
        *_time(parts),
        *_pipelines(parts, span),
        *_talk(parts, span, name),
        *_to_know(parts),
    ]


def _in_short(parts: _Parts) -> list[Section]:
    measures = parts.delivery.measures if parts.delivery else []
    sides = {"Better": True, "Worse": False}
    said = {words: named([one for one in measures if one.better is side]) for words, side in sides.items()}
    lines = [f"{words} than in the period before: {names}" for words, names in said.items() if names]
    few = named([one for one in measures if one.too_little])
    return [Section("In short", (*lines, *([f"Too little data to say: {few}"] if few else [])))]


def _numbers(parts: _Parts) -> list[Section]:
    if parts.delivery is None:
        return []
    found, span = parts.delivery, parts.delivery.span
    pictures = tuple(_trend(metric, own, span) for metric, own in common(found.measures).items())
    page = reported(found)
    return [Section("Delivery", (page.against,), tuple(page.numbers), pictures)]


def _trend(metric: str, measures: Sequence[Measure], span: Span) -> str:
    return trend((metric.replace("_", " ").capitalize(), str(span)), [panel([one], [span]) for one in measures])


def _time(parts: _Parts) -> list[Section]:
    if parts.breakdown is None:
        return []
    found, deployed = parts.breakdown
    slow = tuple(
        {"deployment": one.title, "lead time": worded(one.minutes, "minutes"), "on": one.day, "link": one.link or ""}
        for one in outliers(deployed)
    )
    changed = change(found.measures)
    rows = tuple(one.shown() for one in found.measures)
    return [
        Section("Where the time goes", (changed,) if changed else (), rows, _stages(found)),
        Section("Slowest deployments", ("Those that took twice the median lead time or more",) if slow else (), slow),
    ]


def _stages(found: Delivery) -> tuple[str, ...]:
    wholes = [whole for vendor in ADD_UP if (whole := stages(found, vendor))]
    return tuple(breakdown(("Cycle time", str(found.span)), stacks(whole)) for whole in wholes)


def _pipelines(parts: _Parts, span: Span) -> list[Section]:
    if parts.releases is None:
        return []
    team, gathered = parts.releases
    found = gathered.answers.get("buddy")
    others = Gathered({name: words for name, words in gathered.answers.items() if name != "buddy"}, gathered.missing)
    page = answered(team, None, span, found if isinstance(found, Activity) else None, others)
    elsewhere = tuple(f"{vendor}: {words}" for vendor, words in (page.counted_elsewhere or {}).items())
    more = (page.more_failures,) if page.more_failures else ()
    return [
        Section("Pipelines", elsewhere, _shown(page.pipelines)),
        Section("Released", (), _shown(page.released)),
        Section("Failures", more, _shown(page.failures)),
    ]


def _talk(parts: _Parts, span: Span, name: str) -> list[Section]:
    if parts.retro is None:
        return []
    page = brief(name, span, parts.material)
    older = len(parts.material.incidents or ()) - len(page.incidents)
    return [
        Section("Incidents", (f"And {older} older ones, not shown",) if older else (), _shown(page.incidents)),
        Section("Blockers that came back", (), _shown(page.recurring_blockers)),
        Section("Action items of the last retro", (page.last_retro,), _shown(page.action_items)),
        Section("What went well", (page.notes_of,) if page.notes_of else (), _shown(page.went_well)),
    ]


def _to_know(parts: _Parts) -> list[Section]:
    if parts.delivery is None:
        return []
    known_of = to_know(parts.delivery.measures) or {}
    rows = tuple({"vendor": vendor, "to know": words} for vendor, words in known_of.items())
    lacking = not_available(parts.delivery)
    text = (f"Not available {lacking}",) if lacking else ()
    days = f"Days: {days_of(parts.delivery.span, parts.delivery.measures)}"
    return [Section("What to know of the numbers", (*text, days, f"How fresh: {freshness(parts.delivery)}"), rows)]


def _notes(parts: _Parts, errors: Sequence[Exception]) -> list[str]:
    """Who was matched how, who did not answer and why, each once."""
    notes = [note for one in parts.deliveries for note in one.notes]
    notes += [note for gathered in parts.gathered for note in gathered.notes]
    notes += [*(parts.retro[0].notes if parts.retro else ()), *parts.material.notes]
    activity = parts.releases and parts.releases[1].answers.get("buddy")
    notes += activity.notes if isinstance(activity, Activity) else ()
    return list(dict.fromkeys([*notes, *(str(error).rstrip(".") for error in errors)]))


def _shown(rows: Sequence[BaseModel]) -> tuple[dict[str, str], ...]:
    """Rows as text."""
    return tuple({name: _word(value) for name, value in row.model_dump().items()} for row in rows)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
