"""Teams, and the analyses that they trigger."""

from typing import Annotated, Any

from pydantic import Field

from server.declare import Change, Done, Page, Preview, Refusal, changes, snapshot
from tools.oobeya import oobeya
from tools.oobeya.api import Oobeya, unknown
from tools.oobeya.arguments import (
    ROWS,
    Branch,
    MemberIds,
    PageNumber,
    Sort,
    TeamId,
    TeamInput,
    given,
    only,
    wire,
)
from tools.oobeya.models import Team

TEAMS = "/apis/v1/teams"
TEAM = TEAMS + "/{}"
RESTORED = (
    "organizationId",
    "organizationName",
    "unitName",
    "unitMembers",
    "unitLeads",
    "includedTeams",
    "upperLevelTeam",
)
# Endpoints beside the teams themselves: a name in the path would reach these.
RESERVED = ("all", "trigger-analysis", "sync-analysis", "replace-selection")

teams = oobeya.toolset("teams", "Teams with members and leads; starting their analyses.")

TeamTitle = Annotated[str, Field(description="The team's name")]


@teams.read()
async def list_teams(api: Oobeya, page: PageNumber = 0, size: int = ROWS, sort: Sort | None = None) -> Page[Team]:
    """Teams page by page; for all at once there is list_all_teams."""
    return await api.page(TEAMS, Team, page=page, size=size, sort=sort)


@teams.read(everyday=True, resource="teams")
async def list_all_teams(api: Oobeya) -> Page[Team]:
    """All teams: id, name, member and lead ids. Start here for a team's id."""
    return await api.all(TEAMS + "/all", Team)


@teams.write()
async def create_team(
    api: Oobeya,
    unit_name: TeamTitle | None = None,
    organization_id: str | None = None,
    organization_name: str | None = None,
    unit_members: MemberIds | None = None,
    unit_leads: list[str] | None = None,
    included_teams: list[TeamInput] | None = None,
    upper_level_team: TeamInput | None = None,
) -> Team:
    """Create a team."""
    body = wire(
        organization_id=organization_id,
        organization_name=organization_name,
        unit_name=unit_name,
        unit_members=unit_members,
        unit_leads=unit_leads,
        included_teams=included_teams,
        upper_level_team=upper_level_team,
    )
    return await api.post(TEAMS, body=body, returns=Team)


async def team_by_id(api: Oobeya, team_id: str) -> Team:
    """A team as it is now; Oobeya serves it in the list only. Raises Refusal where there is none."""
    for team in (await list_all_teams(api)).items:
        if team.id == team_id:
            return team
    raise unknown("team with the id", team_id)


async def _team_by_id_or_name(api: Oobeya, wanted: str) -> Team:
    every = (await list_all_teams(api)).items
    found = [team for team in every if team.id == wanted] or [team for team in every if team.unit_name == wanted]
    if not found:
        raise unknown("team with the id or name", wanted)
    if len(found) > 1:
        ids = ", ".join(team.id or "?" for team in found)
        raise Refusal(f"Nothing was changed: several teams are called {wanted!r}. Give the id: {ids}.")
    return found[0]


def describe(team: Team) -> str:
    """One line by which a person recognises a team."""
    members, leads = (", ".join(ids or []) or "none" for ids in (team.unit_members, team.unit_leads))
    of = f" of {team.organization_name}" if team.organization_name else ""
    size = len(team.unit_members or [])
    return f"Team {team.unit_name or 'without a name'} ({team.id}){of}: {size} members ({members}), leads {leads}."


def _check_name(team: str) -> None:
    if team in RESERVED:
        raise Refusal(f"Nothing was sent: {team!r} is an endpoint of Oobeya. Give the team's id instead of its name.")


async def _before(api: Oobeya, team: str) -> dict[str, Any]:
    _check_name(team)
    return snapshot(await _team_by_id_or_name(api, team))


async def _put_back(api: Oobeya, change: Change) -> Team:
    """Makes the whole team what it was before this change, undoing later changes to it as well."""
    return await api.put(TEAMS, body=only(change.before, ("id", *RESTORED)), returns=Team)


async def _replace_preview(
    api: Oobeya, team_id: str | None, unit_members: list[str] | None, unit_leads: list[str] | None
) -> Preview:
    team = await team_by_id(api, given(team_id, "team_id"))
    people = {*(team.unit_members or []), *(team.unit_leads or [])} - {*(unit_members or []), *(unit_leads or [])}
    leaving = f" No longer in it: {', '.join(sorted(people))}." if people else ""
    return Preview(
        what=f"{describe(team)}{leaving} Whatever else this call leaves out may be emptied.",
        name=team.unit_name or team.id or "",
        before=snapshot(team),
    )


