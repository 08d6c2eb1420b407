"""What Team O'clock answers, and the argument types that its tools share."""

from typing import Annotated, Any, Literal

from pydantic import Field

from server.declare import Completes, JsonObject, Noise, VendorModel

Username = Annotated[str, Field(description="From list_members"), Completes("list_members", "username")]
Usernames = Annotated[list[str], Field(description="Usernames", min_length=1)]
Role = Literal["administrator", "manager", "member"]
TeamSlug = Annotated[str, Field(description="Team slug"), Completes("list_teams", "slug")]
StandupId = Annotated[str, Field(description="From list_standups"), Completes("list_standups", "id")]
PlanningPokerId = Annotated[
    str, Field(description="From list_planning_pokers"), Completes("list_planning_pokers", "id")
]
TaskId = Annotated[str, Field(description="From list_planning_poker_tasks")]
RetroId = Annotated[str, Field(description="From list_retros"), Completes("list_retros", "id")]
ActionItemId = Annotated[str, Field(description="Such as A242"), Completes("list_action_items", "id")]
RecordId = Annotated[str, Field(description="Such as R33"), Completes("list_timeline", "id")]
Facilitator = Annotated[str, Field(description="Username; without one the vendor picks a random team member")]
Cursor = Annotated[str, Field(description="From the previous page's `next`; keep the filters")]

Vote = int | float | str
"""A number in planning poker, text in the timeline: kept as sent."""


class Member(VendorModel):
    """A person in the organization."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    role: str | None = None
    avatar: str | None = Noise
    links: Any = Noise

    @property
    def title(self) -> str:
        """How a person recognises them: `Joe Doe (joe.doe)`."""
        return f"{' '.join(filter(None, (self.first_name, self.last_name)))} ({self.username})".lstrip()


class Named(VendorModel):
    """A member as other objects name them."""

    username: str | None = None


class TeamName(VendorModel):
    """A team as other objects name it."""

    name: str | None = None
    slug: str | None = None


class Team(TeamName):
    """A team; `video_url` is its call, `mood_enabled` whether it is asked for its mood."""

    video_url: str | None = None
    mood_enabled: bool | None = None
    links: Any = Noise


class Meeting(VendorModel):
    """A meeting in a list; `date` is when it was started, `url` where people take part."""

    id: str | None = None
    name: str | None = None
    date: str | None = None
    url: str | None = None
    team: TeamName | None = None
    facilitator: Named | None = None
    links: Any = Noise


class OpenedMeeting(Meeting):
    """The meeting that a team has after asking for one; `created` is false where it had one already."""

    created: bool | None = None


class Questions(VendorModel):
    """The three questions of a stand-up."""

    q1: str | None = None
    q2: str | None = None
    q3: str | None = None


class Answers(Questions):
    """A member's answers to them; `q_ts` is when, in a unit that the vendor does not document."""

    q_ts: int | float | None = None


class MemberNotes(Named):
    """What a member wrote in a stand-up."""

    questions: Answers | None = None


class RoundupNote(VendorModel):
    """A note that belongs to nobody in particular."""

    id: int | str | None = None
    text: str | None = None


class StandupState(VendorModel):
    """What is in a running stand-up."""

    questions: Questions | None = None
    roundup_notes: list[RoundupNote] | None = None
    member_notes: list[MemberNotes] | None = None


class Standup(Meeting):
    """A stand-up with what people wrote."""

    state: StandupState | None = None


class Ballot(Named):
    """A member's vote."""

    vote: Vote | None = None


class Links(VendorModel):
    """Where an object is tracked elsewhere."""

    jira: str | None = None
    own: Any = Field(default=None, alias="self", exclude=True)


class Task(VendorModel):
    """A story to estimate; `status` is active or completed."""

    id: str | None = None
    status: str | None = None
    text: str | None = None
    avg_vote: Vote | None = None
    voters: list[Ballot] | None = None
    links: Links | None = None


class PlanningPokerState(VendorModel):
    """What is in a running planning poker."""

    value_mapping: JsonObject | None = None
    facilitator: Named | None = None
    tasks: list[Task] | None = None


class PlanningPoker(Meeting):
    """A planning poker with its tasks and votes."""

    state: PlanningPokerState | None = None


class ActionItem(VendorModel):
    """Something that a team decided to do."""

    id: str | None = None
    text: str | None = None
    resolved: bool | None = None
    team: TeamName | None = None
    links: Links | None = None


class Column(VendorModel):
    """A column of a retrospective."""

    id: str | None = None
    name: str | None = None
    description: str | None = None


class Note(VendorModel):
    """A note of a retrospective; `column` is a column's id."""

    id: str | None = None
    text: str | None = None
    votes: int | None = None
    author: str | None = None
    column: str | None = None
    group: str | None = None
    voters: list[Any] | None = None
    edits: Any = Noise


class RetroState(VendorModel):
    """`stage` is gather, groom, vote, discuss or complete."""

    stage: str | None = None
    max_votes: int | None = None
    public_voting: bool | None = None
    anonymous_notes: bool | None = None
    hide_im_actionitems: bool | None = None
    facilitator: Named | None = None
    columns: list[Column] | None = None
    notes: list[Note] | None = None
    action_items: list[ActionItem] | None = None


class Retro(Meeting):
    """A retrospective with what people wrote."""

    state: RetroState | None = None


class TimelineEntry(VendorModel):
    """A finished meeting, or an estimated story, in the list; `type` is standup, planpoker or retro."""

    id: str | None = None
    type: str | None = None
    date: str | None = None
    team: TeamName | None = None
    links: Links | None = None


class AsyncNote(Named):
    """A member's answer to one of a stand-up's questions."""

    question: str | None = None
    text: str | None = None


class TimelineRecord(TimelineEntry):
    """A record in full, in one of three shapes, by `type`."""

    # standup; `origin` is window, slack or msteams
    is_async: bool | None = Field(default=None, alias="async")
    origin: str | None = None
    questions: Questions | None = None
    sync_notes: list[str] | None = None
    async_notes: list[AsyncNote] | None = None

    # retro
    name: str | None = None
    columns: list[Column] | None = None
    notes: list[Note] | None = None
    action_items: list[ActionItem] | None = None

    # planpoker: one record an estimated story
    task: str | None = None
    avg_vote: Vote | None = None
    votes: list[Ballot] | None = None
