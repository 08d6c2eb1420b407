"""Members of the organization."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Done, Page, Preview, changes, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.changes import key_now, old_values
from tools.teamoclock.models import Member, Role, Team, Username

members = teamoclock.toolset("members", "The organization's people and their roles.")

Avatar = Annotated[str, Field(description="Image file or URL")]
FIELDS = {
    "new_username": "username",
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "avatar": "avatar",
    "role": "role",
}


@members.read(resource="members")
async def list_members(api: TeamOClock) -> Page[Member]:
    """All members of the organization."""
    return await api.page("/members", items=Member)


@members.write()
async def create_member(
    api: TeamOClock,
    username: str,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    avatar: Avatar | None = None,
    role: Annotated[Role | None, Field(description="Default member")] = None,
) -> Member:
    """Add a person to the organization; add_team_members puts them into teams."""
    body = {
        "username": username,
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "avatar": avatar,
        "role": role,
    }
    return await api.post("/members", body=body, returns=Member)


@members.read(resource="members/{username}")
async def get_member(api: TeamOClock, username: Username) -> Member:
    """One member: name, email, role."""
    return await api.get("/members/{}", username, returns=Member)


async def _member_now(api: TeamOClock, username: str) -> dict[str, Any]:
    return _whole(await get_member(api, username))


async def _restore_member(api: TeamOClock, change: Change) -> Member:
    """Put back the values that the update replaced; a field that was empty before keeps its new value."""
    username = key_now(change, "username", new="new_username", old="username")
    return await api.patch("/members/{}", username, body=old_values(change, FIELDS), returns=Member)


@members.write(idempotent=True, before=_member_now, undo=_restore_member)
async def update_member(
    api: TeamOClock,
    username: Username,
    new_username: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    avatar: Avatar | None = None,
    role: Role | None = None,
) -> Member:
    """Change a member's username, name, email, avatar or role; what is left out stays."""
    body = changes(
        username=new_username, first_name=first_name, last_name=last_name, email=email, avatar=avatar, role=role
    )
    return await api.patch("/members/{}", username, body=body, returns=Member)


async def _preview(api: TeamOClock, username: str) -> Preview:
    member = await get_member(api, username)
    teams = await _teams_of(api, username)
    where = ", ".join(str(team.name or team.slug) for team in teams) or "none"
    return Preview(
        what=f"Member {member.title}, {member.role or 'role unknown'}; teams: {where}.",
        name=username,
        lost="anything beyond name, email, role, avatar and teams",
        before={**_whole(member), "teams": [team.slug for team in teams]},
    )


async def _create_again(api: TeamOClock, change: Change) -> Done:
    """Create the member again and put them back into those of their teams that still exist; nothing else comes back."""
    existing = [team.slug for team in (await api.page("/teams", items=Team)).items]
    teams = [slug for slug in change.before["teams"] if slug in existing]
    body = {field: change.before.get(field) for field in FIELDS.values()}
    await api.post("/members", body=body)
    for slug in teams:
        await api.post("/teams/{}/members", slug, body=[{"username": body["username"]}])
    return Done(done=f"Member {body['username']} created again; teams: {', '.join(teams) or 'none'}.")


@members.destructive(_preview, undo=_create_again, type_the_name=True)
async def delete_member(api: TeamOClock, username: Username) -> Done:
    """Delete a member from the organization; remove_team_members only takes them out of a team."""
    await api.delete("/members/{}", username)
    return Done(done=f"Member {username} deleted.")


async def _teams_of(api: TeamOClock, username: str) -> list[Team]:
    """The vendor has no such list, so each team is asked."""
    teams = (await api.page("/teams", items=Team)).items
    return [team for team in teams if team.slug and await _is_in(api, username, team.slug)]


async def _is_in(api: TeamOClock, username: str, team: str) -> bool:
    page = await api.page("/teams/{}/members", team, items=Member)
    return any(member.username == username for member in page.items)


def _whole(member: Member) -> dict[str, Any]:
    """A member with the avatar, which answers leave out but an undo needs."""
    return {**snapshot(member), "avatar": member.avatar}