@teams.destructive(_replace_preview, undo=_put_back)
async def replace_team(
    api: Oobeya,
    team_id: TeamId | None = None,
    unit_name: TeamTitle | None = None,
    organization_id: str | None = None,
    organization_name: str | None = None,
    unit_members: MemberIds | None = None,
    unit_leads: list[str] | None = None,
    included_teams: list[TeamInput] | None = None,
    upper_level_team: TeamInput | None = None,
) -> Team:
    """Replace a team as a whole, members included. To change single things, use update_team."""
    body = wire(
        id=given(team_id, "team_id"),
        organization_id=organization_id,
        organization_name=organization_name,
        unit_name=unit_name,
        unit_members=unit_members,
        unit_leads=unit_leads,
        included_teams=included_teams,
        upper_level_team=upper_level_team,
    )
    return await api.put(TEAMS, body=body, returns=Team)


@teams.write(idempotent=True, before=_before, undo=_put_back)
async def update_team(
    api: Oobeya,
    team: Annotated[TeamId, Field(description="Id, or name")],
    unit_name: Annotated[str | None, Field(description="New name")] = None,
    organization_id: str | None = None,
    organization_name: str | None = None,
    upper_level_team_id: TeamId | None = None,
    upper_level_team_name: str | None = None,
    add_unit_members: MemberIds | None = None,
    remove_unit_members: MemberIds | None = None,
    add_unit_leads: list[str] | None = None,
    remove_unit_leads: list[str] | None = None,
    remove_upper_team_ids: list[str] | None = None,
) -> Done:
    """Change single things of a team: add or remove members and leads, rename, move."""
    _check_name(team)
    body = wire(
        **changes(
            organization_id=organization_id,
            organization_name=organization_name,
            unit_name=unit_name,
            upper_level_team_id=upper_level_team_id,
            upper_level_team_name=upper_level_team_name,
            add_unit_members=add_unit_members,
            remove_unit_members=remove_unit_members,
            add_unit_leads=add_unit_leads,
            remove_unit_leads=remove_unit_leads,
            remove_upper_team_ids=remove_upper_team_ids,
        )
    )
    await api.act("PATCH", TEAM, team, body=body)
    return Done(done=f"Team {team} changed.")


async def _delete_preview(api: Oobeya, team_id: str) -> Preview:
    team = await team_by_id(api, team_id)
    return Preview(
        what=describe(team),
        name=team.unit_name or team_id,
        lost="the team's id, and the analyses and reports under it",
        before=snapshot(team),
    )


async def _create_again(api: Oobeya, change: Change) -> Team:
    """Creates the team again with its members and leads but a new id; analyses have to be assigned anew."""
    return await api.post(TEAMS, body=only(change.before, RESTORED), returns=Team)


@teams.destructive(_delete_preview, undo=_create_again, type_the_name=True)
async def delete_team(api: Oobeya, team_id: TeamId) -> Done:
    """Delete a team."""
    await api.act("DELETE", TEAM, team_id)
    return Done(done="Team deleted.")


@teams.write(everyday=True)
async def trigger_analysis(
    api: Oobeya,
    team_ids: Annotated[list[TeamId], Field(description="From list_all_teams")],
    git: bool = True,
    pull_request: bool = True,
    deployment: bool = True,
) -> Done:
    """Have teams analysed anew (Git, pull requests, DORA) so that metrics are fresh. It goes on after the answer."""
    kinds = {"git": git, "pull request": pull_request, "deployment": deployment}
    chosen = ", ".join(kind for kind, wanted in kinds.items() if wanted)
    if not team_ids or not chosen:
        raise Refusal("Nothing was sent: give at least one team and leave at least one kind of analysis on.")
    trigger = wire(git=git, pull_request=pull_request, deployment=deployment)
    await api.act("POST", TEAMS + "/trigger-analysis", body={"teamIds": team_ids, "trigger": trigger})
    return Done(done=f"Started for {', '.join(team_ids)}: {chosen} analysis. Oobeya does not say when it is finished.")


@teams.write()
async def sync_team_analysis(
    api: Oobeya,
    team_id: TeamId | None = None,
    team_analysis_branches: list[Branch] | None = None,
    team_dora_branches: list[Branch] | None = None,
    team_sonar_branches: list[Branch] | None = None,
) -> Done:
    """Set which branches are analysed for a team: Git, DORA, Sonar."""
    body = wire(
        team_id=given(team_id, "team_id"),
        team_analysis_branches=team_analysis_branches,
        team_dora_branches=team_dora_branches,
        team_sonar_branches=team_sonar_branches,
    )
    await api.act("POST", TEAMS + "/sync-analysis", body=body)
    return Done(done="Analysis branches synchronised.")
