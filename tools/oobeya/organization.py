"""Levels of the organization."""

from typing import Annotated, Any

from server.declare import Change, Completes, Page, changes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import LeadRoleInput, only, wire
from tools.oobeya.models import OrganizationLevel

LEVELS = "/apis/v1/organization-level"
LEVEL = LEVELS + "/{}"

organization = oobeya.toolset("organization", "Levels of the organization, such as Division, and who leads there.")
LevelId = Annotated[str, Completes("list_organization_levels", "id")]


@organization.read()
async def list_organization_levels(api: Oobeya) -> Page[OrganizationLevel]:
    """Levels of the organization with the roles that lead there."""
    return await api.all(LEVELS, OrganizationLevel)


@organization.write()
async def create_organization_level(
    api: Oobeya, name: str | None = None, level: int | None = None, lead_roles: list[LeadRoleInput] | None = None
) -> OrganizationLevel:
    """Add a level to the organization."""
    return await api.post(LEVELS, body=wire(name=name, level=level, lead_roles=lead_roles), returns=OrganizationLevel)


async def _before(api: Oobeya, organization_level_id: str) -> dict[str, Any]:
    levels = await list_organization_levels(api)
    level = next((level for level in levels.items if level.id == organization_level_id), None)
    if level is None:
        raise unknown("organization level with the id", organization_level_id)
    return snapshot(level)


async def _put_back(api: Oobeya, change: Change) -> OrganizationLevel:
    """Gives the level its old name, number and lead roles; what was empty before stays as changed."""
    body = only(change.before, ("name", "level", "leadRoles"))
    return await api.put(LEVEL, change.before["id"], body=body, returns=OrganizationLevel)


@organization.write(idempotent=True, before=_before, undo=_put_back)
async def update_organization_level(
    api: Oobeya,
    organization_level_id: LevelId,
    name: str | None = None,
    level: int | None = None,
    lead_roles: list[LeadRoleInput] | None = None,
) -> OrganizationLevel:
    """Change a level of the organization. Give all fields: whether those left out are kept is undocumented."""
    body = wire(**changes(name=name, level=level, lead_roles=lead_roles))
    return await api.put(LEVEL, organization_level_id, body=body, returns=OrganizationLevel)
