"""Members of the organization."""

from typing import Unpack

from server.declare import Change, Done, Exactly, Page, Preview, deletes, restores, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import MemberChanges, NewMember, Username
from tools.teamoclock.models import Member, Team
from tools.teamoclock.undo import asked_for, key_now, sent

members = teamoclock.toolset("members", "The organization's people and their roles.")

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


@members.write(undo=deletes("delete_member"))
async def create_member(api: TeamOClock, **fields: Unpack[NewMember]) -> Member:
    """Add a person to the organization; add_team_members puts them into teams."""
    return await api.post("/members", body=fields, returns=Member)


@members.read(resource="members/{username}")
async def get_member(api: TeamOClock, username: Username) -> Member:
    """One member: name, email, avatar, role."""
    return await api.get("/members/{}", username, returns=Member)


async def _now(api: TeamOClock, username: str) -> Preview:
    member = await get_member(api, username)
    asked_for("member", username, member.came("username"))
    return Preview(what=f"Member {member.title}", name=username, before=snapshot(member))


@restores(FIELDS)
async def _put_back(api: TeamOClock, change: Change, old: dict[str, object]) -> Member:
    """Puts back the values that the update replaced."""
    username = key_now(change, "username", new="new_username", old="username")
    return await api.patch("/members/{}", username, body=Exactly(old), returns=Member)


@members.write(idempotent=True, before=_now, undo=_put_back)
async def update_member(api: TeamOClock, username: Username, **fields: Unpack[MemberChanges]) -> Member:
    """Change a member's username, name, email, avatar or role; what is left out stays, null empties."""
    return await api.patch("/members/{}", username, body=sent(fields, FIELDS), returns=Member)


async def _preview(api: TeamOClock, username: str) -> Preview:
    member = await get_member(api, username)
    asked_for("member", username, member.came("username"))
    teams = await _teams_of(api, username)
    where = ", ".join(str(team.name or team.slug) for team in teams) or "none"
    return Preview(
        what=f"Member {member.title}, {member.role or 'role unknown'}; teams: {where}.",
        name=username,
        lost="anything beyond name, email, role, avatar and teams",
        before={**snapshot(member), "teams": [team.slug for team in teams]},
    )


async def _create_again(api: TeamOClock, change: Change) -> Done:
    """Creates the member again and puts them back into those of their teams that still exist.

    Nothing else comes back.
    """
    existing = [team.slug for team in await api.every("/teams", items=Team, called="teams")]
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
    teams = await api.every("/teams", items=Team, called="teams")
    return [team for team in api.reach.each(teams, "teams") if team.slug and await _is_in(api, username, team.slug)]


async def _is_in(api: TeamOClock, username: str, team: str) -> bool:
    members = await api.every("/teams/{}/members", team, items=Member, called=f"members of team {team}")
    return any(member.username == username for member in members)
