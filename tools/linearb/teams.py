"""Teams and their members."""

from typing import Annotated

from pydantic import Field

from server.declare import Page
from tools.linearb import linearb
from tools.linearb.api import LinearB
from tools.linearb.arguments import Offset, PageSize, TeamId
from tools.linearb.models import Member, Team

teams = linearb.toolset("teams", "Teams and their members.")


@teams.read(resource="teams")
async def list_teams(
    api: LinearB,
    offset: Offset | None = None,
    page_size: PageSize | None = None,
    search_term: str | None = None,
    nonmerged_members_only: Annotated[bool | None, Field(description="Contributors without a parent only")] = None,
) -> Page[Team]:
    """Teams, with the ids that measurements take."""
    asked = {"search_term": search_term, "nonmerged_members_only": nonmerged_members_only}
    query = {"offset": offset, "page_size": page_size, **asked}
    return await api.page(await api.request("GET", "/api/v2/teams", query=query), Team, offset or 0, **asked)


@teams.read(resource="teams/{team_id}/members")
async def list_team_members(api: LinearB, team_id: TeamId) -> Page[Member]:
    """A team's members."""
    return await api.page(await api.request("GET", "/api/v2/teams/{}/members", team_id), Member)
