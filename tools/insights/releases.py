"""What was released in a period, what failed on the way there, and why."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Annotated, Any

from pydantic import BaseModel, Field

from server.declare import Apis, Refusal, nearest
from tools.buddy.api import Buddy
from tools.buddy.pipeline_models import ExecutionRow
from tools.buddy.projects import list_projects
from tools.insights import insights
from tools.insights.activity import Activity, Release, activity
from tools.insights.ages import day, moment
from tools.insights.ages import span as lasting
from tools.insights.gather import Gathered, NotThere, ask_all
from tools.insights.periods import Span
from tools.insights.pipelines import Failure, Pipeline, began, change, who
from tools.insights.recent import LatestPeriod, latest
from tools.insights.teams import Place, Team, ask, every, known, plain
from tools.insights.together import each
from tools.insights.triage import Verdict
from tools.insights.vendors import TITLES
from tools.insights.who import TeamName
from tools.linearb.api import LinearB
from tools.linearb.deployments import list_deployments
from tools.linearb.repositories import list_repositories
from tools.oobeya.api import Oobeya
from tools.oobeya.dora import get_dora_summary

releases = insights.toolset("releases", "What was released, what failed on the way there, and why.")

NEAREST = 5
NEXT = "Whole log: buddy_get_action_logs(action_execution_id=FAILED)"
RETRY = "buddy_control_execution(operation=RETRY)"
NEXT_BY_VERDICT: Mapping[Verdict, str] = {
    "regression": "buddy_compare_commits",
    "flaky": RETRY,
    "environment": RETRY,
}

NO_BUDDY = "Executions and failures are Buddy's, which {}"
WHY: Mapping[str, str] = {
    "off": "is not configured",
    "unknown": "has none that is known to be this team's: drumbeat.toml can name its projects",
}
NO_ANSWER = "did not answer: drumbeat_check_connections says why"

Project = Annotated[str, Field(description="A Buddy project; without it the team's")]


class PipelineActivity(BaseModel):
    """A pipeline's executions in the period. project: where the answer is about several."""

    project: str | None
    pipeline: str
    deploys: bool
    runs: int
    failed: int
    median_time: str | None = None
    latest: str


class Released(BaseModel):
    """What a deploying pipeline brought: the commits since its last success before the period."""

    project: str | None
    deployments: int
    commits: str
    newest: str


class Failed(BaseModel):
    """A failed execution with what it is taken for and why."""

    failure: str
    verdict: str
    log_says: str | None
    change: str | None
    link: str | None


class ReleaseActivity(BaseModel):
    """Deployments and failures of a team's or a project's pipelines."""

    of: str
    period: str
    pipelines: list[PipelineActivity]
    released: list[Released]
    failures: list[Failed]
    more_failures: str | None = None
    counted_elsewhere: dict[str, str] | None = None
    next: str


@releases.read(everyday=True)
async def get_release_activity(
    api: Apis, team: TeamName | None = None, project: Project | None = None, period: LatestPeriod | None = None
) -> ReleaseActivity:
    """Deployments, executions and failures of a team's or project's pipelines, and what was released.

    Each failure is triaged: regression, flaky, environment or unknown, with evidence and the log's decisive lines.
    """
    if team is None and project is None:
        raise Refusal("Nothing was sent: name a team or a project (insights_list_teams, buddy_list_projects).")
    span = latest(known(api, team or ""), period, api.clock)
    meant, gathered = await read(api, team, project, span)
    api.notes += gathered.notes
    found = gathered.answers.pop("buddy", None)
    if isinstance(found, Activity):
        api.notes += found.notes
    return answered(meant, project, span, found if isinstance(found, Activity) else None, gathered)


async def read(api: Apis, team: str | None, project: str | None, span: Span) -> tuple[Team | None, Gathered[Any]]:
    """What was released and what failed: who was meant, and what each vendor said."""
    mapped = known(api, team or "").at.get("buddy")
    repositories = [project] if project else list(mapped.ids if mapped else ())

    async def at_buddy(vendor: Buddy, place: Place | None = None) -> Activity:
        workspace = place.workspace if place else None
        projects = [await _named(vendor, project, workspace)] if project else list(place.ids if place else ())
        return await activity(vendor, projects, place, span)

    async def at_linearb(vendor: LinearB, place: Place | None = None) -> str:
        return await _at_linearb(vendor, repositories, span)

    async def at_oobeya(vendor: Oobeya, place: Place) -> str:
        last = span.end - timedelta(milliseconds=1)
        found = await get_dora_summary(vendor, place.id, from_time=span.start, to_time=last, deployments=0)
        counts = ", ".join(f"{number} {status}" for status, number in (found.deployment_counts or {}).items())
        return f"deployments of the team's analyses: {counts or 'none'}"

    if team is None:
        return None, await ask_all(api, {"buddy": at_buddy, "linearb": at_linearb})
    both: dict[str, Callable[[Any, Place], Awaitable[Any]]] = {"buddy": at_buddy, "linearb": at_linearb}
    return await ask(api, team, both if project else {**both, "oobeya": at_oobeya})


