"""Git analyses, and the DORA metrics that come out of them."""

from typing import Annotated

from pydantic import Field

from server.declare import Change, Done, Page, Preview, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import ROWS, AnalysisId, AnalysisType, PageNumber, Sort, TeamId, only, wire
from tools.oobeya.models import Analysis, DoraSummary

ANALYSES = "/apis/v1/analysis"
SUMMARY = ["DORA_METRICS_SUMMARY"]
RESTORED = (
    "datasourceId",
    "workspacePath",
    "projectName",
    "projectId",
    "type",
    "branch",
    "releaseStrategyType",
    "analysisType",
    "exclusionPatterns",
    "isIncludeDeployment",
    "dateRange",
    "jobName",
    "fixPattern",
    "isStageType",
)

analysis = oobeya.toolset("analysis", "Git analyses of repositories, and DORA metrics.")

Widgets = Annotated[
    list[str],
    Field(description="Or DEPLOYMENT_FREQUENCY, LEAD_TIME_FOR_CHANGES, CHANGE_FAILURE_RATE, MEAN_TIME_TO_RECOVERY"),
]
Timestamp = Annotated[int, Field(description="Timestamp; unit undocumented, likely epoch milliseconds")]


@analysis.read(resource="analyses")
async def list_analyses(
    api: Oobeya, page: PageNumber = 0, size: int = ROWS, sort: Sort | None = None
) -> Page[Analysis]:
    """Git analyses: repository, branch, release strategy."""
    return await api.page(ANALYSES, Analysis, page=page, size=size, sort=sort)


@analysis.write()
async def create_analysis(
    api: Oobeya,
    datasource_id: Annotated[str | None, Field(description="The Git server as set up in Oobeya")] = None,
    workspace_path: str | None = None,
    project_name: str | None = None,
    project_id: str | None = None,
    type: Annotated[str | None, Field(description="Git provider, such as GITLAB")] = None,
    branch: str | None = None,
    release_strategy_type: Annotated[
        str | None, Field(description="GITFLOW_RELEASE, MERGE_REQUEST_FLOW or GIT_TAG")
    ] = None,
    analysis_type: AnalysisType | None = None,
    exclusion_patterns: list[str] | None = None,
    is_include_deployment: Annotated[bool | None, Field(description="DORA too")] = None,
    date_range: str | None = None,
    job_name: str | None = None,
    fix_pattern: Annotated[list[str] | None, Field(description="What marks a fix")] = None,
    is_stage_type: bool | None = None,
) -> Analysis:
    """Analyse a branch of a repository from now on."""
    body = wire(
        datasource_id=datasource_id,
        workspace_path=workspace_path,
        project_name=project_name,
        project_id=project_id,
        type=type,
        branch=branch,
        release_strategy_type=release_strategy_type,
        analysis_type=analysis_type,
        exclusion_patterns=exclusion_patterns,
        is_include_deployment=is_include_deployment,
        date_range=date_range,
        job_name=job_name,
        fix_pattern=fix_pattern,
        is_stage_type=is_stage_type,
    )
    return await api.post(ANALYSES, body=body, returns=Analysis)


async def _preview(api: Oobeya, analysis_id: str) -> Preview:
    found = await api.by_id(ANALYSES, Analysis, "analysis with the id", analysis_id)
    project = found.project_name or found.project_id or "an unnamed project"
    branch = f", branch {found.branch}" if found.branch else ""
    return Preview(
        what=f"Git analysis of {project}{branch} ({analysis_id}).",
        name=found.project_name or analysis_id,
        lost="the analysis's id, and the commits, pull requests and deployments collected so far",
        before=snapshot(found),
    )


async def _create_again(api: Oobeya, change: Change) -> Analysis:
    """Creates the analysis again with a new id; it collects from the start, and teams have to be assigned anew."""
    return await api.post(ANALYSES, body=only(change.before, RESTORED), returns=Analysis)


@analysis.destructive(_preview, undo=_create_again)
async def delete_analysis(api: Oobeya, analysis_id: AnalysisId) -> Done:
    """Delete a Git analysis with what it has collected."""
    await api.act("DELETE", ANALYSES + "/{}", analysis_id)
    return Done(done="Analysis deleted.")


@analysis.write(title="Trigger all DORA analyses")
async def trigger_all_dora_analyses(api: Oobeya) -> Done:
    """Start the DORA analysis of every team in the organization. For some teams use trigger_analysis."""
    await api.act("POST", ANALYSES + "/trigger-all-dora-analyses")
    return Done(done="Started for the whole organization. Oobeya does not say when it is finished.")


@analysis.read(everyday=True, resource="teams/{team_id}/dora", title="Get DORA summary")
async def get_dora_summary(
    api: Oobeya,
    team_id: TeamId | None = None,
    analysis_id: list[AnalysisId] | None = None,
    widgets: Widgets = SUMMARY,
    from_time: Timestamp | None = None,
    to_time: Timestamp | None = None,
) -> DoraSummary:
    """A team's DORA metrics (lead time, deployment frequency, change failure rate, time to restore) and deployments."""
    query = {"widgets": widgets, "teamId": team_id, "analysisId": analysis_id, "from": from_time, "to": to_time}
    return await api.get(ANALYSES + "/dora-summary-metrics", query=query, returns=DoraSummary)
