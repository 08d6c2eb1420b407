"""Deployments."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Page, iso, utc
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.models import Accepted, At, Deployment, Direction, UpTo100, When

deployments = linearb.toolset("deployments", "Deployments that LinearB knows of, and reporting another.")


@deployments.read(resource="deployments")
async def list_deployments(
    api: LinearB,
    repository_id: int | None = None,
    after: When | None = None,
    before: When | None = None,
    limit: Annotated[UpTo100 | None, Field(description="Default 10")] = None,
    offset: int | None = None,
    stage: str | None = None,
    sort_by: Literal["published_at"] | None = None,
    sort_dir: Direction | None = None,
    commit_sha: str | None = None,
) -> Page[Deployment]:
    """Deployments, newest first."""
    query = {
        "repository_id": repository_id,
        "after": iso(after),
        "before": iso(before),
        "limit": limit,
        "offset": offset,
        "stage": stage,
        "sort_by": sort_by,
        "sort_dir": sort_dir,
        "commit_sha": commit_sha,
    }
    return api.page(await api.request("GET", "/api/v1/deployments", query=query), Deployment, offset or 0)


@deployments.write()
async def create_deployment(
    api: LinearB,
    repo_url: Annotated[str, Field(description="https git URL, as LinearB has it: https://host/owner/repo.git")],
    ref_name: Annotated[str, Field(description="Tag or commit")],
    timestamp: Annotated[At | None, Field(description="Default now")] = None,
    stage: Annotated[str | None, Field(description="Default release")] = None,
    services: Annotated[list[str] | None, Field(description="Names")] = None,
) -> Accepted:
    """Report a deployment that took place, for LinearB's metrics. It deploys nothing, and cannot be taken back."""
    body = {
        "repo_url": repo_url,
        "ref_name": ref_name,
        "timestamp": utc(timestamp),
        "stage": stage,
        "services": services,
    }
    return await api.post("/api/v1/deployments", body=body, returns=Accepted)