async def _named(api: Buddy, project: str, workspace: str | None) -> str:
    """A project as URLs have it, by any of its names. Raises NotThere with the nearest ones."""
    rows = await every(list_projects, api, per_page=100, workspace=workspace)
    for row in rows:
        if row.name and plain(project) in (plain(row.name), plain(row.display_name or "")):
            return str(row.name)
    names = [row.name for row in rows if row.name]
    near = nearest(project, names) or names[:NEAREST]
    raise NotThere(f"Buddy has no project {project!r} (it has {', '.join(near) or 'none'})", near)


async def _at_linearb(api: LinearB, repositories: Sequence[str], span: Span) -> str:
    """How many deployments of some repositories LinearB knows of."""
    known_ones = (await list_repositories(api)).items
    wanted = {plain(name) for name in repositories}
    meant = [row for row in known_ones if row.name and row.id is not None and plain(row.name) in wanted]
    if not meant:
        raise NotThere("LinearB counts deployments by repository, and has none of the projects' names")

    async def count(number: str) -> int:
        read = await list_deployments(api, number, span.start, span.end - timedelta(milliseconds=1), limit=1)
        return len(read.items) if read.total is None else read.total

    counts = await each(count, [str(row.id) for row in meant])
    if len(meant) == len(repositories) == len(counts.items) == 1:
        return f"deployments: {counts.items[0]}"
    return "deployments: " + ", ".join(f"{row.name} {n}" for row, n in zip(meant, counts.items, strict=False))


def answered(
    team: Team | None, project: str | None, span: Span, found: Activity | None, others: Gathered[Any]
) -> ReleaseActivity:
    """The activity as an answer; `found` is None where Buddy did not answer."""
    elsewhere = {TITLES[name]: str(words) for name, words in others.answers.items()}
    read = found or Activity([], [], [], [], 0)
    several = dict.fromkeys(one.project for one in read.pipelines)
    projects = ", ".join(several) or project
    fine = "Nothing failed. Numbers to compare with: insights_get_delivery_report"
    return ReleaseActivity(
        of=f"{team.name} ({projects})" if team and projects else projects or (team.name if team else ""),
        period=str(span),
        pipelines=[_row(one, span, one in read.deploys, several) for one in read.pipelines],
        released=[_release(one, several) for one in read.released],
        failures=[_shown(one, span, several) for one in read.failures],
        more_failures=f"{read.untriaged} more, not triaged" if read.untriaged > 0 else None,
        counted_elsewhere=elsewhere or None,
        next=_without(others) if found is None else _next(read) if read.failures else fine,
    )


def _without(others: Gathered[Any]) -> str:
    """What is missing without Buddy, and what to do about it."""
    missing = others.missing.get("buddy")
    return NO_BUDDY.format(WHY.get(missing.kind, NO_ANSWER) if missing else NO_ANSWER)


def _verdicts(found: Activity) -> list[Verdict]:
    return list(dict.fromkeys(one.found.verdict for one in found.failures))


def _next(found: Activity) -> str:
    ways: dict[str, list[str]] = {}
    for verdict in _verdicts(found):
        if verdict in NEXT_BY_VERDICT:
            ways.setdefault(NEXT_BY_VERDICT[verdict], []).append(verdict)
    return ". ".join([NEXT, *(f"{' or '.join(verdicts)}: {way}" for way, verdicts in ways.items())])


def _one_of(projects: Collection[str], pipeline: Pipeline) -> str | None:
    """A pipeline's project, where it is not the only one."""
    return pipeline.project if len(projects) > 1 else None


def _row(pipeline: Pipeline, span: Span, deploys: bool, projects: Collection[str]) -> PipelineActivity:
    rows = pipeline.within(span.start, span.end)
    times = [seconds for row in rows if row.status == "SUCCESSFUL" and (seconds := _seconds(row)) is not None]
    newest = rows[0] if rows else None
    return PipelineActivity(
        project=_one_of(projects, pipeline),
        pipeline=f"{pipeline.name} ({pipeline.id})",
        deploys=deploys,
        runs=len(rows),
        failed=sum(row.status == "FAILED" for row in rows),
        median_time=lasting(timedelta(seconds=median(times))) if times else None,
        latest=f"#{newest.id} {newest.status}, {day(began(newest), span.zone)}" if newest else "none in this period",
    )


def _seconds(row: ExecutionRow) -> float | None:
    first, last = moment(row.start_date), moment(row.finish_date)
    return (last - first).total_seconds() if first and last and last >= first else None


def _release(one: Release, projects: Collection[str]) -> Released:
    number = "not known" if one.commits is None else f"{one.commits}{' or more' if one.more else ''} since"
    return Released(
        project=_one_of(projects, one.pipeline),
        deployments=one.deployments,
        commits=f"{number}: {one.since}" if one.commits is None else f"{number} {one.since}",
        newest="; ".join(one.newest),
    )


def _shown(one: Failure, span: Span, projects: Collection[str]) -> Failed:
    row, pipeline = one.execution, one.pipeline
    when, at = day(began(row), span.zone), ": ".join(filter(None, (one.action, one.error)))
    where = ", ".join(filter(None, (pipeline.name, _one_of(projects, pipeline), when)))
    return Failed(
        failure=f"#{row.id} {where}{f', at {at}' if at else ''}",
        verdict=f"{one.found.verdict}: {'; '.join(one.found.because)}",
        log_says=" ⏎ ".join(one.lines) or None,
        change=", ".join(filter(None, (change(row), who(row)))) or None,
        link=row.html_url,
    )
