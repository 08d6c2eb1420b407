"""Deployment records."""

from typing import Annotated

from pydantic import Field

from server.declare import Change, Completes, Done, Moment, Page, Preview, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya
from tools.oobeya.arguments import ROWS, AnalysisId, AnalysisType, PageNumber, Sort, only, stamp, wire
from tools.oobeya.models import Deployment

DEPLOYMENTS = "/apis/v1/deployments"
RESTORED = (
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

deployments = oobeya.toolset("deployments", "Records of deployments, which DORA metrics are computed from.")
DeploymentId = Annotated[str, Completes("list_deployments", "id")]


@deployments.read(resource="deployments")
async def list_deployments(
    api: Oobeya, page: PageNumber = 0, size: int = ROWS, sort: Sort | None = None
) -> Page[Deployment]:
    """Deployment records of all analyses."""
    return await api.page(DEPLOYMENTS, Deployment, page=page, size=size, sort=sort)


@deployments.write()
async def create_deployment(
    api: Oobeya,
    analysis_id: AnalysisId | None = None,
    clone_url: str | None = None,
    pipeline_start_at: Moment | None = None,
    last_commit_sha: str | None = None,
    deployment_type: Annotated[str | None, Field(description="RELEASE or HOTFIX")] = None,
    analysis_type: AnalysisType | None = None,
    deployed_at: Moment | None = None,
    name: str | None = None,
    title: str | None = None,
    target_branch: str | None = None,
) -> Deployment:
    """Record a deployment that Oobeya did not see itself. It counts in DORA metrics."""
    body = wire(
        analysis_id=analysis_id,
        clone_url=clone_url,
        pipeline_start_at=stamp(pipeline_start_at),
        last_commit_sha=last_commit_sha,
        deployment_type=deployment_type,
        analysis_type=analysis_type,
        deployed_at=stamp(deployed_at),
        name=name,
        title=title,
        target_branch=target_branch,
    )
    return await api.post(DEPLOYMENTS, body=body, returns=Deployment)


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
    """Records the deployment again with a new id; its author does not come back."""
    return await api.post(DEPLOYMENTS, body=only(change.before, RESTORED), returns=Deployment)


@deployments.destructive(_preview, undo=_create_again)
async def delete_deployment(api: Oobeya, deployment_id: DeploymentId) -> Done:
    """Delete a deployment record; DORA metrics no longer count it."""
    await api.act("DELETE", DEPLOYMENTS + "/{}", deployment_id)
    return Done(done="Deployment deleted.")
