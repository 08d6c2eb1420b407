"""Git analyses of repositories."""

from typing import Annotated, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Done, Page, Preview, deletes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import ROWS, AnalysisId, AnalysisType, DatasourceId, PageNumber, PageSize, Sort, only, wire
from tools.oobeya.models import Analysis

ANALYSES = "/apis/v1/analysis"
SENT = (
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


class NewAnalysis(TypedDict, total=False):
    """A Git analysis to be made."""

    datasource_id: Required[DatasourceId]
    workspace_path: str
    project_name: str
    project_id: str
    type: Annotated[str, Field(description="Git provider, such as GITLAB")]
    branch: Required[str]
    release_strategy_type: Annotated[str, Field(description="GITFLOW_RELEASE, MERGE_REQUEST_FLOW or GIT_TAG")]
    analysis_type: AnalysisType
    exclusion_patterns: list[str]
    is_include_deployment: Annotated[bool, Field(description="DORA too")]
    date_range: str
    job_name: str
    fix_pattern: Annotated[list[str], Field(description="What marks a fix")]
    is_stage_type: bool


@analysis.read(resource="analyses")
async def list_analyses(
    api: Oobeya, page: PageNumber = 0, size: PageSize = ROWS, sort: Sort | None = None
) -> Page[Analysis]:
    """Git analyses: repository, branch, release strategy."""
    return await api.page(ANALYSES, Analysis, page=page, size=size, sort=sort)


@analysis.write(undo=deletes("delete_analysis", analysis_id="id"))
async def create_analysis(api: Oobeya, **fields: Unpack[NewAnalysis]) -> Analysis:
    """Analyse a branch of a repository from now on."""
    return await api.post(ANALYSES, body=wire(fields), returns=Analysis)


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
    """Creates the analysis again, under a new id; it collects from the start, and teams have to be assigned anew."""
    return await api.post(ANALYSES, body=only(change.before, SENT), returns=Analysis)


@analysis.destructive(_preview, undo=_create_again)
async def delete_analysis(api: Oobeya, analysis_id: AnalysisId) -> Done:
    """Delete a Git analysis with what it has collected."""
    await api.act("DELETE", ANALYSES + "/{}", analysis_id)
    return Done(done=f"Analysis {analysis_id} deleted.")


@analysis.write(title="Trigger all DORA analyses")
async def trigger_all_dora_analyses(api: Oobeya) -> Done:
    """Start the DORA analysis of every team in the organization. For some teams use trigger_analysis."""
    await api.act("POST", ANALYSES + "/trigger-all-dora-analyses")
    return Done(done="Started for the whole organization. Oobeya does not say when it is finished.")
