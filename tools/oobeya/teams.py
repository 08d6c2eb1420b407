"""Teams, and the analyses that they trigger."""

from collections.abc import Mapping
from typing import Annotated, Any, Unpack

from pydantic import Field

from server.declare import Change, Done, Page, Preview, Refusal, VendorError, changes, counted, deletes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import (
    ROWS,
    PageNumber,
    PageSize,
    Sort,
    TeamId,
    named,
    only,
    whole,
    wire,
)
from tools.oobeya.members import MEMBERS
from tools.oobeya.models import Member, Team
from tools.oobeya.team_fields import NewTeam, TeamBranches, TeamChanges, WholeTeam

TEAMS = "/apis/v1/teams"
TEAM = TEAMS + "/{}"
MOST_NAMES = 500
SENT = (
    "organizationId",
    "organizationName",
    "unitName",
    "unitMembers",
    "unitLeads",
    "includedTeams",
    "upperLevelTeam",
)
PEOPLE = {
    "unitMembers": ("addUnitMembers", "removeUnitMembers"),
    "unitLeads": ("addUnitLeads", "removeUnitLeads"),
}
UPPER = {"upperLevelTeamId", "upperLevelTeamName", "removeUpperTeamIds"}

teams = oobeya.toolset("teams", "Teams with members and leads; starting their analyses.")


@teams.read()
async def list_teams(api: Oobeya, page: PageNumber = 0, size: PageSize = ROWS, sort: Sort | None = None) -> Page[Team]:
    """Teams page by page; for all at once there is list_all_teams."""
    return await api.page(TEAMS, Team, page=page, size=size, sort=sort)


@teams.read(resource="teams")
async def list_all_teams(api: Oobeya) -> Page[Team]:
    """All teams: id, name, members and leads. Start here for a team's id."""
    return await _with_names(api, await _all(api))


async def _all(api: Oobeya) -> Page[Team]:
    return await api.all(TEAMS + "/all", Team)


async def _with_names(api: Oobeya, page: Page[Team]) -> Page[Team]:
    """The page with the names of the members, in the order of their ids, where Oobeya tells all of them."""
    if not any(team.unit_members for team in page.items):
        return page
    try:
        members = (await api.page(MEMBERS, Member, page=0, size=MOST_NAMES)).items
    except VendorError:
        return page
    known = {member.id: member.called for member in members}
    for team in page.items:
        names = [known.get(member) for member in team.unit_members or []]
        if names and all(names):
            team.beside({"memberNames": names})
    return page


@teams.write(undo=deletes("delete_team", team_id="id"))
async def create_team(api: Oobeya, **fields: Unpack[NewTeam]) -> Team:
    """Create a team."""
    return await api.post(TEAMS, body=wire(fields), returns=Team)


async def team_by_id(api: Oobeya, team_id: str) -> Team:
    """A team as it is now; Oobeya serves it in the list only. Raises Refusal where there is none."""
    for team in (await _all(api)).items:
        if team.id == team_id:
            return team
    raise unknown("team with the id", team_id)


def describe(team: Team) -> str:
    """One line by which a person recognises a team."""
    of = f" of {team.organization_name}" if team.organization_name else ""
    size = counted(len(team.unit_members or []), "member")
    people = f"{size} ({named(team.unit_members or [])}), leads {named(team.unit_leads or [])}"
    return f"Team {team.unit_name or 'without a name'} ({team.id}){of}: {people}."


async def team_now(api: Oobeya, team_id: str) -> Preview:
    """A team for a question about it."""
    team = await team_by_id(api, team_id)
    name = team.unit_name or team_id
    return Preview(what=f"Team “{name}” ({team_id})", name=name, before=snapshot(team))


async def _update_now(api: Oobeya, team: str) -> Preview:
    return await team_now(api, team)


async def _put_back_whole(api: Oobeya, change: Change) -> Team:
    """Puts back the whole team as it was, later changes to it undone as well."""
    return await api.put(TEAMS, body=only(change.before, ("id", *SENT)), returns=Team)


async def _put_back(api: Oobeya, change: Change) -> Team:
    """Puts back name, organization and upper team, takes out whom the update added and takes in whom it removed."""
    before, made = change.before, wire(change.arguments)
    now = snapshot(await team_by_id(api, before["id"]))
    old = {field: before.get(field) for field in SENT[:3] if field in made}
    if made.keys() & UPPER:
        old["upperLevelTeam"] = before.get("upperLevelTeam")
    for field, (adding, removing) in PEOPLE.items():
        was, added, removed = before.get(field, []), made.get(adding, []), made.get(removing, [])
        stay = [member for member in now.get(field, []) if member in was or member not in added]
        back = [member for member in was if member in removed and member not in stay]
        old[field] = sorted([*stay, *back], key=lambda member: was.index(member) if member in was else len(was))
    return await api.put(TEAMS, body=whole(("id", *SENT), before, now, old), returns=Team)


async def _replace_preview(
    api: Oobeya, team_id: str, unit_members: list[str] | None, unit_leads: list[str] | None
) -> Preview:
    team = await team_by_id(api, team_id)
    members, leads = set(team.unit_members or []), set(team.unit_leads or [])
    members_left = members if unit_members is None else set(unit_members)
    leads_left = leads if unit_leads is None else set(unit_leads)
    gone = (members | leads) - (members_left | leads_left)
    said = [describe(team)]
    if gone:
        said.append(f"No longer in it: {named(sorted(gone))}.")
    if leads - leads_left - gone:
        said.append(f"No longer lead: {named(sorted(leads - leads_left - gone))}.")
    said.append("What this call does not give stays.")
    return Preview(what=" ".join(said), name=team.unit_name or team_id, before=snapshot(team))


