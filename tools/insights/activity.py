"""What a team's or a project's pipelines did in a period: what they released, and which failures matter most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tools.buddy.api import Buddy
from tools.buddy.pipeline_models import ExecutionRow
from tools.buddy.repository import compare_commits
from tools.insights.periods import Span
from tools.insights.pipelines import Failure, Pipeline, began, change, explained, pipelines, with_executions
from tools.insights.sources.buddy import deploys, ended
from tools.insights.teams import Place
from tools.insights.together import both, each
from tools.insights.triage import SHORT_REVISION

MOST_TRIAGED = 3
MOST_COMMITS = 5


@dataclass(frozen=True)
class Release:
    """What a deploying pipeline brought in a period.

    commits: how many since its last success before the period, None where that was not read.
    """

    pipeline: Pipeline
    deployments: int
    commits: int | None
    more: bool
    since: str
    newest: tuple[str, ...]


@dataclass(frozen=True)
class Activity:
    """What was read at Buddy; `untriaged` failures are not explained."""

    pipelines: list[Pipeline]
    deploys: list[Pipeline]
    released: list[Release]
    failures: list[Failure]
    untriaged: int
    notes: tuple[str, ...] = field(default=())


async def activity(api: Buddy, projects: Sequence[str], place: Place | None, span: Span) -> Activity:
    """The executions of some projects' pipelines in a period, what they released, and the failures, triaged."""
    listed, notes = await pipelines(api, projects, place.workspace if place else None)
    read = await each(partial(with_executions, api, span.start), listed)
    deploying = [one for one in read.items if deploys(one.row, place.deploys if place else ())]
    failed = [(one, row) for one in read.items for row in _failed(one, span)]
    chosen = _most_telling(failed, deploying)
    released, explain = await both(
        partial(each, partial(_released, api, span), deploying, needed=False),
        partial(each, lambda pair: explained(api, *pair), chosen, needed=False),
    )
    notes += [*read.lacking("pipelines"), *released.lacking("comparisons of commits")]
    if any(one.cut for one in read.items):
        notes.append("Some pipelines ran so often that only their latest executions were read")
    return Activity(
        read.items,
        deploying,
        [one for one in released.items if one],
        explain.items,
        len(failed) - len(explain.items),
        (*notes, *explain.lacking("failures")),
    )


def _failed(pipeline: Pipeline, span: Span) -> list[ExecutionRow]:
    return [row for row in pipeline.within(span.start, span.end) if row.status == "FAILED" and row.id is not None]


def _most_telling(
    failed: Iterable[tuple[Pipeline, ExecutionRow]], deploys: Sequence[Pipeline]
) -> list[tuple[Pipeline, ExecutionRow]]:
    """The failures to explain: the latest of each pipeline first, those of deploying pipelines before others."""
    rank: dict[int, int] = {}
    ranked = []
    for pipeline, row in failed:
        nth = rank[id(pipeline)] = rank.get(id(pipeline), -1) + 1
        ranked.append((nth, pipeline not in deploys, -began(row).timestamp(), pipeline, row))
    ranked.sort(key=lambda one: one[:3])
    return [(pipeline, row) for *_, pipeline, row in ranked[:MOST_TRIAGED]]


async def _released(api: Buddy, span: Span, pipeline: Pipeline) -> Release | None:
    """The commits between a pipeline's last success before the period and its last one in it; None without one."""
    passed = [row for row in pipeline.executions if row.status == "SUCCESSFUL" and row.to_revision]
    inside = [row for row in passed if (at := ended(row)) and at in span]
    if not inside:
        return None
    before = next((row for row in passed if (at := ended(row)) and at < span.start), None)
    head, base = _revision(inside[0]), _revision(before) if before else None
    if before is None or head is None or base is None:
        newest = list(dict.fromkeys(filter(None, map(change, inside))))
        return Release(pipeline, len(inside), None, False, "no earlier success was read", tuple(newest[:MOST_COMMITS]))
    read = await compare_commits(api, pipeline.project, base, head, per_page=100, workspace=pipeline.workspace)
    messages = [row.message.strip().partition("\n")[0] for row in read.items if row.message and row.message.strip()]
    since = f"#{before.id} ({base[:SHORT_REVISION]})"
    return Release(pipeline, len(inside), len(read.items), bool(read.next), since, tuple(messages[:MOST_COMMITS]))


def _revision(row: ExecutionRow) -> str | None:
    return row.to_revision.revision if row.to_revision else None
