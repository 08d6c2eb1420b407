"""Buddy's executions as deployments: those of the pipelines that deploy, counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from server.declare import Refusal
from tools.buddy.api import Buddy
from tools.buddy.executions import list_executions
from tools.buddy.pipeline_models import ExecutionRow, PipelineRow
from tools.buddy.pipelines import list_pipelines
from tools.insights.ages import moment
from tools.insights.gather import in_parallel
from tools.insights.measures import Measure
from tools.insights.periods import Span
from tools.insights.sources import Asked, ratio
from tools.insights.teams import Place, every, plain

DEPLOYS = re.compile(r"deploy|release|(?<![a-z])(prod|production|live)(?![a-z])", re.IGNORECASE)
MOST_PAGES = 5
A_PAGE = 100


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that deploys."""

    project: str
    id: str
    name: str


@dataclass(frozen=True)
class Executions:
    """Executions of a pipeline, newest first. since: from when on they are complete; None where all are there."""

    pipeline: Pipeline
    rows: Sequence[ExecutionRow]
    since: datetime | None


async def dora(api: Buddy, place: Place, asked: Asked) -> list[Measure]:
    """Successful executions a day, and the share that failed, with the periods before."""
    pipelines, oldest = await deploying(api, place), asked.spans[-1].start
    found = await in_parallel([partial(executions, api, one, oldest, place.workspace) for one in pipelines])
    rows = list(chain.from_iterable(one.rows for one in found))
    since = max((one.since for one in found if one.since), default=None)
    counts = [_counted(rows, span) if since is None or span.start >= since else None for span in asked.spans]
    per_day = [count and count[0] / span.days for count, span in zip(counts, asked.spans, strict=True)]
    failed = [count and ratio(count[1], sum(count), 100) for count in counts]
    newest = max((row.start_date for row in rows if row.start_date), default=None)
    about = {
        "counted": sum(counts[0]) if counts[0] else None,
        "fresh": newest and f"newest execution {newest[:10]}",
        "caveat": since and f"only executions from {since:%Y-%m-%d} on were read, {MOST_PAGES * A_PAGE} a pipeline",
    }
    return [
        asked.measure("buddy", "deployment_frequency", per_day, **about),
        asked.measure("buddy", "failed_executions", failed, **about),
    ]


async def deploying(api: Buddy, place: Place) -> list[Pipeline]:
    """The pipelines of a team's projects that deploy: those that `drumbeat.toml` names, else by their names.

    Raises Refusal where there is none.
    """
    lists = await in_parallel(
        [
            partial(every, list_pipelines, api, project=one, per_page=A_PAGE, workspace=place.workspace)
            for one in place.ids
        ]
    )
    found = [
        Pipeline(project, str(row.id), row.name or str(row.id))
        for project, rows in zip(place.ids, lists, strict=True)
        for row in rows
        if row.id is not None and deploys(row, place.deploys)
    ]
    if not found:
        named = ", ".join(place.deploys) or "deploy, release, production or live"
        raise Refusal(f"Buddy has no pipeline in {', '.join(place.ids)} that is called {named}: see buddy.deploys")
    return found


def deploys(row: PipelineRow, named: Sequence[str]) -> bool:
    """Whether a pipeline deploys: where some are named, whether it is one of them, else by its name."""
    if named:
        return str(row.id) in named or plain(row.name or "") in map(plain, named)
    return bool(DEPLOYS.search(row.name or ""))


async def executions(api: Buddy, pipeline: Pipeline, since: datetime, workspace: str | None) -> Executions:
    """The executions of a pipeline since a moment, as far as it is reasonable to read them."""
    rows: list[ExecutionRow] = []
    page: int | None = 1
    for _ in range(MOST_PAGES):
        read = await list_executions(
            api, pipeline.project, pipeline.id, page=page, per_page=A_PAGE, workspace=workspace
        )
        rows += read.items
        oldest = ended(read.items[-1]) if read.items else None
        if not read.next or (oldest and oldest < since):
            return Executions(pipeline, rows, None)
        page = read.next.get("page")
    return Executions(pipeline, rows, min((when for row in rows if (when := ended(row))), default=None))


def ended(row: ExecutionRow) -> datetime | None:
    """When an execution ended, or began where it has not ended."""
    return moment(row.finish_date or row.start_date)


def _counted(rows: Sequence[ExecutionRow], span: Span) -> tuple[int, int]:
    """How many executions succeeded and how many failed in a period."""
    inside = [row.status for row in rows if (when := ended(row)) and when in span]
    return inside.count("SUCCESSFUL"), inside.count("FAILED")
