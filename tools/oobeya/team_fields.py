"""What the tools for teams take of a team."""

from typing import Annotated, Required

from pydantic import Field
from typing_extensions import TypedDict

from tools.oobeya.arguments import Branch, MemberIds, TeamId, TeamInput

TeamTitle = Annotated[str, Field(description="The team's name")]


class TeamParts(TypedDict, total=False):
    """What a team has besides its name."""

    organization_id: str
    organization_name: str
    unit_members: MemberIds
    unit_leads: MemberIds
    included_teams: list[TeamInput]
    upper_level_team: TeamInput


class NewTeam(TeamParts, total=False):
    """A team to be made."""

    unit_name: Required[TeamTitle]


class WholeTeam(TeamParts, total=False):
    """A team's parts, each in place of the present one."""

    unit_name: TeamTitle


class TeamChanges(TypedDict, total=False):
    """Single things of a team that can be changed."""

    unit_name: TeamTitle
    organization_id: str
    organization_name: str
    upper_level_team_id: TeamId
    upper_level_team_name: str
    add_unit_members: MemberIds
    remove_unit_members: MemberIds
    add_unit_leads: MemberIds
    remove_unit_leads: MemberIds
    remove_upper_team_ids: list[TeamId]


class TeamBranches(TypedDict, total=False):
    """Which branches are analysed for a team."""

    team_analysis_branches: list[Branch]
    team_dora_branches: list[Branch]
    team_sonar_branches: list[Branch]
