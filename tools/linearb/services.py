"""Services: repositories, or parts of them, that are measured as one."""

from server.declare import Page
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.models import Service, ServiceId

services = linearb.toolset("services", "Services: repositories, or parts of them, measured as one.")


@services.read(resource="services")
async def list_services(api: LinearB, repository_id: int | None = None) -> Page[Service]:
    """Services with their repositories and paths, all or those with a part of one repository."""
    return api.page(await api.request("GET", "/api/v1/services/", query={"repository_id": repository_id}), Service)


@services.read(resource="services/{service_id}")
async def get_service(api: LinearB, service_id: ServiceId) -> Service:
    """One service with its repositories and paths."""
    return await api.get("/api/v1/services/{}", service_id, returns=Service)
