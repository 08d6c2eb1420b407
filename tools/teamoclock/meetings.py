"""What stand-ups, planning pokers and retrospectives have in common."""

from typing import Any

from tools.teamoclock.api import TeamOClock
from tools.teamoclock.models import Meeting, OpenedMeeting, TeamName


def invitation(team: str, facilitator: str | None = None) -> dict[str, Any]:
    """The body that starts a team's meeting."""
    return {"team": {"slug": team}, "facilitator": {"username": facilitator} if facilitator else None}


async def open_meeting(api: TeamOClock, path: str, body: dict[str, Any]) -> OpenedMeeting:
    """Start a meeting of which a team has only one: 201 where it was created, 200 where it was there."""
    reply = await api.request("POST", path, body=body)
    meeting: OpenedMeeting = api.fit(reply, OpenedMeeting)
    created = reply.status == 201
    if not created and body["facilitator"]:
        api.notes.append("It was running already, so the facilitator was not set")
    return meeting.model_copy(update={"created": created})


def introduced(kind: str, meeting: Meeting) -> str:
    """How a person recognises a meeting: `Retro “Acme retrospective” (r204) of team Acme`."""
    return f"{kind} “{meeting.name}” ({meeting.id}){of_team(meeting.team)}"


def of_team(team: TeamName | None) -> str:
    """` of team Acme`, or nothing where the vendor does not say which."""
    name = team and (team.name or team.slug)
    return f" of team {name}" if name else ""
