"""Repositories."""

from server.declare import Page
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.models import Repository

repositories = linearb.toolset("repositories", "Repositories that LinearB reads.")


@repositories.read(resource="repositories")
async def list_repositories(api: LinearB) -> Page[Repository]:
    """Repositories, with the ids that measurements take and the exact URLs that incidents take."""
    return await api.page(await api.request("GET", "/api/v1/repositories"), Repository)
