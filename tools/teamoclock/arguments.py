"""The arguments that Team O'clock's tools share."""

from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from server.declare import Completes

# What reads like a slug, a username or r204c36ysi7z7x is one; what has a capital letter, a space or an @ is a name.
_ID = r"[a-z0-9_.-]*"
_MEMBER = Completes("list_members", "username", names=("name", "email"), ids=_ID, kind="member")

TeamSlug = Annotated[
    str,
    Field(description="Slug or name"),
    Completes("list_teams", "slug", names=("name",), ids=_ID, kind="team"),
]
TeamFilter = Annotated[
    str, Field(description="Slug or name"), Completes("list_teams", "slug", names=("name",), kind="team")
]
"""A team by which a list is filtered: the vendor answers a slug that does not exist with an empty list."""
Username = Annotated[str, Field(description="Username, name or email"), _MEMBER]
Usernames = Annotated[list[str], Field(description="Usernames, names or emails", min_length=1), _MEMBER]
Facilitator = Annotated[str, Field(description="Member; without one the vendor picks a random team member"), _MEMBER]
StandupId = Annotated[
    str,
    Field(description="Or its team's name"),
    Completes("list_standups", "id", names=("name", "team.name"), page=r"/standup/([^/]+)", ids=_ID, kind="stand-up"),
]
PlanningPokerId = Annotated[
    str,
    Field(description="Or its team's name"),
    Completes(
        "list_planning_pokers",
        "id",
        names=("name", "team.name"),
        page=r"/planpoker/([^/]+)",
        ids=_ID,
        kind="planning poker",
    ),
]
TaskId = Annotated[str, Field(description="From list_planning_poker_tasks")]
RetroId = Annotated[
    str,
    Field(description="From list_retros"),
    Completes("list_retros", "id", names=("name",), page=r"/retro/([^/]+)", ids=_ID, kind="retro"),
]
ActionItemId = Annotated[str, Field(description="Such as A242"), Completes("list_action_items", "id")]
RecordId = Annotated[str, Field(description="Such as R33"), Completes("list_timeline", "id")]
Cursor = Annotated[str, Field(description="From `next`; keep the filters")]
Role = Literal["administrator", "manager", "member"]


class NewMember(TypedDict, total=False):
    """A member as it is created."""

    username: Required[str]
    email: Required[str]
    first_name: str
    last_name: str
    avatar: str
    role: Annotated[Role, Field(description="Default member")]


class MemberChanges(TypedDict, total=False):
    """What an update changes of a member."""

    new_username: str
    first_name: str | None
    last_name: str | None
    email: str
    avatar: str | None
    role: Role


class NewTeam(TypedDict, total=False):
    """A team as it is created."""

    name: Required[str]
    slug: Annotated[str, Field(description="Such as my-team")]
    video_url: str
    mood_enabled: bool


class TeamChanges(TypedDict, total=False):
    """What an update changes of a team."""

    name: str
    new_slug: str
    video_url: str | None
    mood_enabled: bool


class ActionItemChanges(TypedDict, total=False):
    """What an update changes of an action item."""

    text: str
    resolved: Annotated[bool, Field(description="false reopens it")]
