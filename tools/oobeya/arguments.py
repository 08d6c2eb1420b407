"""The argument types that Oobeya's tools share, and the bodies made of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import Field
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from server.declare import Completes, Exactly, covering

PageNumber = Annotated[int, Field(ge=0, description="From 0")]
PageSize = Annotated[int, Field(ge=1)]
Sort = Annotated[list[str], Field(description="Such as modifyDate:DESC")]
ROWS = 50

_OBJECT_ID = "[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PEOPLE = ("fullName", "username", "email")


def ids(kind: str) -> str:
    """What is surely an id: `team-123` as in the document's examples, a number, a database's own, a UUID."""
    return rf"({kind}-)?\d+|{_OBJECT_ID}"


TeamId = Annotated[str, Completes("list_all_teams", "id", names=("unitName",), ids=ids("team"), kind="team")]
MemberId = Annotated[
    str,
    Field(description="Member's id (a user's developerId), or name"),
    Completes("list_members", "id", names=PEOPLE, ids=ids("member"), kind="member"),
]
MemberIds = Annotated[list[MemberId], Field(description="Member ids, or names")]
AnalysisId = Annotated[
    str, Completes("list_analyses", "id", names=("projectName",), ids=ids("analysis"), kind="analysis")
]
CompanyRole = Annotated[
    str, Field(description="DEVELOPER, QA_ENGINEER, DEVOPS_ENGINEER, PRODUCT_OWNER, TEAM_LEAD, TECH_LEAD, MANAGER, …")
]
AnalysisType = Annotated[str, Field(description="PULL_REQUEST or TRUNK_BASED")]
DatasourceId = Annotated[str, Field(description="The Git server as set up in Oobeya")]

RANKS = {"TEAM_LEAD": 1, "TECH_LEAD": 1, "MANAGER": 2, "DIRECTOR": 3, "EXECUTIVE_BOARD_MEMBER": 4}


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


def stamp(moment: datetime | None) -> str | None:
    """A moment as the document writes it, `2025-09-11T08:47:40.740Z`; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wire(fields: Mapping[str, Any], moment: Callable[[datetime], str | None] = stamp) -> dict[str, Any]:
    """A body in Oobeya's spelling: `user_type` becomes `userType`, and times what `moment` makes of them."""
    return {to_camel(name): moment(v) if isinstance(v, datetime) else v for name, v in fields.items()}


def only(before: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Those fields of a snapshot that can be sent back."""
    return {field: before[field] for field in fields if field in before}


def whole(fields: Iterable[str], *parts: Mapping[str, Any]) -> Exactly:
    """An object for a PUT, which may empty what it does not name: `fields` as the last of `parts` has them.

    Nulls in it are meant: the parts that are read have none.
    """
    return Exactly({field: part[field] for part in parts for field in fields if field in part})


def named(fields: Iterable[str]) -> str:
    """Fields in words, as a list."""
    return ", ".join(fields) or "none"


def demotion(called: str, before: Mapping[str, Any], role: str | None) -> str | None:
    """What a new company role takes from somebody; None where it is not a lower one."""
    present = before.get("companyRole") or ""
    if role == present or RANKS.get(role or "", 0) >= RANKS.get(present, 0):
        return None
    return f"what happens until an undo makes {called} {present} again"


def period_of(first: date | None, last: date | None) -> str:
    """The period of a metric, in words."""
    if first is None and last is None:
        return "Oobeya's default, which is not documented"
    period = covering(first, last).removeprefix("Period: ")
    if first is None or last is None:
        period += "; the bound that was not given is Oobeya's default, which is not documented"
    return period
