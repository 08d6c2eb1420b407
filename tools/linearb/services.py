"""Services: repositories, or parts of them, that are measured as one."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Page
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.arguments import Repository, ServiceId
from tools.linearb.models import Service

services = linearb.toolset("services", "Services: repositories, or parts of them, measured as one.")


@services.read(resource="services")
async def list_services(
    api: LinearB, repository_id: Annotated[Repository | None, Field(description="Id or name")] = None
) -> Page[Service]:
    """Services with their repositories and paths, all or those with a part of one repository."""
    asked: dict[str, Any] = {"repository_id": repository_id}
    return await api.page(await api.request("GET", "/api/v1/services/", query=asked), Service, **asked)


@services.read(resource="services/{service_id}")
async def get_service(api: LinearB, service_id: ServiceId) -> Service:
    """One service with its repositories and paths."""
    return await api.get("/api/v1/services/{}", service_id, returns=Service)
