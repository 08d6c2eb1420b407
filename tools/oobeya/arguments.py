"""The argument types that Oobeya's tools share, and the bodies made of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from server.declare import Completes, Refusal

PageNumber = Annotated[int, Field(description="From 0")]
Sort = Annotated[list[str], Field(description="Such as modifyDate:DESC")]
ROWS = 50

TeamId = Annotated[str, Completes("list_all_teams", "id")]
MemberId = Annotated[str, Field(description="Member's id (a user's developerId)"), Completes("list_members", "id")]
MemberIds = Annotated[list[str], Field(description="Member ids")]
AnalysisId = Annotated[str, Completes("list_analyses", "id")]
CompanyRole = Annotated[
    str, Field(description="DEVELOPER, QA_ENGINEER, DEVOPS_ENGINEER, PRODUCT_OWNER, TEAM_LEAD, TECH_LEAD, MANAGER, …")
]
AnalysisType = Annotated[str, Field(description="PULL_REQUEST or TRUNK_BASED")]


class LeadRoleInput(TypedDict):
    """A role."""

    key: str
    label: str


class TeamInput(TypedDict, total=False):
    """Another team."""

    id: str
    organizationId: str
    organizationName: str
    unitName: str
    unitMembers: list[str]
    unitLeads: list[str]


class TeamName(TypedDict, total=False):
    """A team."""

    id: str
    name: str


class QwiserTeamInput(TypedDict, total=False):
    """A team."""

    teamId: str
    teamName: str


class _BranchName(TypedDict):
    name: str


class Branch(_BranchName, total=False):
    """A branch."""

    priority: str


def wire(**fields: Any) -> dict[str, Any]:
    """A body in Oobeya's spelling: `user_type` becomes `userType`."""
    return {to_camel(name): value for name, value in fields.items()}


def only(before: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Those fields of a snapshot that can be sent back."""
    return {field: before[field] for field in fields if field in before}


def stamp(moment: datetime | None) -> str | None:
    """A moment as the document writes it, `2025-09-11T08:47:40.740Z`; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def given(identity: str | None, name: str) -> str:
    """The id of what is changed. Raises Refusal where the optional argument `name` was left out."""
    if not identity:
        raise Refusal(f"Nothing was sent: {name} says what is changed, and is missing.")
    return identity