@teams.destructive(_replace_preview, undo=_put_back_whole)
async def replace_team(api: Oobeya, team_id: TeamId, **fields: Unpack[WholeTeam]) -> Team:
    """Replace a team's lists as a whole (members, leads); what is not given stays. For single ones use update_team."""
    changed = wire(changes(fields))
    body = whole(("id", *SENT), snapshot(await team_by_id(api, team_id)), changed)
    return await api.replace(TEAMS, body=body, changed=changed, returns=Team)


def _check_people(team: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Raises Refusal where somebody is to be removed who is not there."""
    for field, (_, removing) in PEOPLE.items():
        there = team.get(field, [])
        if strangers := [member for member in body.get(removing) or [] if member not in there]:
            raise Refusal(
                f"Nothing was sent: {named(strangers)} cannot be removed, since {field} of team "
                f"{team.get('unitName')} are {named(there)}."
            )


async def _loses(
    api: Oobeya, now: Any, remove_unit_members: list[str] | None, remove_unit_leads: list[str] | None
) -> str | None:
    _check_people(now, wire({"remove_unit_members": remove_unit_members, "remove_unit_leads": remove_unit_leads}))
    lost = []
    if remove_unit_members:
        lost.append(f"what is counted until an undo takes {named(remove_unit_members)} back into the team")
    if remove_unit_leads:
        lost.append(f"what happens until an undo makes {named(remove_unit_leads)} lead again")
    return ", and ".join(lost) or None


@teams.write(idempotent=True, before=_update_now, asks=_loses, undo=_put_back)
async def update_team(api: Oobeya, team: TeamId, **fields: Unpack[TeamChanges]) -> Done:
    """Change single things of a team: add or remove members and leads, rename, move."""
    body = wire(changes(fields))
    found = await team_by_id(api, team)
    before = snapshot(found)
    _check_people(before, body)
    await api.act("PATCH", TEAM, team, body=body)
    said = [f"{field} {value if isinstance(value, str) else named(value)}" for field, value in body.items()]
    now = [
        f"{field} now {named(_after(before.get(field, []), body.get(adding, []), body.get(removing, [])))}"
        for field, (adding, removing) in PEOPLE.items()
        if adding in body or removing in body
    ]
    return Done(done=f"Team {found.unit_name or 'without a name'} ({team}): {'; '.join([*said, *now])}.")


def _after(there: list[str], added: list[str], removed: list[str]) -> list[str]:
    return [member for member in dict.fromkeys([*there, *added]) if member not in removed]


async def _delete_preview(api: Oobeya, team_id: str) -> Preview:
    team = await team_by_id(api, team_id)
    return Preview(
        what=describe(team),
        name=team.unit_name or team_id,
        lost="the team's id, and the analyses and reports under it",
        before=snapshot(team),
    )


async def _create_again(api: Oobeya, change: Change) -> Team:
    """Creates the team again with its members and leads, under a new id; analyses have to be assigned anew."""
    return await api.post(TEAMS, body=only(change.before, SENT), returns=Team)


@teams.destructive(_delete_preview, undo=_create_again, type_the_name=True)
async def delete_team(api: Oobeya, team_id: TeamId) -> Done:
    """Delete a team."""
    await api.act("DELETE", TEAM, team_id)
    return Done(done=f"Team {team_id} deleted.")


@teams.write(everyday=True)
async def trigger_analysis(
    api: Oobeya,
    team_ids: Annotated[list[TeamId], Field(description="Team ids, or names")],
    git: bool = True,
    pull_request: bool = True,
    deployment: bool = True,
) -> Done:
    """Have teams analysed anew (Git, pull requests, DORA) so that metrics are fresh. It goes on after the answer."""
    kinds = {"git": git, "pull request": pull_request, "deployment": deployment}
    chosen = ", ".join(kind for kind, wanted in kinds.items() if wanted)
    if not team_ids or not chosen:
        raise Refusal("Nothing was sent: give at least one team and leave at least one kind of analysis on.")
    trigger = wire({"git": git, "pull_request": pull_request, "deployment": deployment})
    await api.act("POST", TEAMS + "/trigger-analysis", body={"teamIds": team_ids, "trigger": trigger})
    return Done(done=f"Started for {', '.join(team_ids)}: {chosen} analysis. Oobeya does not say when it is finished.")


async def _selection(api: Oobeya, now: Any) -> str:
    return "the team's present selection of branches, which Oobeya cannot show"


@teams.write(before=team_now, asks=_selection)
async def sync_team_analysis(api: Oobeya, team_id: TeamId, **fields: Unpack[TeamBranches]) -> Done:
    """Set which branches are analysed for a team (Git, DORA, Sonar), in place of its present selection."""
    body = wire(changes(fields))
    await api.act("POST", TEAMS + "/sync-analysis", body={"teamId": team_id, **body})
    chosen = [f"{field} {named(branch['name'] for branch in branches)}" for field, branches in body.items()]
    return Done(done=f"Analysis branches of team {team_id} synchronised: {'; '.join(chosen)}.")
