"""What Team O'clock answers."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, computed_field, model_validator

from server.declare import JsonObject, Noise, VendorModel

Row = Mapping[str, Any]
Vote = int | float | str
"""A number in planning poker, text in the timeline: kept as sent."""


class Member(VendorModel):
    """A person in the organization."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    role: str | None = None
    avatar: str | None = None
    links: Any = Noise

    @computed_field  # type: ignore[prop-decorator]
    @property
    def name(self) -> str | None:
        """First and last name, by which other tools find a member too."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None

    @property
    def title(self) -> str:
        """How a person recognises them: `Joe Doe (joe.doe)`."""
        return f"{self.name or ''} ({self.username})".lstrip()


class Named(VendorModel):
    """A member as other objects name them."""

    username: str | None = None


class TeamName(VendorModel):
    """A team as other objects name it."""

    name: str | None = None
    slug: str | None = None


class Team(TeamName):
    """A team with its settings."""

    video_url: str | None = None
    mood_enabled: bool | None = None
    links: Any = Noise


class Meeting(VendorModel):
    """A meeting in a list."""

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


class MemberNotes(Named):
    """What a member wrote in a stand-up: answers by question, and `q_ts`, which the vendor does not explain."""

    questions: JsonObject | None = None


class RoundupNote(VendorModel):
    """A round-up note of a stand-up."""

    id: int | str | None = None
    text: str | None = None


class StandupState(VendorModel):
    """What is in a running stand-up; each answer stands under its question's own text."""

    questions: JsonObject | None = None
    roundup_notes: list[RoundupNote] | None = None
    member_notes: list[MemberNotes] | None = None

    @model_validator(mode="before")
    @classmethod
    def _say_questions(cls, data: Any) -> Any:
        return _with_questions(data, "member_notes", _answers_by_question)


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
    edits: list[Any] | None = None


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
    """A member's answer to one of a stand-up's questions, which is given in its own text."""

    question: str | None = None
    text: str | None = None


class TimelineRecord(TimelineEntry):
    """A record in full, in one of three shapes, by `type`."""

    # standup; `origin` is window, slack or msteams
    is_async: bool | None = Field(default=None, alias="async")
    origin: str | None = None
    questions: JsonObject | None = None
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

    @model_validator(mode="before")
    @classmethod
    def _say_questions(cls, data: Any) -> Any:
        return _with_questions(data, "async_notes", _answer_to_question)


def _with_questions(data: Any, field: str, worded: Callable[[Row, Row], Row]) -> Any:
    """`data` with the question's own text in place of q1, q2, q3 in the notes under `field`."""
    if not isinstance(data, Mapping):
        return data
    texts, notes = data.get("questions"), data.get(field)
    if not isinstance(texts, Mapping) or not isinstance(notes, list):
        return data
    asked = list(texts.values())
    unique = {key: text for key, text in texts.items() if isinstance(text, str) and text and asked.count(text) == 1}
    return {**data, field: [worded(note, unique) if isinstance(note, Mapping) else note for note in notes]}


def _answers_by_question(note: Row, texts: Row) -> Row:
    answers = note.get("questions")
    if not isinstance(answers, Mapping):
        return note
    return {**note, "questions": {texts.get(key, key): answer for key, answer in answers.items()}}


def _answer_to_question(note: Row, texts: Row) -> Row:
    key = note.get("question")
    return {**note, "question": texts[key]} if isinstance(key, str) and key in texts else note
