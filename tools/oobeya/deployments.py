"""Deployment records."""

from typing import Annotated, Any, Required, Unpack

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Change, Completes, Done, Fields, Moment, Page, Preview, deletes, narrowed, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import ROWS, AnalysisId, AnalysisType, PageNumber, PageSize, Sort, only, wire
from tools.oobeya.models import Deployment

DEPLOYMENTS = "/apis/v1/deployments"
SENT = (
    "analysisId",
    "cloneUrl",
    "pipelineStartAt",
    "lastCommitSha",
    "deploymentType",
    "analysisType",
    "deployedAt",
    "name",
    "title",
    "targetBranch",
)

SHOWN = ("id", "analysisId", "name", "title", "deploymentType", "deployedAt", "author", "isStageType")

deployments = oobeya.toolset("deployments", "Records of deployments, which DORA metrics are computed from.")
DeploymentId = Annotated[str, Completes("list_deployments", "id")]


@deployments.read(resource="deployments")
async def list_deployments(
    api: Oobeya, page: PageNumber = 0, size: PageSize = ROWS, sort: Sort | None = None, fields: Fields | None = None
) -> Page[Any]:
    """Deployment records of all analyses."""
    found = await api.page(DEPLOYMENTS, Deployment, page=page, size=size, sort=sort)
    return narrowed(found, SHOWN, fields, api.notes)


class NewDeployment(TypedDict, total=False):
    """A deployment to be recorded."""

    analysis_id: Required[AnalysisId]
    clone_url: str
    pipeline_start_at: Moment
    last_commit_sha: str
    deployment_type: Annotated[str, Field(description="RELEASE or HOTFIX")]
    analysis_type: AnalysisType
    deployed_at: Required[Moment]
    name: str
    title: str
    target_branch: str


@deployments.write(undo=deletes("delete_deployment", deployment_id="id"))
async def create_deployment(api: Oobeya, **fields: Unpack[NewDeployment]) -> Deployment:
    """Record a deployment that Oobeya did not see itself. It counts in DORA metrics."""
    return await api.post(DEPLOYMENTS, body=wire(fields), returns=Deployment)


async def _preview(api: Oobeya, deployment_id: str) -> Preview:
    found = await api.by_id(DEPLOYMENTS, Deployment, "deployment with the id", deployment_id)
    title = found.title or found.name or "without a title"
    of = f" of analysis {found.analysis_id}" if found.analysis_id else ""
    return Preview(
        what=f"Deployment “{title}” ({deployment_id}){of}, deployed {found.deployed_at or 'at an unknown time'}.",
        name=found.name or deployment_id,
        lost="the record's id and author",
        before=snapshot(found),
    )


async def _create_again(api: Oobeya, change: Change) -> Deployment:
    """Records the deployment again, under a new id and without its author."""
    return await api.post(DEPLOYMENTS, body=only(change.before, SENT), returns=Deployment)


@deployments.destructive(_preview, undo=_create_again)
async def delete_deployment(api: Oobeya, deployment_id: DeploymentId) -> Done:
    """Delete a deployment record; DORA metrics no longer count it."""
    await api.act("DELETE", DEPLOYMENTS + "/{}", deployment_id)
    return Done(done=f"Deployment {deployment_id} deleted.")
