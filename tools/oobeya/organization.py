"""Levels of the organization."""

from typing import Annotated, Any, Unpack

from typing_extensions import TypedDict

from server.declare import Change, Completes, Page, Preview, changes, restores, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import LeadRoleInput, ids, whole, wire
from tools.oobeya.models import OrganizationLevel

LEVELS = "/apis/v1/organization-level"
LEVEL = LEVELS + "/{}"
SENT = ("name", "level", "leadRoles")

organization = oobeya.toolset("organization", "Levels of the organization, such as Division, and who leads there.")
LevelId = Annotated[
    str,
    Completes("list_organization_levels", "id", names=("name",), ids=ids("level"), kind="organization level"),
]


class LevelChanges(TypedDict, total=False):
    """What an update can change of a level."""

    name: str
    level: int
    lead_roles: list[LeadRoleInput]


class NewLevel(TypedDict):
    """A level to be made; what is required is what the document's example names."""

    name: str
    level: int
    lead_roles: list[LeadRoleInput]


@organization.read()
async def list_organization_levels(api: Oobeya) -> Page[OrganizationLevel]:
    """Levels of the organization with the roles that lead there."""
    return await api.all(LEVELS, OrganizationLevel)


@organization.write()
async def create_organization_level(api: Oobeya, **fields: Unpack[NewLevel]) -> OrganizationLevel:
    """Add a level to the organization."""
    return await api.post(LEVELS, body=wire(fields), returns=OrganizationLevel)


async def _level(api: Oobeya, level_id: str) -> dict[str, Any]:
    levels = (await list_organization_levels(api)).items
    level = next((level for level in levels if level.id == level_id), None)
    if level is None:
        raise unknown("organization level with the id", level_id)
    return snapshot(level)


async def _level_now(api: Oobeya, organization_level_id: str) -> Preview:
    level = await _level(api, organization_level_id)
    name = level.get("name") or "without a name"
    return Preview(what=f"Organization level “{name}” ({organization_level_id})", name=name, before=level)


@restores({"name": "name", "level": "level", "lead_roles": "leadRoles"})
async def _put_back(api: Oobeya, change: Change, old: dict[str, Any]) -> OrganizationLevel:
    """Puts back what the update replaced; the rest of the level goes along as it is."""
    level_id = change.before["id"]
    body = whole(SENT, change.before, await _level(api, level_id), old)
    return await api.put(LEVEL, level_id, body=body, returns=OrganizationLevel)


@organization.write(idempotent=True, before=_level_now, undo=_put_back)
async def update_organization_level(
    api: Oobeya, organization_level_id: LevelId, **fields: Unpack[LevelChanges]
) -> OrganizationLevel:
    """Change a level of the organization; what is not given stays."""
    changed = wire(changes(fields))
    body = whole(SENT, await _level(api, organization_level_id), changed)
    return await api.replace(LEVEL, organization_level_id, body=body, changed=changed, returns=OrganizationLevel)
