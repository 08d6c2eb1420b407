"""Teams and who is in them."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Done, Page, Preview, changes, snapshot
from tools.teamoclock import teamoclock
from tools.teamoclock.api import TeamOClock
from tools.teamoclock.changes import counted, key_now, old_values
from tools.teamoclock.models import Member, Team, TeamSlug, Usernames

teams = teamoclock.toolset("teams", "Teams and their members.")

VideoUrl = Annotated[str, Field(description="The team's video call")]
MoodEnabled = Annotated[bool, Field(description="Ask members for their mood")]
FIELDS = {"name": "name", "new_slug": "slug", "video_url": "video_url", "mood_enabled": "mood_enabled"}


@teams.read(resource="teams")
async def list_teams(api: TeamOClock) -> Page[Team]:
    """All teams; their slugs name them in the other tools."""
    return await api.page("/teams", items=Team)


@teams.write()
async def create_team(
    api: TeamOClock,
    name: str,
    slug: Annotated[str | None, Field(description="Short name in URLs, such as my-team")] = None,
    video_url: VideoUrl | None = None,
    mood_enabled: MoodEnabled | None = None,
) -> Team:
    """Create a team, still without members."""
    body = {"name": name, "slug": slug, "video_url": video_url, "mood_enabled": mood_enabled}
    return await api.post("/teams", body=body, returns=Team)


@teams.read(resource="teams/{team}")
async def get_team(api: TeamOClock, team: TeamSlug) -> Team:
    """One team: name, video call, mood setting."""
    return await api.get("/teams/{}", team, returns=Team)


async def _team_now(api: TeamOClock, team: str) -> dict[str, Any]:
    return snapshot(await get_team(api, team))


async def _restore_team(api: TeamOClock, change: Change) -> Team:
    """Put back the values that the update replaced; a field that was empty before keeps its new value."""
    slug = key_now(change, "slug", new="new_slug", old="team")
    return await api.patch("/teams/{}", slug, body=old_values(change, FIELDS), returns=Team)


@teams.write(idempotent=True, before=_team_now, undo=_restore_team)
async def update_team(
    api: TeamOClock,
    team: TeamSlug,
    name: str | None = None,
    new_slug: str | None = None,
    video_url: VideoUrl | None = None,
    mood_enabled: MoodEnabled | None = None,
) -> Team:
    """Change a team's name, slug, video call or mood setting; what is left out stays."""
    body = changes(name=name, slug=new_slug, video_url=video_url, mood_enabled=mood_enabled)
    return await api.patch("/teams/{}", team, body=body, returns=Team)


async def _preview_team(api: TeamOClock, team: str) -> Preview:
    found = await get_team(api, team)
    usernames = await _usernames(api, team)
    return Preview(
        what=f"Team {found.name} ({team}): {counted(usernames, 'member')}.",
        name=found.name or team,
        lost="its meetings, action items and timeline",
        before={**snapshot(found), "members": usernames},
    )


async def _create_again(api: TeamOClock, change: Change) -> Done:
    """Create the team again with its slug and those members who still exist.

    Its meetings, action items and timeline do not come back.
    """
    existing = [member.username for member in (await api.page("/members", items=Member)).items]
    usernames = [username for username in change.before["members"] if username in existing]
    await api.post("/teams", body={field: change.before.get(field) for field in FIELDS.values()})
    if usernames:
        await api.post("/teams/{}/members", change.before["slug"], body=_named(usernames))
    return Done(done=f"Team {change.before['slug']} created again with {counted(usernames, 'member')}.")


@teams.destructive(_preview_team, undo=_create_again, type_the_name=True)
async def delete_team(api: TeamOClock, team: TeamSlug) -> Done:
    """Delete a team with all that it has; its members stay in the organization."""
    await api.delete("/teams/{}", team)
    return Done(done=f"Team {team} deleted.")


@teams.read(resource="teams/{team}/members")
async def list_team_members(api: TeamOClock, team: TeamSlug) -> Page[Member]:
    """The members of one team."""
    return await api.page("/teams/{}/members", team, items=Member)


async def _usernames(api: TeamOClock, team: str) -> list[str]:
    return [member.username for member in (await list_team_members(api, team)).items if member.username]


async def _remove_again(api: TeamOClock, change: Change) -> Done:
    """Take those out of the team who were not in it before."""
    added = [username for username in change.arguments["usernames"] if username not in change.before]
    if not added:
        return Done(done="Nothing to take back: all of them were in the team already.")
    return await remove_team_members(api, change.arguments["team"], added)


@teams.write(idempotent=True, before=_usernames, undo=_remove_again)
async def add_team_members(api: TeamOClock, team: TeamSlug, usernames: Usernames) -> Done:
    """Put members of the organization into a team."""
    await api.post("/teams/{}/members", team, body=_named(usernames))
    return Done(done=f"Added to team {team}: {', '.join(usernames)}.")


async def _preview_removal(api: TeamOClock, team: str, usernames: list[str]) -> Preview:
    present = (await list_team_members(api, team)).items
    leaving = [member for member in present if member.username in usernames]
    names = ", ".join(member.title for member in leaving) or "nobody, since none of the usernames is in it"
    return Preview(
        what=f"Out of team {team}, {len(leaving)} of {counted(present, 'member')}: {names}.",
        name=team,
        before=[member.username for member in leaving],
    )


async def _add_again(api: TeamOClock, change: Change) -> Done:
    """Put those back into the team who were in it."""
    if not change.before:
        return Done(done="Nobody to put back: none of them was in the team.")
    return await add_team_members(api, change.arguments["team"], change.before)


@teams.destructive(_preview_removal, undo=_add_again)
async def remove_team_members(api: TeamOClock, team: TeamSlug, usernames: Usernames) -> Done:
    """Take members out of a team; they stay in the organization."""
    await api.delete("/teams/{}/members", team, body=_named(usernames))
    return Done(done=f"Removed from team {team}: {', '.join(usernames)}.")


def _named(usernames: list[str]) -> list[dict[str, str]]:
    return [{"username": username} for username in usernames]
