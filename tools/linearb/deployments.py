"""Deployments."""

from typing import Annotated, Literal

from pydantic import Field

from server.declare import Moment, Page, Since, Until, VendorError, covering, utc
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.arguments import Direction, Offset, Repository, ServiceName, UpTo100
from tools.linearb.models import Accepted, Deployment
from tools.linearb.repositories import list_repositories

deployments = linearb.toolset("deployments", "Deployments that LinearB knows of, and reporting another.")


@deployments.read(resource="deployments")
async def list_deployments(
    api: LinearB,
    repository_id: Annotated[Repository | None, Field(description="Id or name")] = None,
    after: Since | None = None,
    before: Until | None = None,
    limit: Annotated[UpTo100 | None, Field(description="Default 10")] = None,
    offset: Offset | None = None,
    stage: str | None = None,
    sort_by: Literal["published_at"] | None = None,
    sort_dir: Direction | None = None,
    commit_sha: str | None = None,
) -> Page[Deployment]:
    """Deployments, newest first."""
    asked = {"repository_id": repository_id, "stage": stage, "commit_sha": commit_sha}
    query = {
        **asked,
        "after": utc(after),
        "before": utc(before),
        "limit": limit,
        "offset": offset,
        "sort_by": sort_by,
        "sort_dir": sort_dir,
    }
    if after or before:
        api.notes.append(covering(after, before))
    reply = await api.request("GET", "/api/v1/deployments", query=query)
    return await _with_names(api, await api.page(reply, Deployment, offset or 0, **asked))


async def _with_names(api: LinearB, page: Page[Deployment]) -> Page[Deployment]:
    """The page with the names of the repositories, as far as LinearB tells them."""
    if not any("repository_id" in (row.model_extra or {}) for row in page.items):
        return page
    try:
        known = {str(repository.id): repository.name for repository in (await list_repositories(api)).items}
    except VendorError:
        return page
    for row in page.items:
        name = known.get(str((row.model_extra or {}).get("repository_id")))
        if name and "repository" not in (row.model_extra or {}):
            row.beside({"repository": name})
    return page


@deployments.write()
async def create_deployment(
    api: LinearB,
    repo_url: Annotated[str, Field(description="https git URL, as LinearB has it: https://host/owner/repo.git")],
    ref_name: Annotated[str, Field(description="Tag or commit")],
    timestamp: Annotated[Moment | None, Field(description="Default now")] = None,
    stage: Annotated[str | None, Field(description="Default release")] = None,
    services: Annotated[list[ServiceName] | None, Field(description="Names")] = None,
) -> Accepted:
    """Report a deployment that took place, for LinearB's metrics. It deploys nothing, and cannot be taken back."""
    body = {
        "repo_url": repo_url,
        "ref_name": ref_name,
        "timestamp": utc(timestamp),
        "stage": stage,
        "services": services,
    }
    answer = await api.post("/api/v1/deployments", body=body, returns=Accepted)
    when = utc(timestamp) or "now"
    done = f"Deployment of {ref_name} in {repo_url} reported: stage {stage or 'release'}, {when}."
    return answer.model_copy(update={"done": done})
