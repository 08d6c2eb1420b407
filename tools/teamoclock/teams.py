"""Teams and who is in them."""

from typing import Unpack

from server.declare import Change, Done, Exactly, Page, Preview, Refusal, deletes, restores, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.arguments import NewTeam, TeamChanges, TeamSlug, Usernames
from tools.teamoclock.models import Member, Team
from tools.teamoclock.undo import asked_for, counted, key_now, sent

teams = teamoclock.toolset("teams", "Teams and their members.")

FIELDS = {"name": "name", "new_slug": "slug", "video_url": "video_url", "mood_enabled": "mood_enabled"}


@teams.read(resource="teams")
async def list_teams(api: TeamOClock) -> Page[Team]:
    """All teams."""
    return await api.page("/teams", items=Team)


@teams.write(undo=deletes("delete_team", team="slug"))
async def create_team(api: TeamOClock, **fields: Unpack[NewTeam]) -> Team:
    """Create a team; add_team_members puts people into it."""
    return await api.post("/teams", body=fields, returns=Team)


@teams.read(resource="teams/{team}")
async def get_team(api: TeamOClock, team: TeamSlug) -> Team:
    """One team: name, slug, video URL, whether mood is enabled."""
    return await api.get("/teams/{}", team, returns=Team)


async def _now(api: TeamOClock, team: str) -> Preview:
    found = await get_team(api, team)
    asked_for("team", team, found.came("slug"))
    return Preview(what=f"Team {found.name} ({team})", name=found.name or team, before=snapshot(found))


@restores(FIELDS)
async def _put_back(api: TeamOClock, change: Change, old: dict[str, object]) -> Team:
    """Puts back the values that the update replaced."""
    slug = key_now(change, "slug", new="new_slug", old="team")
    return await api.patch("/teams/{}", slug, body=Exactly(old), returns=Team)


@teams.write(idempotent=True, before=_now, undo=_put_back)
async def update_team(api: TeamOClock, team: TeamSlug, **fields: Unpack[TeamChanges]) -> Team:
    """Change a team's name, slug, video URL or mood setting; what is left out stays, a null URL empties it."""
    return await api.patch("/teams/{}", team, body=sent(fields, FIELDS), returns=Team)


async def _preview_team(api: TeamOClock, team: str) -> Preview:
    found = await get_team(api, team)
    asked_for("team", team, found.came("slug"))
    usernames = await _usernames(api, team)
    return Preview(
        what=f"Team {found.name} ({team}): {counted(usernames, 'member')}.",
        name=found.name or team,
        lost="anything beyond its settings and members, such as meetings, action items and timeline",
        before={**snapshot(found), "members": usernames},
    )


async def _create_again(api: TeamOClock, change: Change) -> Done:
    """Creates the team again with its slug, its settings and those members who still exist.

    Nothing else comes back, such as meetings, action items and timeline.
    """
    existing = [member.username for member in await api.every("/members", items=Member, called="members")]
    usernames = [username for username in change.before["members"] if username in existing]
    await api.post("/teams", body={field: change.before.get(field) for field in FIELDS.values()})
    if usernames:
        await api.post("/teams/{}/members", change.before["slug"], body=_named(usernames))
    return Done(done=f"Team {change.before['slug']} created again with {counted(usernames, 'member')}.")


@teams.destructive(_preview_team, undo=_create_again, type_the_name=True)
async def delete_team(api: TeamOClock, team: TeamSlug) -> Done:
    """Delete a team; the vendor does not say what becomes of its meetings, action items and timeline."""
    await api.delete("/teams/{}", team)
    return Done(done=f"Team {team} deleted.")


@teams.read(resource="teams/{team}/members")
async def list_team_members(api: TeamOClock, team: TeamSlug) -> Page[Member]:
    """The members of one team."""
    return await api.page("/teams/{}/members", team, items=Member, asked={"team": team})


async def _usernames(api: TeamOClock, team: str) -> list[str]:
    return [member.username for member in await _members(api, team) if member.username]


async def _members(api: TeamOClock, team: str) -> list[Member]:
    return await api.every("/teams/{}/members", team, items=Member, called=f"members of team {team}")


async def _now_in(api: TeamOClock, team: str) -> Preview:
    return Preview(what=f"Members of team {team}", name=team, before=await _usernames(api, team))


async def _take_out_again(api: TeamOClock, change: Change) -> Done:
    """Takes those out of the team whom the change put into it."""
    added = [username for username in change.arguments["usernames"] if username not in change.before]
    if not added:
        return Done(done="Nothing to take back: all of them were in the team already.")
    return await remove_team_members(api, change.arguments["team"], added)


@teams.write(idempotent=True, before=_now_in, undo=_take_out_again)
async def add_team_members(api: TeamOClock, team: TeamSlug, usernames: Usernames) -> Done:
    """Put members of the organization into a team; the answer says who is in it then."""
    present = await _usernames(api, team)
    await api.post("/teams/{}/members", team, body=_named(usernames))
    added = [username for username in dict.fromkeys(usernames) if username not in present]
    return Done(done=f"Team {team}: added {_listed(added)}; now {_listed(present + added)}.")


async def _preview_removal(api: TeamOClock, team: str, usernames: list[str]) -> Preview:
    present = await _members(api, team)
    known = [member.username for member in present if member.username]
    if strangers := [username for username in usernames if username not in known]:
        raise Refusal(
            f"Nothing was sent: {_listed(strangers)} cannot be removed from team {team}, in which are {_listed(known)}."
        )
    leaving = [member for member in present if member.username in usernames]
    return Preview(
        what=f"Out of team {team}, {len(leaving)} of {counted(present, 'member')}: "
        f"{', '.join(member.title for member in leaving)}.",
        name=team,
        before=[member.username for member in leaving],
    )


async def _put_in_again(api: TeamOClock, change: Change) -> Done:
    """Puts those back into the team who were taken out."""
    return await add_team_members(api, change.arguments["team"], change.before)


@teams.destructive(_preview_removal, undo=_put_in_again)
async def remove_team_members(api: TeamOClock, team: TeamSlug, usernames: Usernames) -> Done:
    """Take members out of a team; the answer says who is left in it."""
    present = await _usernames(api, team)
    await api.delete("/teams/{}/members", team, body=_named(usernames))
    left = [username for username in present if username not in usernames]
    return Done(done=f"Team {team}: removed {_listed(usernames)}; now {_listed(left)}.")


def _named(usernames: list[str]) -> list[dict[str, str]]:
    return [{"username": username} for username in usernames]


def _listed(usernames: list[str]) -> str:
    return ", ".join(usernames) or "nobody"
